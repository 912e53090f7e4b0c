/* Parsing: real packets of each protocol, cut off at every length, and damaged ones. */

#include "dataplane/packet/parse.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <openflow/openflow-1.2.h>
#include <rte_mbuf.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/packet/key_fields.h"
#include "lib/rng.h"
#include "tests/fakes/dataplane/packets.h"

static enum drop_reason parse(const void *data, size_t size, struct flow_key *key,
			      struct packet_layout *layout)
{
	struct rte_mbuf *m = heap_packet_create(data, size);
	enum drop_reason why;

	memset(key, 0, sizeof(*key));
	why = packet_parse(m, key, layout);
	heap_packet_destroy(m);
	return why;
}

static void check(const struct packet_sample *s)
{
	struct packet_bytes p = packet_bytes(s->hex);
	struct packet_layout layout;
	struct flow_key key;

	assert_string_equal(drop_reason_name(parse(p.data, p.size, &key, &layout)), "none");
	for (unsigned i = 0; i < ARRAY_LENGTH(s->fields) && s->fields[i].name; i++) {
		const char *name = s->fields[i].name;
		const struct of_field *f = of_field_by_name(name, strlen(name));
		uint8_t got[OF_FIELD_MAX_BYTES];
		struct packet_bytes want = packet_bytes(s->fields[i].hex);

		assert_non_null(f);
		assert_int_equal(want.size, f->n_bytes);
		key_field_get(&key, f->id, got);
		if (memcmp(got, want.data, want.size) != 0)
			fail_msg("%s: %s differs", s->name, name);
	}
}

static void samples_have_their_fields(void **state)
{
	(void)state;
	for (unsigned i = 0; i < n_packet_samples; i++)
		check(&packet_samples[i]);
}

/* The name that stands for a reason may not change silently. */
static void damaged_packets_leave_with_their_reason(void **state)
{
	(void)state;
	for (unsigned i = 0; i < n_damaged_samples; i++) {
		const struct damaged_sample *s = &damaged_samples[i];
		struct packet_bytes p = packet_bytes(s->hex);
		struct packet_layout layout;
		struct flow_key key;

		assert_string_equal(drop_reason_name(parse(p.data, p.size, &key, &layout)),
				    s->reason);
	}
}

/* Cut off anywhere, a packet is dropped or has only fields that lie before the cut: never read
 * beyond (the sanitizers watch), never a layout beyond the end. */
static void truncated_at_each_length(void **state)
{
	(void)state;
	for (unsigned i = 0; i < n_packet_samples; i++) {
		struct packet_bytes p = packet_bytes(packet_samples[i].hex);

		for (size_t size = 0; size < p.size; size++) {
			struct packet_layout layout;
			struct flow_key key;
			enum drop_reason why = parse(p.data, size, &key, &layout);

			if (size < 14)
				assert_int_equal(why, DROP_SHORT_ETHERNET);
			assert_true(layout.l3 <= size);
			assert_true(layout.l4 <= size);
			assert_true(!layout.nd_sll || layout.nd_sll + 8u <= size);
			assert_true(!layout.nd_tll || layout.nd_tll + 8u <= size);
			if (why == DROP_NONE && packet_samples[i].is_ip)
				fail_msg("%s of %zu bytes was taken", packet_samples[i].name, size);
		}
	}
}

/* A byte changed at random never makes the parser leave the packet, and the two ways of parsing
 * agree on it. */
