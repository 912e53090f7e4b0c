#include "controller/model/rule.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "controller/model/name.h"
#include "controller/model/reflect.h"

#define MAX_DESCRIPTION 127 /* characters */

enum { IP_ICMP = 1, IP_ICMPV6 = 58 };

/* Names of protocols (IANA); the first of a number is the one that answers tell. */
static const struct protocol {
	const char *name;
	uint8_t number;
	bool has_ports;
} protocols[] = {
	{ "tcp", 6, true },
	{ "udp", 17, true },
	{ "icmp", IP_ICMP, false },
	{ "sctp", 132, true },
	{ "icmpv6", IP_ICMPV6, false },
	{ "ipv6-icmp", IP_ICMPV6, false },
	{ "icmp6", IP_ICMPV6, false },
	{ "igmp", 2, false },
	{ "ipip", 4, false },
	{ "dccp", 33, true },
	{ "ipv6", 41, false },
	{ "gre", 47, false },
	{ "esp", 50, false },
	{ "ah", 51, false },
	{ "ospf", 89, false },
	{ "pim", 103, false },
	{ "vrrp", 112, false },
	{ "l2tp", 115, false },
	{ "udplite", 136, true },
};

#define RULE_FIELDS(R, ICMP_TYPE_SET, ICMP_CODE_SET)                                               \
	(struct rule_fields)                                                                       \
	{                                                                                          \
		.id = &(R)->id, .description = &(R)->description, .protocol = &(R)->protocol,      \
		.remote_prefix = &(R)->remote_prefix, .direction = (R)->direction,                 \
		.ethertype = &(R)->ethertype, .n_ports = &(R)->n_ports, .ports = &(R)->ports,      \
		.has_icmp_type = (R)->has_icmp_type_case == ICMP_TYPE_SET,                         \
		.has_icmp_code = (R)->has_icmp_code_case == ICMP_CODE_SET,                         \
		.icmp_type = (R)->icmp_type, .icmp_code = (R)->icmp_code, .number = &(R)->number,  \
		.log = &(R)->log,                                                                  \
	}

struct rule_fields rule_fields_of(ProtobufCMessage *rule)
{
	Weft__V1__SecurityRule *security = (Weft__V1__SecurityRule *)rule;
	Weft__V1__AdminRule *admin = (Weft__V1__AdminRule *)rule;

	if (rule->descriptor == &weft__v1__security_rule__descriptor)
		return RULE_FIELDS(security, WEFT__V1__SECURITY_RULE__HAS_ICMP_TYPE_ICMP_TYPE,
				   WEFT__V1__SECURITY_RULE__HAS_ICMP_CODE_ICMP_CODE);
	return RULE_FIELDS(admin, WEFT__V1__ADMIN_RULE__HAS_ICMP_TYPE_ICMP_TYPE,
			   WEFT__V1__ADMIN_RULE__HAS_ICMP_CODE_ICMP_CODE);
}

const char *rule_path(char path[RULE_PATH_SIZE], const struct rule_place *at, const char *fmt, ...)
{
	int n = snprintf(path, RULE_PATH_SIZE, "%.60s[%zu]", at->list, at->i);
	va_list args;

	va_start(args, fmt);
	vsnprintf(path + n, RULE_PATH_SIZE - n, fmt, args);
	va_end(args);
	return path;
}

/* Protocols. */

static const struct protocol *protocol_named(const char *text)
{
	for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++)
		if (strcasecmp(protocols[i].name, text) == 0)
			return &protocols[i];
	return NULL;
}

static const struct protocol *protocol_numbered(int number)
{
	for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++)
		if (protocols[i].number == number)
			return &protocols[i];
	return NULL;
}

/* A decimal number of up to MAX that TEXT begins with; END is behind it.  -1: none. */
static long parse_number(const char *text, long max, const char **end)
{
	long value = 0;

	if (!isdigit((unsigned char)*text))
		return -1;
	for (; isdigit((unsigned char)*text); text++) {
		value = value * 10 + (*text - '0');
		if (value > max)
			return -1;
	}
	*end = text;
	return value;
}

/* -1: any; -2: it is none. */
static int parse_protocol(const char *text)
{
	const struct protocol *p = protocol_named(text);
	const char *end;
	long number;

	if (p)
		return p->number;
	if (!*text || strcasecmp(text, "any") == 0)
		return -1;
	number = parse_number(text, 255, &end);
	return number < 0 || *end ? -2 : number;
}

static int check_protocol(char **protocol, const struct rule_place *at, int *number,
			  struct status *st)
{
	char field[RULE_PATH_SIZE], text[12];
	const struct protocol *p;

	*number = parse_protocol(*protocol);
	if (*number == -2) {
		rule_path(field, at, ".protocol");
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s: \"%.40s\" is no protocol: give tcp, udp, sctp, icmp, "
				  "icmpv6, a number from 0 to 255, or nothing for any",
				  field, *protocol);
	}
	p = *number < 0 ? NULL : protocol_numbered(*number);
	snprintf(text, sizeof(text), "%d", *number);
	text_set(protocol, *number < 0 ? "" : p ? p->name : text);
	return 0;
}

