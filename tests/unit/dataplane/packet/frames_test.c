/* Edits, byte by byte: frames put together by hand, what is done to them, and the bytes that must
 * come out.  Spaces part the headers; the checksums were added up by three lines of
 * Python, not by the code under test. */

#include "dataplane/packet/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <rte_mbuf.h>
#include "dataplane/action/program.h"
#include "dataplane/packet/heap_packet.h"
#include "tests/fakes/dataplane/packet_check.h"
#include "tests/fakes/dataplane/packets.h"

#define MACS	      "020000000002 020000000001 "
/* TTL and checksum follow; then UDP of four bytes of payload. */
#define IP4(TTL_SUM)  "0800 4500 0020 1234 0000 " TTL_SUM " 0a010203 0a040506 "
#define IP4_BODY(TTL) "4500 0020 1234 0000 " TTL " 0a010203 0a040506 "
#define UDP	      "0fa0 0035 000c d0ed 01020304"
#define IP6_BODY(HOP)                                                                              \
	"6000 0000 000c 11 " HOP " fd000000000000000000000000000001"                               \
	" fd000000000000000000000000000002 "
#define UDP6	     "0fa0 0035 000c f1f6 01020304"
#define TTL64	     "4011 4d8c"
#define TTL63	     "3f11 4e8c"
#define TTL9	     "0911 848c"
#define TTL5	     "0511 888c"
#define TTL33	     "2111 6c8c"
/* Label 17, 18, 19; TC 5; the last digit pair is the TTL. */
#define L17_BOS(TTL) "00011b" TTL " "
#define L18(TTL)     "00012a" TTL " "
#define L19(TTL)     "00013a" TTL " "

struct step {
	packet_change *change;
	packet_change_to *change_to;
	uint16_t type;
	enum of_field_id field;
	const char *value; /* in hex; NULL: no field is set */
};
#define TO(CHANGE, TYPE)                                                                           \
	{                                                                                          \
		.change_to = packet_##CHANGE, .type = (TYPE)                                       \
	}
#define DO(CHANGE)                                                                                 \
	{                                                                                          \
		.change = packet_##CHANGE                                                          \
	}
#define SET(FIELD, HEX)                                                                            \
	{                                                                                          \
		.field = OF_FIELD_##FIELD, .value = (HEX)                                          \
	}

struct frame_case {
	const char *name, *before, *after;
	struct step steps[4];
	enum drop_reason why; /* of the last step */
};

