#ifndef DATAPLANE_CONNTRACK_HELPER_H
#define DATAPLANE_CONNTRACK_HELPER_H

/* Application helpers, as the rest of conntrack uses them: they read what the ends of a connection
 * tell each other of further connections, expect those (expect.h), and under NAT rewrite what is
 * told.  Which connections are read is the choice of a rule (`alg=ftp` on commit).
 *
 * A helper is one file that registers a struct helper_class (helper_class.h). */

#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/expect.h"
#include "dataplane/packet/drop.h"
#include "dataplane/packet/parse.h"

struct rte_mbuf;
struct helpers; /* what is remembered of helped connections; one for a struct conntrack */

#define HELPERS_DEFAULT_MAX 4096u /* connections that are read at a time */

/* SEED is a secret; T, which is lent, is where they announce. */
struct helpers *helpers_create(uint64_t seed, struct expect_table *t, uint32_t max);
void helpers_destroy(struct helpers *h);

/* C, which nobody else knows yet and which is CONNECTION_LARGE, is committed with alg=ALG (host
 * order).  It is read from now on, and CONNECTION_HELPED.  Nothing happens if no helper is for that
 * port and protocol, or too many connections are read already. */
void helpers_attach(struct helpers *h, struct connection *c, uint16_t alg);
/* C is given up, and nobody holds it any more.  What it announced is not expected any more. */
void helpers_detach(struct helpers *h, struct connection *c);

/* A valid packet of C, which is CONNECTION_HELPED, of direction IS_REPLY; also the one that
 * committed it.  To be called once for each packet: with its translation if C is translated, else
 * when it is judged.  MAY_WRITE: the packet's bytes may be changed.  DROP_NONE, or why the packet
 * cannot go on. */
enum drop_reason helpers_run(struct helpers *h, struct connection *c, bool is_reply, bool may_write,
			     uint64_t now_ns, struct rte_mbuf *m, const struct flow_key *key,
			     const struct packet_layout *layout);

/* Rewriting changes the length of what is said, and so the sequence numbers of all that follows.
 * An ACK (or an edge of a SACK) that comes in in direction IS_REPLY, as a number of the other
 * end's own: what that is to be compared with. */
uint32_t helped_ack(const struct connection *c, bool is_reply, uint32_t ack);

#endif
