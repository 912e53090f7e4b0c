#ifndef CONTROLLER_PLUG_H
#define CONTROLLER_PLUG_H

/* The model's plugger over the southbound's management requests: an attachment becomes a
 * PortAdd on the host's switch. */

#include "controller/model/plugger.h"
#include "controller/southbound/southbound.h"

struct plugger plug_over_southbound(struct southbound *sb);

#endif
