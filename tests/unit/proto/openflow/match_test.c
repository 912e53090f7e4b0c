/* What matches mean: order, equality, covering, overlap, copies; and the list of fields. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/fakes/proto/of_samples.h"

static struct of_match parse(struct arena *a, const char *text)
{
	struct status st = STATUS_INIT;
	struct of_match m;

	if (of_match_parse(text, a, &m, &st) != 0)
		fail_msg("%s: %s", text, st.message);
	return m;
}

static void every_field_is_found_by_its_names_and_headers(void **state)
{
	(void)state;
	for (enum of_field_id id = 0; id < OF_N_FIELDS; id++) {
		const struct of_field *f = of_field(id);

		assert_int_equal(f->id, id);
		assert_ptr_equal(of_field_by_name(f->name, strlen(f->name)), f);
		if (f->oxm_name) {
			assert_ptr_equal(of_field_by_name(f->oxm_name, strlen(f->oxm_name)), f);
			assert_ptr_equal(of_field_by_header(f->oxm_header, f->experimenter), f);
			assert_ptr_equal(of_field_by_header(f->oxm_header | 0x100, f->experimenter),
					 f);
		}
		if (f->nxm_name) {
			assert_ptr_equal(of_field_by_name(f->nxm_name, strlen(f->nxm_name)), f);
			assert_ptr_equal(of_field_by_header(f->nxm_header, 0), f);
		}
		assert_true(f->oxm_name || f->nxm_name);
		assert_in_range(f->n_bits, 1, 8 * f->n_bytes);
	}
	assert_null(of_field_by_name("tp_src", 6));
	assert_null(of_field_by_name("nothing", 7));
	assert_null(of_field_by_name("", 0));
	assert_null(of_field_by_header(0x80007e04, 0));
	assert_null(of_field_by_header(0xffff5406, 0));
}

static void the_mask_of_ones_has_the_fields_bits(void **state)
{
	(void)state;
	for (enum of_field_id id = 0; id < OF_N_FIELDS; id++) {
		unsigned n_bits = 0;

		for (unsigned i = 0; i < OF_FIELD_MAX_BYTES; i++)
			n_bits += __builtin_popcount(of_field_ones[id][i]);
		assert_int_equal(n_bits, of_field(id)->n_bits);
	}
	assert_memory_equal(of_field_ones[OF_FIELD_VLAN_VID], "\x1f\xff\0\0", 4);
	assert_memory_equal(of_field_ones[OF_FIELD_IPV6_FLABEL], "\x00\x0f\xff\xff\0", 5);
	assert_memory_equal(of_field_ones[OF_FIELD_VLAN_PCP], "\x07\0", 2);
}

static void the_order_of_words_does_not_matter(void **state)
{
	struct arena a = ARENA_INIT;
	struct of_match x = parse(&a, "tp_dst=80,nw_dst=10.0.0.0/8,tcp,in_port=1");
	struct of_match y = parse(&a, "in_port=1 tcp tcp_dst=80 ip_dst=10.1.2.3/255.0.0.0");
	struct of_match z = parse(&a, "in_port=1,tcp,tcp_dst=81,ip_dst=10.0.0.0/8");

	(void)state;
	assert_true(of_match_equal(&x, &y));
	assert_int_equal(of_match_hash(&x), of_match_hash(&y));
	assert_false(of_match_equal(&x, &z));
	arena_clear(&a);
}

static void wider_matches_cover_narrower_ones(void **state)
{
	static const struct {
		const char *wide, *narrow;
		bool covers, overlaps;
	} cases[] = {
		{ "", "", true, true },
		{ "", "in_port=1", true, true },
		{ "in_port=1", "", false, true },
		{ "in_port=1", "in_port=2", false, false },
		{ "ip,nw_dst=10.0.0.0/8", "ip,nw_dst=10.1.0.0/16", true, true },
		{ "ip,nw_dst=10.1.0.0/16", "ip,nw_dst=10.0.0.0/8", false, true },
		{ "ip,nw_dst=10.0.0.0/8", "ip,nw_dst=11.0.0.0/8", false, false },
		{ "ip,nw_dst=10.0.0.0/8", "ip,nw_src=10.0.0.0/8", false, true },
		{ "ip", "tcp,nw_src=10.0.0.0/8", true, true },
		{ "ip", "ipv6", false, false },
		{ "in_port=1,reg0=1/1", "in_port=1,reg0=3,reg1=5", true, true },
		{ "reg0=1/1", "reg0=2/2", false, true },
		{ "vlan_tci=0x1000/0x1000", "dl_vlan=5", true, true },
		{ "vlan_tci=0", "dl_vlan=5", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena a = ARENA_INIT;
		struct of_match w = parse(&a, cases[i].wide), n = parse(&a, cases[i].narrow);

		if (of_match_covers(&w, &n) != cases[i].covers)
			fail_msg("\"%s\" covers \"%s\"", cases[i].wide, cases[i].narrow);
		if (of_match_overlaps(&w, &n) != cases[i].overlaps ||
		    of_match_overlaps(&n, &w) != cases[i].overlaps)
			fail_msg("\"%s\" overlaps \"%s\"", cases[i].wide, cases[i].narrow);
		arena_clear(&a);
	}
}

static void copies_outlive_the_arena(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 1000; i++) {
		struct arena a = ARENA_INIT, b = ARENA_INIT;
		struct rng same = rng;
		struct of_match m, *m_copy;
		struct of_instructions ins, *ins_copy;

		of_random_match(&rng, &a, &m);
		of_random_instructions(&rng, &a, &m, 3, &ins);
		m_copy = of_match_dup(&m);
		ins_copy = of_instructions_dup(&ins);
		arena_clear(&a);
		of_random_match(&same, &b, &m);
		of_random_instructions(&same, &b, &m, 3, &ins);
		assert_true(of_match_equal(m_copy, &m));
		assert_true(of_instructions_equal(ins_copy, &ins));
		assert_true(of_match_covers(m_copy, &m));
		assert_true(of_match_overlaps(m_copy, &m));
		free(m_copy);
		free(ins_copy);
		arena_clear(&b);
	}
}

static void setting_a_field_keeps_the_order_and_replaces(void **state)
{
	struct arena a = ARENA_INIT;
	struct of_match m = { 0 };

	(void)state;
	of_match_set_u64(&a, &m, OF_FIELD_REG3, 5);
	of_match_set_u64(&a, &m, OF_FIELD_IN_PORT, 1);
	of_match_set_u64_masked(&a, &m, OF_FIELD_METADATA, 0xff, 0x0f);
	of_match_set_u64(&a, &m, OF_FIELD_IN_PORT, 2);
	assert_int_equal(m.n, 3);
	assert_int_equal(m.fields[0].id, OF_FIELD_IN_PORT);
	assert_memory_equal(m.fields[0].value, "\0\0\0\2", 4);
	assert_int_equal(m.fields[1].id, OF_FIELD_REG3);
	assert_int_equal(m.fields[2].id, OF_FIELD_METADATA);
	assert_memory_equal(m.fields[2].value, "\0\0\0\0\0\0\0\x0f", 8);
	arena_clear(&a);
}

static void flows_are_found_by_where_they_send(void **state)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_instructions ins;

	(void)state;
	assert_int_equal(of_instructions_parse("output:2,write_actions(LOCAL)", &a, &ins, &st), 0);
	assert_true(of_instructions_output_to(&ins, 2));
	assert_true(of_instructions_output_to(&ins, OF_PORT_LOCAL));
	assert_false(of_instructions_output_to(&ins, 3));
	arena_clear(&a);
}

/* 64 KiB hold 1170 of the smallest flows, 56 bytes each behind 16 of header. */
static void long_replies_are_split(void **state)
{
	static struct of_flow_stats stats[2000];

	(void)state;
	assert_int_equal(of_flow_stats_size(&stats[0], OF_VERSION_1_3), 56);
	assert_int_equal(of_flow_stats_fits(stats, 2000, OF_VERSION_1_3), (65535 - 16) / 56);
	assert_int_equal(of_flow_stats_fits(stats, 5, OF_VERSION_1_3), 5);
	assert_int_equal(of_flow_stats_fits(stats, 0, OF_VERSION_1_3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_found_by_its_names_and_headers),
		cmocka_unit_test(the_mask_of_ones_has_the_fields_bits),
		cmocka_unit_test(the_order_of_words_does_not_matter),
		cmocka_unit_test(wider_matches_cover_narrower_ones),
		cmocka_unit_test(copies_outlive_the_arena),
		cmocka_unit_test(setting_a_field_keeps_the_order_and_replaces),
		cmocka_unit_test(flows_are_found_by_where_they_send),
		cmocka_unit_test(long_replies_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
