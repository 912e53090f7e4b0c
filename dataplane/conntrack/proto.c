/* Which tuple a packet has, and which protocol's file says what it does to its connection
 * (proto.h). */

#include "dataplane/conntrack/proto.h"

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/proto_priv.h"
#include "dataplane/conntrack/proto_udp.h"

/* Only queries may begin a connection; their answers only belong to one. */
static bool icmp_is_request(uint8_t proto, uint8_t type)
{
	if (proto == IPPROTO_ICMP)
		return type == 8 || type == 13 || type == 15 || type == 17;
	return type == 128 || type == 139;
}

static bool has_addresses(const struct flow_key *key)
{
	return key->eth_type == __builtin_bswap16(0x0800) ||
	       key->eth_type == __builtin_bswap16(0x86dd);
}

static bool icmp_tuple(const struct ct_packet *p, struct ct_tuple *out)
{
	const uint8_t *h = packet_l4(p);

	if (!h || ct_icmp_answer(out->proto, h[0]) == h[0])
		return false;
	memcpy(&out->src_port, h + 4, 2);
	memcpy(&out->dst_port, h, 2);
	return true;
}

bool ct_tuple_of(const struct ct_packet *p, uint16_t zone, struct ct_tuple *out)
{
	const struct flow_key *key = p->key;

	*out = (struct ct_tuple){ .zone = zone, .proto = key->ip_proto };
	if (!has_addresses(key) || key->ip_frag & KEY_FRAG_LATER)
		return false;
	if (key->eth_type == __builtin_bswap16(0x0800)) {
		out->family = 4;
		memcpy(out->src.bytes, &key->ipv4_src, 4);
		memcpy(out->dst.bytes, &key->ipv4_dst, 4);
	} else {
		out->family = 6;
		memcpy(out->src.bytes, key->ipv6_src, 16);
		memcpy(out->dst.bytes, key->ipv6_dst, 16);
	}
	switch (out->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		out->src_port = key->tp_src;
		out->dst_port = key->tp_dst;
		return p->layout->l4;
	case IPPROTO_ICMP:
		return out->family == 4 && icmp_tuple(p, out);
	case IPPROTO_ICMPV6:
		return out->family == 6 && icmp_tuple(p, out);
	default:
		return true;
	}
}

/* The length field of a datagram that is not in pieces (RFC 768; 0 is for jumbograms alone). */
static bool udp_is_sound(const struct ct_packet *p)
{
	const uint8_t *h = packet_l4(p);
	struct ip_header ip;
	uint16_t size;

	if (!h)
		return false;
	if (p->key->ip_frag)
		return true;
	size = load_be16(h + 4);
	return size >= 8 && ip_header_of(p, &ip) && size <= ip.l4_size;
}

static enum ct_verdict verdict_of(uint8_t flags)
{
	return flags & CONNECTION_SEEN_REPLY ? CT_VALID : CT_VALID_NEW;
}

/* UDP: a stream when the first end has gone on after an answer. */
static enum ct_verdict udp_update(struct connection *c, bool is_reply)
{
	uint8_t state = __atomic_load_n(&c->proto_state, __ATOMIC_RELAXED);

	if (is_reply && state == UDP_UNANSWERED) {
		connection_set_state(c, state, UDP_ANSWERED);
	} else if (!is_reply && state == UDP_ANSWERED) {
		connection_set_state(c, state, UDP_STREAM);
		connection_set_flags(c, CONNECTION_ASSURED);
		connection_set_timeout(c, CT_TIMEOUT_UDP_STREAM);
	}
	return verdict_of(is_reply ? connection_set_flags(c, CONNECTION_SEEN_REPLY)
				   : connection_flags(c));
}

/* ICMP queries, and protocols of which only the addresses are known. */
static enum ct_verdict other_update(struct connection *c, bool is_reply)
{
	return verdict_of(is_reply ? connection_set_flags(c, CONNECTION_SEEN_REPLY)
				   : connection_flags(c));
}

static bool is_icmp(const struct connection *c)
{
	return c->proto == IPPROTO_ICMP || c->proto == IPPROTO_ICMPV6;
}

bool ct_proto_begin(const struct ct_policy *policy, const struct ct_packet *p, struct connection *c)
{
	bool is_later = p->key->ip_frag & KEY_FRAG_LATER;

	switch (c->proto) {
	case IPPROTO_TCP:
		return !is_later && tcp_begin(policy, p, c);
	case IPPROTO_SCTP:
		return !is_later && sctp_begin(p, c);
	case IPPROTO_UDP:
		c->proto_state = UDP_UNANSWERED;
		c->timeout = CT_TIMEOUT_UDP;
		return is_later || udp_is_sound(p);
	default:
		c->timeout = is_icmp(c) ? CT_TIMEOUT_ICMP : CT_TIMEOUT_OTHER;
		return !is_icmp(c) ||
		       icmp_is_request(c->proto, *(const uint8_t *)&c->ends.dst_port);
	}
}

enum ct_verdict ct_proto_update(const struct ct_policy *policy, const struct ct_packet *p,
				struct connection *c, bool is_reply)
{
	/* The first fragment has said all for its datagram. */
	if (p->key->ip_frag & KEY_FRAG_LATER)
		return verdict_of(connection_flags(c));
	switch (c->proto) {
	case IPPROTO_TCP:
		return tcp_update(policy, p, c, is_reply);
	case IPPROTO_SCTP:
		return sctp_update(p, c, is_reply);
	case IPPROTO_UDP:
		return udp_is_sound(p) ? udp_update(c, is_reply) : CT_INVALID;
	default:
		return other_update(c, is_reply);
	}
}

const char *ct_proto_state_name(uint8_t proto, uint8_t state)
{
	static const char *const udp[] = { "UNANSWERED", "ANSWERED", "STREAM" };

	switch (proto) {
	case IPPROTO_TCP:
		return tcp_state_name(state);
	case IPPROTO_SCTP:
		return sctp_state_name(state);
	case IPPROTO_UDP:
		return state < ARRAY_LENGTH(udp) ? udp[state] : "";
	default:
		return "";
	}
}
