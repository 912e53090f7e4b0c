#include "controller/model/attach.h"

#include <stdlib.h>
#include "api/call.h"
#include "controller/model/binding.h"
#include "controller/model/host.h"
#include "proto/weft/v1/network.pb-c.h"

/* AttachPort and DetachPort.
 *
 *	attach:  commit the binding (PENDING) -> plug on the host -> commit what the switch
 *	         answered -> apps make flows, the switch acknowledges -> commit ACTIVE -> answer
 *
 * The intent is durable before the switch is asked: a controller that dies in between plugs the
 * port when it is back.  Should plugging fail, the binding is taken back and the caller told. */

#define ATTACH_TIMEOUT_NS (15 * NS_PER_SEC)

struct attach {
	struct hmap_node node; /* in model.attaches, by port id */
	struct model *model;
	uint32_t port_id;
	struct list waiters;
	struct timer timer;
	struct status failure; /* to be told when the binding has been taken back */
	bool is_new;	       /* the binding is this one's: taken back on failure */
	bool is_busy;	       /* a callback will come */
	bool is_plugged;
};

struct waiter {
	struct list node;
	struct api_call *call;
};

static struct attach *attach_find(const struct model *m, uint32_t port_id)
{
	HMAP_FOREACH_HASH (n, &m->attaches, port_id) {
		struct attach *a = container_of(n, struct attach, node);

		if (a->port_id == port_id)
			return a;
	}
	return NULL;
}

bool attach_is_busy(const struct model *m, uint32_t port_id)
{
	const struct attach *a = attach_find(m, port_id);

	return a && a->is_busy;
}

/* The port's object while its head exists. */
static struct resource *port_of(const struct attach *a)
{
	HMAP_FOREACH_HASH (n, &a->model->by_id, a->port_id) {
		struct resource *r = container_of(n, struct resource, by_id);

		if (r->head.msg)
			return r;
	}
	return NULL;
}

static Weft__V1__Port *port_msg(const struct resource *r)
{
	return (Weft__V1__Port *)r->head.msg;
}

static void attach_free(struct attach *a)
{
	timer_cancel(a->model->loop, &a->timer);
	hmap_remove(&a->model->attaches, &a->node);
	free(a);
}

static void free_if_done(struct attach *a)
{
	const struct resource *r = port_of(a);
	bool is_wanted = r && port_msg(r)->binding && a->is_plugged && !list_is_empty(&a->waiters);

	if (!a->is_busy && !is_wanted)
		attach_free(a);
}

static struct waiter *take_waiter(struct attach *a)
{
	struct waiter *w = container_of(a->waiters.next, struct waiter, node);

	list_remove(&w->node);
	return w;
}

static void fail_waiters(struct attach *a, const struct status *st)
{
	while (!list_is_empty(&a->waiters))
		api_fail(take_waiter(a)->call, st);
}

static void answer(struct model *m, struct api_call *call, const struct resource *r)
{
	ProtobufCMessage *msg = resource_answer(m, r);

	api_reply(call, msg);
	msg_free(msg);
}

static void answer_waiters(struct attach *a, const struct resource *r)
{
	while (!list_is_empty(&a->waiters))
		answer(a->model, take_waiter(a)->call, r);
}

static void on_timeout(struct timer *t, void *arg)
{
	struct attach *a = arg;
	const struct resource *r = port_of(a);
	struct status st = STATUS_INIT;

	(void)t;
	status_set(&st, STATUS_DEADLINE_EXCEEDED, NULL,
		   "%s: its host has not acknowledged it in %llu s: it stays PENDING and becomes "
		   "ACTIVE "
		   "when it does; get it to see why",
		   r ? r->name : "the port", ATTACH_TIMEOUT_NS / NS_PER_SEC);
	fail_waiters(a, &st);
	free_if_done(a);
}

static struct attach *attach_create(struct model *m, uint32_t port_id)
{
	struct attach *a = xcalloc(1, sizeof(*a));

