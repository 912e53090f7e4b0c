#ifndef DATAPLANE_OFAGENT_PEERS_H
#define DATAPLANE_OFAGENT_PEERS_H

/* Where OpenFlow connections come from: passive listeners and controllers that are dialled, over
 * TCP, TLS and Unix sockets, several of each.  A controller that cannot be reached is tried again
 * within 200 ms, then after twice as long each time, up to 8 s, each time a little different so
 * that a thousand switches do not come at once. */

#include "dataplane/ofagent/datapath.h"
#include "lib/status.h"

struct peers;
struct tls;

#define PEERS_MAX_ACCEPTED   64 /* connections that came to us: see peers_listen.c for more */
#define PEERS_MAX_AUXILIARY  8	/* connections beside the main one to a controller */
#define PEERS_FIRST_RETRY_NS (150 * NS_PER_MS)
#define PEERS_LAST_RETRY_NS  (8 * NS_PER_SEC)
#define PEERS_DIAL_NS	     (5 * NS_PER_SEC) /* without an answer: given up */

struct peers *peers_create(struct loop *loop, struct datapath *dp);
/* Closes listeners, dials and their connections; before datapath_destroy(). */
void peers_destroy(struct peers *p);

/* What ssl: addresses use; lent, before they are named. */
void peers_set_tls(struct peers *p, struct tls *tls);
/* How many auxiliary connections go to each controller that is dialled; 0 is the default. */
void peers_set_auxiliary(struct peers *p, unsigned n);

/* ADDRESS as in lib/addr.h.    0, or -1 with ST filled. */
int peers_listen(struct peers *p, const char *address, struct status *st);
int peers_dial(struct peers *p, const char *address, struct status *st);

/* The port that the Ith listener got; 0 for a Unix socket or if there is no such listener. */
uint16_t peers_listener_port(const struct peers *p, size_t i);

struct peers_target {
	const char *address;
	bool is_connected;
	struct conn *conn;	/* when connected */
	const char *last_error; /* "" if none yet */
};

/* The Ith controller that is dialled; false when there are not so many. */
bool peers_target_at(const struct peers *p, size_t i, struct peers_target *target);

#endif
