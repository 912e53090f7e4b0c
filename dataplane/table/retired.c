/* Rules that left the tables but are in snapshots still.  Snapshots are numbered in the order of
 * making; a rule that is retired before number N is made is not in N or any later one, so it is
 * freed when no older one is held.  That costs nothing per rule when a snapshot is made or
 * released: the rules retired between two snapshots are one batch.
 *
 * Until the next snapshot is made a retired rule is kept in any case, for the tables' deltas name
 * it. When no snapshot is held at all, there is nothing that deltas could be applied to.
 *
 * A batch may be of a million rules, so what nothing needs any more is freed a little at a time:
 * some with every change, and some when the owner of the loop has time (tables_clean()). */

#include "dataplane/table/tables_priv.h"

#include <stdlib.h>

#define FREED_AT_ONCE 256 /* rules, with each change and each snapshot dropped */

struct retired_batch {
	uint64_t number; /* snapshots from this on do not contain the rules */
	struct rule *rules;
	struct rule **end;
	struct retired_batch *next;
};

bool tables_clean(struct tables *t, unsigned n)
{
	for (; t->garbage && n; n--) {
		struct rule *r = t->garbage;

		t->garbage = r->next_retired;
		rule_free(t, r);
	}
	return t->garbage != NULL;
}

static void let_go(struct tables *t, struct retired_batch *b)
{
	*b->end = t->garbage;
	t->garbage = b->rules;
	free(b);
}

static void let_go_before(struct tables *t, uint64_t number)
{
	while (t->retired && t->retired->number <= number) {
		struct retired_batch *b = t->retired;

		t->retired = b->next;
		let_go(t, b);
	}
	if (!t->retired)
		t->newest_retired = NULL;
	tables_clean(t, FREED_AT_ONCE);
}

static struct retired_batch *batch_now(struct tables *t)
{
	struct retired_batch *b = t->newest_retired;

	if (b && b->number == t->n_snapshots)
		return b;
	b = xcalloc(1, sizeof(*b));
	b->number = t->n_snapshots;
	b->end = &b->rules;
	if (t->newest_retired)
		t->newest_retired->next = b;
	else
		t->retired = b;
	t->newest_retired = b;
	return b;
}

void rule_retire(struct tables *t, struct rule *r)
{
	struct retired_batch *b;

	if (list_is_empty(&t->snapshots)) {
		rule_free(t, r);
		return;
	}
	b = batch_now(t);
	r->next_retired = NULL;
	*b->end = r;
	b->end = &r->next_retired;
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
		let_go_before(
			t, container_of(t->snapshots.next, struct tables_snapshot, node)->number);
		return;
	}
	for (unsigned id = 0; id < TABLES_N; id++)
		delta_forget(&t->tables[id].delta);
	let_go_before(t, UINT64_MAX);
}
