#ifndef DATAPLANE_CONNTRACK_PROTO_PRIV_H
#define DATAPLANE_CONNTRACK_PROTO_PRIV_H

/* What the protocols' files share: their entry points, and how they change a connection that
 * others change at the same time. */

#include <rte_mbuf.h>
#include "dataplane/conntrack/ip_header.h"
#include "dataplane/conntrack/proto.h"

bool tcp_begin(const struct ct_policy *policy, const struct ct_packet *p, struct connection *c);
enum ct_verdict tcp_update(const struct ct_policy *policy, const struct ct_packet *p,
			   struct connection *c, bool is_reply);
const char *tcp_state_name(uint8_t state);

bool sctp_begin(const struct ct_packet *p, struct connection *c);
enum ct_verdict sctp_update(const struct ct_packet *p, struct connection *c, bool is_reply);
const char *sctp_state_name(uint8_t state);

/* The header that the parser found, at least 8 bytes of it; TCP 20, SCTP 12.  NULL: none. */
static inline const uint8_t *packet_l4(const struct ct_packet *p)
{
	return p->layout->l4 ? rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->layout->l4) : NULL;
}

/* Returns the flags with FLAGS.  Most packets find them set. */
static inline uint8_t connection_set_flags(struct connection *c, uint8_t flags)
{
	uint8_t now = connection_flags(c);

	if ((now & flags) == flags)
		return now;
	return __atomic_or_fetch(&c->flags, flags, __ATOMIC_RELAXED);
}

static inline void connection_set_timeout(struct connection *c, enum ct_timeout t)
{
	if (__atomic_load_n(&c->timeout, __ATOMIC_RELAXED) != t)
		__atomic_store_n(&c->timeout, t, __ATOMIC_RELAXED);
}

/* False: another packet has changed the state meanwhile. */
static inline bool connection_set_state(struct connection *c, uint8_t from, uint8_t to)
{
	return from == to || __atomic_compare_exchange_n(&c->proto_state, &from, to, false,
							 __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

#endif
