/* Sharing out the slots of a select group (group_version.h). */

#include "dataplane/group/group_version.h"

#include <stdlib.h>

#define MIN_SLOTS	  256
#define MAX_SLOTS	  16384
#define SLOTS_OF_LIGHTEST 32 /* so a share is right to 3 % */
#define NOBODY		  UINT16_MAX

/* One bucket's part while slots are shared out. */
struct share {
	unsigned index;
	uint64_t weight;
	uint32_t quota; /* slots that it is to have */
	uint32_t n;	/* that it has */
	uint64_t rest;	/* what rounding its share down left, in parts of the total weight */
};

static uint32_t choose_size(const struct share *shares, unsigned n, uint64_t total,
			    const struct group_version *old)
{
	uint32_t size = old ? old->choice_mask + 1 : MIN_SLOTS;
	uint64_t lightest = UINT64_MAX;

	for (unsigned i = 0; i < n; i++)
		if (shares[i].weight)
			lightest = MIN_OF(lightest, shares[i].weight);
	while (size < MAX_SLOTS && size * lightest < SLOTS_OF_LIGHTEST * total)
		size *= 2;
	return size;
}

/* The place in V of the bucket that was OLD's Kth, or NOBODY. */
static uint16_t *places_of(const struct group_version *v, const struct group_version *old)
{
	uint16_t *places = xcalloc(old->n_buckets + 1, sizeof(*places));

	for (unsigned k = 0; k < old->n_buckets; k++) {
		places[k] = NOBODY;
		for (unsigned i = 0; i < v->n_buckets; i++)
			if (v->configs[i].id == old->configs[k].id)
				places[k] = i;
	}
	return places;
}

/* Count what each bucket had of the old slots. */
static void count_old(struct share *shares, const struct group_version *old, const uint16_t *places,
		      uint32_t size)
{
	for (uint32_t s = 0; s < size; s++) {
		uint16_t i = places[old->choice[s & old->choice_mask]];

		if (i != NOBODY)
			shares[i].n++;
	}
}

static int by_rest(const void *a, const void *b)
{
	const struct share *x = *(const struct share *const *)a;
	const struct share *y = *(const struct share *const *)b;

	if (x->rest != y->rest)
		return x->rest > y->rest ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int by_quota(const void *a, const void *b)
{
	const struct share *x = *(const struct share *const *)a;
	const struct share *y = *(const struct share *const *)b;

	if (x->quota != y->quota)
		return x->quota > y->quota ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Whether all that happened is that buckets went away: each one left has about what it is due. */
static bool is_removal(const struct share *shares, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (shares[i].weight && (!shares[i].n || shares[i].n > shares[i].quota + 1))
			return false;
	return true;
}

/* Shares rounded down, a bucket with any weight having a slot.  Returns how many slots are left,
 * which may be below 0. */
static int64_t round_down(struct share *shares, unsigned n, uint64_t total, uint32_t size)
{
	int64_t left = size;

	for (unsigned i = 0; i < n; i++) {
		struct share *s = &shares[i];

		s->quota = s->weight * size / total;
		s->rest = s->weight * size % total;
		if (s->weight && !s->quota) {
			s->quota = 1;
			s->rest = 0;
		}
		left -= s->quota;
	}
	return left;
}

/* Largest remainders.  After a removal nobody is given less than it has. */
static void set_quotas(struct share *shares, unsigned n, uint64_t total, uint32_t size)
{
	struct share **sorted = xcalloc(n, sizeof(*sorted));
	int64_t left = round_down(shares, n, total, size);
	bool keeps_all = is_removal(shares, n);

	for (unsigned i = 0; i < n; i++) {
		struct share *s = &shares[i];

		sorted[i] = s;
		if (!keeps_all || s->n <= s->quota)
			continue;
		s->quota = s->n;
		s->rest = 0;
		left--;
	}
	qsort(sorted, n, sizeof(*sorted), by_rest);
	for (unsigned i = 0; left > 0; i = (i + 1) % n) {
		if (!sorted[i]->weight)
			continue;
		sorted[i]->quota++;
		left--;
	}
	qsort(sorted, n, sizeof(*sorted), by_quota);
	for (unsigned i = 0; left < 0; i = (i + 1) % n) {
		if (sorted[i]->quota <= (keeps_all ? MAX_OF(sorted[i]->n, 1u) : 1u))
			continue;
		sorted[i]->quota--;
		left++;
	}
	free(sorted);
}

/* Slots that their buckets keep. */
static void keep_old(uint16_t *choice, struct share *shares, const struct group_version *old,
		     const uint16_t *places, uint32_t size)
{
	for (uint32_t s = 0; s < size; s++) {
		uint16_t i = places[old->choice[s & old->choice_mask]];

		if (i == NOBODY || shares[i].n == shares[i].quota)
			continue;
		choice[s] = i;
		shares[i].n++;
	}
}

static void give_rest(uint16_t *choice, struct share *shares, unsigned n, uint32_t size)
{
	unsigned i = 0;

	for (uint32_t s = 0; s < size; s++) {
		if (choice[s] != NOBODY)
			continue;
		while (shares[i].n == shares[i].quota)
			i = (i + 1) % n;
		choice[s] = i;
		shares[i].n++;
		i = (i + 1) % n;
	}
}

void group_choice_make(struct group_version *v, const struct group_version *old)
{
	struct share *shares = xcalloc(v->n_buckets + 1, sizeof(*shares));
	uint16_t *places = old ? places_of(v, old) : NULL;
	uint64_t total = 0;
	uint32_t size;

	for (unsigned i = 0; i < v->n_buckets; i++) {
		shares[i] = (struct share){ .index = i, .weight = v->configs[i].weight };
		total += shares[i].weight;
	}
	if (!total)
		goto out;
	size = choose_size(shares, v->n_buckets, total, old);
	if (old)
		count_old(shares, old, places, size);
	set_quotas(shares, v->n_buckets, total, size);
	v->choice = xmalloc(size * sizeof(*v->choice));
	v->choice_mask = size - 1;
	memset(v->choice, 0xff, size * sizeof(*v->choice));
	for (unsigned i = 0; i < v->n_buckets; i++)
		shares[i].n = 0;
	if (old)
		keep_old(v->choice, shares, old, places, size);
	give_rest(v->choice, shares, v->n_buckets, size);
out:
	free(places);
	free(shares);
}
