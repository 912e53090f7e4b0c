/* One field's value as text, in ovs-ofctl's syntax. */

#include "proto/openflow/field_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "proto/openflow/numbers.h"
#include "proto/openflow/port_no.h"

uint64_t of_field_u64(const struct of_field *f, const uint8_t *bytes)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < f->n_bytes; i++)
		number = number << 8 | bytes[i];
	return number;
}

void of_field_store_u64(const struct of_field *f, uint8_t *bytes, uint64_t number)
{
	for (unsigned i = f->n_bytes; i-- > 0; number >>= 8)
		bytes[i] = number;
}

bool of_field_fits(const struct of_field *f, uint64_t number)
{
	return f->n_bits >= 64 || number >> f->n_bits == 0;
}

int of_number_parse(const char *text, size_t size, uint64_t *number)
{
	char word[32], *end;

	if (size == 0 || size >= sizeof(word))
		return -1;
	memcpy(word, text, size);
	word[size] = '\0';
	if (word[0] < '0' || word[0] > '9')
		return -1;
	errno = 0;
	*number = strtoull(word, &end, strncasecmp(word, "0x", 2) ? 10 : 16);
	return errno || *end ? -1 : 0;
}

/* The TCP flags' names, lowest bit first (RFC 9293 section 3.1, RFC 3540); the upper three have
 * none yet, and are written as ovs-ofctl does. */
static const char *const tcp_flag_names[] = { "fin", "syn", "rst", "psh",   "ack",   "urg",
					      "ece", "cwr", "ns",  "[200]", "[400]", "[800]" };

static const char *const ct_state_names[] = { "new", "est", "rel",  "rpl",
					      "inv", "trk", "snat", "dnat" };
static const char *const tun_flag_names[] = { "oam" };

/* The names of a field's bits, lowest first, or NULL. */
static const char *const *flag_names(const struct of_field *f)
{
	switch ((enum of_field_format)f->format) {
	case OF_FORMAT_TCP_FLAGS:
		return tcp_flag_names;
	case OF_FORMAT_CT_STATE:
		return ct_state_names;
	case OF_FORMAT_TUN_FLAGS:
		return tun_flag_names;
	default:
		return NULL;
	}
}

static int flag_find(const struct of_field *f, const char *name, size_t size)
{
	const char *const *names = flag_names(f);

	for (unsigned i = 0; i < f->n_bits; i++) {
		if (strlen(names[i]) == size && strncasecmp(names[i], name, size) == 0)
			return i;
	}
	return -1;
}

/* "+syn-ack": these under a mask; "syn|ack": exactly these. */
static int parse_flags(const struct of_field *f, const char *text, size_t size, uint64_t *value,
		       uint64_t *mask)
{
	bool is_masked = size && (text[0] == '+' || text[0] == '-');
	const char *end = text + size;

	*value = 0;
	*mask = is_masked ? 0 : (1u << f->n_bits) - 1;
	while (text < end) {
		char sign = is_masked ? *text++ : '+';
		size_t n = 0;
		int bit;

		if (sign != '+' && sign != '-')
			return -1;
		while (text + n < end && !strchr("+-|", text[n]))
			n++;
		bit = flag_find(f, text, n);
		if (bit < 0)
			return -1;
		if (sign == '+')
			*value |= 1u << bit;
		if (is_masked)
			*mask |= 1u << bit;
		text += n;
		if (!is_masked && text < end && *text++ != '|')
			return -1;
	}
	return 0;
}

/* Of a single flag, a match always says which way. */
static void print_flags(const struct of_field *f, uint64_t value, uint64_t mask, bool is_match,
			struct buf *out)
{
	const char *const *names = flag_names(f);
	bool is_exact = mask == (1u << f->n_bits) - 1 && (f->n_bits > 1 || !is_match);
	const char *bar = "";

