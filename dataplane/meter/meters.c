/* The meters as they are told: kept, listed, counted. */

#include "dataplane/meter/meters.h"

#include <assert.h>
#include <stdlib.h>

#define ALL_FLAGS (OF_METER_KBPS | OF_METER_PKTPS | OF_METER_BURST | OF_METER_STATS)
#define MAX_STEPS 3 /* of drop precedence: there are three */

struct meters *meters_create(const struct counting *counting)
{
	struct meters *ms = xcalloc(1, sizeof(*ms));

	ms->counting = *counting;
	ms->generation = 1;
	return ms;
}

void meters_destroy(struct meters *ms)
{
	for (uint32_t i = 0; i < ms->slots.n_slots; i++)
		if (ms->slots.by_slot[i] && ms->slots.by_slot[i]->thing)
			meter_destroy(ms, ms->slots.by_slot[i]->thing);
	id_slots_fini(&ms->slots);
	free(ms);
}

static bool is_virtual(uint32_t id)
{
	return id == OF_METER_CONTROLLER || id == OF_METER_SLOWPATH;
}

static int fail(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_METER_MOD_FAILED, code);
}

static int check_band(const struct of_meter_config *config, const struct of_meter_band *band,
		      struct of_error *err)
{
	if (band->type == OF_BAND_DROP)
		return 0;
	/* A packet for the controller is sent as the flow left it. */
	if (band->type != OF_BAND_DSCP_REMARK || is_virtual(config->meter_id))
		return fail(err, OFPMMFC_BAD_BAND);
	if (band->prec_level < 1 || band->prec_level > MAX_STEPS)
		return fail(err, OFPMMFC_BAD_BAND_VALUE);
	return 0;
}

int meter_check(const struct of_meter_config *config, struct of_error *err)
{
	if (!config->meter_id || (config->meter_id > OF_METER_MAX && !is_virtual(config->meter_id)))
		return fail(err, OFPMMFC_INVALID_METER);
	if (config->flags & ~ALL_FLAGS ||
	    (config->flags & OF_METER_KBPS && config->flags & OF_METER_PKTPS))
		return fail(err, OFPMMFC_BAD_FLAGS);
	if (config->n_bands > METER_MAX_BANDS)
		return fail(err, OFPMMFC_OUT_OF_BANDS);
	for (unsigned i = 0; i < config->n_bands; i++)
		if (check_band(config, &config->bands[i], err) < 0)
			return -1;
	return 0;
}

struct meter_version *meter_version_create(const struct meter *m,
					   const struct of_meter_config *config, uint64_t now_ns,
					   struct of_error *err)
{
	size_t size = config->n_bands * sizeof(config->bands[0]);
	struct policer *policer = policer_create(config, m->counted, now_ns);
	struct meter_version *v;

	if (!policer) {
		fail(err, OFPMMFC_OUT_OF_BANDS);
		return NULL;
	}
	v = xcalloc(1, sizeof(*v) + size);
	v->config = *config;
	v->config.bands = (struct of_meter_band *)(v + 1);
	if (size)
		memcpy(v->config.bands, config->bands, size);
	v->policer = policer;
	return v;
}

void meter_version_destroy(struct meter_version *v)
{
	policer_unref(v->policer);
	free(v);
}

struct meter *meter_create(struct meters *ms, const struct of_meter_config *config, uint64_t now_ns,
			   struct of_error *err)
{
	struct meter *m;

	if (ms->n >= METERS_MAX) {
		fail(err, OFPMMFC_OUT_OF_METERS);
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->slot = id_slots_name(&ms->slots, config->meter_id);
	m->id = config->meter_id;
	m->created_ns = now_ns;
	m->counted = counted_create(&ms->counting);
	if (m->counted)
		m->version = meter_version_create(m, config, now_ns, err);
	else
		fail(err, OFPMMFC_OUT_OF_METERS);
	if (m->version)
		return m;
	meter_destroy(ms, m);
	return NULL;
}

void meter_destroy(struct meters *ms, struct meter *m)
{
	id_slots_unname(&ms->slots, m->slot);
	if (m->version)
		meter_version_destroy(m->version);
	counted_unref(m->counted);
	free(m);
}

void meter_link(struct meters *ms, struct meter *m)
{
	assert(!m->slot->thing);
	m->slot->thing = m;
	ms->n++;
	ms->generation++;
}

void meter_unlink(struct meters *ms, struct meter *m)
{
	m->slot->thing = NULL;
	ms->n--;
	ms->generation++;
}

struct meter_version *meter_swap(struct meters *ms, struct meter *m, struct meter_version *v)
{
	struct meter_version *old = m->version;

	m->version = v;
	ms->generation++;
	return old;
}

struct meter *meters_get(const struct meters *ms, uint32_t meter_id)
{
	struct id_slot *slot = id_slots_find(&ms->slots, meter_id);

	return slot ? slot->thing : NULL;
}

int64_t meters_slot(const struct meters *ms, uint32_t meter_id)
{
	struct meter *m = meters_get(ms, meter_id);

	return m ? (int64_t)m->slot->slot : -1;
}

void meters_count_flow(struct meters *ms, uint32_t slot, int n)
{
	struct meter *m = ms->slots.by_slot[slot]->thing;

	m->n_flows += n;
}

/* --- for those who answer controllers --- */

unsigned meters_count(const struct meters *ms)
{
	return ms->n;
}

const struct meter *meters_find(const struct meters *ms, uint32_t meter_id)
{
	return meters_get(ms, meter_id);
}

const struct meter *meters_next(const struct meters *ms, uint32_t meter_id)
{
	uint32_t i =
		meter_id == UINT32_MAX ? ms->slots.n : id_slots_place(&ms->slots, meter_id + 1);

	for (; i < ms->slots.n; i++)
		if (ms->slots.by_id[i]->thing)
			return ms->slots.by_id[i]->thing;
	return NULL;
}

uint32_t meter_id(const struct meter *m)
{
	return m->id;
}

void meter_config(const struct meter *m, struct of_meter_config *out)
{
	*out = m->version->config;
}

void meter_stats(const struct meters *ms, const struct meter *m, uint64_t now_ns, struct arena *a,
		 struct of_meter_stats *out)
{
	const struct policer *p = m->version->policer;
	uint64_t age_ns = now_ns - m->created_ns;

	(void)ms;
	*out = (struct of_meter_stats){
		.meter_id = m->id,
		.flow_count = m->n_flows,
		.duration_sec = age_ns / NS_PER_SEC,
		.duration_nsec = age_ns % NS_PER_SEC,
		.n_bands = p->n_bands,
		.bands = arena_alloc(a, p->n_bands * sizeof(out->bands[0])),
	};
	counted_get(m->counted, &out->n_packets, &out->n_bytes);
	for (unsigned i = 0; i < p->n_bands; i++)
		counted_get(p->bands[i].counted, &out->bands[i].n_packets, &out->bands[i].n_bytes);
}

void meters_features(struct of_meter_features *out)
{
	*out = (struct of_meter_features){
		.max_meters = METERS_MAX,
		.band_types = 1u << OF_BAND_DROP | 1u << OF_BAND_DSCP_REMARK,
		.capabilities = ALL_FLAGS,
		.max_bands = METER_MAX_BANDS,
		.max_color = 0,
		.features = OF_METER_ACTION_SET | OF_METER_ANY_POSITION | OF_METER_MULTI_LIST,
	};
}
