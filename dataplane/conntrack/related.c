/* ICMP and ICMPv6 errors: which packet they are about (proto.h).  What they quote is as hostile as
 * anything else, and any of it may be cut off. */

#include <netinet/in.h>
#include "dataplane/conntrack/proto_priv.h"
#include "lib/cursor.h"

/* RFC 792, RFC 1191; RFC 4443 section 3. */
static bool is_error(const struct ct_packet *p, const uint8_t *icmp)
{
	switch (p->key->ip_proto) {
	case IPPROTO_ICMP:
		return icmp[0] == 3 || icmp[0] == 4 || icmp[0] == 5 || icmp[0] == 11 ||
		       icmp[0] == 12;
	case IPPROTO_ICMPV6:
		return icmp[0] >= 1 && icmp[0] <= 4;
	default:
		return false;
	}
}

/* RFC 792 promises 8 bytes of the upper layer; they hold all that a tuple needs. */
static bool read_ports(const uint8_t *l4, struct ct_tuple *out)
{
	switch (out->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		memcpy(&out->src_port, l4, 2);
		memcpy(&out->dst_port, l4 + 2, 2);
		return true;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (out->proto != (out->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) ||
		    ct_icmp_answer(out->proto, l4[0]) == l4[0])
			return false;
		memcpy(&out->src_port, l4 + 4, 2);
		memcpy(&out->dst_port, l4, 2);
		return true;
	default:
		return true;
	}
}

static bool needs_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

bool ct_error_of(const struct ct_packet *p, uint16_t zone, struct ct_tuple *out, uint16_t *at)
{
	const uint8_t *icmp = packet_l4(p), *quoted;
	struct ip_header outer, ip;
	struct cursor c;
	unsigned n;

	if (!icmp || !is_error(p, icmp) || p->key->ip_frag & KEY_FRAG_LATER ||
	    !ip_header_of(p, &outer))
		return false;
	c = cursor_of(icmp, MIN_OF((uint32_t)(p->m->data_len - p->layout->l4), outer.l4_size));
	cursor_take(&c, 8);
	quoted = c.at;
	if (!cursor_ok(&c) || !ip_header_read(quoted, cursor_left(&c), &ip) ||
	    ip.family != outer.family || ip.frag_at)
		return false;
	n = ip.family == 4 ? 4 : 16;
	/* An error goes to whom the packet was from. */
	if (memcmp(ip.src, outer.dst, n) != 0)
		return false;
	*out = (struct ct_tuple){ .zone = zone, .proto = ip.proto, .family = ip.family };
	memcpy(out->src.bytes, ip.src, n);
	memcpy(out->dst.bytes, ip.dst, n);
	*at = p->layout->l4 + 8;
	if (!needs_ports(ip.proto))
		return true;
	cursor_take(&c, ip.l4);
	quoted = cursor_take(&c, 8);
	return quoted && ip.l4_size >= 8 && read_ports(quoted, out);
}
