#include "dataplane/ctl/handler.h"
#include "dataplane/table/meter_mod.h"

static const char *name_of(uint32_t id)
{
	switch (id) {
	case OF_METER_CONTROLLER:
		return "controller";
	case OF_METER_SLOWPATH:
		return "slowpath";
	default:
		return "";
	}
}

static Weft__Switch__V1__Band *band(struct arena *a, const struct of_meter_band *b,
				    const struct of_band_counter *n)
{
	Weft__Switch__V1__Band *m = arena_alloc(a, sizeof(*m));

	weft__switch__v1__band__init(m);
	m->type = (char *)(b->type == OF_BAND_DROP ? "drop" : "dscp remark");
	m->rate = b->rate;
	m->burst_size = b->burst_size;
	m->prec_level = b->prec_level;
	m->n_packets = n->n_packets;
	m->n_bytes = n->n_bytes;
	return m;
}

static Weft__Switch__V1__Meter *message(struct ctl_call *call, struct meters *ms,
					const struct meter *meter)
{
	struct arena *a = &call->arena;
	Weft__Switch__V1__Meter *m = arena_alloc(a, sizeof(*m));
	struct of_meter_config config;
	struct of_meter_stats stats;

	meter_config(meter, &config);
	meter_stats(ms, meter, loop_now_ns(call->ctl->config.loop), a, &stats);
	weft__switch__v1__meter__init(m);
	m->id = config.meter_id;
	m->name = (char *)name_of(config.meter_id);
	m->unit = (char *)(config.flags & OF_METER_PKTPS ? "packets" : "kbit");
	m->flow_count = stats.flow_count;
	m->n_packets = stats.n_packets;
	m->n_bytes = stats.n_bytes;
	m->age_ns = stats.duration_sec * NS_PER_SEC + stats.duration_nsec;
	m->n_bands = config.n_bands;
	m->bands = arena_alloc(a, m->n_bands * sizeof(*m->bands));
	for (unsigned i = 0; i < m->n_bands; i++)
		m->bands[i] = band(a, &config.bands[i], &stats.bands[i]);
	return m;
}

/* `after` is the id of the last meter told. */
static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__MetersReply out = WEFT__SWITCH__V1__METERS_REPLY__INIT;
	struct meters *ms = tables_meters(datapath_tables(call->ctl->config.datapath));
	struct ctl_page page = { .arena = &call->arena };
	uint64_t after = req->meters->after;
	const struct meter *m;

	for (m = meters_next(ms, after); m; m = meters_next(ms, meter_id(m))) {
		if (!ctl_page_add(&page, &message(call, ms, m)->base)) {
			out.next = after;
			break;
		}
		after = meter_id(m);
	}
	out.n_meters = page.n;
	out.meters = (Weft__Switch__V1__Meter **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_METERS, &out);
}

static const struct ctl_handler meters_handler = { WEFT__SWITCH__V1__REQUEST__REQUEST_METERS,
						   handle };
REGISTRY_ADD(ctl_handler, meters_handler);