static const struct frame_case cases[] = {
	/* VLAN and QinQ */
	{ "push a C-tag",
	  MACS IP4(TTL64) UDP,
	  MACS "8100 0000 " IP4(TTL64) UDP,
	  { TO(push_vlan, 0x8100) } },
	{ "push an S-tag over a C-tag: VID and PCP are the tag's below",
	  MACS "8100 6005 " IP4(TTL64) UDP,
	  MACS "88a8 6005 8100 6005 " IP4(TTL64) UDP,
	  { TO(push_vlan, 0x88a8) } },
	{ "push an S-tag and give it another VID",
	  MACS "8100 6005 " IP4(TTL64) UDP,
	  MACS "88a8 6007 8100 6005 " IP4(TTL64) UDP,
	  { TO(push_vlan, 0x88a8), SET(VLAN_VID, "1007") } },
	{ "pop the outer of two tags",
	  MACS "88a8 6007 8100 2005 " IP4(TTL64) UDP,
	  MACS "8100 2005 " IP4(TTL64) UDP,
	  { DO(pop_vlan) } },
	{ "pop both",
	  MACS "9100 6007 8100 2005 " IP4(TTL64) UDP,
	  MACS IP4(TTL64) UDP,
	  { DO(pop_vlan), DO(pop_vlan) } },
	{ "under two tags",
	  MACS "88a8 6007 8100 2005 " IP4(TTL64) UDP,
	  MACS "88a8 6007 8100 2005 0800 4500 0020 1234 0000 4011 97e5 c0a80102 0a040506"
	       "0fa0 0035 000c 1b47 01020304",
	  { SET(IPV4_SRC, "c0a80102") } },
	{ "the tag as a whole, where there is none",
	  MACS IP4(TTL64) UDP,
	  MACS "8100 e123 " IP4(TTL64) UDP,
	  { SET(VLAN_TCI, "f123") } },
	{ "the tag as a whole, gone",
	  MACS "8100 6005 " IP4(TTL64) UDP,
	  MACS IP4(TTL64) UDP,
	  { SET(VLAN_TCI, "0000") } },

	/* MPLS */
	{ "push a label over IPv4: its TTL",
	  MACS IP4(TTL9) UDP,
	  MACS "8847 00000109 " IP4_BODY(TTL9) UDP,
	  { TO(push_mpls, 0x8847) } },
	{ "push a label over IPv6: its hop limit",
	  MACS "86dd " IP6_BODY("21") UDP6,
	  MACS "8848 00000121 " IP6_BODY("21") UDP6,
	  { TO(push_mpls, 0x8848) } },
	{ "push a label over ARP: nothing to copy",
	  MACS "0806 0001 0800 0604 0001 020000000001 0a010203 000000000000 0a040506",
	  MACS "8847 00000100 0001 0800 0604 0001 020000000001 0a010203 000000000000 0a040506",
	  { TO(push_mpls, 0x8847) } },
	{ "push a second label: all but the bottom bit",
	  MACS "8847 " L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "8847 00011a09 " L17_BOS("09") IP4_BODY(TTL64) UDP,
	  { TO(push_mpls, 0x8847) } },
	{ "push a third, and set it",
	  MACS "8847 " L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "8847 00013a07 " L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  { TO(push_mpls, 0x8847), SET(MPLS_LABEL, "00000013"), SET(MPLS_TTL, "07"),
	    SET(MPLS_TC, "05") } },
	{ "push under a VLAN tag",
	  MACS "8100 6005 " IP4(TTL9) UDP,
	  MACS "8100 6005 8847 00000109 " IP4_BODY(TTL9) UDP,
	  { TO(push_mpls, 0x8847) } },
	{ "a tag over a label",
	  MACS "8847 " L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "88a8 0000 8847 " L17_BOS("09") IP4_BODY(TTL64) UDP,
	  { TO(push_vlan, 0x88a8) } },
	{ "push a label over SNAP, which goes",
	  MACS "0028 aaaa03000000 " IP4(TTL9) UDP,
	  MACS "8847 00000109 " IP4_BODY(TTL9) UDP,
	  { TO(push_mpls, 0x8847) } },
	{ "pop the only label to IPv4, and write what was under it",
	  MACS "8847 " L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "0800 4500 0020 1234 0000 4011 97e5 c0a80102 0a040506 0fa0 0035 000c 1b47 01020304",
	  { TO(pop_mpls, 0x0800), SET(IPV4_SRC, "c0a80102") } },
	{ "pop the only label to IPv6",
	  MACS "8847 " L17_BOS("09") IP6_BODY("40") UDP6,
	  MACS "86dd " IP6_BODY("21") UDP6,
	  { TO(pop_mpls, 0x86dd), SET(IP_TTL, "21") } },
	{ "pop one of three",
	  MACS "8847 " L19("07") L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "8848 " L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  { TO(pop_mpls, 0x8848) } },
	{ "pop all of three",
	  MACS "8847 " L19("07") L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS IP4(TTL63) UDP,
	  { TO(pop_mpls, 0x8847), TO(pop_mpls, 0x8847), TO(pop_mpls, 0x0800), DO(dec_nw_ttl) } },
	{ "pop under a tag",
	  MACS "8100 6005 8847 " L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "8100 6005 " IP4(TTL64) UDP,
	  { TO(pop_mpls, 0x0800) } },
	{ "pop to what is no IPv4",
	  MACS "8847 " L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  NULL,
	  { TO(pop_mpls, 0x0800) },
	  DROP_IPV4_BAD_VERSION },
	{ "no label to pop", MACS IP4(TTL64) UDP, MACS IP4(TTL64) UDP, { TO(pop_mpls, 0x0800) } },

	/* PBB */
	{ "push a backbone header",
	  MACS IP4(TTL64) UDP,
	  MACS "88e7 00000000 " MACS IP4(TTL64) UDP,
	  { TO(push_pbb, 0x88e7) } },
	{ "push a backbone header over a tag, with its PCP",
	  MACS "8100 a005 " IP4(TTL64) UDP,
	  MACS "88e7 a8123456 " MACS "8100 a005 " IP4(TTL64) UDP,
	  { TO(push_pbb, 0x88e7), SET(PBB_ISID, "123456"), SET(PBB_UCA, "01") } },
	{ "push a second one: the I-SID",
	  MACS "88e7 a8123456 " MACS IP4(TTL64) UDP,
	  MACS "88e7 00123456 " MACS "88e7 a8123456 " MACS IP4(TTL64) UDP,
	  { TO(push_pbb, 0x88e7) } },
	{ "the backbone's own addresses and tag",
	  MACS IP4(TTL64) UDP,
	  "02aaaaaaaaaa 020000000001 88a8 0009 88e7 00000000 " MACS IP4(TTL64) UDP,
	  { TO(push_pbb, 0x88e7), SET(ETH_DST, "02aaaaaaaaaa"), TO(push_vlan, 0x88a8),
	    SET(VLAN_VID, "1009") } },
	{ "pop the backbone header",
	  "02aaaaaaaaaa 02bbbbbbbbbb 88e7 a8123456 " MACS IP4(TTL64) UDP,
	  MACS IP4(TTL63) UDP,
	  { DO(pop_pbb), DO(dec_nw_ttl) } },
	{ "pop it over a customer's tag",
	  "02aaaaaaaaaa 02bbbbbbbbbb 88e7 a8123456 " MACS "8100 a005 " IP4(TTL64) UDP,
	  MACS "8100 a006 " IP4(TTL64) UDP,
	  { DO(pop_pbb), SET(VLAN_VID, "1006") } },
	{ "pop it under the backbone's tag, which stays",
	  "02aaaaaaaaaa 02bbbbbbbbbb 88a8 0009 88e7 a8123456 " MACS IP4(TTL64) UDP,
	  MACS "88a8 0009 " IP4(TTL64) UDP,
	  { DO(pop_pbb) } },
	{ "no header to pop", MACS IP4(TTL64) UDP, MACS IP4(TTL64) UDP, { DO(pop_pbb) } },

	/* TTL */
	{ "decrement IPv4", MACS IP4(TTL64) UDP, MACS IP4(TTL63) UDP, { DO(dec_nw_ttl) } },
	{ "decrement IPv6",
	  MACS "86dd " IP6_BODY("40") UDP6,
	  MACS "86dd " IP6_BODY("3f") UDP6,
	  { DO(dec_nw_ttl) } },
	{ "one is the end",
	  MACS "86dd " IP6_BODY("01") UDP6,
	  MACS "86dd " IP6_BODY("01") UDP6,
	  { DO(dec_nw_ttl) },
	  DROP_INVALID_TTL },
	{ "so is zero",
	  MACS "86dd " IP6_BODY("00") UDP6,
	  MACS "86dd " IP6_BODY("00") UDP6,
	  { DO(dec_nw_ttl) },
	  DROP_INVALID_TTL },
	{ "decrement a label",
	  MACS "8847 " L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "8847 " L18("07") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  { DO(dec_mpls_ttl) } },
	{ "a label's end",
	  MACS "8847 " L17_BOS("01") IP4_BODY(TTL64) UDP,
	  MACS "8847 " L17_BOS("01") IP4_BODY(TTL64) UDP,
	  { DO(dec_mpls_ttl) },
	  DROP_INVALID_TTL },
	{ "copy out, label to label",
	  MACS "8847 " L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "8847 " L18("09") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  { DO(copy_ttl_out) } },
	{ "copy out, IPv4 to label",
	  MACS "8847 " L17_BOS("09") IP4_BODY(TTL5) UDP,
	  MACS "8847 " L17_BOS("05") IP4_BODY(TTL5) UDP,
	  { DO(copy_ttl_out) } },
	{ "copy out, IPv6 to label",
	  MACS "8847 " L17_BOS("09") IP6_BODY("21") UDP6,
	  MACS "8847 " L17_BOS("21") IP6_BODY("21") UDP6,
	  { DO(copy_ttl_out) } },
	{ "copy in, label to label",
	  MACS "8847 " L18("08") L17_BOS("09") IP4_BODY(TTL64) UDP,
	  MACS "8847 " L18("08") L17_BOS("08") IP4_BODY(TTL64) UDP,
	  { DO(copy_ttl_in) } },
	{ "copy in, label to IPv4",
	  MACS "8847 " L17_BOS("21") IP4_BODY(TTL64) UDP,
	  MACS "8847 " L17_BOS("21") IP4_BODY(TTL33) UDP,
	  { DO(copy_ttl_in) } },
	{ "copy in, label whose TTL looks like IPv4's version to IPv6",
	  MACS "8847 " L17_BOS("45") IP6_BODY("40") UDP6,
	  MACS "8847 " L17_BOS("45") IP6_BODY("45") UDP6,
	  { DO(copy_ttl_in) } },
	{ "copy in under a label that is not the last and alone",
	  MACS "8847 " L18("08"),
	  MACS "8847 " L18("08"),
	  { DO(copy_ttl_in) } },
	{ "copy in to what is no IP",
	  MACS "8847 " L17_BOS("08") "0001020304050607",
	  MACS "8847 " L17_BOS("08") "0001020304050607",
	  { DO(copy_ttl_in) } },
	{ "copy in to IPv4 that is cut off",
	  MACS "8847 " L17_BOS("08") "4500 0020 1234 0000 4011",
	  MACS "8847 " L17_BOS("08") "4500 0020 1234 0000 4011",
	  { DO(copy_ttl_in) } },

	/* fragments: the first has ports, and a checksum over what it has not */
	{ "write the address of a first fragment",
	  MACS "0800 4500 0020 1234 2000 4011 2d8c 0a010203 0a040506 0fa0 0035 0040 d0ed 01020304",
	  MACS "0800 4500 0020 1234 2000 4011 77e5 c0a80102 0a040506 0fa0 0035 0040 1b47 01020304",
	  { SET(IPV4_SRC, "c0a80102") } },
	{ "write the address of a later fragment",
	  MACS "0800 4500 0020 1234 0001 4011 4d8b 0a010203 0a040506 0fa0 0035 0040 d0ed 01020304",
	  MACS "0800 4500 0020 1234 0001 4011 97e4 c0a80102 0a040506 0fa0 0035 0040 d0ed 01020304",
	  { SET(IPV4_SRC, "c0a80102"), SET(UDP_DST, "1111") } },
	{ "decrement the TTL of a later fragment",
	  MACS "0800 4500 0020 1234 0001 4011 4d8b 0a010203 0a040506 0fa0 0035 0040 d0ed 01020304",
	  MACS "0800 4500 0020 1234 0001 3f11 4e8b 0a010203 0a040506 0fa0 0035 0040 d0ed 01020304",
	  { DO(dec_nw_ttl) } },
};

