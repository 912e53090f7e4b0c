/* The switch's flows become the desired ones, by differences.
 *
 *	changed keys -> flow_diff -> batches of flow-mods -> barrier -> installed := desired
 *
 * A batch goes as one bundle.  If the switch refuses any of it, the same batch goes once more as
 * single flow-mods in the order that flow_diff gives, so that each refusal can be told by the
 * flow that caused it and the others take effect. */

#include "controller/southbound/southbound_priv.h"

#include <stdlib.h>

#include <openflow/openflow-1.4.h>
#include "controller/flows/cookie.h"
#include "controller/flows/layout.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

/* A switch holds a whole bundle in memory; so do we until it reads it.  What is more than this is
 * not changed at once. */
#define MAX_BATCH     65536
/* Time that a switch has for each flow of a batch, beyond what it has for any request. */
#define NS_PER_CHANGE (100 * NS_PER_US)
#define BUNDLE_ID     1

struct flow_entry *sb_flow_of_stats(const struct of_flow_stats *s)
{
	return flow_entry_create(s->table_id, s->priority, s->cookie, &s->match, &s->instructions);
}

static struct flow_set *set_of(const struct sb_conn *c)
{
	return flow_sets_get(c->sb->options.sets, c->fact.datapath_id);
}

static void tell_refused(struct sb_conn *c, uint64_t cookie, const char *why)
{
	const struct southbound_events *ev = c->sb->options.events;

	if (ev && ev->refused)
		ev->refused(c->sb->options.arg, c->fact.datapath_id, cookie, why);
}

static void forget_refusal(struct sb_conn *c, const struct flow_entry *key)
{
	struct flow_entry *f = flow_map_find(&c->refused, key);
	uint64_t cookie;

	if (!f)
		return;
	cookie = f->cookie;
	flow_map_remove(&c->refused, key);
	tell_refused(c, cookie, NULL);
}

/* Sending. */

static void put_bundle_ctrl(struct sb_conn *c, uint16_t type, uint32_t *xid)
{
	*xid = sb_conn_put(
		c, &(struct of_msg){ .kind = OF_BUNDLE_CTRL,
				     .bundle_ctrl = { .bundle_id = BUNDLE_ID,
						      .type = type,
						      .flags = OFPBF_ATOMIC | OFPBF_ORDERED } });
}

static void put_mod_in_bundle(struct sb_conn *c, struct of_msg *mod, struct buf *scratch)
{
	mod->version = OF_VERSION_1_3;
	mod->xid = ++c->next_xid;
	buf_clear(scratch);
	of_msg_encode(mod, scratch);
	sb_conn_put(c, &(struct of_msg){ .kind = OF_BUNDLE_ADD,
					 .xid = mod->xid,
					 .bundle_add = { .bundle_id = BUNDLE_ID,
							 .flags = OFPBF_ATOMIC | OFPBF_ORDERED,
							 .inner = scratch->data,
							 .inner_size = scratch->size } });
}

static void put_mods(struct sb_conn *c)
{
	struct buf scratch = BUF_INIT;

	c->batch.first_mod_xid = c->next_xid + 1;
	for (size_t i = 0; i < c->batch.n; i++) {
		struct of_msg mod = { .kind = OF_FLOW_MOD };

		flow_change_mod(&c->changes.list[c->batch.first + i], &mod.flow_mod);
		if (c->batch.is_bundle)
			put_mod_in_bundle(c, &mod, &scratch);
		else
			sb_conn_put(c, &mod);
	}
	c->sb->counters.n_flow_mods += c->batch.n;
	buf_fini(&scratch);
}

static void send_batch(struct sb_conn *c, bool is_bundle)
{
	struct sb_batch *b = &c->batch;

	b->is_active = true;
	b->is_bundle = is_bundle;
	b->is_committed = b->is_failed = false;
	b->open_xid = b->commit_xid = 0;
	b->sent_ns = loop_now_ns(c->sb->options.loop);
	if (is_bundle)
		put_bundle_ctrl(c, OFPBCT_OPEN_REQUEST, &b->open_xid);
	put_mods(c);
	if (is_bundle) {
		put_bundle_ctrl(c, OFPBCT_COMMIT_REQUEST, &b->commit_xid);
		c->sb->counters.n_bundles++;
	}
	b->barrier_xid = sb_conn_put(c, &(struct of_msg){ .kind = OF_BARRIER_REQUEST });
	c->sb->counters.n_barriers++;
	sb_conn_flush(c);
}

