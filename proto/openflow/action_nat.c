/* NXAST_NAT, within ct (Open vSwitch's ovs-actions manual, "nat"): flags, then those of addresses
 * and ports that a bit map names. */

#include <arpa/inet.h>
#include <stdio.h>

#include "proto/openflow/action_ct.h"
#include "proto/openflow/action_priv.h"
#include "proto/openflow/tokens.h"

/* NX_NAT_RANGE_* */
#define IPV4_MIN  0x01
#define IPV4_MAX  0x02
#define IPV6_MIN  0x04
#define IPV6_MAX  0x08
#define PORT_MIN  0x10
#define PORT_MAX  0x20
#define RANGE_ALL 0x3f

#define FLAGS_ALL 0x1f

struct of_action_nat *of_action_nat(struct arena *a, uint16_t flags)
{
	struct of_action_nat *n = of_action_new(a, &of_action_nat_class, sizeof(*n));

	n->flags = flags;
	return n;
}

static unsigned address_size(const struct of_action_nat *n)
{
	return n->family == 6 ? 16 : 4;
}

/* One direction; what else is said belongs to it. */
static bool are_flags_valid(const struct of_action_nat *n)
{
	const uint16_t direction = OF_NAT_SRC | OF_NAT_DST, how = OF_NAT_HASH | OF_NAT_RANDOM;

	return !(n->flags & ~FLAGS_ALL) && (n->flags & direction) != direction &&
	       (n->flags & how) != how && (n->flags & direction || (!n->flags && !n->family));
}

/* Ports need an address, and each greatest a least. */
static bool is_range_valid(const struct of_action_nat *n)
{
	if ((n->has_max_address || n->has_min_port) && !n->family)
		return false;
	if (n->has_max_address && memcmp(n->max_address, n->min_address, address_size(n)) < 0)
		return false;
	if (n->has_max_port && (!n->has_min_port || n->max_port < n->min_port))
		return false;
	return !n->has_min_port || n->min_port;
}

static struct of_action *nat_decode(struct cursor *body, uint8_t version, struct arena *a,
				    struct of_error *err)
{
	struct of_action_nat *n;
	uint16_t flags, range;

	(void)version;
	cursor_take(body, 2);
	flags = cursor_be16(body);
	range = cursor_be16(body);
	n = of_action_nat(a, flags);
	if (range & ~RANGE_ALL || (range & (IPV4_MIN | IPV4_MAX) && range & (IPV6_MIN | IPV6_MAX)))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (((range & IPV4_MAX) && !(range & IPV4_MIN)) ||
	    ((range & IPV6_MAX) && !(range & IPV6_MIN)))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	n->family = range & IPV4_MIN ? 4 : range & IPV6_MIN ? 6 : 0;
	n->has_max_address = range & (IPV4_MAX | IPV6_MAX);
	n->has_min_port = range & PORT_MIN;
	n->has_max_port = range & PORT_MAX;
	if (n->family)
		cursor_copy(body, n->min_address, address_size(n));
	if (n->has_max_address)
		cursor_copy(body, n->max_address, address_size(n));
	n->min_port = n->has_min_port ? cursor_be16(body) : 0;
	n->max_port = n->has_max_port ? cursor_be16(body) : 0;
	if (!cursor_ok(body) || cursor_left(body) >= 8)
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	cursor_take(body, cursor_left(body));
	if (!are_flags_valid(n) || !is_range_valid(n))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return &n->base;
}

static uint16_t range_of(const struct of_action_nat *n)
{
	uint16_t range = 0;

	if (n->family)
		range |= n->family == 6 ? IPV6_MIN : IPV4_MIN;
	if (n->has_max_address)
		range |= n->family == 6 ? IPV6_MAX : IPV4_MAX;
	return range | (n->has_min_port ? PORT_MIN : 0) | (n->has_max_port ? PORT_MAX : 0);
}

static void nat_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_nat *n = (const struct of_action_nat *)act;

	(void)version;
	buf_zeros(out, 2);
	buf_be16(out, n->flags);
	buf_be16(out, range_of(n));
	if (n->family)
		buf_add(out, n->min_address, address_size(n));
	if (n->has_max_address)
		buf_add(out, n->max_address, address_size(n));
	if (n->has_min_port)
		buf_be16(out, n->min_port);
	if (n->has_max_port)
		buf_be16(out, n->max_port);
}

