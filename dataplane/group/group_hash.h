#ifndef DATAPLANE_GROUP_GROUP_HASH_H
#define DATAPLANE_GROUP_GROUP_HASH_H

/* Which flow a packet belongs to, as a number: for select groups.  By default over the L2 to L4
 * fields that the packet has and that stay the same within a flow: addresses, Ethernet type, VLAN,
 * MPLS label, IP protocol, ports.  Fragments have no ports in it, and in IPv6, whose later ones do
 * not tell it, no protocol either, so that all of a packet's go the same way.  With
 * selection_method=hash over the fields that were named. */

#include "dataplane/packet/key.h"

struct group_hash_word {
	uint16_t word; /* of the key */
	uint64_t mask;
};

struct group_hash {
	uint64_t seed;
	unsigned n_words; /* 0: the default */
	struct group_hash_word *words;
};

static inline uint64_t group_hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#define GROUP_HASH_K1 0x9e3779b97f4a7c15ull
#define GROUP_HASH_K2 0xd1b54a32d192ed03ull

/* All but the priority of the tag in the word of the key that ends with it. */
#define GROUP_HASH_NO_PCP (~(0xe0ull << 48))
static_assert(offsetof(struct flow_key, vlan_tci) == 46 &&
		      __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	      "the tag's first byte is the seventh of word 5");

static inline uint64_t group_hash_flow(uint64_t seed, const struct flow_key *key)
{
	uint64_t net = (uint64_t)key->ipv4_src << 32 | key->ipv4_dst, upper, h;

	if (key->eth_type == __builtin_bswap16(0x8847) ||
	    key->eth_type == __builtin_bswap16(0x8848))
		upper = key->nd_reserved & __builtin_bswap32(0xfffff000); /* the label */
	else if (key->ip_frag)
		upper = key->eth_type == __builtin_bswap16(0x86dd) ? 0 : key->ip_proto;
	else
		upper = (uint64_t)key->tp_src << 32 | (uint64_t)key->tp_dst << 16 | key->ip_proto;
	h = group_hash_mix(net ^ seed, key->words[4] ^ GROUP_HASH_K1);
	h ^= group_hash_mix((key->words[5] & GROUP_HASH_NO_PCP) ^ GROUP_HASH_K2,
			    upper ^ seed ^ GROUP_HASH_K1);
	if (key->eth_type == __builtin_bswap16(0x86dd)) {
		const uint64_t *v6 = &key->words[offsetof(struct flow_key, ipv6_src) / 8];

		h ^= group_hash_mix(v6[0] ^ GROUP_HASH_K1, v6[1] ^ seed);
		h = group_hash_mix(h ^ v6[2], v6[3] ^ GROUP_HASH_K2);
	}
	return group_hash_mix(h ^ GROUP_HASH_K2, seed ^ GROUP_HASH_K1);
}

static inline uint64_t group_hash(const struct group_hash *g, const struct flow_key *key)
{
	uint64_t h = g->seed;

	if (!g->n_words)
		return group_hash_flow(g->seed, key);
	for (unsigned i = 0; i < g->n_words; i++)
		h = group_hash_mix(h ^ (key->words[g->words[i].word] & g->words[i].mask),
				   GROUP_HASH_K1 ^ i);
	return group_hash_mix(h ^ GROUP_HASH_K2, g->seed ^ GROUP_HASH_K1);
}

#endif