	a->model = m;
	a->port_id = port_id;
	list_init(&a->waiters);
	timer_init(&a->timer, on_timeout, a);
	hmap_insert(&m->attaches, &a->node, port_id);
	return a;
}

static void wait_for(struct attach *a, struct api_call *call)
{
	struct waiter *w = arena_alloc(api_arena(call), sizeof(*w));

	w->call = call;
	list_insert(&a->waiters, &w->node);
	if (!timer_is_armed(&a->timer))
		timer_arm(a->model->loop, &a->timer, ATTACH_TIMEOUT_NS);
}

void attach_active(struct model *m, uint32_t port_id)
{
	struct attach *a = attach_find(m, port_id);
	const struct resource *r = a ? port_of(a) : NULL;

	if (!r || !r->committed.msg || a->is_busy)
		return;
	answer_waiters(a, r);
	free_if_done(a);
}

/* Plugging. */

static uint32_t mtu_of(const struct model *m, const Weft__V1__Port *p)
{
	const struct resource *network = model_find_head(m, p->network);

	return network ? ((const Weft__V1__Network *)network->head.msg)->mtu : 0;
}

static void reverted(void *arg, const struct status *st)
{
	struct attach *a = arg;

	a->is_busy = false;
	fail_waiters(a, status_ok(st) ? &a->failure : st);
	free_if_done(a);
}

/* The switch would not: as if the call had not been. */
static void take_back(struct attach *a, struct resource *r)
{
	ProtobufCMessage *msg = msg_copy(r->head.msg);
	struct change *c = change_begin(a->model);

	msg_set_sub(msg, "binding", NULL);
	msg_set_enum(msg, "state", WEFT__V1__PORT__STATE__DOWN);
	msg_set_text(msg, "state_reason", "");
	resource_touch(a->model, msg);
	change_put(c, &port_resource, r->name, msg);
	a->is_busy = true;
	change_commit(c, reverted, a);
}

static void plug_failed(struct attach *a, struct resource *r, const struct status *why)
{
	status_set_resource(&a->failure, why->code, *why->field ? why->field : NULL, r->name,
			    "%s: %s could not plug it: %s", r->name, port_msg(r)->binding->host,
			    why->message);
	if (a->is_new) {
		take_back(a, r);
		return;
	}
	fail_waiters(a, &a->failure);
	if (strcmp(port_msg(r)->state_reason, a->failure.message) != 0) {
		ProtobufCMessage *msg = msg_copy(r->head.msg);

		msg_set_enum(msg, "state", WEFT__V1__PORT__STATE__PENDING);
		msg_set_text(msg, "state_reason", a->failure.message);
		state_commit(a->model, r, msg);
	}
	free_if_done(a);
}

static void stored(void *arg, const struct status *st)
{
	struct attach *a = arg;
	struct resource *r = port_of(a);

	a->is_busy = false;
	if (!status_ok(st)) {
		fail_waiters(a, st);
	} else if (!r || !port_msg(r)->binding) {
		struct status gone = STATUS_INIT;

		status_set(&gone, STATUS_ABORTED, NULL, "the port was detached meanwhile");
		fail_waiters(a, &gone);
	} else {
		a->is_plugged = true;
		if (r->committed.msg && ((const Weft__V1__Port *)r->committed.msg)->state ==
						WEFT__V1__PORT__STATE__ACTIVE)
			answer_waiters(a, r);
		port_state_update(a->model, r);
	}
	free_if_done(a);
}

static void store_result(struct attach *a, struct resource *r, const struct plug_result *result)
{
	ProtobufCMessage *msg = msg_copy(r->head.msg);
	Weft__V1__Port *p = (Weft__V1__Port *)msg;
	struct change *c;

	binding_fill(p, result, mtu_of(a->model, p));
	if (p->state != WEFT__V1__PORT__STATE__ACTIVE ||
	    p->binding->of_port != port_msg(r)->binding->of_port) {
		p->state = WEFT__V1__PORT__STATE__PENDING;
		text_set(&p->state_reason, "plugged; its host has not yet acknowledged its flows");
	}
	if (msg_equal(msg, r->head.msg)) {
		struct status ok = STATUS_INIT;

		msg_free(msg);
		stored(a, &ok);
		return;
	}
	resource_touch(a->model, msg);
	c = change_begin(a->model);
	change_put(c, &port_resource, r->name, msg);
	a->is_busy = true;
	change_commit(c, stored, a);
}

