#include "dataplane/action/action_extension.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-common.h>

/* From a packet that the pipeline has for the controllers to what they are told (OF 1.3.5 section
 * 7.4.1). */

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
	const struct action_controller *how = why->how;
	struct arena a = ARENA_INIT;
	struct of_packet_in pi = {
		.buffer_id = OF_NO_BUFFER,
		.total_len = MIN_OF(total_size, UINT16_MAX),
		.reason = why->reason,
		.table_id = why->table_id,
		.cookie = why->cookie,
		.data = data,
		/* Room for the header and the match: a message is at most 64 KiB. */
		.size = MIN_OF(size, (size_t)OF_MAX_MESSAGE - 512),
		.controller_id = why->controller_id,
	};

	if (list_is_empty(&dp->conns))
		return;
	if (how && how->n_userdata) {
		pi.userdata = how->userdata;
		pi.userdata_size = how->n_userdata;
		pi.size = MIN_OF(pi.size, OF_MAX_MESSAGE - 512 - how->n_userdata);
	}
	punt_match(&a, why, &pi.match);
	throttle_offer(dp->throttle, why->in_port, &pi);
	arena_clear(&a);
}