/* IPv6's in brackets before a port. */
static void print_address(const struct of_action_nat *n, const uint8_t *address, struct buf *out)
{
	bool has_brackets = n->family == 6 && n->has_min_port;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(n->family == 6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	buf_printf(out, has_brackets ? "[%s]" : "%s", text);
}

static void print_range(const struct of_action_nat *n, struct buf *out)
{
	buf_puts(out, "=");
	print_address(n, n->min_address, out);
	if (n->has_max_address && memcmp(n->min_address, n->max_address, address_size(n)) != 0) {
		buf_puts(out, "-");
		print_address(n, n->max_address, out);
	}
	if (n->has_min_port)
		buf_printf(out, ":%u", n->min_port);
	if (n->has_max_port && n->max_port != n->min_port)
		buf_printf(out, "-%u", n->max_port);
}

static void nat_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_nat *n = (const struct of_action_nat *)act;

	buf_puts(out, "nat");
	if (!(n->flags & (OF_NAT_SRC | OF_NAT_DST)))
		return;
	buf_puts(out, n->flags & OF_NAT_SRC ? "(src" : "(dst");
	if (n->family)
		print_range(n, out);
	buf_puts(out, n->flags & OF_NAT_PERSISTENT ? ",persistent" : "");
	buf_puts(out, n->flags & OF_NAT_HASH ? ",hash" : "");
	buf_puts(out, n->flags & OF_NAT_RANDOM ? ",random" : "");
	buf_puts(out, ")");
}

/* An address, perhaps in brackets; *AT moves behind it. */
static int parse_address(const char **at, struct of_action_nat *n, uint8_t *address)
{
	bool has_brackets = **at == '[';
	const char *start = *at + has_brackets;
	size_t size = strspn(start, "0123456789abcdefABCDEF:.");
	char text[INET6_ADDRSTRLEN];

	/* Without brackets, the port's colon ends what is IPv4's. */
	if (!has_brackets && memchr(start, '.', strcspn(start, ":-")))
		size = strcspn(start, ":-");
	if (size >= sizeof(text))
		return -1;
	memcpy(text, start, size);
	text[size] = '\0';
	if (n->family != 6 && inet_pton(AF_INET, text, address) == 1)
		n->family = 4;
	else if (n->family != 4 && inet_pton(AF_INET6, text, address) == 1)
		n->family = 6;
	else
		return -1;
	if (has_brackets && start[size] != ']')
		return -1;
	*at = start + size + has_brackets;
	return 0;
}

static int parse_port(const char **at, uint16_t *port)
{
	int n = 0;

	if (**at < '0' || **at > '9' || sscanf(*at, "%5hu%n", port, &n) != 1)
		return -1;
	*at += n;
	return 0;
}

/* "10.0.0.1-10.0.0.9:1024-2048", each part but the first optional */
static int parse_range(const char *text, struct of_action_nat *n)
{
	if (parse_address(&text, n, n->min_address) != 0)
		return -1;
	if (*text == '-') {
		text++;
		n->has_max_address = true;
		if (parse_address(&text, n, n->max_address) != 0)
			return -1;
	}
	if (*text == ':') {
		text++;
		n->has_min_port = true;
		if (parse_port(&text, &n->min_port) != 0)
			return -1;
		if (*text == '-') {
			text++;
			n->has_max_port = true;
			if (parse_port(&text, &n->max_port) != 0)
				return -1;
		}
	}
	return *text ? -1 : 0;
}

static const struct {
	const char *name;
	uint16_t flag;
} words[] = {
	{ "src", OF_NAT_SRC },	 { "dst", OF_NAT_DST },	      { "persistent", OF_NAT_PERSISTENT },
	{ "hash", OF_NAT_HASH }, { "random", OF_NAT_RANDOM },
};

static int parse_argument(const char *key, const char *value, struct of_action_nat *n)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcmp(words[i].name, key) != 0)
			continue;
		n->flags |= words[i].flag;
		if (!*value)
			return 0;
		return words[i].flag & (OF_NAT_SRC | OF_NAT_DST) ? parse_range(value, n) : -1;
	}
	return -1;
}

static struct of_action *nat_parse(const char *args, struct arena *a, struct status *st)
{
	static const char form[] =
		"write nat, nat(src=ADDRESS[-ADDRESS][:PORT[-PORT]]) or dst, and "
		"persistent, hash or random";
	struct of_action_nat *n = of_action_nat(a, 0);
	const char *at = args;
	char *key, *value;

	while (token_next_argument(&at, a, &key, &value)) {
		if (parse_argument(key, value, n) != 0)
			return of_action_refuse_text(st, "nat", args, form);
	}
	if (!are_flags_valid(n) || !is_range_valid(n))
		return of_action_refuse_text(st, "nat", args, form);
	return &n->base;
}

/* Addresses of the packets' own kind. */
static int nat_check(const struct of_action *act, struct of_action_scope *scope,
		     struct of_error *err)
{
	const struct of_action_nat *n = (const struct of_action_nat *)act;

	if (!n->family ||
	    of_action_scope_meets(scope, n->family == 6 ? OF_PREREQ_IPV6 : OF_PREREQ_IPV4))
		return 0;
	return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
}

OF_ACTION_CLASS(nat, OF_ACTION_NICIRA(NXAST_NAT), .check = nat_check);
