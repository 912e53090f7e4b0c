#ifndef LIB_MIX_H
#define LIB_MIX_H

/* Hashing of words that strangers choose, fast enough for each packet: multiply by a secret, fold
 * the product's halves.  With a constant in place of the secret, as multiplicative hashes have it,
 * keys that differ in their highest bits alone fall together whatever the seed; here how they
 * differ afterwards depends on the secret.  Not for signatures. */

#include <stdint.h>

/* A multiplier from a seed (splitmix64). */
static inline uint64_t mix_secret(uint64_t seed)
{
	seed += 0x9e3779b97f4a7c15ull;
	seed ^= seed >> 30;
	seed *= 0xbf58476d1ce4e5b9ull;
	seed ^= seed >> 27;
	seed *= 0x94d049bb133111ebull;
	return (seed ^ seed >> 31) | 1;
}

static inline uint64_t mix_word(uint64_t h, uint64_t v, uint64_t secret)
{
	unsigned __int128 product = (unsigned __int128)(h ^ v) * secret;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
