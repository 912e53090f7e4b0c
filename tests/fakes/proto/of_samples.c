/* One sample of every kind of message. */

#include "tests/fakes/proto/of_samples.h"

#include <openflow/openflow-1.4.h>

#include "proto/openflow/action_output.h"

static const uint8_t frame[] = { 0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x88, 0xb5, 0xab };
static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 0x07 };

static void sample_flow(struct arena *a, struct of_match *m, struct of_instructions *ins)
{
	struct status st = STATUS_INIT;

	of_match_parse("tcp,in_port=1,nw_dst=10.0.0.0/8,tp_dst=80", a, m, &st);
	of_instructions_parse("output:2,goto_table:9", a, ins, &st);
}

static struct of_port sample_port(uint32_t port_no)
{
	struct of_port p = {
		.port_no = port_no,
		.name = "tap7",
		.config = OFPPC_NO_FWD,
		.state = OFPPS11_LIVE,
		.curr = OFPPF_10GB_FD,
		.advertised = 1,
		.supported = 2,
		.peer = 4,
		.curr_speed = 10000000,
		.max_speed = 40000000,
	};

	memcpy(p.hw_addr, mac, sizeof(mac));
	return p;
}

static void sample_flow_mod(struct arena *a, struct of_flow_mod *fm)
{
	*fm = (struct of_flow_mod){
		.cookie = 0x1122334455667788,
		.table_id = 3,
		.command = OFPFC_ADD,
		.idle_timeout = 5,
		.hard_timeout = 60,
		.priority = 100,
		.buffer_id = OF_NO_BUFFER,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
		.flags = OF_FLOW_SEND_REMOVED,
		.importance = 9,
	};
	sample_flow(a, &fm->match, &fm->instructions);
}

static void sample_flow_stats(struct arena *a, struct of_flow_stats_reply *r)
{
	r->more = true;
	r->n = 2;
	r->stats = arena_alloc(a, 2 * sizeof(*r->stats));
	for (unsigned i = 0; i < 2; i++) {
		r->stats[i] = (struct of_flow_stats){
			.table_id = i,
			.priority = 10 + i,
			.idle_timeout = 5 * i,
			.hard_timeout = 7 * i,
			.flags = i ? OF_FLOW_SEND_REMOVED | OF_FLOW_NO_BYTE_COUNTS : 0,
			.duration_sec = 3,
			.duration_nsec = 250000000,
			.idle_ns = 1500000000,
			.importance = 3 * i,
			.cookie = 0xc0 + i,
			.n_packets = 1000,
			.n_bytes = 64000,
		};
		sample_flow(a, &r->stats[i].match, &r->stats[i].instructions);
	}
}

static void sample_queues(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	switch (kind) {
	case OF_QUEUE_GET_CONFIG_REQUEST:
	case OF_QUEUE_DESC_REQUEST:
	case OF_QUEUE_STATS_REQUEST:
		msg->queue_request = (struct of_queue_request){ 7, OF_QUEUE_ALL };
		break;
	case OF_QUEUE_GET_CONFIG_REPLY:
	case OF_QUEUE_DESC_REPLY:
		msg->queue_desc_reply.port_no = 7;
		msg->queue_desc_reply.n = 2;
		msg->queue_desc_reply.queues = arena_alloc(a, 2 * sizeof(struct of_queue_desc));
		msg->queue_desc_reply.queues[0] = (struct of_queue_desc){ 7, 0, 105, 900 };
		msg->queue_desc_reply.queues[1] =
			(struct of_queue_desc){ 7, 1, OF_RATE_UNSET, 500 };
		break;
	case OF_QUEUE_STATS_REPLY:
		msg->queue_stats_reply.n = 2;
		msg->queue_stats_reply.stats = arena_alloc(a, 2 * sizeof(struct of_queue_stats));
		msg->queue_stats_reply.stats[0] =
			(struct of_queue_stats){ 7, 0, 64000, 1000, 2, 30, 500000000 };
		msg->queue_stats_reply.stats[1] =
			(struct of_queue_stats){ 7, 1, 6400, 100, UINT64_MAX, 30, 0 };
		break;
	default:
		break;
	}
}

static const struct of_controller_status sample_controllers[] = {
	{ 3, OF_ROLE_MASTER, 2, 0, "tls:192.0.2.1:6653" },
	{ 4, OF_ROLE_SLAVE, 1, 1, "tcp:192.0.2.22:6653" },
};

/* A message as bytes, as one inside another is. */
static const uint8_t *sample_inner(struct arena *a, const struct of_msg *inner, size_t *size)
{
	struct buf b = BUF_INIT;
	const uint8_t *data;

	of_msg_encode(inner, &b);
	data = arena_dup(a, b.data, b.size);
	*size = b.size;
	buf_fini(&b);
	return data;
}