/* Ports. */

static bool parse_ports(const char *text, struct rule_port_range *range)
{
	const char *end;
	long first = parse_number(text, 65535, &end), last;

	if (first < 0)
		return false;
	last = first;
	if (*end == '-') {
		last = parse_number(end + 1, 65535, &end);
		if (last < first)
			return false;
	}
	range->first = first;
	range->last = last;
	return !*end;
}

static int by_first(const void *a, const void *b)
{
	const struct rule_port_range *x = a, *y = b;

	return (int)x->first - (int)y->first;
}

/* Sort, and join what touches. */
static unsigned join_ranges(struct rule_port_range *ranges, unsigned n)
{
	unsigned kept = 0;

	qsort(ranges, n, sizeof(*ranges), by_first);
	for (unsigned i = 1; i < n; i++) {
		if (ranges[i].first > ranges[kept].last + 1)
			ranges[++kept] = ranges[i];
		else
			ranges[kept].last = MAX_OF(ranges[kept].last, ranges[i].last);
	}
	return n ? kept + 1 : 0;
}

static void set_ports(struct rule_fields *f, const struct rule_port_range *ranges, unsigned n)
{
	char text[16];

	for (size_t i = n; i < *f->n_ports; i++)
		text_set(&(*f->ports)[i], "");
	*f->n_ports = n;
	for (unsigned i = 0; i < n; i++) {
		if (ranges[i].first == ranges[i].last)
			snprintf(text, sizeof(text), "%u", ranges[i].first);
		else
			snprintf(text, sizeof(text), "%u-%u", ranges[i].first, ranges[i].last);
		text_set(&(*f->ports)[i], text);
	}
}

static int check_ports(struct rule_fields *f, const struct rule_place *at, int protocol,
		       struct status *st)
{
	struct rule_port_range ranges[RULE_MAX_PORT_RANGES];
	const struct protocol *p = protocol_numbered(protocol);
	char field[RULE_PATH_SIZE];

	if (*f->n_ports == 0)
		return 0;
	if (protocol < 0 || !p || !p->has_ports)
		return status_set(
			st, STATUS_INVALID_ARGUMENT, rule_path(field, at, ".ports"),
			"%s: only tcp, udp, sctp, dccp and udplite have ports: give such a "
			"protocol, or no ports",
			field);
	if (*f->n_ports > RULE_MAX_PORT_RANGES)
		return status_set(st, STATUS_INVALID_ARGUMENT, rule_path(field, at, ".ports"),
				  "%s: %zu ranges: give at most %d, or make several rules", field,
				  *f->n_ports, RULE_MAX_PORT_RANGES);
	for (size_t i = 0; i < *f->n_ports; i++) {
		if (parse_ports((*f->ports)[i], &ranges[i]))
			continue;
		rule_path(field, at, ".ports[%zu]", i);
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s: \"%.40s\" are no ports: give one from 0 to 65535, or a "
				  "range as 8000-8080",
				  field, (*f->ports)[i]);
	}
	set_ports(f, ranges, join_ranges(ranges, *f->n_ports));
	return 0;
}

/* The rest. */

static int check_icmp(const struct rule_fields *f, const struct rule_place *at, int protocol,
		      struct status *st)
{
	const char *name = f->has_icmp_type ? "icmp_type" : "icmp_code";
	char field[RULE_PATH_SIZE];

	if (!f->has_icmp_type && !f->has_icmp_code)
		return 0;
	rule_path(field, at, ".%s", name);
	if (protocol != IP_ICMP && protocol != IP_ICMPV6)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s: needs the protocol icmp or icmpv6", field);
	if (!f->has_icmp_type)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s: needs an icmp_type that it is a code of", field);
	if (f->icmp_type > 255)
		return status_set(st, STATUS_INVALID_ARGUMENT, field, "%s: %u: give 0 to 255",
				  field, f->icmp_type);
	if (f->has_icmp_code && f->icmp_code > 255) {
		rule_path(field, at, ".icmp_code");
		return status_set(st, STATUS_INVALID_ARGUMENT, field, "%s: %u: give 0 to 255",
				  field, f->icmp_code);
	}
	return 0;
}

static int check_prefix(char **prefix, const struct rule_place *at, Weft__V1__Ethertype *version,
			struct status *st)
{
	char field[RULE_PATH_SIZE], text[IP_TEXT_SIZE + 4];
	struct ip_range range;
	const char *why;

	if (!**prefix)
		return 0;
	why = ip_parse_prefix(&range, *prefix);
	if (why) {
		rule_path(field, at, ".remote_prefix");
		return status_set(st, STATUS_INVALID_ARGUMENT, field, "%s: \"%.60s\": %s", field,
				  *prefix, why);
	}
	ip_format_cidr(&range, text);
	text_set(prefix, text);
	*version = ip_is_v4(&range.first) ? WEFT__V1__ETHERTYPE__IPV4 : WEFT__V1__ETHERTYPE__IPV6;
	return 0;
}

static const char *version_name(Weft__V1__Ethertype version)
{
	return version == WEFT__V1__ETHERTYPE__IPV4 ? "IPv4" : "IPv6";
}

