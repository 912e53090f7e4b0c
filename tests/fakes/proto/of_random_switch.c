/* Random messages about the switch, its ports and queues, and its controllers. */

#include <openflow/openflow-1.4.h>
#include <stdio.h>

#include "tests/fakes/proto/of_samples.h"

#define BUNDLE_TIME (1 << 2)

static bool coin(struct rng *rng)
{
	return rng_below(rng, 2);
}

static uint64_t random_counter(struct rng *rng)
{
	return rng_below(rng, 4) ? rng_u64(rng) : UINT64_MAX;
}

static void random_port(struct rng *rng, struct of_port *p)
{
	memset(p, 0, sizeof(*p));
	p->port_no = rng_u64(rng);
	for (unsigned i = 0; i < sizeof(p->hw_addr); i++)
		p->hw_addr[i] = rng_u64(rng);
	snprintf(p->name, sizeof(p->name), "port%u", (unsigned)rng_below(rng, 100000));
	p->config = rng_u64(rng);
	p->state = rng_u64(rng);
	p->curr = rng_u64(rng);
	p->advertised = rng_u64(rng);
	p->supported = rng_u64(rng);
	p->peer = rng_u64(rng);
	p->curr_speed = rng_u64(rng);
	p->max_speed = rng_u64(rng);
}

static void random_port_mod(struct rng *rng, struct of_port_mod *pm)
{
	pm->port_no = rng_u64(rng);
	pm->hw_addr[3] = rng_u64(rng);
	pm->config = rng_u64(rng) & OFPPC11_ALL;
	pm->mask = rng_u64(rng) & OFPPC11_ALL;
	pm->advertise = rng_u64(rng);
}

static void random_port_descs(struct rng *rng, struct arena *a, struct of_port_desc_reply *r)
{
	r->more = coin(rng);
	r->n = rng_below(rng, 5);
	r->ports = arena_alloc(a, (r->n + 1) * sizeof(*r->ports));
	for (unsigned i = 0; i < r->n; i++)
		random_port(rng, &r->ports[i]);
}

static void random_port_stats(struct rng *rng, struct arena *a, struct of_port_stats_reply *r)
{
	r->more = coin(rng);
	r->n = rng_below(rng, 5);
	r->stats = arena_alloc(a, (r->n + 1) * sizeof(*r->stats));
	for (struct of_port_stats *p = r->stats; p < r->stats + r->n; p++) {
		uint64_t *counters = &p->rx_packets;

		p->port_no = rng_u64(rng);
		for (unsigned i = 0; i < 12; i++)
			counters[i] = random_counter(rng);
		p->duration_sec = rng_u64(rng);
		p->duration_nsec = rng_below(rng, NS_PER_SEC);
	}
}

static void random_tables(struct rng *rng, struct arena *a, struct of_table_stats_reply *r)
{
	r->more = coin(rng);
	r->n = rng_below(rng, 5);
	r->stats = arena_alloc(a, (r->n + 1) * sizeof(*r->stats));
	for (unsigned i = 0; i < r->n; i++)
		r->stats[i] = (struct of_table_stats){ rng_u64(rng), rng_u64(rng), rng_u64(rng),
						       rng_u64(rng) };
}

static void random_queues(struct rng *rng, struct arena *a, struct of_msg *msg)
{
	struct of_queue_desc_reply *r = &msg->queue_desc_reply;

	r->more = coin(rng) && msg->kind == OF_QUEUE_DESC_REPLY;
	r->port_no = rng_u64(rng);
	r->n = rng_below(rng, 5);
	r->queues = arena_alloc(a, (r->n + 1) * sizeof(*r->queues));
	for (unsigned i = 0; i < r->n; i++)
		r->queues[i] = (struct of_queue_desc){ rng_u64(rng), rng_u64(rng), rng_u64(rng),
						       rng_u64(rng) };
}

static void random_queue_stats(struct rng *rng, struct arena *a, struct of_queue_stats_reply *r)
{
	r->more = coin(rng);
	r->n = rng_below(rng, 5);
	r->stats = arena_alloc(a, (r->n + 1) * sizeof(*r->stats));
	for (unsigned i = 0; i < r->n; i++)
		r->stats[i] = (struct of_queue_stats){
			rng_u64(rng),	     rng_u64(rng), random_counter(rng), random_counter(rng),
			random_counter(rng), rng_u64(rng), rng_u64(rng),
		};
}

static void random_async(struct rng *rng, struct of_async_config *ac)
{
	static const uint32_t valid[OF_N_ASYNC_KINDS] = { 0x3f, 7, 0x3f, 7, 0x18, 3, 3, 0x7f };

	for (unsigned column = 0; column < 2; column++) {
		ac->has[column] = rng_below(rng, 1u << OF_N_ASYNC_KINDS);
		for (unsigned kind = 0; kind < OF_N_ASYNC_KINDS; kind++)
			ac->mask[kind][column] = rng_u64(rng) & valid[kind];
	}
}

static struct of_time random_time(struct rng *rng)
{
	return (struct of_time){ rng_u64(rng), rng_below(rng, NS_PER_SEC) };
}