/* What the switch tells since 1.4. */
static void sample_status(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	struct of_msg inner;

	switch (kind) {
	case OF_ROLE_STATUS:
		msg->role_status = (struct of_role_status){ OF_ROLE_SLAVE, 0, 18 };
		break;
	case OF_REQUESTFORWARD:
		of_sample(OF_GROUP_MOD, msg->version, a, &inner);
		msg->requestforward.request = sample_inner(a, &inner, &msg->requestforward.size);
		break;
	case OF_CONTROLLER_STATUS:
		msg->controller_status = sample_controllers[0];
		break;
	case OF_CONTROLLER_STATUS_REPLY:
		msg->controller_status_reply.n = 2;
		msg->controller_status_reply.controllers =
			arena_dup(a, sample_controllers, sizeof(sample_controllers));
		break;
	case OF_BUNDLE_FEATURES_REQUEST:
	case OF_BUNDLE_FEATURES_REPLY:
		msg->bundle_features = (struct of_bundle_features){
			.features = kind == OF_BUNDLE_FEATURES_REQUEST ? 3 : 7,
			.has_time = true,
			.accuracy = { 0, 1000000 },
			.max_future = { 86400, 0 },
			.max_past = { 1, 500000000 },
			.timestamp = { 1700000000, 7 },
		};
		break;
	default:
		sample_queues(kind, a, msg);
	}
}

static void sample_stats(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	switch (kind) {
	case OF_FLOW_STATS_REQUEST:
	case OF_AGGREGATE_REQUEST:
	case OF_FLOW_COUNTS_REQUEST:
		msg->flow_stats_request = (struct of_flow_stats_request){
			.table_id = 4,
			.out_port = 2,
			.out_group = OF_GROUP_ANY,
			.cookie = 0x10,
			.cookie_mask = 0xff,
		};
		of_match_set_u64(a, &msg->flow_stats_request.match, OF_FIELD_IN_PORT, 1);
		break;
	case OF_FLOW_STATS_REPLY:
	case OF_FLOW_COUNTS_REPLY:
		sample_flow_stats(a, &msg->flow_stats_reply);
		break;
	case OF_AGGREGATE_REPLY:
		msg->aggregate_reply = (struct of_aggregate_reply){ 1000, 64000, 12 };
		break;
	case OF_TABLE_STATS_REPLY:
		msg->table_stats_reply.n = 2;
		msg->table_stats_reply.stats = arena_alloc(a, 2 * sizeof(struct of_table_stats));
		msg->table_stats_reply.stats[0] = (struct of_table_stats){ 0, 5, 100, 90 };
		msg->table_stats_reply.stats[1] = (struct of_table_stats){ 10, 6, 90, 80 };
		break;
	case OF_PORT_STATS_REQUEST:
	case OF_PORT_DESC_REQUEST:
		msg->port_stats_request.port_no = OF_PORT_ANY;
		break;
	case OF_PORT_STATS_REPLY:
		msg->port_stats_reply.n = 1;
		msg->port_stats_reply.stats = arena_alloc(a, sizeof(struct of_port_stats));
		*msg->port_stats_reply.stats = (struct of_port_stats){
			7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, UINT64_MAX, UINT64_MAX, 20, 30000000,
		};
		break;
	case OF_PORT_DESC_REPLY:
		msg->port_desc_reply.n = 2;
		msg->port_desc_reply.ports = arena_alloc(a, 2 * sizeof(struct of_port));
		msg->port_desc_reply.ports[0] = sample_port(7);
		msg->port_desc_reply.ports[1] = sample_port(OF_PORT_LOCAL);
		break;
	case OF_MULTIPART_OTHER:
		msg->multipart_other.type = 99;
		msg->multipart_other.data = frame;
		msg->multipart_other.size = 8;
		break;
	default:
		sample_status(kind, a, msg);
	}
}

static void sample_bundle_add(struct arena *a, struct of_msg *msg)
{
	struct of_msg inner = { .kind = OF_FLOW_MOD, .version = msg->version, .xid = msg->xid };

	sample_flow_mod(a, &inner.flow_mod);
	msg->bundle_add = (struct of_bundle_add){
		.bundle_id = 9,
		.flags = OFPBF_ATOMIC | OFPBF_ORDERED,
	};
	msg->bundle_add.inner = sample_inner(a, &inner, &msg->bundle_add.inner_size);
}

static void sample_flow_removed(struct arena *a, struct of_flow_removed *fr)
{
	*fr = (struct of_flow_removed){
		.cookie = 0xc0,
		.priority = 10,
		.reason = OFPRR_HARD_TIMEOUT,
		.table_id = 3,
		.duration_sec = 60,
		.duration_nsec = 1000000,
		.hard_timeout = 60,
		.n_packets = 8,
		.n_bytes = 512,
	};
	of_match_set_u64(a, &fr->match, OF_FIELD_IN_PORT, 1);
}

