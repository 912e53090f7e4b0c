/* What people write wrongly: the message names the word and says what to write. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>
#include <openflow/openflow-common.h>

#include "proto/openflow/msg.h"

static const struct {
	uint8_t command;
	const char *text;
	const char *field;   /* status.field */
	const char *message; /* a part of it */
} cases[] = {
	{ OFPFC_ADD, "in_port=1", "actions", "\"actions=drop\"" },
	{ OFPFC_ADD, "in_prt=1 actions=drop", "in_prt", "no such match field" },
	{ OFPFC_ADD, "in_port actions=drop", "in_port", "KEY=VALUE" },
	{ OFPFC_ADD, "in_port= actions=drop", "in_port", "a port number" },
	{ OFPFC_ADD, "in_port=eth0 actions=drop", "in_port", "a port number" },
	{ OFPFC_ADD, "in_port=1/1 actions=drop", "in_port", "takes no mask" },
	{ OFPFC_ADD, "in_port=1,in_port=2 actions=drop", "in_port", "given twice" },
	{ OFPFC_ADD, "tcp,udp actions=drop", "udp", "given twice" },
	{ OFPFC_ADD, "tcp=6 actions=drop", "tcp", "takes no value" },
	{ OFPFC_ADD, "nw_src=10.0.0.1 actions=drop", "ip_src", "add ip" },
	{ OFPFC_ADD, "ipv6,nw_src=10.0.0.1 actions=drop", "ip_src", "add ip" },
	{ OFPFC_ADD, "tcp,tp_dst=80,ip_src=1.2.3.4/33 actions=drop", "ip_src", "10.0.0.0/24" },
	{ OFPFC_ADD, "tcp,ip_src=1.2.3 actions=drop", "ip_src", "10.0.0.1" },
	{ OFPFC_ADD, "ipv6,ipv6_src=fe80::1/129 actions=drop", "ipv6_src", "fe80::/64" },
	{ OFPFC_ADD, "ip,tp_dst=80 actions=drop", "tcp_dst", "add tcp" },
	{ OFPFC_ADD, "tcp,tp_dst=65536 actions=drop", "tp_dst", "16 bits" },
	{ OFPFC_ADD, "tcp,tp_dst=-1 actions=drop", "tp_dst", "a number" },
	{ OFPFC_ADD, "tcp,tp_dst=80x actions=drop", "tp_dst", "a number" },
	{ OFPFC_ADD, "tcp,tcp_flags=+foo actions=drop", "tcp_flags", "syn|ack" },
	{ OFPFC_ADD, "ip,nw_frag=maybe actions=drop", "nw_frag", "not_later" },
	{ OFPFC_ADD, "ip,nw_tos=3 actions=drop", "nw_tos", "multiple of 4" },
	{ OFPFC_ADD, "dl_src=00:11:22 actions=drop", "dl_src", "00:11:22:33:44:55" },
	{ OFPFC_ADD, "dl_src=00:11:22:33:44:55:66 actions=drop", "dl_src", "Ethernet" },
	{ OFPFC_ADD, "dl_vlan=4096 actions=drop", "dl_vlan", "0 to 4095" },
	{ OFPFC_ADD, "vlan_vid=5 actions=drop", "vlan_vid", "add 4096" },
	{ OFPFC_ADD, "vlan_tci=5 actions=drop", "vlan_tci", "0x1000" },
	{ OFPFC_ADD, "vlan_tci=0x3000/0x7000 actions=drop", "vlan_tci", "priority wholly" },
	{ OFPFC_ADD, "vlan_pcp=3,vlan_tci=0 actions=drop", "vlan_pcp", "add dl_vlan" },
	{ OFPFC_ADD, "icmp6,nd_target=fe80::1 actions=drop", "nd_target", "icmp_type=135" },
	{ OFPFC_ADD, "icmp6,icmp_type=136,nd_sll=00:00:00:00:00:01 actions=drop", "nd_sll",
	  "icmp_type=135" },
	{ OFPFC_ADD, "icmp6,icmp_type=135,nd_tll=00:00:00:00:00:01 actions=drop", "nd_tll",
	  "icmp_type=136" },
	{ OFPFC_ADD, "ip,arp_op=1 actions=drop", "arp_op", "add arp" },
	{ OFPFC_ADD, "ip,ipv6_src=::1 actions=drop", "ipv6_src", "add ipv6" },
	{ OFPFC_ADD, "arp,nw_ttl=1 actions=drop", "nw_ttl", "ip or ipv6" },
	{ OFPFC_ADD, "tcp,udp_src=1 actions=drop", "udp_src", "add udp" },
	{ OFPFC_ADD, "tcp,sctp_src=1 actions=drop", "sctp_src", "add sctp" },
	{ OFPFC_ADD, "tcp,icmp_type=1 actions=drop", "icmp_type", "add icmp" },
	{ OFPFC_ADD, "tcp6,icmp_type=1 actions=drop", "icmpv6_type", "add icmp6" },
	{ OFPFC_ADD, "nw_tos=4/4 actions=drop", "nw_tos", "multiple of 4" },
	{ OFPFC_ADD, "nw_tos=x actions=drop", "nw_tos", "a number" },
	{ OFPFC_ADD, "dl_vlan=x actions=drop", "dl_vlan", "a number" },
	{ OFPFC_ADD, "vlan_tci=x actions=drop", "vlan_tci", "a number" },
	{ OFPFC_ADD, "in_port=1=2 actions=drop", "in_port", "a port number" },
	{ OFPFC_ADD, "priority=65536 actions=drop", "priority", "0 to 65535" },
	{ OFPFC_ADD, "table=255 actions=drop", "table", "0 to 254" },
	{ OFPFC_ADD, "cookie=1/1 actions=drop", "cookie", "leave the mask out" },
	{ OFPFC_DELETE, "out_port=eth0", "out_port", "a port's number" },
	{ OFPFC_ADD, "actions=fly", "fly", "no such action" },
	{ OFPFC_ADD, "actions=output", "output", "is no port" },
	{ OFPFC_ADD, "actions=output:0", "output", "from 1" },
	{ OFPFC_ADD, "actions=output:ANY", "output", "is no port" },
	{ OFPFC_ADD, "actions=output:2:128", "output", "only CONTROLLER" },
	{ OFPFC_ADD, "actions=CONTROLLER:65536", "output", "0 to 65535" },
	{ OFPFC_ADD, "actions=TABLE", "actions", "OFPBAC_BAD_OUT_PORT" },
	{ OFPFC_ADD, "actions=drop,output:1", "drop", "stands alone" },
	{ OFPFC_ADD, "actions=output:1,drop", "drop", "stands alone" },
	{ OFPFC_ADD, "actions=CONTROLLER(max_len=x)", "max_len", "0 to 65535" },
	{ OFPFC_ADD, "actions=CONTROLLER:x", "controller", "max_len=" },
	{ OFPFC_ADD, "actions=move:reg99->reg0", "move", "no field" },
	{ OFPFC_ADD, "actions=move:reg0->reg99", "move", "no field" },
	{ OFPFC_ADD, "actions=move:reg0->in_port", "move", "cannot be set" },
	{ OFPFC_ADD, "actions=set_field:x->reg0", "reg0", "a number" },
	{ OFPFC_ADD, "actions=write_actions(drop),write_actions(drop)", "write_actions",
	  "given twice" },
	{ OFPFC_ADD, "actions=push_vlan:0x800", "push_vlan", "0x88a8" },
	{ OFPFC_ADD, "actions=pop_vlan:1", "pop_vlan", "no argument" },
	{ OFPFC_ADD, "actions=pop_vlan", "actions", "MATCH_INCONSISTENT" },
	{ OFPFC_ADD, "actions=set_field:1", "set_field", "VALUE->FIELD" },
	{ OFPFC_ADD, "actions=set_field:1->in_phy_port", "set_field", "can be set" },
	{ OFPFC_ADD, "actions=set_field:1/0->reg0", "set_field", "nothing to set" },
	{ OFPFC_ADD, "actions=set_field:5->vlan_vid", "set_field", "add 4096" },
	{ OFPFC_ADD, "actions=set_field:1.2.3.4->ip_src", "actions", "MATCH_INCONSISTENT" },
	{ OFPFC_ADD, "tcp,nw_frag=later actions=set_field:1->tcp_src", "actions",
	  "MATCH_INCONSISTENT" },
	{ OFPFC_ADD, "actions=load:1", "load", "NUMBER->FIELD" },
	{ OFPFC_ADD, "actions=load:1->reg99[]", "load", "no field" },
	{ OFPFC_ADD, "actions=load:1->reg0[32]", "load", "0..31" },
	{ OFPFC_ADD, "actions=load:1->reg0[5..3]", "load", "[FIRST..LAST]" },
	{ OFPFC_ADD, "actions=load:2->reg0[3]", "load", "more than its 1 bits" },
	{ OFPFC_ADD, "actions=load:1->eth_type[]", "load", "cannot be set" },
	{ OFPFC_ADD, "actions=move:reg0", "move", "->TO" },
	{ OFPFC_ADD, "actions=move:reg0->eth_src", "move", "one width" },
	{ OFPFC_ADD, "actions=resubmit:", "resubmit", "resubmit(PORT,TABLE)" },
	{ OFPFC_ADD, "actions=resubmit(,256)", "resubmit", "resubmit(PORT,TABLE)" },
	{ OFPFC_ADD, "actions=resubmit(,5", "resubmit", "no ')'" },
	{ OFPFC_ADD, "actions=goto_table:0", "goto_table", "tables above 0" },
	{ OFPFC_ADD, "actions=goto_table:255", "goto_table", "0 to 254" },
	{ OFPFC_ADD, "actions=goto_table:1,goto_table:2", "goto_table", "given twice" },
	{ OFPFC_ADD, "actions=write_metadata:x", "write_metadata", "VALUE/MASK" },
	{ OFPFC_ADD, "actions=write_actions(fly)", "fly", "no such action" },
};

