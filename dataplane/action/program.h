#ifndef DATAPLANE_ACTION_PROGRAM_H
#define DATAPLANE_ACTION_PROGRAM_H

/* A list of actions, compiled: an array of operations that a burst of packets runs through.
 * Compiling is also where a list is judged; an error here is what the controller is told.
 * A program is read-only once made and may be run by any number of threads. */

#include "proto/openflow/action.h"
#include "proto/openflow/field.h"
#include "dataplane/packet/key_fields.h"

#define ACTION_MAX_OPS	  1024 /* in one list; above: OFPBAC_TOO_MANY */
#define ACTION_MAX_WRITES 64   /* in one write-actions */

struct action_batch;
struct action_op;
struct learn_count;
struct rte_mbuf;

/* What an op may do to one packet (packet/edit.h). */
typedef enum drop_reason packet_change(struct rte_mbuf *m, struct flow_key *key,
				       struct packet_layout *layout);
typedef enum drop_reason packet_change_to(struct rte_mbuf *m, struct flow_key *key,
					  struct packet_layout *layout, uint16_t eth_type);

/* Where groups and meters are: a place in the snapshot's array, which an id keeps as long as
 * anything names it.  -1 if there is none of that id. */
struct action_refs {
	int64_t (*group)(void *ctx, uint32_t group_id);
	int64_t (*meter)(void *ctx, uint32_t meter_id);
	/* Changes when an answer of the two may: what names a group or meter and was compiled
	 * before must be compiled anew to be used again. */
	uint64_t (*generation)(void *ctx);
	/* A reference to the number of flows of a table and cookie, which workers may read at N
	 * while it is held.  May be NULL: learn actions have no limit then. */
	struct learn_count *(*learned)(void *ctx, uint8_t table_id, uint64_t cookie,
				       const uint32_t **n);
	void (*learned_unref)(struct learn_count *count);
	uint8_t first_egress; /* table; 0: there are no egress tables */
	bool is_tracking;     /* connections are tracked: ct is allowed */
	void *ctx;
};

/* Where a list of actions stands, which decides what is allowed in it. */
struct action_env {
	/* What is known of the packets: the flow's match as a key, see key_mask_from_match().
	 * Actions are checked against it and change it.  NULL in a packet-out: not checked. */
	struct flow_key *facts;
	const struct action_refs *refs; /* NULL: there are no groups and no meters */
	bool is_packet_out;		/* output to TABLE is allowed */
	bool is_action_set;		/* write-actions: no resubmit */
	uint8_t n_tables;
	/* A meter instruction, which runs before the list. */
	bool has_meter;
	uint32_t meter_id;
	unsigned n_nested; /* clones that the list is in */
	bool is_egress;	   /* of a flow of an egress table */
	bool is_in_ct;	   /* the connection's mark and label may be written */
};

enum action_kind {
	ACTION_CHANGE_KEY,    /* registers, metadata: no byte of the packet */
	ACTION_CHANGE_PACKET, /* packet and key */
	ACTION_OUTPUT,
	ACTION_RESUBMIT,
	ACTION_GROUP,	  /* the walk runs buckets on copies of the packet */
	ACTION_METER,	  /* the walk may drop the packet or mark it */
	ACTION_SET_QUEUE, /* of the packet's outputs from here on */
	ACTION_EXTENSION, /* action_op.extension says which; pipeline/extension.c does them */
};

/* Open vSwitch's actions that need more than the packet and its key. */
enum action_extension {
	ACTION_EXT_OUTPUT_FIELD, /* output_reg */
	ACTION_EXT_OUTPUT_CUT,	 /* output(port=,max_len=) */
	ACTION_EXT_BUNDLE,	 /* and bundle_load */
	ACTION_EXT_CONTROLLER,
	ACTION_EXT_LEARN,
	ACTION_EXT_FIN_TIMEOUT,
	ACTION_EXT_EXIT,
	ACTION_EXT_CLONE,
	ACTION_EXT_NOTE,
	ACTION_EXT_CONJUNCTION, /* never run: such rules are found by others */
	ACTION_EXT_CT,
	ACTION_EXT_CT_CLEAR,
};

