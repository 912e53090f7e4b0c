/* Samples of the messages about groups, meters, tables and monitors, and of the Nicira extensions.
 */

#include "tests/fakes/proto/of_samples.h"

#include <openflow/openflow-1.3.h>

#include "proto/openflow/action_output.h"
#include "proto/openflow/packet_in2.h"
#include "proto/openflow/table_features_props.h"

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

static struct of_table_desc sample_table(const struct of_msg *msg)
{
	bool is_mod = msg->kind == OF_TABLE_MOD;

	if (msg->version < OF_VERSION_1_4)
		return (struct of_table_desc){ .table_id = 3, .config = 1 };
	return (struct of_table_desc){
		.table_id = 3,
		.config = OF_TABLE_EVICTION | OF_TABLE_VACANCY,
		.has_eviction = true,
		.eviction_flags = OF_EVICT_IMPORTANCE | OF_EVICT_LIFETIME,
		.has_vacancy = true,
		.vacancy_down = 10,
		.vacancy_up = 20,
		.vacancy = is_mod ? 0 : 50,
	};
}

static void sample_table_features(struct arena *a, struct of_msg *msg)
{
	struct of_table_features *t = arena_alloc(a, sizeof(*t));
	struct of_table_abilities ab = { 0 };

	*t = (struct of_table_features){
		.table_id = 3,
		.command = msg->version < OF_VERSION_1_5 ? 0 : OFPTFC15_MODIFY,
		.features = msg->version < OF_VERSION_1_5 ? 0 : 1,
		.name = "classifier",
		.metadata_match = UINT64_MAX,
		.metadata_write = 0xff,
		.max_entries = 1000,
	};
	ab.flow.instructions = 0x7e;
	of_table_set_add(&ab.flow.next_tables, 4);
	of_table_set_add(&ab.flow.next_tables, 5);
	of_table_set_add(&ab.flow.next_tables, 7);
	ab.flow.write_actions = ab.flow.apply_actions = 0x07ff9801;
	of_field_set_add(&ab.flow.write_setfield, OF_FIELD_ETH_SRC);
	of_field_set_add(&ab.flow.apply_setfield, OF_FIELD_ETH_SRC);
	of_field_set_add(&ab.match, OF_FIELD_ETH_SRC);
	of_field_set_add(&ab.match, OF_FIELD_ETH_TYPE);
	of_field_set_add(&ab.match, OF_FIELD_IN_PORT);
	of_field_set_add(&ab.mask, OF_FIELD_ETH_SRC);
	of_field_set_add(&ab.wildcard, OF_FIELD_ETH_SRC);
	of_field_set_add(&ab.wildcard, OF_FIELD_ETH_TYPE);
	ab.miss = ab.flow;
	ab.miss.write_actions = 1;
	ab.is_ethernet_only = msg->version >= OF_VERSION_1_5;
	of_table_abilities_write(&ab, msg->version, a, t);
	msg->table_features = (struct of_table_features_msg){ .n = 1, .tables = t };
}

static bool sample_tables(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	switch (kind) {
	case OF_TABLE_MOD:
		msg->table_mod = sample_table(msg);
		break;
	case OF_TABLE_DESC_REPLY:
		msg->table_desc_reply.n = 2;
		msg->table_desc_reply.tables = arena_alloc(a, 2 * sizeof(struct of_table_desc));
		msg->table_desc_reply.tables[0] = sample_table(msg);
		msg->table_desc_reply.tables[1].table_id = 4;
		break;
	case OF_TABLE_STATUS:
		msg->table_status.reason = OF_TABLE_VACANCY_DOWN;
		msg->table_status.table = sample_table(msg);
		break;
	case OF_TABLE_FEATURES_REQUEST:
	case OF_TABLE_FEATURES_REPLY:
		sample_table_features(a, msg);
		break;
	default:
		return false;
	}
	return true;
}

static void sample_monitor_request(struct arena *a, struct of_monitor_request *r)
{
	r->n = 1;
	r->monitors = arena_alloc(a, sizeof(*r->monitors));
	*r->monitors = (struct of_monitor){
		.monitor_id = 7,
		.out_port = 2,
		.out_group = OF_GROUP_ANY,
		.flags = OF_MONITOR_INITIAL | OF_MONITOR_ADD | OF_MONITOR_INSTRUCTIONS,
		.table_id = 3,
	};
	of_match_set_u64(a, &r->monitors->match, OF_FIELD_IN_PORT, 1);
}

static void sample_monitor_reply(struct arena *a, struct of_monitor_reply *r)
{
	struct status st = STATUS_INIT;

	r->n = 2;
	r->updates = arena_alloc(a, 2 * sizeof(*r->updates));
	r->updates[0] = (struct of_flow_update){
		.event = OF_UPDATE_ADDED,
		.table_id = 3,
		.idle_timeout = 5,
		.priority = 10,
		.cookie = 0xc0,
	};
	of_match_set_u64(a, &r->updates[0].match, OF_FIELD_IN_PORT, 1);
	of_instructions_parse("output:2", a, &r->updates[0].instructions, &st);
	r->updates[1] = (struct of_flow_update){ .event = OF_UPDATE_ABBREV, .xid = 0x1234 };
}

