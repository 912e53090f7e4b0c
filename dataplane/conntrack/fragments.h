#ifndef DATAPLANE_CONNTRACK_FRAGMENTS_H
#define DATAPLANE_CONNTRACK_FRAGMENTS_H

/* Fragments of datagrams, of which only the first one has ports: it tells the others' tuple.
 * Nothing is put together and nothing waits; every fragment goes its own way, under the same
 * connection as the first one.
 *
 * What passes never overlaps: a fragment that would write again what an earlier one has written,
 * above all the ports, is dropped (RFC 1858, RFC 3128, RFC 5722), unless it is the same range once
 * more, as when a packet passes the switch twice.
 *
 * One table for all threads, without locks, of a fixed size: when many datagrams are on their way,
 * the oldest are forgotten. */

#include "dataplane/conntrack/proto.h"

struct ct_fragments;

#define CT_FRAGMENTS_DEFAULT_MAX 4096u /* datagrams; rounded up to a power of two */
#define CT_FRAGMENTS_SECONDS	 30    /* that a datagram's fragments may be apart */

/* MAX 0: CT_FRAGMENTS_DEFAULT_MAX.  SEED is a secret. */
struct ct_fragments *ct_fragments_create(uint32_t max, uint64_t seed);
/* No thread is in it. */
void ct_fragments_destroy(struct ct_fragments *f);

/* P, whose tuple is TUPLE, is a first fragment.  IS_PEEK: nothing is remembered.  DROP_NONE, or why
 * it cannot go on.  Any thread. */
enum drop_reason ct_fragments_first(struct ct_fragments *f, const struct ct_packet *p,
				    const struct ct_tuple *tuple, uint64_t now_ns, bool is_peek);
/* P is a later fragment.  *OUT becomes the tuple of its datagram; OUT->family 0: its first fragment
 * was not seen, so it is of no connection.  Any thread. */
enum drop_reason ct_fragments_later(struct ct_fragments *f, const struct ct_packet *p,
				    uint16_t zone, uint64_t now_ns, bool is_peek,
				    struct ct_tuple *out);

#endif
