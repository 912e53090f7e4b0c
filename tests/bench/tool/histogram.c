#include "tests/bench/tool/histogram.h"

#include <math.h>

void histogram_init(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	to->n += from->n;
	to->sum += from->sum;
	to->min = MIN_OF(to->min, from->min);
	to->max = MAX_OF(to->max, from->max);
	for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS; i++)
		to->buckets[i] += from->buckets[i];
}

uint64_t histogram_upper(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2u << HISTOGRAM_SUB_BITS)
		return bucket;
	shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
	return ((bucket - ((uint64_t)shift << HISTOGRAM_SUB_BITS) + 1) << shift) - 1;
}

uint64_t histogram_quantile(const struct histogram *h, double part)
{
	uint64_t wanted = ceil(part * h->n), sum = 0;

	if (!h->n)
		return 0;
	if (wanted < 1)
		wanted = 1;
	for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS; i++) {
		sum += h->buckets[i];
		if (sum >= wanted)
			return MIN_OF(histogram_upper(i), h->max);
	}
	return h->max;
}
