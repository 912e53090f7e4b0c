#include "controller/model/port_security.h"

#include <stdio.h>
#include "controller/model/ip.h"
#include "controller/model/security_group.h"

#define MAX_GROUPS 16
#define MAX_PAIRS  32

static void set_default_group(Weft__V1__Port *p)
{
	char project[NAME_MAX_SIZE], name[NAME_MAX_SIZE];

	name_project(p->name, project);
	snprintf(name, sizeof(name), "%.200s/securityGroups/" DEFAULT_GROUP_ID, project);
	texts_add(&p->security_groups, &p->n_security_groups, name);
}

static int check_group(struct model *m, const Weft__V1__Port *p, size_t i, struct status *st)
{
	char path[FIELD_SIZE];

	field_path(path, &port_resource, "security_groups[%zu]", i);
	if (group_check(m, p->security_groups[i], &security_group_resource, p->name, path, st) != 0)
		return -1;
	for (size_t k = 0; k < i; k++)
		if (strcmp(p->security_groups[k], p->security_groups[i]) == 0)
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: %s is given twice", path, p->security_groups[i]);
	return 0;
}

static int check_groups(struct model *m, Weft__V1__Port *p, bool is_new, struct status *st)
{
	if (is_new && p->n_security_groups == 0)
		set_default_group(p);
	if (p->n_security_groups > MAX_GROUPS)
		return status_set(st, STATUS_INVALID_ARGUMENT, "port.security_groups",
				  "port.security_groups: %zu groups: give at most %d",
				  p->n_security_groups, MAX_GROUPS);
	for (size_t i = 0; i < p->n_security_groups; i++)
		if (check_group(m, p, i, st) != 0)
			return -1;
	return 0;
}

static int check_security(Weft__V1__Port *p, struct status *st)
{
	if (p->port_security == WEFT__V1__PORT_SECURITY__PORT_SECURITY_UNSPECIFIED)
		p->port_security = WEFT__V1__PORT_SECURITY__PORT_SECURITY_ON;
	if (p->port_security >= 0 && p->port_security <= WEFT__V1__PORT_SECURITY__PORT_SECURITY_OFF)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, "port.port_security",
			  "port.port_security: %d is no value: give PORT_SECURITY_ON or "
			  "PORT_SECURITY_OFF",
			  (int)p->port_security);
}

static int check_anti_spoofing(Weft__V1__Port *p, struct status *st)
{
	if (p->anti_spoofing == WEFT__V1__ANTI_SPOOFING__ANTI_SPOOFING_UNSPECIFIED)
		p->anti_spoofing = WEFT__V1__ANTI_SPOOFING__ANTI_SPOOFING_ON;
	if (p->anti_spoofing >= 0 && p->anti_spoofing <= WEFT__V1__ANTI_SPOOFING__ANTI_SPOOFING_OFF)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, "port.anti_spoofing",
			  "port.anti_spoofing: %d is no value: give ANTI_SPOOFING_ON or "
			  "ANTI_SPOOFING_OFF",
			  (int)p->anti_spoofing);
}

static int check_pair_mac(Weft__V1__AddressPair *pair, size_t i, struct status *st)
{
	static const uint8_t zero[6];
	char path[FIELD_SIZE], text[MAC_TEXT_SIZE];
	uint8_t mac[6];

	if (!*pair->mac_address)
		return 0;
	field_path(path, &port_resource, "allowed_address_pairs[%zu].mac_address", i);
	if (!mac_parse(mac, pair->mac_address) || mac[0] & 1 || memcmp(mac, zero, 6) == 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, path,
				  "%s: \"%.40s\" is no unicast MAC address: give one as "
				  "00:00:5e:00:01:0a, or none for the port's own",
				  path, pair->mac_address);
	mac_format(mac, text);
	text_set(&pair->mac_address, text);
	return 0;
}

static int check_pair(Weft__V1__AddressPair *pair, size_t i, struct status *st)
{
	char path[FIELD_SIZE], text[IP_TEXT_SIZE + 4];
	struct ip_range range;
	const char *why;

	field_path(path, &port_resource, "allowed_address_pairs[%zu].ip_prefix", i);
	why = ip_parse_prefix(&range, pair->ip_prefix);
	if (why)
		return status_set(st, STATUS_INVALID_ARGUMENT, path, "%s: \"%.60s\": %s", path,
				  pair->ip_prefix, why);
	ip_format_cidr(&range, text);
	text_set(&pair->ip_prefix, text);
	return check_pair_mac(pair, i, st);
}

static int check_pairs(Weft__V1__Port *p, struct status *st)
{
	char path[FIELD_SIZE];

	if (p->n_allowed_address_pairs > MAX_PAIRS)
		return status_set(st, STATUS_INVALID_ARGUMENT, "port.allowed_address_pairs",
				  "port.allowed_address_pairs: %zu pairs: give at most %d, or "
				  "prefixes that have several addresses",
				  p->n_allowed_address_pairs, MAX_PAIRS);
	for (size_t i = 0; i < p->n_allowed_address_pairs; i++) {
		if (check_pair(p->allowed_address_pairs[i], i, st) != 0)
			return -1;
		for (size_t k = 0; k < i; k++) {
			if (!msg_equal(&p->allowed_address_pairs[k]->base,
				       &p->allowed_address_pairs[i]->base))
				continue;
			field_path(path, &port_resource, "allowed_address_pairs[%zu]", i);
			return status_set(st, STATUS_INVALID_ARGUMENT, path,
					  "%s: is the same as the %zu. one: give each once", path,
					  k + 1);
		}
	}
	return 0;
}

/* No limits are no message. */
static void normalize_limits(Weft__V1__Port *p)
{
	const Weft__V1__PortLimits *l = p->limits;

	if (l && !l->packets_per_second && !l->new_connections_per_second &&
	    !l->broadcast_packets_per_second)
		msg_field_clear(&p->base, msg_field(&p->base, "limits"));
}

int port_security_check(struct model *m, Weft__V1__Port *p, bool is_new, struct status *st)
{
	if (check_security(p, st) != 0 || check_anti_spoofing(p, st) != 0 ||
	    check_groups(m, p, is_new, st) != 0 || check_pairs(p, st) != 0)
		return -1;
	normalize_limits(p);
	return 0;
}

void port_security_refs(const Weft__V1__Port *p, struct ref_list *list)
{
	for (size_t i = 0; i < p->n_security_groups; i++)
		ref_list_add(list, p->security_groups[i]);
}

bool port_security_upgrade(Weft__V1__Port *p)
{
	/* Each check since then has set it. */
	if (p->port_security != WEFT__V1__PORT_SECURITY__PORT_SECURITY_UNSPECIFIED)
		return false;
	p->port_security = WEFT__V1__PORT_SECURITY__PORT_SECURITY_ON;
	set_default_group(p);
	return true;
}
