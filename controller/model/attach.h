#ifndef CONTROLLER_MODEL_ATTACH_H
#define CONTROLLER_MODEL_ATTACH_H

/* Ports on their way to a host: for attach.c, which serves the calls, and report.c, which hears
 * what switches say. */

#include "controller/model/port.h"

/* A switch that is connected. */
struct host_session {
	struct hmap_node node;
	uint64_t datapath_id;
	bool is_pluggable, is_synced;
};

struct host_session *host_session_find(const struct model *m, uint64_t datapath_id);
/* The session of the host NAME, or NULL. */
struct host_session *host_session_of(const struct model *m, const char *name);

/* Plug the port again, which its host does not have although it is attached there. */
void attach_again(struct model *m, struct resource *port);
/* Whether the port is just being plugged. */
bool attach_is_busy(const struct model *m, uint32_t port_id);
/* The port's state has become ACTIVE, durably: answer who waits for it. */
void attach_active(struct model *m, uint32_t port_id);

/* Commit MSG, given, as R's next state, because of facts and not of a call.  If the store cannot
 * take it, states are brought up to date later. */
void state_commit(struct model *m, struct resource *r, ProtobufCMessage *msg);
/* Bring R's state up to date with what the southbound has told. */
void port_state_update(struct model *m, struct resource *r);
void host_state_update(struct model *m, struct resource *r);

#endif