/* The version that all that is given agrees on. */
static int check_ethertype(struct rule_fields *f, const struct rule_place *at, int protocol,
			   Weft__V1__Ethertype of_prefix, struct status *st)
{
	Weft__V1__Ethertype of_protocol = protocol == IP_ICMP	  ? WEFT__V1__ETHERTYPE__IPV4
					  : protocol == IP_ICMPV6 ? WEFT__V1__ETHERTYPE__IPV6
								  : 0;
	char field[RULE_PATH_SIZE];

	if (*f->ethertype < 0 || *f->ethertype > WEFT__V1__ETHERTYPE__IPV6)
		return status_set(st, STATUS_INVALID_ARGUMENT, rule_path(field, at, ".ethertype"),
				  "%s: %d is no value: give IPV4, IPV6 or nothing", field,
				  (int)*f->ethertype);
	if (of_prefix && of_protocol && of_prefix != of_protocol)
		return status_set(st, STATUS_INVALID_ARGUMENT, rule_path(field, at, "%s", ""),
				  "%s: %s is of %s, but remote_prefix is of %s: no packet has both",
				  field, *f->protocol, version_name(of_protocol),
				  version_name(of_prefix));
	if (!of_prefix)
		of_prefix = of_protocol;
	if (of_prefix && *f->ethertype && *f->ethertype != of_prefix)
		return status_set(st, STATUS_INVALID_ARGUMENT, rule_path(field, at, ".ethertype"),
				  "%s: the rule's %s is of %s: give that, or no ethertype", field,
				  of_protocol ? "protocol" : "remote_prefix",
				  version_name(of_prefix));
	if (of_prefix)
		*f->ethertype = of_prefix;
	return 0;
}

static int check_words(struct rule_fields *f, const struct rule_place *at, struct status *st)
{
	char field[RULE_PATH_SIZE];

	if (**f->id && !id_is_good(*f->id))
		return id_check(*f->id, rule_path(field, at, ".id"), st);
	if (!**f->description)
		return 0;
	return text_check(*f->description, rule_path(field, at, ".description"), MAX_DESCRIPTION,
			  st);
}

int rule_check(ProtobufCMessage *rule, const struct rule_place *at, struct status *st)
{
	struct rule_fields f = rule_fields_of(rule);
	Weft__V1__Ethertype of_prefix = 0;
	char field[RULE_PATH_SIZE];
	int protocol;

	if (f.direction != WEFT__V1__DIRECTION__INGRESS &&
	    f.direction != WEFT__V1__DIRECTION__EGRESS) {
		rule_path(field, at, ".direction");
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s: is required: give INGRESS or EGRESS", field);
	}
	if (check_words(&f, at, st) != 0 || check_protocol(f.protocol, at, &protocol, st) != 0 ||
	    check_ports(&f, at, protocol, st) != 0 || check_icmp(&f, at, protocol, st) != 0 ||
	    check_prefix(f.remote_prefix, at, &of_prefix, st) != 0)
		return -1;
	return check_ethertype(&f, at, protocol, of_prefix, st);
}

void rule_key(const ProtobufCMessage *rule, struct buf *key)
{
	/* A copy that lends all it has, but is called nothing. */
	union {
		ProtobufCMessage base;
		Weft__V1__SecurityRule security;
		Weft__V1__AdminRule admin;
	} bare;
	struct rule_fields f;

	memcpy(&bare, rule, rule->descriptor->sizeof_message);
	f = rule_fields_of(&bare.base);
	*f.id = *f.description = (char *)protobuf_c_empty_string;
	*f.number = 0;
	*f.log = false;
	msg_pack(&bare.base, key);
}

static void match_of(ProtobufCMessage *rule, struct rule_match *match)
{
	struct rule_fields f = rule_fields_of(rule);

	memset(match, 0, sizeof(*match));
	match->is_ingress = f.direction == WEFT__V1__DIRECTION__INGRESS;
	match->is_v4 = *f.ethertype != WEFT__V1__ETHERTYPE__IPV6;
	match->is_v6 = *f.ethertype != WEFT__V1__ETHERTYPE__IPV4;
	match->protocol = parse_protocol(*f.protocol);
	match->icmp_type = f.has_icmp_type ? (int)f.icmp_type : -1;
	match->icmp_code = f.has_icmp_code ? (int)f.icmp_code : -1;
	match->has_prefix = **f.remote_prefix && !ip_parse_prefix(&match->prefix, *f.remote_prefix);
	for (size_t i = 0; i < *f.n_ports && i < RULE_MAX_PORT_RANGES; i++)
		if (parse_ports((*f.ports)[i], &match->ports[match->n_ports]))
			match->n_ports++;
}

void rule_match_of_security(const Weft__V1__SecurityRule *rule, struct rule_match *match)
{
	match_of((ProtobufCMessage *)&rule->base, match);
}

void rule_match_of_admin(const Weft__V1__AdminRule *rule, struct rule_match *match)
{
	match_of((ProtobufCMessage *)&rule->base, match);
}
