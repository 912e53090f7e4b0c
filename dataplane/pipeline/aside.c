/* Doing something with a packet that leaves it as it was: what it is, and what was gathered for it,
 * is kept and brought back.  Outputs stay: those that wait stand for a packet of the same bytes. */

#include "dataplane/pipeline/pipeline_priv.h"

static uint64_t with_bit(uint64_t bitmap, unsigned i, bool is_set)
{
	return is_set ? bitmap | 1ull << i : bitmap & ~(1ull << i);
}

bool aside_begin(struct pipeline_thread *t, unsigned i, bool is_copied, struct aside *a)
{
	struct rte_mbuf *copy = is_copied ? t->ops.copy(t->ops.ctx, t->pkts[i]) : t->pkts[i];

	if (!copy) {
		drop_count(t, DROP_NO_MEMORY, 1);
		return false;
	}
	a->key = t->keys[i];
	a->layout = t->layouts[i];
	a->rule = t->states[i].rule;
	a->pkt = t->pkts[i];
	a->has_set = t->with_set >> i & 1;
	a->has_stack = t->batch.with_stack >> i & 1;
	a->has_exited = t->exited >> i & 1;
	if (t->has_tracks)
		a->track = t->tracks[i];
	if (a->has_set)
		a->set = t->sets[i];
	if (a->has_stack)
		a->stack = t->stacks[i];
	t->pkts[i] = copy;
	return true;
}

void aside_end(struct pipeline_thread *t, unsigned i, const struct aside *a)
{
	if (t->pkts[i] != a->pkt) {
		if (t->states[i].n_pending)
			emit_settle(t, i);
		t->ops.free(t->ops.ctx, &t->pkts[i], 1);
	}
	t->keys[i] = a->key;
	t->layouts[i] = a->layout;
	t->pkts[i] = a->pkt;
	t->states[i].rule = a->rule;
	t->with_set = with_bit(t->with_set, i, a->has_set);
	t->batch.with_stack = with_bit(t->batch.with_stack, i, a->has_stack);
	t->exited = with_bit(t->exited, i, a->has_exited);
	if (t->has_tracks)
		t->tracks[i] = a->track;
	if (a->has_set)
		t->sets[i] = a->set;
	if (a->has_stack)
		t->stacks[i] = a->stack;
}
