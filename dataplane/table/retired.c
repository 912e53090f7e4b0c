/* Rules that left the tables but are in snapshots still.  Snapshots are numbered in the order of
 * making; a rule that is retired before number N is made is not in N or any later one, so it is
 * freed when no older one is held.  That costs nothing per rule when a snapshot is made or
 * released.
 *
 * Until the next snapshot is made a retired rule is kept in any case, for the tables' deltas name
 * it. When no snapshot is held at all, there is nothing that deltas could be applied to. */

#include "dataplane/table/tables_priv.h"

static void free_retired_before(struct tables *t, uint64_t number)
{
	while (t->retired && t->retired->retired_at <= number) {
		struct rule *r = t->retired;

		t->retired = r->next_retired;
		rule_free(r);
	}
	if (!t->retired)
		t->retired_end = &t->retired;
}

void rule_retire(struct tables *t, struct rule *r)
{
	if (list_is_empty(&t->snapshots)) {
		rule_free(r);
		return;
	}
	r->retired_at = t->n_snapshots;
	r->next_retired = NULL;
	*t->retired_end = r;
	t->retired_end = &r->next_retired;
}

void tables_hold(struct tables *t, struct tables_snapshot *s)
{
	s->number = t->n_snapshots++;
	list_insert(&t->snapshots, &s->node);
	for (unsigned id = 0; id < TABLES_N; id++)
		delta_start(&t->tables[id].delta, t->tables[id].generation);
}

void tables_drop(struct tables *t, struct tables_snapshot *s)
{
	list_remove(&s->node);
	if (!list_is_empty(&t->snapshots)) {
		free_retired_before(
			t, container_of(t->snapshots.next, struct tables_snapshot, node)->number);
		return;
	}
	for (unsigned id = 0; id < TABLES_N; id++)
		delta_forget(&t->tables[id].delta);
	free_retired_before(t, UINT64_MAX);
}
