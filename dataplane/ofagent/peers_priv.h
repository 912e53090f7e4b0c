#ifndef DATAPLANE_OFAGENT_PEERS_PRIV_H
#define DATAPLANE_OFAGENT_PEERS_PRIV_H

/* What peers.c (who is dialled) and peers_listen.c (who comes) share. */

#include "dataplane/ofagent/peers.h"
#include "lib/list.h"
#include "lib/rng.h"
#include "lib/stream.h"

struct peers {
	struct loop *loop;
	struct datapath *dp;
	struct tls *tls; /* or NULL */
	unsigned n_auxiliary;
	struct rng rng;
	struct list listeners, targets, accepted; /* accepted: in the order they came */
	unsigned n_accepted;
};

/* Parse ADDRESS; -1 also for ssl: when there are no certificates. */
int peers_parse(struct peers *p, struct addr *addr, const char *address, const char *field,
		struct status *st);
/* S, or TLS over it if its address says so. */
struct stream *peers_secure(struct peers *p, const struct addr *addr, struct stream *s,
			    bool is_server);
/* peers_listen.c */
void peers_listen_fini(struct peers *p);

#endif
