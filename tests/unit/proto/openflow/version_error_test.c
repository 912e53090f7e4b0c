/* What is wrong with messages that differ between OpenFlow 1.3, 1.4 and 1.5 gets the error that the
 * specification names; what is only unknown in a reply is passed over. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/openflow/msg.h"
#include "tests/unit/proto/openflow/hex.h"

struct error_case {
	const char *what;
	const char *hex;   /* from the version on; the length is filled in; the xid is 7 */
	const char *error; /* NULL: none */
};

/* A message decoded from memory of its exact size, so that a sanitizer sees a read beyond it. */
static int decode(const char *hex, struct arena *a, struct of_msg *msg, struct of_error *err)
{
	struct buf b = BUF_INIT;
	uint8_t *copy;
	size_t size;

	add_hex(&b, hex);
	store_be16(b.data + 2, b.size);
	copy = arena_dup(a, b.data, b.size);
	size = b.size;
	buf_fini(&b);
	return of_msg_decode(copy, size, a, msg, err);
}

static void run(const struct error_case *cases, size_t n)
{
	for (const struct error_case *c = cases; c < cases + n; c++) {
		struct arena a = ARENA_INIT;
		struct of_error err = { 0 };
		struct of_msg msg;
		char name[96] = "none";
		int rc = decode(c->hex, &a, &msg, &err);

		if (rc != 0)
			of_error_name(&err, name, sizeof(name));
		if (strcmp(name, c->error ? c->error : "none") != 0)
			fail_msg("%s: error %s, want %s", c->what, name,
				 c->error ? c->error : "none");
		assert_int_equal(msg.xid, 7);
		arena_clear(&a);
	}
}

#define BAD_REQUEST			"OFPET_BAD_REQUEST/OFPBRC_"
#define BAD_PROPERTY			"OFPET_BAD_PROPERTY/OFPBPC_"
#define BAD_BUNDLE			"OFPET_BUNDLE_FAILED/OFPBFC_"
#define XID				"0000 00000007 "
#define MULTIPART(VERSION, TYPE, FLAGS) VERSION "12" XID TYPE FLAGS "00000000 "

/* Types that a version does not have. */
static const struct error_case type_cases[] = {
	{ "1.3: role-status", "041e" XID "00000003 00000000 0000000000000001",
	  BAD_REQUEST "BAD_TYPE" },
	{ "1.3: table-status", "041f" XID, BAD_REQUEST "BAD_TYPE" },
	{ "1.3: requestforward", "0420" XID, BAD_REQUEST "BAD_TYPE" },
	{ "1.3: bundle control", "0421" XID "00000001 0000 0000", BAD_REQUEST "BAD_TYPE" },
	{ "1.3: bundle add", "0422" XID "00000001 0000 0000", BAD_REQUEST "BAD_TYPE" },
	{ "1.4: get-queue-config", "0516" XID "00000001 00000000", BAD_REQUEST "BAD_TYPE" },
	{ "1.4: bundle control", "0521" XID "00000001 0000 0000", NULL },
	{ "1.4: controller-status", "0523" XID, BAD_REQUEST "BAD_TYPE" },
	{ "1.5: get-queue-config", "0616" XID "00000001 00000000", BAD_REQUEST "BAD_TYPE" },
	{ "1.5: one more", "0624" XID, BAD_REQUEST "BAD_TYPE" },
	{ "1.6", "0714" XID, BAD_REQUEST "BAD_VERSION" },
	{ "1.2", "0314" XID, BAD_REQUEST "BAD_VERSION" },
	{ "1.4: the ONF's bundle", "0504" XID "4f4e4600 000008fc 00000001 0000 0000", NULL },
	{ "1.3: queue description reply", "0413" XID "000f 0000 00000000",
	  BAD_REQUEST "BAD_MULTIPART" },
	{ "1.4: flow counts reply", "0513" XID "0011 0000 00000000", BAD_REQUEST "BAD_MULTIPART" },
	{ "1.5: flow counts reply", "0613" XID "0011 0000 00000000", NULL },
	{ "1.4: parts of a request", MULTIPART("05", "0000", "0001"),
	  BAD_REQUEST "MULTIPART_BUFFER_OVERFLOW" },
	{ "1.3: parts of a request for table features", MULTIPART("04", "000c", "0001"), NULL },
	{ "1.5: an experimenter's reply", "0613" XID "ffff 0000 00000000 00abcdef 00000001",
	  BAD_REQUEST "BAD_MULTIPART" },
};

