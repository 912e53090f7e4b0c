/* Actions on MPLS, PBB, tags and TTLs: what a flow must match for them, what they tell those that
 * follow, their places in an action set, and what fails when they run. */

#include "dataplane/action/action_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <rte_mbuf.h>
#include "dataplane/packet/heap_packet.h"
#include "tests/fakes/dataplane/packets.h"

static struct action_program *compile(const char *match, const char *actions, struct arena *a,
				      struct of_error *err)
{
	struct status st = STATUS_INIT;
	struct key_mask km;
	struct of_match m;
	struct of_actions acts;
	struct action_env env = { .facts = &km.key, .n_tables = 254 };

	if (of_match_parse(match, a, &m, &st) < 0 || of_actions_parse(actions, a, &acts, &st) < 0)
		fail_msg("%s: %s", actions, st.message);
	assert_int_equal(key_mask_from_match(&m, &km, err), 0);
	return action_compile(&acts, &env, err);
}

/* "" or the error's name. */
static const char *judge(const char *match, const char *actions)
{
	static char name[96];
	struct arena a = ARENA_INIT;
	struct of_error err = { 0 };
	struct action_program *p = compile(match, actions, &a, &err);

	action_program_destroy(p);
	arena_clear(&a);
	return p ? "" : of_error_name(&err, name, sizeof(name));
}

#define INCONSISTENT "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT"
#define ARGUMENT     "OFPET_BAD_ACTION/OFPBAC_BAD_ARGUMENT"

