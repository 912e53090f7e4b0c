/* The tables for learn actions (learned.h). */

#include "dataplane/table/learned.h"

#include "dataplane/table/tables_priv.h"
#include "proto/openflow/numbers.h"

bool rule_is_clause(const struct rule *r)
{
	for (unsigned i = 0; r->apply && i < r->apply->n_ops; i++)
		if (r->apply->ops[i].kind == ACTION_EXTENSION &&
		    r->apply->ops[i].extension == ACTION_EXT_CONJUNCTION)
			return true;
	return false;
}

static bool count_one(void *ctx, const struct flow *f)
{
	(void)f;
	++*(uint32_t *)ctx;
	return true;
}

uint32_t learned_number(struct tables *t, uint8_t table_id, uint64_t cookie)
{
	struct flow_filter filter = {
		.table_id = table_id,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
		.cookie = cookie,
		.cookie_mask = UINT64_MAX,
	};
	uint32_t n = 0;

	tables_each(t, &filter, count_one, &n);
	return n;
}

bool tables_has_flow(struct tables *t, uint8_t table_id, const struct of_match *match,
		     uint16_t priority)
{
	return tables_find(t, table_id, match, priority) != NULL;
}

bool tables_has_learned(struct tables *t, const struct of_flow_mod *fm)
{
	struct flow *f = tables_find(t, fm->table_id, &fm->match, fm->priority);

	return f && f->rule->cookie == fm->cookie &&
	       of_instructions_equal(f->rule->of_instructions, &fm->instructions);
}

uint64_t tables_removals(const struct tables *t, uint8_t table_id)
{
	return tables_generation(t, table_id);
}

static bool shorten(uint16_t *timeout, uint16_t to)
{
	if (!to || (*timeout && *timeout <= to))
		return false;
	*timeout = to;
	return true;
}

bool tables_shorten(struct tables *t, const struct rule *r, uint16_t idle, uint16_t hard)
{
	struct flow *f = tables_find(t, r->table_id, r->of_match, r->priority);
	bool is_shorter;

	if (!f || f->rule != r)
		return false;
	is_shorter = shorten(&f->idle_timeout, idle);
	is_shorter |= shorten(&f->hard_timeout, hard);
	if (!is_shorter)
		return false;
	timeouts_remove(t, f);
	timeouts_add(t, f);
	return true;
}
