#ifndef DATAPLANE_OFAGENT_ASYNC_H
#define DATAPLANE_OFAGENT_ASYNC_H

/* What the switch tells without being asked, to every connection whose role and masks want it (OF
 * 1.3.5 section 7.3.10, OF 1.5.1 section 7.4).  Nothing here closes a connection within the call.
 */

#include "dataplane/ofagent/throttle.h"

struct conn;
struct datapath;

/* ofp_controller_status_reason and ofp_control_channel_status (OF 1.5.1 section 7.4.8). */
enum async_controller_reason {
	ASYNC_CONTROLLER_REQUEST,
	ASYNC_CONTROLLER_CHANNEL,
	ASYNC_CONTROLLER_ROLE,
	ASYNC_CONTROLLER_ADDED,
	ASYNC_CONTROLLER_REMOVED,
	ASYNC_CONTROLLER_SHORT_ID,
};

/* What a connection of that version that has not asked gets. */
void async_config_init(struct of_async_config *async, uint8_t version);

void async_port_status(struct datapath *dp, uint8_t reason, const struct of_port *port);
void async_flow_removed(struct datapath *dp, const struct of_flow_removed *fr);
/* With a datapath as argument: for the throttle to call. */
throttle_fn async_packet_in;
void async_table_status(struct datapath *dp, const struct of_table_status *ts);
/* C is no longer master, because another is. */
void async_role_status(struct conn *c);
/* M, a group-mod or meter-mod of FROM, was carried out: the others who want to know are told. */
void async_requestforward(struct conn *from, const struct of_msg *m);
/* Something about C has changed: all others are told.  REASON is an enum async_controller_reason.
 */
void async_controller_status(struct conn *c, uint8_t reason, bool is_up);
/* C as controller-status messages describe it; the address is lent. */
void async_controller_describe(const struct conn *c, uint8_t reason, bool is_up,
			       struct of_controller_status *out);

#endif
