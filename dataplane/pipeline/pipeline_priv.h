#ifndef DATAPLANE_PIPELINE_PIPELINE_PRIV_H
#define DATAPLANE_PIPELINE_PIPELINE_PRIV_H

/* What the files of pipeline/ share: compile.c makes snapshots, walk.c takes bursts through
 * them, emit.c gathers what they send, trace.c tells a story of it. */

#include "dataplane/action/action_extension.h"
#include "dataplane/action/action_ct.h"
#include "dataplane/conjunction/conjunction.h"
#include "dataplane/group/group_path.h"
#include "dataplane/lookup/lookup.h"
#include "dataplane/meter/meters.h"
#include "dataplane/pipeline/flow_cache.h"
#include "dataplane/pipeline/links.h"
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/table/learned.h"
#include "dataplane/table/tables.h"
#include "lib/hugemem.h"

/* A table's clauses: rules that the look-up does not have.  Shared by snapshots as long as none of
 * them changes. */
struct compiled_clauses {
	unsigned n_refs;
	struct conjunctions *conjunctions;
	/* One for each thread that there was, by the index of its counters. */
	struct conjunction_scratch *scratches;
	unsigned n_scratches;
};

struct compiled_table {
	unsigned n_refs; /* snapshots that contain it; control thread */
	uint64_t generation;
	struct lookup *lookup;
	struct compiled_clauses *clauses; /* of conjunctions; NULL: none */
	unsigned n_rules, n_clause_rules;
	unsigned n_linking;		   /* plain rules that go on to another table */
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
	PORT_IS_UNLINKED = 64,
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
	struct group_set *groups;
	struct meter_set *meters;
	struct links *links;	    /* NULL: none were ever made */
	uint32_t serials[TABLES_N]; /* of the links into each table that are true; 0: none are */
	uint8_t depth;		    /* the greatest of any table */
	uint8_t lines;		    /* those of all tables */
	uint8_t first_egress;	    /* 0: there are no egress tables */
	bool drops_fragments;	    /* then depth is PARSE_L3 at least */
	bool has_options;	    /* of tunnels, mapped to fields */
	struct key_options options;
	uint64_t serial;	     /* no other snapshot has it; not 0 */
	struct tables *made_from;    /* control thread */
	uint64_t removals[TABLES_N]; /* tables_removals() at that time */
	struct tables_snapshot snapshot;
};

#define MAX_EMISSIONS	   8192 /* outputs of one burst */
#define MAX_PUNTS	   256
#define MAX_EFFECTS	   64
#define N_ASKED_SETS	   4096 /* a power of two */
#define ASKED_WAYS	   4
#define ASK_AGAIN_NS	   (NS_PER_SEC / 2)
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
	union {
		uint16_t punt;	/* its place in `punts` */
		uint16_t queue; /* of the port */
	};
};

/* What became of a packet so far. */
struct packet_state {
	const struct rule *rule; /* the last that matched */
	uint16_t first, last;	 /* of its emissions, in order */
	uint16_t n_pending;	 /* the last ones */
	uint16_t first_pending;
	uint16_t n_resubmits; /* and buckets of groups */
	uint16_t queue;
	uint8_t why;	 /* enum drop_reason, if nothing is sent in the end */
	bool is_aborted; /* a limit: nothing is sent at all */
};

/* Actions gathered for the end of the pipeline, in the order of writing. */
struct action_set {
	unsigned n;
	const struct action_op *ops[ACTION_MAX_WRITES];
};

/* Something that was asked of the tables (pipeline_effect), so that the packets that follow need
 * not ask as well.  Other things may take its place; then it is asked for once more. */
