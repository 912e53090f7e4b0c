/* What is wrong on the wire gets the error that OpenFlow 1.3.5 section 7.4.4 names for it. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/openflow/msg.h"
#include "tests/unit/proto/openflow/hex.h"

struct error_case {
	const char *what;
	const char *hex;
	const char *error; /* NULL: none */
};

static void expect(const struct error_case *c, int rc, const struct of_error *err)
{
	char name[96];

	if (c->error && rc == 0)
		fail_msg("%s: accepted, want %s", c->what, c->error);
	if (!c->error && rc != 0)
		fail_msg("%s: %s, want no error", c->what, of_error_name(err, name, sizeof(name)));
	if (c->error && strcmp(of_error_name(err, name, sizeof(name)), c->error) != 0)
		fail_msg("%s: %s, want %s", c->what, name, c->error);
}

/* Copied to its exact size, so that a sanitizer sees every read beyond it. */
static struct cursor exact_cursor(const struct buf *b, uint8_t **copy)
{
	*copy = xmemdup(b->data ? b->data : (const uint8_t *)"", b->size);
	return cursor_of(*copy, b->size);
}

#define ETH_TYPE_IP   "80000a02 0800 "
#define ETH_TYPE_IPV6 "80000a02 86dd "
#define BAD_MATCH     "OFPET_BAD_MATCH/OFPBMC_BAD_"

static const struct error_case match_cases[] = {
	{ "empty", "", NULL },
	{ "in_port", "80000004 00000001", NULL },
	{ "unknown field", "80005004 00000000", BAD_MATCH "FIELD" },
	{ "unknown class", "12340004 00000000", BAD_MATCH "FIELD" },
	{ "unknown experimenter", "ffff5408 00001234 00000000", BAD_MATCH "FIELD" },
	{ "a known field's number in the experimenter class", "ffff0008 4f4e4600 00000000",
	  BAD_MATCH "FIELD" },
	{ "length too small for the field", "80000003 000000", BAD_MATCH "LEN" },
	{ "length too great for the field", "80000005 0000000001", BAD_MATCH "LEN" },
	{ "mask bit without a mask", "80000104 00000001", BAD_MATCH "LEN" },
	{ "value cut off", "80000004 0000", BAD_MATCH "LEN" },
	{ "header cut off", "8000", BAD_MATCH "LEN" },
	{ "experimenter cut off", "ffff5402 4f4e", BAD_MATCH "LEN" },
	{ "mask on a field without", "80000108 00000001 fffffff0", BAD_MATCH "MASK" },
	{ "whole mask on a field without", "80000108 00000001 ffffffff", NULL },
	{ "mask beyond the field's bits", "80000d04 1000 f000", BAD_MATCH "MASK" },
	{ "value outside the mask", ETH_TYPE_IP "80001708 0a000001 ffffff00",
	  BAD_MATCH "WILDCARDS" },
	{ "value under an empty mask", "80000710 00000000000001 00000000000000 0000",
	  BAD_MATCH "LEN" },
	{ "value where the whole mask is zero", "8000070c 000000000001 000000000000",
	  BAD_MATCH "WILDCARDS" },
	{ "empty mask", "8000070c 000000000000 000000000000", NULL },
	{ "vlan_vid beyond 13 bits", "80000c02 2001", BAD_MATCH "VALUE" },
	{ "vlan_vid without the present bit", "80000c02 0005", BAD_MATCH "VALUE" },
	{ "vlan_vid none", "80000c02 0000", NULL },
	{ "vlan_pcp beyond 3 bits", "80000c02 1005 80000e01 09", BAD_MATCH "VALUE" },
	{ "ip_dscp beyond 6 bits", ETH_TYPE_IP "80001001 40", BAD_MATCH "VALUE" },
	{ "ip_ecn beyond 2 bits", ETH_TYPE_IP "80001201 04", BAD_MATCH "VALUE" },
	{ "ipv6_flabel beyond 20 bits", ETH_TYPE_IPV6 "80003804 00100000", BAD_MATCH "VALUE" },
	{ "ipv4_src without eth_type", "80001604 0a000001", BAD_MATCH "PREREQ" },
	{ "ipv4_src with IPv6", ETH_TYPE_IPV6 "80001604 0a000001", BAD_MATCH "PREREQ" },
	{ "prerequisite after the field", "80001604 0a000001 " ETH_TYPE_IP, BAD_MATCH "PREREQ" },
	{ "tcp_dst without ip_proto", ETH_TYPE_IP "80001c02 0050", BAD_MATCH "PREREQ" },
	{ "tcp_dst with UDP", ETH_TYPE_IP "80001401 11 80001c02 0050", BAD_MATCH "PREREQ" },
	{ "vlan_pcp without vlan_vid", "80000e01 01", BAD_MATCH "PREREQ" },
	{ "vlan_pcp without a tag", "80000c02 0000 80000e01 01", BAD_MATCH "PREREQ" },
	{ "arp_op with IP", ETH_TYPE_IP "80002a02 0001", BAD_MATCH "PREREQ" },
	{ "nd_sll in an advertisement",
	  ETH_TYPE_IPV6 "80001401 3a 80003a01 88 80004006 000000000001", BAD_MATCH "PREREQ" },
	{ "nd_target with code 1",
	  ETH_TYPE_IPV6 "80001401 3a 80003a01 87 80003c01 01 "
			"80003e10 fe800000000000000000000000000001",
	  BAD_MATCH "PREREQ" },
	{ "the same field twice", "80000004 00000001 80000004 00000001",
	  "OFPET_BAD_MATCH/OFPBMC_DUP_FIELD" },
	{ "a field as OXM and NXM", "80000806 000000000001 00000406 000000000001",
	  "OFPET_BAD_MATCH/OFPBMC_DUP_FIELD" },
	{ "a field twice with another between",
	  "80000004 00000001 80000806 000000000001 80000004 00000001",
	  "OFPET_BAD_MATCH/OFPBMC_DUP_FIELD" },
};

