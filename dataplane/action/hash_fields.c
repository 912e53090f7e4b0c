/* The hashes and choices of multipath and bundle (Open vSwitch's ovs-actions manual).  The manual
 * says which headers count and how links are shared out, not what numbers come out; these are our
 * own, the same on every switch for the same basis. */

#include "dataplane/action/action_extension.h"

#include <netinet/in.h>
#include "proto/openflow/action_multipath.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static uint32_t finish(uint64_t h)
{
	h *= 0xbf58476d1ce4e5b9ull;
	return h >> 32;
}

uint32_t action_hash_pair(uint32_t a, uint32_t b)
{
	return finish(mix(mix(0, a + 1ull), b));
}

static uint64_t mix_bytes(uint64_t h, const uint8_t *p, const uint8_t *other, unsigned n)
{
	uint8_t both[16] = { 0 };
	uint64_t words[2];

	for (unsigned i = 0; i < n; i++)
		both[i] = other ? p[i] ^ other[i] : p[i];
	memcpy(words, both, sizeof(words));
	return mix(mix(h, words[0]), words[1]);
}

/* Of fragments not even the first one's count, so that all of a packet's go the same way. */
static bool has_ports(const struct flow_key *key, bool with_udp)
{
	return !key->ip_frag &&
	       (key->ip_proto == IPPROTO_TCP || key->ip_proto == IPPROTO_SCTP ||
		(with_udp && key->ip_proto == IPPROTO_UDP));
}

static uint64_t mix_l2(uint64_t h, const struct flow_key *key)
{
	h = mix_bytes(h, key->eth_src, key->eth_dst, 6);
	return mix(h, (uint64_t)key->eth_type << 16 | (load_be16(&key->vlan_tci) & 0xfff));
}

/* Returns whether it is an IP packet. */
static bool mix_l3(uint64_t *h, const struct flow_key *key)
{
	switch (load_be16(&key->eth_type)) {
	case 0x0800:
		*h = mix(*h, key->ipv4_src ^ key->ipv4_dst);
		break;
	case 0x86dd:
		*h = mix_bytes(*h, key->ipv6_src, key->ipv6_dst, 16);
		break;
	default:
		return false;
	}
	return true;
}

static uint64_t mix_l4(uint64_t h, const struct flow_key *key, bool with_udp)
{
	uint32_t ports = has_ports(key, with_udp) ? key->tp_src ^ key->tp_dst : 0;
	/* In IPv6 later fragments do not tell the protocol. */
	bool is_known = !key->ip_frag || load_be16(&key->eth_type) == 0x0800;

	return mix(h, (uint64_t)(is_known ? key->ip_proto : 0) << 16 | ports);
}

static uint64_t mix_address(uint64_t h, const struct flow_key *key, const uint32_t *v4,
			    const uint8_t *v6)
{
	switch (load_be16(&key->eth_type)) {
	case 0x0800:
		return mix(h, *v4);
	case 0x86dd:
		return mix_bytes(h, v6, NULL, 16);
	default:
		return h;
	}
}

uint32_t action_hash_fields(const struct flow_key *key, unsigned fields, uint16_t basis)
{
	uint64_t h = basis;

	switch ((enum of_hash_fields)fields) {
	case OF_HASH_ETH_SRC:
		h = mix_bytes(h, key->eth_src, NULL, 6);
		break;
	case OF_HASH_SYMMETRIC_L4: /* UDP's ports need not be symmetric, so they do not count */
		h = mix_l2(h, key);
		if (mix_l3(&h, key))
			h = mix_l4(h, key, false);
		break;
	case OF_HASH_SYMMETRIC_L3L4:
	case OF_HASH_SYMMETRIC_L3L4_UDP:
		h = mix_l3(&h, key) ? mix_l4(h, key, fields == OF_HASH_SYMMETRIC_L3L4_UDP)
				    : mix_l2(h, key);
		break;
	case OF_HASH_SYMMETRIC_L3:
		if (!mix_l3(&h, key))
			h = mix_l2(h, key);
		break;
	case OF_HASH_NW_SRC:
		h = mix_address(h, key, &key->ipv4_src, key->ipv6_src);
		break;
	case OF_HASH_NW_DST:
		h = mix_address(h, key, &key->ipv4_dst, key->ipv6_dst);
		break;
	case OF_N_HASH_FIELDS:
		break;
	}
	return finish(mix(h, fields));
}

/* Highest random weight: when links are added, only flows that go to them move. */
static uint32_t choose_hrw(uint32_t hash, uint32_t n)
{
	uint32_t best = 0, best_weight = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t weight = action_hash_pair(i, hash);

		if (i && weight <= best_weight)
			continue;
		best = i;
		best_weight = weight;
	}
	return best;
}

/* Hash again until the result is a link: with MODULO at most 2 N, half of the tries succeed. */
static uint32_t choose_iter_hash(uint32_t hash, uint32_t n, uint32_t modulo)
{
	if (modulo < n || modulo / 2 > n)
		for (modulo = 1; modulo < n;)
			modulo *= 2;
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t link = (uint64_t)action_hash_pair(hash, i) * modulo >> 32;

		if (link < n)
			return link;
	}
	return 0;
}

/* Up to this many links, hrw weighs each; the walk's time must stay bounded. */
#define MAX_HRW_LINKS 64

uint32_t action_choose_link(uint32_t hash, unsigned algorithm, uint32_t n, uint32_t arg)
{
	switch ((enum of_multipath_algorithm)algorithm) {
	case OF_MULTIPATH_MODULO_N:
		return hash % n;
	case OF_MULTIPATH_HASH_THRESHOLD:
		return (uint64_t)hash * n >> 32;
	case OF_MULTIPATH_HRW:
		return n <= MAX_HRW_LINKS ? choose_hrw(hash, n) : choose_iter_hash(hash, n, 0);
	case OF_MULTIPATH_ITER_HASH:
		return choose_iter_hash(hash, n, arg);
	case OF_N_MULTIPATH_ALGORITHMS:
		break;
	}
	return 0;
}
