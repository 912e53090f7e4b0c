/* App nd: IPv6 neighbour solicitations for a port's address are answered by the switch (RFC 4861
 * section 7.2.4): the solicitation becomes the advertisement and goes back.
 *
 * Two tables, because Open vSwitch lets an action write the target link-layer address only where
 * the flow matches advertisements: `nd` makes it one, `nd_reply` writes the address.  Not
 * answered, but passed on: duplicate address detection (from ::, RFC 4862), and solicitations
 * without a source link-layer address, which have no room for the target's and go to a known
 * neighbour only. */

#include "controller/apps/app_class.h"
#include "controller/apps/eui64.h"

enum purpose { PURPOSE_PASS, PURPOSE_ANSWER };
enum { SOLICITATION = 135, ADVERTISEMENT = 136, OPTION_TARGET_ADDRESS = 2 };

static const uint32_t solicited_and_override = 0x60000000;

static void pass(struct flow_build *b)
{
	flow(b, TABLE_ND, 200, PURPOSE_PASS);
	when_icmpv6(b, SOLICITATION);
}

static void switch_flows(struct flow_build *b)
{
	pass(b);
	when_bytes(b, OF_FIELD_IPV6_SRC, &in6addr_any);
	then_goto(b, TABLE_FORWARD);

	pass(b);
	when(b, OF_FIELD_ND_SLL, 0);
	then_goto(b, TABLE_FORWARD);

	flow(b, TABLE_ND, 0, PURPOSE_PASS);
	then_goto(b, TABLE_FORWARD);

	flow(b, TABLE_ND_REPLY, 100, PURPOSE_ANSWER);
	when_icmpv6(b, ADVERTISEMENT);
	then_move(b, OF_FIELD_ETH_SRC, OF_FIELD_ND_TLL);
	then_output_back(b);
}

static void answer_for(struct flow_build *b, const struct intent_port *port,
		       const struct in6_addr *addr)
{
	flow(b, TABLE_ND, 100, PURPOSE_ANSWER);
	when(b, OF_FIELD_REG1, (uint32_t)port->network_id);
	when_untagged(b);
	when_icmpv6(b, SOLICITATION);
	when_bytes(b, OF_FIELD_ND_TARGET, addr);
	then_move(b, OF_FIELD_ETH_SRC, OF_FIELD_ETH_DST);
	then_set_bytes(b, OF_FIELD_ETH_SRC, port->mac);
	then_move(b, OF_FIELD_IPV6_SRC, OF_FIELD_IPV6_DST);
	then_set_bytes(b, OF_FIELD_IPV6_SRC, addr);
	then_set(b, OF_FIELD_ICMPV6_TYPE, ADVERTISEMENT);
	then_set(b, OF_FIELD_ND_RESERVED, solicited_and_override);
	then_set(b, OF_FIELD_ND_OPTIONS_TYPE, OPTION_TARGET_ADDRESS);
	then_goto(b, TABLE_ND_REPLY);
}

static void port_flows(struct flow_build *b, const struct local_port *port)
{
	struct in6_addr link_local = eui64_link_local(port->intent->mac);

	answer_for(b, port->intent, &link_local);
	for (unsigned i = 0; i < port->intent->n_ipv6; i++)
		answer_for(b, port->intent, &port->intent->ipv6[i]);
}

static void explain(const struct explain *e, struct buf *out)
{
	buf_puts(out, e->purpose == PURPOSE_ANSWER
			      ? "answers the neighbour solicitation with the port's MAC"
			      : "neighbour discovery that is not answered here goes on");
}

static const struct app_class nd_app = {
	.id = APP_ND,
	.title = "neighbour discovery",
	.switch_flows = switch_flows,
	.port_flows = port_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, nd_app);