static void matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(match_cases); i++) {
		const struct error_case *c = &match_cases[i];
		struct buf b = BUF_INIT;
		struct arena a = ARENA_INIT;
		struct of_error err = { 0 };
		struct of_match m;
		struct cursor cur;
		uint8_t *copy;

		add_hex(&b, "0001 0000");
		add_hex(&b, c->hex);
		store_be16(b.data + 2, b.size);
		buf_zeros(&b, -b.size & 7);
		cur = exact_cursor(&b, &copy);
		expect(c, of_match_decode(&cur, &a, true, &m, &err), &err);
		free(copy);
		buf_fini(&b);
		arena_clear(&a);
	}
}

static const struct error_case match_header_cases[] = {
	{ "standard match of OpenFlow 1.1", "0000 0004 00000000", BAD_MATCH "TYPE" },
	{ "length below the header's", "0001 0003 00000000", BAD_MATCH "LEN" },
	{ "length beyond the message", "0001 0009 00000000", BAD_MATCH "LEN" },
	{ "padding missing", "0001 0004", BAD_MATCH "LEN" },
	{ "nothing", "", BAD_MATCH "LEN" },
};

static void match_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(match_header_cases); i++) {
		const struct error_case *c = &match_header_cases[i];
		struct buf b = BUF_INIT;
		struct arena a = ARENA_INIT;
		struct of_error err = { 0 };
		struct of_match m;
		struct cursor cur;
		uint8_t *copy;

		add_hex(&b, c->hex);
		cur = exact_cursor(&b, &copy);
		expect(c, of_match_decode(&cur, &a, true, &m, &err), &err);
		free(copy);
		buf_fini(&b);
		arena_clear(&a);
	}
}

#define BAD_ACTION "OFPET_BAD_ACTION/OFPBAC_BAD_"