static void random_damage(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned n = 0; n < 50000; n++) {
		const struct packet_sample *s = &packet_samples[rng_below(&rng, n_packet_samples)];
		struct packet_bytes p = packet_bytes(s->hex);
		struct packet_layout layout, layout2;
		struct flow_key key, key2;
		struct rte_mbuf *m;
		enum drop_reason why;

		p.data[rng_below(&rng, p.size)] = rng_u64(&rng);
		p.data[rng_below(&rng, p.size)] ^= 1 << rng_below(&rng, 8);
		p.size = rng_below(&rng, 8) ? p.size : rng_below(&rng, p.size);
		why = parse(p.data, p.size, &key, &layout);
		m = heap_packet_create(p.data, p.size);
		packet_parse_burst(&m, 1, 0, PARSE_L4, KEY_LINES_ALL, &key2, &layout2);
		key.actset_output = key2.actset_output;
		heap_packet_destroy(m);
		assert_int_equal(layout2.drop, why);
		if (why != DROP_NONE)
			continue;
		assert_true(layout.l4 <= p.size);
		assert_memory_equal(&key, &key2, sizeof(key));
		assert_memory_equal(&layout, &layout2, sizeof(layout));
	}
}

/* A burst gives the same as one by one, and its bitmap tells the bad ones. */
static void burst_equals_single(void **state)
{
	static struct flow_key keys[PACKET_BURST_MAX];
	struct packet_layout layouts[PACKET_BURST_MAX];
	struct rte_mbuf *pkts[PACKET_BURST_MAX] = { 0 };
	unsigned n = 0;
	uint64_t good;

	(void)state;
	for (unsigned i = 0; i < n_packet_samples && n < 40; i++) {
		struct packet_bytes p = packet_bytes(packet_samples[i].hex);

		pkts[n++] = heap_packet_create(p.data, p.size);
		pkts[n++] = heap_packet_create(p.data, 13);
	}
	good = packet_parse_burst(pkts, n, 5, PARSE_L4, KEY_LINES_ALL, keys, layouts);
	for (unsigned i = 0; i < n; i++) {
		struct flow_key key = { .in_port = keys[i].in_port,
					.actset_output = keys[i].actset_output };
		struct packet_layout layout;

		assert_int_equal(good >> i & 1, i % 2 == 0);
		assert_int_equal(load_be32(&keys[i].in_port), 5);
		assert_int_equal(load_be32(&keys[i].actset_output), 0xfffffff7);
		packet_parse(pkts[i], &key, &layout);
		assert_memory_equal(&key, &keys[i], sizeof(key));
		heap_packet_destroy(pkts[i]);
	}
}

/* Headers are read from the first segment only; the lengths are the whole packet's. */
static void headers_lie_in_the_first_segment(void **state)
{
	struct packet_bytes p =
		packet_bytes(packet_samples[1].hex); /* UDP over IPv4, 5 of payload */
	const size_t n_headers = 14 + 20 + 8;

	(void)state;
	for (size_t cut = 1; cut < p.size; cut++) {
		struct rte_mbuf *m = heap_packet_create(p.data, cut);
		struct packet_layout layout;
		struct flow_key key = { 0 };

		m->next = heap_packet_create(p.data + cut, p.size - cut);
		m->nb_segs = 2;
		m->pkt_len = p.size;
		assert_int_equal(packet_parse(m, &key, &layout),
				 cut < n_headers ? DROP_SPLIT_HEADERS : DROP_NONE);
		heap_packet_destroy(m);
	}
}

/* What is not parsed is zero, what is parsed is the same. */
static void depth_limits_the_fields(void **state)
{
	struct packet_bytes p = packet_bytes(packet_samples[0].hex); /* TCP over IPv4 */
	struct rte_mbuf *m = heap_packet_create(p.data, p.size);
	static struct flow_key keys[4];
	struct packet_layout layout;

	(void)state;
	for (unsigned d = PARSE_NOTHING; d <= PARSE_L4; d++)
		assert_int_equal(packet_parse_burst(&m, 1, 1, d, KEY_LINES_ALL, &keys[d], &layout),
				 1);
	assert_int_equal(keys[PARSE_NOTHING].eth_type, 0);
	assert_int_not_equal(keys[PARSE_L2].eth_type, 0);
	assert_int_equal(keys[PARSE_L2].ipv4_src, 0);
	assert_int_not_equal(keys[PARSE_L3].ipv4_src, 0);
	assert_int_equal(keys[PARSE_L3].tp_dst, 0);
	assert_int_not_equal(keys[PARSE_L4].tp_dst, 0);
	heap_packet_destroy(m);
}

