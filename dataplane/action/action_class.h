#ifndef DATAPLANE_ACTION_ACTION_CLASS_H
#define DATAPLANE_ACTION_ACTION_CLASS_H

/* For implementers of actions: action_NAME.c here is the dataplane's side of the codec's
 * proto/openflow/action_NAME.c; one REGISTRY_ADD(action_class, ...) and it exists. */

#include "lib/registry.h"
#include "dataplane/action/program.h"
#include "dataplane/packet/packet_ops.h"
#include "dataplane/packet/parse.h"

struct rte_mbuf;

/* The packets that a program runs on; all arrays are indexed by a packet's place in the burst. */
struct action_batch {
	struct flow_key *keys;
	struct packet_layout *layouts;
	struct rte_mbuf **pkts;
	/* Packets that an op could not be done for; layouts[i].drop says why. */
	uint64_t failed;
	struct action_stack *stacks;
	uint64_t with_stack; /* packets whose stack has begun */
};

struct action_class {
	const char *name; /* of_action_class.name */
	/* Check ACT and fill OP (zeroed; `act` is set).  An op that changes what is known of the
	 * packet changes env->facts.  0, or -1 with ERR. */
	int (*compile)(const struct of_action *act, const struct action_env *env,
		       struct action_op *op, struct of_error *err);
};
REGISTRY_DECLARE(action_class);

/* For run: packet I is to be dropped for WHY (none if that is DROP_NONE). */
static inline void action_fail(struct action_batch *b, unsigned i, enum drop_reason why)
{
	if (why == DROP_NONE)
		return;
	b->layouts[i].drop = why;
	b->failed |= 1ull << i;
}

/* For compile: fill OP so that it does CHANGE to each packet. */
void action_compile_change(packet_change *change, enum action_slot slot, struct action_op *op);
void action_compile_change_to(packet_change_to *change, uint16_t eth_type, enum action_slot slot,
			      struct action_op *op);
/* For compile: what follows the VLAN tags is of ETH_TYPE (host order; 0: unknown) from now on. */
void action_know_eth_type(const struct action_env *env, uint16_t eth_type);
/* -1 with ERR unless the packets are known to meet PREREQ. */
int action_check_prereq(const struct action_env *env, enum of_field_prereq prereq,
			struct of_error *err);

/* Whether TABLE_ID is on the other side of the border between ingress and egress tables: nothing
 * but an output leads across, which would have its egress twice, or none, or begin anew without
 * end. */
bool action_is_beyond_border(const struct action_env *env, uint8_t table_id);
/* For compile: fill OP so that it sets FIELD's bits in MASK to VALUE's (n_bytes each), with the
 * checks that all setting actions have in common. */
int action_compile_set(const struct of_field *field, const uint8_t *value, const uint8_t *mask,
		       const struct action_env *env, struct action_op *op, struct of_error *err);
/* Whether FIELD may be written by actions here.  -1 with ERR if not. */
int action_check_writable(const struct of_field *field, const struct action_env *env,
			  struct of_error *err);
/* How deep a packet must be parsed for FIELD to be written: further than for reading, as
 * checksums of upper layers cover addresses. */
enum parse_depth action_write_depth(const struct of_field *field);
/* Whether setting FIELD touches bytes of the packet, not only the key. */
bool action_field_is_in_packet(const struct of_field *field);

#endif
