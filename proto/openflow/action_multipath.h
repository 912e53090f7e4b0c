#ifndef PROTO_OPENFLOW_ACTION_MULTIPATH_H
#define PROTO_OPENFLOW_ACTION_MULTIPATH_H

/* NXAST_MULTIPATH: a hash of the packet's headers picks a number (Open vSwitch's ovs-actions
 * manual).  Text: "multipath(symmetric_l4,0,hrw,12,0,NXM_NX_REG0[])". */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"

/* NX_HASH_FIELDS_*: which headers count. */
enum of_hash_fields {
	OF_HASH_ETH_SRC,
	OF_HASH_SYMMETRIC_L4,
	OF_HASH_SYMMETRIC_L3L4,
	OF_HASH_SYMMETRIC_L3L4_UDP,
	OF_HASH_NW_SRC,
	OF_HASH_NW_DST,
	OF_HASH_SYMMETRIC_L3,
	OF_N_HASH_FIELDS
};

enum of_multipath_algorithm {
	OF_MULTIPATH_MODULO_N,
	OF_MULTIPATH_HASH_THRESHOLD,
	OF_MULTIPATH_HRW,
	OF_MULTIPATH_ITER_HASH,
	OF_N_MULTIPATH_ALGORITHMS
};

struct of_action_multipath {
	struct of_action base;
	uint8_t fields;	   /* enum of_hash_fields */
	uint8_t algorithm; /* enum of_multipath_algorithm */
	uint16_t basis;
	uint16_t max_link;	/* numbers from 0 to this */
	uint32_t arg;		/* of iter_hash */
	struct of_subfield dst; /* wide enough for max_link */
};

/* "eth_src", "symmetric_l4" ...; NULL beyond. */
const char *of_hash_fields_name(unsigned fields);
/* SIZE bytes of NAME; -1 if there is no such. */
int of_hash_fields_find(const char *name, size_t size);
struct of_action_multipath *of_action_multipath(struct arena *a, enum of_hash_fields fields,
						enum of_multipath_algorithm algorithm);
extern const struct of_action_class of_action_multipath_class;

#endif
