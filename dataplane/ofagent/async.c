#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-1.3.h>

/* What the switch tells without being asked: packets, ports and flows, to every connection whose
 * role and masks want it (OF 1.3.5 section 7.3.10). */

enum { MASTER_OR_EQUAL, SLAVE };

void async_config_init(struct of_async_config *async)
{
	*async = (struct of_async_config){
		.mask[OF_ASYNC_PACKET_IN] = { 1u << OFPR_NO_MATCH | 1u << OFPR_ACTION, 0 },
		.mask[OF_ASYNC_PORT_STATUS] = { OFPPR_BITS, OFPPR_BITS },
		.mask[OF_ASYNC_FLOW_REMOVED] = { 0xf, 0 },
	};
}

static bool wants(const struct conn *c, const uint32_t mask[2], uint8_t reason)
{
	unsigned column = c->role == OF_ROLE_SLAVE ? SLAVE : MASTER_OR_EQUAL;

	return c->state == CONN_OPEN && !c->auxiliary_id && reason < 32 &&
	       (mask[column] & 1u << reason);
}

void async_port_status(struct datapath *dp, uint8_t reason, const struct of_port *port)
{
	struct of_msg m = { .kind = OF_PORT_STATUS, .port_status = { reason, *port } };
	struct conn *c, *next;

	LIST_FOREACH_SAFE (c, next, &dp->conns, in_conns) {
		if (wants(c, c->async.mask[OF_ASYNC_PORT_STATUS], reason))
			conn_send(c, &m);
	}
}

void async_flow_removed(struct datapath *dp, const struct of_flow_removed *fr)
{
	struct of_msg m = { .kind = OF_FLOW_REMOVED, .flow_removed = *fr };
	struct conn *c, *next;

	LIST_FOREACH_SAFE (c, next, &dp->conns, in_conns) {
		if (wants(c, c->async.mask[OF_ASYNC_FLOW_REMOVED], fr->reason))
			conn_send(c, &m);
	}
}

/* Packet-ins of a peer that does not keep up are left out: the packets are lost to it, as on a
 * full queue, but the connection and its replies live. */
void async_packet_in(void *arg, const struct of_packet_in *pi)
{
	struct datapath *dp = arg;
	struct conn *c, *next;

	LIST_FOREACH_SAFE (c, next, &dp->conns, in_conns) {
		struct of_msg m = { .kind = OF_PACKET_IN, .packet_in = *pi };

		if (!wants(c, c->async.mask[OF_ASYNC_PACKET_IN], pi->reason))
			continue;
		if (stream_pending(c->stream) > CONN_PUNT_BYTES) {
			c->n_punts_left_out++;
			dp->n_left_out++;
			continue;
		}
		/* miss_send_len is for packets that no output action sent (section 7.3.2). */
		if (pi->reason == OFPR_INVALID_TTL)
			m.packet_in.size = MIN_OF(pi->size, c->config.miss_send_len);
		conn_send(c, &m);
	}
}

static void punt_match(struct arena *a, const struct pipeline_punt *why, struct of_match *m)
{
	of_match_set_u64(a, m, OF_FIELD_IN_PORT, why->in_port);
	if (why->metadata)
		of_match_set_u64(a, m, OF_FIELD_METADATA, why->metadata);
	if (why->tunnel_id)
		of_match_set_u64(a, m, OF_FIELD_TUNNEL_ID, why->tunnel_id);
	for (unsigned i = 0; i < KEY_N_REGS; i++) {
		if (why->reg[i])
			of_match_set_u64(a, m, OF_FIELD_REG0 + i, why->reg[i]);
	}
}

void datapath_punt(struct datapath *dp, const struct pipeline_punt *why, const uint8_t *data,
		   size_t size, size_t total_size)
{
	struct arena a = ARENA_INIT;
	struct of_packet_in pi = {
		.buffer_id = OF_NO_BUFFER,
		.total_len = MIN_OF(total_size, UINT16_MAX),
		/* Reasons of later versions are an action's in 1.3. */
		.reason = why->reason <= OFPR_INVALID_TTL ? why->reason : OFPR_ACTION,
		.table_id = why->table_id,
		.cookie = why->cookie,
		.data = data,
		/* Room for the header and the match: a message is at most 64 KiB. */
		.size = MIN_OF(size, OF_MAX_MESSAGE - 512),
	};

	if (list_is_empty(&dp->conns))
		return;
	punt_match(&a, why, &pi.match);
	throttle_offer(dp->throttle, why->in_port, &pi);
	arena_clear(&a);
}
