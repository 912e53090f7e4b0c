#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/listing.h"
#include "dataplane/table/meter_mod.h"

/* Meter-mod, and what meters are, count and can (OF 1.3.5 sections 6.6, 7.3.5.11 to 7.3.5.13). */

static int handle_meter_mod(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct datapath *dp = c->dp;

	if (tables_meter_mod(dp->tables, &m->meter_mod, loop_now_ns(dp->loop), err) < 0)
		return -1;
	datapath_changed(dp);
	async_requestforward(c, m);
	return 0;
}

static const struct of_handler meter_mod = {
	OF_METER_MOD,
	.is_write = true,
	.handle = handle_meter_mod,
};
REGISTRY_ADD(of_handler, meter_mod);

/* The meter with the smallest id from FROM on; there is none with id 0. */
static const struct meter *next_meter(struct conn *c, uint64_t from)
{
	if (from > UINT32_MAX)
		return NULL;
	return meters_next(tables_meters(c->dp->tables), from ? from - 1 : 0);
}

static uint64_t fill_config(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			    void *entry)
{
	const struct meter *m = next_meter(c, from);

	(void)a, (void)only;
	if (!m)
		return UINT64_MAX;
	meter_config(m, entry);
	return meter_id(m);
}

static uint64_t fill_stats(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			   void *entry)
{
	const struct meter *m = next_meter(c, from);

	(void)only;
	if (!m)
		return UINT64_MAX;
	meter_stats(tables_meters(c->dp->tables), m, loop_now_ns(c->dp->loop), a, entry);
	return meter_id(m);
}

static const struct listing_class config_listing = {
	OF_METER_CONFIG_REPLY,
	sizeof(struct of_meter_config),
	fill_config,
};
static const struct listing_class stats_listing = {
	OF_METER_STATS_REPLY,
	sizeof(struct of_meter_stats),
	fill_stats,
};

static int list(struct conn *c, const struct of_msg *m, const struct listing_class *class,
		struct of_error *err)
{
	uint32_t id = m->meter_request.meter_id;

	if (id == OF_METER_ALL) {
		listing_start(c, m->xid, class, 0, UINT32_MAX, 0);
		return 0;
	}
	if (!meters_find(tables_meters(c->dp->tables), id))
		return of_error_set(err, OFPET_METER_MOD_FAILED, OFPMMFC_UNKNOWN_METER);
	listing_start(c, m->xid, class, id, id, 0);
	return 0;
}

static int handle_config(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return list(c, m, &config_listing, err);
}

static const struct of_handler meter_config_request = { OF_METER_CONFIG_REQUEST,
							.handle = handle_config };
REGISTRY_ADD(of_handler, meter_config_request);

static int handle_stats(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return list(c, m, &stats_listing, err);
}

static const struct of_handler meter_stats_request = { OF_METER_STATS_REQUEST,
						       .handle = handle_stats };
REGISTRY_ADD(of_handler, meter_stats_request);

static int handle_features(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct of_msg reply = { .kind = OF_METER_FEATURES_REPLY, .xid = m->xid };

	(void)err;
	meters_features(&reply.meter_features);
	conn_send(c, &reply);
	return 0;
}

static const struct of_handler meter_features_request = { OF_METER_FEATURES_REQUEST,
							  .handle = handle_features };
REGISTRY_ADD(of_handler, meter_features_request);