static void wrong_text_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct of_flow_mod fm;

		if (of_flow_mod_parse(cases[i].text, cases[i].command, &a, &fm, &st) == 0)
			fail_msg("%s: accepted", cases[i].text);
		assert_int_equal(st.code, STATUS_INVALID_ARGUMENT);
		if (strcmp(st.field, cases[i].field) != 0 || !strstr(st.message, cases[i].message))
			fail_msg("%s: field \"%s\", message \"%s\"", cases[i].text, st.field,
				 st.message);
		arena_clear(&a);
	}
}

static void deletions_need_no_actions(void **state)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;

	(void)state;
	assert_int_equal(
		of_flow_mod_parse("cookie=5/0xff,in_port=1,out_port=3", OFPFC_DELETE, &a, &fm, &st),
		0);
	assert_int_equal(fm.table_id, OF_TABLE_ALL);
	assert_int_equal(fm.cookie, 5);
	assert_int_equal(fm.cookie_mask, 0xff);
	assert_int_equal(fm.out_port, 3);
	assert_int_equal(of_flow_mod_parse("cookie=5", OFPFC_DELETE, &a, &fm, &st), 0);
	assert_int_equal(fm.cookie_mask, UINT64_MAX);
	arena_clear(&a);
}

/* ovs-ofctl does without the word; as it is printed elsewhere, it may be written. */
static void apply_actions_may_be_named(void **state)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_instructions named, plain;

	(void)state;
	assert_int_equal(of_instructions_parse("apply_actions(output:2,resubmit(,4)),goto_table:3",
					       &a, &named, &st),
			 0);
	assert_int_equal(
		of_instructions_parse("output:2,resubmit(,4),goto_table:3", &a, &plain, &st), 0);
	assert_true(of_instructions_equal(&named, &plain));
	arena_clear(&a);
}

