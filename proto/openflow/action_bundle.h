#ifndef PROTO_OPENFLOW_ACTION_BUNDLE_H
#define PROTO_OPENFLOW_ACTION_BUNDLE_H

/* NXAST_BUNDLE and NXAST_BUNDLE_LOAD: a hash picks one of several ports that are up, to output to
 * or to write its number (Open vSwitch's ovs-actions manual).  Text:
 * "bundle(eth_src,0,hrw,ofport,slaves:4,8)",
 * "bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[],slaves:4,8)". */

#include "proto/openflow/action.h"
#include "proto/openflow/action_multipath.h"
#include "proto/openflow/subfield.h"

enum of_bundle_algorithm { OF_BUNDLE_ACTIVE_BACKUP, OF_BUNDLE_HRW, OF_N_BUNDLE_ALGORITHMS };

/* Both kinds: their classes tell them apart. */
struct of_action_bundle {
	struct of_action base;
	uint8_t fields;	   /* enum of_hash_fields */
	uint8_t algorithm; /* enum of_bundle_algorithm */
	uint16_t basis;
	struct of_subfield dst; /* of bundle_load; 16 bits or more */
	uint16_t n_members;
	uint32_t members[]; /* port numbers, OF_PORT_ANY for none */
};

struct of_action_bundle *of_action_bundle(struct arena *a, const uint32_t *members,
					  uint16_t n_members);
struct of_action_bundle *of_action_bundle_load(struct arena *a, const struct of_subfield *dst,
					       const uint32_t *members, uint16_t n_members);
extern const struct of_action_class of_action_bundle_class;
extern const struct of_action_class of_action_bundle_load_class;

#endif