/* compose is parse's inverse. */
static void composed_packets_parse_back(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 11);
	for (unsigned n = 0; n < 20000; n++) {
		struct flow_key key, parsed;
		struct packet_layout layout;
		struct buf out = BUF_INIT;

		random_packet_key(&rng, &key);
		packet_compose(&key, rng_below(&rng, 30), &out);
		assert_int_equal(parse(out.data, out.size, &parsed, &layout), DROP_NONE);
		assert_memory_equal(&parsed, &key, sizeof(key));
		buf_fini(&out);
	}
}

/* An IPv6 packet with these headers, each the smallest there is, and nothing after them. */
static size_t with_headers(const uint8_t *kinds, uint8_t *out)
{
	size_t size = 54, next = 20;

	memset(out, 0, 256);
	store_be16(out + 12, 0x86dd);
	out[14] = 0x60;
	for (;; kinds++) {
		out[next] = *kinds;
		if (*kinds == IPPROTO_NONE || *kinds == IPPROTO_ESP || *kinds == IPPROTO_GRE)
			break;
		next = size;
		out[next + 1] = *kinds == IPPROTO_AH ? 2 : 0;
		size += *kinds == IPPROTO_AH ? 16 : 8;
	}
	store_be16(out + 18, size - 54);
	return size;
}

/* OF 1.3.5 section 7.2.3.8. */
static void extension_headers_are_told(void **state)
{
	enum {
		HOP = IPPROTO_HOPOPTS,
		DEST = IPPROTO_DSTOPTS,
		ROUTE = IPPROTO_ROUTING,
		FRAG = IPPROTO_FRAGMENT,
		AH = IPPROTO_AH,
		ESP = IPPROTO_ESP,
		NONE = IPPROTO_NONE,
		GRE = IPPROTO_GRE
	};
	static const struct {
		uint8_t kinds[8];
		uint16_t want;
	} cases[] = {
		{ { GRE }, 0 },
		{ { NONE }, OFPIEH12_NONEXT },
		{ { ESP }, OFPIEH12_ESP },
		{ { HOP, GRE }, OFPIEH12_HOP },
		{ { HOP, NONE }, OFPIEH12_HOP | OFPIEH12_NONEXT },
		{ { FRAG, GRE }, OFPIEH12_FRAG },
		{ { HOP, DEST, ROUTE, FRAG, AH, DEST, GRE },
		  OFPIEH12_HOP | OFPIEH12_DEST | OFPIEH12_ROUTER | OFPIEH12_FRAG | OFPIEH12_AUTH },
		{ { AH, ESP }, OFPIEH12_AUTH | OFPIEH12_ESP },
		{ { DEST, DEST, GRE }, OFPIEH12_DEST },
		{ { DEST, DEST, DEST, GRE }, OFPIEH12_DEST | OFPIEH12_UNREP },
		{ { ROUTE, ROUTE, GRE }, OFPIEH12_ROUTER | OFPIEH12_UNREP },
		{ { AH, ROUTE, GRE }, OFPIEH12_AUTH | OFPIEH12_ROUTER | OFPIEH12_UNSEQ },
		{ { DEST, DEST, ROUTE, GRE }, OFPIEH12_DEST | OFPIEH12_ROUTER | OFPIEH12_UNSEQ },
		{ { DEST, HOP, GRE }, OFPIEH12_DEST | OFPIEH12_UNSEQ },
		{ { HOP, HOP, GRE }, OFPIEH12_HOP | OFPIEH12_UNREP | OFPIEH12_UNSEQ },
		{ { AH, FRAG, AH, GRE },
		  OFPIEH12_AUTH | OFPIEH12_FRAG | OFPIEH12_UNREP | OFPIEH12_UNSEQ },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct packet_layout layout;
		struct flow_key key;
		uint8_t data[256];
		size_t size = with_headers(cases[i].kinds, data);

		assert_int_equal(parse(data, size, &key, &layout), DROP_NONE);
		if (load_be16(&key.ipv6_exthdr) != cases[i].want)
			fail_msg("case %u: 0x%x", i, load_be16(&key.ipv6_exthdr));
	}
}