static void sample_packet(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	if (kind == OF_PACKET_IN) {
		msg->packet_in = (struct of_packet_in){
			.buffer_id = OF_NO_BUFFER,
			.total_len = 60,
			.reason = OFPR_ACTION,
			.table_id = 10,
			.cookie = 0xc0,
			.data = frame,
			.size = sizeof(frame),
		};
		of_match_set_u64(a, &msg->packet_in.match, OF_FIELD_IN_PORT, 1);
		of_match_set_u64(a, &msg->packet_in.match, OF_FIELD_REG0, 77);
		of_match_set_u64(a, &msg->packet_in.match, OF_FIELD_METADATA, 5);
		return;
	}
	msg->packet_out = (struct of_packet_out){
		.buffer_id = OF_NO_BUFFER,
		.in_port = OF_PORT_CONTROLLER,
		.data = frame,
		.size = sizeof(frame),
	};
	of_actions_add(a, &msg->packet_out.actions, &of_action_output(a, 3, 0)->base);
	of_actions_add(a, &msg->packet_out.actions, &of_action_output(a, OF_PORT_TABLE, 0)->base);
}

/* Messages about the switch and the connection. */
static void sample_common(enum of_kind kind, struct arena *a, struct of_msg *msg)
{
	switch (kind) {
	case OF_HELLO:
		msg->hello.versions = 1u << OF_VERSION_1_3;
		break;
	case OF_ERROR:
		msg->error.error = (struct of_error){ OFPET_BAD_MATCH, OFPBMC_BAD_PREREQ, 0 };
		msg->error.data = frame;
		msg->error.size = 12;
		break;
	case OF_ECHO_REQUEST:
	case OF_ECHO_REPLY:
		msg->echo.data = frame;
		msg->echo.size = 3;
		break;
	case OF_EXPERIMENTER:
		msg->experimenter = (struct of_experimenter){ 0x00abcdef, 5, frame, 4 };
		break;
	case OF_FEATURES_REPLY:
		msg->features_reply = (struct of_features_reply){
			.datapath_id = 0x0000020000000007,
			.n_tables = 254,
			.capabilities = OFPC_FLOW_STATS | OFPC_TABLE_STATS | OFPC_PORT_STATS,
		};
		break;
	case OF_GET_CONFIG_REPLY:
	case OF_SET_CONFIG:
		msg->config = (struct of_switch_config){ OFPC_FRAG_NORMAL, 128 };
		break;
	case OF_PORT_STATUS:
		msg->port_status.reason = OFPPR_MODIFY;
		msg->port_status.port = sample_port(7);
		break;
	case OF_PORT_MOD:
		msg->port_mod = (struct of_port_mod){
			.port_no = 7,
			.config = OFPPC_PORT_DOWN,
			.mask = OFPPC_PORT_DOWN | OFPPC_NO_FWD,
			.advertise = 1,
		};
		memcpy(msg->port_mod.hw_addr, mac, sizeof(mac));
		break;
	case OF_ROLE_REQUEST:
	case OF_ROLE_REPLY:
		msg->role = (struct of_role){ OF_ROLE_MASTER, 17, 3 };
		break;
	case OF_GET_ASYNC_REPLY:
	case OF_SET_ASYNC:
		msg->async = (struct of_async_config){
			.mask = { { 3, 0 }, { 7, 7 }, { 15, 0 }, { 1, 3 }, { 24, 8 }, { 3, 2 } },
			.has = { 0x3f, 0x3f },
		};
		break;
	case OF_DESC_REPLY:
		msg->desc = (struct of_desc){ "Weft", "x86-64", "0.1", "None", "host1" };
		break;
	case OF_BUNDLE_CTRL:
		msg->bundle_ctrl = (struct of_bundle_ctrl){
			.bundle_id = 9,
			.type = OFPBCT_COMMIT_REQUEST,
			.flags = OFPBF_ATOMIC,
		};
		break;
	case OF_WEFT_REQUEST:
	case OF_WEFT_REPLY:
		msg->weft_mgmt.data = frame;
		msg->weft_mgmt.size = 6;
		break;
	default:
		sample_stats(kind, a, msg);
	}
}

void of_sample(enum of_kind kind, uint8_t version, struct arena *a, struct of_msg *msg)
{
	*msg = (struct of_msg){ .kind = kind, .version = version, .xid = 0x100 + kind };
	switch (kind) {
	case OF_PACKET_IN:
	case OF_PACKET_OUT:
		sample_packet(kind, a, msg);
		break;
	case OF_FLOW_REMOVED:
		sample_flow_removed(a, &msg->flow_removed);
		break;
	case OF_FLOW_MOD:
		sample_flow_mod(a, &msg->flow_mod);
		break;
	case OF_BUNDLE_ADD:
		sample_bundle_add(a, msg);
		break;
	default:
		if (!of_sample_state(kind, a, msg))
			sample_common(kind, a, msg);
	}
}
