/* The cache in front of the tables (flow_cache.h): sets of eight ways, with a tag of 32 bits for
 * each way in half a line, and an entry of two lines.
 *
 * Ports share it, and one whose flows are always new must not have the others' forgotten.  A tag
 * says whose its way is: 24 bits of the hash, 8 of the port.  In a full set a port that has two
 * ways takes one of its own.  And each port has a gate of its own, which says whether it pays for
 * that port. */

#include "dataplane/pipeline/flow_cache.h"

#include <emmintrin.h>
#include <stdlib.h>
#include <rte_mbuf.h>
#include "dataplane/lookup/cpu.h"
#include "dataplane/pipeline/pipeline_priv.h"
#include "dataplane/pipeline/stage.h"
#include "lib/hugemem.h"
#include "lib/rng.h"

#define WAYS	   8
#define MAX_PATH   10 /* rules of a way that is remembered */
#define MAX_NOTED  8  /* packets of a burst whose way is noted */
#define FAIR_WAYS  2  /* of a full set, that a port may take from others */
#define N_GATES	   128
#define KEY_LINE_N 8 /* words of the key's first line */

/* Trying: so many bursts to fill it, and so many to count hits. */
#define TRIAL_FILL	 512
#define TRIAL_COUNT	 512
#define WINDOW		 4096 /* bursts between looks at whether it still pays */
#define MIN_REST	 4096 /* bursts by-passed at first, doubled by each trial that failed */
#define MAX_REST	 (1 << 20)
#define WINDOWS_PER_LOOK 16   /* so often the walk's cost is measured again, */
#define LOOK		 1024 /* for so many bursts */
#define MIN_WALK	 36   /* cycles of a packet, below which nothing is tried */
#define DISPLACING_COST	 16   /* what asking costs a packet elsewhere: see docs/decisions, */
#define MISSING_COST	 60   /* and one that is not found on top */
#define MAX_COST	 4096
#define COST_SHARE	 8 /* costs are kept in parts of a cycle; what is more counts 1 of so many */

struct set {
	uint32_t tags[WAYS]; /* 0: free */
} __attribute__((aligned(32)));

struct entry {
	uint64_t key[KEY_LINE_N];
	uint32_t slots[MAX_PATH]; /* counters */
	uint8_t tables[MAX_PATH];
	uint8_t n;     /* rules; 0: not filled yet */
	uint8_t at;    /* table that the way begins in */
	uint32_t port; /* 0: dropped */
	uint64_t unused2;
} __attribute__((aligned(64)));
static_assert(sizeof(struct entry) == 128, "two cache lines");

#define TOO_MANY (MAX_PATH + 1) /* rules, or one that is not plain */

/* A packet whose way is being noted. */
struct note {
	struct entry *entry;
	uint8_t place; /* in the burst */
	uint8_t n;     /* rules so far, or TOO_MANY */
	uint8_t tables[MAX_PATH];
	const struct rule *rules[MAX_PATH];
};

enum phase { RESTING, FILLING, COUNTING, IN_USE };

/* Whether it pays for a port (several, if they are very many). */
struct gate {
	enum phase phase;
	unsigned n_left;    /* bursts of the phase */
	unsigned rest;	    /* bursts that it will rest next time */
	unsigned n_windows; /* in which it paid */
	/* Cycles of a packet, times COST_SHARE; 0: not known. */
	unsigned walk_cost;	 /* without it */
	unsigned asking_cost;	 /* asking and counting what was found */
	uint64_t n_asked, n_hit; /* packets, of this phase */
};

struct flow_cache {
	uint64_t serial; /* of the snapshot that it is for */
	uint64_t secrets[KEY_LINE_N];
	enum flow_cache_mode mode;
	uint8_t owner;		       /* that the burst is of */
	uint8_t at;		       /* table that the burst's ways begin in */
	unsigned n_sets;	       /* a power of two */
	struct gate *gate;	       /* its gate */
	unsigned n_not_resting;	       /* gates */
	struct flow_cache_stats stats; /* read by others */
	unsigned next_way;
	unsigned n_notes;
	uint64_t noted; /* places of them */
	struct note notes[MAX_NOTED];
	struct gate gates[N_GATES];
	struct entry *entries; /* [n_sets * WAYS] */
	struct set sets[];
};

int flow_cache_mode_parse(const char *text, enum flow_cache_mode *mode, struct status *st)
{
	static const char *const names[] = {
		[FLOW_CACHE_AUTO] = "auto",
		[FLOW_CACHE_OFF] = "off",
		[FLOW_CACHE_ON] = "on",
	};

	for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*mode = i;
			return 0;
		}
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, "flow-cache",
			  "flow-cache '%.40s': give auto, off or on", text);
}

