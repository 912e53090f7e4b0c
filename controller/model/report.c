#include "controller/model/report.h"

#include <stdio.h>
#include <stdlib.h>
#include "controller/model/attach.h"
#include "controller/model/host.h"
#include "controller/model/view.h"
#include "lib/log.h"

/* Facts that the southbound tells become states of hosts and ports. */

#define RETRY_NS NS_PER_SEC

/* What was last told of a port's flows. */
struct acknowledgement {
	struct hmap_node node;
	uint32_t port_id;
	bool is_acknowledged;
	char why[256];
};

void port_switch_name(uint32_t port_id, char name[PORT_SWITCH_NAME_SIZE])
{
	snprintf(name, PORT_SWITCH_NAME_SIZE, "wp%x", port_id);
}

uint32_t port_id_of_switch_name(const char *name)
{
	char again[PORT_SWITCH_NAME_SIZE];
	unsigned long id;

	if (strncmp(name, "wp", 2) != 0)
		return 0;
	id = strtoul(name + 2, NULL, 16);
	if (id > UINT32_MAX)
		return 0;
	port_switch_name(id, again);
	return strcmp(again, name) == 0 ? id : 0;
}

struct host_session *host_session_find(const struct model *m, uint64_t datapath_id)
{
	HMAP_FOREACH_HASH (n, &m->hosts, datapath_id) {
		struct host_session *h = container_of(n, struct host_session, node);

		if (h->datapath_id == datapath_id)
			return h;
	}
	return NULL;
}

struct host_session *host_session_of(const struct model *m, const char *name)
{
	const struct resource *r = model_find_head(m, name);
	uint64_t datapath_id = r ? host_datapath(r->head.msg) : 0;

	return datapath_id ? host_session_find(m, datapath_id) : NULL;
}

static struct acknowledgement *acknowledgement_of(const struct model *m, uint32_t port_id)
{
	HMAP_FOREACH_HASH (n, &m->acknowledged, port_id) {
		struct acknowledgement *a = container_of(n, struct acknowledgement, node);

		if (a->port_id == port_id)
			return a;
	}
	return NULL;
}

/* States. */

struct state_change {
	struct model *model;
	uint32_t id;
};

static void state_committed(void *arg, const struct status *st)
{
	struct state_change *s = arg;
	const struct resource *r = model_find_id(s->model, s->id);

	if (!status_ok(st))
		timer_arm(s->model->loop, &s->model->state_timer, RETRY_NS);
	else if (r && r->class == &port_resource &&
		 ((const Weft__V1__Port *)r->committed.msg)->state == WEFT__V1__PORT__STATE__ACTIVE)
		attach_active(s->model, s->id);
	free(s);
}

void state_commit(struct model *m, struct resource *r, ProtobufCMessage *msg)
{
	struct state_change *s = xmalloc(sizeof(*s));
	struct change *c = change_begin(m);

	*s = (struct state_change){ m, r->id };
	resource_touch(m, msg);
	change_put(c, r->class, r->name, msg);
	change_commit(c, state_committed, s);
}

/* A port that is not ACTIVE waits for all that its host was sent since it connected. */
static bool is_host_behind(const struct model *m, const Weft__V1__Port *p)
{
	const struct host_session *h = host_session_of(m, p->binding->host);

	return h && !h->is_synced && p->state != WEFT__V1__PORT__STATE__ACTIVE;
}

/* A controller that has just started has heard nothing of the port's host: what the switch
 * acknowledged before holds until it says otherwise, and it forwards on. */
static bool is_host_silent(const struct model *m, const Weft__V1__Port *p)
{
	return p->state == WEFT__V1__PORT__STATE__ACTIVE && !host_session_of(m, p->binding->host);
}

void port_state_update(struct model *m, struct resource *r)
{
	const Weft__V1__Port *now = (const Weft__V1__Port *)r->head.msg;
	const struct acknowledgement *a = acknowledgement_of(m, r->id);
	Weft__V1__Port__State state;
	ProtobufCMessage *msg;
	const char *why;

	if (!now->binding || !now->binding->of_port || !a)
		return;
	if (a->is_acknowledged && (attach_is_busy(m, r->id) || is_host_behind(m, now)))
		return;
	if (!a->is_acknowledged && is_host_silent(m, now))
		return;
	state = a->is_acknowledged ? WEFT__V1__PORT__STATE__ACTIVE : WEFT__V1__PORT__STATE__PENDING;
	why = a->is_acknowledged ? "" : a->why;
	if (now->state == state && strcmp(now->state_reason, why) == 0)
		return;
	msg = msg_copy(r->head.msg);
	msg_set_enum(msg, "state", state);
	msg_set_text(msg, "state_reason", why);
	state_commit(m, r, msg);
}