struct asked {
	uint64_t tag;
	uint64_t until_ns;
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
	uint64_t exited;	    /* packets for which an exit ended all lists of actions */
	uint64_t buckets[TABLES_N]; /* packets waiting for each table; all zero between bursts */
	uint64_t waiting[4];	    /* tables with such packets */
	uint32_t in_port;
	unsigned n_emissions, n_punts, n_freed;
	uint64_t now_ns;
	uint64_t plain; /* packets for which nothing but plain rules was run */
	uint64_t sent;	/* those of them that are done: they go to plain_ports[], 0 is a drop */
	uint32_t plain_ports[PACKET_BURST_MAX];
	uint64_t linked;    /* those whose next look-up is made: found[] is what a link leads to */
	uint64_t choosing;  /* those of them that have a choice there */
	bool is_timed;	    /* what the stages of this burst cost is measured */
	uint8_t cpu_level;  /* enum cpu_level */
	uint8_t n_untimed;  /* bursts until the next one */
	unsigned n;	    /* packets of the burst */
	uint8_t lines;	    /* enum key_lines: those of keys[] that are filled */
	bool has_states;    /* states[] of this burst are set */
	bool is_egress;	    /* an output is on its way through the egress tables */
	uint64_t est_began; /* of a timed burst: when its packets went on behind ct */
	unsigned n_est;	    /* so many */
	bool has_tracks;    /* tracks[] are set, and connections entered */
	struct pipeline_result result;

	/* read for every burst */
	struct counter_block *counts;
	struct flow_cache *cache;	      /* NULL in traces */
	struct flow_cache *est_cache;	      /* behind ct; NULL as `connections` */
	struct conntrack_thread *connections; /* NULL: connections are not tracked */
	struct packet_ops ops;
	struct pipeline_tracer *tracer; /* NULL but in traces */

	struct conjunction_scratch conjunctions; /* for clauses that are older than the thread */
	uint64_t seed;				 /* of tags */

	/* written when packets need it */
	struct asked asked[N_ASKED_SETS * ASKED_WAYS]
		__attribute__((aligned(64))); /* a line a set */
	struct ct_track tracks[PACKET_BURST_MAX];
	struct emission emissions[MAX_EMISSIONS];
	struct rte_mbuf *freed[PACKET_BURST_MAX];
	struct pipeline_punt punts[MAX_PUNTS], out_punts[MAX_PUNTS];
	struct rte_mbuf *out_pkts[MAX_EMISSIONS];
	uint32_t out_ports[MAX_EMISSIONS];
	uint16_t out_queues[MAX_EMISSIONS];
	struct action_set sets[PACKET_BURST_MAX];
	struct action_stack stacks[PACKET_BURST_MAX];
	struct pipeline_effect effects[MAX_EFFECTS];
};
static_assert(sizeof(struct pipeline_thread) <= HUGE_BYTES, "one page");

/* thread.c: one that counts in COUNTS. */
struct pipeline_thread *thread_create(const struct packet_ops *ops, struct counter_block *counts);
void thread_destroy(struct pipeline_thread *t);

/* A way through the tables. */
struct walk {
	const struct pipeline *p;
	struct pipeline_thread *t;
	unsigned depth; /* of resubmits and groups */
	bool is_end;	/* after this nothing looks at the packets any more */
	uint8_t reason; /* OFPR_* of outputs to the controller; 0: that of a flow's actions */
};

/* Whether BITMAP is the first so many packets, which makes loops over it plain. */
static inline bool bitmap_is_prefix(uint64_t bitmap)
{
	return (bitmap & (bitmap + 1)) == 0;
}

/* walk.c: the packets of BITMAP (may be none) go through table ID later in this walk. */
static inline void walk_wait(struct pipeline_thread *t, unsigned id, uint64_t bitmap)
{
	t->buckets[id] |= bitmap;
	t->waiting[id / 64] |= (uint64_t)(bitmap != 0) << id % 64;
}

/* walk_plain.c.  Do what each packet found, if it is of t->plain and found a plain rule; for the
 * others, which are returned, nothing is done.  MISSING are those that found nothing. */
uint64_t plain_run_each(const struct pipeline *p, struct pipeline_thread *t, uint64_t bitmap,
			uint64_t *missing);
/* All of them found R, a plain one, and are counted. */
void plain_run_same(const struct pipeline *p, struct pipeline_thread *t, const struct rule *r,
		    uint64_t bitmap);
/* What the links of BITMAP's packets say that they find. */
void plain_find_linked(struct pipeline_thread *t, uint64_t bitmap);
/* Packet I goes to PORT, or is dropped and counted in C, the last rule's, if that is 0. */
static inline void plain_finish(struct pipeline_thread *t, unsigned i, uint32_t port,
				struct counter *c)
{
	t->plain_ports[i] = port;
	t->sent |= 1ull << i;
	if (port)
		return;
	count(&c->n_dropped, 1);
	count(&t->counts->drops[DROP_NO_OUTPUT], 1);
}

