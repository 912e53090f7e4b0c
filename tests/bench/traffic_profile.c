/* A traffic's description as words KEY=VALUE, each checked.  See traffic.h. */

#include "tests/bench/traffic.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/util.h"

typedef int (*parse_value)(const char *text, void *to, struct status *st);

struct key {
	const char *name;
	parse_value parse;
	size_t at; /* in struct traffic_profile; 0 of the whole */
};

void traffic_profile_init(struct traffic_profile *p)
{
	*p = (struct traffic_profile){
		.n_flows = 1,
		.eth_dst = { 0x020000000002, 0x020000000002 },
		.eth_src = { 0x020000000001, 0x020000000001 },
		.ip_src = { 0x0a000000, 0x0a00ffff },
		.ip_dst = { 0x0a800001, 0x0a800001 },
		.port_src = { 1024, 65535 },
		.port_dst = { 80, 80 },
		.protocol = 17,
		.size = TRAFFIC_MIN_SIZE,
		.order = TRAFFIC_UNIFORM,
		.skew = 1,
	};
}

static int invalid(struct status *st, const char *text, const char *wanted)
{
	return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "'%.64s' is not %s", text, wanted);
}

static int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && *value >= min && *value <= max ? 0 : -1;
}

static int parse_mac(const char *text, uint64_t *mac)
{
	unsigned b[6];
	int n = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &n) != 6 ||
	    text[n])
		return -1;
	*mac = 0;
	for (unsigned i = 0; i < 6; i++)
		*mac = *mac << 8 | b[i];
	return 0;
}

static int parse_ip(const char *text, uint64_t *ip)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return -1;
	*ip = ntohl(in.s_addr);
	return 0;
}

static int parse_port(const char *text, uint64_t *port)
{
	return parse_number(text, 0, 65535, port);
}

static int parse_range(const char *text, struct traffic_range *to,
		       int (*parse)(const char *, uint64_t *))
{
	char first[64];
	const char *dash = strchr(text, '-');
	struct traffic_range r;

	snprintf(first, sizeof(first), "%.*s", dash ? (int)(dash - text) : (int)strlen(text), text);
	if (parse(first, &r.first) < 0 || parse(dash ? dash + 1 : first, &r.last) < 0 ||
	    r.last < r.first)
		return -1;
	*to = r;
	return 0;
}

static int parse_macs(const char *text, void *to, struct status *st)
{
	if (parse_range(text, to, parse_mac) == 0)
		return 0;
	return invalid(st, text, "a range of MAC addresses, 02:00:00:00:00:01-02:00:00:00:00:09");
}

static int parse_ips(const char *text, void *to, struct status *st)
{
	if (parse_range(text, to, parse_ip) == 0)
		return 0;
	return invalid(st, text, "a range of IPv4 addresses, 10.0.0.1-10.0.0.9");
}

static int parse_ports(const char *text, void *to, struct status *st)
{
	if (parse_range(text, to, parse_port) == 0)
		return 0;
	return invalid(st, text, "a range of ports, 1024-65535");
}

static int parse_flows(const char *text, void *to, struct status *st)
{
	struct traffic_profile *p = to;
	uint64_t n;

	if (parse_number(text, 1, TRAFFIC_MAX_FLOWS, &n) < 0)
		return invalid(st, text, "a number of flows, 1 to 16777216");
	p->n_flows = n;
	return 0;
}

static int parse_file(const char *text, void *to, struct status *st)
{
	struct traffic_profile *p = to;

	if (strlen(text) >= sizeof(p->file))
		return invalid(st, text, "a path of at most 255 bytes");
	snprintf(p->file, sizeof(p->file), "%s", text);
	return 0;
}

static int parse_size(const char *text, void *to, struct status *st)
{
	struct traffic_profile *p = to;
	uint64_t n = 0;

	if (strcmp(text, "imix") != 0 &&
	    parse_number(text, TRAFFIC_MIN_SIZE, TRAFFIC_MAX_SIZE, &n) < 0)
		return invalid(st, text, "a frame size, 64 to 1518 bytes or imix");
	p->size = n;
	return 0;
}

