#include "controller/model/port.h"

#include <stdio.h>
#include <stdlib.h>
#include "controller/model/address_book.h"
#include "controller/model/port_security.h"
#include "controller/model/subnet.h"

/* A port's addresses: asked for or allocated, unique in the network, inside its subnets. */

#define MAX_ADDRESSES 16

static int check_network(struct model *m, const Weft__V1__Port *p, struct resource **network,
			 struct status *st)
{
	char mine[NAME_MAX_SIZE], theirs[NAME_MAX_SIZE];

	if (name_check(p->network, &network_resource, "port.network", st) != 0)
		return -1;
	name_project(p->name, mine);
	name_project(p->network, theirs);
	if (strcmp(mine, theirs) != 0)
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "port.network",
			"port.network: %.200s is not of %s: give one of this project's networks",
			p->network, mine);
	*network = model_find_head(m, p->network);
	if (!*network)
		return status_set_resource(
			st, STATUS_FAILED_PRECONDITION, "port.network", p->network,
			"port.network: %s does not exist: create it first", p->network);
	return 0;
}

static bool is_mine(const struct resource *r, const Weft__V1__Port *p)
{
	return strcmp(r->name, p->name) == 0;
}

static void choose_mac(struct model *m, uint32_t network, uint8_t mac[6])
{
	do {
		uint64_t random = rng_u64(m->rng);

		memcpy(mac, &random, 6);
		mac[0] = (mac[0] & 0xfc) | 0x02; /* locally administered, unicast */
	} while (address_book_find_mac(m, network, mac));
}

static int check_mac(struct model *m, const Weft__V1__Port *before, Weft__V1__Port *p,
		     const struct resource *network, struct status *st)
{
	static const uint8_t zero[6];
	char text[MAC_TEXT_SIZE];
	struct resource *owner;
	uint8_t mac[6];

	if (!*p->mac_address) {
		choose_mac(m, network->id, mac);
	} else if (!mac_parse(mac, p->mac_address) || mac[0] & 1 || memcmp(mac, zero, 6) == 0) {
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "port.mac_address",
			"port.mac_address: \"%.40s\" is no unicast MAC address: give one as "
			"02:00:00:00:00:01, or none",
			p->mac_address);
	}
	mac_format(mac, text);
	text_set(&p->mac_address, text);
	if (before && before->binding && strcmp(before->mac_address, text) != 0)
		return status_set(
			st, STATUS_FAILED_PRECONDITION, "port.mac_address",
			"port.mac_address: cannot be changed while the port is attached: detach "
			"it first");
	owner = address_book_find_mac(m, network->id, mac);
	if (owner && !is_mine(owner, p))
		return status_set_resource(
			st, STATUS_ALREADY_EXISTS, "port.mac_address", owner->name,
			"port.mac_address: %s is taken by %s: give another, or none", text,
			owner->name);
	return 0;
}

/* The subnet that the I-th address names or lies in. */
static int find_subnet(struct model *m, const Weft__V1__PortAddress *a,
		       const struct resource *network, size_t i, struct resource **subnet,
		       struct status *st)
{
	char path[FIELD_SIZE];
	struct ip ip;

	if (!*a->subnet) {
		field_path(path, &port_resource, "ip_addresses[%zu].address", i);
		if (!ip_parse(&ip, a->address))
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: \"%.60s\" is no IP address", path, a->address);
		*subnet = subnet_of_address(network, &ip);
		if (!*subnet)
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: %.60s is outside of every subnet of %s", path,
					  a->address, network->name);
		return 0;
	}
	field_path(path, &port_resource, "ip_addresses[%zu].subnet", i);
	if (name_check(a->subnet, &subnet_resource, path, st) != 0)
		return -1;
	if (strncmp(a->subnet, network->name, strlen(network->name)) != 0 ||
	    a->subnet[strlen(network->name)] != '/')
		return status_set(st, STATUS_INVALID_ARGUMENT, path,
				  "%s: %.200s is not of the port's network %s", path, a->subnet,
				  network->name);
	*subnet = model_find_head(m, a->subnet);
	if (!*subnet)
		return status_set_resource(st, STATUS_FAILED_PRECONDITION, path, a->subnet,
					   "%s: %s does not exist: create it first", path,
					   a->subnet);
	return 0;
}