static bool sample_monitors(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	bool is_old = msg->version < OF_VERSION_1_4;

	switch (kind) {
	case OF_MONITOR_REQUEST:
		sample_monitor_request(a, &msg->monitor_request);
		msg->monitor_request.monitors->form = is_old ? OF_MONITOR_ONF : OF_MONITOR_STANDARD;
		break;
	case OF_MONITOR_REPLY:
		sample_monitor_reply(a, &msg->monitor_reply);
		msg->monitor_reply.form = is_old ? OF_MONITOR_ONF : OF_MONITOR_STANDARD;
		break;
	case OF_MONITOR_CANCEL:
	case OF_MONITOR_PAUSED:
	case OF_MONITOR_RESUMED:
		msg->monitor_cancel.form = is_old ? OF_MONITOR_ONF : OF_MONITOR_NICIRA;
		msg->monitor_cancel.monitor_id = kind == OF_MONITOR_CANCEL ? 7 : 0;
		break;
	default:
		return false;
	}
	return true;
}

static const uint8_t packet[] = { 0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x88, 0xb5 };

static void sample_packet_in2(struct arena *a, struct of_packet_in *pi)
{
	static const uint8_t userdata[] = { 1, 2, 3 }, continuation[] = { 9, 8, 7, 6 };

	*pi = (struct of_packet_in){
		.buffer_id = OF_NO_BUFFER,
		.total_len = 60,
		.reason = 1,
		.table_id = 3,
		.cookie = 0xc0,
		.data = packet,
		.size = sizeof(packet),
		.userdata = userdata,
		.userdata_size = sizeof(userdata),
		.continuation = continuation,
		.continuation_size = sizeof(continuation),
	};
	of_match_set_u64(a, &pi->match, OF_FIELD_IN_PORT, 1);
}

static void sample_resume(struct arena *a, struct of_msg *msg)
{
	struct of_packet_in pi;
	struct buf b = BUF_INIT;

	sample_packet_in2(a, &pi);
	of_packet_in2_encode(&pi, msg->version, &b);
	msg->nx_resume.data = arena_dup(a, b.data, b.size);
	msg->nx_resume.size = b.size;
	buf_fini(&b);
}

static void sample_tlv_table(struct arena *a, struct of_msg *msg)
{
	struct of_tlv_table *t = &msg->tlv_table;

	if (msg->kind == OF_NX_TLV_TABLE_REPLY) {
		t->max_space = 256;
		t->max_fields = 64;
	}
	t->n = 2;
	t->maps = arena_alloc(a, 2 * sizeof(*t->maps));
	t->maps[0] = (struct of_tlv_map){ 0xffff, 1, 4, 0 };
	t->maps[1] = (struct of_tlv_map){ 0x0102, 2, 8, 5 };
}

#define V4_MAPPED(A, B, C, D)                                                                      \
	{                                                                                          \
		[10] = 0xff, [11] = 0xff, [12] = A, [13] = B, [14] = C, [15] = D                   \
	}

static bool sample_nicira(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	switch (kind) {
	case OF_NX_SET_ASYNC2:
		msg->async = (struct of_async_config){
			.mask = { { 3, 1 } },
			.has = { 1, 1 },
		};
		break;
	case OF_NX_SET_PACKET_IN_FORMAT:
		msg->nx_format.format = OF_PACKET_IN_NICIRA2;
		break;
	case OF_NX_SET_CONTROLLER_ID:
		msg->nx_controller_id.id = 3;
		break;
	case OF_NX_PACKET_IN2:
		sample_packet_in2(a, &msg->packet_in);
		break;
	case OF_NX_RESUME:
		sample_resume(a, msg);
		break;
	case OF_NX_TLV_TABLE_MOD:
	case OF_NX_TLV_TABLE_REPLY:
		sample_tlv_table(a, msg);
		break;
	case OF_NX_CT_FLUSH_ZONE:
		msg->nx_zone.zone = 5;
		break;
	case OF_NX_CT_FLUSH:
		msg->nx_ct_flush = (struct of_nx_ct_flush){
			.ip_proto = 6,
			.has_zone = true,
			.zone = 5,
			.family = 4,
			.original = { .src = V4_MAPPED(10, 0, 0, 1),
				      .src_port = 1024,
				      .dst_port = 80 },
			.reply.src = V4_MAPPED(10, 0, 0, 2),
		};
		break;
	default:
		return false;
	}
	return true;
}

bool of_sample_state(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	return sample_group(kind, a, msg) || sample_meters(kind, a, msg) ||
	       sample_tables(kind, a, msg) || sample_monitors(kind, a, msg) ||
	       sample_nicira(kind, a, msg);
}
