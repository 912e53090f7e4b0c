#include "tests/fakes/dataplane/tuple_packets.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <rte_mbuf.h>

#include "dataplane/conntrack/proto.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"

struct ct_tuple tuple_of(uint16_t zone, uint8_t proto, const char *src, const char *dst,
			 uint16_t src_port, uint16_t dst_port)
{
	int family = strchr(src, ':') ? AF_INET6 : AF_INET;
	struct ct_tuple t = { .src_port = htons(src_port),
			      .dst_port = htons(dst_port),
			      .zone = zone,
			      .proto = proto,
			      .family = family == AF_INET6 ? 6 : 4 };

	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		t.dst_port = htons((uint16_t)(dst_port << 8));
	assert_int_equal(inet_pton(family, src, &t.src), 1);
	assert_int_equal(inet_pton(family, dst, &t.dst), 1);
	return t;
}

static void fill_key(const struct ct_tuple *t, uint8_t tcp_flags, struct flow_key *key)
{
	bool is_icmp = t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6;

	memset(key, 0, sizeof(*key));
	key->eth_type = htons(t->family == 6 ? 0x86dd : 0x0800);
	key->ip_proto = t->proto;
	key->ip_ttl = 64;
	memcpy(&key->ipv4_src, &t->src, t->family == 4 ? 4 : 0);
	memcpy(&key->ipv4_dst, &t->dst, t->family == 4 ? 4 : 0);
	memcpy(key->ipv6_src, &t->src, t->family == 6 ? 16 : 0);
	memcpy(key->ipv6_dst, &t->dst, t->family == 6 ? 16 : 0);
	key->tp_src = is_icmp ? htons(ntohs(t->dst_port) >> 8) : t->src_port;
	key->tp_dst = is_icmp ? htons(ntohs(t->dst_port) & 0xff) : t->dst_port;
	key->tcp_flags = t->proto == IPPROTO_TCP ? htons(tcp_flags) : 0;
}

void tuple_packet_init(struct tuple_packet *p, const struct ct_tuple *t, uint8_t tcp_flags,
		       uint32_t seq, uint32_t ack)
{
	struct buf bytes = BUF_INIT;
	uint8_t *l4;

	memset(p, 0, sizeof(*p));
	fill_key(t, tcp_flags, &p->key);
	packet_compose(&p->key, 32, &bytes);
	p->m = heap_packet_create(bytes.data, bytes.size);
	buf_fini(&bytes);
	memset(&p->key, 0, sizeof(p->key));
	assert_int_equal(packet_parse(p->m, &p->key, &p->layout), DROP_NONE);
	l4 = rte_pktmbuf_mtod_offset(p->m, uint8_t *, p->layout.l4);
	if (t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6) {
		checksum_fix(l4 + 2, checksum_delta(l4 + 4, &t->src_port, 2));
		memcpy(l4 + 4, &t->src_port, 2);
	}
	if (t->proto == IPPROTO_TCP) {
		store_be32(l4 + 4, seq);
		store_be32(l4 + 8, ack);
		store_be16(l4 + 14, 60000);
	}
}

void tuple_packet_fini(struct tuple_packet *p)
{
	heap_packet_destroy(p->m);
}

struct ct_tuple tuple_packet_tuple(const struct tuple_packet *p, uint16_t zone)
{
	struct ct_packet packet = { p->m, &p->key, &p->layout };
	struct ct_tuple t;

	assert_true(ct_tuple_of(&packet, zone, &t));
	return t;
}

int tuple_packet_track(struct tuple_packet *p, struct conntrack_thread *t, uint64_t now_ns,
		       const struct ct_request *request, uint16_t zone)
{
	struct ct_burst b = { &p->m, &p->key, &p->layout, &p->track, KEY_LINES_ALL };
	uint64_t good;

	memset(&p->track, 0, sizeof(p->track));
	conntrack_enter(t, now_ns);
	good = conntrack_burst(t, request, &zone, &b, 1);
	conntrack_leave(t);
	return good ? p->track.state : -1;
}

int tuple_track(const struct ct_tuple *t, struct conntrack_thread *thread, uint64_t now_ns,
		const struct ct_request *request)
{
	struct tuple_packet p;
	int state;

	tuple_packet_init(&p, t, 2, 1, 0);
	state = tuple_packet_track(&p, thread, now_ns, request, t->zone);
	tuple_packet_fini(&p);
	return state;
}