static size_t head_bytes(unsigned n_sets)
{
	return (sizeof(struct flow_cache) + n_sets * sizeof(struct set) + 63) / 64 * 64;
}

static size_t cache_bytes(unsigned n_sets)
{
	return head_bytes(n_sets) + (size_t)n_sets * WAYS * sizeof(struct entry);
}

struct flow_cache *flow_cache_create(uint64_t seed, unsigned n_ways)
{
	unsigned n_sets = n_ways / WAYS;
	struct flow_cache *c = huge_map(cache_bytes(n_sets));
	struct rng rng;

	c->n_sets = n_sets;
	c->entries = (struct entry *)((char *)c + head_bytes(n_sets));

	rng_seed(&rng, seed);
	for (unsigned i = 0; i < KEY_LINE_N; i++)
		c->secrets[i] = rng_u64(&rng);
	for (unsigned i = 0; i < N_GATES; i++)
		c->gates[i].n_left = c->gates[i].rest = MIN_REST;
	c->gate = c->gates;
	return c;
}

void flow_cache_destroy(struct flow_cache *c)
{
	if (c)
		huge_unmap(c, cache_bytes(c->n_sets));
}

void pipeline_thread_use_cache(struct pipeline_thread *t, enum flow_cache_mode mode)
{
	struct flow_cache *caches[] = { t->cache, t->est_cache };

	for (unsigned i = 0; i < ARRAY_LENGTH(caches); i++) {
		if (!caches[i])
			continue;
		caches[i]->mode = mode;
		__atomic_store_n(&caches[i]->stats.is_off, mode == FLOW_CACHE_OFF,
				 __ATOMIC_RELAXED);
	}
}

struct flow_cache_stats flow_cache_stats(const struct flow_cache *c)
{
	return (struct flow_cache_stats){
		.is_used = __atomic_load_n(&c->stats.is_used, __ATOMIC_RELAXED),
		.is_off = __atomic_load_n(&c->stats.is_off, __ATOMIC_RELAXED),
		.n_asked = __atomic_load_n(&c->stats.n_asked, __ATOMIC_RELAXED),
		.n_hit = __atomic_load_n(&c->stats.n_hit, __ATOMIC_RELAXED),
	};
}

struct flow_cache_stats pipeline_thread_cache_stats(const struct pipeline_thread *t)
{
	struct flow_cache_stats s = flow_cache_stats(t->cache), est;

	if (!t->est_cache)
		return s;
	est = flow_cache_stats(t->est_cache);
	s.is_used |= est.is_used;
	s.n_asked += est.n_asked;
	s.n_hit += est.n_hit;
	return s;
}

/* --- whether it pays --- */

/* One more measurement of what a packet usually costs.  A thread that was off its CPU, or came back
 * to cold caches, measures too much, never too little: what is less counts at once by half, what is
 * more by little. */
static void measured(unsigned *usual, uint64_t cycles, unsigned n)
{
	unsigned cost = MIN_OF(cycles / n, (uint64_t)MAX_COST) * COST_SHARE;

	if (!*usual)
		*usual = cost;
	else if (cost < *usual)
		*usual -= (*usual - cost) / 2;
	else
		*usual += MIN_OF(cost - *usual, *usual) / COST_SHARE;
}

void flow_cache_tell_cost(struct flow_cache *c, uint64_t cycles, unsigned n)
{
	struct gate *g = c->gate;

	if (g->phase ==
	    RESTING) /* what hits leave of a burst costs more a packet than a whole one */
		measured(&g->walk_cost, cycles, n);
}

static bool pays(const struct gate *g)
{
	uint64_t walk = g->walk_cost / COST_SHARE, asking = g->asking_cost / COST_SHARE;

	return g->n_hit * walk >
	       g->n_asked * (asking + DISPLACING_COST) + (g->n_asked - g->n_hit) * MISSING_COST;
}

static void enter(struct flow_cache *c, enum phase phase, unsigned n_bursts)
{
	struct gate *g = c->gate;

	c->n_not_resting += (phase != RESTING) - (g->phase != RESTING);
	g->phase = phase;
	g->n_left = n_bursts;
	g->n_asked = g->n_hit = 0;
}

static void rest(struct flow_cache *c)
{
	struct gate *g = c->gate;

	enter(c, RESTING, g->rest);
	g->rest = MIN_OF(2 * g->rest, (unsigned)MAX_REST);
}

