#include "dataplane/action/action_extension.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/packet/key_fields.h"
#include "dataplane/table/tlv_table.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-common.h>

/* From a packet that the pipeline has for the controllers to what they are told (OF 1.3.5 section
 * 7.4.1). */

/* For the message's header and the match, of which the pipeline's fields fill less than that, be
 * they all set: a message has at most 64 KiB. */
#define HEADER_ROOM 1536

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
		.size = MIN_OF(size, (size_t)OF_MAX_MESSAGE - HEADER_ROOM),
		.controller_id = why->controller_id,
	};

	if (list_is_empty(&dp->conns) ||
	    !throttle_admits(dp->throttle, why->in_port, why->reason))
		return;
	if (how && how->n_userdata) {
		pi.userdata = how->userdata;
		pi.userdata_size = how->n_userdata;
		pi.size = MIN_OF(pi.size, OF_MAX_MESSAGE - HEADER_ROOM - how->n_userdata);
	}
	/* Where it came in, even if a flow has written to the field. */
	tables_use(dp->tables);
	match_from_pipeline(&why->key, why->lines, &a, &pi.match);
	of_match_set_u64(&a, &pi.match, OF_FIELD_IN_PORT, why->in_port);
	throttle_offer(dp->throttle, why->in_port, &pi);
	arena_clear(&a);
}
