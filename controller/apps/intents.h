#ifndef CONTROLLER_APPS_INTENTS_H
#define CONTROLLER_APPS_INTENTS_H

/* From the model's messages to the apps' intents. */

#include "controller/apps/apps.h"
#include "controller/model/ip.h"
#include "controller/model/resource.h"
#include "lib/arena.h"
#include "proto/weft/v1/port.pb-c.h"

/* Selectors of admin policies: which ports they are for, and which their rules name. */
struct selectors {
	struct list list;
};

void selectors_init(struct selectors *s);
void selectors_fini(struct selectors *s);
/* The selectors of POLICY, an admin policy; once it is gone, forget them by its id. */
void selectors_set(struct selectors *s, const struct resource *policy);
void selectors_forget(struct selectors *s, uint64_t policy_id);

/* Fills INTENT from R's committed message, in A's memory.  False: it cannot be served, its network
 * is unknown. */
bool intent_of_port(struct intent_port *intent, const struct model *m, const struct selectors *s,
		    const struct resource *r, struct arena *a);
/* R is a security group or an admin policy. */
void intent_of_rule_set(struct intent_rule_set *intent, const struct model *m,
			const struct resource *r, struct arena *a);
struct intent_prefix intent_of_range(const struct ip_range *range);

#endif