	if (is_exact && !value)
		buf_puts(out, "0");
	for (unsigned i = 0; i < f->n_bits; i++) {
		bool is_set = value >> i & 1;

		if (!is_exact && mask >> i & 1) {
			buf_printf(out, "%c%s", is_set ? '+' : '-', names[i]);
		} else if (is_exact && is_set) {
			buf_printf(out, "%s%s", bar, names[i]);
			bar = "|";
		}
	}
}

/* "(0,0x894f)": name space and type. */
static int parse_packet_type(const char *text, size_t size, uint64_t *number)
{
	const char *comma = memchr(text, ',', size);
	uint64_t ns, type;

	if (size < 5 || text[0] != '(' || text[size - 1] != ')' || !comma ||
	    of_number_parse(text + 1, comma - text - 1, &ns) != 0 ||
	    of_number_parse(comma + 1, text + size - 1 - comma - 1, &type) != 0 ||
	    ns > UINT16_MAX || type > UINT16_MAX)
		return -1;
	*number = ns << 16 | type;
	return 0;
}

/* NXM_NX_IP_FRAG: bit 0, a fragment; bit 1, not the first one. */
static const struct {
	const char *name;
	uint8_t value, mask;
} frags[] = {
	{ "no", 0, 3 },	   { "yes", 1, 1 },	  { "first", 1, 3 },
	{ "later", 3, 3 }, { "not_later", 0, 2 },
};

static int parse_frag(const char *text, size_t size, uint64_t *value, uint64_t *mask)
{
	for (size_t i = 0; i < ARRAY_LENGTH(frags); i++) {
		if (strlen(frags[i].name) == size && strncasecmp(frags[i].name, text, size) == 0) {
			*value = frags[i].value;
			*mask = frags[i].mask;
			return 0;
		}
	}
	return -1;
}

static void print_frag(uint64_t value, uint64_t mask, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(frags); i++) {
		if (frags[i].value == value && frags[i].mask == mask) {
			buf_puts(out, frags[i].name);
			return;
		}
	}
	buf_printf(out, mask == 3 ? "0x%x" : "0x%x/0x%x", (unsigned)value, (unsigned)mask);
}

static int parse_ethernet(const char *text, uint8_t *bytes)
{
	int end = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &bytes[0], &bytes[1], &bytes[2],
		   &bytes[3], &bytes[4], &bytes[5], &end) != 6)
		return -1;
	return text[end] ? -1 : 0;
}

