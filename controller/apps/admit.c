/* App admit: where a packet comes from decides which network it is in, once and for all later
 * tables; that is what keeps networks apart. */

#include "controller/apps/app_class.h"
#include "controller/apps/meters.h"

enum purpose { PURPOSE_ADMIT, PURPOSE_UNKNOWN_PORT, PURPOSE_BROADCASTS, PURPOSE_LIMIT };

static const uint64_t multicast_bit = 0x010000000000ull;

static void switch_flows(struct flow_build *b)
{
	flow(b, TABLE_ADMIT, 0, PURPOSE_UNKNOWN_PORT);
}

static void admit(struct flow_build *b, const struct local_port *port, uint16_t priority,
		  uint8_t purpose)
{
	flow(b, TABLE_ADMIT, priority, purpose);
	when(b, OF_FIELD_IN_PORT, port->port_no);
	then_set(b, OF_FIELD_REG0, (uint32_t)port->intent->id);
	then_set(b, OF_FIELD_REG1, (uint32_t)port->intent->network_id);
	if (port->policy)
		then_set(b, OF_FIELD_REG3, port->policy);
}

static void port_flows(struct flow_build *b, const struct local_port *port)
{
	const struct intent_limits *limits = &port->intent->limits;

	admit(b, port, 100, PURPOSE_ADMIT);
	if (limits->packets)
		then_meter(b, meter_id(port, METER_PACKETS_OUT));
	then_goto(b, TABLE_SPOOF);
	if (!limits->broadcasts)
		return;
	admit(b, port, 110, PURPOSE_BROADCASTS);
	when_masked(b, OF_FIELD_ETH_DST, multicast_bit, multicast_bit);
	then_meter(b, meter_id(port, METER_BROADCASTS));
	then_goto(b, limits->packets ? TABLE_LIMIT : TABLE_SPOOF);
	if (!limits->packets)
		return;
	flow(b, TABLE_LIMIT, 100, PURPOSE_LIMIT);
	when(b, OF_FIELD_REG0, (uint32_t)port->intent->id);
	then_meter(b, meter_id(port, METER_PACKETS_OUT));
	then_goto(b, TABLE_SPOOF);
}

static void explain(const struct explain *e, struct buf *out)
{
	static const char *const words[] = {
		[PURPOSE_ADMIT] = "it comes from this port",
		[PURPOSE_UNKNOWN_PORT] = "it comes from a switch port that belongs to no network",
		[PURPOSE_BROADCASTS] = "the port sends so many broadcasts and multicasts a second",
		[PURPOSE_LIMIT] = "the port sends so many packets a second",
	};

	if (e->purpose < ARRAY_LENGTH(words))
		buf_puts(out, words[e->purpose]);
}

static const struct app_class admit_app = {
	.id = APP_ADMIT,
	.title = "admission",
	.switch_flows = switch_flows,
	.port_flows = port_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, admit_app);
