#ifndef PROTO_OPENFLOW_ACTION_SAMPLE_H
#define PROTO_OPENFLOW_ACTION_SAMPLE_H

/* NXAST_SAMPLE, SAMPLE2 and SAMPLE3: IPFIX samples (Open vSwitch's ovs-actions manual).  Text:
 * "sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4)". */

#include "proto/openflow/action.h"

enum of_sample_direction {
	OF_SAMPLE_DEFAULT,
	OF_SAMPLE_INGRESS,
	OF_SAMPLE_EGRESS,
	OF_N_SAMPLE_DIRECTIONS
};

struct of_action_sample {
	struct of_action base;
	uint8_t form;	      /* 1 to 3, of the action that carries it */
	uint8_t direction;    /* enum of_sample_direction */
	uint16_t probability; /* of 65536; not 0 */
	uint32_t collector_set_id, obs_domain_id, obs_point_id;
	uint32_t sampling_port; /* OF_PORT_ANY: none */
};

struct of_action_sample *of_action_sample(struct arena *a, uint16_t probability);
extern const struct of_action_class of_action_sample_class;

#endif
