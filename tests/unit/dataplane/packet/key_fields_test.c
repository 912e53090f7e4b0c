/* Fields and their places in the key. */

#include "dataplane/packet/key_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "lib/rng.h"

static void random_value(struct rng *rng, enum of_field_id id, uint8_t *value)
{
	for (unsigned i = 0; i < OF_FIELD_MAX_BYTES; i++)
		value[i] = rng_u64(rng) & of_field_ones[id][i];
	if (id == OF_FIELD_ARP_OP)
		value[0] = 0; /* the key has 8 bits for it */
}

static void every_field_has_a_place(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned n = 0; n < 100; n++) {
		for (unsigned id = 0; id < OF_N_FIELDS; id++) {
			uint8_t value[OF_FIELD_MAX_BYTES], got[OF_FIELD_MAX_BYTES] = { 0 };
			struct flow_key key, before;

			if (!key_place(id)->size)
				continue;
			for (unsigned w = 0; w < KEY_WORDS; w++)
				key.words[w] = rng_u64(&rng);
			before = key;
			random_value(&rng, id, value);
			key_field_set(&key, id, value, NULL);
			key_field_get(&key, id, got);
			if (memcmp(got, value, of_field(id)->n_bytes) != 0)
				fail_msg("%s is not read as it was set", of_field(id)->name);
			key_field_get(&before, id, value);
			key_field_set(&key, id, value, NULL);
			assert_memory_equal(&key, &before, sizeof(key));
		}
	}
}

static void set_match(const char *text, struct arena *a, struct of_match *m)
{
	struct status st = STATUS_INIT;

	if (of_match_parse(text, a, m, &st) < 0)
		fail_msg("%s: %s", text, st.message);
}

/* "" or the error's name. */
static const char *convert(const char *text, struct key_mask *km)
{
	static char name[96];
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_match m;
	int failed;

	set_match(text, &a, &m);
	failed = key_mask_from_match(&m, km, &err);
	arena_clear(&a);
	return failed ? of_error_name(&err, name, sizeof(name)) : "";
}

static void matches_become_keys_and_masks(void **state)
{
	struct key_mask km;
	struct flow_key key = { 0 };

	(void)state;
	assert_string_equal(convert("in_port=1,tcp,nw_dst=10.0.0.0/8,tp_dst=80", &km), "");
	store_be32(&key.in_port, 1);
	store_be16(&key.eth_type, 0x0800);
	key.ip_proto = 6;
	store_be32(&key.ipv4_dst, 0x0a090807);
	store_be16(&key.tp_dst, 80);
	assert_true(key_mask_matches(&km, &key));
	store_be32(&key.ipv4_dst, 0x0b090807);
	assert_false(key_mask_matches(&km, &key));
	assert_string_equal(convert("", &km), "");
	assert_true(key_mask_matches(&km, &key));
}

static void an_impossible_operation_is_refused(void **state)
{
	struct key_mask km;

	(void)state;
	assert_string_equal(convert("arp,arp_op=2", &km), "");
	assert_string_equal(convert("arp,arp_op=256", &km), "OFPET_BAD_MATCH/OFPBMC_BAD_VALUE");
}

