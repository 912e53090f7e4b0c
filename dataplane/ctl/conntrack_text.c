#include "dataplane/ctl/conntrack_text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static const struct {
	uint8_t number;
	const char *name;
} protocols[] = {
	{ IPPROTO_ICMP, "icmp" }, { IPPROTO_TCP, "tcp" },	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_DCCP, "dccp" }, { IPPROTO_GRE, "gre" },	{ IPPROTO_ESP, "esp" },
	{ IPPROTO_AH, "ah" },	  { IPPROTO_ICMPV6, "icmpv6" }, { IPPROTO_SCTP, "sctp" },
};

const char *conntrack_protocol_name(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
		if (protocols[i].number == proto)
			return protocols[i].name;
	}
	return NULL;
}

const char *conntrack_label_text(struct arena *a, const uint8_t *label)
{
	struct buf text = BUF_INIT;
	const char *s;
	size_t i = 0;

	while (i < CONNTRACK_LABEL_BYTES && !label[i])
		i++;
	if (i == CONNTRACK_LABEL_BYTES)
		return "";
	buf_printf(&text, "0x%x", label[i]);
	while (++i < CONNTRACK_LABEL_BYTES)
		buf_printf(&text, "%02x", label[i]);
	s = arena_strdup(a, buf_str(&text));
	buf_fini(&text);
	return s;
}

static int read_protocol(const char *text, struct conntrack_filter *f, struct status *st)
{
	unsigned long number;
	char *end;

	for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
		if (strcasecmp(text, protocols[i].name) == 0) {
			f->original.proto = protocols[i].number;
			f->original_mask.proto = UINT8_MAX;
			return 0;
		}
	}
	number = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || number > UINT8_MAX)
		return status_set(st, STATUS_INVALID_ARGUMENT, "filter.protocol",
				  "protocol '%.20s': give tcp, udp, icmp, icmpv6, sctp, gre or a "
				  "number from 0 to 255",
				  text);
	f->original.proto = number;
	f->original_mask.proto = UINT8_MAX;
	return 0;
}

static void set_prefix(struct ct_address *mask, unsigned length)
{
	for (unsigned i = 0; i < length; i++)
		mask->bytes[i / 8] |= 0x80 >> i % 8;
}

/* "10.0.0.0/8": the address at *VALUE, its prefix at *MASK.  The families of all addresses of a
 * filter are the same. */
static int read_address(const char *text, const char *field, struct conntrack_filter *f,
			struct ct_address *value, struct ct_address *mask, struct status *st)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long length;
	char address[INET6_ADDRSTRLEN], *end = NULL;
	uint8_t family = strchr(text, ':') ? 6 : 4;

	length = slash ? strtoul(slash + 1, &end, 10) : family == 4 ? 32 : 128;
	if (n >= sizeof(address) || (slash && (!isdigit((unsigned char)slash[1]) || *end)) ||
	    length > (family == 4 ? 32 : 128))
		goto bad;
	memcpy(address, text, n);
	address[n] = '\0';
	if (inet_pton(family == 4 ? AF_INET : AF_INET6, address, value->bytes) != 1)
		goto bad;
	if (f->original_mask.family && f->original.family != family)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "source and destination are of two families: give two addresses "
				  "of IPv4 or of IPv6");
	set_prefix(mask, length);
	f->original.family = family;
	f->original_mask.family = UINT8_MAX;
	return 0;
bad:
	return status_set(st, STATUS_INVALID_ARGUMENT, field,
			  "'%.60s' is no address: give one like 10.0.0.1, fd00::1 or a prefix "
			  "like 10.0.0.0/8",
			  text);
}

static int read_port(uint32_t port, const char *field, uint16_t *value, uint16_t *mask,
		     struct status *st)
{
	if (port > UINT16_MAX)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "ports are 1 to 65535, not %u", port);
	*value = htons(port);
	*mask = port ? UINT16_MAX : 0;
	return 0;
}

