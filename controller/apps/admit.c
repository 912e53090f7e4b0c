/* App admit: where a packet comes from decides which network it is in, once and for all later
 * tables; that is what keeps networks apart. */

#include "controller/apps/app_class.h"

enum purpose { PURPOSE_ADMIT, PURPOSE_UNKNOWN_PORT };

static void switch_flows(struct flow_build *b)
{
	flow(b, TABLE_ADMIT, 0, PURPOSE_UNKNOWN_PORT);
}

static void port_flows(struct flow_build *b, const struct local_port *port)
{
	flow(b, TABLE_ADMIT, 100, PURPOSE_ADMIT);
	when(b, OF_FIELD_IN_PORT, port->port_no);
	then_set(b, OF_FIELD_REG0, (uint32_t)port->intent->id);
	then_set(b, OF_FIELD_REG1, (uint32_t)port->intent->network_id);
	then_goto(b, TABLE_SPOOF);
}

static void explain(const struct explain *e, struct buf *out)
{
	if (e->purpose == PURPOSE_UNKNOWN_PORT)
		buf_puts(out, "it comes from a switch port that belongs to no network");
	else
		buf_puts(out, "it comes from this port");
}

static const struct app_class admit_app = {
	.id = APP_ADMIT,
	.title = "admission",
	.switch_flows = switch_flows,
	.port_flows = port_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, admit_app);