static const struct error_case action_cases[] = {
	{ "none", "", NULL },
	{ "unknown type", "0001 0008 00000000", BAD_ACTION "TYPE" },
	{ "set_nw_src, of OpenFlow 1.1", "0005 0008 00000001", BAD_ACTION "TYPE" },
	{ "copy_field, of OpenFlow 1.5", "001c 0018 0020 0000 0000 0000 00010004 00010204 00000000",
	  BAD_ACTION "TYPE" },
	{ "meter, of OpenFlow 1.5", "001d 0008 00000001", BAD_ACTION "TYPE" },
	{ "group", "0016 0008 00000001", NULL },
	{ "group ALL", "0016 0008 fffffffc", BAD_ACTION "OUT_GROUP" },
	{ "length 0", "0000 0000 00000001", BAD_ACTION "LEN" },
	{ "length 4", "0000 0004 00000001", BAD_ACTION "LEN" },
	{ "length 12", "0000 000c 00000001 0000 000000000000", BAD_ACTION "LEN" },
	{ "length beyond the list", "0000 0018 00000001 0000 000000000000", BAD_ACTION "LEN" },
	{ "output without max_len", "0000 0008 00000001", BAD_ACTION "LEN" },
	{ "output too long", "0000 0018 00000001 0000 000000000000 0000000000000000",
	  BAD_ACTION "LEN" },
	{ "output to 0", "0000 0010 00000000 0000 000000000000", BAD_ACTION "OUT_PORT" },
	{ "output to ANY", "0000 0010 ffffffff 0000 000000000000", BAD_ACTION "OUT_PORT" },
	{ "output beyond the last port", "0000 0010 ffffff01 0000 000000000000",
	  BAD_ACTION "OUT_PORT" },
	{ "unknown experimenter", "ffff 0010 00001234 0001 000000000000",
	  BAD_ACTION "EXPERIMENTER" },
	{ "experimenter's subtype cut off", "ffff 0008 00002320", BAD_ACTION "LEN" },
	{ "unknown subtype", "ffff 0010 00002320 0063 000000000000", BAD_ACTION "EXP_TYPE" },
	{ "push_vlan of no tag", "0011 0008 0800 0000", BAD_ACTION "ARGUMENT" },
	{ "pop_vlan too long", "0012 0010 00000000 0000000000000000", BAD_ACTION "LEN" },
	{ "set_field of an unknown field", "0019 0010 80005004 00000000 00000000",
	  BAD_ACTION "SET_TYPE" },
	{ "set_field of in_port", "0019 0010 80000004 00000001 00000000", BAD_ACTION "SET_TYPE" },
	{ "set_field with a mask", "0019 0018 8000070c 000000000001 ffffffffffff 00000000",
	  BAD_ACTION "SET_MASK" },
	{ "set_field of wrong length", "0019 0010 80000605 0000000001 000000",
	  BAD_ACTION "SET_LEN" },
	{ "set_field beyond the action", "0019 0010 80000640 00000000 00000000",
	  BAD_ACTION "SET_LEN" },
	{ "set_field with too much padding",
	  "0019 0018 80000606 000000000001 0000 0000000000000000", BAD_ACTION "LEN" },
	{ "set_field of no VLAN", "0019 0010 80000c02 0001 000000000000",
	  BAD_ACTION "SET_ARGUMENT" },
	{ "set_field beyond the field's bits", "0019 0010 80000e01 08 00000000000000",
	  BAD_ACTION "SET_ARGUMENT" },
	{ "load into an unknown field", "ffff 0018 00002320 0007 001f 0001fe04 0000000000000001",
	  BAD_ACTION "SET_TYPE" },
	{ "load with a masked header", "ffff 0018 00002320 0007 001f 00010108 0000000000000001",
	  BAD_ACTION "SET_TYPE" },
	{ "load beyond the field", "ffff 0018 00002320 0007 005f 00010004 0000000000000001",
	  BAD_ACTION "SET_LEN" },
	{ "load of too great a number", "ffff 0018 00002320 0007 0000 00010004 0000000000000002",
	  BAD_ACTION "SET_ARGUMENT" },
	{ "load into a field that cannot be set",
	  "ffff 0018 00002320 0007 000f 00000602 0000000000000800", BAD_ACTION "SET_ARGUMENT" },
	{ "load cut off", "ffff 0010 00002320 0007 001f 00010004", BAD_ACTION "LEN" },
	{ "move of no bits", "ffff 0018 00002320 0006 0000 0000 0000 00010004 00010204",
	  BAD_ACTION "SET_LEN" },
	{ "move beyond the source", "ffff 0018 00002320 0006 0020 0001 0000 00010004 00010204",
	  BAD_ACTION "SET_LEN" },
	{ "move into a field that cannot be set",
	  "ffff 0018 00002320 0006 0010 0000 0000 00010004 00000602", BAD_ACTION "SET_ARGUMENT" },
	{ "resubmit to no port", "ffff 0010 00002320 000e ffff 05 000000", BAD_ACTION "ARGUMENT" },
	{ "resubmit, the older form", "ffff 0010 00002320 0001 0003 00000000", NULL },
};

static void actions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(action_cases); i++) {
		const struct error_case *c = &action_cases[i];
		struct buf b = BUF_INIT;
		struct arena a = ARENA_INIT;
		struct of_error err = { 0 };
		struct of_actions acts;
		struct cursor cur;
		uint8_t *copy;

		add_hex(&b, c->hex);
		cur = exact_cursor(&b, &copy);
		expect(c, of_actions_decode(&cur, b.size, OF_VERSION_1_3, &a, &acts, &err), &err);
		free(copy);
		buf_fini(&b);
		arena_clear(&a);
	}
}

#define BAD_INSTRUCTION "OFPET_BAD_INSTRUCTION/OFPBIC_"