/* Everything that was desired when the changes were made is installed or refused. */
static void changes_done(struct sb_conn *c)
{
	const struct southbound_events *ev = c->sb->options.events;

	flow_changes_fini(&c->changes);
	c->n_changes_done = 0;
	if (flow_set_generation(set_of(c)) == c->generation)
		sb_meters_tidy(c, set_of(c));
	if (ev && ev->acknowledged)
		ev->acknowledged(c->sb->options.arg, c->fact.datapath_id, c->generation);
	if (!c->is_dead && !c->is_synced) {
		c->is_synced = true;
		if (ev && ev->synced)
			ev->synced(c->sb->options.arg, c->fact.datapath_id, true);
	}
	if (!c->is_dead &&
	    (flow_map_n(&c->keys) || flow_set_generation(set_of(c)) != c->generation))
		sb_sync_soon(c);
}

static void send_next_batch(struct sb_conn *c)
{
	size_t left = c->changes.n - c->n_changes_done;

	if (!left && !c->is_barrier_due) {
		changes_done(c);
		return;
	}
	c->is_barrier_due = false;
	c->batch.first = c->n_changes_done;
	c->batch.n = MIN_OF(left, MAX_BATCH);
	/* One flow-mod is atomic by itself. */
	send_batch(c, c->batch.n > 1 && !c->has_no_bundles);
}

/* Comparing. */

static void collect_keys(struct sb_conn *c)
{
	struct flow_map changed;

	flow_set_take_changed(set_of(c), &changed);
	HMAP_FOREACH (n, &changed.nodes)
		flow_map_put(&c->keys, flow_map_at(n));
	flow_map_fini(&changed);
}

static void forget_changed_refusals(struct sb_conn *c, const struct flow_map *keys)
{
	if (!flow_map_n(&c->refused))
		return;
	HMAP_FOREACH (n, &keys->nodes)
		forget_refusal(c, flow_map_at(n));
}

static void compare(struct sb_conn *c)
{
	struct flow_set *set = set_of(c);
	struct flow_map keys;

	collect_keys(c);
	keys = c->keys;
	c->keys = FLOW_MAP_INIT;
	c->generation = flow_set_generation(set);
	if (c->is_all_due)
		flow_diff(flow_set_desired(set), &c->installed, &c->changes);
	else
		flow_diff_keys(flow_set_desired(set), &c->installed, &keys, &c->changes);
	c->is_all_due = false;
	forget_changed_refusals(c, &keys);
	flow_map_fini(&keys);
	sb_meters_send(c, set);
	send_next_batch(c);
}

static void on_flush(struct timer *t, void *arg)
{
	struct sb_conn *c = arg;

	(void)t;
	sb_conn_hold(c);
	if (!c->batch.is_active && !c->changes.n)
		compare(c);
	sb_conn_release(c);
}

/* While changes are under way the next ones gather; changes_done() comes back here. */
void sb_sync_soon(struct sb_conn *c)
{
	/* Flows that are stated because it connected: not open yet, and then all is due. */
	if (!c->flush.fire)
		return;
	if (c->batch.is_active || c->changes.n) {
		collect_keys(c);
		return;
	}
	if (!timer_is_armed(&c->flush))
		timer_arm(c->sb->options.loop, &c->flush, 0);
}

void sb_sync_init(struct sb_conn *c)
{
	c->is_all_due = true;
	timer_init(&c->flush, on_flush, c);
}

/* Answers. */

static bool is_mod_xid(const struct sb_batch *b, uint32_t xid)
{
	return b->is_active && xid - b->first_mod_xid < b->n;
}

static bool is_refused(const struct sb_conn *c, const struct flow_change *change)
{
	return change->want && flow_map_find(&c->refused, change->want) == change->want;
}

static void install_batch(struct sb_conn *c)
{
	for (size_t i = 0; i < c->batch.n; i++) {
		const struct flow_change *change = &c->changes.list[c->batch.first + i];

		if (!change->want)
			flow_map_remove(&c->installed, change->have);
		else if (!is_refused(c, change))
			flow_map_put(&c->installed, change->want);
	}
}

