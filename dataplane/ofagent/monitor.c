#include "dataplane/ofagent/monitor.h"

#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/monitor_priv.h"
#include "proto/openflow/numbers.h"

/* A flow by its place, which it keeps when it is modified. */
struct modified {
	struct hmap_node by_place;
	uint8_t table_id;
	uint64_t rank;
};

void monitors_init(struct monitors *ms)
{
	*ms = (struct monitors){ 0 };
	list_init(&ms->list);
}

static void forget(struct missed *missed)
{
	HMAP_FOREACH_SAFE (n, &missed->modified) {
		hmap_remove(&missed->modified, n);
		free(container_of(n, struct modified, by_place));
	}
	hmap_fini(&missed->modified);
	*missed = (struct missed){ .modified = HMAP_INIT };
}

void monitors_fini(struct conn *c)
{
	while (!list_is_empty(&c->monitors.list))
		monitor_remove(c, container_of(c->monitors.list.next, struct monitor, in_monitors));
	forget(&c->monitors.missed);
	forget(&c->monitors.again);
}

void monitor_remove(struct conn *c, struct monitor *m)
{
	c->monitors.n--;
	list_remove(&m->in_monitors);
	free(m->test);
	free(m->match);
	free(m);
}

struct monitor *monitor_find(struct conn *c, uint32_t id)
{
	struct monitor *m;

	LIST_FOREACH (m, &c->monitors.list, in_monitors) {
		if (m->id == id)
			return m;
	}
	return NULL;
}

/* --- one flow, as the monitors see it --- */

static uint64_t hash_place(const struct flow *f)
{
	uint64_t place[2] = { f->rule->table_id, f->rule->rank };

	return hash_bytes(place, sizeof(place));
}

static struct modified *find_modified(const struct missed *missed, const struct flow *f)
{
	HMAP_FOREACH_HASH (n, &missed->modified, hash_place(f)) {
		struct modified *m = container_of(n, struct modified, by_place);

		if (m->table_id == f->rule->table_id && m->rank == f->rule->rank)
			return m;
	}
	return NULL;
}

static void note_modified(struct missed *missed, const struct flow *f)
{
	struct modified *m;

	if (missed->has_lost_modified || find_modified(missed, f))
		return;
	if (missed->modified.n == MONITORS_MAX_MODIFIED) {
		missed->has_lost_modified = true;
		return;
	}
	m = xcalloc(1, sizeof(*m));
	m->table_id = f->rule->table_id;
	m->rank = f->rule->rank;
	hmap_insert(&missed->modified, &m->by_place, hash_place(f));
}

static bool watches(struct monitor *m, const struct flow *f)
{
	return (m->filter.table_id == OF_TABLE_ALL || m->filter.table_id == f->rule->table_id) &&
	       flow_passes(m->test, f->rule);
}

uint16_t monitors_flags(struct conn *c, const struct flow *f, uint16_t wanted, bool is_own,
			enum monitors_which which)
{
	struct monitor *m;
	uint16_t flags = 0;

	LIST_FOREACH (m, &c->monitors.list, in_monitors) {
		if (which != MONITORS_ALL && m->is_new != (which == MONITORS_NEW))
			continue;
		if (m->flags & wanted && (is_own || !(m->flags & OF_MONITOR_ONLY_OWN)) &&
		    watches(m, f))
			flags |= m->flags;
	}
	return flags;
}

static void send_update(struct conn *c, uint32_t xid, struct of_flow_update *u)
{
	struct of_msg m = { .kind = OF_MONITOR_REPLY, .xid = xid };

	m.monitor_reply.form = c->monitors.form;
	m.monitor_reply.n = 1;
	m.monitor_reply.updates = u;
	conn_send(c, &m);
}

void monitor_describe(const struct flow *f, uint8_t event, bool with_instructions,
		      struct of_field_match *fields, struct of_flow_update *out)
{
	*out = (struct of_flow_update){
		.event = event,
		.table_id = f->rule->table_id,
		.idle_timeout = f->idle_timeout,
		.hard_timeout = f->hard_timeout,
		.priority = rule_priority(f->rule),
		.cookie = f->rule->cookie,
	};
	rule_match(f->rule, fields, &out->match);
	if (with_instructions)
		out->instructions = *rule_instructions(f->rule);
}

