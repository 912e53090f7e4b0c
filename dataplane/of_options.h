#ifndef DATAPLANE_OF_OPTIONS_H
#define DATAPLANE_OF_OPTIONS_H

/* The options that are about OpenFlow, as the agent wants them. */

#include "dataplane/ofagent/throttle.h"
#include "dataplane/table/budget.h"
#include "lib/conf.h"

/* "1.3,1.4": a bit per OF_VERSION_*, or 0 with ST filled. */
uint32_t of_options_versions(const char *text, struct status *st);
/* packet-in-rate, packet-in-burst and packet-in-total-rate. */
struct throttle_config of_options_throttle(const struct conf *conf);
/* cycle-budget and over-budget.  0, or -1 with ST filled. */
int of_options_budget(const struct conf *conf, struct tables *tables, struct status *st);

#endif
