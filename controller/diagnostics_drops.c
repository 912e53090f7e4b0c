/* ListDrops: what was dropped on the hosts concerned.  A Weft switch tells its drops; of another
 * switch, the flows that do nothing are read. */

#include "controller/diagnostics_priv.h"

#include <stdlib.h>

#include "proto/openflow/action_output.h"
#include "proto/openflow/numbers.h"
#include "proto/weft/v1/host.pb-c.h"
#include "proto/weft/v1/port.pb-c.h"

/* One call, until all hosts have answered. */
struct gathering {
	struct diagnostics *d;
	struct api_call *call;
	const char *parent; /* in the call's arena */
	bool is_host;	    /* PARENT is a host: tell all of it */
	unsigned n_pending;
	Weft__V1__Drop **drops;
	size_t n_drops, capacity;
	struct status st; /* the first host that failed */
	unsigned n_answered;
};

/* One host of it. */
struct asking {
	struct gathering *g;
	char *host;
	uint64_t datapath_id;
	bool has_drops; /* the switch's own are told */
};

static void add(struct gathering *g, Weft__V1__Drop *drop)
{
	if (g->n_drops == g->capacity) {
		g->capacity = MAX_OF(g->capacity * 2, 64);
		g->drops = xrealloc(g->drops, g->capacity * sizeof(*g->drops));
	}
	g->drops[g->n_drops++] = drop;
}

static bool begins_with_parent(const struct gathering *g, const char *name)
{
	size_t n = strlen(g->parent);

	return strncmp(name, g->parent, n) == 0 && (name[n] == '\0' || name[n] == '/');
}

/* Whether a drop for RESOURCE ("" if none) is asked for: a project has what is below it, a
 * network also its ports. */
static bool is_wanted(const struct gathering *g, const char *resource)
{
	const struct resource *r;

	if (g->is_host || begins_with_parent(g, resource))
		return g->is_host || *resource;
	r = model_find(g->d->model, resource);
	return r && r->class == &port_resource && resource_msg(r) &&
	       strcmp(((const Weft__V1__Port *)resource_msg(r))->network, g->parent) == 0;
}

static Weft__V1__Drop *drop_message(struct asking *k, uint64_t cookie, uint64_t n_packets)
{
	struct arena *a = api_arena(k->g->call);
	struct cookie_words w = diagnostics_words(k->g->d, a, cookie, NULL);
	Weft__V1__Drop *m = arena_alloc(a, sizeof(*m));

	weft__v1__drop__init(m);
	m->host = arena_strdup(a, k->host);
	m->app = w.app;
	m->resource = w.resource;
	m->reason = w.text;
	m->packets = n_packets;
	return m;
}

static int compare(const void *a, const void *b)
{
	const Weft__V1__Drop *x = *(Weft__V1__Drop *const *)a, *y = *(Weft__V1__Drop *const *)b;
	int order;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	order = strcmp(x->host, y->host);
	return order ? order : strcmp(x->reason, y->reason);
}

static void end(struct gathering *g)
{
	Weft__V1__ListDropsResponse response = WEFT__V1__LIST_DROPS_RESPONSE__INIT;

	if (g->n_answered == 0 && !status_ok(&g->st)) {
		api_fail(g->call, &g->st);
	} else {
		if (g->n_drops)
			qsort(g->drops, g->n_drops, sizeof(*g->drops), compare);
		response.drops = g->drops;
		response.n_drops = g->n_drops;
		api_reply(g->call, &response.base);
	}
	free(g->drops);
	free(g);
}

static void host_done(struct asking *k, const struct status *st)
{
	struct gathering *g = k->g;

	if (status_ok(st))
		g->n_answered++;
	else if (status_ok(&g->st))
		g->st = *st;
	free(k->host);
	free(k);
	if (--g->n_pending == 0)
		end(g);
}

static void drop_told(struct asking *k, const Weft__Switch__V1__Drop *from)
{
	struct arena *a = api_arena(k->g->call);
	Weft__V1__Drop *m = drop_message(k, from->has_flow ? from->cookie : 0, from->n_packets);

	if (!is_wanted(k->g, m->resource))
		return;
	if (from->has_flow)
		m->table = from->table;
	if (!*m->reason && from->has_port)
		m->reason = arena_printf(a, "%s (at switch port %s)", from->description,
					 from->port_name);
	else if (!*m->reason)
		m->reason = arena_strdup(a, from->description);
	add(k->g, m);
}

static void ask_drops(struct asking *k, uint64_t after);
static void flows_told(void *arg, const struct southbound_flow *flows, size_t n,
		       const struct status *st);

