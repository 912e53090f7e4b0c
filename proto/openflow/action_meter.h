#ifndef PROTO_OPENFLOW_ACTION_METER_H
#define PROTO_OPENFLOW_ACTION_METER_H

/* OFPAT_METER of OpenFlow 1.5 (section 7.2.6.13).  Earlier versions have an instruction
 * instead: of_instructions.has_meter, which is how a flow keeps it.  Text: "meter:3". */

#include "proto/openflow/action.h"

struct of_action_meter {
	struct of_action base;
	uint32_t meter_id;
};

struct of_action_meter *of_action_meter(struct arena *a, uint32_t meter_id);
extern const struct of_action_class of_action_meter_class;

#endif
