/* Transactions.  Changes are made at once and noted; undoing goes backwards through the notes,
 * committing forwards, freeing what is gone and telling of it.  A single flow-mod is a transaction
 * of its own. */

#include "dataplane/table/tables_priv.h"

#include <stdlib.h>
#include "proto/openflow/monitor.h"
#include "proto/openflow/numbers.h"

#define ROOM_KEPT 65536 /* changes; the memory for more is given back after a transaction */

static struct change *note(struct tables *t, enum change_kind kind, struct flow *f)
{
	struct change *c;

	if (t->n_changes == t->changes_room) {
		t->changes_room = t->changes_room ? t->changes_room * 2 : 64;
		t->changes = xrealloc(t->changes, t->changes_room * sizeof(*t->changes));
	}
	c = &t->changes[t->n_changes++];
	*c = (struct change){ .kind = kind, .flow = f, .author = t->author, .xid = t->author_xid };
	return c;
}

static void forget(struct tables *t)
{
	t->n_changes = 0;
	if (t->changes_room <= ROOM_KEPT)
		return;
	free(t->changes);
	t->changes = NULL;
	t->changes_room = 0;
}

void journal_added(struct tables *t, struct flow *f)
{
	tables_link(t, f);
	note(t, CHANGE_ADDED, f);
}

void journal_removed(struct tables *t, struct flow *f, int reason)
{
	tables_unlink(t, f);
	note(t, CHANGE_REMOVED, f)->reason = reason;
}

void journal_modified(struct tables *t, struct flow *f, struct rule *new_rule)
{
	struct change *c = note(t, CHANGE_MODIFIED, f);

	c->modified = xmalloc(sizeof(*c->modified));
	*c->modified = (struct modified){ f->rule, f->base };
	f->rule = new_rule;
	tables_touch(t, c->modified->rule, new_rule);
}

void tables_note(struct tables *t, const struct tables_undo *how, void *thing, void *old)
{
	struct change *c = note(t, CHANGE_NOTED, NULL);

	c->how = how;
	c->thing = thing;
	c->old = old;
}

static void undo_modified(struct tables *t, struct flow *f, struct modified *was)
{
	tables_touch(t, f->rule, was->rule);
	rule_retire(t, f->rule);
	f->rule = was->rule;
	f->base = was->base;
	free(was);
}

static void undo(struct tables *t, const struct change *c)
{
	switch (c->kind) {
	case CHANGE_NOTED:
		c->how->undo(t, c->thing, c->old);
		break;
	case CHANGE_ADDED:
		tables_unlink(t, c->flow);
		flow_destroy(t, c->flow);
		break;
	case CHANGE_REMOVED:
		tables_link(t, c->flow);
		break;
	case CHANGE_MODIFIED:
		undo_modified(t, c->flow, c->modified);
		break;
	}
}

void journal_undo(struct tables *t, unsigned n_kept)
{
	while (t->n_changes > n_kept)
		undo(t, &t->changes[--t->n_changes]);
	if (!n_kept)
		forget(t);
}

static void tell_removed(struct tables *t, const struct change *c, uint64_t now_ns)
{
	struct counter counts;

	if (c->reason < 0 || !t->removed || !(c->flow->flags & OF_FLOW_SEND_REMOVED))
		return;
	counts = flow_counts(t, c->flow);
	t->removed(t->removed_ctx, c->flow, c->reason, &counts, now_ns);
}

/* One flow that replaces another is told as added. */
static void tell_changed(struct tables *t, const struct change *c)
{
	static const uint8_t events[] = {
		[CHANGE_ADDED] = OF_UPDATE_ADDED,
		[CHANGE_REMOVED] = OF_UPDATE_REMOVED,
		[CHANGE_MODIFIED] = OF_UPDATE_MODIFIED,
	};

	if (!t->changed || (c->kind == CHANGE_REMOVED && c->reason < 0))
		return;
	t->changed(t->changed_ctx, &(struct tables_event){
					   .event = events[c->kind],
					   .reason = c->kind == CHANGE_REMOVED ? c->reason : 0,
					   .flow = c->flow,
					   .author = c->author,
					   .xid = c->xid,
				   });
}

static void commit(struct tables *t, const struct change *c, uint64_t now_ns)
{
	if (c->kind == CHANGE_NOTED) {
		c->how->commit(t, c->thing, c->old, now_ns);
		return;
	}
	tell_changed(t, c);
	if (c->kind == CHANGE_MODIFIED) {
		rule_retire(t, c->modified->rule);
		free(c->modified);
	} else if (c->kind == CHANGE_REMOVED) {
		tell_removed(t, c, now_ns);
		flow_destroy(t, c->flow);
	}
}

void journal_commit(struct tables *t, uint64_t now_ns)
{
	for (unsigned i = 0; i < t->n_changes; i++)
		commit(t, &t->changes[i], now_ns);
	forget(t);
	if (learned_sweep(t)) {
		journal_commit(t, now_ns);
		return;
	}
	vacancy_check(t);
	budget_committed(t);
	tables_clean(t, 2); /* more than one change leaves behind, so garbage does not pile up */
}

void tables_settle(struct tables *t, uint64_t now_ns)
{
	if (!t->is_in_transaction)
		journal_commit(t, now_ns);
}

void tables_begin(struct tables *t)
{
	assert(!t->is_in_transaction);
	t->is_in_transaction = true;
}

void tables_commit(struct tables *t, uint64_t now_ns)
{
	t->is_in_transaction = false;
	journal_commit(t, now_ns);
}

void tables_rollback(struct tables *t)
{
	t->is_in_transaction = false;
	journal_undo(t, 0);
}

void tables_on_change(struct tables *t, tables_changed_cb cb, void *ctx)
{
	t->changed = cb;
	t->changed_ctx = ctx;
}

void tables_set_author(struct tables *t, const void *author, uint32_t xid)
{
	t->author = author;
	t->author_xid = xid;
}