static void masks_know_what_they_need(void **state)
{
	static const struct {
		const char *match;
		enum parse_depth depth;
		unsigned lines;
	} cases[] = {
		{ "", PARSE_NOTHING, 0 },
		{ "in_port=1", PARSE_NOTHING, KEY_LINE_COMMON },
		{ "reg3=1", PARSE_NOTHING, KEY_LINE_REGS },
		{ "dl_dst=00:00:00:00:00:01", PARSE_L2, KEY_LINE_COMMON },
		{ "ip", PARSE_L2, KEY_LINE_COMMON },
		{ "ip,nw_src=10.0.0.1", PARSE_L3, KEY_LINE_COMMON },
		{ "tcp", PARSE_L3, KEY_LINE_COMMON },
		{ "tcp,tp_src=1", PARSE_L4, KEY_LINE_COMMON },
		{ "ipv6,ipv6_dst=fd00::1", PARSE_L3, KEY_LINE_COMMON | KEY_LINE_V6 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct key_mask km;

		assert_string_equal(convert(cases[i].match, &km), "");
		assert_int_equal(key_mask_depth(&km.mask), cases[i].depth);
		assert_int_equal(key_mask_lines(&km.mask), cases[i].lines);
	}
}

/* A match that was made from a key says the key. */
static void keys_are_told_as_matches(void **state)
{
	struct arena a = ARENA_INIT;
	struct key_mask km;
	struct of_match m;
	struct buf text = BUF_INIT;

	(void)state;
	assert_string_equal(
		convert("in_port=3,udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=5,tp_dst=6", &km),
		"");
	match_from_key(&km.key, &a, &m);
	assert_non_null(of_match_find(&m, OF_FIELD_UDP_DST));
	assert_null(of_match_find(&m, OF_FIELD_TCP_DST));
	assert_null(of_match_find(&m, OF_FIELD_ARP_SPA));
	assert_null(of_match_find(&m, OF_FIELD_REG0));
	of_match_print(&m, &text);
	assert_non_null(strstr(buf_str(&text), "in_port=3"));
	buf_fini(&text);
	arena_clear(&a);
}

/* In a packet-in: what the pipeline knows and is not zero, of the lines that are filled. */
static void a_packet_in_tells_what_the_pipeline_knows(void **state)
{
	static const enum of_field_id told[] = { OF_FIELD_IN_PORT, OF_FIELD_METADATA, OF_FIELD_REG3,
						 OF_FIELD_PKT_MARK };
	struct flow_key key = { .metadata = 1, .reg = { [3] = 1 }, .pkt_mark = 7, .tun_src = 9 };
	struct arena a = ARENA_INIT;
	struct of_match m;

	(void)state;
	store_be32(&key.in_port, 3);
	store_be16(&key.eth_type, 0x0800);
	store_be32(&key.actset_output, PARSE_PORT_UNSET);
	match_from_pipeline(&key, KEY_LINE_REGS | KEY_LINE_PIPELINE, &a, &m);
	assert_int_equal(m.n, ARRAY_LENGTH(told));
	for (unsigned i = 0; i < ARRAY_LENGTH(told); i++)
		assert_non_null(of_match_find(&m, told[i]));
	store_be32(&key.actset_output, 2);
	match_from_pipeline(&key, KEY_LINE_PIPELINE | KEY_LINE_TUNNEL, &a, &m);
	assert_non_null(of_match_find(&m, OF_FIELD_ACTSET_OUTPUT));
	assert_non_null(of_match_find(&m, OF_FIELD_TUN_SRC));
	assert_null(of_match_find(&m, OF_FIELD_REG3));
	arena_clear(&a);
}

/* All packets are Ethernet: that can be asked for, and nothing else. */
static void other_packet_types_are_refused(void **state)
{
	struct arena a = ARENA_INIT;
	struct of_match m = { 0 };
	struct key_mask km;
	struct of_error err;

	(void)state;
	of_match_set(&a, &m, OF_FIELD_PACKET_TYPE, "\0\0\0\0", NULL);
	assert_int_equal(key_mask_from_match(&m, &km, &err), 0);
	assert_int_equal(key_mask_lines(&km.mask), 0);
	m = (struct of_match){ 0 };
	of_match_set(&a, &m, OF_FIELD_PACKET_TYPE, "\0\1\x08\0", NULL);
	assert_int_equal(key_mask_from_match(&m, &km, &err), -1);
	assert_int_equal(err.code, OFPBMC_BAD_VALUE);
	arena_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_has_a_place),
		cmocka_unit_test(matches_become_keys_and_masks),
		cmocka_unit_test(an_impossible_operation_is_refused),
		cmocka_unit_test(masks_know_what_they_need),
		cmocka_unit_test(keys_are_told_as_matches),
		cmocka_unit_test(a_packet_in_tells_what_the_pipeline_knows),
		cmocka_unit_test(other_packet_types_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
