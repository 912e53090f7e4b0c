/* Translation against packets that were composed anew with the other addresses and ports. */

#include "dataplane/conntrack/nat.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "tests/fakes/dataplane/packet_check.h"
#include "tests/fakes/dataplane/packets.h"

struct subject {
	struct rte_mbuf *m;
	struct flow_key key;
	struct packet_layout layout;
};

static void subject_init(struct subject *s, const struct flow_key *key, size_t n_payload)
{
	struct buf out = BUF_INIT;

	packet_compose(key, n_payload, &out);
	s->m = heap_packet_create(out.data, out.size);
	buf_fini(&out);
	memset(&s->key, 0, sizeof(s->key));
	assert_int_equal(packet_parse(s->m, &s->key, &s->layout), DROP_NONE);
}

static uint8_t *at(const struct subject *s, unsigned offset)
{
	return rte_pktmbuf_mtod_offset(s->m, uint8_t *, offset);
}

static bool is_v6(const struct flow_key *key)
{
	return load_be16(&key->eth_type) == 0x86dd;
}

static bool is_ip(const struct flow_key *key)
{
	return load_be16(&key->eth_type) == 0x0800 || is_v6(key);
}

static bool has_ports(const struct flow_key *key)
{
	return !(key->ip_frag & KEY_FRAG_LATER) &&
	       (key->ip_proto == IPPROTO_TCP || key->ip_proto == IPPROTO_UDP ||
		key->ip_proto == IPPROTO_SCTP);
}

