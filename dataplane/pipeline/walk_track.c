/* Plain packets under rules that end in ct: registers are written, connections tracked, and all go
 * on in the table that ct names.  They stay plain, but for those that are dropped.
 *
 * Rules that differ only in the zone, as those of several networks do, are asked together. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <rte_cycles.h>

/* Packets whose ct actions ask for the same. */
struct gathering {
	const struct action_ct *ct; /* one of theirs */
	uint64_t bitmap;
	uint16_t zones[PACKET_BURST_MAX];
};

static bool asks_same(const struct action_ct *a, const struct action_ct *b)
{
	const struct ct_request *x = &a->request, *y = &b->request;

	return a == b ||
	       (a->table == b->table && !a->exec && !b->exec && !x->nat && !y->nat &&
		x->is_commit == y->is_commit && x->is_force == y->is_force && x->alg == y->alg);
}

static uint64_t that_found(const struct pipeline_thread *t, const struct rule *r, uint64_t bitmap)
{
	uint64_t those = 0;

	for (; bitmap; bitmap &= bitmap - 1)
		if (t->found[__builtin_ctzll(bitmap)] == r)
			those |= bitmap & -bitmap;
	return those;
}

/* Those of GOOD, behind CT, whose way is not known. */
static uint64_t ask_established(const struct walk *w, const struct action_ct *ct, uint64_t good)
{
	struct pipeline_thread *t = w->t;
	uint64_t known;

	if (!t->est_cache || ct->exec)
		return good;
	known = connections_in_first_line(t, good);
	if (known)
		good = (good & ~known) | flow_cache_run(t->est_cache, w->p, t, ct->table, known);
	if (t->is_timed) {
		t->est_began = rte_rdtsc();
		t->n_est = __builtin_popcountll(good);
	}
	return good;
}

static void drop(struct pipeline_thread *t, uint64_t bad)
{
	walk_start_states(t);
	t->plain &= ~bad;
	for (; bad; bad &= bad - 1) {
		unsigned i = __builtin_ctzll(bad);

		t->states[i].rule = t->found[i];
		abort_packet(t, i, t->layouts[i].drop);
	}
}

static void track(const struct walk *w, const struct gathering *g)
{
	uint64_t good = connections_track(w, g->ct, g->zones, g->bitmap);

	walk_wait(w->t, g->ct->table, ask_established(w, g->ct, good));
	if (good != g->bitmap)
		drop(w->t, g->bitmap & ~good);
}

void walk_track(const struct walk *w, uint64_t bitmap)
{
	struct pipeline_thread *t = w->t;
	struct gathering g = { .bitmap = 0 };
	uint64_t same;

	for (; bitmap; bitmap &= ~same) {
		const struct rule *r = t->found[__builtin_ctzll(bitmap)];
		const struct action_op *last = &r->apply->ops[r->apply->n_ops - 1];
		const struct action_ct *ct = last->owned;

		same = that_found(t, r, bitmap);
		walk_count_rule(t, r, same);
		for (const struct action_op *op = r->apply->ops; op < last; op++)
			op->run(op, &t->batch, same);
		if (g.bitmap && !asks_same(g.ct, ct)) {
			track(w, &g);
			g.bitmap = 0;
		}
		g.ct = ct;
		connections_zones(t, ct, same, g.zones);
		g.bitmap |= same;
	}
	track(w, &g);
}
