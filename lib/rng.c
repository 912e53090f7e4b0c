#include "lib/rng.h"

#include <sys/random.h>
#include <time.h>

void rng_seed(struct rng *r, uint64_t seed)
{
	/* splitmix64, so that near seeds give far states */
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15ull;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		r->s[i] = z ^ z >> 31;
	}
}

void rng_seed_from_system(struct rng *r)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)time(NULL);
	rng_seed(r, seed);
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t m = s[1] * 5, result = (m << 7 | m >> 57) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = s[3] << 45 | s[3] >> 19;
	return result;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	return ((unsigned __int128)rng_u64(r) * n) >> 64;
}
