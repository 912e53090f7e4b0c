#ifndef PROTO_OPENFLOW_ACTION_LEARN_TEXT_H
#define PROTO_OPENFLOW_ACTION_LEARN_TEXT_H

/* The learn action as text: the print and parse of its class. */

#include "proto/openflow/action_learn.h"

void of_action_learn_print(const struct of_action *act, struct buf *out);
struct of_action *of_action_learn_parse(const char *args, struct arena *a, struct status *st);

#endif
