/* Plain rules (table/plain.h), a burst at a time: count, write into the keys, and go on, send or
 * drop.  Packets for which nothing else was ever done need no state of their own; the others, and
 * all packets of traces, take the general way of walk.c. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <rte_mbuf.h>

static inline void write_words(const struct rule *r, struct flow_key *key)
{
	for (unsigned k = 0; k < r->n_written; k++) {
		uint64_t *word = &key->words[r->written[k]];

		*word = (*word & ~r->plain.masks[k]) | r->plain.values[k];
	}
}

void plain_write(struct pipeline_thread *t, const struct rule *r, uint64_t bitmap)
{
	if (r->n_written)
		for (; bitmap; bitmap &= bitmap - 1)
			write_words(r, &t->keys[__builtin_ctzll(bitmap)]);
}

static inline struct counter *count_one(struct pipeline_thread *t, const struct rule *r, unsigned i)
{
	struct counter *c = counter_at(t->counts, r->slot);

	count(&c->n_packets, 1);
	count(&c->n_bytes, t->pkts[i]->pkt_len);
	if (c->used_ns != t->now_ns)
		__atomic_store_n(&c->used_ns, t->now_ns, __ATOMIC_RELAXED);
	return c;
}

static void prefetch_counters(const struct pipeline_thread *t, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		const struct rule *r = t->found[__builtin_ctzll(bitmap)];

		if (r)
			__builtin_prefetch(counter_at(t->counts, r->slot), 1);
	}
}

uint64_t plain_run_each(struct pipeline_thread *t, uint64_t bitmap)
{
	uint64_t rest = 0, waiting = 0;
	unsigned next = 0; /* the table that WAITING is for */

	prefetch_counters(t, bitmap);
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		const struct rule *r = t->found[i];
		struct counter *c;

		if (!r || !r->is_plain) {
			rest |= 1ull << i;
			continue;
		}
		c = count_one(t, r, i);
		if (!r->has_goto) {
			plain_finish(t, i, r->port, c);
			continue;
		}
		write_words(r, &t->keys[i]);
		if (r->goto_table != next) {
			walk_wait(t, next, waiting);
			next = r->goto_table;
			waiting = 0;
		}
		waiting |= 1ull << i;
	}
	walk_wait(t, next, waiting);
	return rest;
}

void plain_run_same(struct pipeline_thread *t, const struct rule *r, uint64_t bitmap)
{
	struct counter *c = counter_at(t->counts, r->slot);

	if (r->has_goto) {
		plain_write(t, r, bitmap);
		walk_wait(t, r->goto_table, bitmap);
		return;
	}
	for (; bitmap; bitmap &= bitmap - 1)
		plain_finish(t, __builtin_ctzll(bitmap), r->port, c);
}
