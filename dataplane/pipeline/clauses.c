/* Conjunctive matches of a table: the clauses that its look-up does not have, and the second
 * look-up that a satisfied conjunction leads to (Open vSwitch's ovs-actions manual, "conjunction").
 *
 * A conjunction counts from its clauses' priority: those below what was found without it do not
 * matter.  Its id, in the field conj_id, decides the second look-up; what that finds, of whatever
 * priority, is the answer.  If it finds nothing, conjunctions of lower priority have their turn.
 * Of several that one priority satisfies, Open vSwitch takes any; here the best flow wins. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <stdlib.h>

static struct conjunction_clause *add_clauses(const struct rule *r, struct conjunction_clause *out)
{
	for (unsigned i = 0; i < r->apply->n_ops; i++) {
		const struct action_op *op = &r->apply->ops[i];

		if (op->kind == ACTION_EXTENSION && op->extension == ACTION_EXT_CONJUNCTION)
			*out++ = (struct conjunction_clause){ op->conjunction.id,
							      op->conjunction.clause,
							      op->conjunction.n_clauses };
	}
	return out;
}

/* Here, so that no worker has to allocate. */
static void create_scratches(struct compiled_clauses *cc, unsigned n)
{
	cc->n_scratches = n;
	cc->scratches = xcalloc_lines(n * sizeof(*cc->scratches));
	for (unsigned i = 0; i < n; i++)
		conjunction_scratch_init(&cc->scratches[i], conjunctions_room(cc->conjunctions));
}

struct compiled_clauses *clauses_create(struct tables *tables, uint8_t id)
{
	unsigned n_rules = 0, n_clauses = 0;
	struct flow_iter it = tables_from(tables, id, 0);
	struct conjunction_clause *clauses, *end;
	struct conjunction_rule *rules;
	struct compiled_clauses *cc;
	struct key_mask *matches;
	const struct flow *f;

	while ((f = flow_iter_next(&it))) {
		n_rules += f->rule->effect->is_clause;
		n_clauses += f->rule->effect->is_clause ? f->rule->apply->n_ops : 0;
	}
	rules = xcalloc(n_rules, sizeof(*rules));
	matches = xcalloc_lines(n_rules * sizeof(*matches));
	end = clauses = xcalloc(n_clauses, sizeof(*clauses));
	n_rules = 0;
	for (it = tables_from(tables, id, 0); (f = flow_iter_next(&it));) {
		const struct rule *r = f->rule;

		if (!r->effect->is_clause)
			continue;
		rule_key_mask(r, &matches[n_rules]);
		rules[n_rules] = (struct conjunction_rule){ .match = &matches[n_rules],
							    .priority = rule_priority(r),
							    .clauses = end };
		end = add_clauses(r, end);
		rules[n_rules].n = end - rules[n_rules].clauses;
		n_rules++;
	}
	cc = xcalloc(1, sizeof(*cc));
	cc->n_refs = 1;
	cc->conjunctions = conjunctions_create(rules, n_rules, tables_seed(tables) + id);
	create_scratches(cc, counters_n_blocks(tables_counters(tables)));
	free(rules);
	free(matches);
	free(clauses);
	return cc;
}

void clauses_unref(struct compiled_clauses *cc)
{
	if (!cc || --cc->n_refs)
		return;
	for (unsigned i = 0; i < cc->n_scratches; i++)
		conjunction_scratch_fini(&cc->scratches[i]);
	free(cc->scratches);
	conjunctions_destroy(cc->conjunctions);
	free(cc);
}

static const struct rule *find_best(const struct compiled_table *ct, struct flow_key *key,
				    const uint32_t *ids, unsigned n)
{
	const struct rule *best = NULL;

	for (unsigned k = 0; k < n; k++) {
		const void *found = NULL;
		const struct rule *r;

		store_be32(&key->conj_id, ids[k]);
		lookup_find(ct->lookup, key, 1, &found);
		r = found;
		if (r && (!best || r->rank < best->rank))
			best = r;
	}
	return best;
}

/* Workers are there before the clauses; a trace is not, and may allocate. */
static struct conjunction_scratch *scratch_of(const struct compiled_clauses *cc,
					      struct pipeline_thread *t)
{
	unsigned room = conjunctions_room(cc->conjunctions);

	if (t->counts->index < cc->n_scratches)
		return &cc->scratches[t->counts->index];
	if (t->conjunctions.room < room) {
		conjunction_scratch_fini(&t->conjunctions);
		conjunction_scratch_init(&t->conjunctions, room);
	}
	return &t->conjunctions;
}

const struct rule *clauses_find(const struct walk *w, const struct compiled_table *ct, unsigned i,
				const struct rule *found)
{
	struct pipeline_thread *t = w->t;
	struct conjunction_scratch *scratch = scratch_of(ct->clauses, t);
	struct flow_key *key = &t->keys[i];
	int below = UINT16_MAX + 1, floor = found ? rule_priority(found) : -1;
	uint32_t conj_id = key->conj_id;
	const struct rule *r = NULL;
	const uint32_t *ids;
	unsigned n;

	while (!r && (n = conjunctions_find(ct->clauses->conjunctions, scratch, key, below, floor,
					    &below, &ids))) {
		r = find_best(ct, key, ids, n);
		key->conj_id = conj_id;
	}
	return r ? r : found;
}
