/* Runs the rows; the messages are made in error_messages.c. */

#include "tests/fakes/dataplane/error_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"

#define MAX_ECHOED 64
#define MAX_ROWS   200

/* --- the state --- */

static const enum of_kind questions[] = {
	OF_GROUP_DESC_REQUEST,	OF_GROUP_STATS_REQUEST,	 OF_METER_CONFIG_REQUEST,
	OF_METER_STATS_REQUEST, OF_TABLE_DESC_REQUEST,	 OF_TABLE_FEATURES_REQUEST,
	OF_TABLE_STATS_REQUEST, OF_PORT_DESC_REQUEST,	 OF_PORT_STATS_REQUEST,
	OF_QUEUE_STATS_REQUEST, OF_GET_CONFIG_REQUEST,	 OF_GET_ASYNC_REQUEST,
	OF_ROLE_REQUEST,	OF_NX_TLV_TABLE_REQUEST, OF_FLOW_STATS_REQUEST,
};

static struct of_msg question(enum of_kind kind)
{
	struct of_msg m = { .kind = kind };

	if (kind == OF_GROUP_DESC_REQUEST || kind == OF_GROUP_STATS_REQUEST)
		m.group_request.group_id = OF_GROUP_ALL;
	else if (kind == OF_METER_CONFIG_REQUEST || kind == OF_METER_STATS_REQUEST)
		m.meter_request.meter_id = OF_METER_ALL;
	else if (kind == OF_PORT_DESC_REQUEST || kind == OF_PORT_STATS_REQUEST)
		m.port_stats_request.port_no = OF_PORT_ANY;
	else if (kind == OF_QUEUE_STATS_REQUEST)
		m.queue_request = (struct of_queue_request){ OF_PORT_ANY, OF_QUEUE_ALL };
	else if (kind == OF_ROLE_REQUEST)
		m.role.short_id = OF_NO_SHORT_ID;
	else if (kind == OF_FLOW_STATS_REQUEST)
		m.flow_stats_request = (struct of_flow_stats_request){
			.table_id = OF_TABLE_ALL,
			.out_port = OF_PORT_ANY,
			.out_group = OF_GROUP_ANY,
		};
	return m;
}

/* Replies as they came, but for their xids. */
static void dump_replies(struct of_peer *p, enum of_kind kind, struct buf *out)
{
	const struct of_msg *m;
	size_t n = 0;

	of_peer_send(p, question(kind));
	loop_virtual_settle(p->world->loop);
	while ((m = of_peer_next(p))) {
		if (m->kind == OF_ERROR)
			fail_msg("asking for the state failed");
		store_be32(p->msg_bytes.data + 4, 0);
		buf_add(out, p->msg_bytes.data, p->msg_bytes.size);
		n++;
	}
	if (!n)
		fail_msg("no answer to %s", of_kind_name(kind));
}

static void dump_bundles(const struct conn *c, struct buf *out)
{
	const struct bundle *b;

	buf_be32(out, c->bundles.n);
	LIST_FOREACH (b, &c->bundles.list, in_bundles) {
		buf_be32(out, b->id);
		buf_be16(out, b->flags);
		buf_be8(out, b->is_closed);
		buf_add(out, b->messages.data, b->messages.size);
	}
}

void error_rows_dump(struct of_peer *p, bool with_bundles, struct buf *out)
{
	struct datapath *dp = mem_switch_datapath(p->world->sw);
	const struct conn *c = conn_next(dp, NULL);

	for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
		if (of_kind_is_in(questions[i], p->version))
			dump_replies(p, questions[i], out);
	}
	buf_be32(out, c->packet_in_format);
	buf_be16(out, c->controller_id);
	buf_be16(out, c->short_id);
	buf_be32(out, c->monitors.n);
	buf_be64(out, dp->generation);
	buf_be8(out, dp->has_generation);
	if (with_bundles)
		dump_bundles(c, out);
}

