#ifndef DATAPLANE_OFAGENT_HANDLER_H
#define DATAPLANE_OFAGENT_HANDLER_H

/* What the switch does with a kind of message.  A handler is one object in one file, registered
 * there; docs/howto/add-a-message.md walks through an example. */

#include "lib/registry.h"
#include "proto/openflow/msg.h"

struct conn;

struct of_handler {
	enum of_kind kind;
	bool is_write; /* refused to a slave (OF 1.3.5 section 6.3.6) */
	/* M and what it points to are lent for the call.  0, or -1 with ERR: the peer is sent that
	 * error with the beginning of its message, and the connection lives on. */
	int (*handle)(struct conn *c, const struct of_msg *m, struct of_error *err);
	/* A message of this kind could not be decoded, and the peer is told so; of M, what came
	 * before the fault is right.  NULL: of no interest. */
	void (*refused)(struct conn *c, const struct of_msg *m);
};
REGISTRY_DECLARE(of_handler);

/* NULL if the switch does not take messages of that kind. */
const struct of_handler *of_handler_find(enum of_kind kind);
/* Whether some messages of this experimenter are taken: another of its is then of an unknown type. */
bool experimenter_is_known(uint32_t id);

#endif