/* One operation. */
struct action_op {
	/* For the two kinds that change: all packets of BITMAP. */
	void (*run)(const struct action_op *op, struct action_batch *batch, uint64_t bitmap);
	const struct of_action *act; /* what it was compiled from; lent, for traces only; NULL: a
					meter instruction */
	uint8_t kind;		     /* enum action_kind */
	uint8_t depth;		     /* enum parse_depth that it needs */
	uint16_t slot;		     /* enum action_slot */
	uint8_t lines;		     /* enum key_lines that it reads or writes */
	bool is_partial;	     /* sets some bits of a field only */
	uint8_t extension;	     /* enum action_extension, of an ACTION_EXTENSION */
	/* What does not fit below; freed with the program by `destroy`, or free() if that is NULL.
	 */
	void *owned;
	void (*destroy)(void *owned);
	union {
		struct {
			uint32_t port;	  /* host order, OF_PORT_* */
			uint16_t max_len; /* for CONTROLLER */
		} output;
		struct {
			uint32_t in_port; /* OF_PORT_IN_PORT: the packet's */
			uint8_t table;	  /* OF_TABLE_ALL: the current one */
			bool with_ct;	  /* look up as the connection's first packet came in */
		} resubmit;
		struct {
			enum of_field_id field;
			uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];
		} set;
		struct {
			uint64_t value, mask;
			uint8_t word; /* of the key */
		} set_key;
		struct {
			const struct of_field *src, *dst;
			uint16_t src_bit, dst_bit, n_bits;
		} move;
		struct {
			/* One of these; the second gets ETH_TYPE. */
			packet_change *change;
			packet_change_to *change_to;
			uint16_t eth_type; /* host order */
			/* Of a decrement: who hears of TTLs that ran out; in `owned`.  NULL: the
			 * controller with id 0. */
			const uint16_t *controllers;
			uint16_t n_controllers;
		} change;
		struct {
			const struct of_field *field;
			uint16_t bit, n_bits;
			uint16_t max_len; /* for CONTROLLER */
		} output_field;
		struct {
			uint32_t port;
			uint32_t max_bytes; /* of the packet */
		} output_cut;
		struct {
			const struct of_field *field;
			uint16_t bit, n_bits;
		} stack;
		struct {
			const struct of_field *field;
			uint16_t bit;
			uint16_t size; /* bytes of a packet */
		} check_size;
		struct {
			uint32_t id;
			uint8_t clause, n_clauses; /* clause: from 0 */
		} conjunction;
		struct {
			uint16_t idle, hard; /* seconds, 0: leave it */
		} fin_timeout;
		struct {
			uint32_t id;
			uint32_t slot; /* of the snapshot's array; what is there may have another id
					  when the group was deleted meanwhile: then it is none */
		} group, meter;
		struct {
			uint16_t queue; /* 0: the default one */
		} set_queue;
	};
};

/* What an action in an action set is one of: of two actions for one slot the later one stands,
 * except that partial ones add up; SLOT_SET + field for setting. */
enum action_slot {
	ACTION_SLOT_METER,
	ACTION_SLOT_COPY_TTL_IN,
	ACTION_SLOT_POP_VLAN,
	ACTION_SLOT_POP_MPLS,
	ACTION_SLOT_POP_PBB,
	ACTION_SLOT_PUSH_MPLS,
	ACTION_SLOT_PUSH_PBB,
	ACTION_SLOT_PUSH_VLAN,
	ACTION_SLOT_COPY_TTL_OUT,
	ACTION_SLOT_DEC_TTL,
	ACTION_SLOT_DEC_MPLS_TTL,
	ACTION_SLOT_SET_TTL,
	ACTION_SLOT_SET_MPLS_TTL,
	ACTION_SLOT_QUEUE,
	ACTION_SLOT_GROUP,
	ACTION_SLOT_OUTPUT,
	ACTION_SLOT_SET,
	ACTION_N_SLOTS = ACTION_SLOT_SET + OF_N_FIELDS
};

/* When the actions of a slot run, ascending (OF 1.3.5 section 5.10; meters first, as their
 * instruction does). */
enum action_phase {
	ACTION_PHASE_METER,
	ACTION_PHASE_COPY_TTL_IN,
	ACTION_PHASE_POP,
	ACTION_PHASE_PUSH_MPLS,
	ACTION_PHASE_PUSH_PBB,
	ACTION_PHASE_PUSH_VLAN,
	ACTION_PHASE_COPY_TTL_OUT,
	ACTION_PHASE_DEC_TTL,
	ACTION_PHASE_SET,
	ACTION_PHASE_QUEUE,
	ACTION_PHASE_GROUP,
	ACTION_PHASE_OUTPUT, /* not when there is a group */
	ACTION_N_PHASES
};

enum action_phase action_phase(const struct action_op *op);

/* In how many words of the key OP writes VALUES to the bits MASKS, if that is all that it does: at
 * most ACTION_MAX_WORDS; 0: it is not. */
#define ACTION_MAX_WORDS 3
unsigned action_writes_words(const struct action_op *op, unsigned *words, uint64_t *values,
			     uint64_t *masks);

struct action_program {
	unsigned n_ops;
	uint8_t depth; /* enum parse_depth that its ops need */
	uint8_t lines; /* enum key_lines that its ops read or write */
	struct action_op ops[];
};

/* NULL with ERR (OFPET_BAD_ACTION ...) if the list is not acceptable.  An empty list gives an
 * empty program.  ACTS must live as long as the program where it may be traced. */
struct action_program *action_compile(const struct of_actions *acts, const struct action_env *env,
				      struct of_error *err);
void action_program_destroy(struct action_program *p);
/* Turn a list compiled with is_action_set into what the set does: one action a slot, in the order
 * of phases. */
void action_program_order_set(struct action_program *p);

#endif
