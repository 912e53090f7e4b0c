#ifndef CONTROLLER_SOUTHBOUND_SOUTHBOUND_PRIV_H
#define CONTROLLER_SOUTHBOUND_SOUTHBOUND_PRIV_H

/* One connection to one switch, and what its parts share.
 *
 *	sb_conn.c       bytes, messages, signs of life, the end
 *	sb_handshake.c  who it is, what it has
 *	sb_sync.c       its flows become the desired ones
 *	sb_meters.c     its meters as well
 *	sb_request.c    questions that somebody waits for */

#include "controller/flows/flow_diff.h"
#include "controller/southbound/southbound.h"
#include "lib/list.h"

/* A peer that tells more is no switch. */
#define SB_MAX_FLOWS (4u << 20)
#define SB_MAX_PORTS 65536

/* What the switch is asked when it connects; each is answered once. */
enum sb_question {
	SB_ASK_HELLO = 1 << 0,
	SB_ASK_FEATURES = 1 << 1,
	SB_ASK_DESC = 1 << 2,
	SB_ASK_PORTS = 1 << 3,
	SB_ASK_ROLE = 1 << 4,
	SB_ASK_INFO = 1 << 5, /* whether it speaks Weft's management messages */
	SB_ASK_FLOWS = 1 << 6,
	SB_ASK_ALL = (1 << 7) - 1,
};

/* Changes sent together, until the barrier behind them is answered. */
struct sb_batch {
	bool is_active;
	bool is_bundle;
	bool is_committed; /* the switch said so */
	bool is_failed;	   /* something in the bundle was refused */
	uint32_t open_xid, first_mod_xid, commit_xid, barrier_xid;
	size_t first, n; /* of conn.changes */
	uint64_t sent_ns;
};

struct sb_conn {
	struct list in_southbound;
	struct southbound *sb;
	struct stream *stream;
	struct buf in, out;
	uint32_t next_xid;
	unsigned n_busy; /* calls on the stack that still use this */
	bool is_dead;
	struct timer tick;
	uint64_t accepted_ns, heard_ns;
	bool is_probed;

	/* handshake */
	unsigned answered; /* of sb_question */
	bool is_asked;	   /* everything but the hello */
	uint32_t role_xid, info_xid, flows_xid;
	struct switch_fact fact; /* its `ports` are not used */
	struct switch_port *ports;
	size_t n_ports;
	bool is_open; /* all answered; found by datapath id */

	/* flows */
	struct flow_map installed;   /* the controller's own */
	struct flow_map refused;     /* desired, and refused */
	struct flow_map keys;	     /* to be compared at the next opportunity */
	struct flow_changes changes; /* being sent, batch after batch */
	size_t n_changes_done;
	uint64_t generation; /* of the flow set, when `changes` was made */
	struct sb_batch batch;
	bool has_no_bundles;
	bool is_all_due;     /* compare everything */
	bool is_barrier_due; /* something was sent that flows do not show */
	struct hmap meters;  /* of flow_meter, as sent */
	bool is_synced;
	struct timer flush;

	struct list requests; /* of sb_request.node, in the order of their deadlines */
};

struct southbound {
	struct southbound_options options;
	struct list conns;
	struct list failed_requests;
	struct timer fail_requests;
	struct southbound_counters counters;
};

/* sb_conn.c */
struct sb_conn *sb_conn_create(struct southbound *sb, struct stream *s);
/* The connection ends, for this reason; C may be used until the outermost event has returned. */
void sb_conn_lost(struct sb_conn *c, const char *why);
/* C stays until the matching sb_conn_release(), whatever happens. */
void sb_conn_hold(struct sb_conn *c);
void sb_conn_release(struct sb_conn *c);
/* Append a message; it leaves with the next sb_conn_flush(). */
uint32_t sb_conn_put(struct sb_conn *c, struct of_msg *m);
void sb_conn_flush(struct sb_conn *c);
uint32_t sb_conn_send(struct sb_conn *c, struct of_msg *m);

/* sb_handshake.c */
void sb_handshake_begin(struct sb_conn *c);
/* True if the message was an answer that it waited for. */
bool sb_handshake_handle(struct sb_conn *c, const struct of_msg *m);
void sb_handshake_port_status(struct sb_conn *c, const struct of_port_status *ps);

/* sb_sync.c */
void sb_sync_init(struct sb_conn *c);
/* The handshake is over, or its flow set changed. */
void sb_sync_soon(struct sb_conn *c);
bool sb_sync_handle(struct sb_conn *c, const struct of_msg *m);
void sb_sync_tick(struct sb_conn *c);
void sb_sync_close(struct sb_conn *c);
struct flow_entry *sb_flow_of_stats(const struct of_flow_stats *stats);

/* sb_meters.c */
void sb_meters_send(struct sb_conn *c, const struct flow_set *set);
/* Flows name no others any more: the others go. */
void sb_meters_tidy(struct sb_conn *c, const struct flow_set *set);
/* Whether the error is one that sb_meters_send() expects. */
bool sb_meters_error(const struct of_msg *m);
void sb_meters_fini(struct sb_conn *c);

/* sb_request.c */
bool sb_request_handle(struct sb_conn *c, const struct of_msg *m);
void sb_request_tick(struct sb_conn *c);
void sb_request_close(struct sb_conn *c, const char *why);
void sb_request_fail_deferred(struct timer *t, void *arg);

/* southbound.c */
struct sb_conn *sb_find(const struct southbound *sb, uint64_t datapath_id);

#endif
