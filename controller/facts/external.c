#include "controller/facts/external.h"

#include <stdio.h>
#include <stdlib.h>

/* An interface that has an iface-id. */
struct plugged {
	struct hmap_node by_name;
	char *name, *iface_id;
	uint32_t of_port; /* as the database says */
	uint32_t told;	  /* as the listener was told; 0: gone */
};

struct host {
	struct hmap_node by_id;
	struct external *external;
	uint64_t datapath_id;
	char *address;
	struct ovsdb *ovsdb;
	struct hmap interfaces;
};

struct external {
	struct loop *loop;
	struct switches *switches;
	const struct ovsdb_dialer *dialer;
	external_found_fn *found;
	void *arg;
	struct switches_listener listener;
	struct hmap hosts;
};

static struct host *find_host(const struct external *e, uint64_t datapath_id)
{
	HMAP_FOREACH_HASH (n, &e->hosts, hash_bytes(&datapath_id, sizeof(datapath_id))) {
		struct host *h = container_of(n, struct host, by_id);

		if (h->datapath_id == datapath_id)
			return h;
	}
	return NULL;
}

static struct plugged *find_interface(const struct host *h, const char *name)
{
	HMAP_FOREACH_HASH (n, &h->interfaces, hash_string(name)) {
		struct plugged *p = container_of(n, struct plugged, by_name);

		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

/* Port names are cut at 15 characters in OpenFlow 1.3. */
static bool is_same_name(const char *interface, const char *port)
{
	return strncmp(interface, port, SWITCH_PORT_NAME_SIZE - 1) == 0;
}

/* The number that database and switch agree on, or 0.  While a switch is away, what was told
 * stands: it forwards on. */
static uint32_t agreed_number(const struct host *h, const struct plugged *p)
{
	const struct switch_fact *sw = switches_find(h->external->switches, h->datapath_id);
	const struct switch_port *port;

	if (!sw || !sw->is_connected)
		return p->of_port == p->told ? p->told : 0;
	port = p->of_port ? switch_port_by_number(sw, p->of_port) : NULL;
	return port && is_same_name(p->name, port->name) ? p->of_port : 0;
}

static void settle(struct host *h, struct plugged *p)
{
	uint32_t number = agreed_number(h, p);

	if (number == p->told)
		return;
	p->told = number;
	h->external->found(h->external->arg, h->datapath_id, p->iface_id, number, p->name);
}

static void forget(struct host *h, struct plugged *p)
{
	hmap_remove(&h->interfaces, &p->by_name);
	if (p->told)
		h->external->found(h->external->arg, h->datapath_id, p->iface_id, 0, p->name);
	free(p->name);
	free(p->iface_id);
	free(p);
}

static void interface_told(void *arg, const struct ovsdb_interface *i)
{
	struct host *h = arg;
	struct plugged *p = find_interface(h, i->name);

	if (p && strcmp(p->iface_id, i->iface_id) != 0) {
		forget(h, p);
		p = NULL;
	}
	if (!*i->iface_id)
		return;
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->name = xstrdup(i->name);
		p->iface_id = xstrdup(i->iface_id);
		hmap_insert(&h->interfaces, &p->by_name, hash_string(p->name));
	}
	p->of_port = *i->error ? 0 : i->of_port;
	settle(h, p);
}

static void interface_gone(void *arg, const char *name, const char *iface_id)
{
	struct host *h = arg;
	struct plugged *p = find_interface(h, name);

	(void)iface_id;
	if (p)
		forget(h, p);
}

static const struct ovsdb_events ovsdb_events = {
	.interface = interface_told,
	.interface_gone = interface_gone,
};

static void settle_all(struct external *e, uint64_t datapath_id)
{
	struct host *h = find_host(e, datapath_id);

	if (!h)
		return;
	HMAP_FOREACH (n, &h->interfaces)
		settle(h, container_of(n, struct plugged, by_name));
}

static void switch_connected(struct switches_listener *l, const struct switch_fact *sw)
{
	settle_all(container_of(l, struct external, listener), sw->datapath_id);
}

static void port_changed(struct switches_listener *l, const struct switch_fact *sw,
			 const struct switch_port *port, bool is_gone)
{
	struct host *h = find_host(container_of(l, struct external, listener), sw->datapath_id);

	(void)is_gone;
	if (!h)
		return;
	HMAP_FOREACH (n, &h->interfaces) {
		struct plugged *p = container_of(n, struct plugged, by_name);

		if (is_same_name(p->name, port->name) || p->told == port->number)
			settle(h, p);
	}
}

struct external *external_create(struct loop *loop, struct switches *switches,
				 const struct ovsdb_dialer *dialer, external_found_fn *found,
				 void *arg)
{
	struct external *e = xcalloc(1, sizeof(*e));

	e->loop = loop;
	e->switches = switches;
	e->dialer = dialer;
	e->found = found;
	e->arg = arg;
	e->listener.connected = switch_connected;
	e->listener.port_changed = port_changed;
	switches_listen(switches, &e->listener);
	return e;
}

static void destroy_host(struct host *h)
{
	ovsdb_destroy(h->ovsdb);
	hmap_remove(&h->external->hosts, &h->by_id);
	HMAP_FOREACH_SAFE (n, &h->interfaces) {
		struct plugged *p = container_of(n, struct plugged, by_name);

		free(p->name);
		free(p->iface_id);
		free(p);
	}
	hmap_fini(&h->interfaces);
	free(h->address);
	free(h);
}

void external_destroy(struct external *e)
{
	if (!e)
		return;
	switches_unlisten(&e->listener);
	HMAP_FOREACH_SAFE (n, &e->hosts)
		destroy_host(container_of(n, struct host, by_id));
	hmap_fini(&e->hosts);
	free(e);
}

static void remove_host(struct host *h)
{
	HMAP_FOREACH_SAFE (n, &h->interfaces)
		forget(h, container_of(n, struct plugged, by_name));
	destroy_host(h);
}

int external_set_host(struct external *e, uint64_t datapath_id, const char *address,
		      struct status *st)
{
	struct host *h = find_host(e, datapath_id);
	struct addr addr;

	if (!address || !*address) {
		if (h)
			remove_host(h);
		return 0;
	}
	if (h && strcmp(h->address, address) == 0)
		return 0;
	if (addr_parse(&addr, address, "ovsdb", st) < 0)
		return -1;
	if (h)
		remove_host(h);
	h = xcalloc(1, sizeof(*h));
	h->external = e;
	h->datapath_id = datapath_id;
	h->address = xstrdup(address);
	hmap_insert(&e->hosts, &h->by_id, hash_bytes(&datapath_id, sizeof(datapath_id)));
	h->ovsdb = ovsdb_create(e->loop, e->dialer, &addr, &ovsdb_events, h);
	return 0;
}

void external_tell_all(struct external *e)
{
	HMAP_FOREACH (n, &e->hosts) {
		struct host *h = container_of(n, struct host, by_id);

		HMAP_FOREACH (m, &h->interfaces) {
			struct plugged *p = container_of(m, struct plugged, by_name);

			if (p->told)
				e->found(e->arg, h->datapath_id, p->iface_id, p->told, p->name);
		}
	}
}