static void ports_have_names(void **state)
{
	static const struct {
		uint32_t port_no;
		const char *text;
	} ports[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ OF_PORT_MAX, "4294967040" },
		{ OF_PORT_IN_PORT, "IN_PORT" },
		{ OF_PORT_TABLE, "TABLE" },
		{ OF_PORT_NORMAL, "NORMAL" },
		{ OF_PORT_FLOOD, "FLOOD" },
		{ OF_PORT_ALL, "ALL" },
		{ OF_PORT_CONTROLLER, "CONTROLLER" },
		{ OF_PORT_LOCAL, "LOCAL" },
		{ OF_PORT_ANY, "ANY" },
	};
	uint32_t port_no;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(ports); i++) {
		struct buf b = BUF_INIT;

		of_port_no_print(ports[i].port_no, &b);
		assert_string_equal(buf_str(&b), ports[i].text);
		assert_int_equal(of_port_no_parse(ports[i].text, b.size, &port_no), 0);
		assert_int_equal(port_no, ports[i].port_no);
		buf_fini(&b);
	}
	assert_int_equal(of_port_no_parse("local", 5, &port_no), 0);
	assert_int_equal(of_port_no_parse("4294967296", 10, &port_no), -1);
	assert_int_equal(of_port_no_parse("", 0, &port_no), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_text_is_explained),
		cmocka_unit_test(deletions_need_no_actions),
		cmocka_unit_test(apply_actions_may_be_named),
		cmocka_unit_test(ports_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
