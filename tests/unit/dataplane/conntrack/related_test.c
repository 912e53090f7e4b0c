/* ICMP errors through the table: about packets of either direction, sent by an end or by a router,
 * with and without translation, for IPv4 and IPv6. */

#include "dataplane/conntrack/conntrack.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/connection.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "tests/fakes/dataplane/packet_check.h"
#include "tests/fakes/dataplane/tuple_packets.h"

#define NOW  (1000 * NS_PER_SEC)
#define ZONE 5

enum translation { NONE, SOURCE, DESTINATION };

/* The client asks the server, or a facade that stands for it; the server sees the client, or the
 * public address that stands for it. */
enum place { CLIENT, SERVER, PUBLIC, FACADE, NEAR_ROUTER, FAR_ROUTER };

static const char *const places[2][6] = {
	{ "10.0.0.1", "198.51.100.2", "192.0.2.1", "192.0.2.9", "10.0.0.254", "203.0.113.7" },
	{ "2001:db8:1::1", "2001:db8:2::2", "2001:db8:3::1", "2001:db8:3::9", "2001:db8:1::fe",
	  "2001:db8:4::7" },
};

struct scene {
	struct conntrack *ct;
	struct conntrack_thread *t;
	bool is_v6;
	uint8_t proto;
	enum translation translation;
	struct ct_nat nat;
	struct ct_tuple asked,
		arrived; /* the client's packets, as it sends them and as they arrive */
	struct ct_tuple answer, returned; /* the server's, likewise */
};

static const char *place(const struct scene *s, enum place p)
{
	return places[s->is_v6][p];
}

static struct ct_address address(const struct scene *s, enum place p)
{
	return tuple_of(0, IPPROTO_UDP, place(s, p), place(s, p), 0, 0).src;
}

static struct ct_tuple tuple(const struct scene *s, enum place src, enum place dst)
{
	uint16_t a = 1000, b = 80;

	if (s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6)
		b = s->is_v6 ? 128 : 8;
	else if (s->proto == IPPROTO_GRE)
		a = b = 0;
	return tuple_of(ZONE, s->proto, place(s, src), place(s, dst), a, b);
}

static const struct ct_nat *nat_of(struct scene *s)
{
	enum place to = s->translation == SOURCE ? PUBLIC : SERVER;

	if (s->translation == NONE)
		return NULL;
	s->nat = (struct ct_nat){ .is_source = s->translation == SOURCE,
				  .is_destination = s->translation == DESTINATION,
				  .has_range = true,
				  .family = s->is_v6 ? 6 : 4,
				  .min_address = address(s, to),
				  .max_address = address(s, to) };
	return &s->nat;
}

static int track(struct scene *s, struct tuple_packet *p, bool is_commit, uint16_t zone)
{
	struct ct_request r = { .is_commit = is_commit, .nat = nat_of(s) };

	return tuple_packet_track(p, s->t, NOW, &r, zone);
}

static void pass(struct scene *s, const struct ct_tuple *sent, const struct ct_tuple *expected,
		 uint8_t tcp_flags)
{
	struct tuple_packet p;
	struct ct_tuple is;

	tuple_packet_init(&p, sent, tcp_flags, 1, tcp_flags & 16 ? 34 : 0);
	assert_true(track(s, &p, true, ZONE) > 0);
	assert_int_equal(p.track.state & CT_STATE_INV, 0);
	is = tuple_packet_tuple(&p, ZONE);
	assert_memory_equal(&is, expected, sizeof(is));
	tuple_packet_fini(&p);
}

static void scene_init(struct scene *s, bool is_v6, uint8_t proto, enum translation translation)
{
	struct conntrack_config config = { .max_connections = 100, .seed = 1 };

	*s = (struct scene){ .is_v6 = is_v6, .proto = proto, .translation = translation };
	s->ct = conntrack_create(&config);
	s->t = conntrack_thread_create(s->ct);
	s->asked = tuple(s, CLIENT, translation == DESTINATION ? FACADE : SERVER);
	s->arrived = tuple(s, translation == SOURCE ? PUBLIC : CLIENT, SERVER);
	s->answer = ct_tuple_reverse(&s->arrived);
	s->returned = ct_tuple_reverse(&s->asked);
	pass(s, &s->asked, &s->arrived, 2);
}

