/* OFPAT_METER (OF 1.5.1 section 7.2.6.13). */

#include "proto/openflow/action_meter.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/meter.h"

/* The virtual ones, of the slow path and the controller, are not for flows. */
static bool meter_is_valid(uint64_t meter_id)
{
	return meter_id > 0 && meter_id <= OF_METER_MAX;
}

OF_ACTION_OF_NUMBER(meter, meter_id, 32, 0, OFPBAC_BAD_METER, "meter:%u",
		    "give a meter's number, from 1 to 4294901760")
OF_ACTION_CLASS(meter, .type = OFPAT_METER, .since = OF_VERSION_1_5);
