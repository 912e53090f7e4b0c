#include "dataplane/ctl/handler.h"

static Weft__Switch__V1__Worker *message(struct arena *a, unsigned i, const struct ctl_worker *from)
{
	Weft__Switch__V1__Worker *w = arena_alloc(a, sizeof(*w));

	weft__switch__v1__worker__init(w);
	w->id = i;
	w->core = from->core;
	w->busy_cycles = from->busy_cycles;
	w->idle_cycles = from->idle_cycles;
	w->n_packets = from->n_packets;
	w->n_bursts = from->n_bursts;
	if (from->n_packets)
		w->cycles_per_packet = (double)from->busy_cycles / from->n_packets;
	w->is_sleeping = from->is_sleeping;
	w->n_sleeps = from->n_sleeps;
	w->n_ports = from->n_ports;
	return w;
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__WorkersReply out = WEFT__SWITCH__V1__WORKERS_REPLY__INIT;
	const struct ctl_config *config = &call->ctl->config;
	struct ctl_page page = { .arena = &call->arena };
	struct ctl_worker w;

	(void)req;
	if (config->workers) {
		out.tsc_hz = config->workers->tsc_hz;
		for (unsigned i = 0; config->workers->worker_at(config->workers_arg, i, &w); i++)
			ctl_page_add(&page, &message(&call->arena, i, &w)->base);
	}
	out.n_workers = page.n;
	out.workers = (Weft__Switch__V1__Worker **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_WORKERS, &out);
}

static const struct ctl_handler workers = { WEFT__SWITCH__V1__REQUEST__REQUEST_WORKERS, handle };
REGISTRY_ADD(ctl_handler, workers);
