#include "dataplane/ofagent/async.h"

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-1.4.h>

enum { MASTER_OR_EQUAL, SLAVE };

#define REMOVED_REASONS_1_3 0xfu  /* idle, hard, delete, group delete */
#define REMOVED_REASONS_1_4 0x3fu /* and meter delete, eviction */
#define PACKET_IN_1_3	    (1u << OFPR_NO_MATCH | 1u << OFPR_ACTION)
#define PACKET_IN_1_4                                                                              \
	(PACKET_IN_1_3 | 1u << OFPR_ACTION_SET | 1u << OFPR_GROUP | 1u << OFPR_PACKET_OUT)
#define TABLE_REASONS	   (1u << OF_TABLE_VACANCY_DOWN | 1u << OF_TABLE_VACANCY_UP)
#define CONTROLLER_REASONS 0x3fu

/* Kinds that a version has: 3, 6 and 8. */
static uint32_t kinds_of(uint8_t version)
{
	return (1u << (version < OF_VERSION_1_4	  ? OF_ASYNC_FLOW_REMOVED + 1
		       : version < OF_VERSION_1_5 ? OF_ASYNC_REQUESTFORWARD + 1
						  : OF_N_ASYNC_KINDS)) -
	       1;
}

void async_config_init(struct of_async_config *async, uint8_t version)
{
	bool is_old = version < OF_VERSION_1_4;

	*async = (struct of_async_config){
		.has = { kinds_of(version), kinds_of(version) },
		.mask[OF_ASYNC_PACKET_IN] = { is_old ? PACKET_IN_1_3 : PACKET_IN_1_4, 0 },
		.mask[OF_ASYNC_PORT_STATUS] = { OFPPR_BITS, OFPPR_BITS },
		.mask[OF_ASYNC_FLOW_REMOVED] = { is_old ? REMOVED_REASONS_1_3 : REMOVED_REASONS_1_4,
						 0 },
		.mask[OF_ASYNC_ROLE_STATUS] = { 1u << OFPCRR_PRIMARY_REQUEST,
						1u << OFPCRR_PRIMARY_REQUEST },
		.mask[OF_ASYNC_TABLE_STATUS] = { TABLE_REASONS, 0 },
		.mask[OF_ASYNC_CONTROLLER_STATUS] = { CONTROLLER_REASONS, CONTROLLER_REASONS },
	};
}

static bool wants(const struct conn *c, enum of_async_kind kind, uint8_t reason)
{
	unsigned column = c->role == OF_ROLE_SLAVE ? SLAVE : MASTER_OR_EQUAL;

	return c->state == CONN_OPEN && !c->auxiliary_id && reason < 32 &&
	       (c->async.mask[kind][column] & 1u << reason);
}

static void tell_all(struct datapath *dp, enum of_async_kind kind, uint8_t reason,
		     const struct of_msg *m)
{
	struct conn *c;

	LIST_FOREACH (c, &dp->conns, in_conns) {
		if (wants(c, kind, reason))
			conn_send(c, m);
	}
}

void async_port_status(struct datapath *dp, uint8_t reason, const struct of_port *port)
{
	tell_all(dp, OF_ASYNC_PORT_STATUS, reason,
		 &(struct of_msg){ .kind = OF_PORT_STATUS, .port_status = { reason, *port } });
}

/* To 1.3 a flow that a meter took along, or that was evicted, was deleted. */
void async_flow_removed(struct datapath *dp, const struct of_flow_removed *fr)
{
	struct conn *c;

	LIST_FOREACH (c, &dp->conns, in_conns) {
		struct of_msg m = { .kind = OF_FLOW_REMOVED, .flow_removed = *fr };

		if (c->version < OF_VERSION_1_4 && !(REMOVED_REASONS_1_3 >> fr->reason & 1))
			m.flow_removed.reason = OFPRR_DELETE;
		if (wants(c, OF_ASYNC_FLOW_REMOVED, m.flow_removed.reason))
			conn_send(c, &m);
	}
}