/* --- a row --- */

static void check_quote(const struct of_msg *m, const struct buf *sent)
{
	size_t n = MIN_OF(sent->size, (size_t)MAX_ECHOED);

	assert_int_equal(m->error.size, n);
	assert_memory_equal(m->error.data, sent->data, n);
}

/* Type and code are compared as they stand on the wire, in the version's own numbers. */
void error_rows_expect(struct of_peer *p, const struct of_error *err, const struct buf *sent)
{
	struct of_error want = of_error_to_wire(err, p->version);
	const struct of_msg *m = of_peer_expect(p, OF_ERROR);
	const uint8_t *bytes = p->msg_bytes.data;
	char got_name[80], want_name[80];

	of_error_name(&m->error.error, got_name, sizeof(got_name));
	of_error_name(err, want_name, sizeof(want_name));
	if (load_be16(bytes + 8) != want.type || load_be16(bytes + 10) != want.code)
		fail_msg("version %u: expected %s, got %s", p->version, want_name, got_name);
	if (want.type == OFPET_EXPERIMENTER)
		assert_int_equal(load_be32(bytes + 12), want.experimenter);
	assert_int_equal(m->version, p->version);
	assert_int_equal(m->xid, load_be32(sent->data + 4));
	check_quote(m, sent);
}

static void set_up(struct of_peer *p, const char *lines)
{
	while (lines && *lines) {
		size_t n = strcspn(lines, "\n");
		char *line = strndup(lines, n);

		error_rows_send(p, line);
		free(line);
		lines += n + (lines[n] == '\n');
	}
}

/* What came of setting up. */
static void drain(struct of_peer *p)
{
	loop_virtual_settle(p->world->loop);
	for (const struct of_msg *m; (m = of_peer_next(p));) {
		char name[80];

		if (m->kind == OF_ERROR)
			fail_msg("setting up failed: %s",
				 of_error_name(&m->error.error, name, sizeof(name)));
	}
}

static void check_state(const struct buf *before, const struct buf *after)
{
	if (before->size != after->size || memcmp(before->data, after->data, after->size) != 0)
		fail_msg("the switch's state has changed");
}

static void run_in(struct of_world *w, const struct error_row *row, uint8_t version)
{
	struct of_peer *p = of_world_connect_version(w, 0, version);
	struct buf sent = BUF_INIT, before = BUF_INIT, after = BUF_INIT;
	struct of_error err = { row->type, row->code, 0 };

	if (row->type == OFPET_EXPERIMENTER)
		err.experimenter = OF_NICIRA_ID;
	set_up(p, row->setup);
	if (row->prepare)
		row->prepare(p);
	drain(p);
	error_rows_dump(p, !row->drops_bundle, &before);
	error_rows_message(p, row->message, &sent);
	of_peer_send_bytes(p, sent.data, sent.size);
	error_rows_expect(p, &err, &sent);
	of_peer_expect_nothing(p);
	assert_false(p->is_closed);
	error_rows_dump(p, !row->drops_bundle, &after);
	check_state(&before, &after);
	if (row->drops_bundle)
		assert_int_equal(conn_next(mem_switch_datapath(w->sw), NULL)->bundles.n, 0);
	buf_fini(&sent);
	buf_fini(&before);
	buf_fini(&after);
}

static void run_row(void **state)
{
	const struct error_row *row = *state;

	for (uint8_t v = OF_VERSION_1_3; v <= OF_VERSION_1_5; v++) {
		void *w = NULL;

		if (!(row->versions >> v & 1))
			continue;
		of_world_setup(&w);
		run_in(w, row, v);
		of_world_teardown(&w);
	}
}

int error_rows_run(const char *name, const struct error_row *rows, size_t n)
{
	static struct CMUnitTest tests[MAX_ROWS];

	assert_true(n <= MAX_ROWS);
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = run_row,
						.initial_state = (void *)&rows[i] };
	return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}