/* For any packets: what R, a plain one, writes into keys. */
void plain_write(struct pipeline_thread *t, const struct rule *r, uint64_t bitmap);

/* walk.c: OPS on the packets of BITMAP, which loses those that are done for. */
void run_ops(const struct walk *w, const struct action_op *ops, unsigned n, const struct rule *rule,
	     uint64_t *bitmap);
/* Packet I goes to PORT, any that an action may name; MAX_LEN is for the controller. */
void walk_output(const struct walk *w, unsigned i, uint32_t port, uint16_t max_len,
		 const struct rule *rule);
/* Nothing of packet I is sent. */
void abort_packet(struct pipeline_thread *t, unsigned i, enum drop_reason why);

/* walk_set.c: OP, or all that PROGRAM writes, becomes part of packets' action sets. */
void set_add(struct pipeline_thread *t, unsigned i, const struct action_op *op);
void set_write(struct pipeline_thread *t, const struct action_program *program, uint64_t bitmap);
/* Carry out packet I's action set. */
void set_run(const struct walk *w, unsigned i);

/* walk.c: packet I through the tables from ID on, with an action set that begins as OP. */
void walk_with_set(const struct walk *w, unsigned i, unsigned id, const struct action_op *op);

/* aside.c */
struct aside {
	struct flow_key key;
	struct packet_layout layout;
	const struct rule *rule;
	struct rte_mbuf *pkt;
	struct action_set set;
	struct action_stack stack;
	struct ct_track track;
	bool has_set, has_stack, has_exited;
};
/* Keep packet I; IS_COPIED: what follows may change its bytes.  False: there is no memory. */
bool aside_begin(struct pipeline_thread *t, unsigned i, bool is_copied, struct aside *a);
/* It is again what it was. */
void aside_end(struct pipeline_thread *t, unsigned i, const struct aside *a);

/* egress.c: the keys of BITMAP say where the packets' action sets send them. */
void actset_tell(struct pipeline_thread *t, uint64_t bitmap);
/* Packet I, on its way out of PORT, through the egress tables. */
void egress_run(const struct pipeline *p, struct pipeline_thread *t, unsigned i, uint32_t port);

/* extension.c: on packet I; whether it is done for its state says, if it has one. */
void extension_run_one(const struct walk *w, const struct action_op *op, const struct rule *rule,
		       unsigned i);
/* On all of BITMAP; those that are done for leave it. */
void extension_run(const struct walk *w, const struct action_op *op, const struct rule *rule,
		   uint64_t *bitmap);

/* connections.c: OP, a ct action, on the packets of BITMAP; those that are dropped, or go on in
 * another table and nowhere else, leave it. */
void connections_run(const struct walk *w, const struct action_op *op, const struct rule *rule,
		     uint64_t *bitmap);
/* The zones that CT names for the packets of BITMAP. */
void connections_zones(const struct pipeline_thread *t, const struct action_ct *ct, uint64_t bitmap,
		       uint16_t *zones);
/* Track them as CT says, but in ZONES: returns those that go on; the layouts of the others say why
 * they are dropped. */
uint64_t connections_track(const struct walk *w, const struct action_ct *ct, const uint16_t *zones,
			   uint64_t bitmap);
/* Those of BITMAP, tracked just now, of which the rest of the walk sees nothing but what their
 * first line says: established, untranslated, unmarked. */
uint64_t connections_in_first_line(const struct pipeline_thread *t, uint64_t bitmap);
/* OP, a ct_clear. */
void connections_clear(struct pipeline_thread *t, uint64_t bitmap);
/* The fields by which packet I is looked up become those of its connection's first packet. */
void connections_swap(struct flow_key *key);
/* The burst is over. */
void connections_leave(struct pipeline_thread *t);

/* walk_track.c: plain packets that found rules which do nothing but track (is_tracking). */
void walk_track(const struct walk *w, uint64_t bitmap);
/* walk.c: the packets of BITMAP matched R. */
void walk_count_rule(struct pipeline_thread *t, const struct rule *r, uint64_t bitmap);
/* walk.c: states[] are set from here on. */
void walk_start_states(struct pipeline_thread *t);

