/* Lists of actions: which fit a match, copies and hashes, what is within them, wrong bytes. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/openflow/action_output.h"
#include "proto/openflow/msg.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/proto/of_samples.h"
#include "tests/unit/proto/openflow/hex.h"

#define INCONSISTENT "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT"

/* Each action uses what the match, or the actions before it, say of the packet. */
static void actions_fit_the_match(void **state)
{
	static const struct {
		const char *flow;
		bool fits;
	} cases[] = {
		{ "actions=set_field:1->reg0,push_vlan:0x8100,set_field:0x1001->vlan_vid", true },
		{ "actions=set_field:0x1001->vlan_vid", false },
		{ "dl_vlan=1,actions=pop_vlan,set_field:0x1001->vlan_vid", false },
		{ "ip,actions=dec_ttl,mod_nw_ttl:5,set_field:10.0.0.1->ip_src", true },
		{ "actions=dec_ttl", false },
		{ "arp,actions=mod_nw_ttl:5", false },
		{ "ip,actions=push_mpls:0x8847,set_field:5->mpls_label,dec_mpls_ttl", true },
		{ "ip,actions=push_mpls:0x8847,dec_ttl", false },
		{ "ip,actions=push_mpls:0x8847,copy_ttl_out,copy_ttl_in", true },
		{ "ip,actions=push_mpls:0x8847,pop_mpls:0x0800,dec_ttl", true },
		{ "tcp,actions=push_mpls:0x8847,pop_mpls:0x0800,mod_tp_dst:5", false },
		{ "ip,actions=pop_mpls:0x0800", false },
		{ "mpls,actions=pop_mpls:0x0800,set_field:10.0.0.1->ip_src", true },
		{ "mpls,actions=pop_mpls:0x86dd,set_field:10.0.0.1->ip_src", false },
		{ "mpls,actions=set_field:10.0.0.1->ip_src", false },
		{ "mpls,dl_vlan=5,actions=pop_mpls:0x0800,pop_vlan", true },
		{ "actions=copy_ttl_in", false },
		{ "actions=push_pbb:0x88e7,set_field:5->pbb_isid,set_field:1->pbb_uca", true },
		{ "actions=set_field:5->pbb_isid", false },
		{ "dl_type=0x88e7,actions=pop_pbb", true },
		{ "dl_type=0x88e7,actions=pop_pbb,set_field:5->pbb_isid", false },
		{ "actions=pop_pbb", false },
		{ "dl_vlan=5,actions=push_pbb:0x88e7,pop_vlan", false },
		{ "ip,actions=clone(push_mpls:0x8847,dec_mpls_ttl),dec_ttl", true },
		{ "ip,actions=clone(dec_mpls_ttl)", false },
		{ "tcp,actions=move:NXM_OF_TCP_SRC[]->NXM_NX_REG0[0..15]", true },
		{ "udp,actions=move:NXM_OF_TCP_SRC[]->NXM_NX_REG0[0..15]", false },
		{ "actions=learn(NXM_OF_IP_SRC[])", false },
		{ "ip,actions=learn(NXM_OF_IP_SRC[])", true },
		{ "tcp,actions=fin_timeout(idle_timeout=1)", true },
		{ "ip,actions=fin_timeout(idle_timeout=1)", false },
		{ "ip,actions=ct(commit)", true },
		{ "actions=ct(commit)", false },
		{ "udp,actions=ct(commit,alg=ftp)", false },
		{ "ipv6,actions=ct(commit,nat(src=10.0.0.1))", false },
		{ "ip,actions=write_actions(dec_ttl)", true },
		{ "actions=write_actions(dec_ttl)", false },
	};
	unsigned n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct of_flow_mod fm;
		bool fits = of_flow_mod_parse(cases[i].flow, 0, &a, &fm, &st) == 0;

		if (fits != cases[i].fits || (!fits && !strstr(st.message, INCONSISTENT))) {
			print_error("%s: %s\n", cases[i].flow, fits ? "accepted" : st.message);
			n_wrong++;
		}
		arena_clear(&a);
	}
	assert_int_equal(n_wrong, 0);
}

#undef INCONSISTENT