static void scene_fini(struct scene *s)
{
	conntrack_thread_destroy(s->t);
	conntrack_destroy(s->ct);
}

/* --- errors --- */

/* An error from SRC about a packet of ABOUT, to whom that was from, as it is on the wire. */
static void error_init(struct tuple_packet *p, const struct ct_tuple *about,
		       const struct ct_address *src, uint8_t type)
{
	bool is_v6 = about->family == 6;
	struct ct_tuple outer = { .src = *src,
				  .dst = about->src,
				  .family = about->family,
				  .proto = is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP };
	size_t size = is_v6 ? 72 : 52; /* the IP header and 32 bytes more */
	struct tuple_packet quoted;
	struct buf bytes = BUF_INIT;
	struct flow_key key;
	uint8_t *l4;

	tuple_packet_init(&quoted, about, 2, 1, 0);
	store_be16((uint8_t *)&outer.dst_port, (uint16_t)(type << 8));
	tuple_packet_init(p, &outer, 0, 0, 0);
	key = p->key;
	tuple_packet_fini(p);
	packet_compose(&key, size, &bytes);
	p->m = heap_packet_create(bytes.data, bytes.size);
	buf_fini(&bytes);
	l4 = rte_pktmbuf_mtod_offset(p->m, uint8_t *, p->layout.l4);
	for (size_t i = 0; i < size; i += 2) { /* as if it had been composed with it */
		const uint8_t *word =
			rte_pktmbuf_mtod_offset(quoted.m, uint8_t *, quoted.layout.l3 + i);

		checksum_fix(l4 + 2, checksum_delta(l4 + 8 + i, word, 2));
		memcpy(l4 + 8 + i, word, 2);
	}
	tuple_packet_fini(&quoted);
	memset(&p->key, 0, sizeof(p->key));
	assert_int_equal(packet_parse(p->m, &p->key, &p->layout), DROP_NONE);
	assert_null(packet_check(p->m, &p->key, &p->layout));
}

static void assert_tells(const struct scene *s, const struct flow_key *key, int state)
{
	struct ct_tuple t = s->asked;
	bool is_icmp = s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6;

	assert_int_equal(key->ct_state, state);
	assert_int_equal(ntohs(key->ct_zone), ZONE);
	assert_int_equal(key->ct_nw_proto, s->proto);
	assert_int_equal(ntohs(key->ct_tp_src), is_icmp ? (s->is_v6 ? 128 : 8) : ntohs(t.src_port));
	assert_int_equal(ntohs(key->ct_tp_dst), is_icmp ? 0 : ntohs(t.dst_port));
	if (s->is_v6) {
		assert_memory_equal(key->ct_ipv6_src, &t.src, 16);
		assert_memory_equal(key->ct_ipv6_dst, &t.dst, 16);
	} else {
		assert_memory_equal(&key->ct_nw_src, &t.src, 4);
		assert_memory_equal(&key->ct_nw_dst, &t.dst, 4);
	}
}

/* FROM sends an error about ABOUT; it is told STATE, and goes on as one of EXPECTED_FROM about
 * EXPECTED. */
static void one_error(struct scene *s, const struct ct_tuple *about, enum place from,
		      const struct ct_tuple *expected, enum place expected_from, int state)
{
	struct ct_address src = address(s, from), expected_src = address(s, expected_from);
	struct conntrack_stats before = conntrack_stats(s->ct), after;
	struct tuple_packet p, as;

	error_init(&p, about, &src, s->is_v6 ? 1 : 3);
	error_init(&as, expected, &expected_src, s->is_v6 ? 1 : 3);
	assert_int_equal(track(s, &p, true, ZONE), state);
	assert_tells(s, &p.key, state);
	p.key.ct_state = 0;
	assert_int_equal(p.m->pkt_len, as.m->pkt_len);
	assert_memory_equal(rte_pktmbuf_mtod(p.m, void *), rte_pktmbuf_mtod(as.m, void *),
			    p.m->pkt_len);
	after = conntrack_stats(s->ct);
	assert_int_equal(after.n_created, before.n_created);
	assert_int_equal(after.n_invalid, before.n_invalid);
	tuple_packet_fini(&p);
	tuple_packet_fini(&as);
}