static void ignore_result(void *arg, const struct plug_result *result)
{
	(void)arg, (void)result;
}

static void unplug_stray(struct model *m, uint64_t datapath_id, uint32_t port_id)
{
	char name[PORT_SWITCH_NAME_SIZE];

	port_switch_name(port_id, name);
	m->plugger.unplug(m->plugger.ctx, datapath_id, name, ignore_result, NULL);
}

struct plugging {
	struct attach *attach;
	uint64_t datapath_id;
};

static void plugged(void *arg, const struct plug_result *result)
{
	struct plugging *p = arg;
	struct attach *a = p->attach;
	struct resource *r = port_of(a);
	struct status gone = STATUS_INIT;
	uint64_t datapath_id = p->datapath_id;

	free(p);
	a->is_busy = false;
	if (r && port_msg(r)->binding) {
		if (status_ok(&result->status))
			store_result(a, r, result);
		else
			plug_failed(a, r, &result->status);
		return;
	}
	if (status_ok(&result->status))
		unplug_stray(a->model, datapath_id, a->port_id);
	status_set(&gone, STATUS_ABORTED, NULL, "the port was detached meanwhile");
	fail_waiters(a, &gone);
	free_if_done(a);
}

static const char *kind_text(Weft__V1__BindingKind kind)
{
	return protobuf_c_enum_descriptor_get_value(&weft__v1__binding_kind__descriptor, kind)
		->name;
}

static void plug(struct attach *a, struct resource *r, const struct host_session *host)
{
	const Weft__V1__Port *port = port_msg(r);
	const Weft__V1__PortBinding *b = port->binding;
	const char *keys[16], *values[16];
	struct plugging *p = xmalloc(sizeof(*p));
	struct plug_request request = {
		.datapath_id = host->datapath_id,
		.switch_port = b->switch_port,
		.kind = kind_text(b->kind),
		.of_port = b->of_port,
		.mac = port->mac_address,
		.mtu = mtu_of(a->model, port),
		.option_keys = keys,
		.option_values = values,
	};

	for (size_t i = 0; i < b->n_options && i < ARRAY_LENGTH(keys); i++) {
		keys[i] = b->options[i]->key;
		values[i] = b->options[i]->value;
		request.n_options++;
	}
	*p = (struct plugging){ a, host->datapath_id };
	a->is_busy = true;
	a->model->plugger.plug(a->model->plugger.ctx, &request, plugged, p);
}

void attach_again(struct model *m, struct resource *r)
{
	const Weft__V1__Port *p = port_msg(r);
	struct host_session *host = host_session_of(m, p->binding->host);
	struct attach *a = attach_find(m, r->id);

	if (!host || !host->is_pluggable || (a && a->is_busy) ||
	    p->binding->kind == WEFT__V1__BINDING_KIND__EXTERNAL)
		return;
	if (p->state == WEFT__V1__PORT__STATE__ACTIVE) {
		ProtobufCMessage *msg = msg_copy(r->head.msg);

		msg_set_enum(msg, "state", WEFT__V1__PORT__STATE__PENDING);
		msg_set_text(msg, "state_reason", "its host does not have it: being plugged again");
		state_commit(m, r, msg);
	}
	plug(a ? a : attach_create(m, r->id), r, host);
}

/* AttachPort. */

static void bound(void *arg, const struct status *st)
{
	struct attach *a = arg;
	struct resource *r = port_of(a);
	const struct host_session *host;
	struct status gone = STATUS_INIT;

	a->is_busy = false;
	if (!status_ok(st)) {
		fail_waiters(a, st);
		free_if_done(a);
		return;
	}
	host = r && port_msg(r)->binding ? host_session_of(a->model, port_msg(r)->binding->host)
					 : NULL;
	if (host) {
		plug(a, r, host);
		return;
	}
	status_set(&gone, STATUS_UNAVAILABLE, "host",
		   "the host has just disconnected: try again when it is back");
	if (r && port_msg(r)->binding) {
		a->failure = gone;
		take_back(a, r);
		return;
	}
	fail_waiters(a, &gone);
	free_if_done(a);
}

