#include "tests/fakes/dataplane/tracked.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"

static void fill_key(const struct tracked_packet *p, struct flow_key *key)
{
	bool is_v6 = strchr(p->src, ':') != NULL;

	memset(key, 0, sizeof(*key));
	key->eth_type = htons(is_v6 ? 0x86dd : 0x0800);
	if (is_v6) {
		assert_int_equal(inet_pton(AF_INET6, p->src, key->ipv6_src), 1);
		assert_int_equal(inet_pton(AF_INET6, p->dst, key->ipv6_dst), 1);
	} else {
		assert_int_equal(inet_pton(AF_INET, p->src, &key->ipv4_src), 1);
		assert_int_equal(inet_pton(AF_INET, p->dst, &key->ipv4_dst), 1);
	}
	key->ip_proto = p->proto;
	key->ip_ttl = 64;
	key->tp_src = htons(p->src_port);
	key->tp_dst = htons(p->dst_port);
	if (p->proto == IPPROTO_TCP)
		key->tcp_flags = htons(p->tcp_flags ? p->tcp_flags : 2);
}

#define TCP_SEQ	     4
#define TCP_CHECKSUM 16

/* No key has these. */
static void set_numbers(const struct tracked_packet *p, uint8_t *tcp)
{
	uint8_t old[8], *numbers = tcp + TCP_SEQ;

	memcpy(old, numbers, sizeof(old));
	store_be32(numbers, p->seq);
	store_be32(numbers + 4, p->ack);
	checksum_fix(tcp + TCP_CHECKSUM, checksum_delta(old, numbers, sizeof(old)));
}

static struct rte_mbuf *compose(const struct tracked_packet *p)
{
	struct buf bytes = BUF_INIT;
	struct rte_mbuf *m;
	struct flow_key key;

	fill_key(p, &key);
	packet_compose(&key, 0, &bytes);
	if (p->proto == IPPROTO_TCP)
		set_numbers(p, bytes.data + (strchr(p->src, ':') ? 54 : 34));
	m = heap_packet_create(bytes.data, bytes.size);
	buf_fini(&bytes);
	return m;
}

int track_packet(struct conntrack *ct, uint64_t now_ns, const struct tracked_packet *p)
{
	struct conntrack_thread *thread = conntrack_thread_create(ct);
	struct ct_request request = { .is_commit = !p->is_not_committed, .nat = p->nat };
	struct rte_mbuf *m = compose(p);
	struct packet_layout layout;
	struct ct_track track = { 0 };
	struct flow_key key = { 0 };
	struct ct_burst b = { &m, &key, &layout, &track, KEY_LINES_ALL };
	bool goes_on;

	assert_int_equal(packet_parse(m, &key, &layout), DROP_NONE);
	conntrack_enter(thread, now_ns);
	goes_on = conntrack_burst(thread, &request, &p->zone, &b, 1);
	if (goes_on && (p->mark || p->label)) {
		key.ct_mark = htonl(p->mark);
		key.ct_label[15] = p->label;
		conntrack_store(&track, &key, p->mark, p->label);
	}
	conntrack_leave(thread);
	conntrack_thread_destroy(thread);
	heap_packet_destroy(m);
	return goes_on ? track.state : -1;
}