/* What was logged has left the switch, by its own account. */
static void ask_logged(struct asking *k, const struct status *st)
{
	k->has_drops = true;
	if (apps_log_refusals(k->g->d->apps))
		southbound_read_flows(k->g->d->southbound, k->datapath_id, flows_told, k);
	else
		host_done(k, st);
}

static void drops_told(void *arg, const Weft__Switch__V1__Reply *reply, const struct status *st)
{
	struct asking *k = arg;

	if (!reply || reply->reply_case != WEFT__SWITCH__V1__REPLY__REPLY_DROPS) {
		host_done(k, st);
		return;
	}
	for (size_t i = 0; i < reply->drops->n_drops; i++)
		drop_told(k, reply->drops->drops[i]);
	if (reply->drops->next)
		ask_drops(k, reply->drops->next);
	else
		ask_logged(k, st);
}

static void ask_drops(struct asking *k, uint64_t after)
{
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__DropsRequest drops = WEFT__SWITCH__V1__DROPS_REQUEST__INIT;

	drops.after = after;
	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_DROPS;
	request.drops = &drops;
	southbound_request(k->g->d->southbound, k->datapath_id, &request, drops_told, k);
}

/* Whether all that becomes of a packet is that it is logged, if that. */
static bool does_nothing(const struct of_instructions *ins)
{
	for (unsigned i = 0; i < ins->apply.n; i++) {
		const struct of_action *act = ins->apply.list[i];

		if (act->class != &of_action_output_class ||
		    container_of(act, struct of_action_output, base)->port != OF_PORT_CONTROLLER)
			return false;
	}
	return !ins->has_goto && !ins->write.n;
}

static void flows_told(void *arg, const struct southbound_flow *flows, size_t n,
		       const struct status *st)
{
	struct asking *k = arg;

	for (size_t i = 0; i < n; i++) {
		const struct flow_entry *f = flows[i].flow;
		Weft__V1__Drop *m;

		if (!flows[i].n_packets || !does_nothing(f->instructions))
			continue;
		/* A switch that tells its drops has not sent these anywhere, but to us. */
		if (k->has_drops && !f->instructions->apply.n)
			continue;
		m = drop_message(k, f->cookie, flows[i].n_packets);
		m->bytes = flows[i].n_bytes;
		m->table = f->table;
		if (is_wanted(k->g, m->resource))
			add(k->g, m);
	}
	host_done(k, st);
}

static void ask_host(struct gathering *g, const char *host, uint64_t datapath_id, bool is_pluggable)
{
	struct asking *k = xcalloc(1, sizeof(*k));

	k->g = g;
	k->host = xstrdup(host);
	k->datapath_id = datapath_id;
	g->n_pending++;
	if (is_pluggable)
		ask_drops(k, 0);
	else
		southbound_read_flows(g->d->southbound, datapath_id, flows_told, k);
}

/* All hosts that are connected: resources have no list of hosts, and most have no drops. */
static void ask_connected_hosts(struct gathering *g)
{
	MODEL_FOREACH (r, g->d->model, &host_resource) {
		const Weft__V1__Host *host = (const Weft__V1__Host *)resource_msg(r);
		uint64_t id = host ? strtoull(host->datapath_id, NULL, 16) : 0;

		if (id && southbound_is_connected(g->d->southbound, id))
			ask_host(g, r->name, id, southbound_is_pluggable(g->d->southbound, id));
	}
}

static int begin(struct gathering *g, struct status *st)
{
	const struct resource *r = model_find(g->d->model, g->parent);
	uint64_t datapath_id;

	if (!r || !resource_msg(r))
		return status_set_resource(st, STATUS_NOT_FOUND, "parent", g->parent,
					   "there is no %s", g->parent);
	g->is_host = r->class == &host_resource;
	if (!g->is_host) {
		ask_connected_hosts(g);
		return 0;
	}
	datapath_id = diagnostics_datapath(g->d, g->parent, "parent", st);
	if (!datapath_id)
		return -1;
	ask_host(g, g->parent, datapath_id, southbound_is_pluggable(g->d->southbound, datapath_id));
	return 0;
}

void diagnostics_drops(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__V1__ListDropsRequest *req = (const Weft__V1__ListDropsRequest *)request;
	struct gathering *g = xcalloc(1, sizeof(*g));
	struct status st = STATUS_INIT;

	g->d = ctx;
	g->call = call;
	g->parent = arena_strdup(api_arena(call), req->parent);
	if (begin(g, &st) < 0) {
		api_fail(call, &st);
		free(g);
	} else if (!g->n_pending) {
		end(g);
	}
}
