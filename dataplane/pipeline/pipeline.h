#ifndef DATAPLANE_PIPELINE_PIPELINE_H
#define DATAPLANE_PIPELINE_PIPELINE_H

/* The compiled switch: one immutable snapshot of tables and ports, and the walk of a burst of
 * packets through it.
 *
 *	control thread				worker
 *	  tables_flow_mod() ...
 *	  new = pipeline_compile(tables, ports, old)
 *	  publish new				p = acquire the published one, once a burst
 *	  wait for the grace period		res = pipeline_run(p, thread, pkts ...)
 *	  pipeline_release(old)			transmit res, then forget p
 *
 * Nothing here takes a lock, allocates per packet, reads a clock or calls EAL. */

#include "lib/buf.h"
#include "proto/openflow/msg.h"
#include "dataplane/action/program.h"
#include "dataplane/packet/packet_ops.h"
#include "dataplane/packet/parse.h"
#include "dataplane/pipeline/flow_cache.h"

struct rte_mbuf;
struct action_controller;
struct rule;
struct tables;
struct pipeline;
struct pipeline_thread;

/* --- snapshots: control thread --- */

/* A port as forwarding sees it. */
struct pipeline_port {
	uint32_t number; /* 1..0xfeff */
	uint32_t config; /* OFPPC_* */
	uint32_t state;	 /* OFPPS_*; LINK_DOWN: groups that watch the port turn away from it */
};

/* Compile TABLES with N ports (in any order).  What did not change since PREVIOUS (may be
 * NULL) is shared with it.  The caller owns the result. */
struct pipeline *pipeline_compile(struct tables *tables, const struct pipeline_port *ports,
				  unsigned n_ports, const struct pipeline *previous);
/* For P, which is not used yet and whose tables have not changed since it was compiled: make links
 * (links.h), which later snapshots inherit as far as they stay true.  Costs about a microsecond for
 * each rule that goes on to another table. */
void pipeline_link(struct pipeline *p);
/* Whether linking would find more than P has. */
bool pipeline_wants_links(const struct pipeline *p);
/* When no thread can still use it (grace period over).  NULL is allowed. */
void pipeline_release(struct pipeline *p);

/* One table, as a person wants to know it. */
struct pipeline_table_info {
	unsigned n_rules;
	const char *lookup; /* name of the look-up class, and why it was chosen */
	const char *reason;
	size_t bytes;
	unsigned max_lines; /* cache lines that one look-up can touch at most */
	unsigned n_links;   /* rules of other tables that know what their packets find here */
	unsigned cycles;    /* of one look-up, by the class's model (lookup_cycles()) */
};

void pipeline_table_info(const struct pipeline *p, uint8_t table_id,
			 struct pipeline_table_info *out);

/* --- threads: one per worker, and one for whoever else runs packets --- */

/* OPS is copied.  Control thread; the thread that runs packets uses it alone. */
struct pipeline_thread *pipeline_thread_create(struct tables *tables, const struct packet_ops *ops);
/* Control thread, after the thread stopped running packets.  Its counts stay in the sums. */
void pipeline_thread_destroy(struct tables *tables, struct pipeline_thread *t);
/* Its place among the threads that count: the index of counters_table_costs() and its like. */
unsigned pipeline_thread_index(const struct pipeline_thread *t);

/* How T uses its cache of flows (flow_cache.h); FLOW_CACHE_AUTO at first.  While it runs nothing.
 */
void pipeline_thread_use_cache(struct pipeline_thread *t, enum flow_cache_mode mode);
/* Any thread, any time. */
struct flow_cache_stats pipeline_thread_cache_stats(const struct pipeline_thread *t);

/* A packet for the controller. */
struct pipeline_punt {
	struct flow_key key;  /* as the packet was then; lines not in LINES are undefined */
	struct rte_mbuf *pkt; /* owned by the receiver of the result */
	uint64_t cookie;      /* of the flow; all ones if none */
	uint32_t in_port;
	uint16_t max_len; /* as the action says; see pipeline_punt_size() */
	uint8_t reason;	  /* OFPR_* */
	uint8_t table_id;
	uint8_t lines;		/* enum key_lines */
	uint16_t controller_id; /* of the connections to tell; 0: those that have set none */
	/* The `controller` action that sent it, or NULL; shared with the snapshot. */
	const struct action_controller *how;
};

/* How many bytes of a packet of SIZE bytes the controller is sent.  No packet waits here, so it is
 * all of them, whatever part of one that waits max_len asks for (OF 1.3.5 section 6.1.2); only 0
 * means none (section 7.2.5). */
static inline uint32_t pipeline_punt_size(const struct pipeline_punt *punt, uint32_t size)
{
	return punt->max_len ? size : 0;
}

enum pipeline_effect_kind {
	PIPELINE_LEARN,	      /* make or refresh the flow that a learn action says */
	PIPELINE_FIN_TIMEOUT, /* shorten the timeouts of the packet's flow */
};

