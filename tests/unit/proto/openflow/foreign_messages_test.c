/* Every kind of message, in every version, read by others: Open vSwitch's ovs-ofctl finds no error
 * and prints what Weft prints, and Wireshark's dissector finds nothing malformed.
 *
 *	samples --of_msg_encode()--> file --ovs-ofctl ofp-parse--> text
 *	                         --> capture --tshark--> malformed messages
 */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/fakes/proto/of_samples.h"

#define DEADLINE_SECONDS 250
#define SWITCH_PORT	 6653

static char folder[] = "/tmp/weft-foreign-XXXXXX";
static char path_stream[64], path_capture[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path_stream, sizeof(path_stream), "%s/stream", folder);
	snprintf(path_capture, sizeof(path_capture), "%s/capture", folder);
	alarm(DEADLINE_SECONDS); /* nothing here waits for long */
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_stream);
	unlink(path_capture);
	return rmdir(folder);
}

static void write_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, b->size, f), b->size);
	assert_int_equal(fclose(f), 0);
}

static char *output_of(const char *command)
{
	struct buf b = BUF_INIT;
	char chunk[4096];
	FILE *f = popen(command, "r");
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	assert_int_equal(pclose(f), 0);
	buf_str(&b);
	return buf_steal(&b);
}

/* Open vSwitch 3.1 has no words for these. */
static bool ovs_knows(enum of_kind kind, uint8_t version)
{
	switch (kind) {
	case OF_EXPERIMENTER:
	case OF_MULTIPART_OTHER:
	case OF_WEFT_REQUEST:
	case OF_WEFT_REPLY:
	case OF_CONTROLLER_STATUS:
	case OF_CONTROLLER_STATUS_REQUEST:
	case OF_CONTROLLER_STATUS_REPLY:
	case OF_BUNDLE_FEATURES_REQUEST:
	case OF_BUNDLE_FEATURES_REPLY:
	case OF_FLOW_COUNTS_REQUEST:
	case OF_FLOW_COUNTS_REPLY:
	case OF_NX_RESUME: /* what is resumed is each switch's own matter */
		return false;
	case OF_MONITOR_CANCEL: /* later versions have commands and events for these */
	case OF_MONITOR_PAUSED:
	case OF_MONITOR_RESUMED:
		return version == OF_VERSION_1_3;
	case OF_METER_FEATURES_REPLY: /* has more members in 1.5 */
		return version < OF_VERSION_1_5;
	default:
		return true;
	}
}

/* What only the switch that made it can read is left out. */
static void sample_for_ovs(enum of_kind kind, uint8_t version, struct arena *a, struct of_msg *msg)
{
	of_sample(kind, version, a, msg);
	if (kind == OF_NX_PACKET_IN2)
		msg->packet_in.continuation_size = 0;
}

/* Kinds whose text, after the xid, is Open vSwitch's letter by letter. */
static bool has_same_text(enum of_kind kind)
{
	switch (kind) {
	case OF_GET_CONFIG_REPLY:
	case OF_SET_CONFIG:
	case OF_FLOW_REMOVED:
	case OF_FLOW_MOD:
	case OF_PORT_STATS_REQUEST:
	case OF_AGGREGATE_REPLY:
		return true;
	default:
		return false;
	}
}

/* The part of a message's first line after "(xid=0x...): ", without the line feed, as it is when
 * its version has had its way with it. */
static char *text_of(const struct of_msg *msg)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct of_msg decoded;
	struct of_error err;
	char *at, *text;

	assert_int_equal(of_msg_encode(msg, &b), 0);
	assert_int_equal(of_msg_decode(b.data, b.size, &a, &decoded, &err), 0);
	buf_clear(&b);
	of_msg_print(&decoded, &b);
	arena_clear(&a);
	at = strstr(buf_str(&b), "): ");
	text = xstrdup(at ? at + 3 : "");
	text[strcspn(text, "\n")] = '\0';
	buf_fini(&b);
	return text;
}

/* TEXT has a line for MSG after AT, with its version and xid, and no error up to there. */
static const char *expect_line(const char *at, const struct of_msg *msg)
{
	char *mark = xasprintf("(OF1.%u) (xid=0x%x):", msg->version - 1, msg->xid);
	const char *found = strstr(at, mark), *error = strstr(at, "***decode error");
	char *want;

	if (!found || (error && error < found))
		fail_msg("%s of 1.%u after: %.300s", of_kind_name(msg->kind), msg->version - 1, at);
	found += strlen(mark);
	if (has_same_text(msg->kind)) {
		want = text_of(msg);
		if (strncmp(found + 1, want, strlen(want)) != 0)
			fail_msg("%s\n  weft: %s\n  ovs: %.300s", of_kind_name(msg->kind), want,
				 found);
		free(want);
	}
	free(mark);
	return found;
}

static void compare_with_ovs_ofctl(uint8_t version)
{
	char *command = xasprintf("ovs-ofctl ofp-parse %s 2>&1", path_stream), *text;
	struct buf stream = BUF_INIT;
	struct arena a = ARENA_INIT;
	const char *at;
	unsigned n = 0;

	for (enum of_kind kind = 0; kind < OF_N_KINDS; kind++) {
		struct of_msg msg;

		if (!of_kind_is_in(kind, version) || !ovs_knows(kind, version))
			continue;
		sample_for_ovs(kind, version, &a, &msg);
		assert_int_equal(of_msg_encode(&msg, &stream), 0);
	}
	write_file(path_stream, &stream);
	at = text = output_of(command);
	for (enum of_kind kind = 0; kind < OF_N_KINDS; kind++) {
		struct of_msg msg;

		if (!of_kind_is_in(kind, version) || !ovs_knows(kind, version))
			continue;
		sample_for_ovs(kind, version, &a, &msg);
		at = expect_line(at, &msg);
		n++;
	}
	if (strstr(at, "***decode error"))
		fail_msg("after the last message: %.300s", at);
	assert_true(n > 50);
	free(text);
	free(command);
	buf_fini(&stream);
	arena_clear(&a);
}