static void equal_instructions_have_equal_hashes(void **state)
{
	struct rng rng, same;
	uint64_t last = 0;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 20000; i++) {
		struct arena a = ARENA_INIT, b = ARENA_INIT;
		struct of_instructions x, y, *copy;
		struct of_match m;

		same = rng;
		of_random_match(&rng, &a, &m);
		of_random_instructions(&rng, &a, &m, 3, &x);
		of_random_match(&same, &b, &m);
		of_random_instructions(&same, &b, &m, 3, &y);
		copy = of_instructions_dup(&y);
		arena_clear(&b);
		assert_true(of_instructions_equal(&x, copy));
		assert_true(of_instructions_hash(&x) == of_instructions_hash(copy));
		if (x.apply.n > 2)
			assert_true(of_instructions_hash(&x) != last);
		last = of_instructions_hash(&x);
		free(copy);
		arena_clear(&a);
	}
}

static void groups_and_ports_are_found_within_actions(void **state)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_instructions ins, *copy;

	(void)state;
	assert_int_equal(of_instructions_parse("output:1,clone(group:7,clone(output:9)),"
					       "write_actions(group:8)",
					       &a, &ins, &st),
			 0);
	copy = of_instructions_dup(&ins);
	arena_clear(&a);
	assert_true(of_instructions_group_to(copy, 7));
	assert_true(of_instructions_group_to(copy, 8));
	assert_false(of_instructions_group_to(copy, 9));
	assert_true(of_instructions_output_to(copy, 9));
	assert_true(of_instructions_output_to(copy, 1));
	assert_false(of_instructions_output_to(copy, 7));
	free(copy);
}

static void many_actions_are_added_in_little_memory(void **state)
{
	struct arena a = ARENA_INIT;
	struct of_actions acts = { 0 };
	const struct of_action *act = &of_action_output(&a, 1, 0)->base;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		of_actions_add(&a, &acts, act);
	assert_int_equal(acts.n, 100000);
	assert_true(a.total_bytes < 5 * 100000 * sizeof(act));
	arena_clear(&a);
}

static void lists_within_lists_have_a_limit(void **state)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT, bytes = BUF_INIT;
	struct of_actions acts;
	struct of_error err;
	struct cursor c;

	(void)state;
	for (unsigned i = 0; i < 4000; i++)
		buf_puts(&text, "clone(");
	for (unsigned i = 0; i < 4000; i++)
		buf_puts(&text, ")");
	assert_int_equal(of_actions_parse(buf_str(&text), &a, &acts, &st), -1);
	for (unsigned left = 65520; left >= 16; left -= 16) {
		buf_be16(&bytes, 0xffff);
		buf_be16(&bytes, left);
		buf_be32(&bytes, 0x2320);
		buf_be16(&bytes, 42);
		buf_zeros(&bytes, 6);
	}
	c = cursor_of(bytes.data, bytes.size);
	assert_int_equal(of_actions_decode(&c, bytes.size, OF_VERSION_1_3, &a, &acts, &err), -1);
	assert_int_equal(err.code, OFPBAC_TOO_MANY);
	buf_fini(&text);
	buf_fini(&bytes);
	arena_clear(&a);
}

#define BAD		  "OFPET_BAD_ACTION/OFPBAC_BAD_"
#define NICIRA(SIZE, SUB) "ffff" SIZE "00002320" SUB