static void types_of_versions(void **state)
{
	(void)state;
	run(type_cases, ARRAY_LENGTH(type_cases));
}

#define PORT_MOD(V, CONFIG) V "10" XID "00000001 00000000 000000000001 0000 " CONFIG " 00000001 "

static const struct error_case port_cases[] = {
	{ "1.4: no property", PORT_MOD("05", "00000000"), NULL },
	{ "1.4: ethernet", PORT_MOD("05", "00000000") "0000 0008 00000040", NULL },
	{ "1.4: cut off", "0510" XID "00000001 00000000", BAD_REQUEST "BAD_LEN" },
	{ "1.3: with a property", PORT_MOD("04", "00000000") "00000000 00000000 0000 0008 00000040",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: unknown config", PORT_MOD("05", "00000002"),
	  "OFPET_PORT_MOD_FAILED/OFPPMFC_BAD_CONFIG" },
	{ "1.4: ethernet too short", PORT_MOD("05", "00000000") "0000 0004 00000000",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.4: ethernet too long",
	  PORT_MOD("05", "00000000") "0000 0010 00000040 0000000000000000",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.4: ethernet twice", PORT_MOD("05", "00000000") "0000 0008 00000040 0000 0008 00000040",
	  BAD_PROPERTY "DUP_TYPE" },
	{ "1.4: property of length 0", PORT_MOD("05", "00000000") "0000 0000 00000040",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.4: property beyond the message", PORT_MOD("05", "00000000") "0000 0010 00000040",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.4: property without padding", PORT_MOD("05", "00000000") "0000 0006 0000",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.4: optical", PORT_MOD("05", "00000000") "0001 0008 00000000",
	  BAD_PROPERTY "BAD_TYPE" },
	{ "1.5: unknown property", PORT_MOD("06", "00000000") "0007 0008 00000000",
	  BAD_PROPERTY "BAD_TYPE" },
	{ "1.5: an experimenter's",
	  PORT_MOD("06", "00000000") "ffff 000c 00abcdef 00000001 00000000",
	  BAD_PROPERTY "BAD_EXPERIMENTER" },
	{ "1.5: an experimenter's, cut off", PORT_MOD("06", "00000000") "ffff 0008 00abcdef",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.5: description of a port", MULTIPART("06", "000d", "0000") "00000001 00000000", NULL },
	{ "1.5: description without a port", MULTIPART("06", "000d", "0000"),
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: description of a port", MULTIPART("05", "000d", "0000") "00000001 00000000",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: description reply with an entry of length 0",
	  "0513" XID "000d 0000 00000000 00000001 0000 0000", BAD_REQUEST "BAD_LEN" },
	{ "1.4: statistics reply with an entry of length 0",
	  "0513" XID "0004 0000 00000000 0000 0000 00000001", BAD_REQUEST "BAD_LEN" },
	{ "1.3: statistics reply with half an entry",
	  "0413" XID "0004 0000 00000000 00000001 00000000", BAD_REQUEST "BAD_LEN" },
};

static void ports(void **state)
{
	(void)state;
	run(port_cases, ARRAY_LENGTH(port_cases));
}

static const struct error_case async_cases[] = {
	{ "1.4: nothing", "051c" XID, NULL },
	{ "1.4: packet-ins", "051c" XID "0001 0008 0000003f 0000 0008 00000000", NULL },
	{ "1.4: a reason that does not exist", "051c" XID "0001 0008 00000040",
	  "OFPET_ASYNC_CONFIG_FAILED/OFPACFC_INVALID" },
	{ "1.4: vacancy", "051c" XID "0009 0008 00000018", NULL },
	{ "1.4: no such table reason", "051c" XID "0009 0008 00000001",
	  "OFPET_ASYNC_CONFIG_FAILED/OFPACFC_INVALID" },
	{ "1.4: twice the same", "051c" XID "0001 0008 00000001 0001 0008 00000001",
	  BAD_PROPERTY "DUP_TYPE" },
	{ "1.4: controller-status, which is 1.5's", "051c" XID "000f 0008 00000001",
	  BAD_PROPERTY "BAD_TYPE" },
	{ "1.5: controller-status", "061c" XID "000f 0008 00000001", NULL },
	{ "1.5: unknown", "061c" XID "0010 0008 00000001", BAD_PROPERTY "BAD_TYPE" },
	{ "1.5: an experimenter's", "061c" XID "ffff 000c 00abcdef 00000001 00000000",
	  BAD_PROPERTY "BAD_EXPERIMENTER" },
	{ "1.5: an experimenter's for slaves", "061c" XID "fffe 000c 00abcdef 00000001 00000000",
	  BAD_PROPERTY "BAD_EXPERIMENTER" },
	{ "1.4: property too long", "051c" XID "0001 0010 00000001 0000000000000000",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.4: property cut off", "051c" XID "0001 0008", BAD_PROPERTY "BAD_LEN" },
	{ "1.3: masks cut off", "041c" XID "00000001 00000001", BAD_REQUEST "BAD_LEN" },
	{ "1.4: get with a body", "051a" XID "0001 0008 00000001", BAD_REQUEST "BAD_LEN" },
	{ "1.5: unknown role", "0618" XID "00000004 0000 0000 0000000000000000",
	  "OFPET_ROLE_REQUEST_FAILED/OFPRRFC_BAD_ROLE" },
	{ "1.5: role cut off", "0618" XID "00000001 0000 0000", BAD_REQUEST "BAD_LEN" },
	{ "1.4: role-status cut off", "051e" XID "00000003 00000000", BAD_REQUEST "BAD_LEN" },
};

static void async_and_roles(void **state)
{
	(void)state;
	run(async_cases, ARRAY_LENGTH(async_cases));
}

#define TIME "0001 0018 00000000 0000000000000001 00000002 00000000"

static const struct error_case bundle_cases[] = {
	{ "1.4: open", "0521" XID "00000001 0000 0003", NULL },
	{ "1.4: unknown type", "0521" XID "00000001 0008 0000", BAD_BUNDLE "BAD_TYPE" },
	{ "1.4: unknown flags", "0521" XID "00000001 0000 0004", BAD_BUNDLE "BAD_FLAGS" },
	{ "1.4: cut off", "0521" XID "00000001", BAD_REQUEST "BAD_LEN" },
	{ "1.4: a time", "0521" XID "00000001 0004 0000" TIME, BAD_PROPERTY "BAD_TYPE" },
	{ "1.4: an experimenter's",
	  "0521" XID "00000001 0000 0000 ffff 000c 00abcdef 00000001 00000000",
	  BAD_PROPERTY "BAD_EXPERIMENTER" },
	{ "1.5: commit at a time", "0621" XID "00000001 0004 0004" TIME, NULL },
	{ "1.5: commit at a time without the flag", "0621" XID "00000001 0004 0000" TIME,
	  BAD_BUNDLE "BAD_FLAGS" },
	{ "1.5: commit with the flag, without a time", "0621" XID "00000001 0004 0004",
	  BAD_BUNDLE "BAD_FLAGS" },
	{ "1.5: two times", "0621" XID "00000001 0004 0004" TIME TIME, BAD_PROPERTY "DUP_TYPE" },
	{ "1.5: a short time", "0621" XID "00000001 0004 0004 0001 0010 00000000 0000000000000001",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.5: unknown flags", "0621" XID "00000001 0000 0008", BAD_BUNDLE "BAD_FLAGS" },
	{ "1.4: add", "0522" XID "00000001 0000 0000 05140008 00000007", NULL },
	{ "1.4: add of nothing", "0522" XID "00000001 0000 0000", BAD_BUNDLE "MSG_BAD_LEN" },
	{ "1.4: add of too long a message", "0522" XID "00000001 0000 0000 05140010 00000007",
	  BAD_BUNDLE "MSG_BAD_LEN" },
	{ "1.4: add of too short a length", "0522" XID "00000001 0000 0000 05140004 00000007",
	  BAD_BUNDLE "MSG_BAD_LEN" },
	{ "1.4: add of another version", "0522" XID "00000001 0000 0000 04140008 00000007",
	  BAD_REQUEST "BAD_VERSION" },
	{ "1.4: add with another xid", "0522" XID "00000001 0000 0000 05140008 00000008",
	  BAD_BUNDLE "MSG_BAD_XID" },
	{ "1.4: add, unknown flags", "0522" XID "00000001 0000 0008 05140008 00000007",
	  BAD_BUNDLE "BAD_FLAGS" },
	{ "1.4: add with an unknown property",
	  "0522" XID "00000001 0000 0000 05140008 00000007 0005 0008 00000000",
	  BAD_PROPERTY "BAD_TYPE" },
	{ "1.4: add with an experimenter's property after padding",
	  "0522" XID "00000001 0000 0000 0509000c 00000007 0000 0080 00000000"
	  "ffff 000c 00abcdef 00000001 00000000",
	  BAD_PROPERTY "BAD_EXPERIMENTER" },
	{ "1.4: add with a broken property",
	  "0522" XID "00000001 0000 0000 05140008 00000007 0005 0002 00000000",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.5: features", MULTIPART("06", "0013", "0000") "00000001 00000000", NULL },
	{ "1.5: features cut off", MULTIPART("06", "0013", "0000") "00000001",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.5: features, unknown property",
	  MULTIPART("06", "0013", "0000") "00000001 00000000 0002 0008 00000000",
	  BAD_PROPERTY "BAD_TYPE" },
	{ "1.5: features, short times",
	  MULTIPART("06", "0013", "0000") "00000001 00000000 0001 0008 00000000",
	  BAD_PROPERTY "BAD_LEN" },
};

static void bundles(void **state)
{
	(void)state;
	run(bundle_cases, ARRAY_LENGTH(bundle_cases));
}

#define PACKET_OUT "060d" XID "ffffffff "
#define IN_PORT	   "0001 000c 80000004 00000001 00000000 "

static const struct error_case packet_cases[] = {
	{ "1.5: packet-out", PACKET_OUT "0000 0000" IN_PORT, NULL },
	{ "1.5: packet-out with metadata",
	  PACKET_OUT "0000 0000 0001 0018 80000004 00000001 80000408 0000000000000001", NULL },
	{ "1.5: packet-out without a port", PACKET_OUT "0000 0000 0001 0004 00000000",
	  BAD_REQUEST "BAD_PORT" },
	{ "1.5: packet-out from ALL", PACKET_OUT "0000 0000 0001 000c 80000004 fffffffc 00000000",
	  BAD_REQUEST "BAD_PORT" },
	{ "1.5: packet-out with a field of the packet",
	  PACKET_OUT "0000 0000 0001 0012 80000004 00000001 80000a02 0800 000000000000",
	  BAD_REQUEST "PIPELINE_FIELDS_ONLY" },
	{ "1.5: packet-out without a match", PACKET_OUT "0000 0000",
	  "OFPET_BAD_MATCH/OFPBMC_BAD_LEN" },
	{ "1.5: packet-out with actions beyond the message", PACKET_OUT "0010 0000" IN_PORT,
	  BAD_REQUEST "BAD_LEN" },
	{ "1.5: packet-out cut off", "060d" XID "ffffffff 0000", BAD_REQUEST "BAD_LEN" },
	{ "1.5: flow-removed cut off", "060b" XID "00 00 0000", BAD_REQUEST "BAD_LEN" },
	{ "1.5: flow-removed without statistics",
	  "060b" XID "00 00 0000 0000 0000 0000000000000000 0001 0004 00000000",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.5: aggregate of a wrong length",
	  "0613" XID "0002 0000 00000000 0000 000c 80020607 00000001", BAD_REQUEST "BAD_LEN" },
	{ "1.5: aggregate beyond the message",
	  "0613" XID "0002 0000 00000000 0000 0010 80020604 00000001", BAD_REQUEST "BAD_LEN" },
	{ "1.5: flows with an entry of length 0", "0613" XID "0001 0000 00000000 0000 0000",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.5: counts with an entry of length 0", "0613" XID "0011 0000 00000000 0000 0000",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: forwarded request of a wrong length", "0520" XID "050f0010 00000001",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: forwarded request of a wrong type", "0520" XID "05140008 00000001",
	  BAD_REQUEST "BAD_TYPE" },
	{ "1.5: controller-status with an entry of length 0", "0623" XID "0000 0001",
	  BAD_REQUEST "BAD_LEN" },
};

static void packets_and_flows(void **state)
{
	(void)state;
	run(packet_cases, ARRAY_LENGTH(packet_cases));
}

static const struct error_case queue_cases[] = {
	{ "1.3: get-config", "0416" XID "00000001 00000000", NULL },
	{ "1.3: get-config cut off", "0416" XID "00000001", BAD_REQUEST "BAD_LEN" },
	{ "1.3: get-config too long", "0416" XID "00000001 00000000 00000000",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: description", MULTIPART("05", "000f", "0000") "00000001 ffffffff", NULL },
	{ "1.4: description cut off", MULTIPART("05", "000f", "0000") "00000001",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: statistics", MULTIPART("05", "0005", "0000") "00000001 ffffffff", NULL },
	{ "1.3: statistics cut off", MULTIPART("04", "0005", "0000") "00000001",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: description reply with an entry of length 0",
	  "0513" XID "000f 0000 00000000 00000001 00000002 0000 000000000000",
	  BAD_REQUEST "BAD_LEN" },
	{ "1.4: description reply with a short rate",
	  "0513" XID "000f 0000 00000000 00000001 00000002 0018 000000000000 0001 0006 0064 0000",
	  BAD_PROPERTY "BAD_LEN" },
	{ "1.4: statistics reply with an entry of length 0",
	  "0513" XID "0005 0000 00000000 0000 000000000000", BAD_REQUEST "BAD_LEN" },
};

static void queues(void **state)
{
	(void)state;
	run(queue_cases, ARRAY_LENGTH(queue_cases));
}

/* Replies of a newer or another switch: what is not known does not hide what is. */
static void unknown_properties_are_passed_over(void **state)
{
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg m;

	(void)state;
	assert_int_equal(decode("0513" XID "000d 0000 00000000"
				"00000007 005c 0000 020000000007 0000"
				"74617037000000000000000000000000 00000000 00000004"
				"0001 000c 0000000000000000 00000000" /* optical */
				"0000 0020 00000000 00000040 00000001 00000002 00000004"
				"00989680 02625a00"
				"ffff 0004 00000000" /* an experimenter without an id */,
				&a, &m, &err),
			 -1);
	assert_int_equal(err.type, OFPET_BAD_PROPERTY);
	assert_int_equal(decode("0513" XID "000d 0000 00000000"
				"00000007 0068 0000 020000000007 0000"
				"74617037000000000000000000000000 00000000 00000004"
				"0001 000c 0000000000000000 00000000"
				"0000 0020 00000000 00000040 00000001 00000002 00000004"
				"00989680 02625a00"
				"ffff 000c 00abcdef 00000001 00000000",
				&a, &m, &err),
			 0);
	assert_int_equal(m.port_desc_reply.n, 1);
	assert_int_equal(m.port_desc_reply.ports[0].curr, 0x40);
	assert_int_equal(m.port_desc_reply.ports[0].max_speed, 40000000);
	assert_string_equal(m.port_desc_reply.ports[0].name, "tap7");
	arena_clear(&a);
}

/* OXS fields of other classes and numbers too; a counter that is not there is not zero. */
static void unknown_statistics_are_passed_over(void **state)
{
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg m;

	(void)state;
	assert_int_equal(decode("0613" XID "0002 0000 00000000 0000 0020"
				"80020604 00000009"
				"80021404 00000001"	      /* an unknown field */
				"ffff0008 00abcdef 00000001", /* an experimenter's */
				&a, &m, &err),
			 0);
	assert_int_equal(m.aggregate_reply.n_flows, 9);
	assert_true(m.aggregate_reply.n_packets == UINT64_MAX);
	assert_true(m.aggregate_reply.n_bytes == UINT64_MAX);
	arena_clear(&a);
}

/* What was read without an Ethernet property was not counted. */
static void port_statistics_without_a_property(void **state)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct of_error err;
	struct of_msg m;

	(void)state;
	add_hex(&b, "0513 0060 00000007 0004 0000 00000000 0050 0000 00000007 00000001 00000002");
	buf_zeros(&b, 64);
	assert_int_equal(of_msg_decode(b.data, b.size, &a, &m, &err), 0);
	assert_int_equal(m.port_stats_reply.n, 1);
	assert_int_equal(m.port_stats_reply.stats[0].duration_sec, 1);
	assert_int_equal(m.port_stats_reply.stats[0].rx_packets, 0);
	assert_true(m.port_stats_reply.stats[0].collisions == UINT64_MAX);
	buf_fini(&b);
	arena_clear(&a);
}

static uint8_t reason_told(struct of_msg *m, uint8_t version, size_t at)
{
	struct buf b = BUF_INIT;
	uint8_t reason;

	m->version = version;
	assert_int_equal(of_msg_encode(m, &b), 0);
	reason = b.data[at];
	buf_fini(&b);
	return reason;
}

/* Reasons that 1.3 has no number for. */
static void newer_reasons_have_an_older_one(void **state)
{
	struct of_msg removed = { .kind = OF_FLOW_REMOVED, .flow_removed.reason = 5 };
	struct of_msg punted = { .kind = OF_PACKET_IN, .packet_in.reason = 4 };

	(void)state;
	assert_int_equal(reason_told(&removed, OF_VERSION_1_3, 18), 2);
	assert_int_equal(reason_told(&removed, OF_VERSION_1_4, 18), 5);
	assert_int_equal(reason_told(&removed, OF_VERSION_1_5, 9), 5);
	assert_int_equal(reason_told(&punted, OF_VERSION_1_3, 14), 1);
	assert_int_equal(reason_told(&punted, OF_VERSION_1_4, 14), 4);
}

/* Capabilities that 1.3 has no bits for are not told. */
static void newer_capabilities_are_left_out(void **state)
{
	struct of_msg m = { .kind = OF_FEATURES_REPLY, .version = OF_VERSION_1_3 };
	struct buf b = BUF_INIT;

	(void)state;
	m.features_reply.capabilities = 0x60f;
	assert_int_equal(of_msg_encode(&m, &b), 0);
	assert_int_equal(load_be32(b.data + 24), 0x00f);
	buf_clear(&b);
	m.version = OF_VERSION_1_4;
	assert_int_equal(of_msg_encode(&m, &b), 0);
	assert_int_equal(load_be32(b.data + 24), 0x60f);
	buf_fini(&b);
}

/* Every kind is refused to an encoder in a version that does not have it, and in no other. */
static void kinds_of_versions(void **state)
{
	struct buf b = BUF_INIT;
	struct of_msg m = { .kind = OF_ROLE_STATUS, .version = OF_VERSION_1_3 };

	(void)state;
	assert_int_equal(of_msg_encode(&m, &b), -1);
	assert_int_equal(b.size, 0);
	m.version = OF_VERSION_1_4;
	assert_int_equal(of_msg_encode(&m, &b), 0);
	assert_false(of_kind_is_in(OF_QUEUE_GET_CONFIG_REQUEST, OF_VERSION_1_4));
	assert_true(of_kind_is_in(OF_QUEUE_GET_CONFIG_REQUEST, OF_VERSION_1_3));
	assert_false(of_kind_is_in(OF_CONTROLLER_STATUS, OF_VERSION_1_4));
	assert_true(of_kind_is_in(OF_FLOW_COUNTS_REPLY, OF_VERSION_1_5));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_of_versions),
		cmocka_unit_test(ports),
		cmocka_unit_test(async_and_roles),
		cmocka_unit_test(bundles),
		cmocka_unit_test(packets_and_flows),
		cmocka_unit_test(queues),
		cmocka_unit_test(unknown_properties_are_passed_over),
		cmocka_unit_test(unknown_statistics_are_passed_over),
		cmocka_unit_test(port_statistics_without_a_property),
		cmocka_unit_test(newer_reasons_have_an_older_one),
		cmocka_unit_test(newer_capabilities_are_left_out),
		cmocka_unit_test(kinds_of_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
