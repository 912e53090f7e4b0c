/* ListFlows: what a host's switch holds, with the names of apps and resources. */

#include "controller/diagnostics_priv.h"

#include <stdlib.h>

struct listing {
	struct diagnostics *d;
	struct api_call *call;
};

static int compare(const void *a, const void *b)
{
	const struct southbound_flow *x = *(const struct southbound_flow *const *)a;
	const struct southbound_flow *y = *(const struct southbound_flow *const *)b;

	return flow_entry_compare(x->flow, y->flow);
}

static Weft__V1__Flow *flow_message(struct listing *l, const struct southbound_flow *from)
{
	struct arena *a = api_arena(l->call);
	const struct flow_entry *f = from->flow;
	struct cookie_words w = diagnostics_words(l->d, a, f->cookie, NULL);
	Weft__V1__Flow *m = arena_alloc(a, sizeof(*m));
	struct buf text = BUF_INIT;

	weft__v1__flow__init(m);
	m->table = f->table;
	m->stage = diagnostics_stage(a, f->table);
	m->priority = f->priority;
	m->cookie = f->cookie;
	m->app = w.app;
	m->resource = w.resource;
	m->packets = from->n_packets;
	m->bytes = from->n_bytes;
	of_match_print(f->match, &text);
	m->match = arena_strdup(a, buf_str(&text));
	buf_clear(&text);
	of_instructions_print(f->instructions, &text);
	m->actions = arena_strdup(a, buf_str(&text));
	buf_fini(&text);
	return m;
}

static void answer(void *arg, const struct southbound_flow *flows, size_t n,
		   const struct status *st)
{
	struct listing *l = arg;
	Weft__V1__ListFlowsResponse response = WEFT__V1__LIST_FLOWS_RESPONSE__INIT;
	const struct southbound_flow **sorted;

	if (!status_ok(st)) {
		api_fail(l->call, st);
		free(l);
		return;
	}
	sorted = xcalloc(n + 1, sizeof(*sorted));
	response.flows = arena_alloc(api_arena(l->call), (n + 1) * sizeof(*response.flows));
	for (size_t i = 0; i < n; i++)
		sorted[i] = &flows[i];
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++)
		response.flows[response.n_flows++] = flow_message(l, sorted[i]);
	free(sorted);
	api_reply(l->call, &response.base);
	free(l);
}

void diagnostics_flows(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__V1__ListFlowsRequest *req = (const Weft__V1__ListFlowsRequest *)request;
	struct diagnostics *d = ctx;
	struct status st = STATUS_INIT;
	uint64_t datapath_id = diagnostics_datapath(d, req->parent, "parent", &st);
	struct listing *l;

	if (!datapath_id) {
		api_fail(call, &st);
		return;
	}
	l = xmalloc(sizeof(*l));
	*l = (struct listing){ d, call };
	southbound_read_flows(d->southbound, datapath_id, answer, l);
}
