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
	/* In registers: the compiler must believe that a key may be the rule. */
	const unsigned first = r->written[0], second = r->written[1];
	const uint64_t value = r->plain.values[0], mask = ~r->plain.masks[0];
	const uint64_t value2 = r->plain.values[1], mask2 = ~r->plain.masks[1];

	if (r->n_written == 1)
		for (; bitmap; bitmap &= bitmap - 1) {
			uint64_t *words = t->keys[__builtin_ctzll(bitmap)].words;

			words[first] = (words[first] & mask) | value;
		}
	else if (r->n_written == 2)
		for (; bitmap; bitmap &= bitmap - 1) {
			uint64_t *words = t->keys[__builtin_ctzll(bitmap)].words;

			words[first] = (words[first] & mask) | value;
			words[second] = (words[second] & mask2) | value2;
		}
}
static_assert(PLAIN_MAX_WORDS == 2, "as many as are written here");

/* Where packets are counted, at hand. */
struct tally {
	struct counter *slots;
	uint32_t mask;
	uint64_t now_ns;
	struct rte_mbuf *const *pkts;
};

static CPU_INLINE struct tally tally_of(const struct pipeline_thread *t)
{
	return (struct tally){ t->counts->slots, t->counts->slot_mask, t->now_ns, t->pkts };
}

static CPU_INLINE struct counter *count_one(const struct tally *n, const struct rule *r, unsigned i)
{
	struct counter *c = &n->slots[r->slot & n->mask];

	count_hit(c, &(struct hit){ 1, n->pkts[i]->pkt_len, n->now_ns });
	return c;
}

/* Where R's link leads, if what it says of the next table is still true: if SERIAL is the link's.
 */
static CPU_INLINE bool follow_link(const link_target *targets, const struct rule *r,
				   uint32_t serial, link_target *target)
{
	uint64_t link = __atomic_load_n(&r->link, __ATOMIC_RELAXED);

	if (!(uint32_t)link || link >> 32 != serial)
		return false;
	*target = targets[(uint32_t)link];
	return true;
}

static CPU_INLINE void find_linked(struct pipeline_thread *t, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		const struct link_choice *choice = link_choice_of((link_target)t->found[i]);

		t->found[i] = link_choose(choice, &t->keys[i]);
		__builtin_prefetch(t->found[i]);
	}
}

CPU_BODIES(find_linked, (struct pipeline_thread * t, uint64_t bitmap), find_linked, (t, bitmap));

void plain_find_linked(struct pipeline_thread *t, uint64_t bitmap)
{
	uint64_t choosing = bitmap & t->choosing;

	t->linked &= ~bitmap;
	t->choosing &= ~bitmap;
	if (choosing)
		find_linked_bodies[t->cpu_level](t, choosing);
}

/* What a burst found, seen as a whole. */
struct findings {
	uint64_t missing;   /* packets that found nothing */
	uint64_t kind_diff; /* 0: the others' rules are of one kind */
};

/* Asks for the counters as well. */
static CPU_INLINE void look(const struct pipeline_thread *t, uint64_t bitmap,
			    struct findings *found)
{
	struct tally n = tally_of(t);
	uint64_t diff = 0, missing = 0, kind = 0;
	bool is_first = true;

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		const struct rule *r = t->found[i];

		if (!r) {
			missing |= 1ull << i;
			continue;
		}
		__builtin_prefetch(&n.slots[r->slot & n.mask], 1);
		kind = is_first ? kind_of(r) : kind;
		is_first = false;
		diff |= kind_of(r) ^ kind;
	}
	found->missing = missing;
	found->kind_diff = diff;
}

/* Packets of BITMAP go on to table ID by rules that write N_WRITTEN words.  Where a link leads is
 * found already, or left in found[] for plain_find_linked(). */
static CPU_INLINE void go_on(const struct pipeline *p, struct pipeline_thread *t, unsigned id,
			     uint64_t bitmap, unsigned n_written)
{
	const link_target *targets = p->links ? p->links->targets : NULL;
	struct tally n = tally_of(t);
	uint32_t serial = p->serials[id];
	uint64_t linked = 0, choosing = 0;

	walk_wait(t, id, bitmap);
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		const struct rule *r = t->found[i];
		link_target target;

		count_one(&n, r, i);
		write_words(r, &t->keys[i], n_written);
		if (!follow_link(targets, r, serial, &target))
			continue;
		linked |= 1ull << i;
		choosing |= (uint64_t)link_is_choice(target) << i;
		t->found[i] = (const void *)target;
		__builtin_prefetch((const void *)target);
		__builtin_prefetch((const void *)(target + 64));
	}
	t->linked |= linked;
	t->choosing |= choosing;
}

static CPU_INLINE void leave(struct pipeline_thread *t, uint64_t bitmap)
{
	struct tally n = tally_of(t);

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		const struct rule *r = t->found[i];

		plain_finish(t, i, r->port, count_one(&n, r, i));
	}
}

/* All of BITMAP found plain rules of the kind of R. */
static CPU_INLINE void run_kind(const struct pipeline *p, struct pipeline_thread *t,
				const struct rule *r, uint64_t bitmap)
{
	if (!r->has_goto)
		leave(t, bitmap);
	else if (r->n_written == 0)
		go_on(p, t, r->goto_table, bitmap, 0);
	else if (r->n_written == 1)
		go_on(p, t, r->goto_table, bitmap, 1);
	else
		go_on(p, t, r->goto_table, bitmap, 2);
}

CPU_BODIES(look, (const struct pipeline_thread *t, uint64_t bitmap, struct findings *found), look,
	   (t, bitmap, found));
CPU_BODIES(run_kind,
	   (const struct pipeline *p, struct pipeline_thread *t, const struct rule *r,
	    uint64_t bitmap),
	   run_kind, (p, t, r, bitmap));

uint64_t plain_run_each(const struct pipeline *p, struct pipeline_thread *t, uint64_t bitmap,
			uint64_t *missing)
{
	uint64_t rest = bitmap & ~t->plain;
	struct findings found;

	look_bodies[t->cpu_level](t, bitmap, &found);
	*missing = found.missing;
	rest |= found.missing;
	bitmap &= ~rest;
	while (bitmap) {
		uint64_t same = found.kind_diff ? bitmap & -bitmap : bitmap;
		const struct rule *r = t->found[__builtin_ctzll(bitmap)];

		if (r->is_plain)
			run_kind_bodies[t->cpu_level](p, t, r, same);
		else
			rest |= same;
		bitmap &= ~same;
	}
	return rest;
}

void plain_run_same(const struct pipeline *p, struct pipeline_thread *t, const struct rule *r,
		    uint64_t bitmap)
{
	struct counter *c = counter_at(t->counts, r->slot);
	const link_target *targets = p->links ? p->links->targets : NULL;
	link_target target;

	if (!r->has_goto) {
		for (; bitmap; bitmap &= bitmap - 1)
			plain_finish(t, __builtin_ctzll(bitmap), r->port, c);
		return;
	}
	plain_write(t, r, bitmap);
	walk_wait(t, r->goto_table, bitmap);
	if (!follow_link(targets, r, p->serials[r->goto_table], &target))
		return;
	t->linked |= bitmap;
	t->choosing |= link_is_choice(target) ? bitmap : 0;
	for (; bitmap; bitmap &= bitmap - 1)
		t->found[__builtin_ctzll(bitmap)] = (const void *)target;
}