void host_state_update(struct model *m, struct resource *r)
{
	const Weft__V1__Host *now = (const Weft__V1__Host *)r->head.msg;
	const struct host_session *h = host_session_of(m, r->name);
	Weft__V1__Host__State state = WEFT__V1__HOST__STATE__DISCONNECTED;
	ProtobufCMessage *msg;

	if (h)
		state = h->is_synced ? WEFT__V1__HOST__STATE__CONNECTED
				     : WEFT__V1__HOST__STATE__SYNCING;
	if (now->state == state)
		return;
	msg = msg_copy(r->head.msg);
	msg_set_enum(msg, "state", state);
	msg_set_text(msg, "state_reason",
		     !h		    ? "its switch is not connected; it forwards as it last did"
		     : h->is_synced ? ""
				    : "its flows are being compared");
	state_commit(m, r, msg);
}

/* After the store could not take a state: all of them, which costs nothing where nothing differs.
 */
static void update_all(struct timer *t, void *arg)
{
	struct model *m = arg;
	struct resource *r;

	(void)t;
	LIST_FOREACH (r, &model_set(m, &host_resource)->resources, by_class)
		if (r->head.msg)
			host_state_update(m, r);
	LIST_FOREACH (r, &model_set(m, &port_resource)->resources, by_class)
		if (r->head.msg)
			port_state_update(m, r);
}

/* Hosts. */

/* An id from what a switch calls itself: "Rack 7/node_3" becomes "rack-7-node-3". */
static void make_id(const char *name, char id[64])
{
	size_t n = 0;

	for (; *name && n < 50; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			id[n++] = c;
		else if (n && id[n - 1] != '-')
			id[n++] = '-';
	}
	while (n && id[n - 1] == '-')
		n--;
	id[n] = '\0';
	if (!n)
		strcpy(id, "host");
}

/* The host of a switch that is not known yet: one that was created under its name without a
 * datapath id, or a new one. */
static void choose_name(const struct model *m, const struct host_report *report,
			char name[NAME_MAX_SIZE])
{
	const struct resource *r;
	char id[64];

	make_id(report->name, id);
	snprintf(name, NAME_MAX_SIZE, "infrastructure/hosts/%s", id);
	r = model_find_head(m, name);
	if (!r || host_datapath(r->head.msg) == 0)
		return;
	/* 48 bits are the switch's own, OF 1.3.5 section 7.3.1. */
	snprintf(name, NAME_MAX_SIZE, "infrastructure/hosts/%s-%012llx", id,
		 (unsigned long long)(report->datapath_id & 0xffffffffffff));
}

static ProtobufCMessage *host_message(struct model *m, const struct host_report *report,
				      const char *name, const struct resource *r)
{
	struct status st = STATUS_INIT;
	ProtobufCMessage *msg = r ? msg_copy(r->head.msg) : msg_create(&weft__v1__host__descriptor);
	Weft__V1__Host *h = (Weft__V1__Host *)msg;
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)report->datapath_id);
	text_set(&h->datapath_id, text);
	if (resource_complete(m, &host_resource, name, r ? r->head.msg : NULL, msg, &st) != 0) {
		log_warn("%s: %s", name, st.message);
		msg_free(msg);
		return NULL;
	}
	return msg;
}

static void host_up(struct model *m, const struct host_report *report)
{
	struct resource *r = host_of_datapath(m, report->datapath_id);
	char name[NAME_MAX_SIZE];
	ProtobufCMessage *msg;
	Weft__V1__Host *h;

	if (r)
		snprintf(name, sizeof(name), "%s", r->name);
	else
		choose_name(m, report, name);
	r = model_find_head(m, name);
	msg = host_message(m, report, name, r);
	if (!msg)
		return;
	h = (Weft__V1__Host *)msg;
	text_set(&h->address, report->address);
	text_set(&h->software, report->software);
	h->state = WEFT__V1__HOST__STATE__SYNCING;
	text_set(&h->state_reason, "its flows are being compared");
	if (r) {
		state_commit(m, r, msg);
	} else {
		struct change *c = change_begin(m);
		struct state_change *s = xmalloc(sizeof(*s));

		*s = (struct state_change){ m, resource_id_of(msg) };
		change_put(c, &host_resource, name, msg);
		change_commit(c, state_committed, s);
	}
}

