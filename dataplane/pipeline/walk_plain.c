/* Plain rules (table/plain.h), a burst at a time: count, write into the keys, and go on, send or
 * drop.  Packets for which nothing else was ever done need no state of their own; the others, and
 * all packets of traces, take the general way of walk.c.
 *
 * The rules that a burst finds in one table mostly do the same with different values: write one
 * register and go on to the next table, say.  Then the loop over them has no branches. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <rte_mbuf.h>
#include "dataplane/lookup/cpu.h"

/* Of the last word of a rule's first line: is_plain, has_goto, n_written, written, goto_table. */
#define KIND_OFFSET 56
#define KIND_MASK   0x0000ff00ffffff03ull
static_assert(offsetof(struct rule, n_written) == KIND_OFFSET + 1 &&
		      offsetof(struct rule, goto_table) == KIND_OFFSET + 5,
	      "what kind of rule it is lies in one word");

static inline uint64_t kind_of(const struct rule *r)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)r + KIND_OFFSET, sizeof(word));
	return word & KIND_MASK;
}

static CPU_INLINE void write_words(const struct rule *r, struct flow_key *key, unsigned n_written)
{
	for (unsigned k = 0; k < n_written; k++) {
		uint64_t *word = &key->words[r->written[k]];

		*word = (*word & ~r->plain.masks[k]) | r->plain.values[k];
	}
}

void plain_write(struct pipeline_thread *t, const struct rule *r, uint64_t bitmap)
{
	if (r->n_written)
		for (; bitmap; bitmap &= bitmap - 1)
			write_words(r, &t->keys[__builtin_ctzll(bitmap)], r->n_written);
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

/* Where R's link leads, if what it says of the next table is still true: if SERIAL is the link's.
 */
static inline bool follow_link(const struct pipeline *p, const struct rule *r, uint32_t serial,
			       link_target *target)
{
	uint64_t link = __atomic_load_n(&r->link, __ATOMIC_RELAXED);

	if (!(uint32_t)link || link >> 32 != serial)
		return false;
	*target = p->links->targets[(uint32_t)link];
	return true;
}

static CPU_INLINE void find_linked(struct pipeline_thread *t, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		link_target target = t->targets[i];

		if (link_is_choice(target)) {
			t->found[i] = link_choose(link_choice_of(target), &t->keys[i]);
			__builtin_prefetch(t->found[i]);
		} else {
			t->found[i] = (const struct rule *)target;
		}
	}
}

CPU_BODIES(find_linked, (struct pipeline_thread * t, uint64_t bitmap), find_linked, (t, bitmap));

void plain_find_linked(struct pipeline_thread *t, uint64_t bitmap)
{
	t->linked &= ~bitmap;
	find_linked_bodies[t->cpu_level](t, bitmap);
}

/* Whether all found rules of one kind; asks for the counters. */
static bool is_one_kind(const struct pipeline_thread *t, uint64_t bitmap)
{
	const struct rule *first = t->found[__builtin_ctzll(bitmap)];
	uint64_t diff = 0, kind;

	if (!first)
		return false;
	kind = kind_of(first);
	for (; bitmap; bitmap &= bitmap - 1) {
		const struct rule *r = t->found[__builtin_ctzll(bitmap)];

		if (!r)
			return false;
		__builtin_prefetch(counter_at(t->counts, r->slot), 1);
		diff |= kind_of(r) ^ kind;
	}
	return diff == 0;
}

static CPU_INLINE void go_on(const struct pipeline *p, struct pipeline_thread *t, unsigned id,
			     uint64_t bitmap, unsigned n_written)
{
	uint32_t serial = p->serials[id];
	uint64_t linked = 0;

	walk_wait(t, id, bitmap);
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		const struct rule *r = t->found[i];

		count_one(t, r, i);
		write_words(r, &t->keys[i], n_written);
		if (follow_link(p, r, serial, &t->targets[i])) {
			linked |= 1ull << i;
			__builtin_prefetch((const void *)t->targets[i]);
		}
	}
	t->linked |= linked;
}

/* All of BITMAP found plain rules of the kind of R. */
static void run_kind(const struct pipeline *p, struct pipeline_thread *t, const struct rule *r,
		     uint64_t bitmap)
{
	if (!r->has_goto) {
		for (; bitmap; bitmap &= bitmap - 1) {
			unsigned i = __builtin_ctzll(bitmap);
			const struct rule *found = t->found[i];

			plain_finish(t, i, found->port, count_one(t, found, i));
		}
		return;
	}
	if (r->n_written == 0)
		go_on(p, t, r->goto_table, bitmap, 0);
	else if (r->n_written == 1)
		go_on(p, t, r->goto_table, bitmap, 1);
	else
		go_on(p, t, r->goto_table, bitmap, r->n_written);
}

uint64_t plain_run_each(const struct pipeline *p, struct pipeline_thread *t, uint64_t bitmap)
{
	uint64_t rest = 0;

	if (bitmap && is_one_kind(t, bitmap)) {
		const struct rule *r = t->found[__builtin_ctzll(bitmap)];

		if (!r->is_plain)
			return bitmap;
		run_kind(p, t, r, bitmap);
		return 0;
	}
	for (; bitmap; bitmap &= bitmap - 1) {
		uint64_t one = bitmap & -bitmap;
		const struct rule *r = t->found[__builtin_ctzll(bitmap)];

		if (r && r->is_plain)
			run_kind(p, t, r, one);
		else
			rest |= one;
	}
	return rest;
}

void plain_run_same(const struct pipeline *p, struct pipeline_thread *t, const struct rule *r,
		    uint64_t bitmap)
{
	struct counter *c = counter_at(t->counts, r->slot);
	link_target target;

	if (!r->has_goto) {
		for (; bitmap; bitmap &= bitmap - 1)
			plain_finish(t, __builtin_ctzll(bitmap), r->port, c);
		return;
	}
	plain_write(t, r, bitmap);
	walk_wait(t, r->goto_table, bitmap);
	if (!follow_link(p, r, p->serials[r->goto_table], &target))
		return;
	t->linked |= bitmap;
	for (; bitmap; bitmap &= bitmap - 1)
		t->targets[__builtin_ctzll(bitmap)] = target;
}
