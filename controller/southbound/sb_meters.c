/* The switch's meters become the desired ones: before the flows that name them are sent, and gone
 * after these are.
 *
 * Which meters a switch has is not asked: each is sent as a change and as an addition, of which
 * one is refused, and both leave the same meter.  Numbers come from the ports' numbers
 * (controller/apps/meters.h), so what an earlier controller left behind is few, and taken over. */

#include <stdlib.h>

#include <openflow/openflow-common.h>
#include "controller/southbound/southbound_priv.h"
#include "proto/openflow/meter.h"

static struct flow_meter *find(const struct hmap *meters, uint32_t id)
{
	HMAP_FOREACH_HASH (n, meters, hash_bytes(&id, sizeof(id))) {
		struct flow_meter *m = container_of(n, struct flow_meter, node);

		if (m->id == id)
			return m;
	}
	return NULL;
}

static void put_mod(struct sb_conn *c, uint16_t command, uint32_t id, uint32_t rate)
{
	/* A quarter of a second's packets may come at once. */
	struct of_meter_band band = { .type = OF_BAND_DROP,
				      .rate = rate,
				      .burst_size = MAX_OF(rate / 4, 16u) };
	struct of_msg mod = { .kind = OF_METER_MOD,
			      .meter_mod = { .command = command,
					     .flags = OF_METER_PKTPS | OF_METER_BURST,
					     .meter_id = id,
					     .n_bands = command == OF_METER_DELETE ? 0 : 1,
					     .bands = &band } };

	sb_conn_put(c, &mod);
}

static void put_meter(struct sb_conn *c, const struct flow_meter *want)
{
	struct flow_meter *have = find(&c->meters, want->id);

	if (have && have->rate == want->rate)
		return;
	if (!have) {
		have = xcalloc(1, sizeof(*have));
		have->id = want->id;
		hmap_insert(&c->meters, &have->node, hash_bytes(&have->id, sizeof(have->id)));
	}
	have->rate = want->rate;
	put_mod(c, OF_METER_MODIFY, want->id, want->rate);
	put_mod(c, OF_METER_ADD, want->id, want->rate);
	c->is_barrier_due = true;
}

void sb_meters_send(struct sb_conn *c, const struct flow_set *set)
{
	HMAP_FOREACH (n, flow_set_meters(set))
		put_meter(c, container_of(n, struct flow_meter, node));
}

void sb_meters_tidy(struct sb_conn *c, const struct flow_set *set)
{
	bool is_any = false;

	HMAP_FOREACH_SAFE (n, &c->meters) {
		struct flow_meter *m = container_of(n, struct flow_meter, node);

		if (find(flow_set_meters(set), m->id))
			continue;
		put_mod(c, OF_METER_DELETE, m->id, 0);
		hmap_remove(&c->meters, &m->node);
		free(m);
		is_any = true;
	}
	if (is_any)
		sb_conn_flush(c);
}

bool sb_meters_error(const struct of_msg *m)
{
	return m->error.error.type == OFPET_METER_MOD_FAILED;
}

void sb_meters_fini(struct sb_conn *c)
{
	HMAP_FOREACH_SAFE (n, &c->meters)
		free(container_of(n, struct flow_meter, node));
	hmap_fini(&c->meters);
}
