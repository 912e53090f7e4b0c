#include "lib/hmap.h"

#include <stdlib.h>
#include <sys/random.h>

void hmap_fini(struct hmap *map)
{
	free(map->buckets);
	*map = HMAP_INIT;
}

static void resize(struct hmap *map, size_t n_buckets)
{
	struct hmap_node **old = map->buckets;
	size_t n_old = old ? map->mask + 1 : 0;

	map->buckets = xcalloc(n_buckets, sizeof(*map->buckets));
	map->mask = n_buckets - 1;
	for (size_t i = 0; i < n_old; i++) {
		for (struct hmap_node *node = old[i], *next; node; node = next) {
			struct hmap_node **head = &map->buckets[node->hash & map->mask];

			next = node->next;
			node->next = *head;
			*head = node;
		}
	}
	free(old);
}

void hmap_insert(struct hmap *map, struct hmap_node *node, uint64_t hash)
{
	struct hmap_node **head;

	if (!map->buckets)
		resize(map, 8);
	else if (map->n > map->mask)
		resize(map, (map->mask + 1) * 2);
	head = &map->buckets[hash & map->mask];
	node->hash = hash;
	node->next = *head;
	*head = node;
	map->n++;
}

void hmap_remove(struct hmap *map, struct hmap_node *node)
{
	struct hmap_node **at = &map->buckets[node->hash & map->mask];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node->next = NULL;
	map->n--;
}

static struct hmap_node *skip_to_hash(struct hmap_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct hmap_node *hmap_first_hash(const struct hmap *map, uint64_t hash)
{
	return map->buckets ? skip_to_hash(map->buckets[hash & map->mask], hash) : NULL;
}

struct hmap_node *hmap_next_hash(const struct hmap_node *node)
{
	return skip_to_hash(node->next, node->hash);
}

static struct hmap_node *first_from(const struct hmap *map, size_t bucket)
{
	for (; bucket <= map->mask; bucket++) {
		if (map->buckets[bucket])
			return map->buckets[bucket];
	}
	return NULL;
}

struct hmap_node *hmap_first(const struct hmap *map)
{
	return map->buckets ? first_from(map, 0) : NULL;
}

struct hmap_node *hmap_next(const struct hmap *map, const struct hmap_node *node)
{
	return node->next ? node->next : first_from(map, (node->hash & map->mask) + 1);
}

/* SipHash-1-3 (Aumasson and Bernstein), keyed once a process. */
static uint64_t rotl(uint64_t v, int bits)
{
	return v << bits | v >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1], v[1] = rotl(v[1], 13) ^ v[0], v[0] = rotl(v[0], 32);
	v[2] += v[3], v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3], v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1], v[1] = rotl(v[1], 17) ^ v[2], v[2] = rotl(v[2], 32);
}

static const uint64_t *process_key(void)
{
	static uint64_t key[2];
	static bool is_made;

	if (!__atomic_load_n(&is_made, __ATOMIC_ACQUIRE)) {
		uint64_t fresh[2] = { 0, 0 };

		if (getrandom(fresh, sizeof(fresh), GRND_NONBLOCK) != sizeof(fresh))
			fresh[0] = (uintptr_t)&key;
		memcpy(key, fresh, sizeof(key));
		__atomic_store_n(&is_made, true, __ATOMIC_RELEASE);
	}
	return key;
}

uint64_t hash_bytes(const void *data, size_t size)
{
	const uint64_t *key = process_key();
	const uint8_t *p = data;
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575ull, key[1] ^ 0x646f72616e646f6dull,
			  key[0] ^ 0x6c7967656e657261ull, key[1] ^ 0x7465646279746573ull };
	uint64_t word, last = (uint64_t)size << 56;
	size_t left = size;

	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)p[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_string(const char *s)
{
	return hash_bytes(s, strlen(s));
}