void async_table_status(struct datapath *dp, const struct of_table_status *ts)
{
	tell_all(dp, OF_ASYNC_TABLE_STATUS, ts->reason,
		 &(struct of_msg){ .kind = OF_TABLE_STATUS, .table_status = *ts });
}

void async_role_status(struct conn *c)
{
	struct of_msg m = { .kind = OF_ROLE_STATUS,
			    .role_status = { .role = OF_ROLE_SLAVE,
					     .reason = OFPCRR_PRIMARY_REQUEST,
					     .generation_id = c->dp->generation } };

	if (wants(c, OF_ASYNC_ROLE_STATUS, OFPCRR_PRIMARY_REQUEST))
		conn_send(c, &m);
}

/* In the version of each: the one that sent it may speak another. */
void async_requestforward(struct conn *from, const struct of_msg *m)
{
	uint8_t reason = m->kind == OF_GROUP_MOD ? OFPRFR_GROUP_MOD : OFPRFR_METER_MOD;
	struct buf request = BUF_INIT;
	struct conn *c;

	LIST_FOREACH (c, &from->dp->conns, in_conns) {
		struct of_msg copy = *m;

		if (conn_main(c) == conn_main(from) || !wants(c, OF_ASYNC_REQUESTFORWARD, reason))
			continue;
		copy.version = c->version;
		buf_clear(&request);
		if (of_msg_encode(&copy, &request) == 0)
			conn_send(c, &(struct of_msg){
					     .kind = OF_REQUESTFORWARD,
					     .xid = m->xid,
					     .requestforward = { request.data, request.size } });
	}
	buf_fini(&request);
}

void async_controller_describe(const struct conn *c, uint8_t reason, bool is_up,
			       struct of_controller_status *out)
{
	*out = (struct of_controller_status){
		.short_id = c->short_id,
		.role = c->role,
		.reason = reason,
		.channel_status = !is_up,
		.uri = c->peer,
	};
}

void async_controller_status(struct conn *c, uint8_t reason, bool is_up)
{
	struct of_msg m = { .kind = OF_CONTROLLER_STATUS };
	struct conn *other;

	if (c->auxiliary_id)
		return;
	async_controller_describe(c, reason, is_up, &m.controller_status);
	LIST_FOREACH (other, &c->dp->conns, in_conns) {
		if (other != c && wants(other, OF_ASYNC_CONTROLLER_STATUS, reason))
			conn_send(other, &m);
	}
}

/* Reasons of later versions are an action's in 1.3. */
static uint8_t reason_for(const struct conn *c, uint8_t reason)
{
	return c->version < OF_VERSION_1_4 && reason > OFPR_INVALID_TTL ? OFPR_ACTION : reason;
}

/* Packet-ins of a peer that does not keep up are left out: the packets are lost to it, as on a
 * full queue, but the connection and its replies live. */
void async_packet_in(void *arg, const struct of_packet_in *pi)
{
	struct datapath *dp = arg;
	struct conn *c;

	LIST_FOREACH (c, &dp->conns, in_conns) {
		struct of_msg m = { .kind = OF_PACKET_IN, .packet_in = *pi };

		m.packet_in.reason = reason_for(c, pi->reason);
		if (pi->controller_id != c->controller_id ||
		    !wants(c, OF_ASYNC_PACKET_IN, m.packet_in.reason))
			continue;
		if (stream_pending(c->stream) > CONN_PUNT_BYTES) {
			c->n_punts_left_out++;
			dp->n_left_out++;
			continue;
		}
		if (c->packet_in_format == PACKET_IN_NX2)
			m.kind = OF_NX_PACKET_IN2;
		/* For packets that no output action sent miss_send_len is what max_len is for the
		 * others (section 7.3.2): none, or all, as no packet waits here (section 6.1.2). */
		if (pi->reason == OFPR_INVALID_TTL && !c->config.miss_send_len)
			m.packet_in.size = 0;
		conn_send(c, &m);
	}
}
