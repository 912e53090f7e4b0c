#ifndef DATAPLANE_PACKET_COMPOSE_H
#define DATAPLANE_PACKET_COMPOSE_H

/* The other way round: a plausible packet that has the fields of a key, with right lengths and
 * checksums.  For traces of made-up packets, and for tests. */

#include "lib/buf.h"
#include "dataplane/packet/key.h"

/* Append the packet's bytes to OUT, with N_PAYLOAD bytes of payload after the last header.
 * Parsing them gives KEY's packet fields back, for fields whose prerequisites KEY holds. */
void packet_compose(const struct flow_key *key, size_t n_payload, struct buf *out);

#endif
