#ifndef DATAPLANE_CONNTRACK_INDEX_H
#define DATAPLANE_CONNTRACK_INDEX_H

/* Which connection has a tuple: a hash table of cache lines of seven words, each a reference to a
 * connection and a piece of its hash.  Readers take no lock and write nothing; a word is changed by
 * compare-and-exchange alone.
 *
 * The hash is the same for both directions of an untranslated connection, so that one word is
 * enough for it; a translated one has two.  What does not fit its own bucket is in one of the next;
 * a bucket counts the words that went past it, and one that none went past ends a search.
 *
 * A word is first tentative: readers do not see it.  Its maker then looks whether the tuple is
 * there already.  Of two that put the same tuple in at once, one at least sees the other's word,
 * and takes it out; who still has his own makes it final, the other begins again.  So nobody waits.
 *
 * To grow, there are two tables for a while (grow.c). */

#include "dataplane/conntrack/connection.h"
#include "lib/mix.h"

struct conntrack;
struct conntrack_thread;

#define BUCKET_WORDS	  7
#define INDEX_MIN_BUCKETS 8192u /* half a MiB: what comes before it can grow must fit */

enum index_word {
	WORD_REF = 0xffffffff,
#define WORD_TENTATIVE (1ull << 32)
#define WORD_REPLY     (1ull << 33) /* the reply tuple of a translated connection */
#define WORD_NAT       (1ull << 34) /* of a translated connection */
#define WORD_TAG       (~0ull << 35)
};

struct bucket {
	uint64_t words[BUCKET_WORDS];
	uint32_t n_passed; /* words that are in later buckets for want of room here; atomic */
	uint32_t unused;
} __attribute__((aligned(64)));
static_assert(sizeof(struct bucket) == 64, "a cache line");

struct index_table {
	struct bucket *buckets;
	uint32_t mask;
};

/* What threads take for a burst. */
struct index_view {
	struct index_table tables[2]; /* looked through in this order */
	unsigned n;		      /* of tables */
	unsigned into;		      /* where new words go */
};

enum growth_phase {
	GROWTH_NONE,
	GROWTH_LOOK, /* the next table is looked through, but nothing is put there yet */
	GROWTH_MOVE, /* nothing is put into the old one any more: its words are moved */
	GROWTH_DONE, /* nobody looks into the old one any more as soon as this view is everybody's
		      */
};

/* The control thread's. */
struct growth {
	enum growth_phase phase;
	uint64_t epoch;		 /* at which the view was published */
	struct index_view *last; /* what was published before; to be freed */
	struct index_table old;
	uint32_t next; /* bucket to be moved */
};

struct index_secrets {
	uint64_t seed, factor;
};

/* A tuple, ready to be looked up: as the first 16 bytes of its connections look. */
struct probe {
	uint64_t hash;
	uint64_t forward[2], reverse[2];
	const struct ct_tuple *tuple;
};

static inline uint64_t index_hash(const struct index_secrets *s, uint64_t a, uint64_t b,
				  uint64_t rest)
{
	uint64_t low = MIN_OF(a, b), high = MAX_OF(a, b);

	return mix_word(mix_word(s->seed, low ^ rest << 48, s->factor), high ^ rest >> 16 << 48,
			s->factor);
}

/* One of IPv4, both in network order. */
static inline uint64_t index_end(uint32_t address, uint16_t port)
{
	return (uint64_t)address << 16 | port;
}

/* Of IPv4's TCP, UDP and SCTP. */
static inline uint64_t index_hash_ends(const struct index_secrets *s, const struct ct_ends *e,
				       uint16_t zone, uint8_t proto)
{
	return index_hash(s, index_end(e->src, e->src_port), index_end(e->dst, e->dst_port),
			  zone | (uint64_t)proto << 16);
}

uint64_t index_hash_tuple(const struct index_secrets *s, const struct ct_tuple *t);
void probe_init(const struct index_secrets *s, const struct ct_tuple *tuple, struct probe *p);

/* The connection of P, or NULL. */
struct connection *index_find(struct conntrack_thread *t, const struct probe *p, bool *is_reply);
/* C, whose tuples are set, is found from now on.  False: another one has one of its tuples, or
 * there is no room. */
bool index_insert(struct conntrack_thread *t, const struct connection *c);
/* C is about to be removed: its bucket is asked for. */
void index_prefetch(const struct conntrack_thread *t, const struct connection *c);
void index_remove(struct conntrack_thread *t, const struct connection *c);

/* Whether packets of P are C's. */
bool probe_matches(const struct probe *p, const struct connection *c, bool *is_reply);

/* --- grow.c --- */

void index_init(struct conntrack *ct);
void index_fini(struct conntrack *ct);
/* A step of growing, if that is needed or under way; true: to be called again at once.  T is the
 * control thread's and not entered. */
bool index_grow(struct conntrack_thread *t);
size_t index_bytes(const struct conntrack *ct);

#endif