static const struct error_case instruction_cases[] = {
	{ "none", "", NULL },
	{ "unknown", "0009 0008 00000000", BAD_INSTRUCTION "UNKNOWN_INST" },
	{ "meter", "0006 0008 00000001", NULL },
	{ "meter 0", "0006 0008 00000000", "OFPET_BAD_ACTION/OFPBAC_BAD_METER" },
	{ "meter twice", "0006 0008 00000001 0006 0008 00000002", BAD_INSTRUCTION "DUP_INST" },
	{ "stat trigger, of OpenFlow 1.5", "0007 0008 00000000", BAD_INSTRUCTION "UNKNOWN_INST" },
	{ "experimenter", "ffff 0008 00002320", BAD_INSTRUCTION "BAD_EXPERIMENTER" },
	{ "length 0", "0001 0000 05000000", BAD_INSTRUCTION "BAD_LEN" },
	{ "length 12", "0001 000c 05000000 00000000", BAD_INSTRUCTION "BAD_LEN" },
	{ "length beyond the message", "0001 0010 05000000", BAD_INSTRUCTION "BAD_LEN" },
	{ "cut off", "0001", BAD_INSTRUCTION "BAD_LEN" },
	{ "goto too long", "0001 0010 05000000 0000000000000000", BAD_INSTRUCTION "BAD_LEN" },
	{ "goto the wildcard table", "0001 0008 ff000000", BAD_INSTRUCTION "BAD_TABLE_ID" },
	{ "metadata without a mask", "0002 0010 00000000 0000000000000001",
	  BAD_INSTRUCTION "BAD_LEN" },
	{ "clear with actions", "0005 0010 00000000 0011000881000000", BAD_INSTRUCTION "BAD_LEN" },
	{ "an action's own fault", "0004 0010 00000000 0001000800000000",
	  "OFPET_BAD_ACTION/OFPBAC_BAD_TYPE" },
	{ "goto twice", "0001 0008 05000000 0001 0008 06000000",
	  "OFPET_BAD_INSTRUCTION/OFPBIC_DUP_INST" },
};

static void instructions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(instruction_cases); i++) {
		const struct error_case *c = &instruction_cases[i];
		struct buf b = BUF_INIT;
		struct arena a = ARENA_INIT;
		struct of_error err = { 0 };
		struct of_instructions ins;
		struct cursor cur;
		uint8_t *copy;

		add_hex(&b, c->hex);
		cur = exact_cursor(&b, &copy);
		expect(c, of_instructions_decode(&cur, OF_VERSION_1_3, &a, &ins, &err), &err);
		free(copy);
		buf_fini(&b);
		arena_clear(&a);
	}
}

/* A flow-mod in parts: table and command, flags, what follows the fixed part. */
#define FLOW_MOD(TABLE_COMMAND, FLAGS, REST)                                                       \
	"040e0000 00000007 0000000000000000 0000000000000000 " TABLE_COMMAND                       \
	" 0000 0000 8000 ffffffff ffffffff ffffffff " FLAGS " 0000 " REST
#define ANY_MATCH   "0001 0004 00000000 "
#define BAD_REQUEST "OFPET_BAD_REQUEST/OFPBRC_"
#define BUNDLE	    "04040000 00000007 4f4e4600 "

