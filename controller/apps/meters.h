#ifndef CONTROLLER_APPS_METERS_H
#define CONTROLLER_APPS_METERS_H

/* Meters that limit what a port does.  Their numbers are made from the OpenFlow port's, so that
 * they are small, and nothing has to be remembered. */

#include "controller/apps/intent.h"

enum meter_kind {
	METER_PACKETS_OUT, /* sent by the port */
	METER_PACKETS_IN,
	METER_BROADCASTS,
	METER_NEW_OUT,
	METER_NEW_IN,
	METER_KINDS = 8,
};

static inline uint32_t meter_id(const struct local_port *port, enum meter_kind kind)
{
	return port->port_no * METER_KINDS + kind + 1;
}

#endif