/* walk.c: packet I goes through the tables from ID on by itself, with its action set. */
void walk_fork(const struct walk *w, unsigned i, unsigned id);

/* effect.c: packet I asks for OP to be done to the tables, unless it was asked a moment ago. */
void effect_learn(const struct walk *w, const struct action_op *op, const struct rule *rule,
		  unsigned i);
/* The same for the packets of BITMAP, of which nothing changes, at once. */
void effect_learn_aside(const struct walk *w, const struct action_op *op, const struct rule *rule,
			uint64_t bitmap);
void effect_fin_timeout(const struct walk *w, const struct action_op *op, const struct rule *rule,
			unsigned i);

/* clauses.c: those of the table, which has some. */
struct compiled_clauses *clauses_create(struct tables *tables, uint8_t id);
void clauses_unref(struct compiled_clauses *cc); /* NULL is allowed */
/* What packet I of table CT finds when conjunctions count, given what it found without
 * them. */
const struct rule *clauses_find(const struct walk *w, const struct compiled_table *ct, unsigned i,
				const struct rule *found);

/* emit.c: packet I sends to PORT; RULE is who says so, NULL in a packet-out. */
void emit(const struct walk *w, unsigned i, const struct action_op *op, const struct rule *rule);
/* Why a packet from t->in_port may not go to PORT; DROP_NONE if it may. */
enum drop_reason port_verdict(const struct pipeline *p, const struct pipeline_thread *t,
			      uint32_t port);
/* What a punt is besides the packet. */
struct punt_kind {
	uint16_t max_len, controller_id;
	uint8_t reason;			     /* OFPR_* */
	const struct action_controller *how; /* or NULL */
};
void emit_punt(const struct pipeline *p, struct pipeline_thread *t, unsigned i,
	       const struct punt_kind *kind, const struct rule *rule);
/* The first MAX_BYTES of packet I to PORT. */
void emit_cut(const struct pipeline *p, struct pipeline_thread *t, unsigned i, uint32_t port,
	      uint32_t max_bytes);
/* Packet I is about to change: its pending outputs become copies. */
void emit_settle(struct pipeline_thread *t, unsigned i);
/* Packet I is a copy that nobody needs any more: its last pending output takes it. */
void emit_hand_over(struct pipeline_thread *t, unsigned i);
/* After the walk: the result from N packets, in order of arrival. */
void emit_gather(const struct pipeline *p, struct pipeline_thread *t, unsigned n);
void drop_count(struct pipeline_thread *t, enum drop_reason reason, uint64_t n);

/* walk_group.c: those that are done for leave BITMAP. */
void walk_group(const struct walk *w, const struct action_op *op, const struct rule *rule,
		uint64_t *bitmap);

/* walk_meter.c: those that it drops leave BITMAP. */
void walk_meter(const struct walk *w, const struct action_op *op, uint64_t *bitmap);
/* Whether the meter of packets to controllers lets packet I pass. */
bool meter_admits_punt(const struct pipeline *p, struct pipeline_thread *t, unsigned i,
		       const struct action_controller *how); /* NULL: no such action */

/* trace_group.c: as those of trace.c. */
void trace_group(struct pipeline_thread *t, const struct group_path *path, int bucket);
void trace_meter(struct pipeline_thread *t, uint32_t meter_id, const struct policer *p);

/* trace.c: called only when t->tracer is set. */
/* STEP with its text, in words and to the recorder. */
void trace_say(struct pipeline_thread *t, struct pipeline_step *step);
void trace_matched(struct pipeline_thread *t, const struct rule *r);
void trace_missed(struct pipeline_thread *t, uint8_t table_id);
void trace_action(struct pipeline_thread *t, const struct action_op *op);
void trace_output(struct pipeline_thread *t, uint32_t port, enum drop_reason verdict);
void trace_punt(struct pipeline_thread *t, uint8_t reason);
/* A remark on the action just told. */
void trace_remark(struct pipeline_thread *t, const char *text);
void trace_nested(struct pipeline_thread *t, int by);
void trace_dropped(struct pipeline_thread *t, enum drop_reason reason, const struct rule *r);

#endif