static void attach_new(struct model *m, struct resource *r, struct api_call *call,
		       const Weft__V1__AttachPortRequest *request)
{
	struct attach *a = attach_find(m, r->id);
	ProtobufCMessage *msg = msg_copy(r->head.msg);
	char switch_port[PORT_SWITCH_NAME_SIZE];
	struct change *c;

	a = a ? a : attach_create(m, r->id);
	a->is_new = true;
	a->is_plugged = false;
	a->failure = STATUS_INIT;
	wait_for(a, call);
	port_switch_name(r->id, switch_port);
	msg_set_sub(msg, "binding", &binding_create(request, switch_port)->base);
	msg_set_enum(msg, "state", WEFT__V1__PORT__STATE__PENDING);
	msg_set_text(msg, "state_reason", "being plugged");
	resource_touch(m, msg);
	c = change_begin(m);
	change_put(c, &port_resource, r->name, msg);
	a->is_busy = true;
	change_commit(c, bound, a);
}

/* It is attached as asked already: answer when it is ACTIVE. */
static void attach_same(struct model *m, struct resource *r, struct api_call *call)
{
	const Weft__V1__Port *now = (const Weft__V1__Port *)r->committed.msg;
	struct attach *a = attach_find(m, r->id);

	if (!a && now && now->binding && now->state == WEFT__V1__PORT__STATE__ACTIVE) {
		answer(m, call, r);
		return;
	}
	if (!a) {
		a = attach_create(m, r->id);
		a->is_plugged = port_msg(r)->binding->of_port != 0;
	}
	wait_for(a, call);
	if (!a->is_busy && !a->is_plugged)
		attach_again(m, r);
}

static int check_host(struct model *m, const char *name, struct status *st)
{
	const struct host_session *host;

	if (name_check(name, &host_resource, "host", st) != 0)
		return -1;
	if (!model_find_head(m, name))
		return status_set_resource(st, STATUS_FAILED_PRECONDITION, "host", name,
					   "host: there is no %s: list the hosts, or start "
					   "weft-dataplane there with --controller",
					   name);
	host = host_session_of(m, name);
	if (!host)
		return status_set_resource(
			st, STATUS_FAILED_PRECONDITION, "host", name,
			"host: %s is not connected: start weft-dataplane there with "
			"--controller, or choose another host",
			name);
	if (!host->is_pluggable)
		return status_set_resource(
			st, STATUS_FAILED_PRECONDITION, "host", name,
			"host: the switch of %s cannot be asked to plug ports: plug it "
			"there with external_ids:iface-id set to the port's name",
			name);
	return 0;
}

static int check_attach(struct model *m, const Weft__V1__AttachPortRequest *request,
			struct resource *r, struct status *st)
{
	const Weft__V1__PortBinding *b = port_msg(r)->binding;
	const struct attach *a = attach_find(m, r->id);

	if (binding_check(request, st) != 0)
		return -1;
	if (b && !binding_is_as_asked(b, request))
		return status_set_resource(st, STATUS_FAILED_PRECONDITION, "host", r->name,
					   "%s is attached to %s as %s: detach it first", r->name,
					   b->host, kind_text(b->kind));
	if (check_host(m, request->host, st) != 0)
		return -1;
	if (!b && a && a->is_busy)
		return status_set_resource(st, STATUS_ABORTED, NULL, r->name,
					   "%s is just being detached: try again", r->name);
	return 0;
}