/* "5" or "0x5", the last SIZE bytes of at most CONNTRACK_LABEL_BYTES; false: no such number. */
static bool read_number(const char *text, size_t n, uint8_t *bytes, size_t size)
{
	if (n > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		size_t n_digits = n - 2;

		if (n_digits > 2 * size)
			return false;
		for (size_t i = 0; i < n_digits; i++) {
			char c = text[n - 1 - i];
			unsigned digit =
				isdigit((unsigned char)c) ? c - '0' : tolower(c) - 'a' + 10;

			if (!isxdigit((unsigned char)c))
				return false;
			bytes[size - 1 - i / 2] |= digit << 4 * (i % 2);
		}
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned carry = text[i] - '0';

		if (!isdigit((unsigned char)text[i]))
			return false;
		for (size_t k = size; k-- > 0; carry >>= 8) {
			carry += bytes[k] * 10;
			bytes[k] = carry;
		}
		if (carry)
			return false;
	}
	return n > 0;
}

/* "VALUE" or "VALUE/MASK" */
static int read_masked(const char *text, const char *field, uint8_t *value, uint8_t *mask,
		       size_t size, struct status *st)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);

	if (!slash)
		memset(mask, 0xff, size);
	if (read_number(text, n, value, size) &&
	    (!slash || read_number(slash + 1, strlen(slash + 1), mask, size)))
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, field,
			  "'%.80s' is no number of %zu bits: give one like 5 or 0x10/0xf0", text,
			  size * 8);
}

static int read_mark(const char *text, struct conntrack_filter *f, struct status *st)
{
	uint8_t value[4] = { 0 }, mask[4] = { 0 };

	if (read_masked(text, "filter.mark", value, mask, sizeof(value), st) < 0)
		return -1;
	f->has_mark = true;
	f->mark = load_be32(value);
	f->mark_mask = load_be32(mask);
	return 0;
}

static int read_zone(const Weft__Switch__V1__ConnectionFilter *in, struct conntrack_filter *f,
		     struct status *st)
{
	if (in->zone > UINT16_MAX)
		return status_set(st, STATUS_INVALID_ARGUMENT, "filter.zone",
				  "zones are 0 to 65535, not %u", in->zone);
	f->has_zone = in->has_zone;
	f->zone = in->zone;
	return 0;
}

static int read_ends(const Weft__Switch__V1__ConnectionFilter *in, struct conntrack_filter *f,
		     struct status *st)
{
	if (*in->source && read_address(in->source, "filter.source", f, &f->original.src,
					&f->original_mask.src, st) < 0)
		return -1;
	if (*in->destination && read_address(in->destination, "filter.destination", f,
					     &f->original.dst, &f->original_mask.dst, st) < 0)
		return -1;
	if (read_port(in->source_port, "filter.source_port", &f->original.src_port,
		      &f->original_mask.src_port, st) < 0)
		return -1;
	return read_port(in->destination_port, "filter.destination_port", &f->original.dst_port,
			 &f->original_mask.dst_port, st);
}

int conntrack_filter_read(const Weft__Switch__V1__ConnectionFilter *in,
			  struct conntrack_filter *filter, bool *is_empty, struct status *st)
{
	static const struct conntrack_filter nothing;

	*filter = nothing;
	*is_empty = true;
	if (!in)
		return 0;
	if (read_zone(in, filter, st) < 0 || read_ends(in, filter, st) < 0)
		return -1;
	if (*in->protocol && read_protocol(in->protocol, filter, st) < 0)
		return -1;
	if (*in->mark && read_mark(in->mark, filter, st) < 0)
		return -1;
	if (*in->label && read_masked(in->label, "filter.label", filter->label, filter->label_mask,
				      sizeof(filter->label), st) < 0)
		return -1;
	filter->state_name = *in->state ? in->state : NULL;
	*is_empty = !in->has_zone && !*in->protocol && !*in->state && !*in->source &&
		    !*in->destination && !in->source_port && !in->destination_port && !*in->mark &&
		    !*in->label;
	return 0;
}
