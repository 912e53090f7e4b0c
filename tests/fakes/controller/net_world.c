#include "tests/fakes/controller/net_world.h"

#include <stdio.h>
#include <stdlib.h>

static void transmit(void *arg, uint32_t port, const uint8_t *data, size_t size)
{
	struct net_switch *s = arg;
	struct net_world *w = s->world;
	struct net_received *r = &w->received[w->n_received];

	if (w->n_received == ARRAY_LENGTH(w->received) || size > FRAME_MAX)
		abort();
	r->sw = s->index;
	r->port_no = port;
	memcpy(r->frame.data, data, size);
	r->frame.size = size;
	w->n_received++;
}

static void start_switch(struct net_world *w, unsigned sw)
{
	struct net_switch *s = &w->switches[sw];
	char name[32];

	s->world = w;
	s->index = sw;
	snprintf(name, sizeof(name), "host%u", sw);
	s->sw = mem_switch_create(&(struct mem_switch_config){
		.loop = w->loop,
		.datapath_id = net_world_datapath_id(sw),
		.host = name,
		.transmit = transmit,
		.arg = s,
	});
}

static void acknowledged(void *arg, uint64_t datapath_id, uint64_t generation)
{
	struct net_world *w = arg;

	apps_acknowledged(w->apps, datapath_id, generation);
}

static void refused(void *arg, uint64_t datapath_id, uint64_t cookie, const char *why)
{
	struct net_world *w = arg;

	apps_refused(w->apps, datapath_id, cookie, why);
}

static const struct southbound_events southbound_events = {
	.acknowledged = acknowledged,
	.refused = refused,
};

static void start_controller(struct net_world *w)
{
	w->sets = flow_sets_create();
	w->apps = apps_create(w->sets, NULL, NULL);
	w->facts = switches_create();
	w->sb = southbound_create(&(struct southbound_options){
		.loop = w->loop,
		.sets = w->sets,
		.switches = w->facts,
		.timing = SOUTHBOUND_TIMING_DEFAULT,
		.role_generation = ++w->role_generation,
		.events = &southbound_events,
		.arg = w,
	});
	for (unsigned i = 0; i < w->n_switches; i++)
		apps_add_switch(w->apps, net_world_datapath_id(i));
}

static void stop_controller(struct net_world *w)
{
	southbound_destroy(w->sb);
	apps_destroy(w->apps);
	switches_destroy(w->facts);
	flow_sets_destroy(w->sets);
}

struct net_world *net_world_create(unsigned n_switches)
{
	struct net_world *w = xcalloc(1, sizeof(*w));

	w->loop = loop_virtual_create();
	w->n_switches = n_switches;
	for (unsigned i = 0; i < n_switches; i++)
		start_switch(w, i);
	start_controller(w);
	return w;
}

void net_world_destroy(struct net_world *w)
{
	stop_controller(w);
	for (unsigned i = 0; i < w->n_switches; i++) {
		mem_switch_destroy(w->switches[i].sw);
		stream_pair_release(w->switches[i].pair);
	}
	loop_virtual_settle(w->loop);
	loop_virtual_destroy(w->loop);
	free(w);
}

static void tell_network(struct net_world *w, unsigned network)
{
	char name[64];

	snprintf(name, sizeof(name), "projects/p/networks/n%u", network);
	apps_set_network(w->apps, &(struct intent_network){ .id = net_world_network_id(network),
							    .name = name });
}

void net_world_set_network(struct net_world *w, unsigned network, bool exists)
{
	w->networks[network] = exists;
	if (exists)
		tell_network(w, network);
	else
		apps_remove_network(w->apps, net_world_network_id(network));
}

static void tell_port(struct net_world *w, const struct net_port *p)
{
	char name[64];
	struct intent_port intent = {
		.id = p->id,
		.network_id = net_world_network_id(p->network),
		.name = name,
		.n_ipv4 = 1,
		.ipv4 = &p->host.ipv4,
		.n_ipv6 = 1,
		.ipv6 = &p->host.ipv6,
		.is_spoofing_allowed = p->is_spoofing_allowed,
	};

	snprintf(name, sizeof(name), "projects/p/ports/p%llu", (unsigned long long)p->id);
	memcpy(intent.mac, p->host.mac, sizeof(intent.mac));
	apps_set_port(w->apps, &intent);
}

