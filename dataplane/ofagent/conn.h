#ifndef DATAPLANE_OFAGENT_CONN_H
#define DATAPLANE_OFAGENT_CONN_H

/* An OpenFlow connection as the switch sees it: bytes in, messages out, over any stream.  It
 * negotiates the version, hands each message to its handler (handler.h), holds messages behind a
 * barrier back, and stops reading from a peer that does not read.
 *
 * Who listens and dials is peers.h; a test gives one end of a stream pair. */

#include "lib/stream.h"

struct conn;
struct datapath;

enum conn_state { CONN_HELLO, CONN_OPEN, CONN_CLOSED };

/* Fixed properties of every connection. */
#define CONN_PROBE_NS	 (5 * NS_PER_SEC)    /* silent for so long: an echo request */
#define CONN_SILENT_NS	 (15 * NS_PER_SEC)   /* silent for so long: closed */
#define CONN_IN_BYTES	 ((size_t)256 << 10) /* so much not yet handled: no more is read */
#define CONN_PAUSE_BYTES ((size_t)1 << 20)   /* so much unread by the peer: no more is handled */
#define CONN_PUNT_BYTES	 ((size_t)2 << 20)   /* so much unread: packet-ins are left out */
#define CONN_MAX_PENDING ((size_t)16 << 20)  /* so much unread: closed */
#define CONN_MAX_CALLS	 16		     /* management requests at once */
#define CONN_TURN_NS	 (2 * NS_PER_MS)     /* of handling before others have their turn */

/* The stream is given; its hello is on its way.  CLOSED(ARG, WHY) is called once, on the loop, when
 * the connection has ended by itself; the connection is not to be used from then on.  May be
 * NULL. */
struct conn *conn_create(struct datapath *dp, struct stream *stream, bool is_active,
			 void (*closed)(void *arg, const char *why), void *arg);
/* An auxiliary connection to the controller of MAIN, ID from 1; MAIN takes it along when it ends.
 * It has MAIN's role, and nothing is sent over it but answers (OF 1.3.5 section 6.3.8). */
struct conn *conn_create_auxiliary(struct conn *main, uint8_t id, struct stream *stream,
				   void (*closed)(void *arg, const char *why), void *arg);
/* OPENED(ARG), once, when the version is agreed; ARG is that of CLOSED. */
void conn_on_open(struct conn *c, void (*opened)(void *arg));
/* End it as if by itself: CLOSED is called.  Safe in its handlers. */
void conn_close(struct conn *c, const char *why);
/* End it without calling CLOSED; what was sent still goes out. */
void conn_destroy(struct conn *c);

struct conn_info {
	const char *peer;
	enum conn_state state;
	uint8_t version;      /* OF_VERSION_*; 0 before the hellos */
	uint32_t role;	      /* OF_ROLE_* */
	uint8_t auxiliary_id; /* 0: a main connection */
	bool is_active;
	uint64_t age_ns;
	uint64_t n_received, n_sent; /* messages */
	uint64_t n_punts_left_out;   /* packet-ins that it read too slowly for */
};

void conn_info_get(const struct conn *c, struct conn_info *info);
/* The connection after C, the first for NULL; NULL at the end. */
struct conn *conn_next(struct datapath *dp, struct conn *c);

#endif
