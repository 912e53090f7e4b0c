/* Messages of error_rows.h's language, as bytes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/error_rows.h"

#define HEADER_SIZE   8
#define APPLY_ACTIONS 4

/* What is left of a line. */
struct reader {
	const char *at;
	struct of_peer *peer;
	uint32_t xid;
};

static bool word(struct reader *r, char *out, size_t size)
{
	size_t n;

	r->at += strspn(r->at, " ");
	n = strcspn(r->at, " ");
	if (!n)
		return false;
	assert_true(n < size);
	memcpy(out, r->at, n);
	out[n] = '\0';
	r->at += n;
	return true;
}

static uint32_t number(struct reader *r)
{
	char w[32];
	char *end;
	uint32_t v;

	if (!word(r, w, sizeof(w)))
		fail_msg("a number is missing");
	v = strtoul(w, &end, 0);
	if (*end)
		fail_msg("\"%s\" is no number", w);
	return v;
}

static void hex_word(const char *w, struct buf *out)
{
	const char *star = strchr(w, '*');
	size_t n = star ? (size_t)(star - w) : strlen(w);
	unsigned times = star ? strtoul(star + 1, NULL, 10) : 1;

	if (n % 2)
		fail_msg("\"%s\" is no hex", w);
	while (times--) {
		for (size_t i = 0; i < n; i += 2) {
			const char digits[3] = { w[i], w[i + 1] };
			char *end;

			buf_be8(out, strtoul(digits, &end, 16));
			if (*end)
				fail_msg("\"%s\" is no hex", w);
		}
	}
}

/* Up to the patches. */
static void hex(struct reader *r, struct buf *out)
{
	char w[160];

	for (;;) {
		r->at += strspn(r->at, " ");
		if (*r->at == '@' || *r->at == '+' || !word(r, w, sizeof(w)))
			return;
		hex_word(w, out);
	}
}

/* The text up to the patches. */
static char *text(struct reader *r)
{
	const char *end = r->at + strlen(r->at), *patch;
	char *t;

	r->at += strspn(r->at, " ");
	if ((patch = strstr(r->at, " @")))
		end = patch;
	if ((patch = strstr(r->at, " +")) && patch < end)
		end = patch;
	t = strndup(r->at, end - r->at);
	r->at = end;
	return t;
}

static void encode(struct reader *r, struct of_msg m, struct buf *out)
{
	m.version = r->peer->version;
	m.xid = r->xid;
	if (of_msg_encode(&m, out) < 0)
		fail_msg("version %u has no %s", m.version, of_kind_name(m.kind));
}

static void header(struct reader *r, uint8_t type, struct buf *out)
{
	buf_be8(out, r->peer->version);
	buf_be8(out, type);
	buf_be16(out, 0);
	buf_be32(out, r->xid);
}

/* --- the words a line begins with --- */

