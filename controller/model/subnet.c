#include "controller/model/subnet.h"

#include <stdlib.h>
#include "controller/model/address_book.h"
#include "controller/model/port.h"
#include "proto/weft/v1/subnet.pb-c.h"

/* Ranges of addresses.  An address is taken from where the last one was, so that one that was just
 * given back is not given to somebody else at once. */

struct cursor_of_subnet {
	struct ip next;
};

static const Weft__V1__Subnet *subnet_msg(const struct resource *r)
{
	return (const Weft__V1__Subnet *)r->head.msg;
}

/* The stored text was checked when it came in. */
static struct ip_range range_of(const Weft__V1__Subnet *s)
{
	struct ip_range range = { 0 };

	ip_parse_cidr(&range, s->cidr);
	return range;
}

/* It has addresses of fe80::/10, which every port makes for itself. */
static bool is_link_local(const struct ip_range *r)
{
	return r->first.bytes[0] == 0xfe && (r->length == 8 || (r->first.bytes[1] & 0xc0) == 0x80);
}

static bool is_usable(const struct ip_range *r)
{
	uint8_t b = r->first.bytes[ip_is_v4(&r->first) ? 12 : 0];

	if (!ip_is_v4(&r->first))
		return b != 0xff && r->length >= 8 && !is_link_local(r);
	return b != 127 && b < 224 && r->length >= 96 + 4;
}

static int check_cidr(Weft__V1__Subnet *s, struct ip_range *range, struct status *st)
{
	const char *why = ip_parse_cidr(range, s->cidr);
	char text[IP_TEXT_SIZE + 4];

	if (why)
		return status_set(st, STATUS_INVALID_ARGUMENT, "subnet.cidr",
				  "subnet.cidr: \"%.60s\": %s", s->cidr, why);
	if (!is_usable(range))
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "subnet.cidr",
			"subnet.cidr: %.60s is no range for hosts: give unicast addresses, "
			"neither loopback nor fe80::/10",
			s->cidr);
	ip_format_cidr(range, text);
	text_set(&s->cidr, text);
	return 0;
}

static int check_overlap(struct model *m, const Weft__V1__Subnet *s, const struct ip_range *range,
			 struct status *st)
{
	char network[NAME_MAX_SIZE];
	struct resource_ref *ref;
	struct resource *n;

	name_parent(s->name, network);
	n = model_find_head(m, network);
	if (!n)
		return 0;
	LIST_FOREACH (ref, &n->head.users, by_target) {
		const Weft__V1__Subnet *other = subnet_msg(ref->user);
		struct ip_range o;

		if (ref->user->class != &subnet_resource || strcmp(other->name, s->name) == 0)
			continue;
		o = range_of(other);
		if (ip_range_has(&o, &range->first) || ip_range_has(range, &o.first))
			return status_set_resource(
				st, STATUS_INVALID_ARGUMENT, "subnet.cidr", other->name,
				"subnet.cidr: %s overlaps with %s of %s: give another range",
				s->cidr, other->cidr, other->name);
	}
	return 0;
}

static int check_gateway(Weft__V1__Subnet *s, const struct ip_range *range, struct status *st)
{
	char text[IP_TEXT_SIZE];
	const char *why;
	struct ip ip;

	if (!*s->gateway_ip)
		return 0;
	if (!ip_parse(&ip, s->gateway_ip) || !ip_range_has(range, &ip))
		return status_set(st, STATUS_INVALID_ARGUMENT, "subnet.gateway_ip",
				  "subnet.gateway_ip: \"%.60s\" is no address inside %s",
				  s->gateway_ip, s->cidr);
	why = ip_range_reserves(range, &ip);
	if (why)
		return status_set(st, STATUS_INVALID_ARGUMENT, "subnet.gateway_ip",
				  "subnet.gateway_ip: %.60s %s: give another", s->gateway_ip, why);
	ip_format(&ip, text);
	text_set(&s->gateway_ip, text);
	return 0;
}

static int check_pools(const Weft__V1__Subnet *s, const struct ip_range *range, struct status *st)
{
	char path[FIELD_SIZE];

	if (s->n_allocation_pools > 64)
		return status_set(st, STATUS_INVALID_ARGUMENT, "subnet.allocation_pools",
				  "subnet.allocation_pools: %zu pools: give at most 64",
				  s->n_allocation_pools);
	for (size_t i = 0; i < s->n_allocation_pools; i++) {
		const Weft__V1__Subnet__Pool *p = s->allocation_pools[i];
		struct ip first, last;

		field_path(path, &subnet_resource, "allocation_pools[%zu]", i);
		if (!ip_parse(&first, p->first) || !ip_parse(&last, p->last) ||
		    !ip_range_has(range, &first) || !ip_range_has(range, &last) ||
		    ip_compare(&first, &last) > 0)
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: \"%.45s\" to \"%.45s\": give two addresses inside "
					  "%s, in order",
					  path, p->first, p->last, s->cidr);
	}
	return 0;
}

