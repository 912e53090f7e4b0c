#include "dataplane/ctl/mem_ports.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ctl/port_describe.h"

void mem_ports_init(struct mem_ports *ports, struct loop *loop)
{
	list_init(&ports->list);
	ports->loop = loop;
	ports->datapath = NULL;
}

static void port_free(struct mem_port *p)
{
	list_remove(&p->in_ports);
	for (size_t i = 0; i < p->n_settings; i++) {
		free((char *)p->settings[i].key);
		free((char *)p->settings[i].value);
	}
	free(p->settings);
	free(p);
}

void mem_ports_fini(struct mem_ports *ports)
{
	while (!list_is_empty(&ports->list))
		port_free(container_of(ports->list.next, struct mem_port, in_ports));
}

/* The first port with that number or a greater one; NULL: none. */
static struct mem_port *at_least(const struct mem_ports *ports, uint32_t number)
{
	struct mem_port *p;

	LIST_FOREACH (p, &ports->list, in_ports) {
		if (p->info.number >= number)
			return p;
	}
	return NULL;
}

struct mem_port *mem_ports_find(const struct mem_ports *ports, uint32_t number)
{
	struct mem_port *p = at_least(ports, number);

	return p && p->info.number == number ? p : NULL;
}

static struct mem_port *find_name(const struct mem_ports *ports, const char *name)
{
	struct mem_port *p;

	LIST_FOREACH (p, &ports->list, in_ports) {
		if (!strcmp(p->info.name, name))
			return p;
	}
	return NULL;
}

static uint32_t free_number(const struct mem_ports *ports)
{
	uint32_t number = 1;
	struct mem_port *p;

	LIST_FOREACH (p, &ports->list, in_ports) {
		if (p->info.number != number)
			break;
		number++;
	}
	return number;
}

static bool is_same(const struct mem_port *p, const struct port_request *req)
{
	if (strcmp(p->type, req->type) != 0 || p->n_settings != req->n_settings)
		return false;
	for (size_t i = 0; i < p->n_settings; i++) {
		if (strcmp(p->settings[i].key, req->settings[i].key) != 0 ||
		    strcmp(p->settings[i].value, req->settings[i].value) != 0)
			return false;
	}
	return !req->number || req->number == p->info.number;
}

static void apply_setting(struct port_info *info, const char *key, const char *value)
{
	uint8_t *m = info->mac;

	if (!strcmp(key, "mtu"))
		info->mtu = strtoul(value, NULL, 10);
	else if (!strcmp(key, "netns"))
		snprintf(info->netns, sizeof(info->netns), "%s", value);
	else if (!strcmp(key, "mac"))
		info->has_mac = sscanf(value, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &m[0], &m[1], &m[2],
				       &m[3], &m[4], &m[5]) == 6;
}

static void fill_in(struct mem_ports *ports, struct mem_port *p, const struct port_request *req)
{
	struct port_info *info = &p->info;

	snprintf(p->type, sizeof(p->type), "%s", req->type);
	*info = (struct port_info){
		.number = req->number ? req->number : free_number(ports),
		.type = p->type,
		.is_up = true,
		.mtu = 1500,
		.added_ns = loop_now_ns(ports->loop),
	};
	snprintf(info->name, sizeof(info->name), "%s", req->name);
	snprintf(info->summary, sizeof(info->summary), "in memory");
	if (!strcmp(req->type, "vhost-user"))
		snprintf(info->socket_path, sizeof(info->socket_path), "/run/weft/%s.sock",
			 req->name);
	else
		snprintf(info->ifname, sizeof(info->ifname), "%s", req->name);
	p->n_settings = req->n_settings;
	p->settings = xcalloc(req->n_settings, sizeof(*p->settings));
	for (size_t i = 0; i < req->n_settings; i++) {
		p->settings[i].key = xstrdup(req->settings[i].key);
		p->settings[i].value = xstrdup(req->settings[i].value);
		apply_setting(info, req->settings[i].key, req->settings[i].value);
	}
}

static void tell(struct mem_ports *ports, const struct mem_port *p,
		 void (*how)(struct datapath *dp, const struct of_port *port))
{
	struct of_port of = { 0 };

	port_describe(&p->info, &of);
	how(ports->datapath, &of);
}

void mem_ports_changed(struct mem_ports *ports, struct mem_port *port)
{
	tell(ports, port, datapath_port_change);
}

static int check(const struct mem_ports *ports, const struct port_request *req, struct status *st)
{
	size_t size = strlen(req->name);

	if (!size || size >= PORT_NAME_SIZE)
		return status_set(st, STATUS_INVALID_ARGUMENT, "name",
				  "a port's name has 1 to %d characters", PORT_NAME_SIZE - 1);
	if (!*req->type)
		return status_set(st, STATUS_INVALID_ARGUMENT, "type", "a port needs a type");
	if (req->number > PORT_NUMBER_MAX)
		return status_set(st, STATUS_INVALID_ARGUMENT, "number", "port numbers are 1 to %d",
				  PORT_NUMBER_MAX);
	if (req->number && mem_ports_find(ports, req->number))
		return status_set(st, STATUS_ALREADY_EXISTS, "number", "port number %u is taken",
				  req->number);
	return 0;
}

struct mem_port *mem_ports_add(struct mem_ports *ports, const struct port_request *req,
			       struct status *st)
{
	struct mem_port *p = find_name(ports, req->name), *behind;

	if (p && is_same(p, req))
		return p;
	if (p) {
		status_set_resource(st, STATUS_ALREADY_EXISTS, "name", req->name,
				    "there is a port \"%s\" of another kind", req->name);
		return NULL;
	}
	if (check(ports, req, st) < 0)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	fill_in(ports, p, req);
	behind = at_least(ports, p->info.number);
	list_insert(behind ? &behind->in_ports : &ports->list, &p->in_ports);
	tell(ports, p, datapath_port_add);
	return p;
}

void mem_ports_remove(struct mem_ports *ports, struct mem_port *port)
{
	uint32_t number = port->info.number;

	port_free(port);
	datapath_port_remove(ports->datapath, number);
}

static void fill_ctl(const struct mem_port *p, struct ctl_port *out)
{
	*out = (struct ctl_port){ p->info, p->stats, p->settings, p->n_settings };
}

static int ops_add(void *arg, const struct port_request *req, struct ctl_port *out,
		   struct status *st)
{
	struct mem_port *p = mem_ports_add(arg, req, st);

	if (!p)
		return -1;
	fill_ctl(p, out);
	return 0;
}

static bool ops_next(void *arg, uint32_t number, struct ctl_port *out)
{
	struct mem_port *p = number < UINT32_MAX ? at_least(arg, number + 1) : NULL;

	if (p)
		fill_ctl(p, out);
	return p != NULL;
}

static bool ops_find(void *arg, const char *name, struct ctl_port *out)
{
	struct mem_port *p = find_name(arg, name);

	if (p)
		fill_ctl(p, out);
	return p != NULL;
}

static void ops_remove(void *arg, uint32_t number, void (*done)(void *done_arg), void *done_arg)
{
	mem_ports_remove(arg, mem_ports_find(arg, number));
	done(done_arg);
}

static size_t ops_count(void *arg)
{
	const struct mem_ports *ports = arg;
	struct mem_port *p;
	size_t n = 0;

	LIST_FOREACH (p, &ports->list, in_ports)
		n++;
	return n;
}

const struct ctl_ports_ops mem_ports_ops = {
	.add = ops_add,
	.next = ops_next,
	.find = ops_find,
	.remove = ops_remove,
	.count = ops_count,
};
