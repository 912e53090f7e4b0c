#ifndef DATAPLANE_CTL_MEM_SWITCH_H
#define DATAPLANE_CTL_MEM_SWITCH_H

/* A whole switch in memory: the real tables, pipeline, OpenFlow agent and management handlers,
 * with ports that are function calls and workers that are events of the loop.  No EAL, no thread,
 * no socket: for unit tests, and for simulations of many switches in one process on virtual time.
 *
 *	sw = mem_switch_create(&(struct mem_switch_config){ .loop = loop, .datapath_id = 1 });
 *	stream_pair_create(loop, ends);
 *	mem_switch_connect(sw, ends[0]);	the controller takes ends[1]
 *	mem_switch_port_add(sw, 1, "p1");
 *	mem_switch_receive(sw, 1, frame, size);	config.transmit() hears what leaves
 */

#include "dataplane/ctl/ctl.h"
#include "lib/stream.h"

struct mem_switch;

struct mem_switch_config {
	struct loop *loop;
	uint64_t datapath_id;
	const char *host; /* dp_desc; NULL: "memory" */
	uint32_t max_connections; /* that are tracked; 0: CT_DEFAULT_MAX */
	/* A packet leaves by PORT; the bytes are lent.  NULL: only counted. */
	void (*transmit)(void *arg, uint32_t port, const uint8_t *data, size_t size);
	void *arg;
};

struct mem_switch *mem_switch_create(const struct mem_switch_config *config);
/* Closes its connections; the peers hear it. */
void mem_switch_destroy(struct mem_switch *sw);

/* An OpenFlow connection over a stream, which is given. */
void mem_switch_connect(struct mem_switch *sw, struct stream *stream);

/* Ports besides those that management requests plug.  NUMBER 0: chosen.  Returns the number, 0
 * if number or name is taken. */
uint32_t mem_switch_port_add(struct mem_switch *sw, uint32_t number, const char *name);
void mem_switch_port_remove(struct mem_switch *sw, uint32_t number);
void mem_switch_port_set_up(struct mem_switch *sw, uint32_t number, bool is_up);

/* A frame comes in by a port.  What it causes has left, and is counted, on return. */
void mem_switch_receive(struct mem_switch *sw, uint32_t in_port, const void *data, size_t size);

/* The workers take what is published IN_NS later, and barriers are answered only then; 0, the
 * default: at once. */
void mem_switch_set_lag(struct mem_switch *sw, uint64_t in_ns);

struct datapath *mem_switch_datapath(struct mem_switch *sw);
struct ctl *mem_switch_ctl(struct mem_switch *sw);

#endif
