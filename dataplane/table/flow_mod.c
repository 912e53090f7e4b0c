/* Flow-mods (OF 1.3.5 section 6.4). */

#include "dataplane/table/tables_priv.h"

#include <stdlib.h>
#include <openflow/openflow-1.1.h>
#include <openflow/openflow-common.h>
#include "proto/openflow/numbers.h"

#define KNOWN_FLAGS                                                                                \
	(OF_FLOW_SEND_REMOVED | OF_FLOW_CHECK_OVERLAP | OF_FLOW_RESET_COUNTS |                     \
	 OF_FLOW_NO_PACKET_COUNTS | OF_FLOW_NO_BYTE_COUNTS)

static int fail(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_FLOW_MOD_FAILED, code);
}

static bool overlaps_other(const struct table *table, const struct of_flow_mod *fm)
{
	const struct flow *f;

	LIST_FOREACH (f, &table->flows, node)
		if (f->rule->priority == fm->priority &&
		    of_match_overlaps(f->rule->of_match, &fm->match))
			return true;
	return false;
}

/* The counters of a new flow: those of the one that it replaces, unless they are to be reset. */
static struct flow_slot *counts_for(struct tables *t, const struct flow *replaced)
{
	return replaced ? flow_slot_ref(replaced->rule->counts) : flow_slot_create(t->counters);
}

static struct counter base_for(struct tables *t, const struct of_flow_mod *fm, const struct rule *r,
			       const struct flow *replaced, uint64_t now_ns)
{
	struct counter base;

	if (replaced && !(fm->flags & OF_FLOW_RESET_COUNTS))
		base = replaced->base;
	else
		base = counters_sum(t->counters, r->slot);
	base.used_ns = now_ns;
	return base;
}

/* Priority descending, of equal ones the oldest first. */
static uint64_t rank_of(uint16_t priority, uint64_t serial)
{
	return (uint64_t)(0xffff - priority) << 48 | serial;
}

static int flow_add(struct tables *t, const struct of_flow_mod *fm, uint64_t now_ns,
		    struct of_error *err)
{
	struct table *table = &t->tables[fm->table_id];
	struct flow *old, *f;
	struct flow_slot *counts;
	struct rule *rule;

	if (fm->flags & OF_FLOW_CHECK_OVERLAP && overlaps_other(table, fm))
		return fail(err, OFPFMFC_OVERLAP);
	old = tables_find(t, fm->table_id, &fm->match, fm->priority);
	if (!old && table->n_flows >= t->max_flows_per_table)
		return fail(err, OFPFMFC_TABLE_FULL);
	counts = counts_for(t, old);
	if (!counts)
		return fail(err, OFPFMFC_TABLE_FULL);
	rule = rule_create(&fm->match, fm->priority, fm->table_id, fm->cookie, &fm->instructions,
			   counts, err);
	if (!rule) {
		flow_slot_unref(counts);
		return -1;
	}
	f = xcalloc(1, sizeof(*f));
	f->rule = rule;
	f->idle_timeout = fm->idle_timeout;
	f->hard_timeout = fm->hard_timeout;
	f->flags = fm->flags;
	f->created_ns = now_ns;
	f->base = base_for(t, fm, rule, old, now_ns);
	f->serial = ++t->serial;
	rule->rank = rank_of(rule->priority, f->serial);
	if (old)
		journal_removed(t, old, -1);
	journal_added(t, f);
	return 0;
}

static int flow_modify(struct tables *t, struct flow *f, const struct of_flow_mod *fm,
		       struct of_error *err)
{
	struct flow_slot *counts = flow_slot_ref(f->rule->counts);
	struct rule *old = f->rule, *rule;

	rule = rule_create(old->of_match, old->priority, old->table_id, old->cookie,
			   &fm->instructions, counts, err);
	if (!rule) {
		flow_slot_unref(counts);
		return -1;
	}
	rule->rank = old->rank;
	journal_modified(t, f, rule);
	if (fm->flags & OF_FLOW_RESET_COUNTS) {
		uint64_t used_ns = f->base.used_ns;

		f->base = counters_sum(t->counters, rule->slot);
		f->base.used_ns = used_ns;
	}
	return 0;
}

