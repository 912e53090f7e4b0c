#include "controller/connlog/ipfix.h"

#define VERSION	     10
#define SET_TEMPLATE 2
#define TEMPLATE_V4  256
#define TEMPLATE_V6  257
#define VARIABLE     65535
#define MAX_TEXT     254 /* bytes of a text; longer ones are cut */

/* firewallEvent, of IANA's registry. */
enum { FIREWALL_CREATED = 1, FIREWALL_DENIED = 3 };

struct element {
	uint16_t id, size;
};

/* In the order of the record; addresses differ by the version of IP. */
static const struct element elements[] = {
	{ 323, 8 },	   /* observationTimeMilliseconds */
	{ 8, 4 },	   /* sourceIPv4Address, else 27 */
	{ 12, 4 },	   /* destinationIPv4Address, else 28 */
	{ 4, 1 },	   /* protocolIdentifier */
	{ 7, 2 },	   /* sourceTransportPort */
	{ 11, 2 },	   /* destinationTransportPort */
	{ 6, 2 },	   /* tcpControlBits */
	{ 32, 2 },	   /* icmpTypeCodeIPv4, else 139 */
	{ 233, 1 },	   /* firewallEvent */
	{ 61, 1 },	   /* flowDirection: 0 to the port, 1 from it */
	{ 10, 4 },	   /* ingressInterface: the OpenFlow port that it came in by */
	{ 1, 8 },	   /* octetDeltaCount: of this packet */
	{ 2, 8 },	   /* packetDeltaCount: 1 */
	{ 82, VARIABLE },  /* interfaceName: the port */
	{ 335, VARIABLE }, /* selectorName: group or policy, and why */
};

static struct element of_version(struct element e, bool is_ipv6)
{
	if (!is_ipv6)
		return e;
	switch (e.id) {
	case 8:
		return (struct element){ 27, 16 };
	case 12:
		return (struct element){ 28, 16 };
	case 32:
		return (struct element){ 139, 2 };
	default:
		return e;
	}
}

/* Returns where the message begins; its length is put there at the end. */
static size_t begin(const struct ipfix *x, uint64_t wall_ns, struct buf *out)
{
	size_t at = out->size;

	buf_be16(out, VERSION);
	buf_be16(out, 0);
	buf_be32(out, wall_ns / NS_PER_SEC);
	buf_be32(out, x->sequence);
	buf_be32(out, x->domain);
	return at;
}

static void set_length(struct buf *out, size_t at, size_t begin)
{
	store_be16((uint8_t *)out->data + at, out->size - begin);
}

void ipfix_templates(const struct ipfix *x, uint64_t wall_ns, struct buf *out)
{
	size_t message = begin(x, wall_ns, out), set = out->size;

	buf_be16(out, SET_TEMPLATE);
	buf_be16(out, 0);
	for (unsigned v = 0; v < 2; v++) {
		buf_be16(out, v ? TEMPLATE_V6 : TEMPLATE_V4);
		buf_be16(out, ARRAY_LENGTH(elements));
		for (size_t i = 0; i < ARRAY_LENGTH(elements); i++) {
			struct element e = of_version(elements[i], v);

			buf_be16(out, e.id);
			buf_be16(out, e.size);
		}
	}
	set_length(out, set + 2, set);
	set_length(out, message + 2, message);
}

static void put_text(struct buf *out, const char *text, size_t size)
{
	size = MIN_OF(size, (size_t)MAX_TEXT);
	while (size && ((uint8_t)text[size] & 0xc0) == 0x80) /* whole characters of UTF-8 */
		size--;
	buf_be8(out, size);
	buf_add(out, text, size);
}

/* "projects/acme/securityGroups/web: rule ssh allows tcp 22". */
static void put_selector(struct buf *out, const struct connlog_event *e)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "%s%s%s", e->policy, *e->policy ? ": " : "", e->reason);
	put_text(out, buf_str(&text), text.size);
	buf_fini(&text);
}

void ipfix_record(struct ipfix *x, const struct connlog_event *e, struct buf *out)
{
	const struct logged_packet *p = &e->packet;
	bool is_ipv6 = p->version == 6;
	size_t address = is_ipv6 ? 16 : 4;
	size_t message = begin(x, e->wall_ns, out), set = out->size;

	buf_be16(out, is_ipv6 ? TEMPLATE_V6 : TEMPLATE_V4);
	buf_be16(out, 0);
	buf_be64(out, e->wall_ns / NS_PER_MS);
	buf_add(out, p->src, address);
	buf_add(out, p->dst, address);
	buf_be8(out, p->protocol);
	buf_be16(out, p->src_port);
	buf_be16(out, p->dst_port);
	buf_be16(out, p->tcp_flags);
	buf_be16(out, p->icmp_type << 8 | p->icmp_code);
	buf_be8(out, e->is_refused ? FIREWALL_DENIED : FIREWALL_CREATED);
	buf_be8(out, e->is_egress);
	buf_be32(out, e->in_port);
	buf_be64(out, e->size);
	buf_be64(out, 1);
	put_text(out, e->port, strlen(e->port));
	put_selector(out, e);
	set_length(out, set + 2, set);
	set_length(out, message + 2, message);
	x->sequence++;
}
