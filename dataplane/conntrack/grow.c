/* The index grows, and shrinks when few are left: a table of another size beside it, into which the
 * control thread moves words a few at a time while packets go on.
 *
 *	LOOK	all look through both tables, old one first; new words go into the old one
 *	MOVE	new words go into the new one; what is in the old one is copied, then taken out
 *	DONE	the old one is empty and not looked through any more
 *
 * A phase begins when every thread that is inside has the view of the one before, so that of two
 * that insert the same tuple both look where the other puts it. */

#include "dataplane/conntrack/epoch.h"
#include "dataplane/conntrack/index_priv.h"

#include <stdlib.h>
#include "lib/hugemem.h"

#define MOVE_BUCKETS 256 /* of one step */

static struct index_table table_create(uint32_t n)
{
	struct index_table table = { .mask = n - 1 };

	table.buckets = huge_map((size_t)n * sizeof(struct bucket));
	return table;
}

static size_t table_bytes(const struct index_table *table)
{
	return ((size_t)table->mask + 1) * sizeof(struct bucket);
}

static void table_destroy(const struct index_table *table)
{
	huge_unmap(table->buckets, table_bytes(table));
}

static void publish(struct conntrack *ct, const struct index_view *v, enum growth_phase phase)
{
	struct growth *g = &ct->growth;

	g->last = ct->view;
	__atomic_store_n(&ct->view, (struct index_view *)xmemdup(v, sizeof(*v)), __ATOMIC_RELEASE);
	g->epoch = epoch_stamp(ct);
	g->phase = phase;
}

void index_init(struct conntrack *ct)
{
	struct index_view v = { .tables = { table_create(INDEX_MIN_BUCKETS) }, .n = 1 };

	ct->view = xmemdup(&v, sizeof(v));
}

void index_fini(struct conntrack *ct)
{
	for (unsigned k = 0; k < ct->view->n; k++)
		table_destroy(&ct->view->tables[k]);
	if (ct->growth.phase == GROWTH_DONE)
		table_destroy(&ct->growth.old);
	free(ct->growth.last);
	free(ct->view);
}

size_t index_bytes(const struct conntrack *ct)
{
	size_t bytes = 0;

	for (unsigned k = 0; k < ct->view->n; k++)
		bytes += table_bytes(&ct->view->tables[k]);
	return bytes;
}

static uint64_t n_words(const struct conntrack *ct)
{
	struct ct_counts sum = table_counts(ct);

	return sum.n_words_in - sum.n_words_out;
}

/* Buckets that N words should have: 2.1 to 4.25 in each. */
static uint32_t wanted_buckets(uint64_t n)
{
	uint32_t buckets = INDEX_MIN_BUCKETS;

	while (n * 4 > (uint64_t)buckets * 17 && buckets < 1u << 30)
		buckets *= 2;
	return buckets;
}

static bool begin(struct conntrack *ct)
{
	const struct index_view *v = ct->view;
	uint32_t is = v->tables[0].mask + 1, wanted = wanted_buckets(n_words(ct));
	struct index_view both = { .tables = { v->tables[0] }, .n = 2, .into = 0 };

	/* Not back for some that went and may come again. */
	if (wanted == is || (wanted < is && wanted * 8ull > is))
		return false;
	both.tables[1] = table_create(wanted);
	huge_touch(both.tables[1].buckets, table_bytes(&both.tables[1]));
	publish(ct, &both, GROWTH_LOOK);
	return true;
}

/* WORD, which is at AT of the old table, is found in the new one. */
static bool move_word(struct conntrack_thread *t, const struct index_table *to, uint64_t *at,
		      uint64_t word, uint32_t bucket)
{
	struct growth *g = &t->ct->growth;
	struct connection *c = entry_at(&t->ct->entries, (uint32_t)word);
	bool is_reply = word & WORD_REPLY;
	uint64_t hash = index_hash_of(&t->ct->secrets, c, is_reply);
	struct index_claim claim;

	if (!index_claim(to, hash, word, &claim))
		return false;
	if (!__atomic_compare_exchange_n(at, &word, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		/* Somebody has given it up meanwhile, where it was. */
		index_remove_from(to, hash, (uint32_t)claim.value, is_reply);
		return true;
	}
	index_unpass(&g->old, (uint32_t)hash & g->old.mask, bucket);
	return true;
}

static void prefetch_words(struct conntrack_thread *t, const struct bucket *b)
{
	for (unsigned w = 0; w < BUCKET_WORDS; w++) {
		uint64_t word = __atomic_load_n(&b->words[w], __ATOMIC_RELAXED);

		if (word)
			__builtin_prefetch(entry_at(&t->ct->entries, (uint32_t)word));
	}
}

/* True: all is moved. */
static bool move_some(struct conntrack_thread *t)
{
	struct growth *g = &t->ct->growth;
	const struct index_table *to = &t->view->tables[1];

	for (unsigned n = 0; n < MOVE_BUCKETS; n++) {
		struct bucket *b = &g->old.buckets[g->next];

		prefetch_words(t, &g->old.buckets[(g->next + 2) & g->old.mask]);
		for (unsigned w = 0; w < BUCKET_WORDS; w++) {
			uint64_t word = __atomic_load_n(&b->words[w], __ATOMIC_ACQUIRE);

			if (word && !move_word(t, to, &b->words[w], word, g->next))
				return false; /* later */
		}
		if (g->next++ == g->old.mask)
			return true;
	}
	return false;
}

/* All threads that are inside have the published view. */
static bool is_everybodys(struct conntrack *ct)
{
	struct growth *g = &ct->growth;

	if (epoch_oldest(ct) <= g->epoch)
		return false;
	free(g->last);
	g->last = NULL;
	return true;
}

static bool step(struct conntrack_thread *t)
{
	struct conntrack *ct = t->ct;
	struct growth *g = &ct->growth;
	struct index_view v = *ct->view;
	bool is_moved;

	switch (g->phase) {
	case GROWTH_NONE:
		return begin(ct);
	case GROWTH_LOOK:
		v.into = 1;
		g->old = v.tables[0];
		g->next = 0;
		publish(ct, &v, GROWTH_MOVE);
		return true;
	case GROWTH_MOVE:
		table_enter(t);
		is_moved = move_some(t);
		epoch_leave(t);
		if (is_moved) {
			v = (struct index_view){ .tables = { v.tables[1] }, .n = 1 };
			publish(ct, &v, GROWTH_DONE);
		}
		return true;
	case GROWTH_DONE:
		table_destroy(&g->old);
		g->phase = GROWTH_NONE;
		return true;
	}
	return false;
}

bool index_grow(struct conntrack_thread *t)
{
	struct conntrack *ct = t->ct;

	if (ct->growth.last && !is_everybodys(ct))
		return true;
	return step(t);
}
