/* App l2: known unicast straight to its port; broadcast and multicast to the network's ports on
 * this host; anything else of the network is dropped, by a flow that bears the network's name.
 * A packet never goes back to the port it came from (OF 1.3.5 section 7.2.5, OFPP_IN_PORT). */

#include "controller/apps/app_class.h"

enum purpose { PURPOSE_UNICAST, PURPOSE_FLOOD, PURPOSE_UNKNOWN };

/* Outputs of one flow: a flow-mod has 64 KiB, an output takes 16 bytes. */
#define MAX_OUTPUTS 2048
/* Two million ports on one host, were it not for OpenFlow's own limit on Weft, 65,279. */
#define MAX_PARTS   1024

static const uint64_t multicast_bit = 0x010000000000ull;

static void port_flows(struct flow_build *b, const struct local_port *port)
{
	flow(b, TABLE_FORWARD, 100, PURPOSE_UNICAST);
	when(b, OF_FIELD_REG1, (uint32_t)port->intent->network_id);
	when_bytes(b, OF_FIELD_ETH_DST, port->intent->mac);
	then_output(b, port->port_no);
}

/* Which part of N a port is in: by its id alone, so that a port that comes or goes changes one
 * part.  Multiplicative hashing (Knuth, 6.4); N is a power of two. */
static unsigned part_of(const struct local_port *port, unsigned n)
{
	return (uint32_t)((uint32_t)port->intent->id * 2654435769u >> 16) & (n - 1);
}

static unsigned largest_part(const struct local_network *net, unsigned n_parts)
{
	unsigned sizes[MAX_PARTS] = { 0 };
	unsigned max = 0;

	for (unsigned i = 0; i < net->n_ports; i++) {
		unsigned size = ++sizes[part_of(net->ports[i], n_parts)];

		max = MAX_OF(max, size);
	}
	return max;
}

/* The fewest parts of which none is too large. */
static unsigned count_parts(const struct local_network *net)
{
	unsigned n_parts = 1;

	while (n_parts < MAX_PARTS && net->n_ports > MAX_OUTPUTS &&
	       largest_part(net, n_parts) > MAX_OUTPUTS)
		n_parts *= 2;
	return n_parts;
}

static void output_part(struct flow_build *b, const struct local_network *net, unsigned part,
			unsigned n_parts)
{
	unsigned n_outputs = 0;

	for (unsigned i = 0; i < net->n_ports && n_outputs < MAX_OUTPUTS; i++) {
		if (part_of(net->ports[i], n_parts) == part) {
			then_output(b, net->ports[i]->port_no);
			n_outputs++;
		}
	}
}

static void flood_in_parts(struct flow_build *b, const struct local_network *net, unsigned n_parts)
{
	for (unsigned part = 0; part < n_parts; part++) {
		then_set(b, OF_FIELD_REG2, part);
		then_resubmit(b, TABLE_FLOOD);
	}
	for (unsigned part = 0; part < n_parts; part++) {
		flow(b, TABLE_FLOOD, 100, PURPOSE_FLOOD);
		when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);
		when(b, OF_FIELD_REG2, part);
		output_part(b, net, part, n_parts);
	}
}

static void network_flows(struct flow_build *b, const struct local_network *net)
{
	unsigned n_parts = count_parts(net);

	flow(b, TABLE_FORWARD, 0, PURPOSE_UNKNOWN);
	when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);

	flow(b, TABLE_FORWARD, 90, PURPOSE_FLOOD);
	when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);
	when_masked(b, OF_FIELD_ETH_DST, multicast_bit, multicast_bit);
	if (n_parts == 1)
		output_part(b, net, 0, 1);
	else
		flood_in_parts(b, net, n_parts);
}

static void explain_unknown(const struct explain *e, struct buf *out)
{
	const struct of_field_match *dst =
		e->packet ? of_match_find(e->packet, OF_FIELD_ETH_DST) : NULL;

	if (!dst) {
		buf_puts(out, "no port of the network on this host has the destination MAC");
		return;
	}
	buf_printf(out, "no port of the network on this host has MAC %02x:%02x:%02x:%02x:%02x:%02x",
		   dst->value[0], dst->value[1], dst->value[2], dst->value[3], dst->value[4],
		   dst->value[5]);
}

static void explain(const struct explain *e, struct buf *out)
{
	if (e->purpose == PURPOSE_UNKNOWN)
		explain_unknown(e, out);
	else if (e->purpose == PURPOSE_FLOOD)
		buf_puts(out, "to all ports of the network on this host");
	else
		buf_puts(out, "to the port that has the destination MAC");
}

static const struct app_class l2_app = {
	.id = APP_L2,
	.title = "forwarding",
	.network_flows = network_flows,
	.port_flows = port_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, l2_app);
