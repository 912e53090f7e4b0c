/* Expected connections (expect.h): slots in a keyed hash by all of a tuple but its source port.
 *
 * Readers are kept from half-done changes by a version that is odd while there is one; they try
 * again, a few times.  All that they read is read and written as relaxed atomics. */

#include "dataplane/conntrack/expect.h"

#include <errno.h>
#include <stdlib.h>
#include "lib/mix.h"

#define NONE	    0xffffffffu
#define NOT_ZERO    0x80000000u /* in every id */
#define MAX_SLOTS   65536u	/* as many as an id can name */
#define LOCK_TRIES  200
#define READ_TRIES  8
#define SWEEP	    4  /* slots that are looked at for expired ones when one is needed */
#define SWEEP_MORE  64 /* when there is no other */
#define ZONE_SHARE  4
#define ZONE_COUNTS 256
#define WORDS(TYPE) (sizeof(TYPE) / 8)

struct slot {
	struct ct_expectation e;
	uint64_t expires_ns; /* 0: the slot is free */
	uint32_t next;	     /* in its bucket or the free list; atomic */
	uint32_t generation; /* of its ids */
};
static_assert(sizeof(struct ct_expectation) % 8 == 0, "copied in words");

struct expect_table {
	uint64_t secret;
	uint32_t max, mask; /* slots; buckets less one */
	struct slot *slots;
	uint32_t *buckets; /* slots, or NONE */
	uint32_t n;	   /* that are expected; atomic */
	uint32_t version;  /* atomic */
	/* Of who has the lock. */
	uint32_t lock APART; /* atomic */
	uint32_t free;
	uint32_t n_touched; /* slots from here on were never used */
	uint32_t hand;	    /* the next slot to look at for being expired */
	uint16_t n_of_zones[ZONE_COUNTS];
};

static uint32_t *bucket_of(const struct expect_table *t, const struct ct_tuple *tuple)
{
	struct ct_tuple any = *tuple;
	uint64_t h = 0, words[WORDS(struct ct_tuple)];

	any.src_port = 0;
	memcpy(words, &any, sizeof(words));
	for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
		h = mix_word(h, words[i], t->secret);
	return &t->buckets[h & t->mask];
}

struct expect_table *expect_table_create(uint64_t seed, uint32_t max)
{
	struct expect_table *t = xcalloc_apart(sizeof(*t));
	uint32_t n_buckets = 1;

	max = max ? MIN_OF(max, MAX_SLOTS) : EXPECT_DEFAULT_MAX;
	while (n_buckets < max)
		n_buckets *= 2;
	t->secret = mix_secret(seed);
	t->max = max;
	t->mask = n_buckets - 1;
	t->free = NONE;
	t->slots = xcalloc(max, sizeof(*t->slots));
	t->buckets = xmalloc(n_buckets * sizeof(*t->buckets));
	memset(t->buckets, 0xff, n_buckets * sizeof(*t->buckets));
	return t;
}

void expect_table_destroy(struct expect_table *t)
{
	if (!t)
		return;
	free(t->slots);
	free(t->buckets);
	free(t);
}

/* --- the lock, and what is done with it --- */

static bool try_lock(struct expect_table *t)
{
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (!__atomic_exchange_n(&t->lock, 1, __ATOMIC_ACQUIRE))
			return true;
		__builtin_ia32_pause();
	}
	return false;
}

static void unlock(struct expect_table *t)
{
	__atomic_store_n(&t->lock, 0, __ATOMIC_RELEASE);
}

static void begin_change(struct expect_table *t)
{
	__atomic_store_n(&t->version, t->version + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void end_change(struct expect_table *t)
{
	__atomic_store_n(&t->version, t->version + 1, __ATOMIC_RELEASE);
}

static void set(uint32_t *at, uint32_t v)
{
	__atomic_store_n(at, v, __ATOMIC_RELAXED);
}

static void store_words(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		__atomic_store_n((uint64_t *)to + i, ((const uint64_t *)from)[i], __ATOMIC_RELAXED);
}

static void load_words(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint64_t *)to)[i] = __atomic_load_n((const uint64_t *)from + i, __ATOMIC_RELAXED);
}

static uint16_t *zone_count(struct expect_table *t, const struct ct_expectation *e)
{
	return &t->n_of_zones[e->original.zone % ZONE_COUNTS];
}

static void remove_slot(struct expect_table *t, struct slot *s)
{
	uint32_t index = s - t->slots, *at = bucket_of(t, &s->e.original);

	while (*at != index)
		at = &t->slots[*at].next;
	begin_change(t);
	set(at, s->next);
	__atomic_store_n(&s->expires_ns, 0, __ATOMIC_RELAXED);
	set(&s->next, t->free);
	end_change(t);
	t->free = index;
	s->generation++;
	(*zone_count(t, &s->e))--;
	set(&t->n, t->n - 1);
}

/* Expired ones need not be found at once: nobody takes them for expected. */
static void sweep(struct expect_table *t, uint64_t now_ns, unsigned n)
{
	for (; n > 0 && t->n_touched > 0; n--) {
		struct slot *s;

		t->hand = t->hand + 1 < t->n_touched ? t->hand + 1 : 0;
		s = &t->slots[t->hand];
		if (s->expires_ns && s->expires_ns <= now_ns)
			remove_slot(t, s);
	}
}

