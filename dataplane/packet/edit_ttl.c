/* TTLs: decrementing them, and copying them between the outermost header that has one and the
 * next (edit.h).  The inner header is in no key, so its bytes are judged here. */

#include "dataplane/packet/edit.h"

#include <rte_mbuf.h>
#include "dataplane/packet/checksum.h"

static enum drop_reason decrement(struct rte_mbuf *m, struct flow_key *key,
				  struct packet_layout *layout, enum of_field_id id)
{
	uint8_t ttl;

	if (!packet_has_field(key, layout, id))
		return DROP_NONE;
	key_field_get(key, id, &ttl);
	if (ttl <= 1)
		return DROP_INVALID_TTL;
	ttl--;
	return packet_set_field(m, key, layout, id, &ttl, NULL);
}

enum drop_reason packet_dec_nw_ttl(struct rte_mbuf *m, struct flow_key *key,
				   struct packet_layout *layout)
{
	return decrement(m, key, layout, OF_FIELD_IP_TTL);
}

enum drop_reason packet_dec_mpls_ttl(struct rte_mbuf *m, struct flow_key *key,
				     struct packet_layout *layout)
{
	return decrement(m, key, layout, OF_FIELD_MPLS_TTL);
}

/* Where the TTL of the IP header at OFFSET is, as the version in its first byte says; NULL if
 * there is no whole header. */
static uint8_t *ip_ttl_at(const struct rte_mbuf *m, unsigned offset)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, offset);
	unsigned left = m->data_len > offset ? m->data_len - offset : 0;

	if (left >= 20 && ip[0] >> 4 == 4)
		return ip + 8;
	return left >= 40 && ip[0] >> 4 == 6 ? ip + 7 : NULL;
}

/* The next TTL under the outermost label: the next label's, or that of the IP header at the bottom
 * of the stack.  NULL if there is none. */
static uint8_t *inner_ttl(const struct rte_mbuf *m, const struct flow_key *key,
			  const struct packet_layout *layout)
{
	unsigned next = layout->l3 + 4;

	if (!packet_has_field(key, layout, OF_FIELD_MPLS_TTL))
		return NULL;
	if (layout->n_mpls > 1)
		return rte_pktmbuf_mtod_offset(m, uint8_t *, next + 3);
	return load_be32(&key->nd_reserved) & 0x100 ? ip_ttl_at(m, next) : NULL;
}

enum drop_reason packet_copy_ttl_out(struct rte_mbuf *m, struct flow_key *key,
				     struct packet_layout *layout)
{
	const uint8_t *inner = inner_ttl(m, key, layout);

	if (!inner)
		return DROP_NONE;
	return packet_set_field(m, key, layout, OF_FIELD_MPLS_TTL, inner, NULL);
}

enum drop_reason packet_copy_ttl_in(struct rte_mbuf *m, struct flow_key *key,
				    struct packet_layout *layout)
{
	const uint8_t *next = rte_pktmbuf_mtod_offset(m, uint8_t *, layout->l3 + 4);
	uint8_t *inner = inner_ttl(m, key, layout), old[2];

	if (!inner)
		return DROP_NONE;
	if (layout->n_mpls > 1 || next[0] >> 4 != 4) {
		key_field_get(key, OF_FIELD_MPLS_TTL, inner);
		return DROP_NONE;
	}
	/* In IPv4, TTL and protocol are one word of the header's checksum, which is the next. */
	memcpy(old, inner, 2);
	key_field_get(key, OF_FIELD_MPLS_TTL, inner);
	checksum_fix(inner + 2, checksum_delta(old, inner, 2));
	return DROP_NONE;
}