static const struct error_case message_cases[] = {
	{ "hello of a later version", "06000000 00000007", NULL },
	{ "hello with a broken element", "04000000 00000007 00010003", BAD_REQUEST "BAD_LEN" },
	{ "hello's element beyond the message", "04000000 00000007 00010010",
	  BAD_REQUEST "BAD_LEN" },
	{ "another version", "010e0000 00000007", BAD_REQUEST "BAD_VERSION" },
	{ "version 0", "00050000 00000007", BAD_REQUEST "BAD_VERSION" },
	{ "hello of version 0", "00000000 00000007", BAD_REQUEST "BAD_VERSION" },
	{ "unknown type", "04ff0000 00000007", BAD_REQUEST "BAD_TYPE" },
	{ "role-status in 1.3", "041e0000 00000007 00000003 00000000 0000000000000001",
	  BAD_REQUEST "BAD_TYPE" },
	{ "role-status in 1.4", "051e0000 00000007 00000003 00000000 0000000000000001", NULL },
	{ "get-queue-config in 1.4", "05160000 00000007 00000001 00000000",
	  BAD_REQUEST "BAD_TYPE" },
	{ "barrier with a body", "04140000 00000007 00000000", BAD_REQUEST "BAD_LEN" },
	{ "set-config cut off", "04090000 00000007 0000", BAD_REQUEST "BAD_LEN" },
	{ "set-config with unknown flags", "04090000 00000007 0010 0080",
	  "OFPET_SWITCH_CONFIG_FAILED/OFPSCFC_BAD_FLAGS" },
	{ "role request cut off", "04180000 00000007 00000001", BAD_REQUEST "BAD_LEN" },
	{ "unknown role", "04180000 00000007 00000004 00000000 0000000000000000",
	  "OFPET_ROLE_REQUEST_FAILED/OFPRRFC_BAD_ROLE" },
	{ "port-mod with unknown config",
	  "04100000 00000007 00000001 00000000 000000000001 0000 00000002 00000002 00000000 "
	  "00000000",
	  "OFPET_PORT_MOD_FAILED/OFPPMFC_BAD_CONFIG" },
	{ "experimenter cut off", "04040000 00000007 00002320", BAD_REQUEST "BAD_LEN" },
	{ "unknown experimenter", "04040000 00000007 00002320 00000001", NULL },
	{ "multipart cut off", "04120000 00000007 0000", BAD_REQUEST "BAD_LEN" },
	{ "multipart request in parts", "04120000 00000007 0000 0001 00000000",
	  BAD_REQUEST "MULTIPART_BUFFER_OVERFLOW" },
	{ "unknown multipart request", "04120000 00000007 0063 0000 00000000", NULL },
	{ "unknown multipart reply", "04130000 00000007 0063 0000 00000000",
	  BAD_REQUEST "BAD_MULTIPART" },
	{ "desc request with a body", "04120000 00000007 0000 0000 00000000 00000000",
	  BAD_REQUEST "BAD_LEN" },
	{ "flow request cut off", "04120000 00000007 0001 0000 00000000 ff000000",
	  BAD_REQUEST "BAD_LEN" },
	{ "table reply with half an entry",
	  "04130000 00000007 0003 0000 00000000 00000000 00000001", BAD_REQUEST "BAD_LEN" },
	{ "flow reply with an entry of length 0", "04130000 00000007 0001 0000 00000000 0000 0000",
	  BAD_REQUEST "BAD_LEN" },
	{ "packet-out with actions beyond the message",
	  "040d0000 00000007 ffffffff fffffffd 0010 000000000000", BAD_REQUEST "BAD_LEN" },
	{ "packet-out from port 0", "040d0000 00000007 ffffffff 00000000 0000 000000000000",
	  BAD_REQUEST "BAD_PORT" },
	{ "packet-out from ALL", "040d0000 00000007 ffffffff fffffffc 0000 000000000000",
	  BAD_REQUEST "BAD_PORT" },
	{ "flow-mod cut off", "040e0000 00000007 00000000", BAD_REQUEST "BAD_LEN" },
	{ "flow-mod", FLOW_MOD("0000", "0000", ANY_MATCH), NULL },
	{ "flow-mod without a match", FLOW_MOD("0000", "0000", ""), BAD_MATCH "LEN" },
	{ "flow-mod, unknown command", FLOW_MOD("0005", "0000", ANY_MATCH),
	  "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_COMMAND" },
	{ "flow-mod, unknown flags", FLOW_MOD("0000", "0020", ANY_MATCH),
	  "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_FLAGS" },
	{ "flow-mod, adding to all tables", FLOW_MOD("ff00", "0000", ANY_MATCH),
	  "OFPET_FLOW_MOD_FAILED/OFPFMFC_BAD_TABLE_ID" },
	{ "flow-mod, deleting from all tables", FLOW_MOD("ff03", "0000", ANY_MATCH), NULL },
	{ "flow-mod, goto itself", FLOW_MOD("0500", "0000", ANY_MATCH "0001 0008 05000000"),
	  BAD_INSTRUCTION "BAD_TABLE_ID" },
	{ "flow-mod, goto backwards", FLOW_MOD("0500", "0000", ANY_MATCH "0001 0008 04000000"),
	  BAD_INSTRUCTION "BAD_TABLE_ID" },
	{ "flow-mod, output to TABLE",
	  FLOW_MOD("0500", "0000",
		   ANY_MATCH "0004 0018 00000000 0000 0010 fffffff9 0000 000000000000"),
	  BAD_ACTION "OUT_PORT" },
	{ "flow-mod, set_field of ipv4_src on any packet",
	  FLOW_MOD("0500", "0000",
		   ANY_MATCH "0004 0018 00000000 0019 0010 80001604 0a000001 00000000"),
	  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
	{ "flow-mod, pop_vlan on any packet",
	  FLOW_MOD("0500", "0000", ANY_MATCH "0004 0010 00000000 0012 0008 00000000"),
	  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
	{ "flow-mod, push_vlan then pop_vlan",
	  FLOW_MOD("0500", "0000",
		   ANY_MATCH "0004 0018 00000000 0011 0008 8100 0000 0012 0008 00000000"),
	  NULL },
	{ "flow-mod, two of push_vlan, two of pop_vlan",
	  FLOW_MOD("0500", "0000",
		   ANY_MATCH "0004 0028 00000000 0011 0008 88a8 0000 0011 0008 8100 0000 "
			     "0012 0008 00000000 0012 0008 00000000"),
	  NULL },
	{ "flow-mod, one more pop_vlan than push_vlan",
	  FLOW_MOD("0500", "0000",
		   ANY_MATCH "0004 0020 00000000 0011 0008 8100 0000 "
			     "0012 0008 00000000 0012 0008 00000000"),
	  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
	{ "flow-mod, written pop_vlan on any packet",
	  FLOW_MOD("0500", "0000", ANY_MATCH "0003 0010 00000000 0012 0008 00000000"),
	  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
	{ "flow-mod, move from a field that is not there",
	  FLOW_MOD("0500", "0000",
		   ANY_MATCH "0004 0020 00000000 "
			     "ffff 0018 00002320 0006 0020 0000 0000 00000e04 00010004"),
	  "OFPET_BAD_ACTION/OFPBAC_MATCH_INCONSISTENT" },
	{ "bundle control, unknown type", BUNDLE "000008fc 00000001 0008 0000",
	  "OFPET_BUNDLE_FAILED/OFPBFC_BAD_TYPE" },
	{ "bundle control, unknown flags", BUNDLE "000008fc 00000001 0000 0004",
	  "OFPET_BUNDLE_FAILED/OFPBFC_BAD_FLAGS" },
	{ "bundle control cut off", BUNDLE "000008fc 00000001", BAD_REQUEST "BAD_LEN" },
	{ "bundle control with properties", BUNDLE "000008fc 00000001 0000 0000 0000000000000000",
	  BAD_REQUEST "BAD_LEN" },
	{ "bundle add, nothing inside", BUNDLE "000008fd 00000001 0000 0000",
	  "OFPET_BUNDLE_FAILED/OFPBFC_MSG_BAD_LEN" },
	{ "bundle add, wrong length inside", BUNDLE "000008fd 00000001 0000 0000 04140010 00000007",
	  "OFPET_BUNDLE_FAILED/OFPBFC_MSG_BAD_LEN" },
	{ "bundle add, another xid inside", BUNDLE "000008fd 00000001 0000 0000 04140008 00000008",
	  "OFPET_BUNDLE_FAILED/OFPBFC_MSG_BAD_XID" },
	{ "bundle add, another version inside",
	  BUNDLE "000008fd 00000001 0000 0000 01140008 00000007", BAD_REQUEST "BAD_VERSION" },
};

static void messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(message_cases); i++) {
		const struct error_case *c = &message_cases[i];
		struct buf b = BUF_INIT;
		struct arena a = ARENA_INIT;
		struct of_error err = { 0 };
		struct of_msg msg;
		uint8_t *copy;

		add_hex(&b, c->hex);
		store_be16(b.data + 2, b.size);
		exact_cursor(&b, &copy);
		expect(c, of_msg_decode(copy, b.size, &a, &msg, &err), &err);
		assert_int_equal(msg.xid, 7);
		free(copy);
		buf_fini(&b);
		arena_clear(&a);
	}
}

static void message_sizes(void **state)
{
	static const uint8_t hello[] = { 4, 0, 0, 8, 0, 0, 0, 1, 4 };
	static const uint8_t runt[] = { 4, 0, 0, 7, 0, 0, 0, 1 };
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg msg;

	(void)state;
	assert_int_equal(of_msg_size(hello, 0), 0);
	assert_int_equal(of_msg_size(hello, 3), 0);
	assert_int_equal(of_msg_size(hello, 7), 0);
	assert_int_equal(of_msg_size(hello, 8), 8);
	assert_int_equal(of_msg_size(hello, 9), 8);
	assert_int_equal(of_msg_size(runt, 8), -1);
	assert_int_equal(of_msg_decode(hello, 9, &a, &msg, &err), -1);
	assert_int_equal(of_msg_decode(hello, 8, &a, &msg, &err), 0);
	assert_int_equal(msg.hello.versions, 0x1e); /* all up to the header's */
	arena_clear(&a);
}

/* A context may have fields without their prerequisites, and some that nobody here knows. */
static void a_packet_in_tolerates_strange_fields(void **state)
{
	struct buf b = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct of_error err = { 0 };
	struct cursor c;
	struct of_match m;

	(void)state;
	add_hex(&b, "0001 001c 80001604 0a000001 80005004 00000000 00010004 00000005 00000000");
	c = cursor_of(b.data, b.size);
	assert_int_equal(of_match_decode(&c, &a, false, &m, &err), 0);
	assert_int_equal(m.n, 2);
	assert_non_null(of_match_find(&m, OF_FIELD_IPV4_SRC));
	assert_non_null(of_match_find(&m, OF_FIELD_REG0));
	buf_fini(&b);
	arena_clear(&a);
}

static void add_stats_entry(struct buf *b, const char *match, const char *instructions)
{
	size_t start = b->size;

	add_hex(b, "0000 05 00 00000001 00000000 0064 0000 0000 0000 00000000"
		   "0000000000000001 0000000000000002 0000000000000003");
	add_hex(b, match);
	add_hex(b, instructions);
	store_be16(b->data + start, b->size - start);
}

/* A flow of another controller's, with a field or an action that nobody here knows, does not
 * hide the others; one that is broken makes the whole reply unbelievable. */
static void flows_that_are_not_spoken_are_skipped(void **state)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct of_error err;
	struct of_msg msg;

	(void)state;
	add_hex(&b, "04130000 00000007 0001 0000 00000000");
	add_stats_entry(&b, "0001 000c 80005004 00000000 00000000", "");
	add_stats_entry(&b, ANY_MATCH, "0001 0008 09000000");
	add_stats_entry(&b, ANY_MATCH, "0004 0010 00000000 00ff 0008 00000001");
	add_stats_entry(&b, ANY_MATCH, "00aa 0008 00000001");
	add_stats_entry(&b, ANY_MATCH, "0001 0008 0a000000");
	store_be16(b.data + 2, b.size);
	assert_int_equal(of_msg_decode(b.data, b.size, &a, &msg, &err), 0);
	assert_int_equal(msg.flow_stats_reply.n, 2);
	assert_int_equal(msg.flow_stats_reply.n_skipped, 3);
	assert_int_equal(msg.flow_stats_reply.stats[1].instructions.goto_table, 10);
	add_stats_entry(&b, "0001 0008 80000003", "");
	store_be16(b.data + 2, b.size);
	assert_int_equal(of_msg_decode(b.data, b.size, &a, &msg, &err), -1);
	assert_int_equal(err.type, OFPET_BAD_MATCH);
	assert_int_equal(err.code, OFPBMC_BAD_LEN);
	buf_fini(&b);
	arena_clear(&a);
}

static void the_largest_messages(void **state)
{
	static uint8_t data[OF_MAX_MESSAGE];
	struct of_msg msg = { .kind = OF_ECHO_REQUEST, .echo = { data, OF_MAX_MESSAGE - 8 } };
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct of_error err;

	(void)state;
	assert_int_equal(of_msg_encode(&msg, &b), 0);
	assert_int_equal(b.size, OF_MAX_MESSAGE);
	msg.echo.size++;
	assert_int_equal(of_msg_encode(&msg, &b), -1);
	assert_int_equal(b.size, OF_MAX_MESSAGE);

	/* A flow-mod with so many actions that no statistics could tell of it. */
	buf_clear(&b);
	add_hex(&b, FLOW_MOD("0000", "0000", ANY_MATCH "0004 ffc0 00000000"));
	while (b.size + 8 <= OF_MAX_MESSAGE)
		add_hex(&b, "0012 0008 00000000");
	store_be16(b.data + 2, b.size);
	assert_int_equal(of_msg_decode(b.data, b.size, &a, &msg, &err), -1);
	assert_int_equal(err.type, OFPET_BAD_ACTION);
	assert_int_equal(err.code, OFPBAC_TOO_MANY);
	buf_fini(&b);
	arena_clear(&a);
}

/* What an error is in each version, and that it is read as the same again. */
static void an_error_reply_carries_the_request(void **state)
{
	static const struct {
		struct of_error error;
		uint8_t version;
		struct of_error wire;
	} cases[] = {
		{ { OFPET_BAD_MATCH, OFPBMC_BAD_MASK, 0 }, 4, { 4, 8, 0 } },
		{ { OFPET_BUNDLE_FAILED, OFPBFC_BAD_ID, 0 }, 4, { 0xffff, 2302, OF_ONF_ID } },
		{ { OFPET_BUNDLE_FAILED, OFPBFC_BAD_ID, 0 }, 5, { 17, 2, 0 } },
		{ { OFPET_BUNDLE_FAILED, OFPBFC_BAD_ID, 0 }, 6, { 17, 2, 0 } },
		{ { OFPET_BAD_INSTRUCTION, OFPBIC_DUP_INST, 0 }, 4, { 0xffff, 2600, OF_ONF_ID } },
		{ { OFPET_BAD_INSTRUCTION, OFPBIC_DUP_INST, 0 }, 5, { 3, 9, 0 } },
		{ { OFPET_BAD_ACTION, OFPBAC_BAD_SET_MASK, 0 }, 5, { 0xffff, 4250, OF_ONF_ID } },
		{ { OFPET_BAD_ACTION, OFPBAC_BAD_SET_MASK, 0 }, 6, { 2, 16, 0 } },
		{ { OFPET_BAD_PROPERTY, OFPBPC_BAD_LEN, 0 }, 4, { 13, 3, 0 } },
		{ { OFPET_BAD_PROPERTY, OFPBPC_BAD_LEN, 0 }, 5, { 14, 1, 0 } },
		{ { OFPET_FLOW_MONITOR_FAILED, OFPMOFC_BAD_FLAGS, 0 },
		  4,
		  { 0xffff, 7, OF_NICIRA_ID } },
		{ { OFPET_FLOW_MONITOR_FAILED, OFPMOFC_BAD_FLAGS, 0 }, 5, { 16, 5, 0 } },
		{ { OFPET_EXPERIMENTER, NXR_STALE, OF_NICIRA_ID },
		  6,
		  { 0xffff, 35, OF_NICIRA_ID } },
	};
	uint8_t request[100] = { 4, OFPT_FLOW_MOD };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct of_error *wire = &cases[i].wire;
		struct arena a = ARENA_INIT;
		struct buf b = BUF_INIT;
		struct of_error err;
		struct of_msg msg;

		of_error_reply(&cases[i].error, cases[i].version, 9, request, sizeof(request), &b);
		assert_int_equal(b.data[0], cases[i].version);
		assert_int_equal(load_be16(b.data + 8), wire->type);
		assert_int_equal(load_be16(b.data + 10), wire->code);
		if (wire->type == OFPET_EXPERIMENTER)
			assert_int_equal(load_be32(b.data + 12), wire->experimenter);
		assert_int_equal(of_msg_decode(b.data, b.size, &a, &msg, &err), 0);
		assert_int_equal(msg.kind, OF_ERROR);
		assert_int_equal(msg.xid, 9);
		assert_memory_equal(&msg.error.error, &cases[i].error, sizeof(err));
		assert_int_equal(msg.error.size, 64);
		assert_memory_equal(msg.error.data, request, 64);
		buf_fini(&b);
		arena_clear(&a);
	}
}

