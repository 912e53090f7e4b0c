/* The border between ingress and egress tables (egress.h). */

#include "dataplane/table/egress.h"

#include "dataplane/action/action_extension.h"
#include "dataplane/table/tables_priv.h"
#include "proto/openflow/numbers.h"

uint8_t tables_first_egress(const struct tables *t)
{
	return t->named->actions.first_egress;
}

static bool is_egress(uint8_t first, uint8_t table_id)
{
	return first && table_id >= first;
}

bool tables_may_go(const struct tables *t, uint8_t table_id, uint8_t to)
{
	uint8_t first = tables_first_egress(t);

	return is_egress(first, table_id) == is_egress(first, to);
}

/* Whether a resubmit of P, of a flow of table ID, would cross a border at FIRST. */
static bool resubmits_across(const struct action_program *p, uint8_t id, uint8_t first)
{
	for (unsigned i = 0; p && i < p->n_ops; i++) {
		const struct action_op *op = &p->ops[i];

		if (op->kind == ACTION_RESUBMIT && op->resubmit.table != OF_TABLE_ALL &&
		    is_egress(first, id) != is_egress(first, op->resubmit.table))
			return true;
		if (op->kind == ACTION_EXTENSION && op->extension == ACTION_EXT_CLONE &&
		    resubmits_across(((const struct action_clone *)op->owned)->program, id, first))
			return true;
	}
	return false;
}

/* Whether flow F would be right with the border where CTX says. */
static bool stays_right(void *ctx, const struct flow *f)
{
	uint8_t first = *(uint8_t *)ctx;
	const struct rule *r = f->rule;

	if ((r->has_goto && is_egress(first, r->table_id) != is_egress(first, r->goto_table)) ||
	    resubmits_across(r->apply, r->table_id, first))
		*(uint8_t *)ctx = 0;
	return *(uint8_t *)ctx != 0;
}

static bool has_crossing(struct tables *t, uint8_t first)
{
	struct flow_filter all = { .table_id = OF_TABLE_ALL,
				   .out_port = OF_PORT_ANY,
				   .out_group = OF_GROUP_ANY };
	uint8_t left = first;

	if (first)
		tables_each(t, &all, stays_right, &left);
	return left != first;
}

int tables_set_first_egress(struct tables *t, uint8_t first, struct of_error *err)
{
	uint8_t old = tables_first_egress(t);

	if (first >= TABLES_N)
		return of_error_set(err, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_BAD_TABLE);
	for (unsigned id = 0; id < TABLES_N; id++)
		if (is_egress(old, id) != is_egress(first, id) && tables_n_flows(t, id))
			return of_error_set(err, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_EPERM);
	if (has_crossing(t, first))
		return of_error_set(err, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_EPERM);
	t->named->actions.first_egress = first;
	return 0;
}
