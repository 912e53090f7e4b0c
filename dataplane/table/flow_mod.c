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

/* The counter slot of a new flow: that of the one that it replaces.  *BASE: what it counts from.
 * -1: there are no more slots. */
static int64_t slot_for(struct tables *t, const struct of_flow_mod *fm, const struct flow *replaced,
			struct counter *base)
{
	uint32_t slot;

	if (!replaced)
		return counters_take_slot_from(t->counters, base);
	slot = replaced->rule->slot;
	counters_ref_slot(t->counters, slot);
	*base = fm->flags & OF_FLOW_RESET_COUNTS ? counters_sum(t->counters, slot) : replaced->base;
	return slot;
}

/* Priority descending, of equal ones the oldest first. */
static uint64_t rank_of(uint16_t priority, uint64_t serial)
{
	return (uint64_t)(0xffff - priority) << 48 | serial;
}

static struct flow *create(struct tables *t, const struct of_flow_mod *fm, struct rule *rule,
			   const struct counter *base, uint64_t now_ns)
{
	struct flow *f = flow_create(t);

	f->rule = rule;
	f->idle_timeout = fm->idle_timeout;
	f->hard_timeout = fm->hard_timeout;
	f->flags = fm->flags;
	f->importance = fm->importance;
	f->created_ns = now_ns;
	f->base = *base;
	f->base.used_ns = now_ns;
	rule->rank = rank_of(rule_priority(rule), ++t->serial);
	return f;
}

/* There is one flow more to come into the table. */
static int make_room(struct tables *t, const struct of_flow_mod *fm, struct of_error *err)
{
	struct table *table = &t->tables[fm->table_id];

	while (table->n_flows >= table->max_flows)
		if (!table->max_flows || !eviction_make_room(t, fm->table_id, fm->importance))
			return fail(err, OFPFMFC_TABLE_FULL);
	return 0;
}

static int add_key(struct tables *t, const struct of_flow_mod *fm, struct match_key *k,
		   uint64_t now_ns, struct of_error *err)
{
	struct flow *old = tables_find_key(t, k);
	struct counter base;
	int64_t slot = slot_for(t, fm, old, &base);
	struct rule *rule;

	if (slot < 0)
		return fail(err, OFPFMFC_TABLE_FULL);
	rule = rule_create(t, fm, k, slot, err);
	if (!rule) {
		counters_give_slot(t->counters, slot);
		return -1;
	}
	if (!old && make_room(t, fm, err) < 0) {
		rule_free(t, rule);
		return -1;
	}
	if (old)
		journal_removed(t, old, -1);
	journal_added(t, create(t, fm, rule, &base, now_ns));
	return 0;
}

static int flow_add(struct tables *t, const struct of_flow_mod *fm, uint64_t now_ns,
		    struct of_error *err)
{
	struct match_key k;
	int rc;

	if (fm->flags & OF_FLOW_CHECK_OVERLAP &&
	    tables_overlaps(t, fm->table_id, &fm->match, fm->priority))
		return fail(err, OFPFMFC_OVERLAP);
	if (match_key_init(&k, t, fm->table_id, &fm->match, fm->priority, err) < 0)
		return -1;
	rc = add_key(t, fm, &k, now_ns, err);
	match_key_fini(&k, t);
	return rc;
}

static int flow_modify(struct tables *t, struct flow *f, const struct of_flow_mod *fm,
		       struct of_error *err)
{
	struct rule *rule = rule_with(t, f->rule, &fm->instructions, err);

	if (!rule)
		return -1;
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
	struct sorted_at at = sorted_from(&t->tables[fm->table_id].sorted, 0);
	struct flow_filter filter = filter_of(fm);
	struct flow_test test;
	struct flow *f;

	flow_test_init(&test, &filter);
	while ((f = sorted_next(&at)))
		if (flow_passes(&test, f->rule) && flow_modify(t, f, fm, err) < 0)
			return -1;
	return 0;
}

static void delete_strict(struct tables *t, uint8_t table_id, const struct of_flow_mod *fm,
			  struct flow_test *test)
{
	struct flow *f = tables_find(t, table_id, &fm->match, fm->priority);

	if (f && flow_passes(test, f->rule))
		journal_removed(t, f, OFPRR_DELETE);
}

static void delete_loose(struct tables *t, uint8_t table_id, struct flow_test *test)
{
	const struct sorted *s = &t->tables[table_id].sorted;
	struct sorted_at at = sorted_from(s, 0);
	struct flow *f;

	while ((f = sorted_next(&at))) {
		uint64_t rank = f->rule->rank;

		if (!flow_passes(test, f->rule))
			continue;
		journal_removed(t, f, OFPRR_DELETE);
		at = sorted_from(s, rank);
	}
}

static void flow_delete(struct tables *t, const struct of_flow_mod *fm)
{
	struct flow_filter filter = filter_of(fm);
	struct flow_test test;
	unsigned first = fm->table_id == OF_TABLE_ALL ? 0 : fm->table_id;
	unsigned last = fm->table_id == OF_TABLE_ALL ? TABLES_N - 1 : fm->table_id;

	filter.out_port = fm->out_port;
	filter.out_group = fm->out_group;
	flow_test_init(&test, &filter);
	for (unsigned id = first; id <= last; id++) {
		if (fm->command == OFPFC_DELETE_STRICT)
			delete_strict(t, id, fm, &test);
		else
			delete_loose(t, id, &test);
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
	bool may_exceed = t->is_in_transaction || fm->command == OFPFC_DELETE ||
			  fm->command == OFPFC_DELETE_STRICT;
	unsigned n_before = t->n_changes;

	if (check(fm, err) < 0)
		return -1;
	if (apply(t, fm, now_ns, err) < 0 || (!may_exceed && tables_check_budget(t, err) < 0)) {
		journal_undo(t, n_before);
		return -1;
	}
	if (!t->is_in_transaction)
		journal_commit(t, now_ns);
	return 0;
}
