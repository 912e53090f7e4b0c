#ifndef DATAPLANE_TABLE_COUNTERS_H
#define DATAPLANE_TABLE_COUNTERS_H

/* Flow counters.  Each flow has a slot; each thread that forwards has an array of its own, so
 * threads share no cache line, and the control thread sums when asked.  The arrays are address
 * space, of which the slots that were ever handed out have memory, in huge pages.
 *
 * A thread's counts only grow.  A slot that is used again, or whose counts are reset, is given
 * a new base (counters_sum() at that moment), which the flow keeps and subtracts. */

#include <assert.h>
#include "dataplane/packet/drop.h"

#define COUNTERS_MAX_SLOTS (4u << 20)

struct counter {
	uint64_t n_packets, n_bytes;
	uint64_t used_ns;   /* time of the last burst that hit it */
	uint64_t n_dropped; /* packets that ended here without any output */
};

/* What a part of the walk costs, of one burst in many: cycles of the time-stamp counter, and
 * packets that took them. */
struct stage_cost {
	uint64_t cycles, n_packets;
};

struct table_counter {
	uint64_t n_lookups, n_matched, n_missed; /* missed: dropped as table-miss */
	struct stage_cost find, run;		 /* looking up, and doing what was found */
};

/* Written by its one thread only. */
struct counter_block {
	struct counter *slots; /* COUNTERS_MAX_SLOTS */
	uint32_t slot_mask;    /* all ones; 0 for counts that are nobody's */
	uint32_t index;	       /* of the thread, from 0; UINT32_MAX for counts that are nobody's */
	struct table_counter tables[256];
	struct stage_cost parse, cache, gather; /* gather: outputs, drops, copies at the end */
	uint64_t drops[DROP_N_REASONS];
	struct counter_block *next; /* control thread's */
	bool is_in_use;		    /* control thread's */
	uint32_t n_ready;	    /* slots with memory behind them; control thread's */
};

static inline struct counter *counter_at(struct counter_block *b, uint32_t slot)
{
	return &b->slots[slot & b->slot_mask];
}

/* The owner's way of counting: readers on other threads see whole numbers. */
static inline void count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* What a hit adds to a rule's counter, made once for all rules of its way. */
struct hit {
	uint64_t n_packets, n_bytes, now_ns;
};

typedef uint64_t counter_words __attribute__((vector_size(32), may_alias));

/* The owner's way of counting a hit in a slot of its array, whose slots are aligned: one load and
 * one store in code for AVX2, two each elsewhere.  Readers see whole numbers here, too. */
static inline __attribute__((always_inline)) void count_hit(struct counter *c, const struct hit *h)
{
#ifdef __SANITIZE_THREAD__ /* which does not know that halves of vectors are whole numbers */
	count(&c->n_packets, h->n_packets);
	count(&c->n_bytes, h->n_bytes);
	__atomic_store_n(&c->used_ns, h->now_ns, __ATOMIC_RELAXED);
#else
	const counter_words more = { h->n_packets, h->n_bytes }, now = { 0, 0, h->now_ns };
	const counter_words stay = { UINT64_MAX, UINT64_MAX, 0, UINT64_MAX };
	counter_words *words = (counter_words *)c;

	*words = ((*words + more) & stay) | now;
#endif
}
static_assert(sizeof(struct counter) == sizeof(counter_words) &&
		      offsetof(struct counter, used_ns) == 16,
	      "count_hit() knows where they are");

struct counters;

/* All of the control thread. */
struct counters *counters_create(void);
void counters_destroy(struct counters *c);
/* An array for a new thread.  A thread may start and end at any time; what it counted stays. */
struct counter_block *counters_take_block(struct counters *c);
void counters_give_block(struct counters *c, struct counter_block *b);
/* Threads that there were at most at one time. */
unsigned counters_n_blocks(const struct counters *c);
/* One whose counts are nobody's, for traces. */
struct counter_block *counters_scratch_create(void);
void counters_scratch_destroy(struct counter_block *b);

/* A slot with one reference; -1 if there are no more.  It is free again with its last one. */
int64_t counters_take_slot(struct counters *c);
/* The same, for one who wants to know *BASE, what it has counted before: no counts are read of a
 * slot that nobody has had. */
int64_t counters_take_slot_from(struct counters *c, struct counter *base);
void counters_ref_slot(struct counters *c, uint32_t slot);
void counters_give_slot(struct counters *c, uint32_t slot);

/* Sums over all threads; used_ns is the latest. */
struct counter counters_sum(const struct counters *c, uint32_t slot);
struct table_counter counters_table_sum(const struct counters *c, uint8_t table_id);
uint64_t counters_drop_sum(const struct counters *c, enum drop_reason reason);
/* What the stages cost in the thread of INDEX, which may have ended: table by table, and those that
 * packets pass once.  All zero if there was none. */
struct stage_costs {
	struct stage_cost find, run;
};
struct stage_costs counters_table_costs(const struct counters *c, uint32_t index, uint8_t table_id);
struct stage_cost counters_parse_cost(const struct counters *c, uint32_t index);
struct stage_cost counters_cache_cost(const struct counters *c, uint32_t index);
struct stage_cost counters_gather_cost(const struct counters *c, uint32_t index);

#endif
