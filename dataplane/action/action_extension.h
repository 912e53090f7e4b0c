#ifndef DATAPLANE_ACTION_ACTION_EXTENSION_H
#define DATAPLANE_ACTION_ACTION_EXTENSION_H

/* What Open vSwitch's actions compile to when an action_op is too small for it (action_op.owned),
 * and the parts that they have in common. */

#include "proto/openflow/subfield.h"
#include "dataplane/action/action_class.h"

#define ACTION_MAX_NESTED 16 /* clones within clones */
#define ACTION_MAX_STACK  16 /* values pushed and not popped; one more drops the packet */

/* Values kept aside by push: 16 bytes each, right-aligned. */
struct action_stack {
	unsigned n;
	uint8_t values[ACTION_MAX_STACK][OF_FIELD_MAX_BYTES];
};

struct action_bundle {
	uint8_t fields;	   /* enum of_hash_fields */
	uint8_t algorithm; /* enum of_bundle_algorithm */
	uint16_t basis;
	struct of_subfield dst; /* field NULL: output */
	unsigned n;
	uint32_t members[]; /* port numbers */
};

struct action_multipath {
	uint8_t fields, algorithm;
	uint16_t basis;
	uint32_t n_links; /* 1..65536 */
	uint32_t arg;
	struct of_subfield dst;
};

struct action_controller {
	uint16_t max_len, controller_id;
	uint8_t reason; /* OFPR_* */
	bool has_meter;
	uint32_t meter_id, meter_slot; /* as in action_op.meter */
	size_t n_userdata;
	uint8_t userdata[];
};

struct action_clone {
	struct action_program *program;
	bool changes_packet; /* some action may: then it needs a copy */
};

/* The hash of what FIELDS (enum of_hash_fields) names, the same for both directions where it is
 * called symmetric.  The key must be parsed to PARSE_L4, with KEY_LINE_COMMON and KEY_LINE_V6. */
uint32_t action_hash_fields(const struct flow_key *key, unsigned fields, uint16_t basis);
/* One of N links, 0 to N - 1, by ALGORITHM (enum of_multipath_algorithm). */
uint32_t action_choose_link(uint32_t hash, unsigned algorithm, uint32_t n, uint32_t arg);
/* The hash of two words, which hrw compares. */
uint32_t action_hash_pair(uint32_t a, uint32_t b);

/* For compile: whether SF may be read, or written; what is written decides OP's kind, and either
 * adds to its depth and lines.  -1 with ERR. */
int action_check_source(const struct of_subfield *sf, const struct action_env *env,
			struct action_op *op, struct of_error *err);
int action_check_target(const struct of_subfield *sf, const struct action_env *env,
			struct action_op *op, struct of_error *err);
/* For compile: these are actions for lists, not for action sets.  -1 with ERR. */
int action_check_listed(const struct action_env *env, struct of_error *err);
/* Whether a packet can be sent to PORT by an action: OFPP_CONTROLLER and TABLE not. */
bool action_is_port(uint32_t port);

/* The N_BITS from BIT of packet I's FIELD, right-aligned in VALUE (OF_FIELD_MAX_BYTES, the rest
 * zero).  A field that the packet has not reads zero, and writing it does nothing. */
void action_read_bits(const struct action_batch *b, unsigned i, const struct of_field *field,
		      unsigned bit, unsigned n_bits, uint8_t *value);
void action_write_bits(const struct action_batch *b, unsigned i, const struct of_field *field,
		       unsigned bit, unsigned n_bits, const uint8_t *value);
/* The same for numbers of up to 64 bits. */
uint64_t action_read_number(const struct action_batch *b, unsigned i, const struct of_field *field,
			    unsigned bit, unsigned n_bits);
void action_write_number(const struct action_batch *b, unsigned i, const struct of_field *field,
			 unsigned bit, unsigned n_bits, uint64_t number);

#endif