/* What a packet wants done to the tables; the control thread does it, soon after. */
struct pipeline_effect {
	struct flow_key key; /* LEARN: of the packet; only the lines that the action uses */
	uint8_t kind;	     /* enum pipeline_effect_kind */
	/* Shared with the snapshot that the packet met, so gone when that is released. */
	const struct action_op *op;
	const struct rule *rule; /* whose action it is; NULL in a packet-out */
	uint64_t tag;		 /* of what was asked for */
};

/* What became of a burst.  The receiver owns every packet in it; the arrays are valid until
 * the thread's next run. */
struct pipeline_result {
	unsigned n_out;
	unsigned n_punts;
	struct rte_mbuf **pkts; /* to send, in order of arrival */
	uint32_t *ports;	/* the port of each */
	uint16_t *queues;	/* and its queue; NULL: 0 for all */
	struct pipeline_punt *punts;
	unsigned n_effects;
	const struct pipeline_effect *effects;
	unsigned n_effects_lost; /* more than a burst may have: another packet will ask again */
	bool is_one_port;	 /* all n_out > 0 go to ports[0] */
};

/* N <= PACKET_BURST_MAX packets from IN_PORT; takes them over.  Counters are up to date when
 * this returns, so before any of the packets is seen outside. */
const struct pipeline_result *pipeline_run(const struct pipeline *p, struct pipeline_thread *t,
					   struct rte_mbuf **pkts, unsigned n, uint32_t in_port,
					   uint64_t now_ns);
/* E, of the latest result, could not be passed on: a packet that asks for it again is listened
 * to. */
void pipeline_effect_lost(struct pipeline_thread *t, const struct pipeline_effect *e);
/* A packet-out: run PROGRAM (compiled with is_packet_out) on one packet; takes it over.
 * IN_PORT may be OFPP_CONTROLLER. */
const struct pipeline_result *pipeline_execute(const struct pipeline *p, struct pipeline_thread *t,
					       struct rte_mbuf *pkt, uint32_t in_port,
					       const struct action_program *program,
					       uint64_t now_ns);

/* --- statistics: control thread, any time.  Per table and per drop reason: counters_table_sum()
 * and counters_drop_sum() of tables_counters(). --- */

/* Drops with their owners: for "no-output" the flow's table and cookie, for "table-miss" the
 * table; other reasons are told with table_id 255.  Only what is not zero. */
struct pipeline_drop {
	enum drop_reason reason;
	uint8_t table_id;
	bool has_cookie;
	uint64_t cookie;
	uint64_t n_packets;
};

void pipeline_each_drop(struct tables *tables,
			void (*cb)(void *ctx, const struct pipeline_drop *drop), void *ctx);

/* --- trace: control thread --- */

enum pipeline_step_kind {
	PIPELINE_STEP_MATCHED, /* table_id, rule's priority, cookie, match, text: its actions */
	PIPELINE_STEP_MISSED,  /* table_id */
	PIPELINE_STEP_ACTION,  /* text: what was done */
	PIPELINE_STEP_GROUP,   /* group_id, bucket; text: why that bucket, or why none (is_none) */
	PIPELINE_STEP_METER,   /* meter_id; text: its bands; a trace is not charged */
	PIPELINE_STEP_OUTPUT,  /* port; reason: why it was not sent there, or DROP_NONE */
	PIPELINE_STEP_PUNTED,  /* text: why */
	PIPELINE_STEP_DROPPED, /* reason; table_id and cookie of the owner if has_cookie */
};

struct pipeline_step {
	enum pipeline_step_kind kind;
	unsigned depth; /* of resubmits */
	uint8_t table_id;
	uint16_t priority;
	bool has_cookie;
	uint64_t cookie;
	uint32_t port;
	enum drop_reason reason;
	const char *match; /* text, valid during the call; NULL unless MATCHED */
	const char *text;
	uint32_t group_id, meter_id;
	uint32_t bucket; /* its id */
	bool is_none;
};

struct pipeline_recorder {
	void (*step)(void *ctx, const struct pipeline_step *step);
	void *ctx;
};

/* Send the packet of SIZE bytes from IN_PORT through P, as a worker would at NOW_NS, without
 * counting it, sending anything or making a connection.  TEXT (may be NULL) gets the story in
 * words, a line a step; REC (may be NULL) the steps. */
void pipeline_trace(const struct pipeline *p, const void *data, size_t size, uint32_t in_port,
		    uint64_t now_ns, struct buf *text, const struct pipeline_recorder *rec);
/* The same for a packet made up from a match: "in_port=1,tcp,nw_dst=10.0.0.1".  -1 with ST
 * when such a packet cannot be. */
int pipeline_trace_match(const struct pipeline *p, const struct of_match *m, uint64_t now_ns,
			 struct buf *text, const struct pipeline_recorder *rec, struct status *st);

#endif