static bool has_identifier(const struct flow_key *key)
{
	return !(key->ip_frag & KEY_FRAG_LATER) &&
	       key->ip_proto == (is_v6(key) ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* As ct_tuple_of() has it; later fragments, as their first one has it. */
static struct ct_tuple tuple_of(const struct subject *s)
{
	const struct flow_key *key = &s->key;
	struct ct_tuple t = { .zone = 7, .proto = key->ip_proto, .family = is_v6(key) ? 6 : 4 };

	if (is_v6(key)) {
		memcpy(&t.src, key->ipv6_src, 16);
		memcpy(&t.dst, key->ipv6_dst, 16);
	} else {
		memcpy(&t.src, &key->ipv4_src, 4);
		memcpy(&t.dst, &key->ipv4_dst, 4);
	}
	if (has_ports(key)) {
		t.src_port = key->tp_src;
		t.dst_port = key->tp_dst;
	} else if (has_identifier(key)) {
		memcpy(&t.src_port, at(s, s->layout.l4 + 4), 2);
		memcpy(&t.dst_port, at(s, s->layout.l4), 2);
	}
	return t;
}

static void set_ends(struct flow_key *key, const struct ct_tuple *t)
{
	if (is_v6(key)) {
		memcpy(key->ipv6_src, &t->src, 16);
		memcpy(key->ipv6_dst, &t->dst, 16);
	} else {
		memcpy(&key->ipv4_src, &t->src, 4);
		memcpy(&key->ipv4_dst, &t->dst, 4);
	}
	if (!has_ports(key))
		return;
	key->tp_src = t->src_port;
	key->tp_dst = t->dst_port;
}

static void random_address(struct rng *rng, uint8_t family, struct ct_address *out)
{
	static const uint8_t odd[] = { 0x00, 0xff };
	unsigned n = family == 4 ? 4 : 16;

	/* Addresses of all zeros and ones are where sums have two zeros. */
	if (rng_below(rng, 8) == 0)
		memset(out->bytes, odd[rng_below(rng, 2)], n);
	else
		for (unsigned i = 0; i < n; i++)
			out->bytes[i] = rng_u64(rng);
}

/* What becomes of packets like T, at random. */
static struct ct_tuple random_target(struct rng *rng, const struct ct_tuple *t, bool ports)
{
	struct ct_tuple to = *t;
	unsigned what = rng_below(rng, 16);

	if (what & 1)
		random_address(rng, t->family, &to.src);
	if (what & 2)
		random_address(rng, t->family, &to.dst);
	if (what & 4 && (ports || t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6))
		to.src_port = rng_u64(rng);
	if (what & 8 && ports)
		to.dst_port = rng_u64(rng);
	return to;
}

static void join(struct connection_large *c, const struct ct_tuple *from, const struct ct_tuple *to)
{
	struct ct_tuple reply = ct_tuple_reverse(to);

	connection_init(&c->c, from, true);
	connection_set_reply(&c->c, &reply);
}

static void assert_same_packet(const struct subject *s, const struct flow_key *key,
			       size_t n_payload)
{
	struct subject other;

	subject_init(&other, key, n_payload);
	assert_int_equal(s->m->pkt_len, other.m->pkt_len);
	assert_memory_equal(at(s, 0), at(&other, 0), s->m->pkt_len);
	assert_memory_equal(&s->key, &other.key, sizeof(s->key));
	assert_memory_equal(&s->layout, &other.layout, sizeof(s->layout));
	heap_packet_destroy(other.m);
}

/* Forth, the answer back. */
static void there_and_back(struct rng *rng, const struct flow_key *key)
{
	size_t n_payload = rng_below(rng, 60);
	struct flow_key expected = *key;
	struct connection_large c;
	struct ct_tuple from, to, answer;
	struct subject s;
	bool ports;

	subject_init(&s, key, n_payload);
	ports = has_ports(&s.key);
	from = tuple_of(&s);
	to = random_target(rng, &from, ports);
	if (!ports || has_identifier(&s.key))
		to.src_port = from.src_port;
	join(&c, &from, &to);
	if (s.key.ip_proto == IPPROTO_SCTP && s.key.ip_frag && ports &&
	    (to.src_port != from.src_port || to.dst_port != from.dst_port)) {
		assert_int_equal(ct_nat_translate(&c.c, false, s.m, &s.key, &s.layout),
				 DROP_NAT_IMPOSSIBLE);
		heap_packet_destroy(s.m);
		return;
	}
	assert_int_equal(ct_nat_translate(&c.c, false, s.m, &s.key, &s.layout), DROP_NONE);
	set_ends(&expected, &to);
	assert_same_packet(&s, &expected, n_payload);
	heap_packet_destroy(s.m);

	answer = ct_tuple_reverse(&to);
	set_ends(&expected, &answer);
	subject_init(&s, &expected, n_payload);
	assert_int_equal(ct_nat_translate(&c.c, true, s.m, &s.key, &s.layout), DROP_NONE);
	answer = ct_tuple_reverse(&from);
	set_ends(&expected, &answer);
	assert_same_packet(&s, &expected, n_payload);
	heap_packet_destroy(s.m);
}

static void random_packets_there_and_back(void **state)
{
	unsigned n_of_protos[256] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned n = 0; n < 60000; n++) {
		struct flow_key key;

		random_packet_key(&rng, &key);
		if (!is_ip(&key))
			continue;
		there_and_back(&rng, &key);
		n_of_protos[key.ip_proto]++;
	}
	assert_true(n_of_protos[IPPROTO_TCP] > 1000 && n_of_protos[IPPROTO_UDP] > 1000);
	assert_true(n_of_protos[IPPROTO_SCTP] > 1000 && n_of_protos[IPPROTO_ICMP] > 1000);
	assert_true(n_of_protos[IPPROTO_ICMPV6] > 1000 && n_of_protos[IPPROTO_GRE] > 1000);
}

/* A key of an IPv4 or IPv6 packet. */
static struct flow_key plain_key(bool v6, uint8_t proto, uint16_t src_port, uint16_t dst_port)
{
	struct flow_key key = { .ip_proto = proto, .ip_ttl = 64 };

	store_be16(&key.eth_type, v6 ? 0x86dd : 0x0800);
	if (v6) {
		memcpy(key.ipv6_src, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
		memcpy(key.ipv6_dst, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
	} else {
		memcpy(&key.ipv4_src, "\x0a\0\0\x01", 4);
		memcpy(&key.ipv4_dst, "\xc6\x33\x64\x02", 4);
	}
	store_be16(&key.tp_src, src_port);
	store_be16(&key.tp_dst, dst_port);
	return key;
}

static void set_identifier(struct subject *s, uint16_t id)
{
	uint8_t *l4 = at(s, s->layout.l4), be[2];

	store_be16(be, id);
	checksum_fix(l4 + 2, checksum_delta(l4 + 4, be, 2));
	memcpy(l4 + 4, be, 2);
}

static void identifiers_of_echos(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	for (unsigned n = 0; n < 4000; n++) {
		bool v6 = n & 1;
		struct flow_key key =
			plain_key(v6, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, v6 ? 128 : 8, 0);
		uint16_t id = rng_u64(&rng);
		struct connection_large c;
		struct ct_tuple from, to;
		struct subject s;

		subject_init(&s, &key, rng_below(&rng, 30));
		set_identifier(&s, rng_u64(&rng));
		from = tuple_of(&s);
		to = random_target(&rng, &from, false);
		store_be16(&to.src_port, id);
		join(&c, &from, &to);
		assert_int_equal(ct_nat_translate(&c.c, false, s.m, &s.key, &s.layout), DROP_NONE);
		assert_null(packet_check(s.m, &s.key, &s.layout));
		assert_int_equal(load_be16(at(&s, s.layout.l4 + 4)), id);
		/* The answer has the identifier that was sent. */
		at(&s, s.layout.l4)[0] = v6 ? 129 : 0;
		set_ends(&s.key, &(struct ct_tuple){ .src = to.dst, .dst = to.src });
		assert_int_equal(ct_nat_translate(&c.c, true, s.m, &s.key, &s.layout), DROP_NONE);
		assert_memory_equal(at(&s, s.layout.l4 + 4), &from.src_port, 2);
		heap_packet_destroy(s.m);
	}
}

static void no_udp_checksum_stays_none(void **state)
{
	struct flow_key key = plain_key(false, IPPROTO_UDP, 5000, 53);
	struct connection_large c;
	struct ct_tuple from, to;
	struct subject s;

	(void)state;
	subject_init(&s, &key, 10);
	memset(at(&s, s.layout.l4 + 6), 0, 2);
	from = to = tuple_of(&s);
	to.src.bytes[3] = 9;
	to.src_port = 7;
	join(&c, &from, &to);
	assert_int_equal(ct_nat_translate(&c.c, false, s.m, &s.key, &s.layout), DROP_NONE);
	assert_int_equal(load_be16(at(&s, s.layout.l4 + 6)), 0);
	assert_null(packet_check(s.m, &s.key, &s.layout));
	heap_packet_destroy(s.m);
}

/* The sum of the pseudo header, as a guest leaves it. */
static void make_pending(struct subject *s, uint64_t flags, unsigned sum_at)
{
	const uint8_t *l3 = at(s, s->layout.l3);
	bool v6 = is_v6(&s->key);
	uint8_t tail[4] = { 0, 0, 0, s->key.ip_proto };
	uint16_t sum;

	store_be16(tail, s->m->pkt_len - s->layout.l4);
	sum = checksum_fold(checksum_sum(l3 + (v6 ? 8 : 12), v6 ? 32 : 8) + checksum_sum(tail, 4));
	memcpy(at(s, s->layout.l4 + sum_at), &sum, 2);
	s->m->ol_flags |= flags;
	s->m->l2_len = s->layout.l3;
	s->m->l3_len = s->layout.l4 - s->layout.l3;
}

static void pending_checksums_stay_pending(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (unsigned n = 0; n < 4000; n++) {
		bool v6 = n & 1, is_tcp = n & 2;
		uint64_t flags = is_tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
		struct flow_key key = plain_key(v6, is_tcp ? IPPROTO_TCP : IPPROTO_UDP, 5000, 53);
		struct subject s, other;
		struct connection_large c;
		struct ct_tuple from, to;

		if (n & 4 && is_tcp)
			flags |= RTE_MBUF_F_TX_TCP_SEG;
		subject_init(&s, &key, 10);
		make_pending(&s, flags, is_tcp ? 16 : 6);
		from = tuple_of(&s);
		to = random_target(&rng, &from, true);
		join(&c, &from, &to);
		assert_int_equal(ct_nat_translate(&c.c, false, s.m, &s.key, &s.layout), DROP_NONE);
		set_ends(&key, &to);
		subject_init(&other, &key, 10);
		make_pending(&other, flags, is_tcp ? 16 : 6);
		assert_memory_equal(at(&s, 0), at(&other, 0), s.m->pkt_len);
		heap_packet_destroy(s.m);
		heap_packet_destroy(other.m);
	}
}

/* --- errors --- */

/* An error of SIZE bytes quotation of INNER, from ROUTER to the source of INNER. */
static void error_about(struct subject *s, const struct subject *inner,
			const struct ct_address *router, size_t size)
{
	bool v6 = is_v6(&inner->key);
	struct flow_key key = plain_key(v6, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, v6 ? 1 : 3, 1);
	struct ct_tuple t = tuple_of(inner);
	struct ct_tuple ends = { .src = *router, .dst = t.src };
	uint8_t *l4, *quoted;

	set_ends(&key, &ends);
	subject_init(s, &key, size);
	l4 = at(s, s->layout.l4);
	quoted = l4 + 8;
	for (size_t i = 0; i < size; i += 2) { /* as if it had been composed with it */
		const uint8_t *from = at(inner, inner->layout.l3) + i;
		uint8_t word[2] = { from[0], i + 1 < size ? from[1] : 0 };

		checksum_fix(l4 + 2, checksum_delta("\0\0", word, 2));
		memcpy(quoted + i, word, MIN_OF(size - i, 2));
	}
	assert_null(packet_check(s->m, &s->key, &s->layout));
}

static size_t ip_size(const struct subject *s)
{
	return s->m->pkt_len - s->layout.l3;
}

/* The router is R, as the error comes in; as it goes out, that is EXPECTED_ROUTER.  SENT is what
 * the far side saw, RESTORED what the near side sent. */
static void translate_one_error(const struct connection_large *c, bool is_reply,
				const struct flow_key *sent, const struct flow_key *restored,
				const struct ct_address *router,
				const struct ct_address *expected_router, size_t cut)
{
	struct subject inner, restored_inner, error, expected;
	size_t size;

	subject_init(&inner, sent, 16);
	subject_init(&restored_inner, restored, 16);
	size = MIN_OF(ip_size(&inner), cut);
	error_about(&error, &inner, router, size);
	error_about(&expected, &restored_inner, expected_router, size);
	assert_int_equal(ct_nat_translate_error(&c->c, is_reply, error.layout.l4 + 8, error.m,
						&error.key, &error.layout),
			 DROP_NONE);
	assert_null(packet_check(error.m, &error.key, &error.layout));
	assert_memory_equal(at(&error, 0), at(&expected, 0), error.m->pkt_len);
	heap_packet_destroy(inner.m);
	heap_packet_destroy(restored_inner.m);
	heap_packet_destroy(error.m);
	heap_packet_destroy(expected.m);
}

static void errors_with_what_they_quote(void **state)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4);
	for (unsigned n = 0; n < 8000; n++) {
		bool v6 = n & 1, is_reply = n & 2;
		uint8_t proto = protos[n / 4 % ARRAY_LENGTH(protos)];
		struct flow_key near = plain_key(v6, proto, 5000, 53), far;
		struct ct_address router = { { 0 } }, shown;
		struct ct_tuple from, to, in, out;
		struct connection_large c;
		struct subject s;

		if (proto == IPPROTO_ICMP)
			near = plain_key(v6, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, v6 ? 128 : 8, 0);
		random_address(&rng, v6 ? 6 : 4, &router);
		subject_init(&s, &near, 16);
		from = tuple_of(&s);
		heap_packet_destroy(s.m);
		to = random_target(&rng, &from, has_ports(&near));
		if (!has_ports(&near))
			to.src_port = from.src_port;
		join(&c, &from, &to);
		/* The quoted packet is of the other direction than the error. */
		connection_tuple(&c.c, !is_reply, &in);
		connection_tuple(&c.c, is_reply, &out);
		out = ct_tuple_reverse(&out);
		far = near;
		set_ends(&near, &in);
		set_ends(&far, &out);
		if (proto == IPPROTO_ICMP && is_reply == false)
			store_be16(&near.tp_src, v6 ? 129 : 0), far.tp_src = near.tp_src;
		/* Whoever it is: if the far end shows another address, so does the router. */
		shown = memcmp(&in.dst, &out.dst, sizeof(in.dst)) == 0 ? router : in.dst;
		translate_one_error(&c, is_reply, &far, &near, &router, &shown,
				    rng_below(&rng, 2) ? SIZE_MAX : (v6 ? 48 : 28));
	}
}

static void errors_that_quote_too_little(void **state)
{
	struct flow_key key = plain_key(false, IPPROTO_UDP, 5000, 53);
	struct ct_address router = { { 192, 0, 2, 1 } };
	struct subject inner, error;
	struct connection_large c;
	struct ct_tuple from;

	(void)state;
	subject_init(&inner, &key, 16);
	from = tuple_of(&inner);
	join(&c, &from, &from);
	for (size_t size = 0; size < 28; size += 2) {
		error_about(&error, &inner, &router, size);
		assert_int_equal(ct_nat_translate_error(&c.c, true, error.layout.l4 + 8, error.m,
							&error.key, &error.layout),
				 DROP_NAT_IMPOSSIBLE);
		heap_packet_destroy(error.m);
	}
	heap_packet_destroy(inner.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_packets_there_and_back),
		cmocka_unit_test(identifiers_of_echos),
		cmocka_unit_test(no_udp_checksum_stays_none),
		cmocka_unit_test(pending_checksums_stay_pending),
		cmocka_unit_test(errors_with_what_they_quote),
		cmocka_unit_test(errors_that_quote_too_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