static int parse_order(const char *text, void *to, struct status *st)
{
	struct traffic_profile *p = to;
	char *end = NULL;

	if (strcmp(text, "uniform") == 0) {
		p->order = TRAFFIC_UNIFORM;
	} else if (strcmp(text, "in-turn") == 0) {
		p->order = TRAFFIC_IN_TURN;
	} else if (strncmp(text, "zipf:", 5) == 0) {
		p->order = TRAFFIC_ZIPF;
		p->skew = strtod(text + 5, &end);
		if (*end || end == text + 5 || !(p->skew > 0 && p->skew <= 10))
			return invalid(st, text + 5, "a skew above 0, up to 10");
	} else {
		return invalid(st, text, "an order: uniform, in-turn or zipf:SKEW");
	}
	return 0;
}

static int parse_fresh(const char *text, void *to, struct status *st)
{
	struct traffic_profile *p = to;
	uint64_t n;

	if (parse_number(text, 0, 1, &n) < 0)
		return invalid(st, text, "0 or 1");
	p->is_fresh = n;
	return 0;
}

static int parse_protocol(const char *text, void *to, struct status *st)
{
	struct traffic_profile *p = to;

	if (strcmp(text, "udp") != 0 && strcmp(text, "tcp") != 0)
		return invalid(st, text, "a protocol: udp or tcp");
	p->protocol = strcmp(text, "udp") == 0 ? 17 : 6;
	return 0;
}

static int parse_vxlan(const char *text, void *to, struct status *st)
{
	struct traffic_profile *p = to;
	char copy[128], *save = NULL, *part[5] = { 0 };
	uint64_t vni, src, dst;
	unsigned n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *at = strtok_r(copy, ",", &save); at && n < 5; at = strtok_r(NULL, ",", &save))
		part[n++] = at;
	if (n < 5 || parse_number(part[0], 0, 0xffffff, &vni) < 0 || parse_ip(part[1], &src) < 0 ||
	    parse_ip(part[2], &dst) < 0 || parse_mac(part[3], &p->tunnel.eth_src) < 0 ||
	    parse_mac(part[4], &p->tunnel.eth_dst) < 0)
		return invalid(st, text, "VNI,IP_SRC,IP_DST,ETH_SRC,ETH_DST of a tunnel");
	p->tunnel.vni = vni;
	p->tunnel.ip_src = src;
	p->tunnel.ip_dst = dst;
	p->has_tunnel = true;
	return 0;
}

static const struct key keys[] = {
	{ "flows", parse_flows, 0 },
	{ "file", parse_file, 0 },
	{ "size", parse_size, 0 },
	{ "order", parse_order, 0 },
	{ "fresh", parse_fresh, 0 },
	{ "protocol", parse_protocol, 0 },
	{ "vxlan", parse_vxlan, 0 },
	{ "eth_src", parse_macs, offsetof(struct traffic_profile, eth_src) },
	{ "eth_dst", parse_macs, offsetof(struct traffic_profile, eth_dst) },
	{ "ip_src", parse_ips, offsetof(struct traffic_profile, ip_src) },
	{ "ip_dst", parse_ips, offsetof(struct traffic_profile, ip_dst) },
	{ "port_src", parse_ports, offsetof(struct traffic_profile, port_src) },
	{ "port_dst", parse_ports, offsetof(struct traffic_profile, port_dst) },
};

static int parse_word(struct traffic_profile *p, char *word, struct status *st)
{
	char *equals = strchr(word, '=');

	if (!equals)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "'%.64s' is not KEY=VALUE",
				  word);
	*equals = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		if (strcmp(keys[i].name, word) != 0)
			continue;
		if (keys[i].parse(equals + 1, (char *)p + keys[i].at, st) == 0)
			return 0;
		if (st)
			snprintf(st->field, sizeof(st->field), "%s", keys[i].name);
		return -1;
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "'%.64s' is no key of a traffic",
			  word);
}

int traffic_profile_parse(struct traffic_profile *p, const char *text, struct status *st)
{
	struct traffic_profile parsed = *p;
	char *copy = xstrdup(text), *save = NULL;
	int rc = 0;

	for (char *word = strtok_r(copy, " \t\n", &save); word && rc == 0;
	     word = strtok_r(NULL, " \t\n", &save))
		rc = parse_word(&parsed, word, st);
	free(copy);
	if (rc == 0)
		*p = parsed;
	return rc;
}