/* The phase's bursts are over. */
static void next_phase(struct flow_cache *c)
{
	struct gate *g = c->gate;

	switch (g->phase) {
	case RESTING:
		if (g->walk_cost / COST_SHARE >= MIN_WALK)
			enter(c, FILLING, TRIAL_FILL);
		else
			enter(c, RESTING, MIN_REST);
		break;
	case FILLING:
		g->asking_cost = 0;
		enter(c, COUNTING, TRIAL_COUNT);
		break;
	case COUNTING:
	case IN_USE:
		if (!pays(g)) {
			rest(c);
			break;
		}
		g->rest = MIN_REST;
		if (++g->n_windows % WINDOWS_PER_LOOK == 0)
			enter(c, RESTING, LOOK);
		else
			enter(c, IN_USE, WINDOW);
		break;
	}
}

/* Never 0, so that no tag is. */
static inline uint8_t owner_of(uint32_t in_port)
{
	return in_port * 0x9e3779b1u >> 25 | 0x80;
}

static bool is_used(struct flow_cache *c, uint32_t in_port)
{
	bool is_used = c->mode == FLOW_CACHE_ON, is_any = is_used;

	c->owner = owner_of(in_port);
	c->gate = &c->gates[c->owner % N_GATES];
	if (c->mode == FLOW_CACHE_AUTO) {
		if (!--c->gate->n_left)
			next_phase(c);
		is_used = c->gate->phase != RESTING;
		is_any = c->n_not_resting;
	}
	if (c->stats.is_used != is_any)
		__atomic_store_n(&c->stats.is_used, is_any, __ATOMIC_RELAXED);
	return is_used;
}

static void count_asked(struct flow_cache *c, unsigned n_asked, unsigned n_hit)
{
	c->gate->n_asked += n_asked;
	c->gate->n_hit += n_hit;
	count(&c->stats.n_asked, n_asked);
	count(&c->stats.n_hit, n_hit);
}

static void forget(struct flow_cache *c, uint64_t serial)
{
	memset(c->sets, 0, c->n_sets * sizeof(c->sets[0]));
	c->serial = serial;
}

/* --- asking --- */

/* NH of UMAC (RFC 4418 section 5.2) over the line. */
static CPU_INLINE uint64_t hash_line(const struct flow_cache *c, const uint64_t *line)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < KEY_LINE_N; i++) {
		uint32_t low = (uint32_t)line[i] + (uint32_t)c->secrets[i];
		uint32_t high = (uint32_t)(line[i] >> 32) + (uint32_t)(c->secrets[i] >> 32);

		sum += (uint64_t)low * high;
	}
	sum += c->at;
	sum ^= sum >> 32;
	return sum * 0x9e3779b97f4a7c15ull;
}

static CPU_INLINE uint32_t tag_of(const struct flow_cache *c, uint64_t hash)
{
	return (uint32_t)(hash >> 40) << 8 | c->owner;
}

static CPU_INLINE unsigned set_of(const struct flow_cache *c, uint64_t hash)
{
	return hash >> 16 & (c->n_sets - 1);
}

/* The ways that have TAG, a bit each. */
static CPU_INLINE unsigned match_tags(const struct set *s, uint32_t tag)
{
	__m128i wanted = _mm_set1_epi32(tag);
	__m128i low = _mm_cmpeq_epi32(_mm_load_si128((const __m128i *)s->tags), wanted);
	__m128i high = _mm_cmpeq_epi32(_mm_load_si128((const __m128i *)s->tags + 1), wanted);

	return _mm_movemask_ps(_mm_castsi128_ps(low)) | _mm_movemask_ps(_mm_castsi128_ps(high))
								<< 4;
}

static CPU_INLINE bool has_key(const struct entry *e, const struct flow_key *key)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < KEY_LINE_N; i++)
		diff |= e->key[i] ^ key->words[i];
	return diff == 0;
}

/* Whether all that look-ups can see of the packet is in the first line of its key. */
static CPU_INLINE bool is_cacheable(const struct flow_key *key)
{
	return key->eth_type == __builtin_bswap16(0x0800);
}

/* A burst's asking: first for all packets, then for those that have an entry. */
struct asking {
	uint64_t asked, hits; /* packets */
	unsigned n;
	uint8_t places[PACKET_BURST_MAX];
	struct entry *entries[PACKET_BURST_MAX];
	uint64_t hashes[PACKET_BURST_MAX]; /* by place */
};

