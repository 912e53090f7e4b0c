/* App arp: ARP requests for a port's address are answered by the switch (RFC 826), so that no
 * broadcast is needed to find a neighbour.  The request itself is turned round: the answer goes
 * back to where it came from.
 *
 * Probes (sender address 0) and announcements (sender = target) are for everyone (RFC 5227) and go
 * the way of a broadcast, as do requests for addresses that no port has. */

#include "controller/apps/app_class.h"

enum purpose { PURPOSE_PASS, PURPOSE_ANSWER };
enum { REQUEST = 1, REPLY = 2 };

static void switch_flows(struct flow_build *b)
{
	flow(b, TABLE_ARP, 300, PURPOSE_PASS);
	when_arp(b);
	when(b, OF_FIELD_ARP_OP, REQUEST);
	when(b, OF_FIELD_ARP_SPA, 0);
	then_goto(b, TABLE_FORWARD);

	flow(b, TABLE_ARP, 0, PURPOSE_PASS);
	then_goto(b, TABLE_FORWARD);
}

static void match_request(struct flow_build *b, const struct intent_port *port,
			  const struct in_addr *addr)
{
	when(b, OF_FIELD_REG1, (uint32_t)port->network_id);
	when_untagged(b);
	when_arp(b);
	when(b, OF_FIELD_ARP_OP, REQUEST);
	when_bytes(b, OF_FIELD_ARP_TPA, addr);
}

static void answer(struct flow_build *b, const struct intent_port *port, const struct in_addr *addr)
{
	then_move(b, OF_FIELD_ETH_SRC, OF_FIELD_ETH_DST);
	then_set_bytes(b, OF_FIELD_ETH_SRC, port->mac);
	then_set(b, OF_FIELD_ARP_OP, REPLY);
	then_move(b, OF_FIELD_ARP_SHA, OF_FIELD_ARP_THA);
	then_set_bytes(b, OF_FIELD_ARP_SHA, port->mac);
	then_move(b, OF_FIELD_ARP_SPA, OF_FIELD_ARP_TPA);
	then_set_bytes(b, OF_FIELD_ARP_SPA, addr);
	then_output_back(b);
}

static void port_flows(struct flow_build *b, const struct local_port *port)
{
	for (unsigned i = 0; i < port->intent->n_ipv4; i++) {
		const struct in_addr *addr = &port->intent->ipv4[i];

		flow(b, TABLE_ARP, 200, PURPOSE_PASS);
		match_request(b, port->intent, addr);
		when_bytes(b, OF_FIELD_ARP_SPA, addr);
		then_goto(b, TABLE_FORWARD);

		flow(b, TABLE_ARP, 100, PURPOSE_ANSWER);
		match_request(b, port->intent, addr);
		answer(b, port->intent, addr);
	}
}

static void explain(const struct explain *e, struct buf *out)
{
	buf_puts(out, e->purpose == PURPOSE_ANSWER ? "answers the ARP request with the port's MAC"
						   : "ARP that is not answered here goes on");
}

static const struct app_class arp_app = {
	.id = APP_ARP,
	.title = "ARP",
	.switch_flows = switch_flows,
	.port_flows = port_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, arp_app);