static void ovs_ofctl_reads_every_kind(void **state)
{
	(void)state;
	for (uint8_t version = OF_VERSION_1_3; version <= OF_VERSION_1_5; version++)
		compare_with_ovs_ofctl(version);
}

/* What Wireshark 4.0 calls malformed whoever sent it: it expects members of 1.3 in queues of 1.4,
 * misses the padding of a URI, and gives up on every OXM field of 1.5 and on every multipart reply
 * that it cannot read.  ovs-ofctl reads most of these. */
static bool tshark_errs(enum of_kind kind, uint8_t version)
{
	switch (kind) {
	case OF_QUEUE_DESC_REPLY:
	case OF_QUEUE_STATS_REPLY:
		return version >= OF_VERSION_1_4;
	case OF_MONITOR_REPLY: /* an experimenter's in 1.3 */
		return version != OF_VERSION_1_4;
	case OF_CONTROLLER_STATUS:
	case OF_CONTROLLER_STATUS_REPLY:
	case OF_BUNDLE_FEATURES_REPLY:
	case OF_FLOW_COUNTS_REQUEST:
	case OF_FLOW_COUNTS_REPLY:
	case OF_PACKET_IN:
	case OF_PACKET_OUT:
	case OF_FLOW_REMOVED:
	case OF_FLOW_MOD:
	case OF_FLOW_STATS_REQUEST:
	case OF_FLOW_STATS_REPLY:
	case OF_AGGREGATE_REQUEST:
	case OF_BUNDLE_ADD:
	case OF_REQUESTFORWARD:
	case OF_GROUP_MOD:
	case OF_GROUP_DESC_REPLY:
	case OF_TABLE_FEATURES_REQUEST:
	case OF_TABLE_FEATURES_REPLY:
	case OF_MONITOR_REQUEST:
		return version == OF_VERSION_1_5;
	default:
		return false;
	}
}

static void put_le32(struct buf *out, uint32_t v)
{
	uint8_t bytes[4] = { v, v >> 8, v >> 16, v >> 24 };

	buf_add(out, bytes, sizeof(bytes));
}

/* A file of libpcap, IPv4 packets without a frame around them. */
static void start_capture(struct buf *out)
{
	put_le32(out, 0xa1b2c3d4);
	put_le32(out, 4 << 16 | 2);
	put_le32(out, 0);
	put_le32(out, 0);
	put_le32(out, 65535);
	put_le32(out, 101);
}

/* A TCP segment from SEQ on; each version is a connection of its own. */
static void add_segment(struct buf *out, uint8_t version, uint32_t seq, const struct buf *payload)
{
	size_t size = 40 + payload->size;

	put_le32(out, 0);
	put_le32(out, 0);
	put_le32(out, size);
	put_le32(out, size);
	buf_be16(out, 0x4500);
	buf_be16(out, size);
	buf_be32(out, 0);
	buf_be32(out, 0x40060000); /* TCP */
	buf_be32(out, 0x0a000001);
	buf_be32(out, 0x0a000002);
	buf_be16(out, 40000 + version);
	buf_be16(out, SWITCH_PORT);
	buf_be32(out, seq);
	buf_be32(out, 1);
	buf_be32(out, 0x50180400);
	buf_be32(out, 0);
	buf_add(out, payload->data, payload->size);
}

static unsigned add_messages(struct buf *capture, uint8_t version)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	uint32_t seq = 1;
	unsigned n = 0;

	for (enum of_kind kind = 0; kind < OF_N_KINDS; kind++) {
		struct of_msg msg;

		if (!of_kind_is_in(kind, version) || tshark_errs(kind, version))
			continue;
		of_sample(kind, version, &a, &msg);
		buf_clear(&b);
		assert_int_equal(of_msg_encode(&msg, &b), 0);
		add_segment(capture, version, seq, &b);
		seq += b.size;
		n++;
	}
	buf_fini(&b);
	arena_clear(&a);
	return n;
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		text++;
		n++;
	}
	return n;
}

static void tshark_finds_nothing_malformed(void **state)
{
	char *seen = xasprintf("tshark -r %s -Y 'openflow_v4 || openflow_v5 || openflow_v6' "
			       "-T fields -e frame.number 2>/dev/null",
			       path_capture);
	char *malformed = xasprintf("tshark -r %s -Y _ws.malformed 2>/dev/null", path_capture);
	struct buf capture = BUF_INIT;
	unsigned n = 0;
	char *text;

	(void)state;
	start_capture(&capture);
	for (uint8_t version = OF_VERSION_1_3; version <= OF_VERSION_1_5; version++)
		n += add_messages(&capture, version);
	write_file(path_capture, &capture);
	text = output_of(seen);
	assert_int_equal(count_lines(text), n);
	free(text);
	text = output_of(malformed);
	assert_string_equal(text, "");
	free(text);
	free(seen);
	free(malformed);
	buf_fini(&capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ovs_ofctl_reads_every_kind),
		cmocka_unit_test(tshark_finds_nothing_malformed),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
