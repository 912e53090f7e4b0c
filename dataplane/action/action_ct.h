#ifndef DATAPLANE_ACTION_ACTION_CT_H
#define DATAPLANE_ACTION_ACTION_CT_H

/* A ct action, compiled: what is asked of connection tracking, and where the packet goes then. */

#include "proto/openflow/subfield.h"
#include "dataplane/action/program.h"
#include "dataplane/conntrack/conntrack.h"

struct action_ct {
	struct ct_request request;
	struct ct_nat nat; /* request.nat points here, or is NULL */
	uint16_t zone;
	struct of_subfield zone_src; /* field NULL: `zone` */
	bool has_table;
	uint8_t table; /* where a copy of the packet goes on, with what is known of its connection
			*/
	bool sets_mark, sets_label;
	struct action_program *exec; /* writes ct_mark and ct_label; NULL: nothing */
};

#endif