static void tell(struct conn *c, const struct flow *f, uint8_t event, uint8_t reason,
		 uint16_t flags)
{
	struct of_field_match fields[OF_N_FIELDS];
	struct of_flow_update u;

	monitor_describe(f, event, flags & OF_MONITOR_INSTRUCTIONS, fields, &u);
	u.reason = reason;
	send_update(c, 0, &u);
}

/* --- changes --- */

/* In the form of messages of their own, or as an update. */
static void send_state(struct conn *c, enum of_kind kind, uint8_t event)
{
	struct of_msg m = { .kind = kind };

	m.monitor_cancel.form = c->monitors.form;
	if (c->monitors.form == OF_MONITOR_STANDARD)
		send_update(c, 0, &(struct of_flow_update){ .event = event });
	else
		conn_send(c, &m);
}

static void pause_updates(struct conn *c, uint64_t serial)
{
	c->monitors.is_paused = true;
	c->monitors.missed.serial = serial;
	send_state(c, OF_MONITOR_PAUSED, OF_UPDATE_PAUSED);
}

/* While it is told what it missed, the peer falls behind again. */
static void begin_again(struct conn *c, uint64_t serial)
{
	c->monitors.is_again = true;
	c->monitors.again.serial = serial;
}

/* Only what was known to the peer and is gone is told at once. */
static void note(struct conn *c, struct missed *missed, const struct tables_event *e,
		 uint16_t flags)
{
	if (flow_serial(e->flow) >= missed->serial)
		return;
	if (e->event == OF_UPDATE_REMOVED)
		tell(c, e->flow, e->event, e->reason, flags);
	else if (e->event == OF_UPDATE_MODIFIED)
		note_modified(missed, e->flow);
}

static void tell_abbreviated(struct conn *c, uint32_t xid)
{
	struct monitors *ms = &c->monitors;

	if (ms->has_abbrev && ms->abbrev_xid == xid)
		return;
	ms->has_abbrev = true;
	ms->abbrev_xid = xid;
	send_update(c, 0, &(struct of_flow_update){ .event = OF_UPDATE_ABBREV, .xid = xid });
}

/* A flow that the dump under way has not come to yet: it will be met as it is then. */
static bool is_ahead(const struct flow_walk *walk, const struct flow *f)
{
	const struct rule *r = f->rule;

	return walk && (r->table_id > walk->table_id ||
			(r->table_id == walk->table_id && r->rank >= walk->rank));
}

/* The peer has read so much that it may be told what it missed. */
static bool has_room(const struct conn *c)
{
	return stream_pending(c->stream) <= CONN_PAUSE_BYTES / 2;
}

/* What is to remember E for later; NULL: it is told now.  SERIAL is of the newest flow. */
static struct missed *where_to_note(struct conn *c, const struct tables_event *e, bool is_ahead,
				    uint64_t serial)
{
	struct monitors *ms = &c->monitors;
	uint64_t next = e->event == OF_UPDATE_ADDED ? flow_serial(e->flow) : serial + 1;

	if (!ms->is_paused && conn_is_full(c))
		pause_updates(c, next);
	if (!ms->is_paused)
		return NULL;
	if (!ms->is_catching_up) {
		/* It may never have read all, when removals keep coming. */
		if (has_room(c))
			conn_continue(c);
		return &ms->missed;
	}
	if (!ms->is_again && !is_ahead && conn_is_full(c))
		begin_again(c, next);
	if (ms->is_again && (!is_ahead || flow_serial(e->flow) >= ms->again.serial))
		return &ms->again;
	return is_ahead ? &ms->missed : NULL;
}