static void attach_port(struct api_call *call, const ProtobufCMessage *msg, void *ctx)
{
	const Weft__V1__AttachPortRequest *request = (const Weft__V1__AttachPortRequest *)msg;
	struct model *m = ctx;
	struct status st = STATUS_INIT;
	struct resource *r = resource_to_change(m, &port_resource, request->name, "", &st);

	if (!r || check_attach(m, request, r, &st) != 0)
		api_fail(call, &st);
	else if (port_msg(r)->binding)
		attach_same(m, r, call);
	else
		attach_new(m, r, call, request);
}

/* DetachPort. */

struct detach {
	struct model *model;
	struct api_call *call;
	uint32_t port_id;
	uint64_t datapath_id; /* 0: nothing to unplug */
	ProtobufCMessage *answer;
};

static void detach_end(struct detach *d)
{
	api_reply(d->call, d->answer);
	msg_free(d->answer);
	free(d);
}

/* A switch that could not is told again when it connects. */
static void unplugged(void *arg, const struct plug_result *result)
{
	(void)result;
	detach_end(arg);
}

static void unbound(void *arg, const struct status *st)
{
	struct detach *d = arg;
	const struct resource *r = model_find_id(d->model, d->port_id);
	char name[PORT_SWITCH_NAME_SIZE];

	if (!status_ok(st)) {
		api_fail(d->call, st);
		free(d);
		return;
	}
	d->answer = resource_answer(d->model, r);
	if (!d->datapath_id) {
		detach_end(d);
		return;
	}
	/* The flows go first: the apps have heard of the commit before the switch is asked. */
	engine_run(d->model->engine);
	port_switch_name(d->port_id, name);
	d->model->plugger.unplug(d->model->plugger.ctx, d->datapath_id, name, unplugged, d);
}

static void detach(struct model *m, struct resource *r, struct api_call *call)
{
	const Weft__V1__PortBinding *b = port_msg(r)->binding;
	const struct host_session *host = b ? host_session_of(m, b->host) : NULL;
	struct detach *d = xcalloc(1, sizeof(*d));
	struct attach *a = attach_find(m, r->id);
	struct status st = STATUS_INIT;
	ProtobufCMessage *msg;
	struct change *c;

	*d = (struct detach){ m, call, r->id, host && host->is_pluggable ? host->datapath_id : 0 };
	if (a) {
		status_set(&st, STATUS_ABORTED, NULL, "the port was detached meanwhile");
		fail_waiters(a, &st);
	}
	msg = msg_copy(r->head.msg);
	msg_set_sub(msg, "binding", NULL);
	msg_set_enum(msg, "state", WEFT__V1__PORT__STATE__DOWN);
	msg_set_text(msg, "state_reason", "");
	resource_touch(m, msg);
	c = change_begin(m);
	change_put(c, &port_resource, r->name, msg);
	change_commit(c, unbound, d);
	if (a)
		free_if_done(a);
}

static void detach_port(struct api_call *call, const ProtobufCMessage *msg, void *ctx)
{
	const Weft__V1__DetachPortRequest *request = (const Weft__V1__DetachPortRequest *)msg;
	struct model *m = ctx;
	struct status st = STATUS_INIT;
	struct resource *r =
		resource_to_change(m, &port_resource, request->name, request->etag, &st);
	const Weft__V1__PortBinding *b = r ? port_msg(r)->binding : NULL;

	if (b && b->kind == WEFT__V1__BINDING_KIND__EXTERNAL)
		status_set_resource(&st, STATUS_FAILED_PRECONDITION, "name", r->name,
				    "%s was plugged by others: remove its iface-id on %s", r->name,
				    b->host);
	if (!status_ok(&st))
		api_fail(call, &st);
	else if (b || r->n_in_flight)
		detach(m, r, call); /* what is on its way has to be durable before the answer */
	else
		answer(m, call, r);
}

const struct api_method_handler port_methods[2] = {
	{ "/weft.v1.PortService/AttachPort", attach_port },
	{ "/weft.v1.PortService/DetachPort", detach_port },
};

void attach_fini(struct model *m)
{
	HMAP_FOREACH_SAFE (n, &m->attaches)
		attach_free(container_of(n, struct attach, node));
	hmap_fini(&m->attaches);
}
