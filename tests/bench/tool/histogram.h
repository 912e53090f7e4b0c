#ifndef TESTS_BENCH_TOOL_HISTOGRAM_H
#define TESTS_BENCH_TOOL_HISTOGRAM_H

/* How often which value came, in buckets that grow with the value: exact below 128, then 64 buckets
 * to each doubling, so that what is read from it is at most 1.6 % above what was put in.  Adding
 * takes a few instructions and no division. */

#include "lib/util.h"

enum {
	HISTOGRAM_SUB_BITS = 6,
	HISTOGRAM_MAX_BITS = 44, /* larger values count as the largest */
	HISTOGRAM_N_BUCKETS = (HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS,
};

struct histogram {
	uint64_t n, min, max;
	double sum;
	uint64_t buckets[HISTOGRAM_N_BUCKETS];
};

void histogram_init(struct histogram *h);
void histogram_merge(struct histogram *to, const struct histogram *from);
/* The value that PART (0 to 1) of those added do not exceed; 0 if there are none. */
uint64_t histogram_quantile(const struct histogram *h, double part);
/* The largest value that falls into a bucket. */
uint64_t histogram_upper(unsigned bucket);

static inline unsigned histogram_bucket(uint64_t v)
{
	unsigned shift;

	if (v >> HISTOGRAM_MAX_BITS)
		v = (1ull << HISTOGRAM_MAX_BITS) - 1;
	shift = 63 - HISTOGRAM_SUB_BITS - __builtin_clzll(v | 1ull << HISTOGRAM_SUB_BITS);
	return (shift << HISTOGRAM_SUB_BITS) + (v >> shift);
}

static inline void histogram_add(struct histogram *h, uint64_t v)
{
	h->n++;
	h->sum += v;
	h->min = MIN_OF(h->min, v);
	h->max = MAX_OF(h->max, v);
	h->buckets[histogram_bucket(v)]++;
}

#endif
