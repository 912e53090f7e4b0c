#ifndef TESTS_FAKES_CONTROLLER_NET_WORLD_H
#define TESTS_FAKES_CONTROLLER_NET_WORLD_H

/* The network half of a controller and its switches, in memory on virtual time:
 *
 *	apps -> flow sets -> southbound === stream pairs === mem_switch x N -> captured frames
 *
 * The test is the model: it says which networks and ports there are and where they are plugged,
 * and remembers it, so that the controller can be restarted. */

#include "controller/apps/apps.h"
#include "controller/southbound/southbound.h"
#include "dataplane/ctl/mem_switch.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "tests/fakes/controller/frames.h"

#define NET_WORLD_SWITCHES 10
#define NET_WORLD_PORTS	   64
#define NET_WORLD_NETWORKS 8

struct net_port {
	bool exists;
	bool is_spoofing_allowed;
	uint64_t id;
	unsigned network; /* index */
	struct frame_host host;
	unsigned sw;	  /* index, where it is plugged */
	uint32_t port_no; /* 0: nowhere */
};

struct net_switch {
	struct net_world *world;
	unsigned index;
	struct mem_switch *sw;
	struct stream_pair *pair;
};

struct net_received {
	unsigned sw;
	uint32_t port_no;
	struct frame frame;
};

struct net_world {
	struct loop *loop;
	struct flow_sets *sets;
	struct switches *facts;
	struct apps *apps;
	struct southbound *sb;
	uint64_t role_generation;
	unsigned n_switches;
	struct net_switch switches[NET_WORLD_SWITCHES];
	bool networks[NET_WORLD_NETWORKS]; /* which exist */
	struct net_port ports[NET_WORLD_PORTS];
	/* what left the switches since net_world_send() */
	struct net_received received[NET_WORLD_PORTS];
	unsigned n_received;
};

struct net_world *net_world_create(unsigned n_switches);
void net_world_destroy(struct net_world *w);

static inline uint64_t net_world_datapath_id(unsigned sw)
{
	return 0x1000 + sw;
}

static inline uint64_t net_world_network_id(unsigned network)
{
	return 1 + network;
}

void net_world_set_network(struct net_world *w, unsigned network, bool exists);
/* Port INDEX with addresses made from HOST (10.0.0.HOST, fd00::HOST, 02:...:INDEX). */
void net_world_set_port(struct net_world *w, unsigned index, unsigned network, uint8_t host);
void net_world_remove_port(struct net_world *w, unsigned index);
void net_world_plug(struct net_world *w, unsigned index, unsigned sw);
void net_world_unplug(struct net_world *w, unsigned index);

/* Connections; a switch that is connected already gets another one. */
void net_world_connect(struct net_world *w, unsigned sw);
void net_world_cut(struct net_world *w, unsigned sw);
/* A fresh switch with the same ports and no flow. */
void net_world_restart_switch(struct net_world *w, unsigned sw);
/* A controller that remembers what there is and nothing else; all connections are lost. */
void net_world_restart_controller(struct net_world *w);
/* Until nothing is under way; false if it does not come to that in a minute. */
bool net_world_settle(struct net_world *w);

/* The frame comes from port INDEX; what leaves is in `received`. */
void net_world_send(struct net_world *w, unsigned index, const struct frame *f);
/* How often port INDEX received it. */
unsigned net_world_count(const struct net_world *w, unsigned index);

#endif