/* error NULL: those are right. */
static const struct {
	const char *hex, *error;
} wrong_bytes[] = {
	{ "0013 0008 0800 0000", BAD "ARGUMENT" },	      /* push_mpls */
	{ "0014 0008 0800 0000", NULL },		      /* pop_mpls */
	{ "001a 0008 8100 0000", BAD "ARGUMENT" },	      /* push_pbb */
	{ "001b 0008 00000000", NULL },			      /* pop_pbb */
	{ "0017 0010 40000000 0000000000000000", BAD "LEN" }, /* set_nw_ttl */
	{ "000b 0008 00000000", NULL },
	{ "0019 0010 80000004 00000001 00000000", BAD "SET_TYPE" },	/* in_port */
	{ "0019 0010 80000204 00000001 00000000", BAD "SET_TYPE" },	/* in_phy_port */
	{ "0019 0010 80000a02 0800 000000000000", BAD "SET_TYPE" },	/* eth_type */
	{ "0019 0010 80004404 00100000 00000000", BAD "SET_ARGUMENT" }, /* mpls_label */
	{ "0019 0010 80004a03 112233 0000000000", NULL },		/* pbb_isid */
	{ NICIRA("0018", "0021") "00010108 00000012 000000ff 0000", NULL },
	{ NICIRA("0018", "0021") "00010108 00000112 000000ff 0000", BAD "SET_MASK" },
	{ NICIRA("0018", "0021") "00010108 00000000 00000000 0000", BAD "SET_MASK" },
	{ NICIRA("0018", "0021") "00010108 00000012 000000ff 0001", BAD "ARGUMENT" },
	{ NICIRA("0010", "0022") "00 01 0000000a", BAD "ARGUMENT" }, /* conjunction of 1 */
	{ NICIRA("0010", "0022") "02 02 0000000a", BAD "ARGUMENT" },
	{ NICIRA("0010", "0022") "01 02 0000000a", NULL },
	{ NICIRA("0018", "0015") "0000 00000000 0000000000000000", BAD "ARGUMENT" },
	{ NICIRA("0010", "0015") "0001 00000000", BAD "LEN" }, /* an id is missing */
	{ NICIRA("0018", "0015") "0001 00000000 0007000000000000", NULL },
	{ NICIRA("0010", "0013") "000a 0014 0000", NULL },	      /* fin_timeout */
	{ NICIRA("0010", "0014") "ffff 0000 01 01", BAD "ARGUMENT" }, /* controller */
	{ NICIRA("0018", "0025") "000000000000 0007 0008 00000000", BAD "ARGUMENT" },
	{ NICIRA("0018", "0025") "000000000000 0001 0006 00050000", BAD "ARGUMENT" },
	{ NICIRA("0018", "0025") "000000000000 0001 0003 00050000", BAD "LEN" },
	{ NICIRA("0018", "0025") "000000000000 0003 0010 00050000", BAD "LEN" },
	{ NICIRA("0018", "0025") "000000000000 0001 0008 00050000", NULL },
	{ NICIRA("0018", "001b") "0000 00010004 0020 000000000000", NULL }, /* push */
	{ NICIRA("0018", "001b") "0001 00010004 0020 000000000000", BAD "SET_LEN" },
	{ NICIRA("0018", "001b") "0000 00010004 0020 000000000001", BAD "ARGUMENT" },
	{ NICIRA("0018", "001c") "0000 80000a02 0010 000000000000", BAD "SET_ARGUMENT" },
	{ NICIRA("0020", "000a") "0007 0000 0000 0000 0000 00000000 0000 001f 00010004",
	  BAD "ARGUMENT" }, /* multipath over no such fields */
	{ NICIRA("0020", "000a") "0000 0000 0000 0000 0010 00000000 0000 0003 00010004",
	  BAD "ARGUMENT" }, /* 17 links in 4 bits */
	{ NICIRA("0020", "000a") "0000 0000 0000 0000 000f 00000000 0000 0003 00010004", NULL },
	{ NICIRA("0020", "000c") "0000 0000 0000 00000002 0001 0000 00000000 00000000",
	  BAD "LEN" }, /* a bundle without its member */
	{ NICIRA("0020", "000c") "0000 0000 0000 00000004 0000 0000 00000000 00000000",
	  BAD "ARGUMENT" },
	{ NICIRA("0020", "000d") "0000 0000 0000 00000002 0000 0003 00010004 00000000",
	  BAD "ARGUMENT" }, /* only 4 bits for a port */
	{ NICIRA("0018", "000f") "001f 00010004 ffff 000000000000", NULL }, /* output_reg */
	{ NICIRA("0018", "000f") "001f 00010004 ffff 000000000001", BAD "ARGUMENT" },
	{ NICIRA("0010", "0027") "0001 0000000d", BAD "ARGUMENT" }, /* 13 bytes */
	{ NICIRA("0010", "0027") "fffc 00000064", BAD "OUT_PORT" },
	{ NICIRA("0020", "0010") "0000 0000 8000 0000000000000000 0000 ff 00 0000 0000",
	  BAD "ARGUMENT" }, /* learn into all tables */
	{ NICIRA("0020", "0010") "0000 0000 8000 0000000000000000 0004 01 00 0000 0000",
	  BAD "ARGUMENT" }, /* a flag of learn2 */
	{ NICIRA("0028", "0010") "0000 0000 8000 0000000000000000 0000 01 00 0000 0000"
				 "0030 00000206 0000",
	  BAD "LEN" }, /* a specification without its end */
	{ NICIRA("0028", "0010") "0000 0000 8000 0000000000000000 0000 01 00 0000 0000"
				 "1010 00000206 0000",
	  NULL }, /* output: 16 bits of eth_dst, by kind 2 */
	{ NICIRA("0028", "0010") "0000 0000 8000 0000000000000000 0000 01 00 0000 0000"
				 "1810 00000206 0000",
	  BAD "ARGUMENT" },
	{ NICIRA("0018", "0023") "0002 00000000 0000 ff 000000 0000", BAD "ARGUMENT" },
	{ NICIRA("0018", "0023") "0003 00000000 0000 ff 000000 0000", NULL },
	{ NICIRA("0018", "0023") "0001 00010004 0007 ff 000000 0000", BAD "SET_LEN" },
	{ NICIRA("0020", "0023") "0001 00000000 0000 ff 000000 0000 0000001800000000", BAD "LEN" },
	{ NICIRA("0010", "0024") "0000 0003 0000", BAD "ARGUMENT" }, /* both src and dst */
	{ NICIRA("0010", "0024") "0000 0001 0002", BAD "ARGUMENT" },
	{ NICIRA("0010", "0024") "0000 0001 0001", BAD "LEN" },
	{ NICIRA("0018", "0024") "0000 0001 0001 0a000001 00000000", NULL },
	{ NICIRA("0010", "002e") "0000 00000001", BAD "ARGUMENT" }, /* encap */
	{ NICIRA("0018", "0032") "00015004 00000000000000000000", NULL },
	{ NICIRA("0018", "0032") "00010004 00000000000000000000", BAD "SET_TYPE" },
	{ NICIRA("0018", "0031") "05dc 0020 00010004 000000000000", BAD "SET_LEN" },
	{ "ffff 0010 4f4e4600 0c80 000000000000", BAD "LEN" },
	{ "ffff 0020 4f4e4600 0c80 0000 0020 0000 0000 0000 00010004 00010204 00000000", NULL },
	{ "ffff 0010 4f4e4600 0c81 000000000000", BAD "EXP_TYPE" },
	{ NICIRA("0010", "00fe") "000000000000", BAD "EXP_TYPE" },
};

