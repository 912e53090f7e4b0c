/* Compiling lists of actions: limits, what a packet-out may, and copying bits. */

#include "dataplane/action/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "dataplane/action/action_class.h"
#include "dataplane/action/bits.h"
#include "lib/rng.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/numbers.h"

/* "" or the error's name. */
static const char *judge(const struct of_actions *acts, const struct action_env *env)
{
	static char name[96];
	struct of_error err = { 0 };
	struct action_program *p = action_compile(acts, env, &err);

	action_program_destroy(p);
	return p ? "" : of_error_name(&err, name, sizeof(name));
}

static const char *judge_text(const char *text, const struct action_env *env)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_actions acts;
	const char *name;

	if (of_actions_parse(text, &a, &acts, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	name = judge(&acts, env);
	arena_clear(&a);
	return name;
}

static void lists_are_bounded(void **state)
{
	struct action_env apply = { .n_tables = 254 };
	struct action_env set = { .n_tables = 254, .is_action_set = true };
	struct arena a = ARENA_INIT;
	struct of_actions acts = { 0 };

	(void)state;
	for (unsigned i = 0; i < ACTION_MAX_WRITES; i++)
		of_actions_add(&a, &acts, &of_action_output(&a, 1, 0)->base);
	assert_string_equal(judge(&acts, &set), "");
	of_actions_add(&a, &acts, &of_action_output(&a, 1, 0)->base);
	assert_string_equal(judge(&acts, &set), "OFPET_BAD_ACTION/OFPBAC_TOO_MANY");
	while (acts.n < ACTION_MAX_OPS)
		of_actions_add(&a, &acts, &of_action_output(&a, 1, 0)->base);
	assert_string_equal(judge(&acts, &apply), "");
	of_actions_add(&a, &acts, &of_action_output(&a, 1, 0)->base);
	assert_string_equal(judge(&acts, &apply), "OFPET_BAD_ACTION/OFPBAC_TOO_MANY");
	arena_clear(&a);
}

static void a_packet_out_has_its_own_rules(void **state)
{
	struct action_env env = { .n_tables = 254, .is_packet_out = true };

	(void)state;
	assert_string_equal(judge_text("TABLE", &env), "");
	assert_string_equal(judge_text("set_field:80->tcp_dst,output:1", &env), "");
	assert_string_equal(judge_text("pop_vlan,output:1", &env), "");
	assert_string_equal(judge_text("LOCAL", &env), "OFPET_BAD_ACTION/OFPBAC_BAD_OUT_PORT");
}

/* What a program needs is known, so that no more is parsed. */
static void a_program_knows_its_needs(void **state)
{
	static const struct {
		const char *text;
		enum parse_depth depth;
		unsigned lines;
	} cases[] = {
		{ "output:1", PARSE_NOTHING, 0 },
		{ "load:1->NXM_NX_REG4[]", PARSE_NOTHING, KEY_LINE_REGS },
		{ "set_field:00:00:00:00:00:01->eth_dst", PARSE_L2, KEY_LINE_COMMON },
		{ "push_vlan:0x8100", PARSE_L2, 0 },
		{ "set_field:10.0.0.1->ip_dst", PARSE_L4, KEY_LINE_COMMON },
		{ "set_field:fd00::1->ipv6_dst", PARSE_L4, KEY_LINE_V6 },
		{ "move:NXM_OF_TCP_SRC[]->NXM_NX_REG0[0..15]", PARSE_L4,
		  KEY_LINE_COMMON | KEY_LINE_REGS },
	};
	struct action_env env = { .n_tables = 254, .is_packet_out = true };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct action_program *p;
		struct of_actions acts;
		struct of_error err;

		assert_int_equal(of_actions_parse(cases[i].text, &a, &acts, &st), 0);
		p = action_compile(&acts, &env, &err);
		assert_non_null(p);
		assert_int_equal(p->depth, cases[i].depth);
		assert_int_equal(p->lines, cases[i].lines);
		action_program_destroy(p);
		arena_clear(&a);
	}
}

/* Numbers of up to 64 bits, against shifting. */
static void bits_are_copied_as_numbers(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 9);
	for (unsigned n = 0; n < 20000; n++) {
		unsigned n_bits = 1 + rng_below(&rng, 63);
		unsigned from = rng_below(&rng, 65 - n_bits), to = rng_below(&rng, 65 - n_bits);
		uint64_t src = rng_u64(&rng), dst = rng_u64(&rng), ones = (1ull << n_bits) - 1;
		uint8_t src_bytes[8], dst_bytes[8];

		store_be64(src_bytes, src);
		store_be64(dst_bytes, dst);
		bits_copy(src_bytes, 8, from, dst_bytes, 8, to, n_bits);
		assert_int_equal(load_be64(dst_bytes), (dst & ~(ones << to)) | (src >> from & ones)
										       << to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(a_packet_out_has_its_own_rules),
		cmocka_unit_test(a_program_knows_its_needs),
		cmocka_unit_test(bits_are_copied_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