/* The hashes of those of GOOD that can be in the cache. */
static CPU_INLINE void hash_keys(const struct flow_cache *c, const struct pipeline_thread *t,
				 uint64_t good, struct asking *a)
{
	a->asked = 0;
	for (; good; good &= good - 1) {
		unsigned i = __builtin_ctzll(good);
		uint64_t hash = hash_line(c, t->keys[i].words);

		a->hashes[i] = hash;
		a->asked |= (uint64_t)is_cacheable(&t->keys[i]) << i;
		__builtin_prefetch(&c->sets[set_of(c, hash)]);
	}
}

/* Those that have an entry, perhaps. */
static CPU_INLINE void find_entries(struct flow_cache *c, struct asking *a)
{
	a->n = 0;
	for (uint64_t b = a->asked; b; b &= b - 1) {
		unsigned i = __builtin_ctzll(b), set = set_of(c, a->hashes[i]);
		unsigned ways = match_tags(&c->sets[set], tag_of(c, a->hashes[i]));
		struct entry *e;

		if (!ways)
			continue;
		e = &c->entries[set * WAYS + __builtin_ctz(ways)];
		__builtin_prefetch(e);
		__builtin_prefetch(e->slots);
		a->places[a->n] = i;
		a->entries[a->n++] = e;
	}
}

/* Leaves those that are the packet's, and asks for their counters. */
static CPU_INLINE void keep_hits(const struct flow_cache *c, const struct pipeline_thread *t,
				 struct asking *a)
{
	const struct counter *slots = t->counts->slots;
	uint32_t mask = t->counts->slot_mask;
	unsigned n = 0;

	a->hits = 0;
	for (unsigned k = 0; k < a->n; k++) {
		struct entry *e = a->entries[k];
		unsigned i = a->places[k];

		if (!e->n || e->at != c->at || !has_key(e, &t->keys[i]))
			continue;
		for (unsigned r = 0; r < e->n; r++)
			__builtin_prefetch(&slots[e->slots[r] & mask], 1);
		a->places[n] = i;
		a->entries[n++] = e;
		a->hits |= 1ull << i;
	}
	a->n = n;
}

static CPU_INLINE void ask(struct flow_cache *c, const struct pipeline_thread *t, uint64_t good,
			   struct asking *a)
{
	hash_keys(c, t, good, a);
	find_entries(c, a);
	keep_hits(c, t, a);
}

CPU_BODIES(ask,
	   (struct flow_cache * c, const struct pipeline_thread *t, uint64_t good,
	    struct asking *a),
	   ask, (c, t, good, a));

static CPU_INLINE void count_tables(struct pipeline_thread *t, const struct entry *e, unsigned n)
{
	for (unsigned r = 0; r < e->n; r++) {
		struct table_counter *counts = &t->counts->tables[e->tables[r]];

		count(&counts->n_lookups, n);
		count(&counts->n_matched, n);
	}
}

/* The packets from FIRST on that go the same way, one behind the other; returns how many. */
static CPU_INLINE unsigned replay_train(struct pipeline_thread *t, const struct asking *a,
					unsigned first)
{
	const struct entry *e = a->entries[first];
	struct counter *slots = t->counts->slots, *c = NULL;
	const uint32_t mask = t->counts->slot_mask;
	struct hit hit = { .now_ns = t->now_ns };
	unsigned end = first;

	for (; end < a->n && a->entries[end] == e; end++)
		hit.n_bytes += t->pkts[a->places[end]]->pkt_len;
	hit.n_packets = end - first;
	for (unsigned r = 0; r < e->n; r++) {
		c = &slots[e->slots[r] & mask];
		count_hit(c, &hit);
	}
	for (unsigned k = first; k < end; k++)
		plain_finish(t, a->places[k], e->port, c);
	return end - first;
}

/* Whether the ways of A and B lead through the same tables. */
static CPU_INLINE bool is_same_tables(const struct entry *a, const struct entry *b)
{
	uint64_t x, y;
	uint32_t v, w;

	memcpy(&x, a->tables, sizeof(x));
	memcpy(&y, b->tables, sizeof(y));
	memcpy(&v, a->tables + sizeof(x), sizeof(v));
	memcpy(&w, b->tables + sizeof(x), sizeof(w));
	return !((x ^ y) | (v ^ w));
}
static_assert(offsetof(struct entry, port) == offsetof(struct entry, tables) + 12,
	      "tables, n and at");

/* Most ways of a burst lead through the same tables. */
static CPU_INLINE void replay_all(struct pipeline_thread *t, const struct asking *a)
{
	const struct entry *last = NULL;
	unsigned n_same = 0, n;

	for (unsigned k = 0; k < a->n; k += n) {
		const struct entry *e = a->entries[k];

		n = replay_train(t, a, k);
		if (last && !is_same_tables(e, last)) {
			count_tables(t, last, n_same);
			n_same = 0;
		}
		last = e;
		n_same += n;
	}
	if (last)
		count_tables(t, last, n_same);
}

