#ifndef DATAPLANE_OFAGENT_CONN_PRIV_H
#define DATAPLANE_OFAGENT_CONN_PRIV_H

/* A connection's state, for conn.c and the message handlers. */

#include "dataplane/ofagent/bundle.h"
#include "dataplane/ofagent/conn.h"
#include "dataplane/ofagent/datapath.h"
#include "dataplane/ofagent/dump.h"
#include "dataplane/ofagent/monitor.h"
#include "lib/list.h"
#include "proto/openflow/msg.h"

/* Formats of packet-ins (Open vSwitch's NXT_SET_PACKET_IN_FORMAT); 1 is an obsolete one. */
#define PACKET_IN_STANDARD 0
#define PACKET_IN_NX2	   2

struct conn {
	struct list in_conns; /* of the datapath, in the order they came; or in its dead ones */
	struct datapath *dp;
	struct stream *stream; /* NULL once closed */
	enum conn_state state;
	uint8_t version; /* OF_VERSION_* that was agreed; 0 before */
	bool is_active;
	bool is_reading;
	struct conn *main; /* whose auxiliary it is; NULL: it is a main one itself */
	uint8_t auxiliary_id;
	const char *doom; /* it is to end in its next turn, for this reason; or NULL */
	void (*opened)(void *arg);
	void (*closed)(void *arg, const char *why);
	void *closed_arg;
	char peer[160];

	/* received and not yet handled: less than a message, or what waits behind one */
	struct buf in;
	struct timer work;
	struct arena arena;	/* of the message being handled */
	const uint8_t *message; /* the one being handled, for what an error quotes */
	size_t message_size;

	/* what holds back the messages behind it */
	struct datapath_wait wait; /* workers have not seen all yet */
	bool is_waiting;
	void (*waited)(struct conn *c, uint32_t xid);
	uint32_t wait_xid;
	struct dump *dump; /* a long reply under way */
	struct list calls; /* management requests under way */
	unsigned n_calls;

	struct timer alive;
	uint64_t opened_ns, heard_ns, drained_ns;
	size_t pending_bytes; /* when it was looked at last */
	bool is_probed;

	uint32_t role;	   /* OF_ROLE_* */
	uint16_t short_id; /* that the controller gave itself (1.5); OF_NO_SHORT_ID */
	struct of_async_config async;
	uint32_t packet_in_format; /* PACKET_IN_* */
	uint16_t controller_id;	   /* whose `controller` actions it hears (Nicira extension) */
	struct of_switch_config config;
	struct {
		struct buf messages; /* the parts so far of a table-features request */
		uint32_t xid;
		bool is_refused; /* one part was; those that follow are left out */
		struct timer timer;
	} gathering;
	struct bundles bundles;
	struct monitors monitors;
	struct {
		uint32_t id;
		uint16_t flags;
	} committed; /* the bundle that is waited for */
	uint64_t n_received, n_sent, n_punts_left_out;
};

/* Encode in the connection's version and send M.  -1: it has no such message, or it is too long for
 * one.  A peer that has left too much unread is closed, not within this call but soon. */
int conn_send(struct conn *c, const struct of_msg *m);
/* Send the one message in B, whose length is set here. */
void conn_send_encoded(struct conn *c, struct buf *b);
/* An error in answer to the SIZE bytes of message REQ. */
void conn_send_error(struct conn *c, const struct of_error *err, uint32_t xid, const uint8_t *req,
		     size_t size);
/* Call DONE when the workers run all that the tables hold; nothing more of this connection is
 * handled until then. */
void conn_wait_seen(struct conn *c, uint32_t xid, void (*done)(struct conn *c, uint32_t xid));
/* Go on handling messages, soon. */
void conn_continue(struct conn *c);
/* Has the peer left so much unread that it is to get nothing more for now? */
bool conn_is_full(const struct conn *c);
/* Itself, or the main connection of an auxiliary: who has the role and the settings. */
struct conn *conn_main(struct conn *c);
/* The hellos agree. */
void conn_opened(struct conn *c, uint8_t version);

/* conn_alive.c: probes a silent peer, closes a dead one. */
void conn_alive_start(struct conn *c);
void conn_alive_heard(struct conn *c);

/* handle_table_features.c */
void gathering_init(struct conn *c);
void gathering_fini(struct conn *c);

/* Free the closed ones; called by the datapath's timer. */
void conn_reap(struct datapath *dp);

#endif