static void on_event_of(struct conn *c, const struct tables_event *e, uint64_t serial)
{
	static const uint16_t wanted[] = {
		[OF_UPDATE_ADDED] = OF_MONITOR_ADD,
		[OF_UPDATE_REMOVED] = OF_MONITOR_REMOVED,
		[OF_UPDATE_MODIFIED] = OF_MONITOR_MODIFY,
	};
	bool is_own = e->author == c;
	bool ahead = is_ahead(c->monitors.walk, e->flow);
	uint16_t flags = monitors_flags(c, e->flow, wanted[e->event], is_own,
					ahead ? MONITORS_OLD : MONITORS_ALL);
	struct missed *missed;

	if (!flags)
		return;
	missed = where_to_note(c, e, ahead, serial);
	if (missed)
		note(c, missed, e, flags);
	else if (is_own && !(flags & OF_MONITOR_NO_ABBREV))
		tell_abbreviated(c, e->xid);
	else
		tell(c, e->flow, e->event, e->reason, flags);
}

static void on_change(void *ctx, const struct tables_event *e)
{
	struct datapath *dp = ctx;
	struct conn *c;

	dp->newest_serial = MAX_OF(dp->newest_serial, flow_serial(e->flow));
	LIST_FOREACH (c, &dp->conns, in_conns) {
		if (c->monitors.n && !c->doom)
			on_event_of(c, e, dp->newest_serial);
	}
}

static bool look_at_serial(void *ctx, const struct flow *f)
{
	uint64_t *newest = ctx;

	*newest = MAX_OF(*newest, flow_serial(f));
	return true;
}

static const struct flow_filter all_flows = {
	.table_id = OF_TABLE_ALL,
	.out_port = OF_PORT_ANY,
	.out_group = OF_GROUP_ANY,
};

void monitors_attach(struct datapath *dp)
{
	if (dp->is_watched)
		return;
	dp->is_watched = true;
	tables_each(dp->tables, &all_flows, look_at_serial, &dp->newest_serial);
	tables_on_change(dp->tables, on_change, dp);
}

void monitors_detach(struct datapath *dp)
{
	tables_on_change(dp->tables, NULL, NULL);
}

/* --- catching up --- */

struct catching_up {
	struct dump dump;
	struct flow_walk walk;
};

static bool catch_up_flow(void *ctx, const struct flow *f)
{
	struct conn *c = ctx;
	struct monitors *ms = &c->monitors;
	bool is_new = flow_serial(f) >= ms->missed.serial;
	uint16_t flags;

	if (conn_is_full(c))
		return false;
	if (ms->is_again && flow_serial(f) >= ms->again.serial)
		return true; /* in the next round */
	if (!is_new && !ms->missed.has_lost_modified && !find_modified(&ms->missed, f))
		return true;
	flags = monitors_flags(c, f, is_new ? OF_MONITOR_ADD : OF_MONITOR_MODIFY, true,
			       MONITORS_ALL);
	if (flags)
		tell(c, f, is_new ? OF_UPDATE_ADDED : OF_UPDATE_MODIFIED, 0, flags);
	return true;
}

/* The round is over: what is still missed is for the next. */
static void end_round(struct conn *c)
{
	struct monitors *ms = &c->monitors;

	ms->walk = NULL;
	ms->is_catching_up = false;
	forget(&ms->missed);
	if (ms->is_again) {
		ms->missed = ms->again;
		ms->again = (struct missed){ .modified = HMAP_INIT };
		ms->is_again = false;
		return;
	}
	ms->is_paused = false;
	ms->has_abbrev = false;
	send_state(c, OF_MONITOR_RESUMED, OF_UPDATE_RESUMED);
}

static bool catch_up_step(struct conn *c, struct dump *dump)
{
	struct catching_up *cu = container_of(dump, struct catching_up, dump);

	if (!flow_walk_step(&cu->walk, c->dp->tables, DUMP_STEP_FLOWS, catch_up_flow, c))
		return false;
	end_round(c);
	return true;
}

void monitors_catch_up(struct conn *c)
{
	struct catching_up *cu;

	if (!c->monitors.is_paused || c->dump || c->doom || !has_room(c))
		return;
	cu = xcalloc(1, sizeof(*cu));
	cu->dump.step = catch_up_step;
	cu->walk.filter = all_flows;
	c->monitors.walk = &cu->walk;
	c->monitors.is_catching_up = true;
	dump_start(c, &cu->dump);
}
