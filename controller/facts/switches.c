#include "controller/facts/switches.h"

#include <stdio.h>
#include <stdlib.h>

/* More than a switch can have: what is told beyond is ignored. */
#define MAX_PORTS 65536

struct switches {
	struct hmap by_id;
	struct list listeners;
};

struct switches *switches_create(void)
{
	struct switches *s = xcalloc(1, sizeof(*s));

	list_init(&s->listeners);
	return s;
}

static uint64_t hash_id(uint64_t id)
{
	return hash_bytes(&id, sizeof(id));
}

static void forget_ports(struct switch_fact *sw)
{
	HMAP_FOREACH_SAFE (n, &sw->ports)
		free(container_of(n, struct switch_port, by_number));
	hmap_fini(&sw->ports);
}

void switches_destroy(struct switches *s)
{
	if (!s)
		return;
	HMAP_FOREACH_SAFE (n, &s->by_id) {
		struct switch_fact *sw = container_of(n, struct switch_fact, by_id);

		forget_ports(sw);
		free(sw);
	}
	hmap_fini(&s->by_id);
	free(s);
}

void switches_listen(struct switches *s, struct switches_listener *l)
{
	list_insert(&s->listeners, &l->node);
}

void switches_unlisten(struct switches_listener *l)
{
	list_remove(&l->node);
}

static struct switch_fact *find(const struct switches *s, uint64_t datapath_id)
{
	HMAP_FOREACH_HASH (n, &s->by_id, hash_id(datapath_id)) {
		struct switch_fact *sw = container_of(n, struct switch_fact, by_id);

		if (sw->datapath_id == datapath_id)
			return sw;
	}
	return NULL;
}

const struct switch_fact *switches_find(const struct switches *s, uint64_t datapath_id)
{
	return find(s, datapath_id);
}

static struct switch_port *find_port(const struct switch_fact *sw, uint32_t number)
{
	HMAP_FOREACH_HASH (n, &sw->ports, hash_id(number)) {
		struct switch_port *p = container_of(n, struct switch_port, by_number);

		if (p->number == number)
			return p;
	}
	return NULL;
}

const struct switch_port *switch_port_by_number(const struct switch_fact *sw, uint32_t number)
{
	return find_port(sw, number);
}

const struct switch_port *switch_port_by_name(const struct switch_fact *sw, const char *name)
{
	HMAP_FOREACH (n, &sw->ports) {
		struct switch_port *p = container_of(n, struct switch_port, by_number);

		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

static struct switch_port *put_port(struct switch_fact *sw, const struct switch_port *port)
{
	struct switch_port *p = find_port(sw, port->number);

	if (!p && sw->ports.n >= MAX_PORTS)
		return NULL;
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->number = port->number;
		hmap_insert(&sw->ports, &p->by_number, hash_id(port->number));
	}
	memcpy(p->name, port->name, sizeof(p->name));
	p->name[sizeof(p->name) - 1] = '\0';
	memcpy(p->mac, port->mac, sizeof(p->mac));
	p->is_up = port->is_up;
	return p;
}

void switches_connected(struct switches *s, const struct switch_fact *from,
			const struct switch_port *ports, size_t n)
{
	struct switch_fact *sw = find(s, from->datapath_id);
	struct switches_listener *l, *next;

	if (!sw) {
		sw = xcalloc(1, sizeof(*sw));
		sw->datapath_id = from->datapath_id;
		hmap_insert(&s->by_id, &sw->by_id, hash_id(from->datapath_id));
	}
	forget_ports(sw);
	sw->is_connected = true;
	sw->is_pluggable = from->is_pluggable;
	snprintf(sw->name, sizeof(sw->name), "%s", from->name);
	snprintf(sw->software, sizeof(sw->software), "%s", from->software);
	snprintf(sw->address, sizeof(sw->address), "%s", from->address);
	for (size_t i = 0; i < n; i++)
		put_port(sw, &ports[i]);
	LIST_FOREACH_SAFE (l, next, &s->listeners, node) {
		if (l->connected)
			l->connected(l, sw);
	}
}

void switches_disconnected(struct switches *s, uint64_t datapath_id, const char *why)
{
	struct switch_fact *sw = find(s, datapath_id);
	struct switches_listener *l, *next;

	if (!sw || !sw->is_connected)
		return;
	sw->is_connected = false;
	LIST_FOREACH_SAFE (l, next, &s->listeners, node) {
		if (l->disconnected)
			l->disconnected(l, sw, why);
	}
}

void switches_set_port(struct switches *s, uint64_t datapath_id, const struct switch_port *port)
{
	struct switch_fact *sw = find(s, datapath_id);
	struct switches_listener *l, *next;
	struct switch_port *p;

	if (!sw || !sw->is_connected)
		return;
	p = put_port(sw, port);
	if (!p)
		return;
	LIST_FOREACH_SAFE (l, next, &s->listeners, node) {
		if (l->port_changed)
			l->port_changed(l, sw, p, false);
	}
}

void switches_remove_port(struct switches *s, uint64_t datapath_id, uint32_t number)
{
	struct switch_fact *sw = find(s, datapath_id);
	struct switch_port *p = sw && sw->is_connected ? find_port(sw, number) : NULL;
	struct switches_listener *l, *next;

	if (!p)
		return;
	hmap_remove(&sw->ports, &p->by_number);
	LIST_FOREACH_SAFE (l, next, &s->listeners, node) {
		if (l->port_changed)
			l->port_changed(l, sw, p, true);
	}
	free(p);
}
