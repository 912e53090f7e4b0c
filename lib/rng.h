#ifndef LIB_RNG_H
#define LIB_RNG_H

/* Random numbers by injection: a seed in tests and simulations, the system's entropy in
 * programs.  xoshiro256** (Blackman and Vigna); not for secrets. */

#include "lib/util.h"

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
void rng_seed_from_system(struct rng *r);
uint64_t rng_u64(struct rng *r);
/* Uniform in [0, N), N > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

#endif
