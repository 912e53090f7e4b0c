#ifndef CONTROLLER_MODEL_RULES_H
#define CONTROLLER_MODEL_RULES_H

/* The rules of one security group or admin policy as a set: ids, numbers, and no rule twice. */

#include "controller/model/model_priv.h"
#include "controller/model/rule.h"

/* Lent from a message; all of one kind. */
struct rules {
	ProtobufCMessage **list;
	size_t n;
};

#define RULES_OF(MSG) ((struct rules){ (ProtobufCMessage **)(MSG)->rules, (MSG)->n_rules })

/* Check AFTER, which is to replace BEFORE, at PATH ("security_group.rules"): normal forms; the
 * number of each that was there before by its id, or without id by what it says; ids and numbers
 * for the others.  -1: ST tells. */
int rules_check(struct model *m, struct rules before, struct rules after, size_t max,
		const char *path, struct status *st);
/* Check those that are to be added to BEFORE, at PATH ("rules").  ALREADY_EXISTS: one of them is
 * there. */
int rules_check_added(struct rules before, struct rules added, size_t max, const char *path,
		      struct status *st);

#endif