static const struct host_port_report *find_port(const struct host_report *report, const char *name)
{
	for (size_t i = 0; i < report->n_ports; i++)
		if (strcmp(report->ports[i].name, name) == 0)
			return &report->ports[i];
	return NULL;
}

/* Plug what the switch lacks. */
static void plug_missing(struct model *m, const struct host_report *report)
{
	const struct resource *host = host_of_datapath(m, report->datapath_id);
	struct resource_ref *ref, *next;

	if (!host)
		return;
	LIST_FOREACH_SAFE (ref, next, &host->head.users, by_target) {
		const Weft__V1__PortBinding *b =
			((const Weft__V1__Port *)ref->user->head.msg)->binding;
		const struct host_port_report *p = b ? find_port(report, b->switch_port) : NULL;

		if (b && b->kind != WEFT__V1__BINDING_KIND__EXTERNAL &&
		    (!p || p->of_port != b->of_port))
			attach_again(m, ref->user);
	}
}

static void ignore_result(void *arg, const struct plug_result *result)
{
	(void)arg, (void)result;
}

/* Unplug what is attached there no more. */
static void unplug_strays(struct model *m, const struct host_report *report)
{
	for (size_t i = 0; i < report->n_ports; i++) {
		const char *name = report->ports[i].name;
		uint32_t id = port_id_of_switch_name(name);
		const struct resource *r = id ? model_find_id(m, id) : NULL;
		const Weft__V1__PortBinding *b = NULL;
		const struct host_session *host;

		if (!id)
			continue;
		if (r && r->class == &port_resource && r->head.msg)
			b = ((const Weft__V1__Port *)r->head.msg)->binding;
		host = b ? host_session_of(m, b->host) : NULL;
		if (host && host->datapath_id == report->datapath_id)
			continue;
		log_info("switch %016llx has port %s, which is attached there no more: unplugging "
			 "it",
			 (unsigned long long)report->datapath_id, name);
		m->plugger.unplug(m->plugger.ctx, report->datapath_id, name, ignore_result, NULL);
	}
}

void model_host_connected(struct model *m, const struct host_report *report)
{
	struct host_session *h = host_session_find(m, report->datapath_id);

	if (!h) {
		h = xcalloc(1, sizeof(*h));
		h->datapath_id = report->datapath_id;
		hmap_insert(&m->hosts, &h->node, h->datapath_id);
	}
	h->is_pluggable = report->is_pluggable;
	h->is_synced = false;
	host_up(m, report);
	if (!report->is_pluggable)
		return;
	plug_missing(m, report);
	unplug_strays(m, report);
}

/* The host's ports that waited for it. */
static void update_ports(struct model *m, const struct resource *host)
{
	struct resource_ref *ref, *next;

	LIST_FOREACH_SAFE (ref, next, &host->head.users, by_target)
		port_state_update(m, ref->user);
}

void model_host_synced(struct model *m, uint64_t datapath_id, bool is_synced)
{
	struct host_session *h = host_session_find(m, datapath_id);
	struct resource *r = host_of_datapath(m, datapath_id);

	if (!h)
		return;
	h->is_synced = is_synced;
	if (!r)
		return;
	host_state_update(m, r);
	if (is_synced)
		update_ports(m, r);
}

void model_host_disconnected(struct model *m, uint64_t datapath_id, const char *why)
{
	struct host_session *h = host_session_find(m, datapath_id);
	struct resource *r = host_of_datapath(m, datapath_id);

	if (!h)
		return;
	log_info("host %s: switch %016llx is gone: %s", r ? r->name : "-",
		 (unsigned long long)datapath_id, why);
	hmap_remove(&m->hosts, &h->node);
	free(h);
	if (r)
		host_state_update(m, r);
}

/* Ports. */

static struct resource *port_head(const struct model *m, uint32_t id)
{
	HMAP_FOREACH_HASH (n, &m->by_id, id) {
		struct resource *r = container_of(n, struct resource, by_id);

		if (r->head.msg && r->class == &port_resource)
			return r;
	}
	return NULL;
}

void model_port_acknowledged(struct model *m, uint32_t port_id, bool is_acknowledged,
			     const char *why)
{
	struct acknowledgement *a = acknowledgement_of(m, port_id);
	struct resource *r = port_head(m, port_id);

	if (!r) {
		if (a) {
			hmap_remove(&m->acknowledged, &a->node);
			free(a);
		}
		return;
	}
	if (!a) {
		a = xcalloc(1, sizeof(*a));
		a->port_id = port_id;
		hmap_insert(&m->acknowledged, &a->node, port_id);
	}
	a->is_acknowledged = is_acknowledged;
	snprintf(a->why, sizeof(a->why), "%s", why ? why : "");
	port_state_update(m, r);
}

