/* OFPAT_SET_QUEUE and NXAST_POP_QUEUE (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_queue.h"

#include "proto/openflow/action_priv.h"

static bool set_queue_is_valid(uint64_t number)
{
	(void)number; /* which queues a port has is not known here */
	return true;
}

OF_ACTION_OF_NUMBER(set_queue, queue_id, 32, 0, OFPBAC_BAD_QUEUE, "set_queue:%u", "")
OF_ACTION_CLASS(set_queue, .type = OFPAT_SET_QUEUE);

OF_ACTION_WITHOUT_ARGUMENT(pop_queue, 6)
OF_ACTION_CLASS(pop_queue, OF_ACTION_NICIRA(NXAST_POP_QUEUE));
