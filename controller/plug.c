#include "controller/plug.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* How an attachment's kind and options are told to the switch: its port types and their options,
 * see dataplane/port. */
static const struct kind {
	const char *kind, *type;
	const char *options[3]; /* of the attachment, told as they are */
	bool takes_mac_and_mtu;
} kinds[] = {
	{ "VHOST_USER", "vhost-user", { "queues" }, false },
	{ "TAP", "tap", { "netns", "ifname" }, true },
	{ "VETH", "veth", { "ifname" }, false },
	{ "DPDK", "dpdk", { "devargs" }, false },
};

#define MAX_OPTIONS 8

struct port_add {
	Weft__Switch__V1__Request request;
	Weft__Switch__V1__PortAddRequest add;
	Weft__Switch__V1__Option options[MAX_OPTIONS];
	Weft__Switch__V1__Option *list[MAX_OPTIONS];
	char mtu[16];
};

/* Somebody waits for an answer. */
struct waiter {
	plug_done_fn *done;
	void *arg;
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		if (strcmp(kinds[i].kind, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

static const char *find_option(const struct plug_request *r, const char *key)
{
	for (size_t i = 0; i < r->n_options; i++) {
		if (strcmp(r->option_keys[i], key) == 0)
			return r->option_values[i];
	}
	return NULL;
}

static void add_option(struct port_add *p, const char *key, const char *value)
{
	Weft__Switch__V1__Option *o = &p->options[p->add.n_options];

	if (!value || !*value)
		return;
	weft__switch__v1__option__init(o);
	o->key = (char *)key;
	o->value = (char *)value;
	p->list[p->add.n_options++] = o;
}

/* In a container's namespace an interface is eth0 unless asked otherwise. */
static const char *option_or_default(const struct plug_request *r, const char *key)
{
	const char *value = find_option(r, key);

	if (!value && strcmp(r->kind, "TAP") == 0 && strcmp(key, "ifname") == 0 &&
	    find_option(r, "netns"))
		return "eth0";
	return value;
}

static void build(struct port_add *p, const struct plug_request *r, const struct kind *kind)
{
	weft__switch__v1__request__init(&p->request);
	weft__switch__v1__port_add_request__init(&p->add);
	p->request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_ADD;
	p->request.port_add = &p->add;
	p->add.name = (char *)r->switch_port;
	p->add.type = (char *)kind->type;
	p->add.number = r->of_port;
	p->add.options = p->list;
	for (size_t i = 0; i < ARRAY_LENGTH(kind->options) && kind->options[i]; i++)
		add_option(p, kind->options[i], option_or_default(r, kind->options[i]));
	if (!kind->takes_mac_and_mtu)
		return;
	snprintf(p->mtu, sizeof(p->mtu), "%u", r->mtu);
	add_option(p, "mac", r->mac);
	add_option(p, "mtu", r->mtu ? p->mtu : NULL);
}

static struct waiter *waiter_create(plug_done_fn *done, void *arg)
{
	struct waiter *w = xmalloc(sizeof(*w));

	*w = (struct waiter){ done, arg };
	return w;
}

static void answer(struct waiter *w, const struct plug_result *result)
{
	w->done(w->arg, result);
	free(w);
}

static void plugged(void *arg, const Weft__Switch__V1__Reply *reply, const struct status *st)
{
	struct plug_result result = { .status = *st, .socket_path = "", .interface_name = "" };

	if (reply && reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_PORT_ADD &&
	    reply->port_add->port) {
		result.of_port = reply->port_add->port->number;
		result.socket_path = reply->port_add->port->socket_path;
		result.interface_name = reply->port_add->port->ifname;
	} else if (status_ok(st)) {
		status_set(&result.status, STATUS_INTERNAL, NULL,
			   "the switch answers something else than was asked");
	}
	answer(arg, &result);
}

/* A port that is not there is as good as unplugged. */
static void unplugged(void *arg, const Weft__Switch__V1__Reply *reply, const struct status *st)
{
	struct plug_result result = { .status = *st, .socket_path = "", .interface_name = "" };

	(void)reply;
	if (st->code == STATUS_NOT_FOUND)
		result.status = STATUS_INIT;
	answer(arg, &result);
}

static void plug(void *ctx, const struct plug_request *request, plug_done_fn *done, void *arg)
{
	const struct kind *kind = find_kind(request->kind);
	struct port_add p = { 0 };

	/* The model offers the kinds of this table only. */
	assert(kind);
	build(&p, request, kind);
	southbound_request(ctx, request->datapath_id, &p.request, plugged,
			   waiter_create(done, arg));
}

static void unplug(void *ctx, uint64_t datapath_id, const char *switch_port, plug_done_fn *done,
		   void *arg)
{
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__PortDelRequest del = WEFT__SWITCH__V1__PORT_DEL_REQUEST__INIT;

	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_DEL;
	request.port_del = &del;
	del.name = (char *)switch_port;
	southbound_request(ctx, datapath_id, &request, unplugged, waiter_create(done, arg));
}

struct plugger plug_over_southbound(struct southbound *sb)
{
	return (struct plugger){ .plug = plug, .unplug = unplug, .ctx = sb };
}
