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
	uint8_t command; /* enum of_monitor_command */
	uint8_t form;	 /* enum of_monitor_form */
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
	uint8_t event;		  /* enum of_update_event */
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

/* How many of the N, from the first, fit into one reply: split a long list with it, `more` set
 * in all parts but the last. */
unsigned of_flow_updates_fits(const struct of_flow_update *updates, unsigned n, uint8_t form,
			      uint8_t version);

/* ovs-ofctl's syntax: "in_port=1,table=0,!initial,!own"; monitor_id is left 0.  -1 with ST naming
 * the word at fault. */
int of_monitor_parse(const char *text, uint8_t form, struct arena *a, struct of_monitor *m,
		     struct status *st);
/* "id=1 flags=initial,add in_port=1", and "event=ADDED table=0 cookie=0x1 in_port=1 actions=drop":
 * as ovs-ofctl's ofp-print, without line feed. */
void of_monitor_print(const struct of_monitor *m, struct buf *out);
void of_flow_update_print(const struct of_flow_update *u, struct buf *out);

#endif
