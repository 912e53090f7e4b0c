/* Samples of the messages about groups, meters and tables. */

#include "tests/fakes/proto/of_samples.h"

#include "proto/openflow/action_output.h"

static struct of_bucket sample_bucket(struct arena *a, uint32_t id)
{
	struct of_bucket b = {
		.id = id,
		.weight = 10 + id,
		.watch_port = OF_PORT_ANY,
		.watch_group = OF_GROUP_ANY,
	};

	of_actions_add(a, &b.actions, &of_action_output(a, 1 + id, 0)->base);
	return b;
}

static struct of_bucket *sample_buckets(struct arena *a, unsigned n)
{
	struct of_bucket *buckets = arena_alloc(a, n * sizeof(*buckets));

	for (unsigned i = 0; i < n; i++)
		buckets[i] = sample_bucket(a, i);
	return buckets;
}

static void sample_selection(const struct of_msg *msg, struct arena *a,
			     struct of_group_selection *s)
{
	if (msg->version < OF_VERSION_1_5)
		return;
	strcpy(s->method, "hash");
	s->param = 7;
	of_match_set_u64_masked(a, &s->fields, OF_FIELD_IPV4_SRC, 0xffffff00, 0xffffff00);
	of_match_set_u64(a, &s->fields, OF_FIELD_IP_PROTO, 0xff);
}

static void sample_group_mod(struct arena *a, struct of_msg *msg)
{
	msg->group_mod = (struct of_group_mod){
		.command = OF_GROUP_ADD,
		.type = OF_GROUP_SELECT,
		.group_id = 5,
		.command_bucket_id = OF_BUCKET_ALL,
		.n_buckets = 2,
		.buckets = sample_buckets(a, 2),
	};
	sample_selection(msg, a, &msg->group_mod.selection);
}

static void sample_group_desc(struct arena *a, struct of_msg *msg)
{
	struct of_group_desc_reply *r = &msg->group_desc_reply;

	r->more = true;
	r->n = 2;
	r->groups = arena_alloc(a, 2 * sizeof(*r->groups));
	r->groups[0] = (struct of_group_desc){
		.type = OF_GROUP_SELECT,
		.group_id = 5,
		.n_buckets = 2,
		.buckets = sample_buckets(a, 2),
	};
	sample_selection(msg, a, &r->groups[0].selection);
	r->groups[1] = (struct of_group_desc){
		.type = OF_GROUP_FAST_FAILOVER,
		.group_id = 6,
		.n_buckets = 1,
		.buckets = sample_buckets(a, 1),
	};
	r->groups[1].buckets[0].weight = 0;
	r->groups[1].buckets[0].watch_port = 1;
	r->groups[1].buckets[0].watch_group = 5;
}

static void sample_group_stats(struct arena *a, struct of_group_stats_reply *r)
{
	r->n = 1;
	r->stats = arena_alloc(a, sizeof(*r->stats));
	*r->stats = (struct of_group_stats){
		.group_id = 5,
		.ref_count = 3,
		.n_packets = 1000,
		.n_bytes = 64000,
		.duration_sec = 7,
		.duration_nsec = 250000000,
		.n_buckets = 2,
		.buckets = arena_alloc(a, 2 * sizeof(*r->stats->buckets)),
	};
	r->stats->buckets[0] = (struct of_bucket_counter){ 600, 38400 };
	r->stats->buckets[1] = (struct of_bucket_counter){ 400, 25600 };
}

static bool sample_group(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	switch (kind) {
	case OF_GROUP_MOD:
		sample_group_mod(a, msg);
		break;
	case OF_GROUP_DESC_REQUEST:
		msg->group_request.group_id = msg->version < OF_VERSION_1_5 ? OF_GROUP_ALL : 5;
		break;
	case OF_GROUP_STATS_REQUEST:
		msg->group_request.group_id = 5;
		break;
	case OF_GROUP_DESC_REPLY:
		sample_group_desc(a, msg);
		break;
	case OF_GROUP_STATS_REPLY:
		sample_group_stats(a, &msg->group_stats_reply);
		break;
	case OF_GROUP_FEATURES_REPLY:
		msg->group_features = (struct of_group_features){
			.types = 0xf,
			.capabilities = 0xf,
			.max_groups = { 100, 200, 300, 400 },
			.actions = { 0x07ff9801, 1, 1, 1 },
		};
		break;
	default:
		return false;
	}
	return true;
}

static struct of_meter_config sample_meter(struct arena *a)
{
	struct of_meter_config m = {
		.command = OF_METER_ADD,
		.flags = OF_METER_KBPS | OF_METER_BURST | OF_METER_STATS,
		.meter_id = 3,
		.n_bands = 2,
		.bands = arena_alloc(a, 2 * sizeof(*m.bands)),
	};

	m.bands[0] = (struct of_meter_band){ OF_BAND_DROP, 2000, 200, 0 };
	m.bands[1] = (struct of_meter_band){ OF_BAND_DSCP_REMARK, 1000, 100, 1 };
	return m;
}

static void sample_meter_stats(struct arena *a, struct of_meter_stats_reply *r)
{
	r->n = 1;
	r->stats = arena_alloc(a, sizeof(*r->stats));
	*r->stats = (struct of_meter_stats){
		.meter_id = 3,
		.flow_count = 2,
		.n_packets = 1000,
		.n_bytes = 64000,
		.duration_sec = 7,
		.duration_nsec = 123456789,
		.n_bands = 2,
		.bands = arena_alloc(a, 2 * sizeof(*r->stats->bands)),
	};
	r->stats->bands[0] = (struct of_band_counter){ 10, 640 };
	r->stats->bands[1] = (struct of_band_counter){ 20, 1280 };
}

static bool sample_meters(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	switch (kind) {
	case OF_METER_MOD:
		msg->meter_mod = sample_meter(a);
		break;
	case OF_METER_CONFIG_REQUEST:
	case OF_METER_STATS_REQUEST:
		msg->meter_request.meter_id = OF_METER_ALL;
		break;
	case OF_METER_CONFIG_REPLY:
		msg->meter_config_reply.n = 1;
		msg->meter_config_reply.meters = arena_alloc(a, sizeof(struct of_meter_config));
		*msg->meter_config_reply.meters = sample_meter(a);
		break;
	case OF_METER_STATS_REPLY:
		sample_meter_stats(a, &msg->meter_stats_reply);
		break;
	case OF_METER_FEATURES_REPLY:
		msg->meter_features = (struct of_meter_features){
			.max_meters = 1024,
			.band_types = 1u << OF_BAND_DROP | 1u << OF_BAND_DSCP_REMARK,
			.capabilities = 0xf,
			.max_bands = 8,
			.max_color = 3,
			.features = msg->version < OF_VERSION_1_5 ? 0 : 2,
		};
		break;
	default:
		return false;
	}
	return true;
}

bool of_sample_state(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	return sample_group(kind, a, msg) || sample_meters(kind, a, msg);
}
