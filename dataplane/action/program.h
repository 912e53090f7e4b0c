#ifndef DATAPLANE_ACTION_PROGRAM_H
#define DATAPLANE_ACTION_PROGRAM_H

/* A list of actions, compiled: an array of operations that a burst of packets runs through.
 * Compiling is also where a list is judged; an error here is what the controller is told.
 * A program is read-only once made and may be run by any number of threads. */

#include "proto/openflow/action.h"
#include "proto/openflow/match.h"
#include "dataplane/packet/key_fields.h"

#define ACTION_MAX_OPS 1024 /* in one list; above: OFPBAC_TOO_MANY */

struct action_batch;
struct action_op;
struct action_class;

/* Where a list of actions stands, which decides what is allowed in it. */
struct action_env {
	const struct of_match *match; /* the flow's, for prerequisites; NULL in a packet-out */
	bool is_packet_out;           /* output to TABLE is allowed */
	bool is_action_set;           /* write-actions: no resubmit */
	uint8_t n_tables;
};

enum action_kind {
	ACTION_CHANGE_KEY,    /* registers, metadata: no byte of the packet */
	ACTION_CHANGE_PACKET, /* packet and key */
	ACTION_OUTPUT,
	ACTION_RESUBMIT,
};

/* One operation; half of them fit a cache line together with their arguments. */
struct action_op {
	enum action_kind kind;
	uint16_t slot; /* in an action set: same slot, later one wins (enum action_slot) */
	/* For the two kinds that change: all packets in BITMAP, which have no pending outputs. */
	void (*run)(const struct action_op *op, struct action_batch *batch, uint64_t bitmap);
	const struct action_class *class;
	union {
		struct {
			uint32_t port;    /* host order, OFPP_* */
			uint16_t max_len; /* for CONTROLLER */
		} output;
		struct {
			uint32_t in_port; /* OFPP_IN_PORT: the packet's */
			uint8_t table;    /* 255: the current one */
		} resubmit;
		struct {
			enum of_field_id field;
			uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];
		} set;
		struct {
			enum of_field_id src, dst;
			uint16_t src_bit, dst_bit, n_bits;
		} move;
		struct {
			uint16_t eth_type; /* host order */
		} push_vlan;
	};
};

/* The order in which an action set runs (OF 1.3.5 section 5.10); from SLOT_SET on, one slot
 * a field. */
enum action_slot {
	ACTION_SLOT_POP_VLAN,
	ACTION_SLOT_PUSH_VLAN,
	ACTION_SLOT_SET,
	ACTION_SLOT_OUTPUT = ACTION_SLOT_SET + OF_N_FIELDS,
	ACTION_N_SLOTS
};

struct action_program {
	unsigned n_ops;
	bool changes_packet;       /* some op is ACTION_CHANGE_PACKET */
	uint8_t depth;             /* enum parse_depth that it needs */
	struct action_op *ops;
};

/* NULL with ERR (OFPET_BAD_ACTION ...) if the list is not acceptable.  An empty list gives an
 * empty program.  ACTS is not needed afterwards. */
struct action_program *action_compile(const struct of_actions *acts, const struct action_env *env,
				      struct of_error *err);
void action_program_destroy(struct action_program *p);

#endif