static void random_bundle_ctrl(struct rng *rng, struct of_msg *msg)
{
	struct of_bundle_ctrl *bc = &msg->bundle_ctrl;

	*bc = (struct of_bundle_ctrl){
		.bundle_id = rng_u64(rng),
		.type = rng_below(rng, OFPBCT_DISCARD_REPLY + 1),
		.flags = rng_below(rng, 4),
		.has_time = msg->version >= OF_VERSION_1_5 && coin(rng),
		.time = random_time(rng),
	};
	if (bc->has_time)
		bc->flags |= BUNDLE_TIME;
}

static void random_bundle_features(struct rng *rng, struct of_bundle_features *bf)
{
	bf->features = rng_below(rng, 8);
	bf->has_time = coin(rng);
	bf->accuracy = random_time(rng);
	bf->max_future = random_time(rng);
	bf->max_past = random_time(rng);
	bf->timestamp = random_time(rng);
}

static void random_controller(struct rng *rng, struct arena *a, struct of_controller_status *cs)
{
	cs->short_id = rng_u64(rng);
	cs->role = rng_below(rng, 4);
	cs->reason = rng_u64(rng);
	cs->channel_status = rng_below(rng, 3);
	cs->uri = arena_printf(a, "tcp:192.0.2.%u:%u", (unsigned)rng_below(rng, 256),
			       (unsigned)rng_below(rng, 65536));
}

static void random_controllers(struct rng *rng, struct arena *a,
			       struct of_controller_status_reply *r)
{
	r->more = coin(rng);
	r->n = rng_below(rng, 5);
	r->controllers = arena_alloc(a, (r->n + 1) * sizeof(*r->controllers));
	for (unsigned i = 0; i < r->n; i++)
		random_controller(rng, a, &r->controllers[i]);
}

static void random_features(struct rng *rng, struct of_features_reply *f)
{
	f->datapath_id = rng_u64(rng);
	f->n_buffers = rng_u64(rng);
	f->n_tables = rng_u64(rng);
	f->auxiliary_id = rng_u64(rng);
	f->capabilities = rng_u64(rng);
}

/* Messages about controllers and bundles. */
static void random_connection(struct rng *rng, struct arena *a, struct of_msg *msg)
{
	switch (msg->kind) {
	case OF_ERROR: /* any numbers, known or not */
		msg->error.error.type = rng_below(rng, 20);
		msg->error.error.code = rng_below(rng, 20);
		break;
	case OF_ROLE_REQUEST:
	case OF_ROLE_REPLY:
		msg->role = (struct of_role){ rng_below(rng, 4), rng_u64(rng), rng_u64(rng) };
		break;
	case OF_ROLE_STATUS:
		msg->role_status =
			(struct of_role_status){ rng_below(rng, 4), rng_u64(rng), rng_u64(rng) };
		break;
	case OF_GET_ASYNC_REPLY:
	case OF_SET_ASYNC:
		random_async(rng, &msg->async);
		break;
	case OF_BUNDLE_CTRL:
		random_bundle_ctrl(rng, msg);
		break;
	case OF_BUNDLE_FEATURES_REQUEST:
	case OF_BUNDLE_FEATURES_REPLY:
		random_bundle_features(rng, &msg->bundle_features);
		break;
	case OF_CONTROLLER_STATUS:
		random_controller(rng, a, &msg->controller_status);
		break;
	case OF_CONTROLLER_STATUS_REPLY:
		random_controllers(rng, a, &msg->controller_status_reply);
		break;
	default:
		break;
	}
}

void of_random_switch(struct rng *rng, struct arena *a, struct of_msg *msg)
{
	switch (msg->kind) {
	case OF_FEATURES_REPLY:
		random_features(rng, &msg->features_reply);
		break;
	case OF_GET_CONFIG_REPLY:
	case OF_SET_CONFIG:
		msg->config = (struct of_switch_config){ rng_below(rng, 4), rng_u64(rng) };
		break;
	case OF_PORT_STATUS:
		msg->port_status.reason = rng_u64(rng);
		random_port(rng, &msg->port_status.port);
		break;
	case OF_PORT_MOD:
		random_port_mod(rng, &msg->port_mod);
		break;
	case OF_PORT_DESC_REPLY:
		random_port_descs(rng, a, &msg->port_desc_reply);
		break;
	case OF_PORT_STATS_REPLY:
		random_port_stats(rng, a, &msg->port_stats_reply);
		break;
	case OF_TABLE_STATS_REPLY:
		random_tables(rng, a, &msg->table_stats_reply);
		break;
	case OF_AGGREGATE_REPLY:
		msg->aggregate_reply =
			(struct of_aggregate_reply){ random_counter(rng), random_counter(rng),
						     rng_u64(rng) };
		break;
	case OF_QUEUE_GET_CONFIG_REPLY:
	case OF_QUEUE_DESC_REPLY:
		random_queues(rng, a, msg);
		break;
	case OF_QUEUE_STATS_REPLY:
		random_queue_stats(rng, a, &msg->queue_stats_reply);
		break;
	default:
		random_connection(rng, a, msg);
	}
}