/* A neighbour solicitation: N options that tell nothing, then the sender's address. */
static size_t with_nd_options(unsigned n, uint8_t *out)
{
	size_t size = 14 + 40 + 24 + 8 * (n + 1);

	memset(out, 0, size);
	store_be16(out + 12, 0x86dd);
	out[14] = 0x60;
	store_be16(out + 18, size - 54);
	out[20] = IPPROTO_ICMPV6;
	out[54] = 135;
	out[62] = 0xfd;
	for (unsigned i = 0; i <= n; i++) {
		out[78 + 8 * i] = i < n ? 14 : 1;
		out[79 + 8 * i] = 1;
	}
	memset(out + size - 6, 0xaa, 6);
	return size;
}

/* Their number is the sender's choice, so it is bounded; what lies behind is not guessed. */
static void nd_options_are_bounded(void **state)
{
	static uint8_t data[9000];

	(void)state;
	for (unsigned n = 0; n < 1000; n = n < 20 ? n + 1 : n * 2) {
		struct packet_layout layout;
		struct flow_key key;
		size_t size = with_nd_options(n, data);

		assert_int_equal(parse(data, size, &key, &layout), DROP_NONE);
		assert_int_equal(layout.has_nd, n < 8);
		assert_int_equal(key.nd_target[0], n < 8 ? 0xfd : 0);
		assert_int_equal(key.arp_sha[5], n < 8 ? 0xaa : 0);
		assert_int_equal(layout.nd_sll, n < 8 ? size - 8 : 0);
		assert_int_equal(load_be16(&key.tp_src), 135);
	}
}

static void fragments_can_be_dropped(void **state)
{
	static struct flow_key keys[PACKET_BURST_MAX];
	struct packet_layout layouts[PACKET_BURST_MAX];
	struct rte_mbuf *pkts[PACKET_BURST_MAX] = { 0 };
	unsigned n = MIN_OF(n_packet_samples, PACKET_BURST_MAX), n_fragments = 0;
	uint64_t good, whole;

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		struct packet_bytes p = packet_bytes(packet_samples[i].hex);

		pkts[i] = heap_packet_create(p.data, p.size);
	}
	good = packet_parse_burst(pkts, n, 5, PARSE_L3, KEY_LINES_ALL, keys, layouts);
	whole = packet_drop_fragments(keys, layouts, good & ~1ull);
	assert_false(whole & 1);
	for (unsigned i = 1; i < n; i++) {
		bool is_fragment = strstr(packet_samples[i].name, "first fragment") ||
				   strstr(packet_samples[i].name, "later fragment");

		assert_int_equal(whole >> i & 1, !is_fragment);
		assert_int_equal(layouts[i].drop, is_fragment ? DROP_FRAGMENT : DROP_NONE);
		n_fragments += is_fragment;
	}
	assert_int_equal(n_fragments, 4);
	for (unsigned i = 0; i < n; i++)
		heap_packet_destroy(pkts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_have_their_fields),
		cmocka_unit_test(damaged_packets_leave_with_their_reason),
		cmocka_unit_test(truncated_at_each_length),
		cmocka_unit_test(random_damage),
		cmocka_unit_test(burst_equals_single),
		cmocka_unit_test(headers_lie_in_the_first_segment),
		cmocka_unit_test(depth_limits_the_fields),
		cmocka_unit_test(composed_packets_parse_back),
		cmocka_unit_test(extension_headers_are_told),
		cmocka_unit_test(nd_options_are_bounded),
		cmocka_unit_test(fragments_can_be_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
