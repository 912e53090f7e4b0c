#ifndef CONTROLLER_DIAGNOSTICS_H
#define CONTROLLER_DIAGNOSTICS_H

/* DiagnosticsService: what switches say about packets, in the words of the API.  The switch
 * traces, counts and lists; here its cookies become apps and resources. */

#include "api/call.h"
#include "controller/apps/apps.h"
#include "controller/model/resource.h"
#include "controller/southbound/southbound.h"

struct diagnostics {
	struct model *model;
	struct apps *apps;
	struct southbound *southbound;
};

/* The service's handlers on DISPATCH; D is lent for as long as calls come. */
void diagnostics_serve(struct diagnostics *d, struct api_dispatch *dispatch);

#endif
