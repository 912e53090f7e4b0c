#ifndef DATAPLANE_METER_TOKEN_BUCKET_H
#define DATAPLANE_METER_TOKEN_BUCKET_H

/* A token bucket that many threads draw from without a lock, exact in whole numbers: nothing is
 * rounded, so over any time no more passes than burst + rate * time, and no less if it is asked
 *for.
 *
 * Units are chosen so that a nanosecond brings a whole number of them, the rate as it was given:
 *
 *	rate in kbit/s	  token = 1 microbit	a byte costs 8,000,000, a kbit of burst 10^9
 *	rate in packets/s token = 1 nanopacket	a packet costs 10^9, and so one of burst
 *
 * Time is claimed by who moves `filled_ns` on, so each nanosecond fills the bucket once.  A thread
 * whose clock is behind the others' fills nothing. */

#include "lib/util.h"

#define TOKENS_PER_BYTE	  8000000ull
#define TOKENS_PER_PACKET 1000000000ull
#define TOKENS_PER_BURST  1000000000ull /* kbit or packet */

struct token_bucket {
	uint64_t tokens;    /* atomic */
	uint64_t filled_ns; /* atomic: the time up to which it was filled */
	uint64_t rate;	    /* tokens a nanosecond, up to 2^32 */
	uint64_t depth;	    /* up to 2^32 * 10^9, so that sums fit */
	uint64_t fill_ns;   /* after which it is full in any case */
};

/* RATE in kbit/s or packets/s, BURST in kbit or packets.  Full at first. */
static inline void token_bucket_init(struct token_bucket *b, uint32_t rate, uint32_t burst,
				     uint64_t now_ns)
{
	*b = (struct token_bucket){
		.tokens = burst * TOKENS_PER_BURST,
		.filled_ns = now_ns,
		.rate = rate,
		.depth = burst * TOKENS_PER_BURST,
		.fill_ns = rate ? burst * TOKENS_PER_BURST / rate + 1 : UINT64_MAX,
	};
}

/* Once a burst. */
static inline void token_bucket_fill(struct token_bucket *b, uint64_t now_ns)
{
	uint64_t last_ns = __atomic_load_n(&b->filled_ns, __ATOMIC_RELAXED), tokens, more, filled;

	if (now_ns <= last_ns ||
	    !__atomic_compare_exchange_n(&b->filled_ns, &last_ns, now_ns, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	more = now_ns - last_ns >= b->fill_ns ? b->depth : b->rate * (now_ns - last_ns);
	tokens = __atomic_load_n(&b->tokens, __ATOMIC_RELAXED);
	do {
		filled = tokens + more < b->depth ? tokens + more : b->depth;
	} while (!__atomic_compare_exchange_n(&b->tokens, &tokens, filled, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
}

/* Draw COSTS[i] for each of the N <= 64 in turn, for which there is enough.  Returns the bitmap of
 * those for which there was not. */
static inline uint64_t token_bucket_draw(struct token_bucket *b, const uint64_t *costs, unsigned n)
{
	uint64_t tokens = __atomic_load_n(&b->tokens, __ATOMIC_RELAXED), left, refused;

	do {
		left = tokens;
		refused = 0;
		for (unsigned i = 0; i < n; i++) {
			if (left >= costs[i])
				left -= costs[i];
			else
				refused |= 1ull << i;
		}
	} while (left != tokens &&
		 !__atomic_compare_exchange_n(&b->tokens, &tokens, left, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return refused;
}

#endif
