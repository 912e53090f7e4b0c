#ifndef DATAPLANE_PACKET_L4_SUM_H
#define DATAPLANE_PACKET_L4_SUM_H

/* Keeping the checksum of a packet's L4 header right when bytes change that it covers, whether it
 * is complete or the port is still to complete it (RTE_MBUF_F_TX_TCP_CKSUM ...: then it holds the
 * sum of the pseudo header alone).  A checksum that was wrong stays wrong. */

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/packet/checksum.h"

/* Which of its two zeros the checksum FIELD of an L4 header is to be, when it became one by a change.
 * UDP's zero is none (RFC 768).  An echo reply may be all zeros: only the other zero sums up. */
static inline void packet_settle_zero_sum(uint8_t ip_proto, const uint8_t *l4, uint8_t *field)
{
	uint64_t header;

	if (field[0] || field[1] || (ip_proto != IPPROTO_UDP && ip_proto != IPPROTO_ICMP))
		return;
	memcpy(&header, l4, 8);
	if (ip_proto == IPPROTO_UDP || header == 0)
		memset(field, 0xff, 2);
}

/* PSEUDO and OWN are the changes (checksum_delta()) of the pseudo header, and of the L4 header and
 * what follows it.  Protocols that have no such checksum are left alone, SCTP among them. */
static inline void packet_fix_l4_sum(const struct rte_mbuf *m, uint8_t ip_proto, uint8_t *l4,
				     uint64_t pseudo, uint64_t own)
{
	bool is_pending = m->ol_flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG);
	uint8_t *field;

	switch (ip_proto) {
	case IPPROTO_TCP:
		field = l4 + 16;
		break;
	case IPPROTO_UDP:
		field = l4 + 6;
		if (!is_pending && field[0] == 0 && field[1] == 0)
			return; /* the sender made none (RFC 768) */
		break;
	case IPPROTO_ICMPV6:
		field = l4 + 2;
		break;
	case IPPROTO_ICMP:
		field = l4 + 2;
		pseudo = 0;
		break;
	default:
		return;
	}
	if (is_pending) {
		checksum_fix_partial(field, pseudo);
		return;
	}
	checksum_fix(field, pseudo + own);
	packet_settle_zero_sum(ip_proto, l4, field);
}

#endif