/* What the state says of translation when it is an answer's or a question's. */
static int translated(const struct scene *s, bool is_reply)
{
	if (s->translation == NONE)
		return 0;
	return (s->translation == SOURCE) != is_reply ? CT_STATE_SNAT : CT_STATE_DNAT;
}

static void errors_of(bool is_v6, uint8_t proto, enum translation translation)
{
	const int rel = CT_STATE_TRK | CT_STATE_REL;
	struct scene s;
	int there, back;

	scene_init(&s, is_v6, proto, translation);
	there = rel | translated(&s, false);
	back = rel | CT_STATE_RPL | translated(&s, true);
	for (unsigned is_answered = 0; is_answered < 2; is_answered++) {
		/* What stands for an end stands for the routers before it. */
		one_error(&s, &s.arrived, SERVER, &s.asked,
			  translation == DESTINATION ? FACADE : SERVER, back);
		one_error(&s, &s.arrived, FAR_ROUTER, &s.asked,
			  translation == DESTINATION ? FACADE : FAR_ROUTER, back);
		if (!is_answered)
			pass(&s, &s.answer, &s.returned, 2 | 16);
		one_error(&s, &s.returned, CLIENT, &s.answer,
			  translation == SOURCE ? PUBLIC : CLIENT, there);
		one_error(&s, &s.returned, NEAR_ROUTER, &s.answer,
			  translation == SOURCE ? PUBLIC : NEAR_ROUTER, there);
	}
	scene_fini(&s);
}

static void errors_are_of_the_connection_they_are_about(void **state)
{
	static const uint8_t protos[2][4] = {
		{ IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE },
		{ IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_GRE },
	};

	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned i = 0; i < 4; i++)
			for (unsigned n = NONE; n <= DESTINATION; n++)
				errors_of(v6, protos[v6][i], n);
}

/* About something else, or asked for in another zone: it is nobody's, and as it was. */
static void is_invalid(struct scene *s, const struct ct_tuple *about, uint16_t zone, uint8_t type)
{
	struct ct_address src = address(s, FAR_ROUTER);
	uint64_t n_invalid = conntrack_stats(s->ct).n_invalid;
	struct tuple_packet p, same;

	error_init(&p, about, &src, type);
	error_init(&same, about, &src, type);
	assert_int_equal(track(s, &p, true, zone), CT_STATE_TRK | CT_STATE_INV);
	assert_int_equal(conntrack_stats(s->ct).n_invalid, n_invalid + 1);
	assert_int_equal(conntrack_stats(s->ct).n_connections, 1);
	assert_memory_equal(rte_pktmbuf_mtod(p.m, void *), rte_pktmbuf_mtod(same.m, void *),
			    p.m->pkt_len);
	tuple_packet_fini(&p);
	tuple_packet_fini(&same);
}

static void errors_about_others_are_invalid(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned n = NONE; n <= DESTINATION; n++) {
			struct ct_tuple other;
			struct scene s;

			scene_init(&s, v6, IPPROTO_UDP, n);
			is_invalid(&s, &s.arrived, ZONE + 1, v6 ? 1 : 3);
			is_invalid(&s, &s.arrived, ZONE, v6 ? 137 : 10);
			other = s.arrived;
			other.src_port ^= 1;
			is_invalid(&s, &other, ZONE, v6 ? 1 : 3);
			scene_fini(&s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_are_of_the_connection_they_are_about),
		cmocka_unit_test(errors_about_others_are_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
