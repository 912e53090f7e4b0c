#ifndef PROTO_OPENFLOW_ACTION_EXIT_H
#define PROTO_OPENFLOW_ACTION_EXIT_H

/* NXAST_EXIT: no more actions, those after the resubmits that led here neither.  Text: "exit". */

#include "proto/openflow/action.h"

/* It has no argument. */
struct of_action_exit {
	struct of_action base;
};

struct of_action_exit *of_action_exit(struct arena *a);
extern const struct of_action_class of_action_exit_class;

#endif
