#ifndef PROTO_OPENFLOW_ACTION_OUTPUT_H
#define PROTO_OPENFLOW_ACTION_OUTPUT_H

/* OFPAT_OUTPUT: send the packet out (OF 1.3.5 section 7.2.5).  Text: "output:2", "LOCAL",
 * "CONTROLLER:128". */

#include "proto/openflow/action.h"
#include "proto/openflow/numbers.h"

struct of_action_output {
	struct of_action base;
	uint32_t port;
	uint16_t max_len; /* to the controller: bytes of the packet, OF_CML_NO_BUFFER for all */
};

struct of_action_output *of_action_output(struct arena *a, uint32_t port, uint16_t max_len);
extern const struct of_action_class of_action_output_class;

#endif