static bool has_cookie(const struct flow *f, const struct of_flow_mod *fm)
{
	return ((f->rule->cookie ^ fm->cookie) & fm->cookie_mask) == 0;
}

static int modify_strict(struct tables *t, const struct of_flow_mod *fm, struct of_error *err)
{
	struct flow *f = tables_find(t, fm->table_id, &fm->match, fm->priority);

	return f && has_cookie(f, fm) ? flow_modify(t, f, fm, err) : 0;
}

static struct flow_filter filter_of(const struct of_flow_mod *fm)
{
	return (struct flow_filter){
		.table_id = fm->table_id,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
		.cookie = fm->cookie,
		.cookie_mask = fm->cookie_mask,
		.match = &fm->match,
	};
}

static int modify_loose(struct tables *t, const struct of_flow_mod *fm, struct of_error *err)
{
	struct flow_filter filter = filter_of(fm);
	struct flow *f;

	LIST_FOREACH (f, &t->tables[fm->table_id].flows, node)
		if (flow_passes(f, &filter) && flow_modify(t, f, fm, err) < 0)
			return -1;
	return 0;
}

static void delete_strict(struct tables *t, uint8_t table_id, const struct of_flow_mod *fm,
			  const struct flow_filter *filter)
{
	struct flow *f = tables_find(t, table_id, &fm->match, fm->priority);

	if (f && flow_passes(f, filter))
		journal_removed(t, f, OFPRR_DELETE);
}

static void delete_loose(struct tables *t, uint8_t table_id, const struct flow_filter *filter)
{
	struct flow *f, *next;

	LIST_FOREACH_SAFE (f, next, &t->tables[table_id].flows, node)
		if (flow_passes(f, filter))
			journal_removed(t, f, OFPRR_DELETE);
}

static void flow_delete(struct tables *t, const struct of_flow_mod *fm)
{
	struct flow_filter filter = filter_of(fm);
	unsigned first = fm->table_id == OF_TABLE_ALL ? 0 : fm->table_id;
	unsigned last = fm->table_id == OF_TABLE_ALL ? TABLES_N - 1 : fm->table_id;

	filter.out_port = fm->out_port;
	filter.out_group = fm->out_group;
	for (unsigned id = first; id <= last; id++) {
		if (fm->command == OFPFC_DELETE_STRICT)
			delete_strict(t, id, fm, &filter);
		else
			delete_loose(t, id, &filter);
	}
}

static int check(const struct of_flow_mod *fm, struct of_error *err)
{
	bool is_delete = fm->command == OFPFC_DELETE || fm->command == OFPFC_DELETE_STRICT;

	if (fm->command > OFPFC_DELETE_STRICT)
		return fail(err, OFPFMFC_BAD_COMMAND);
	if (fm->flags & ~KNOWN_FLAGS)
		return fail(err, OFPFMFC_BAD_FLAGS);
	if (fm->table_id >= TABLES_N && !(is_delete && fm->table_id == OF_TABLE_ALL))
		return fail(err, OFPFMFC_BAD_TABLE_ID);
	return 0;
}

static int apply(struct tables *t, const struct of_flow_mod *fm, uint64_t now_ns,
		 struct of_error *err)
{
	switch (fm->command) {
	case OFPFC_ADD:
		return flow_add(t, fm, now_ns, err);
	case OFPFC_MODIFY:
		return modify_loose(t, fm, err);
	case OFPFC_MODIFY_STRICT:
		return modify_strict(t, fm, err);
	default:
		flow_delete(t, fm);
		return 0;
	}
}

int tables_flow_mod(struct tables *t, const struct of_flow_mod *fm, uint64_t now_ns,
		    struct of_error *err)
{
	unsigned n_before = t->n_changes;

	if (check(fm, err) < 0)
		return -1;
	if (apply(t, fm, now_ns, err) < 0) {
		journal_undo(t, n_before);
		return -1;
	}
	if (!t->is_in_transaction)
		journal_commit(t, now_ns);
	return 0;
}
