/* Groups (OF 1.3.5 section 5.6.1).  A bucket is an action set that runs on a copy of packet and
 * key, and what follows the group finds both as they were.  The copy is made only for what the
 * bucket changes and for what somebody still looks at: the last bucket before the end of the
 * pipeline has the packet itself. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <openflow/openflow-common.h>
#include <rte_mbuf.h>

/* A packet before a bucket. */
struct before {
	struct flow_key key;
	struct packet_layout layout;
	struct rte_mbuf *pkt;
};

static const struct group_path *find_group(const struct walk *w, const struct action_op *op)
{
	const struct group_set *set = w->p->groups;
	const struct group_path *path =
		op->group.slot < set->n ? set->by_slot[op->group.slot] : NULL;

	return path && path->group_id == op->group.id ? path : NULL;
}

static void count_at(struct pipeline_thread *t, uint32_t slot, uint64_t n, uint64_t n_bytes)
{
	struct counter *c = counter_at(t->counts, slot);

	count(&c->n_packets, n);
	count(&c->n_bytes, n_bytes);
}

static void count_group(struct pipeline_thread *t, const struct group_path *path, uint64_t bitmap)
{
	unsigned n = __builtin_popcountll(bitmap);
	uint64_t n_bytes = 0;

	for (; bitmap; bitmap &= bitmap - 1)
		n_bytes += t->pkts[__builtin_ctzll(bitmap)]->pkt_len;
	count_at(t, path->version->slot, n, n_bytes);
}

static bool keep(struct pipeline_thread *t, unsigned i, const struct group_bucket *b,
		 struct before *before)
{
	struct rte_mbuf *copy;

	before->key = t->keys[i];
	before->layout = t->layouts[i];
	before->pkt = t->pkts[i];
	if (!b->changes_packet)
		return true;
	if (t->states[i].n_pending)
		emit_settle(t, i);
	copy = t->ops.copy(t->ops.ctx, t->pkts[i]);
	if (!copy) {
		drop_count(t, DROP_NO_MEMORY, 1);
		t->states[i].why = DROP_NO_MEMORY;
		return false;
	}
	t->pkts[i] = copy;
	return true;
}

static void bring_back(struct pipeline_thread *t, unsigned i, const struct before *before)
{
	if (t->pkts[i] != before->pkt)
		emit_hand_over(t, i);
	t->pkts[i] = before->pkt;
	t->keys[i] = before->key;
	t->layouts[i] = before->layout;
}

/* A bucket that cannot be done, or that a meter ends, is the end of its copy only; a limit is one
 * of the packet. */
static void forgive(struct packet_state *s)
{
	if (s->why != DROP_GROUP_LIMIT && s->why != DROP_RESUBMIT_LIMIT &&
	    s->why != DROP_ACTION_SET_LIMIT)
		s->is_aborted = false;
}

static void run_bucket(const struct walk *w, unsigned i, const struct group_bucket *b,
		       const struct rule *rule, bool is_end)
{
	struct walk inner = {
		.p = w->p, .t = w->t, .depth = w->depth + 1, .is_end = is_end, .reason = OFPR_GROUP
	};
	struct pipeline_thread *t = w->t;
	struct packet_state *s = &t->states[i];
	uint64_t bit = 1ull << i, bitmap = bit, with_set = t->with_set & bit;
	uint16_t queue = s->queue;
	struct before before;
	bool is_kept = b->changes_key && !is_end;

	if (s->n_resubmits++ >= MAX_RESUBMITS) {
		abort_packet(t, i, DROP_GROUP_LIMIT);
		return;
	}
	if (is_kept && !keep(t, i, b, &before))
		return;
	count_at(t, b->slot, 1, t->pkts[i]->pkt_len);
	run_ops(&inner, b->program->ops, b->program->n_ops, rule, &bitmap);
	forgive(s);
	if (is_kept)
		bring_back(t, i, &before);
	s->queue = queue;
	t->exited &= ~bit;
	t->with_set = (t->with_set & ~bit) | with_set;
}

static void run_one(const struct walk *w, unsigned i, const struct group_path *path,
		    const struct rule *rule, bool is_end)
{
	struct pipeline_thread *t = w->t;
	int k;

	if (path->type == OF_GROUP_ALL_BUCKETS) {
		for (unsigned n = 0; n < path->n_buckets && !t->states[i].is_aborted; n++) {
			if (t->tracer)
				trace_group(t, path, n);
			run_bucket(w, i, &path->buckets[n], rule,
				   is_end && n + 1 == path->n_buckets);
		}
		return;
	}
	k = group_path_choose(path, &t->keys[i]);
	if (t->tracer)
		trace_group(t, path, k);
	if (k < 0)
		t->states[i].why = DROP_NO_LIVE_BUCKET;
	else
		run_bucket(w, i, &path->buckets[k], rule, is_end);
}

/* Whether nothing looks at packet I any more after OP. */
static bool is_last(const struct walk *w, const struct action_op *op, const struct rule *rule,
		    unsigned i)
{
	if (w->is_end)
		return true;
	return !w->depth && rule && rule->apply &&
	       op == &rule->apply->ops[rule->apply->n_ops - 1] && !rule->has_goto && !rule->write &&
	       !(w->t->with_set >> i & 1);
}

void walk_group(const struct walk *w, const struct action_op *op, const struct rule *rule,
		uint64_t *bitmap)
{
	const struct group_path *path = find_group(w, op);
	struct pipeline_thread *t = w->t;

	if (path)
		count_group(t, path, *bitmap);
	for (uint64_t b = *bitmap; b; b &= b - 1) {
		unsigned i = __builtin_ctzll(b);

		if (!path)
			t->states[i].why = DROP_NO_GROUP;
		else if (w->depth >= GROUP_MAX_DEPTH)
			abort_packet(t, i, DROP_GROUP_LIMIT);
		else
			run_one(w, i, path, rule, is_last(w, op, rule, i));
		if (t->states[i].is_aborted)
			*bitmap &= ~(1ull << i);
	}
}