static void make_flow(struct reader *r, struct buf *out)
{
	uint8_t command = number(r);
	struct of_msg m = { .kind = OF_FLOW_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	char *t = text(r);

	if (of_flow_mod_parse(t, command, &a, &m.flow_mod, &st) < 0)
		fail_msg("%s: %s", t, st.message);
	encode(r, m, out);
	arena_clear(&a);
	free(t);
}

static void make_group(struct reader *r, struct buf *out)
{
	uint16_t command = number(r);
	struct of_msg m = { .kind = OF_GROUP_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	char *t = text(r);

	if (of_group_mod_parse(t, command, &a, &m.group_mod, &st) < 0)
		fail_msg("%s: %s", t, st.message);
	encode(r, m, out);
	arena_clear(&a);
	free(t);
}

static void make_meter(struct reader *r, struct buf *out)
{
	uint16_t command = number(r);
	struct of_msg m = { .kind = OF_METER_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	char *t = text(r);

	if (of_meter_mod_parse(t, command, &a, &m.meter_mod, &st) < 0)
		fail_msg("%s: %s", t, st.message);
	encode(r, m, out);
	arena_clear(&a);
	free(t);
}

static void make_tlv(struct reader *r, struct buf *out)
{
	struct of_msg m = { .kind = OF_NX_TLV_TABLE_MOD };
	uint16_t command = number(r);
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	char *t = text(r);

	if (*t && of_tlv_maps_parse(t, &a, &m.tlv_table, &st) < 0)
		fail_msg("%s: %s", t, st.message);
	m.tlv_table.command = command;
	encode(r, m, out);
	arena_clear(&a);
	free(t);
}

static void make_monitor(struct reader *r, struct buf *out)
{
	uint32_t id = number(r);
	uint8_t form = r->peer->version == OF_VERSION_1_3 ? OF_MONITOR_ONF : OF_MONITOR_STANDARD;
	struct of_monitor monitor = { 0 };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	char *t = text(r);

	if (of_monitor_parse(t, form, &a, &monitor, &st) < 0)
		fail_msg("%s: %s", t, st.message);
	monitor.monitor_id = id;
	encode(r,
	       (struct of_msg){ .kind = OF_MONITOR_REQUEST,
				.monitor_request = { .n = 1, .monitors = &monitor } },
	       out);
	arena_clear(&a);
	free(t);
}

/* A flow-mod that adds to table 0, up to the match. */
static void flow_head(struct reader *r, struct buf *out)
{
	header(r, OFPT_FLOW_MOD, out);
	buf_zeros(out, 24);
	buf_be32(out, OF_NO_BUFFER);
	buf_be32(out, OF_PORT_ANY);
	buf_be32(out, OF_GROUP_ANY);
	buf_zeros(out, 4);
}

static void put_match(const struct buf *fields, struct buf *out)
{
	buf_be16(out, 1);
	buf_be16(out, 4 + fields->size);
	buf_add(out, fields->data, fields->size);
	buf_zeros(out, -(4 + fields->size) & 7);
}

static void make_match(struct reader *r, struct buf *out)
{
	struct buf fields = BUF_INIT;

	hex(r, &fields);
	flow_head(r, out);
	put_match(&fields, out);
	buf_fini(&fields);
}

static void make_instructions(struct reader *r, struct buf *out)
{
	flow_head(r, out);
	put_match(&BUF_INIT, out);
	hex(r, out);
}

static void make_actions(struct reader *r, struct buf *out)
{
	size_t start;

	flow_head(r, out);
	put_match(&BUF_INIT, out);
	start = out->size;
	buf_be16(out, APPLY_ACTIONS);
	buf_zeros(out, 6);
	hex(r, out);
	store_be16(out->data + start + 2, out->size - start);
}

static void make_message(struct reader *r, struct buf *out)
{
	header(r, number(r), out);
	hex(r, out);
}

static void make_multipart(struct reader *r, struct buf *out)
{
	header(r, OFPT_MULTIPART_REQUEST, out);
	buf_be16(out, number(r));
	buf_zeros(out, 6);
	hex(r, out);
}

static void make_experimenter(struct reader *r, struct buf *out)
{
	header(r, OFPT_EXPERIMENTER, out);
	buf_be32(out, number(r));
	buf_be32(out, number(r));
	hex(r, out);
}

/* A bundle message's headers. */
static void bundle_head(struct reader *r, uint8_t type, uint32_t exp_type, struct buf *out)
{
	if (r->peer->version >= OF_VERSION_1_4) {
		header(r, type, out);
		return;
	}
	header(r, OFPT_EXPERIMENTER, out);
	buf_be32(out, OF_ONF_ID);
	buf_be32(out, exp_type);
}

static void make_control(struct reader *r, struct buf *out)
{
	bundle_head(r, OFPT_BUNDLE_CONTROL, OF_EXP_BUNDLE_CTRL, out);
	buf_be32(out, number(r));
	buf_be16(out, number(r));
	buf_be16(out, number(r));
	hex(r, out);
}

static void make(struct reader *r, struct buf *out);

/* Patches behind it are of the message within. */
static void make_add(struct reader *r, struct buf *out)
{
	struct buf inner = BUF_INIT;

	bundle_head(r, OFPT_BUNDLE_ADD_MESSAGE, OF_EXP_BUNDLE_ADD, out);
	buf_be32(out, number(r));
	buf_zeros(out, 2);
	buf_be16(out, number(r));
	make(r, &inner);
	buf_add(out, inner.data, inner.size);
	buf_fini(&inner);
}

static const struct {
	const char *word;
	void (*make)(struct reader *r, struct buf *out);
} makers[] = {
	{ "flow", make_flow },
	{ "group", make_group },
	{ "meter", make_meter },
	{ "tlv", make_tlv },
	{ "monitor", make_monitor },
	{ "match", make_match },
	{ "instructions", make_instructions },
	{ "actions", make_actions },
	{ "message", make_message },
	{ "multipart", make_multipart },
	{ "experimenter", make_experimenter },
	{ "control", make_control },
	{ "add", make_add },
};

static void append(struct reader *r, struct buf *out)
{
	char w[160];

	r->at++;
	if (!word(r, w, sizeof(w)))
		fail_msg("hex is missing behind \"+\"");
	hex_word(w, out);
	store_be16(out->data + 2, out->size);
}

static void overwrite(struct reader *r, struct buf *out)
{
	char w[160];
	struct buf bytes = BUF_INIT;
	size_t at;

	r->at++;
	at = strtoul(r->at, (char **)&r->at, 10);
	r->at++; /* "=" */
	if (!word(r, w, sizeof(w)))
		fail_msg("hex is missing behind \"@\"");
	hex_word(w, &bytes);
	assert_true(at + bytes.size <= out->size);
	memcpy(out->data + at, bytes.data, bytes.size);
	buf_fini(&bytes);
}

/* The length is right, unless a patch says otherwise. */
static void make(struct reader *r, struct buf *out)
{
	char w[32];
	size_t i = 0;

	if (!word(r, w, sizeof(w)))
		fail_msg("a message is missing");
	while (i < ARRAY_LENGTH(makers) && strcmp(makers[i].word, w) != 0)
		i++;
	if (i == ARRAY_LENGTH(makers))
		fail_msg("\"%s\" begins no message", w);
	makers[i].make(r, out);
	store_be16(out->data + 2, out->size);
	while (r->at += strspn(r->at, " "), *r->at) {
		if (*r->at == '+')
			append(r, out);
		else if (*r->at == '@')
			overwrite(r, out);
		else
			fail_msg("what is \"%s\"?", r->at);
	}
}

void error_rows_message(struct of_peer *p, const char *line, struct buf *out)
{
	struct reader r = { .at = line, .peer = p, .xid = ++p->xid };

	make(&r, out);
}

uint32_t error_rows_send(struct of_peer *p, const char *line)
{
	struct buf b = BUF_INIT;

	error_rows_message(p, line, &b);
	of_peer_send_bytes(p, b.data, b.size);
	buf_fini(&b);
	return p->xid;
}