static enum drop_reason do_step(const struct step *st, struct rte_mbuf *m, struct flow_key *key,
				struct packet_layout *layout)
{
	if (st->change)
		return st->change(m, key, layout);
	if (st->change_to)
		return st->change_to(m, key, layout, st->type);
	return packet_set_field(m, key, layout, st->field, packet_bytes(st->value).data, NULL);
}

static void run(const struct frame_case *c)
{
	struct packet_bytes before = packet_bytes(c->before);
	struct rte_mbuf *m = heap_packet_create(before.data, before.size);
	enum drop_reason why = DROP_NONE;
	struct packet_layout layout;
	struct flow_key key = { 0 };

	assert_int_equal(packet_parse(m, &key, &layout), DROP_NONE);
	for (unsigned i = 0; i < ARRAY_LENGTH(c->steps); i++) {
		const struct step *st = &c->steps[i];

		if (!st->change && !st->change_to && !st->value)
			break;
		if (why != DROP_NONE)
			fail_msg("%s: %s before the end", c->name, drop_reason_name(why));
		why = do_step(st, m, &key, &layout);
	}
	if (why != c->why)
		fail_msg("%s: %s", c->name, drop_reason_name(why));
	if (c->after) {
		struct packet_bytes after = packet_bytes(c->after);

		if (m->data_len != after.size || m->pkt_len != after.size ||
		    memcmp(rte_pktmbuf_mtod(m, void *), after.data, after.size) != 0)
			fail_msg("%s: other bytes came out", c->name);
		if (packet_check(m, &key, &layout))
			fail_msg("%s: %s is wrong", c->name, packet_check(m, &key, &layout));
	}
	heap_packet_destroy(m);
}

static void frames_are_exact(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++)
		run(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
