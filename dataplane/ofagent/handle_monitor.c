#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/monitor_priv.h"
#include "proto/openflow/numbers.h"

/* Requests about flow monitors.  The reply to one has the flows that its new monitors watch already
 * and are to be told of; a change of one that comes meanwhile is told when that flow has been. */

static int bad(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_FLOW_MONITOR_FAILED, code);
}

/* What an output or a group may be; there need not be such a port or group yet. */
static bool is_out(const struct of_monitor *m)
{
	return m->out_port > 0 && (m->out_port <= OF_PORT_MAX || m->out_port >= OF_PORT_IN_PORT) &&
	       (m->out_group <= OF_GROUP_MAX || m->out_group == OF_GROUP_ANY);
}

/* Whether the monitor of the request's Ith entry is there when those before it are done. */
static bool is_there_then(struct conn *c, const struct of_monitor_request *r, unsigned i)
{
	for (unsigned j = i; j-- > 0;) {
		if (r->monitors[j].monitor_id == r->monitors[i].monitor_id)
			return r->monitors[j].command != OF_MONITOR_CMD_DELETE;
	}
	return monitor_find(c, r->monitors[i].monitor_id);
}

static int check_one(const struct of_monitor *m, bool is_there, unsigned n, struct of_error *err)
{
	bool is_add = m->command == OF_MONITOR_CMD_ADD;

	if (!is_add && !is_there)
		return bad(err, OFPMOFC_UNKNOWN_MONITOR);
	if (is_add && is_there)
		return bad(err, OFPMOFC_MONITOR_EXISTS);
	if (is_add && n >= MONITORS_MAX)
		return bad(err, OFPMOFC_UNKNOWN);
	if (m->command == OF_MONITOR_CMD_DELETE)
		return 0;
	if (m->table_id >= TABLES_N && m->table_id != OF_TABLE_ALL)
		return bad(err, OFPMOFC_BAD_TABLE_ID);
	return is_out(m) ? 0 : bad(err, OFPMOFC_BAD_OUT);
}

/* All of it, before anything is done. */
static int check(struct conn *c, const struct of_monitor_request *r, struct of_error *err)
{
	unsigned n = c->monitors.n;

	for (unsigned i = 0; i < r->n; i++) {
		const struct of_monitor *m = &r->monitors[i];

		if (check_one(m, is_there_then(c, r, i), n, err) < 0)
			return -1;
		n += m->command == OF_MONITOR_CMD_ADD;
		n -= m->command == OF_MONITOR_CMD_DELETE;
	}
	return 0;
}

static void set(struct conn *c, const struct of_monitor *m)
{
	struct monitor *to = xcalloc(1, sizeof(*to));

	to->id = m->monitor_id;
	to->flags = m->flags;
	to->is_new = true;
	to->match = of_match_dup(&m->match);
	to->filter = (struct flow_filter){
		.table_id = m->table_id,
		.out_port = m->out_port,
		.out_group = m->out_group,
		.match = to->match,
	};
	to->test = xcalloc_lines(sizeof(*to->test));
	flow_test_init(to->test, &to->filter);
	list_insert(&c->monitors.list, &to->in_monitors);
	c->monitors.n++;
	c->monitors.form = m->form;
}

static void carry_out(struct conn *c, const struct of_monitor *m)
{
	struct monitor *old = monitor_find(c, m->monitor_id);

	if (old)
		monitor_remove(c, old);
	if (m->command != OF_MONITOR_CMD_DELETE)
		set(c, m);
}

/* --- the flows that are there already --- */

#define UPDATES_PER_MESSAGE 64

struct initial {
	struct dump dump;
	struct flow_walk walk;
	uint32_t xid;
	struct conn *c;
	struct of_flow_update updates[UPDATES_PER_MESSAGE];
	struct of_field_match fields[UPDATES_PER_MESSAGE][OF_N_FIELDS];
	unsigned n;
};

/* As many as fit into a message, by halving. */
static void flush(struct initial *in, bool more)
{
	unsigned at = 0, part = in->n;

	do {
		struct of_msg m = { .kind = OF_MONITOR_REPLY, .xid = in->xid };

		part = MIN_OF(part, in->n - at);
		m.monitor_reply = (struct of_monitor_reply){
			.more = more || at + part < in->n,
			.form = in->c->monitors.form,
			.n = part,
			.updates = in->updates + at,
		};
		if (conn_send(in->c, &m) == 0)
			at += part;
		else if (part > 1)
			part /= 2;
		else
			at++; /* a flow that is too long for a message */
	} while (at < in->n);
	in->n = 0;
}

static bool add_initial(void *ctx, const struct flow *f)
{
	struct initial *in = ctx;
	uint16_t flags;

	if (in->n == UPDATES_PER_MESSAGE) {
		flush(in, true);
		if (conn_is_full(in->c))
			return false;
	}
	if (in->c->monitors.is_paused && flow_serial(f) >= in->c->monitors.missed.serial)
		return true; /* told as added when the peer catches up */
	flags = monitors_flags(in->c, f, OF_MONITOR_INITIAL, true, MONITORS_NEW);
	if (!flags)
		return true;
	monitor_describe(f, OF_UPDATE_INITIAL, flags & OF_MONITOR_INSTRUCTIONS, in->fields[in->n],
			 &in->updates[in->n]);
	in->n++;
	return true;
}

/* Those that are gathered at the end of a step are told before it ends: flows may go between. */
static bool initial_step(struct conn *c, struct dump *dump)
{
	struct initial *in = container_of(dump, struct initial, dump);
	struct monitor *m;

	if (!flow_walk_step(&in->walk, c->dp->tables, DUMP_STEP_FLOWS, add_initial, in)) {
		if (in->n)
			flush(in, true);
		return false;
	}
	flush(in, false);
	LIST_FOREACH (m, &c->monitors.list, in_monitors)
		m->is_new = false;
	c->monitors.walk = NULL;
	return true;
}

static void tell_initial(struct conn *c, uint32_t xid)
{
	struct initial *in = xcalloc(1, sizeof(*in));
	bool is_wanted = false;
	struct monitor *m;

	LIST_FOREACH (m, &c->monitors.list, in_monitors)
		is_wanted |= m->is_new && m->flags & OF_MONITOR_INITIAL;
	in->dump.step = initial_step;
	in->c = c;
	in->xid = xid;
	in->walk.filter = (struct flow_filter){
		.table_id = OF_TABLE_ALL,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
	};
	if (!is_wanted)
		in->walk.table_id = TABLES_N; /* nothing to walk through */
	c->monitors.walk = &in->walk;
	dump_start(c, &in->dump);
}

static int handle_request(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const struct of_monitor_request *r = &m->monitor_request;

	if (check(c, r, err) < 0)
		return -1;
	for (unsigned i = 0; i < r->n; i++)
		carry_out(c, &r->monitors[i]);
	if (c->monitors.n)
		monitors_attach(c->dp);
	tell_initial(c, m->xid);
	return 0;
}

static const struct of_handler monitor_request = { OF_MONITOR_REQUEST, .handle = handle_request };
REGISTRY_ADD(of_handler, monitor_request);

static int handle_cancel(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct monitor *monitor = monitor_find(c, m->monitor_cancel.monitor_id);

	if (!monitor)
		return bad(err, OFPMOFC_UNKNOWN_MONITOR);
	monitor_remove(c, monitor);
	return 0;
}

static const struct of_handler monitor_cancel = { OF_MONITOR_CANCEL, .handle = handle_cancel };
REGISTRY_ADD(of_handler, monitor_cancel);