static int check(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		 struct status *st)
{
	Weft__V1__Subnet *s = (Weft__V1__Subnet *)after;
	struct ip_range range;

	if (check_cidr(s, &range, st) != 0 || check_gateway(s, &range, st) != 0 ||
	    check_pools(s, &range, st) != 0)
		return -1;
	if (!before && check_overlap(m, s, &range, st) != 0)
		return -1;
	s->state = WEFT__V1__SUBNET__STATE__ACTIVE;
	return 0;
}

struct resource *subnet_of_address(const struct resource *network, const struct ip *ip)
{
	struct resource_ref *ref;

	LIST_FOREACH (ref, &network->head.users, by_target) {
		struct ip_range range;

		if (ref->user->class != &subnet_resource)
			continue;
		range = range_of(subnet_msg(ref->user));
		if (ip_range_has(&range, ip))
			return ref->user;
	}
	return NULL;
}

static bool is_gateway(const Weft__V1__Subnet *s, const struct ip *ip)
{
	struct ip gateway;

	return *s->gateway_ip && ip_parse(&gateway, s->gateway_ip) && ip_compare(&gateway, ip) == 0;
}

int subnet_check_address(const struct resource *subnet, const struct ip *ip, const char *field,
			 struct status *st)
{
	const Weft__V1__Subnet *s = subnet_msg(subnet);
	struct ip_range range = range_of(s);
	char text[IP_TEXT_SIZE];
	const char *why;

	ip_format(ip, text);
	if (!ip_range_has(&range, ip))
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s: %s is outside of %s (%s)", field, text, s->cidr, s->name);
	why = is_gateway(s, ip) ? "is the subnet's gateway_ip" : ip_range_reserves(&range, ip);
	if (why)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s: %s %s: ask for another of %s", field, text, why, s->cidr);
	return 0;
}

static bool is_free(const struct model *m, const Weft__V1__Subnet *s, const struct ip_range *range,
		    uint32_t network, const struct ip *ip)
{
	return !is_gateway(s, ip) && !ip_range_reserves(range, ip) &&
	       !address_book_find(m, network, ip);
}

/* The first free one of FIRST to LAST.  Each step but a few meets an address in use, so this ends
 * after as many steps as there are ports. */
static bool find_free(const struct model *m, const Weft__V1__Subnet *s,
		      const struct ip_range *range, uint32_t network, struct ip first,
		      const struct ip *last, struct ip *found)
{
	for (;; ip_increment(&first)) {
		if (ip_compare(&first, last) > 0)
			return false;
		if (is_free(m, s, range, network, &first))
			break;
		if (ip_compare(&first, last) == 0)
			return false;
	}
	*found = first;
	return true;
}

/* The first free address of the pools, or of the whole range without pools, from FROM on (NULL:
 * from the start). */
static bool find_in_pools(const struct model *m, const Weft__V1__Subnet *s,
			  const struct ip_range *range, uint32_t network, const struct ip *from,
			  struct ip *found)
{
	size_t n = s->n_allocation_pools;

	for (size_t i = 0; i < MAX_OF(n, 1u); i++) {
		struct ip first = range->first, last = range->last;

		if (n) {
			ip_parse(&first, s->allocation_pools[i]->first);
			ip_parse(&last, s->allocation_pools[i]->last);
		}
		if (from && ip_compare(from, &last) > 0)
			continue;
		if (from && ip_compare(from, &first) > 0)
			first = *from;
		if (find_free(m, s, range, network, first, &last, found))
			return true;
	}
	return false;
}

int subnet_allocate(struct model *m, struct resource *subnet, uint32_t network, struct ip *ip,
		    const char *field, struct status *st)
{
	const Weft__V1__Subnet *s = subnet_msg(subnet);
	struct ip_range range = range_of(s);
	struct cursor_of_subnet *cursor = subnet->index;

	if ((cursor && find_in_pools(m, s, &range, network, &cursor->next, ip)) ||
	    find_in_pools(m, s, &range, network, NULL, ip)) {
		if (!cursor)
			cursor = subnet->index = xcalloc(1, sizeof(*cursor));
		cursor->next = *ip;
		ip_increment(&cursor->next);
		return 0;
	}
	return status_set_resource(
		st, STATUS_RESOURCE_EXHAUSTED, field, s->name,
		"%s: no address of %s (%s) is free: delete ports or add a subnet", field, s->name,
		s->cidr);
}

/* Addresses of ports in this subnet: what ports refer to it for. */
static void fill(struct model *m, ProtobufCMessage *msg, int64_t at)
{
	Weft__V1__Subnet *s = (Weft__V1__Subnet *)msg;
	const struct resource *r = model_find(m, s->name);
	struct resource_ref *ref;

	(void)at;
	s->addresses_in_use = 0;
	if (!r)
		return;
	RESOURCE_FOREACH_USER (ref, r)
		s->addresses_in_use += port_addresses_in(ref->user, s->name);
}

const struct resource_class subnet_resource = {
	.type = "subnet",
	.collection = "subnets",
	.plural = "Subnets",
	.pattern = "projects/*/networks/*/subnets/*",
	.parent_pattern = "projects/*/networks/*",
	.is_parent_resource = true,
	.descriptor = &weft__v1__subnet__descriptor,
	.service = &weft__v1__subnet_service__descriptor,
	.check = check,
	.fill = fill,
};
REGISTRY_ADD(resource_class, subnet_resource);