static void wrong_bytes_have_their_codes(void **state)
{
	unsigned n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong_bytes); i++) {
		struct arena a = ARENA_INIT;
		struct buf bytes = BUF_INIT;
		struct of_actions acts;
		struct of_error err;
		struct cursor c;
		char name[96];
		int rc;

		add_hex(&bytes, wrong_bytes[i].hex);
		c = cursor_of(bytes.data, bytes.size);
		rc = of_actions_decode(&c, bytes.size, OF_VERSION_1_3, &a, &acts, &err);
		if (rc == 0 ? wrong_bytes[i].error != NULL
			    : !wrong_bytes[i].error ||
				      strcmp(of_error_name(&err, name, sizeof(name)),
					     wrong_bytes[i].error) != 0) {
			print_error("%s: %s, want %s\n", wrong_bytes[i].hex,
				    rc == 0 ? "accepted" : of_error_name(&err, name, sizeof(name)),
				    wrong_bytes[i].error ? wrong_bytes[i].error : "accepted");
			n_wrong++;
		}
		buf_fini(&bytes);
		arena_clear(&a);
	}
	assert_int_equal(n_wrong, 0);
}

/* A flow of one version is shown to peers of the others. */
static void each_version_has_its_form(void **state)
{
	static const struct {
		const char *text;
		uint8_t version;
		const char *hex; /* its instructions */
	} cases[] = {
		{ "meter:5,output:1", OF_VERSION_1_3,
		  "0006 0008 00000005 0004 0018 00000000 0000 0010 00000001 0000 000000000000" },
		{ "meter:5,output:1", OF_VERSION_1_5,
		  "0004 0020 00000000 001d 0008 00000005 0000 0010 00000001 0000 000000000000" },
		{ "meter:5", OF_VERSION_1_5, "0004 0010 00000000 001d 0008 00000005" },
		{ "move:NXM_NX_REG0[]->NXM_NX_REG1[]", OF_VERSION_1_4,
		  "0004 0020 00000000 ffff 0018 00002320 0006 0020 0000 0000 00010004 00010204" },
		{ "move:NXM_NX_REG0[]->NXM_NX_REG1[]", OF_VERSION_1_5,
		  "0004 0020 00000000 001c 0018 0020 0000 0000 0000 00010004 00010204 00000000" },
		{ "set_field:5/0xff->reg0", OF_VERSION_1_3,
		  "0004 0020 00000000 ffff 0018 00002320 0021 00010108 00000005 000000ff 0000" },
		{ "set_field:5/0xff->reg0", OF_VERSION_1_5,
		  "0004 0018 00000000 0019 0010 00010108 00000005 000000ff" },
		{ "load:5->reg0[0..7]", OF_VERSION_1_4,
		  "0004 0020 00000000 ffff 0018 00002320 0007 0007 00010004 0000000000000005" },
		{ "load:5->reg0[0..7]", OF_VERSION_1_5,
		  "0004 0018 00000000 0019 0010 00010108 00000005 000000ff" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct buf bytes = BUF_INIT, want = BUF_INIT, again = BUF_INIT;
		struct of_instructions ins;
		struct of_error err;
		struct cursor c;

		assert_int_equal(of_instructions_parse(cases[i].text, &a, &ins, &st), 0);
		of_instructions_encode(&ins, cases[i].version, &bytes);
		add_hex(&want, cases[i].hex);
		assert_int_equal(bytes.size, want.size);
		assert_memory_equal(bytes.data, want.data, want.size);
		c = cursor_of(bytes.data, bytes.size);
		assert_int_equal(of_instructions_decode(&c, cases[i].version, &a, &ins, &err), 0);
		of_instructions_encode(&ins, cases[i].version, &again);
		assert_int_equal(again.size, want.size);
		assert_memory_equal(again.data, want.data, want.size);
		buf_fini(&bytes);
		buf_fini(&want);
		buf_fini(&again);
		arena_clear(&a);
	}
}

/* Words that ovs-ofctl knows and what they are here; what it does not know. */
static void words_are_printed_as_what_they_mean(void **state)
{
	static const char *const cases[][2] = {
		{ "actions=enqueue:3:7", "actions=set_queue:7,output:3,pop_queue" },
		{ "actions=enqueue(3,7)", "actions=set_queue:7,output:3,pop_queue" },
		{ "tcp,actions=mod_tp_src:80", "tcp actions=set_field:80->tcp_src" },
		{ "udp6,actions=mod_tp_dst:80", "udp6 actions=set_field:80->udp_dst" },
		{ "ip,actions=mod_nw_tos:32", "ip actions=set_field:8->ip_dscp" },
		{ "actions=mod_vlan_vid:5", "actions=push_vlan:0x8100,set_field:4101->vlan_vid" },
		{ "dl_vlan=1,actions=mod_vlan_vid:5",
		  "dl_vlan=1 actions=set_field:4101->vlan_vid" },
		{ "actions=set_tunnel64:5", "actions=set_field:0x5->tun_id" },
		{ "actions=copy_field:reg0[]->reg1[]",
		  "actions=move:NXM_NX_REG0[]->NXM_NX_REG1[]" },
		{ "actions=controller(max_len=5)", "actions=CONTROLLER:5" },
		{ "actions=encap(nsh(md_type=1)),encap(ethernet),decap()",
		  "actions=encap(nsh(md_type=1)),encap(ethernet),decap()" },
		{ "actions=decap(packet_type(ns=1,type=0x894f)),dec_nsh_ttl",
		  "actions=decap(packet_type(ns=1,type=0x894f)),dec_nsh_ttl" },
		{ "in_port=1,in_phy_port=2,actions=drop", "in_port=1,in_phy_port=2 actions=drop" },
		{ "dl_type=0x88e7,pbb_isid=0x5/0xff,pbb_uca=1,actions=pop_pbb",
		  "dl_type=0x88e7,pbb_isid=0x5/0xff,pbb_uca=1 actions=pop_pbb" },
		{ "ipv6,ipv6_exthdr=0x1/0x3,actions=drop",
		  "ipv6,ipv6_exthdr=0x1/0x3 actions=drop" },
		{ "packet_type=(0,0),actions=drop", "actions=drop" },
		{ "tun_erspan_ver=2,tun_erspan_dir=1,actions=drop",
		  "tun_erspan_ver=2,tun_erspan_dir=1 actions=drop" },
		{ "actions=output:1,meter:3", "actions=output:1,meter:3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct buf text = BUF_INIT;
		struct of_flow_mod fm;

		if (of_flow_mod_parse(cases[i][0], 0, &a, &fm, &st) != 0)
			fail_msg("%s: %s", cases[i][0], st.message);
		of_flow_mod_print(&fm, &text);
		assert_string_equal(buf_str(&text) + strlen("ADD "), cases[i][1]);
		buf_fini(&text);
		arena_clear(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions_fit_the_match),
		cmocka_unit_test(equal_instructions_have_equal_hashes),
		cmocka_unit_test(groups_and_ports_are_found_within_actions),
		cmocka_unit_test(many_actions_are_added_in_little_memory),
		cmocka_unit_test(lists_within_lists_have_a_limit),
		cmocka_unit_test(wrong_bytes_have_their_codes),
		cmocka_unit_test(each_version_has_its_form),
		cmocka_unit_test(words_are_printed_as_what_they_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