static int check_address(struct model *m, const Weft__V1__Port *p, struct resource *network,
			 size_t i, struct ip *ips, struct status *st)
{
	Weft__V1__PortAddress *a = p->ip_addresses[i];
	char path[FIELD_SIZE], text[IP_TEXT_SIZE];
	struct resource *subnet, *owner;

	if (find_subnet(m, a, network, i, &subnet, st) != 0)
		return -1;
	text_set(&a->subnet, subnet->name);
	field_path(path, &port_resource, "ip_addresses[%zu].address", i);
	if (!*a->address)
		return 0; /* allocated when all that were asked for are known */
	if (!ip_parse(&ips[i], a->address))
		return status_set(st, STATUS_INVALID_ARGUMENT, path,
				  "%s: \"%.60s\" is no IP address", path, a->address);
	if (subnet_check_address(subnet, &ips[i], path, st) != 0)
		return -1;
	ip_format(&ips[i], text);
	text_set(&a->address, text);
	owner = address_book_find(m, network->id, &ips[i]);
	if (owner && !is_mine(owner, p))
		return status_set_resource(st, STATUS_ALREADY_EXISTS, path, owner->name,
					   "%s: %s is taken by %s: ask for another, or none", path,
					   text, owner->name);
	for (size_t k = 0; k < i; k++)
		if (*p->ip_addresses[k]->address && ip_compare(&ips[k], &ips[i]) == 0)
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: %s is asked for twice", path, text);
	return 0;
}

static bool has_address(const Weft__V1__Port *p, const char *text)
{
	for (size_t i = 0; i < p->n_ip_addresses; i++)
		if (strcmp(p->ip_addresses[i]->address, text) == 0)
			return true;
	return false;
}

static int allocate(struct model *m, const Weft__V1__Port *p, struct resource *network, size_t i,
		    struct status *st)
{
	Weft__V1__PortAddress *a = p->ip_addresses[i];
	char path[FIELD_SIZE], text[IP_TEXT_SIZE];
	struct ip ip;

	if (*a->address)
		return 0;
	field_path(path, &port_resource, "ip_addresses[%zu]", i);
	/* One that this call itself asks for in another place is not free either. */
	for (unsigned n = 0; n <= MAX_ADDRESSES; n++) {
		if (subnet_allocate(m, model_find_head(m, a->subnet), network->id, &ip, path, st) !=
		    0)
			return -1;
		ip_format(&ip, text);
		if (!has_address(p, text))
			break;
	}
	text_set(&a->address, text);
	return 0;
}

/* One address of each subnet there is. */
static void ask_for_all(Weft__V1__Port *p, const struct resource *network)
{
	struct resource_ref *ref;

	LIST_FOREACH (ref, &network->head.users, by_target) {
		Weft__V1__PortAddress *a;

		if (ref->user->class != &subnet_resource || p->n_ip_addresses == MAX_ADDRESSES)
			continue;
		a = (Weft__V1__PortAddress *)msg_create(&weft__v1__port_address__descriptor);
		text_set(&a->subnet, ref->user->name);
		p->ip_addresses = xrealloc(p->ip_addresses,
					   (p->n_ip_addresses + 1) * sizeof(*p->ip_addresses));
		p->ip_addresses[p->n_ip_addresses++] = a;
	}
}

static int check_addresses(struct model *m, const Weft__V1__Port *before, Weft__V1__Port *p,
			   struct resource *network, struct status *st)
{
	struct ip ips[MAX_ADDRESSES];

	if (p->n_ip_addresses > MAX_ADDRESSES)
		return status_set(st, STATUS_INVALID_ARGUMENT, "port.ip_addresses",
				  "port.ip_addresses: %zu addresses: give at most %d",
				  p->n_ip_addresses, MAX_ADDRESSES);
	if (!before && p->n_ip_addresses == 0)
		ask_for_all(p, network);
	for (size_t i = 0; i < p->n_ip_addresses; i++)
		if (check_address(m, p, network, i, ips, st) != 0)
			return -1;
	for (size_t i = 0; i < p->n_ip_addresses; i++)
		if (allocate(m, p, network, i, st) != 0)
			return -1;
	return 0;
}