static bool has_room(struct expect_table *t, const struct ct_expectation *e)
{
	return *zone_count(t, e) < MAX_OF(t->max / ZONE_SHARE, 1) &&
	       (t->free != NONE || t->n_touched < t->max);
}

static struct slot *new_slot(struct expect_table *t)
{
	struct slot *s;

	if (t->free == NONE)
		return &t->slots[t->n_touched++];
	s = &t->slots[t->free];
	t->free = s->next;
	return s;
}

static struct slot *find_same(const struct expect_table *t, const struct ct_tuple *original)
{
	for (uint32_t i = *bucket_of(t, original); i != NONE; i = t->slots[i].next) {
		if (memcmp(&t->slots[i].e.original, original, sizeof(*original)) == 0)
			return &t->slots[i];
	}
	return NULL;
}

static void insert(struct expect_table *t, struct slot *s, struct ct_expectation *e,
		   uint64_t expires_ns)
{
	uint32_t *bucket = bucket_of(t, &e->original), index = s - t->slots;

	e->id = NOT_ZERO | (s->generation & 0x7fff) << 16 | index;
	begin_change(t);
	store_words(&s->e, e, WORDS(*e));
	__atomic_store_n(&s->expires_ns, expires_ns, __ATOMIC_RELAXED);
	set(&s->next, *bucket);
	set(bucket, index);
	end_change(t);
	(*zone_count(t, e))++;
	set(&t->n, t->n + 1);
}

static int add(struct expect_table *t, struct ct_expectation *e, uint64_t now_ns)
{
	struct slot *s = find_same(t, &e->original);

	sweep(t, now_ns, SWEEP);
	if (s && s->expires_ns && s->expires_ns > now_ns &&
	    memcmp(&s->e.reply, &e->reply, sizeof(e->reply)) != 0)
		return -EEXIST;
	if (s && s->expires_ns)
		remove_slot(t, s);
	if (!has_room(t, e))
		sweep(t, now_ns, SWEEP_MORE);
	if (!has_room(t, e))
		return -ENOSPC;
	insert(t, new_slot(t), e, now_ns + EXPECT_SECONDS * NS_PER_SEC);
	return 0;
}

int expect_add(struct expect_table *t, struct ct_expectation *e, uint64_t now_ns)
{
	int err;

	if (!try_lock(t))
		return -EBUSY;
	err = add(t, e, now_ns);
	unlock(t);
	return err;
}

static bool remove_id(struct expect_table *t, uint32_t id)
{
	struct slot *s = (id & 0xffff) < t->max ? &t->slots[id & 0xffff] : NULL;

	if (!s || !s->expires_ns || s->e.id != id)
		return false;
	remove_slot(t, s);
	return true;
}

bool expect_take(struct expect_table *t, const struct ct_expectation *e)
{
	bool is_there;

	if (!try_lock(t))
		return false;
	is_there = remove_id(t, e->id);
	unlock(t);
	return is_there;
}

void expect_cancel(struct expect_table *t, uint32_t id)
{
	/* If this is a bad moment, it times out. */
	if (!try_lock(t))
		return;
	remove_id(t, id);
	unlock(t);
}

/* --- readers --- */

static bool is_for(const struct ct_tuple *expected, const struct ct_tuple *tuple)
{
	struct ct_tuple t = *tuple;

	if (!expected->src_port)
		t.src_port = 0;
	return memcmp(expected, &t, sizeof(t)) == 0;
}

/* One that TUPLE is expected by, however often it looks. */
static bool search(const struct expect_table *t, const struct ct_tuple *tuple, uint64_t now_ns,
		   struct ct_expectation *out)
{
	uint32_t i = __atomic_load_n(bucket_of(t, tuple), __ATOMIC_RELAXED);

	/* Only a change at the same time can make this a circle. */
	for (uint32_t n = 0; i != NONE && n < t->max; n++) {
		const struct slot *s = &t->slots[i];
		uint64_t expires = __atomic_load_n(&s->expires_ns, __ATOMIC_RELAXED);

		load_words(out, &s->e, WORDS(*out));
		if (expires > now_ns && is_for(&out->original, tuple))
			return true;
		i = __atomic_load_n(&s->next, __ATOMIC_RELAXED);
	}
	return false;
}

bool expect_find(const struct expect_table *t, const struct ct_tuple *tuple, uint64_t now_ns,
		 struct ct_expectation *out)
{
	if (__atomic_load_n(&t->n, __ATOMIC_RELAXED) == 0)
		return false;
	for (unsigned i = 0; i < READ_TRIES; i++) {
		uint32_t version = __atomic_load_n(&t->version, __ATOMIC_ACQUIRE);
		bool found = search(t, tuple, now_ns, out);

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(version & 1) && __atomic_load_n(&t->version, __ATOMIC_RELAXED) == version)
			return found;
		__builtin_ia32_pause();
	}
	return false;
}