CPU_BODIES(replay_all, (struct pipeline_thread * t, const struct asking *a), replay_all, (t, a));

/* --- learning --- */

/* In a full set: any in turn, unless the port has its share. */
static unsigned way_to_take(struct flow_cache *c, const struct set *s)
{
	uint8_t own[WAYS];
	unsigned n = 0;

	for (unsigned way = 0; way < WAYS; way++) {
		own[n] = way;
		n += (s->tags[way] & 0xff) == c->owner;
	}
	c->next_way++;
	return n < FAIR_WAYS ? c->next_way % WAYS : own[c->next_way % n];
}

static bool is_noted(const struct flow_cache *c, const struct entry *e)
{
	for (unsigned k = 0; k < c->n_notes; k++)
		if (c->notes[k].entry == e)
			return true;
	return false;
}

/* The way that is filled next; its entry has no rules yet. */
static struct entry *take_way(struct flow_cache *c, uint64_t hash, const struct flow_key *key)
{
	struct set *s = &c->sets[set_of(c, hash)];
	unsigned ways = match_tags(s, 0), way;
	struct entry *e;

	if (match_tags(s, tag_of(c, hash)))
		return NULL; /* another packet's of this burst, or one that collides */
	way = ways ? (unsigned)__builtin_ctz(ways) : way_to_take(c, s);
	e = &c->entries[set_of(c, hash) * WAYS + way];
	if (is_noted(c, e))
		return NULL; /* it would get that packet's way */
	s->tags[way] = tag_of(c, hash);
	e->n = 0;
	e->at = c->at;
	memcpy(e->key, key->words, sizeof(e->key));
	return e;
}

static void begin_notes(struct flow_cache *c, const struct pipeline_thread *t, uint64_t misses,
			const struct asking *a)
{
	for (; misses && c->n_notes < MAX_NOTED; misses &= misses - 1) {
		unsigned i = __builtin_ctzll(misses);
		struct entry *e = take_way(c, a->hashes[i], &t->keys[i]);

		if (!e)
			continue;
		c->notes[c->n_notes++] = (struct note){ .entry = e, .place = i };
		c->noted |= 1ull << i;
	}
}

void flow_cache_note(struct flow_cache *c, const struct pipeline_thread *t, unsigned id,
		     uint64_t bitmap)
{
	if (!(c->noted & bitmap))
		return;
	for (unsigned k = 0; k < c->n_notes; k++) {
		struct note *n = &c->notes[k];
		const struct rule *r = t->found[n->place];

		if (!(bitmap >> n->place & 1))
			continue;
		/* One under which packets only stay plain, as they do under learn, does more. */
		if (n->n >= MAX_PATH || !r || !r->is_plain) {
			n->n = TOO_MANY;
			continue;
		}
		n->tables[n->n] = id;
		n->rules[n->n++] = r;
	}
}

void flow_cache_learn(struct flow_cache *c, const struct pipeline_thread *t)
{
	for (unsigned k = 0; k < c->n_notes; k++) {
		const struct note *n = &c->notes[k];
		struct entry *e = n->entry;

		if (!(t->sent >> n->place & 1) || n->n == TOO_MANY)
			continue;
		memset(e->tables, 0, sizeof(e->tables));
		for (unsigned r = 0; r < n->n; r++) {
			e->slots[r] = n->rules[r]->slot;
			e->tables[r] = n->tables[r];
		}
		e->port = t->plain_ports[n->place];
		e->n = n->n;
	}
	c->n_notes = 0;
	c->noted = 0;
}

uint64_t flow_cache_run(struct flow_cache *c, const struct pipeline *p, struct pipeline_thread *t,
			unsigned at, uint64_t good)
{
	uint64_t began = stage_begin(t);
	struct asking a;

	if (!is_used(c, t->in_port))
		return good;
	if (c->serial != p->serial)
		forget(c, p->serial);
	c->at = at;
	ask_bodies[t->cpu_level](c, t, good, &a);
	replay_all_bodies[t->cpu_level](t, &a);
	count_asked(c, __builtin_popcountll(a.asked), __builtin_popcountll(a.hits));
	begin_notes(c, t, a.asked & ~a.hits, &a);
	if (t->is_timed && c->gate->phase != FILLING && a.asked)
		measured(&c->gate->asking_cost, rte_rdtsc() - began, __builtin_popcountll(a.asked));
	return good & ~a.hits;
}