static void headers_must_be_matched(void **state)
{
	static const struct {
		const char *match, *actions, *want;
	} cases[] = {
		{ "", "pop_mpls:0x0800", INCONSISTENT },
		{ "ip", "pop_mpls:0x0800", INCONSISTENT },
		{ "mpls", "pop_mpls:0x0800", "" },
		{ "mplsm", "pop_mpls:0x0800", "" },
		{ "mpls", "dec_ttl", INCONSISTENT },
		{ "mpls", "mod_nw_ttl:3", INCONSISTENT },
		{ "mpls", "dec_mpls_ttl,set_mpls_ttl(3)", "" },
		{ "ip", "dec_mpls_ttl", INCONSISTENT },
		{ "ip", "set_mpls_ttl(3)", INCONSISTENT },
		{ "ip", "dec_ttl,mod_nw_ttl:3,dec_ttl(1,2)", "" },
		{ "ipv6", "dec_ttl", "" },
		{ "arp", "dec_ttl", INCONSISTENT },
		{ "", "copy_ttl_out", INCONSISTENT },
		{ "arp", "copy_ttl_in", INCONSISTENT },
		{ "mpls", "copy_ttl_out,copy_ttl_in", "" },
		{ "ip", "copy_ttl_out,copy_ttl_in", "" },
		{ "", "push_mpls:0x8847,set_field:7->mpls_label,dec_mpls_ttl", "" },
		{ "tcp", "push_mpls:0x8847,dec_ttl", INCONSISTENT },
		{ "tcp", "push_mpls:0x8847,set_field:7->tcp_dst", INCONSISTENT },
		{ "tcp", "push_mpls:0x8847,pop_mpls:0x0800,dec_ttl", "" },
		{ "tcp", "push_mpls:0x8847,pop_mpls:0x0800,set_field:7->tcp_dst", INCONSISTENT },
		{ "dl_vlan=5,ip", "push_mpls:0x8847,pop_vlan", "" },
		{ "", "pop_pbb", INCONSISTENT },
		{ "dl_type=0x88e7", "pop_pbb", "" },
		{ "dl_type=0x88e7", "set_field:7->pbb_isid", "" },
		{ "ip", "set_field:7->pbb_isid", INCONSISTENT },
		{ "ip", "push_pbb:0x88e7,set_field:7->pbb_isid,pop_pbb,dec_ttl", INCONSISTENT },
		{ "dl_vlan=5", "push_pbb:0x88e7,pop_vlan", INCONSISTENT },
		{ "dl_vlan=5", "push_pbb:0x88e7,push_vlan:0x88a8,pop_vlan", "" },
		{ "", "push_vlan:0x88a8,set_field:4105->vlan_vid", "" },
		{ "tcp", "move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]", "" },
		{ "", "set_field:0x1/0x3->xxreg1,set_field:5->xreg0,set_field:9->pkt_mark", "" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++)
		if (strcmp(judge(cases[i].match, cases[i].actions), cases[i].want) != 0)
			fail_msg("%s, %s: %s", cases[i].match, cases[i].actions,
				 judge(cases[i].match, cases[i].actions));
}

static const struct action_op *compile_one(const char *actions, struct action_program **p,
					   struct arena *a)
{
	struct action_env env = { .n_tables = 254, .is_action_set = true };
	struct status st = STATUS_INIT;
	struct of_actions acts;
	struct of_error err;

	assert_int_equal(of_actions_parse(actions, a, &acts, &st), 0);
	*p = action_compile(&acts, &env, &err);
	assert_non_null(*p);
	return (*p)->ops;
}

/* OF 1.3.5 section 5.10, in order. */
static void each_has_its_place_in_a_set(void **state)
{
	static const struct {
		const char *action;
		enum action_phase phase;
	} order[] = {
		{ "copy_ttl_in", ACTION_PHASE_COPY_TTL_IN },
		{ "pop_vlan", ACTION_PHASE_POP },
		{ "pop_mpls:0x0800", ACTION_PHASE_POP },
		{ "pop_pbb", ACTION_PHASE_POP },
		{ "push_mpls:0x8847", ACTION_PHASE_PUSH_MPLS },
		{ "push_pbb:0x88e7", ACTION_PHASE_PUSH_PBB },
		{ "push_vlan:0x8100", ACTION_PHASE_PUSH_VLAN },
		{ "copy_ttl_out", ACTION_PHASE_COPY_TTL_OUT },
		{ "dec_ttl", ACTION_PHASE_DEC_TTL },
		{ "dec_mpls_ttl", ACTION_PHASE_DEC_TTL },
		{ "mod_nw_ttl:3", ACTION_PHASE_SET },
		{ "set_mpls_ttl(3)", ACTION_PHASE_SET },
		{ "set_field:3->mpls_tc", ACTION_PHASE_SET },
		{ "output:1", ACTION_PHASE_OUTPUT },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(order); i++) {
		struct arena a = ARENA_INIT;
		struct action_program *p;

		assert_int_equal(action_phase(compile_one(order[i].action, &p, &a)),
				 order[i].phase);
		assert_true(i == 0 || order[i].phase >= order[i - 1].phase);
		action_program_destroy(p);
		arena_clear(&a);
	}
}

/* Run ACTIONS on the packet in hex and return why it is to be dropped. */
static enum drop_reason run(const char *hex, const char *actions, struct flow_key *key)
{
	struct packet_bytes bytes = packet_bytes(hex);
	struct rte_mbuf *m = heap_packet_create(bytes.data, bytes.size);
	struct packet_layout layout;
	struct action_batch b = { .keys = key, .layouts = &layout, .pkts = &m };
	struct arena a = ARENA_INIT;
	struct action_program *p;
	const struct action_op *op = compile_one(actions, &p, &a);
	enum drop_reason why;

	memset(key, 0, sizeof(*key));
	assert_int_equal(packet_parse(m, key, &layout), DROP_NONE);
	for (unsigned i = 0; i < p->n_ops && !b.failed; i++)
		op[i].run(&op[i], &b, 1);
	why = b.failed ? layout.drop : DROP_NONE;
	action_program_destroy(p);
	arena_clear(&a);
	heap_packet_destroy(m);
	return why;
}

#define UDP_WITH_TTL(TTL_SUM)                                                                      \
	"020000000002 020000000001 0800 4500 0020 1234 0000 " TTL_SUM " 0a010203 0a040506"         \
	"0fa0 0035 000c d0ed 01020304"

static void failures_have_reasons(void **state)
{
	struct flow_key key;

	(void)state;
	assert_int_equal(run(UDP_WITH_TTL("4011 4d8c"), "dec_ttl", &key), DROP_NONE);
	assert_int_equal(key.ip_ttl, 63);
	assert_int_equal(run(UDP_WITH_TTL("0111 8c8c"), "dec_ttl(3,9)", &key), DROP_INVALID_TTL);
	assert_int_equal(key.ip_ttl, 1);
	assert_int_equal(run(UDP_WITH_TTL("4011 4d8c"),
			     "push_mpls:0x8847,set_mpls_ttl(1),"
			     "dec_mpls_ttl",
			     &key),
			 DROP_INVALID_TTL);
	assert_int_equal(run(UDP_WITH_TTL("4011 4d8c"), "push_mpls:0x8847,pop_mpls:0x86dd", &key),
			 DROP_IPV6_TRUNCATED);
	assert_int_equal(run(UDP_WITH_TTL("4011 4d8c"),
			     "push_pbb:0x88e7,push_pbb:0x88e7,push_pbb:0x88e7,push_pbb:0x88e7,"
			     "push_pbb:0x88e7,push_pbb:0x88e7,push_pbb:0x88e7,push_vlan:0x8100",
			     &key),
			 DROP_NO_HEADROOM);
}

/* Of a TTL that runs out, these hear. */
static void a_decrement_knows_its_controllers(void **state)
{
	struct arena a = ARENA_INIT;
	struct action_program *p;
	const struct action_op *op = compile_one("dec_ttl(3,9),dec_ttl", &p, &a);

	(void)state;
	assert_int_equal(op[0].change.n_controllers, 2);
	assert_int_equal(op[0].change.controllers[0], 3);
	assert_int_equal(op[0].change.controllers[1], 9);
	assert_int_equal(op[1].change.n_controllers, 0);
	action_program_destroy(p);
	arena_clear(&a);
}

/* Whole registers of two and four are more than one word of the key. */
static void wide_registers_are_set(void **state)
{
	struct flow_key key;

	(void)state;
	assert_int_equal(run(UDP_WITH_TTL("4011 4d8c"),
			     "set_field:0x0102030405060708->xreg1,"
			     "set_field:0x11223344556677889900aabbccddeeff->xxreg2",
			     &key),
			 DROP_NONE);
	assert_int_equal(load_be32(&key.reg[2]), 0x01020304);
	assert_int_equal(load_be32(&key.reg[3]), 0x05060708);
	assert_int_equal(load_be32(&key.reg[8]), 0x11223344);
	assert_int_equal(load_be32(&key.reg[11]), 0xccddeeff);
	assert_int_equal(run(UDP_WITH_TTL("4011 4d8c"),
			     "set_field:0x10000000000000000000000000000001/"
			     "0xf000000000000000000000000000000f->xxreg0",
			     &key),
			 DROP_NONE);
	assert_int_equal(load_be32(&key.reg[0]), 0x10000000);
	assert_int_equal(load_be32(&key.reg[3]), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_must_be_matched),
		cmocka_unit_test(each_has_its_place_in_a_set),
		cmocka_unit_test(failures_have_reasons),
		cmocka_unit_test(a_decrement_knows_its_controllers),
		cmocka_unit_test(wide_registers_are_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