static bool is_programmed_alike(const Weft__V1__Port *before, const Weft__V1__Port *after)
{
	static const char *const fields[] = {
		"mac_address",		 "ip_addresses", "anti_spoofing", "security_groups",
		"allowed_address_pairs", "limits",	 "port_security",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
		if (!msg_field_equal(&before->base, &after->base,
				     msg_field(&after->base, fields[i])))
			return false;
	return true;
}

static int check(struct model *m, const ProtobufCMessage *before_msg, ProtobufCMessage *after,
		 struct status *st)
{
	const Weft__V1__Port *before = (const Weft__V1__Port *)before_msg;
	Weft__V1__Port *p = (Weft__V1__Port *)after;
	struct resource *network;

	if (check_network(m, p, &network, st) != 0 || check_mac(m, before, p, network, st) != 0 ||
	    check_addresses(m, before, p, network, st) != 0 ||
	    port_security_check(m, p, !before, st) != 0)
		return -1;
	if (!before) {
		p->state = WEFT__V1__PORT__STATE__DOWN;
	} else if (before->binding && !is_programmed_alike(before, p)) {
		p->state = WEFT__V1__PORT__STATE__PENDING;
		text_set(&p->state_reason, "its host has not yet acknowledged the change");
	}
	return 0;
}

static int check_delete(struct model *m, const struct resource *r, struct status *st)
{
	const Weft__V1__Port *p = (const Weft__V1__Port *)r->head.msg;

	(void)m;
	if (!p->binding)
		return 0;
	return status_set_resource(st, STATUS_FAILED_PRECONDITION, "name", r->name,
				   "%s is attached to %s: detach it first", r->name,
				   p->binding->host);
}

static void refs(const ProtobufCMessage *msg, struct ref_list *list)
{
	const Weft__V1__Port *p = (const Weft__V1__Port *)msg;

	ref_list_add(list, p->network);
	port_security_refs(p, list);
	for (size_t i = 0; i < p->n_ip_addresses; i++)
		ref_list_add(list, p->ip_addresses[i]->subnet);
	if (p->binding)
		ref_list_add(list, p->binding->host);
}

static void index_port(struct model *m, struct resource *r, const ProtobufCMessage *msg,
		       bool is_added)
{
	const Weft__V1__Port *p = (const Weft__V1__Port *)msg;
	const struct resource *network;
	struct ip ips[MAX_ADDRESSES];
	uint8_t mac[6] = { 0 };

	address_book_remove(m, r);
	network = is_added ? model_find_head(m, p->network) : NULL;
	if (!network)
		return;
	mac_parse(mac, p->mac_address);
	for (size_t i = 0; i < p->n_ip_addresses && i < MAX_ADDRESSES; i++)
		ip_parse(&ips[i], p->ip_addresses[i]->address);
	address_book_add(m, r, network->id, mac, ips, MIN_OF(p->n_ip_addresses, MAX_ADDRESSES));
}

unsigned port_addresses_in(const struct resource *r, const char *subnet)
{
	const Weft__V1__Port *p = (const Weft__V1__Port *)r->committed.msg;
	unsigned n = 0;

	for (size_t i = 0; i < p->n_ip_addresses; i++)
		n += strcmp(p->ip_addresses[i]->subnet, subnet) == 0;
	return n;
}

const struct resource_class port_resource = {
	.type = "port",
	.collection = "ports",
	.plural = "Ports",
	.pattern = "projects/*/ports/*",
	.parent_pattern = "projects/*",
	.is_parent_resource = true,
	.descriptor = &weft__v1__port__descriptor,
	.service = &weft__v1__port_service__descriptor,
	.check = check,
	.check_delete = check_delete,
	.refs = refs,
	.index = index_port,
	.methods = port_methods,
	.n_methods = ARRAY_LENGTH(port_methods),
};
REGISTRY_ADD(resource_class, port_resource);
