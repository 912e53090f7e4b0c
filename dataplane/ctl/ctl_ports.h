#ifndef DATAPLANE_CTL_CTL_PORTS_H
#define DATAPLANE_CTL_CTL_PORTS_H

/* The real ports and workers, as ctl.h and the datapath want to see them. */

#include "dataplane/ctl/ctl.h"
#include "dataplane/worker/worker.h"

/* With a `struct ports *` as argument. */
extern const struct ctl_ports_ops ctl_ports_ops;
/* With a `struct workers *` as argument. */
struct ctl_workers_ops ctl_workers_ops(double tsc_hz);

#endif
