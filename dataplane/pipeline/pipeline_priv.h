#ifndef DATAPLANE_PIPELINE_PIPELINE_PRIV_H
#define DATAPLANE_PIPELINE_PIPELINE_PRIV_H

/* What the files of pipeline/ share: compile.c makes snapshots, walk.c takes bursts through
 * them, emit.c gathers what they send, trace.c tells a story of it. */

#include "dataplane/action/action_class.h"
#include "dataplane/lookup/lookup.h"
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/table/tables.h"

struct compiled_table {
	unsigned n_refs; /* snapshots that contain it; control thread */
	uint64_t generation;
	struct lookup *lookup;
	unsigned n_rules;
	uint8_t depth;			   /* enum parse_depth */
	uint8_t lines;			   /* enum key_lines */
	unsigned n_of_depth[PARSE_L4 + 1]; /* rules that need just that */
	unsigned n_of_lines[KEY_LINES_ALL + 1];
};

enum port_flag {
	PORT_EXISTS = 1,
	PORT_IS_DOWN = 2,
	PORT_NO_RECV = 4,
	PORT_NO_FORWARD = 8,
	PORT_NO_FLOODING = 16,
	PORT_NO_PUNT = 32,
};

struct compiled_ports {
	unsigned n_refs;
	unsigned n;
	uint32_t *numbers; /* ascending */
	uint8_t flags[1 << 16];
};

struct pipeline {
	struct compiled_table *tables[TABLES_N]; /* NULL: no flows */
	struct compiled_ports *ports;
	uint8_t depth;		  /* the greatest of any table */
	uint8_t lines;		  /* those of all tables */
	struct tables *made_from; /* control thread */
	struct tables_snapshot snapshot;
};

#define MAX_EMISSIONS	   8192 /* outputs of one burst */
#define MAX_PUNTS	   256
#define MAX_RESUBMITS	   4096 /* of one packet */
#define MAX_RESUBMIT_DEPTH 64
#define NO_EMISSION	   UINT16_MAX
static_assert(MAX_EMISSIONS < NO_EMISSION, "emissions are numbered with 16 bits");

/* One output of one packet.  While pending it stands for the packet as it is; before the packet
 * changes, and at the end for all but one, it gets a copy. */
struct emission {
	struct rte_mbuf *pkt; /* NULL: pending */
	uint32_t port;	      /* OF_PORT_CONTROLLER: a punt */
	uint16_t next;
	uint16_t punt; /* its place in `punts` */
};

/* What became of a packet so far. */
struct packet_state {
	const struct rule *rule; /* the last that matched */
	uint16_t first, last;	 /* of its emissions, in order */
	uint16_t n_pending;	 /* the last ones */
	uint16_t n_resubmits;
	uint8_t why;	 /* enum drop_reason, if nothing is sent in the end */
	bool is_aborted; /* a limit: nothing is sent at all */
};

/* Actions gathered for the end of the pipeline, in the order of writing. */
struct action_set {
	unsigned n;
	const struct action_op *ops[ACTION_MAX_WRITES];
};

struct pipeline_thread {
	/* written for every burst */
	struct flow_key keys[PACKET_BURST_MAX];
	struct packet_layout layouts[PACKET_BURST_MAX];
	struct rte_mbuf *pkts[PACKET_BURST_MAX];
	struct packet_state states[PACKET_BURST_MAX];
	const void *found[PACKET_BURST_MAX];
	struct action_batch batch;
	uint64_t with_set;	    /* packets whose action set is not empty */
	uint64_t buckets[TABLES_N]; /* packets waiting for each table; all zero between bursts */
	uint64_t waiting[4];	    /* tables with such packets */
	uint32_t in_port;
	unsigned n_emissions, n_punts, n_freed;
	uint64_t now_ns;
	unsigned n;	 /* packets of the burst */
	bool has_states; /* states[] of this burst are set */
	bool is_sent;	 /* the whole burst went out in one step, nothing is left to gather */
	struct pipeline_result result;

	/* read for every burst */
	struct counter_block *counts;
	struct packet_ops ops;
	struct pipeline_tracer *tracer; /* NULL but in traces */

	/* written when packets need it */
	struct emission emissions[MAX_EMISSIONS];
	struct rte_mbuf *freed[PACKET_BURST_MAX];
	struct pipeline_punt punts[MAX_PUNTS], out_punts[MAX_PUNTS];
	struct rte_mbuf *out_pkts[MAX_EMISSIONS];
	uint32_t out_ports[MAX_EMISSIONS];
	struct action_set sets[PACKET_BURST_MAX];
};

/* Whether BITMAP is the first so many packets, which makes loops over it plain. */
static inline bool bitmap_is_prefix(uint64_t bitmap)
{
	return (bitmap & (bitmap + 1)) == 0;
}

/* emit.c: packet I sends to PORT; RULE is who says so, NULL in a packet-out. */
void emit(const struct pipeline *p, struct pipeline_thread *t, unsigned i,
	  const struct action_op *op, const struct rule *rule);
/* Why a packet from t->in_port may not go to PORT; DROP_NONE if it may. */
enum drop_reason port_verdict(const struct pipeline *p, const struct pipeline_thread *t,
			      uint32_t port);
/* All packets of BITMAP, the whole burst, go to PORT and are done. */
void emit_burst(struct pipeline_thread *t, uint64_t bitmap, uint32_t port);
/* Packet I is about to change: its pending outputs become copies. */
void emit_settle(struct pipeline_thread *t, unsigned i);
/* After the walk: the result from N packets, in order of arrival. */
void emit_gather(struct pipeline_thread *t, unsigned n);
void drop_count(struct pipeline_thread *t, enum drop_reason reason, uint64_t n);

/* trace.c: called only when t->tracer is set. */
void trace_matched(struct pipeline_thread *t, const struct rule *r);
void trace_missed(struct pipeline_thread *t, uint8_t table_id);
void trace_action(struct pipeline_thread *t, const struct action_op *op);
void trace_output(struct pipeline_thread *t, uint32_t port, enum drop_reason verdict);
void trace_punt(struct pipeline_thread *t, uint8_t reason);
void trace_nested(struct pipeline_thread *t, int by);
void trace_dropped(struct pipeline_thread *t, enum drop_reason reason, const struct rule *r);

#endif
