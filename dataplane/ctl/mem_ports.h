#ifndef DATAPLANE_CTL_MEM_PORTS_H
#define DATAPLANE_CTL_MEM_PORTS_H

/* Ports of a switch in memory: names, numbers and counters.  Any type is accepted. */

#include "dataplane/ctl/ctl.h"
#include "lib/list.h"

struct mem_port {
	struct list in_ports;
	struct port_info info;
	struct port_stats stats;
	struct port_setting *settings; /* owned, as are their texts */
	size_t n_settings;
	char type[32];
};

struct mem_ports {
	struct list list; /* by number */
	struct loop *loop;
	struct datapath *datapath; /* is told of them */
};

void mem_ports_init(struct mem_ports *ports, struct loop *loop);
void mem_ports_fini(struct mem_ports *ports);
struct mem_port *mem_ports_find(const struct mem_ports *ports, uint32_t number);
/* NULL with ST filled. */
struct mem_port *mem_ports_add(struct mem_ports *ports, const struct port_request *req,
			       struct status *st);
void mem_ports_remove(struct mem_ports *ports, struct mem_port *port);
/* Tell the datapath what has changed of it. */
void mem_ports_changed(struct mem_ports *ports, struct mem_port *port);

/* With a `struct mem_ports *` as argument. */
extern const struct ctl_ports_ops mem_ports_ops;

#endif