static void barrier_reply(struct sb_conn *c)
{
	struct sb_batch *b = &c->batch;

	b->is_active = false;
	if (b->is_bundle && (b->is_failed || !b->is_committed)) {
		send_batch(c, false);
		return;
	}
	install_batch(c);
	c->n_changes_done += b->n;
	send_next_batch(c);
}

/* Why, for a person who knows the API: the flow is in it, because only its author can tell more. */
static void refused(struct sb_conn *c, struct flow_entry *f, const struct of_error *e)
{
	struct buf text = BUF_INIT;
	char name[128];
	const char *app = layout_app_name(cookie_app(f->cookie));

	buf_printf(&text, "switch %s refuses a flow of %s with %s: ", c->fact.name,
		   app ? app : "an unknown app", of_error_name(e, name, sizeof(name)));
	flow_entry_print(f, &text);
	text.size--; /* the newline */
	log_warn("%s", buf_str(&text));
	flow_map_put(&c->refused, f);
	tell_refused(c, f->cookie, buf_str(&text));
	buf_fini(&text);
}

static bool mod_error(struct sb_conn *c, const struct of_msg *m)
{
	struct sb_batch *b = &c->batch;
	const struct flow_change *change;

	c->sb->counters.n_errors++;
	if (b->is_bundle) {
		b->is_failed = true;
		return true;
	}
	change = &c->changes.list[b->first + (m->xid - b->first_mod_xid)];
	if (!change->want)
		return false;
	if (!is_refused(c, change))
		refused(c, change->want, &m->error.error);
	return true;
}

static bool handle_error(struct sb_conn *c, const struct of_msg *m)
{
	struct sb_batch *b = &c->batch;

	if (is_mod_xid(b, m->xid))
		return mod_error(c, m);
	if (sb_meters_error(m))
		return true;
	if (!b->is_active || !b->is_bundle)
		return false;
	if (m->xid == b->open_xid) {
		log_info("switch %s has no bundles", c->fact.name);
		c->has_no_bundles = true;
	} else if (m->xid != b->commit_xid) {
		return false;
	}
	b->is_failed = true;
	return true;
}

/* A flow of ours is gone though nobody here deleted it, or it is the echo of a deletion. */
static void flow_removed(struct sb_conn *c, const struct of_flow_removed *fr)
{
	struct of_instructions none = { 0 };
	struct flow_entry *key =
		flow_entry_create(fr->table_id, fr->priority, fr->cookie, &fr->match, &none);

	flow_map_remove(&c->installed, key);
	if (flow_map_find(flow_set_desired(set_of(c)), key)) {
		flow_map_put(&c->keys, key);
		if (!c->batch.is_active && !c->changes.n)
			sb_sync_soon(c);
	}
	flow_entry_unref(key);
}

bool sb_sync_handle(struct sb_conn *c, const struct of_msg *m)
{
	struct sb_batch *b = &c->batch;

	switch ((int)m->kind) {
	case OF_BARRIER_REPLY:
		if (b->is_active && m->xid == b->barrier_xid)
			barrier_reply(c);
		return true;
	case OF_BUNDLE_CTRL:
		if (b->is_active && m->xid == b->commit_xid &&
		    m->bundle_ctrl.type == OFPBCT_COMMIT_REPLY)
			b->is_committed = true;
		return true;
	case OF_FLOW_REMOVED:
		flow_removed(c, &m->flow_removed);
		return true;
	case OF_ERROR:
		return handle_error(c, m);
	default:
		return false;
	}
}

void sb_sync_tick(struct sb_conn *c)
{
	uint64_t now_ns = loop_now_ns(c->sb->options.loop);

	if (c->batch.is_active && now_ns - c->batch.sent_ns >= c->sb->options.timing.request_ns +
								       c->batch.n * NS_PER_CHANGE)
		sb_conn_lost(c, "it does not answer a barrier");
}

void sb_sync_close(struct sb_conn *c)
{
	const struct southbound_events *ev = c->sb->options.events;

	HMAP_FOREACH (n, &c->refused.nodes)
		tell_refused(c, flow_map_at(n)->cookie, NULL);
	if (c->is_synced && ev && ev->synced)
		ev->synced(c->sb->options.arg, c->fact.datapath_id, false);
}