static void print_ethernet(const uint8_t *b, struct buf *out)
{
	buf_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

/* The length of a mask that is a prefix, or -1. */
static int prefix_length(const uint8_t *mask, unsigned n_bytes)
{
	int n = 0;

	while (n < (int)n_bytes * 8 && mask[n / 8] >> (7 - n % 8) & 1)
		n++;
	for (unsigned i = n; i < n_bytes * 8; i++) {
		if (mask[i / 8] >> (7 - i % 8) & 1)
			return -1;
	}
	return n;
}

static int parse_address(const struct of_field *f, const char *text, uint8_t *bytes)
{
	if (f->format == OF_FORMAT_ETHERNET)
		return parse_ethernet(text, bytes);
	return inet_pton(f->format == OF_FORMAT_IPV4 ? AF_INET : AF_INET6, text, bytes) == 1 ? 0
											     : -1;
}

/* "/24" for IP, or a mask written as an address. */
static int parse_address_mask(const struct of_field *f, const char *text, uint8_t *mask)
{
	uint64_t n_bits;

	if (f->format == OF_FORMAT_ETHERNET || of_number_parse(text, strlen(text), &n_bits) != 0)
		return parse_address(f, text, mask);
	if (n_bits > f->n_bits)
		return -1;
	memset(mask, 0, f->n_bytes);
	for (unsigned i = 0; i < n_bits; i++)
		mask[i / 8] |= 0x80 >> i % 8;
	return 0;
}

static void print_address(const struct of_field *f, const uint8_t *bytes, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	if (f->format == OF_FORMAT_ETHERNET) {
		print_ethernet(bytes, out);
		return;
	}
	inet_ntop(f->format == OF_FORMAT_IPV4 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
	buf_puts(out, text);
}

static bool is_address(const struct of_field *f)
{
	return f->format == OF_FORMAT_ETHERNET || f->format == OF_FORMAT_IPV4 ||
	       f->format == OF_FORMAT_IPV6;
}

static int parse_address_masked(const struct of_field *f, char *text, uint8_t *value, uint8_t *mask)
{
	char *slash = strchr(text, '/');

	if (slash)
		*slash++ = '\0';
	if (parse_address(f, text, value) != 0)
		return -1;
	return slash ? parse_address_mask(f, slash, mask) : 0;
}

static int parse_number_masked(const struct of_field *f, const char *text, size_t size,
			       uint8_t *value, uint8_t *mask)
{
	const char *slash = memchr(text, '/', size);
	size_t n = slash ? (size_t)(slash - text) : size;
	uint64_t number, bits = of_field_u64(f, of_field_ones[f->id]);
	uint32_t port_no;

	if (f->format == OF_FORMAT_FRAG && parse_frag(text, size, &number, &bits) == 0) {
		slash = NULL;
	} else if (f->format == OF_FORMAT_PORT && of_port_no_parse(text, n, &port_no) == 0) {
		number = port_no;
	} else if (of_number_parse(text, n, &number) != 0) {
		if (f->format == OF_FORMAT_PACKET_TYPE) {
			if (parse_packet_type(text, size, &number) != 0)
				return -1;
		} else if (!flag_names(f) || parse_flags(f, text, size, &number, &bits) != 0) {
			return -1;
		}
		slash = NULL;
	}
	if (slash && of_number_parse(slash + 1, text + size - slash - 1, &bits) != 0)
		return -1;
	if (!of_field_fits(f, number) || !of_field_fits(f, bits))
		return -1;
	of_field_store_u64(f, value, number);
	of_field_store_u64(f, mask, bits);
	return 0;
}

/* Numbers that 64 bits do not hold. */
static bool is_wide(const struct of_field *f)
{
	return f->n_bytes > 8 && !is_address(f);
}

static int parse_wide_masked(const struct of_field *f, const char *text, size_t size,
			     uint8_t *value, uint8_t *mask)
{
	const char *slash = memchr(text, '/', size);
	size_t n = slash ? (size_t)(slash - text) : size;

	if (of_wide_parse(text, n, value) != 0 || !of_wide_fits(value, f->n_bits))
		return -1;
	return slash ? of_wide_parse(slash + 1, size - n - 1, mask) : 0;
}

static const char *example_of(const struct of_field *f)
{
	switch ((enum of_field_format)f->format) {
	case OF_FORMAT_ETHERNET:
		return "an Ethernet address as 00:11:22:33:44:55";
	case OF_FORMAT_IPV4:
		return "an IPv4 address as 10.0.0.1 or 10.0.0.0/24";
	case OF_FORMAT_IPV6:
		return "an IPv6 address as fe80::1 or fe80::/64";
	case OF_FORMAT_PORT:
		return "a port number, LOCAL or CONTROLLER";
	case OF_FORMAT_FRAG:
		return "no, yes, first, later or not_later";
	case OF_FORMAT_TCP_FLAGS:
		return "flags as syn|ack or +syn-ack";
	case OF_FORMAT_CT_STATE:
		return "states as +trk-new";
	case OF_FORMAT_TUN_FLAGS:
		return "+oam or -oam";
	case OF_FORMAT_PACKET_TYPE:
		return "(NAMESPACE,TYPE)";
	default:
		return "a number as 5 or 0x5";
	}
}

int of_field_parse(const struct of_field *f, const char *key, const char *text, size_t size,
		   uint8_t *value, uint8_t *mask, struct status *st)
{
	char word[2 * INET6_ADDRSTRLEN];
	int rc = -1;

	memset(value, 0, OF_FIELD_MAX_BYTES);
	memcpy(mask, of_field_ones[f->id], OF_FIELD_MAX_BYTES);
	if (size && size < sizeof(word)) {
		memcpy(word, text, size);
		word[size] = '\0';
		rc = is_address(f) ? parse_address_masked(f, word, value, mask)
		     : is_wide(f)  ? parse_wide_masked(f, word, size, value, mask)
				   : parse_number_masked(f, word, size, value, mask);
	}
	if (rc != 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, key,
				  "%s: \"%.*s\" is not a value of this field (%u bits): write %s",
				  key, (int)MIN_OF(size, 60), text, f->n_bits, example_of(f));
	for (unsigned i = 0; i < f->n_bytes; i++)
		value[i] &= mask[i];
	return 0;
}

static void print_address_masked(const struct of_field *f, const uint8_t *value,
				 const uint8_t *mask, struct buf *out)
{
	int n = f->format == OF_FORMAT_ETHERNET ? -1 : prefix_length(mask, f->n_bytes);

	print_address(f, value, out);
	if (memcmp(mask, of_field_ones[f->id], f->n_bytes) == 0)
		return;
	buf_puts(out, "/");
	if (n >= 0)
		buf_printf(out, "%d", n);
	else
		print_address(f, mask, out);
}

/* As ovs-ofctl writes it: 0 alone is without 0x, but in matches some fields have a width. */
static void print_hex(const struct of_field *f, uint64_t number, bool is_match, struct buf *out)
{
	int width = !is_match			    ? 0
		    : f->id == OF_FIELD_ETH_TYPE    ? 4
		    : f->id == OF_FIELD_IPV6_FLABEL ? 5
						    : 0;

	if (width)
		buf_printf(out, "0x%0*llx", width, (unsigned long long)number);
	else
		buf_printf(out, "%#llx", (unsigned long long)number);
}

void of_field_print(const struct of_field *f, const uint8_t *value, const uint8_t *mask,
		    struct buf *out)
{
	const uint8_t *ones = of_field_ones[f->id];
	bool is_match = mask != NULL;
	bool is_exact = !mask || memcmp(mask, ones, f->n_bytes) == 0;
	uint64_t number, bits;

	if (!mask)
		mask = ones;
	if (is_address(f)) {
		print_address_masked(f, value, mask, out);
		return;
	}
	if (is_wide(f)) {
		of_wide_print(value, f->n_bytes, out);
		if (!is_exact) {
			buf_puts(out, "/");
			of_wide_print(mask, f->n_bytes, out);
		}
		return;
	}
	number = of_field_u64(f, value);
	bits = of_field_u64(f, mask);
	if (f->format == OF_FORMAT_PACKET_TYPE) {
		buf_printf(out, "(%u,%#x)", (unsigned)(number >> 16), (unsigned)number & 0xffff);
	} else if (f->format == OF_FORMAT_FRAG) {
		print_frag(number, bits, out);
	} else if (flag_names(f)) {
		print_flags(f, number, bits, is_match, out);
	} else if (f->format == OF_FORMAT_PORT && is_exact) {
		of_port_no_print(number, out);
	} else if ((f->format == OF_FORMAT_DECIMAL || (f->id == OF_FIELD_CT_ZONE && is_match)) &&
		   is_exact) {
		buf_printf(out, "%llu", (unsigned long long)number);
	} else if (f->format == OF_FORMAT_DECIMAL) {
		buf_printf(out, "0x%llx/0x%llx", (unsigned long long)number,
			   (unsigned long long)bits);
	} else {
		print_hex(f, number, is_match, out);
		if (!is_exact) {
			buf_puts(out, "/");
			print_hex(f, bits, is_match, out);
		}
	}
}