void model_port_lost(struct model *m, uint64_t datapath_id, const char *switch_port)
{
	uint32_t id = port_id_of_switch_name(switch_port);
	struct resource *r = id ? port_head(m, id) : NULL;
	const struct host_session *host;
	ProtobufCMessage *msg;
	Weft__V1__Port *p;

	if (!r || !((const Weft__V1__Port *)r->head.msg)->binding || attach_is_busy(m, id))
		return;
	host = host_session_of(m, ((const Weft__V1__Port *)r->head.msg)->binding->host);
	if (!host || host->datapath_id != datapath_id)
		return;
	msg = msg_copy(r->head.msg);
	p = (Weft__V1__Port *)msg;
	p->binding->of_port = 0;
	p->state = WEFT__V1__PORT__STATE__PENDING;
	text_set(&p->state_reason, "its host's switch has it no more: attach it again");
	state_commit(m, r, msg);
}

static struct resource *port_of_iface_id(const struct model *m, const char *iface_id)
{
	struct resource *r;

	if (strchr(iface_id, '/')) {
		r = model_find_head(m, iface_id);
		return r && r->class == &port_resource ? r : NULL;
	}
	LIST_FOREACH (r, &model_set(m, &port_resource)->resources, by_class)
		if (r->head.msg && strcmp(msg_text(r->head.msg, "uid"), iface_id) == 0)
			return r;
	return NULL;
}

/* What a port becomes that others have plugged into HOST, or unplugged. */
static ProtobufCMessage *bound_externally(const struct resource *r, const struct resource *host,
					  uint32_t of_port, const char *interface_name)
{
	ProtobufCMessage *msg = msg_copy(r->head.msg);
	Weft__V1__Port *p = (Weft__V1__Port *)msg;

	if (of_port == 0) {
		msg_set_sub(msg, "binding", NULL);
		p->state = WEFT__V1__PORT__STATE__DOWN;
		text_set(&p->state_reason, "");
		return msg;
	}
	if (!p->binding)
		p->binding =
			(Weft__V1__PortBinding *)msg_create(&weft__v1__port_binding__descriptor);
	p->binding->kind = WEFT__V1__BINDING_KIND__EXTERNAL;
	p->binding->of_port = of_port;
	text_set(&p->binding->host, host->name);
	text_set(&p->binding->interface_name, interface_name);
	text_set(&p->binding->switch_port, interface_name);
	p->state = WEFT__V1__PORT__STATE__PENDING;
	text_set(&p->state_reason, "found; its host has not yet acknowledged its flows");
	return msg;
}

void model_port_found(struct model *m, uint64_t datapath_id, const char *iface_id, uint32_t of_port,
		      const char *interface_name)
{
	struct resource *r = port_of_iface_id(m, iface_id);
	const struct resource *host = host_of_datapath(m, datapath_id);
	const Weft__V1__PortBinding *b;

	if (!r || !host)
		return;
	b = ((const Weft__V1__Port *)r->head.msg)->binding;
	if (b && b->kind != WEFT__V1__BINDING_KIND__EXTERNAL)
		return;
	if (!b && of_port == 0)
		return;
	/* It may have moved to another host before the old one told that it is gone. */
	if (b && of_port == 0 && strcmp(b->host, host->name) != 0)
		return;
	if (b && b->of_port == of_port && strcmp(b->host, host->name) == 0 &&
	    strcmp(b->interface_name, interface_name) == 0)
		return;
	state_commit(m, r, bound_externally(r, host, of_port, interface_name));
}

void report_init(struct model *m)
{
	timer_init(&m->state_timer, update_all, m);
	/* Whoever was connected in the last life is not now. */
	timer_arm(m->loop, &m->state_timer, 0);
}

void report_fini(struct model *m)
{
	timer_cancel(m->loop, &m->state_timer);
	HMAP_FOREACH_SAFE (n, &m->hosts)
		free(container_of(n, struct host_session, node));
	hmap_fini(&m->hosts);
	HMAP_FOREACH_SAFE (n, &m->acknowledged)
		free(container_of(n, struct acknowledgement, node));
	hmap_fini(&m->acknowledged);
}
