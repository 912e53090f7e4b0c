#ifndef PROTO_OPENFLOW_MONITOR_H
#define PROTO_OPENFLOW_MONITOR_H

/* Flow monitors as structs, one form for 1.4 and 1.5 (OF 1.4.1 section 7.3.5.19), the ONF's
 * extension 187 to 1.3 and the Nicira extension; host byte order. */

#include "proto/openflow/action.h"

enum of_monitor_flag {
	OF_MONITOR_INITIAL = 1 << 0,
	OF_MONITOR_ADD = 1 << 1,
	OF_MONITOR_REMOVED = 1 << 2,
	OF_MONITOR_MODIFY = 1 << 3,
	OF_MONITOR_INSTRUCTIONS = 1 << 4,
	OF_MONITOR_NO_ABBREV = 1 << 5,
	OF_MONITOR_ONLY_OWN = 1 << 6,
};

enum of_monitor_command { OF_MONITOR_CMD_ADD, OF_MONITOR_CMD_MODIFY, OF_MONITOR_CMD_DELETE };

/* In which form it was asked for and is to be told. */
enum of_monitor_form { OF_MONITOR_STANDARD, OF_MONITOR_ONF, OF_MONITOR_NICIRA };

struct of_monitor {
	uint32_t monitor_id;
	uint32_t out_port, out_group; /* OF_PORT_ANY, OF_GROUP_ANY: any */
	uint16_t flags;		      /* enum of_monitor_flag, also of the other forms */
	uint8_t table_id;
	uint8_t command;	      /* enum of_monitor_command */
	uint8_t form;		      /* enum of_monitor_form */
	struct of_match match;
};

struct of_monitor_request {
	unsigned n;
	struct of_monitor *monitors;
};

enum of_update_event {
	OF_UPDATE_INITIAL,
	OF_UPDATE_ADDED,
	OF_UPDATE_REMOVED,
	OF_UPDATE_MODIFIED,
	OF_UPDATE_ABBREV,
	OF_UPDATE_PAUSED,
	OF_UPDATE_RESUMED,
};

struct of_flow_update {
	uint8_t event; /* enum of_update_event */
	uint8_t table_id, reason; /* OFPRR_* of REMOVED */
	uint16_t idle_timeout, hard_timeout, priority;
	uint64_t cookie;
	struct of_match match;
	struct of_instructions instructions; /* empty unless asked for */
	uint32_t xid;			     /* ABBREV: of the flow-mod */
};

struct of_monitor_reply {
	bool more;
	uint8_t form;
	unsigned n;
	struct of_flow_update *updates;
};

/* Pausing and resuming in the Nicira and ONF forms are messages of their own; cancelling too. */
struct of_monitor_cancel {
	uint32_t monitor_id;
	uint8_t form;
};

#endif