/* What an older version cannot say is told as the nearest that it can. */
static void a_newer_error_has_an_older_form(void **state)
{
	struct of_error err, old;

	(void)state;
	of_error_set(&err, OFPET_ROLE_REQUEST_FAILED, OFPRRFC_ID_IN_USE);
	old = of_error_to_wire(&err, OF_VERSION_1_4);
	assert_int_equal(old.code, OFPRRFC_UNSUP);
	of_error_set(&err, OFPET_BUNDLE_FAILED, OFPBFC_SCHED_PAST);
	old = of_error_to_wire(&err, OF_VERSION_1_4);
	assert_int_equal(old.type, OFPET_BUNDLE_FAILED);
	assert_int_equal(old.code, OFPBFC_UNKNOWN);
	old = of_error_to_wire(&err, OF_VERSION_1_3);
	assert_int_equal(old.type, OFPET_EXPERIMENTER);
	assert_int_equal(old.code, 2300);
	old = of_error_from_wire(&old, OF_VERSION_1_3);
	assert_int_equal(old.type, OFPET_BUNDLE_FAILED);
	assert_int_equal(old.code, OFPBFC_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(match_headers),
		cmocka_unit_test(actions),
		cmocka_unit_test(instructions),
		cmocka_unit_test(messages),
		cmocka_unit_test(message_sizes),
		cmocka_unit_test(a_packet_in_tolerates_strange_fields),
		cmocka_unit_test(flows_that_are_not_spoken_are_skipped),
		cmocka_unit_test(the_largest_messages),
		cmocka_unit_test(an_error_reply_carries_the_request),
		cmocka_unit_test(a_newer_error_has_an_older_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