void net_world_set_port(struct net_world *w, unsigned index, unsigned network, uint8_t host)
{
	struct net_port *p = &w->ports[index];

	p->exists = true;
	p->id = 100 + index;
	p->network = network;
	memcpy(p->host.mac, (uint8_t[]){ 2, 0, 0, 0, 0, index }, 6);
	p->host.ipv4.s_addr = htonl(0x0a000000 + host);
	p->host.ipv6 = (struct in6_addr){ .s6_addr = { 0xfd, [15] = host } };
	tell_port(w, p);
}

void net_world_remove_port(struct net_world *w, unsigned index)
{
	net_world_unplug(w, index);
	w->ports[index].exists = false;
	apps_remove_port(w->apps, w->ports[index].id);
}

static void tell_location(struct net_world *w, const struct net_port *p)
{
	apps_set_location(w->apps, p->id, net_world_datapath_id(p->sw), p->port_no);
}

void net_world_plug(struct net_world *w, unsigned index, unsigned sw)
{
	struct net_port *p = &w->ports[index];
	char name[16];

	net_world_unplug(w, index);
	snprintf(name, sizeof(name), "wp%x", index);
	p->sw = sw;
	p->port_no = mem_switch_port_add(w->switches[sw].sw, 0, name);
	tell_location(w, p);
}

void net_world_unplug(struct net_world *w, unsigned index)
{
	struct net_port *p = &w->ports[index];

	if (!p->port_no)
		return;
	mem_switch_port_remove(w->switches[p->sw].sw, p->port_no);
	p->port_no = 0;
	tell_location(w, p);
}

void net_world_connect(struct net_world *w, unsigned sw)
{
	struct net_switch *s = &w->switches[sw];
	struct stream *ends[2];

	stream_pair_release(s->pair);
	s->pair = stream_pair_create(w->loop, ends);
	mem_switch_connect(s->sw, ends[0]);
	southbound_accept(w->sb, ends[1]);
}

void net_world_cut(struct net_world *w, unsigned sw)
{
	struct net_switch *s = &w->switches[sw];

	if (s->pair && !stream_pair_is_closed(s->pair))
		stream_pair_break(s->pair, "cable cut");
}

/* Ports keep their numbers, as the model asks for them again. */
void net_world_restart_switch(struct net_world *w, unsigned sw)
{
	char name[16];

	mem_switch_destroy(w->switches[sw].sw);
	start_switch(w, sw);
	for (unsigned i = 0; i < NET_WORLD_PORTS; i++) {
		snprintf(name, sizeof(name), "wp%x", i);
		if (w->ports[i].port_no && w->ports[i].sw == sw)
			mem_switch_port_add(w->switches[sw].sw, w->ports[i].port_no, name);
	}
}

void net_world_restart_controller(struct net_world *w)
{
	stop_controller(w);
	start_controller(w);
	for (unsigned i = 0; i < NET_WORLD_NETWORKS; i++) {
		if (w->networks[i])
			tell_network(w, i);
	}
	for (unsigned i = 0; i < NET_WORLD_PORTS; i++) {
		if (!w->ports[i].exists)
			continue;
		tell_port(w, &w->ports[i]);
		tell_location(w, &w->ports[i]);
	}
}

static bool is_settled(void *arg)
{
	struct net_world *w = arg;

	for (unsigned i = 0; i < w->n_switches; i++) {
		if (!southbound_is_connected(w->sb, net_world_datapath_id(i)))
			return false;
	}
	return southbound_is_idle(w->sb);
}

bool net_world_settle(struct net_world *w)
{
	return loop_virtual_run_until(w->loop, is_settled, w, 60 * NS_PER_SEC);
}

void net_world_send(struct net_world *w, unsigned index, const struct frame *f)
{
	struct net_port *p = &w->ports[index];

	w->n_received = 0;
	mem_switch_receive(w->switches[p->sw].sw, p->port_no, f->data, f->size);
}

unsigned net_world_count(const struct net_world *w, unsigned index)
{
	const struct net_port *p = &w->ports[index];
	unsigned n = 0;

	for (unsigned i = 0; i < w->n_received; i++)
		n += w->received[i].sw == p->sw && w->received[i].port_no == p->port_no;
	return n;
}
