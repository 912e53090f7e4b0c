#ifndef DATAPLANE_CTL_PORT_DESCRIBE_H
#define DATAPLANE_CTL_PORT_DESCRIBE_H

/* What a port is, in OpenFlow's terms. */

#include "dataplane/port/port.h"
#include "proto/openflow/msg.h"

/* OUT's `config` is left alone. */
void port_describe(const struct port_info *info, struct of_port *out);
/* NOW_NS is on the clock of info->added_ns. */
void port_describe_stats(const struct port_info *info, const struct port_stats *stats,
			 uint64_t now_ns, struct of_port_stats *out);
/* The same for one of its queues.  OpenFlow's rates are parts of the port's speed, so a limit is told
 * only where that is known. */
void port_describe_queue(const struct port_info *info, const struct port_queue_info *queue,
			 const struct port_queue_stats *stats, uint64_t now_ns,
			 struct of_queue_desc *desc, struct of_queue_stats *out);

#endif
