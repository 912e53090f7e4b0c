#include "controller/model/address_book.h"

#include <stdlib.h>

/* A MAC address is kept as an IPv6 address that no subnet can have: ff..ff and the MAC. */

struct address {
	struct hmap_node node;
	struct resource *port;
	uint32_t network;
	struct ip ip;
};

struct addresses {
	size_t n;
	struct address all[];
};

static uint64_t hash_address(uint32_t network, const struct ip *ip)
{
	uint8_t key[20];

	memcpy(key, &network, 4);
	memcpy(key + 4, ip->bytes, 16);
	return hash_bytes(key, sizeof(key));
}

struct resource *address_book_find(const struct model *m, uint32_t network, const struct ip *ip)
{
	HMAP_FOREACH_HASH (n, &m->addresses, hash_address(network, ip)) {
		const struct address *a = container_of(n, struct address, node);

		if (a->network == network && ip_compare(&a->ip, ip) == 0)
			return a->port;
	}
	return NULL;
}

static struct ip ip_of_mac(const uint8_t mac[6])
{
	struct ip ip;

	memset(ip.bytes, 0xff, 10);
	memcpy(ip.bytes + 10, mac, 6);
	return ip;
}

struct resource *address_book_find_mac(const struct model *m, uint32_t network,
				       const uint8_t mac[6])
{
	struct ip ip = ip_of_mac(mac);

	return address_book_find(m, network, &ip);
}

void address_book_add(struct model *m, struct resource *r, uint32_t network, const uint8_t mac[6],
		      const struct ip *ips, size_t n_ips)
{
	struct addresses *list = xcalloc(1, sizeof(*list) + (n_ips + 1) * sizeof(list->all[0]));

	list->n = n_ips + 1;
	for (size_t i = 0; i < list->n; i++) {
		struct address *a = &list->all[i];

		a->port = r;
		a->network = network;
		a->ip = i < n_ips ? ips[i] : ip_of_mac(mac);
		hmap_insert(&m->addresses, &a->node, hash_address(network, &a->ip));
	}
	r->index = list;
}

void address_book_remove(struct model *m, struct resource *r)
{
	struct addresses *list = r->index;

	if (!list)
		return;
	for (size_t i = 0; i < list->n; i++)
		hmap_remove(&m->addresses, &list->all[i].node);
	free(list);
	r->index = NULL;
}

void address_book_fini(struct model *m)
{
	hmap_fini(&m->addresses);
}
