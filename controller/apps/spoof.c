/* App spoof: a port sends with its own addresses and its allowed address pairs only, unless its
 * anti-spoofing is off; and it is neither DHCP server nor router for others.
 *
 * Table `spoof` checks the MAC and the source address, table `spoof_nd` the addresses inside IPv6
 * neighbour discovery.  Each kind of foreign address has a drop flow of its own, so that counters
 * and traces can tell which it was.
 *
 *	400  from a server's DHCP port to a client's  drop
 *	300  MAC and source address are the port's   -> on, IPv6 to `spoof_nd`
 *	200  MAC is the port's, a known protocol      drop: its address is not
 *	100  MAC is the port's, another protocol     -> on
 *	  0  anything from the port                   drop: its MAC is not
 *
 * Allowed besides the port's own addresses: DHCP clients without one (RFC 2131), ARP probes
 * (RFC 5227), and from :: duplicate address detection, router solicitations and multicast
 * listener reports (RFC 4861, RFC 4862, RFC 3810). */

#include <arpa/inet.h>

#include "controller/apps/app_class.h"
#include "controller/apps/eui64.h"

enum purpose {
	PURPOSE_PASS,
	PURPOSE_MAC,
	PURPOSE_IPV4,
	PURPOSE_IPV6,
	PURPOSE_ARP,
	PURPOSE_ND_SOURCE,
	PURPOSE_ND_TARGET,
	PURPOSE_OFF,
	PURPOSE_DHCP_SERVER,
	PURPOSE_ROUTER,
};
enum {
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	REDIRECT = 137,
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	MLD_REPORT = 131,
	MLD_DONE = 132,
	MLD2_REPORT = 143,
};

static void from_port(struct flow_build *b, uint16_t priority, uint8_t purpose,
		      const struct intent_port *port)
{
	flow(b, TABLE_SPOOF, priority, purpose);
	when(b, OF_FIELD_REG0, (uint32_t)port->id);
	if (!port->is_spoofing_allowed)
		when_bytes(b, OF_FIELD_ETH_SRC, port->mac);
}

/* An address that the port may use, with this MAC. */
static void from_address(struct flow_build *b, const struct intent_port *port, const uint8_t *mac)
{
	flow(b, TABLE_SPOOF, 300, PURPOSE_PASS);
	when(b, OF_FIELD_REG0, (uint32_t)port->id);
	when_bytes(b, OF_FIELD_ETH_SRC, mac);
}

static void ipv4_source(struct flow_build *b, const struct intent_port *port, const uint8_t *mac,
			const uint8_t *address, unsigned length)
{
	from_address(b, port, mac);
	when_ipv4(b);
	when_prefix(b, OF_FIELD_IPV4_SRC, address, length);
	then_goto(b, TABLE_TRACK);
}

static void ipv4_flows(struct flow_build *b, const struct intent_port *port)
{
	for (unsigned i = 0; i < port->n_ipv4; i++)
		ipv4_source(b, port, port->mac, (const uint8_t *)&port->ipv4[i], 32);
	from_port(b, 300, PURPOSE_PASS, port);
	when_udp4(b, 68, 67);
	when(b, OF_FIELD_IPV4_SRC, INADDR_ANY);
	when(b, OF_FIELD_IPV4_DST, INADDR_BROADCAST);
	then_goto(b, TABLE_TRACK);

	flow(b, TABLE_SPOOF, 400, PURPOSE_DHCP_SERVER);
	when(b, OF_FIELD_REG0, (uint32_t)port->id);
	when_udp4(b, 67, 68);

	from_port(b, 200, PURPOSE_IPV4, port);
	when_ipv4(b);
}

static void arp_sender(struct flow_build *b, const struct intent_port *port, const uint8_t *mac,
		       const uint8_t *address, unsigned length)
{
	from_address(b, port, mac);
	when_arp(b);
	when_bytes(b, OF_FIELD_ARP_SHA, mac);
	when_prefix(b, OF_FIELD_ARP_SPA, address, length);
	then_goto(b, TABLE_ARP);
}

static void arp_flows(struct flow_build *b, const struct intent_port *port)
{
	for (unsigned i = 0; i < port->n_ipv4; i++)
		arp_sender(b, port, port->mac, (const uint8_t *)&port->ipv4[i], 32);
	from_port(b, 300, PURPOSE_PASS, port);
	when_arp(b);
	when(b, OF_FIELD_ARP_OP, 1);
	when_bytes(b, OF_FIELD_ARP_SHA, port->mac);
	when(b, OF_FIELD_ARP_SPA, 0);
	then_goto(b, TABLE_ARP);

	from_port(b, 200, PURPOSE_ARP, port);
	when_arp(b);
}

static void ipv6_source(struct flow_build *b, const struct intent_port *port, const uint8_t *mac,
			const uint8_t *address, unsigned length)
{
	from_address(b, port, mac);
	when_ipv6(b);
	when_prefix(b, OF_FIELD_IPV6_SRC, address, length);
	then_goto(b, TABLE_SPOOF_ND);
}

/* What may come from :: is decided in the next table, for all ports alike. */
static void ipv6_flows(struct flow_build *b, const struct intent_port *port)
{
	struct in6_addr link_local = eui64_link_local(port->mac);

	ipv6_source(b, port, port->mac, link_local.s6_addr, 128);
	for (unsigned i = 0; i < port->n_ipv6; i++)
		ipv6_source(b, port, port->mac, port->ipv6[i].s6_addr, 128);
	ipv6_source(b, port, port->mac, in6addr_any.s6_addr, 128);
	from_port(b, 200, PURPOSE_IPV6, port);
	when_ipv6(b);
}

/* In table `spoof_nd`, of a packet whose MAC and source have passed. */
static void nd_from_port(struct flow_build *b, uint16_t priority, uint8_t purpose,
			 const struct intent_port *port, uint8_t type)
{
	flow(b, TABLE_SPOOF_ND, priority, purpose);
	when(b, OF_FIELD_REG0, (uint32_t)port->id);
	when_icmpv6(b, type);
}

static void advertises(struct flow_build *b, const struct intent_port *port, const uint8_t *mac,
		       const uint8_t *address, unsigned length)
{
	static const uint8_t no_option[6];
	const uint8_t *const link_layer[] = { mac, no_option };

	for (size_t i = 0; i < ARRAY_LENGTH(link_layer); i++) {
		nd_from_port(b, 300, PURPOSE_PASS, port, ADVERTISEMENT);
		when_prefix(b, OF_FIELD_ND_TARGET, address, length);
		when_bytes(b, OF_FIELD_ND_TLL, link_layer[i]);
		then_goto(b, TABLE_FORWARD);
	}
}

static void solicits(struct flow_build *b, const struct intent_port *port, const uint8_t *mac)
{
	nd_from_port(b, 300, PURPOSE_PASS, port, SOLICITATION);
	when_bytes(b, OF_FIELD_ND_SLL, mac);
	then_goto(b, TABLE_ND);
}

/* Routers and DHCP servers tell others where to send what. */
static void server_flows(struct flow_build *b, const struct intent_port *port)
{
	nd_from_port(b, 400, PURPOSE_ROUTER, port, ROUTER_ADVERTISEMENT);
	nd_from_port(b, 400, PURPOSE_ROUTER, port, REDIRECT);
	flow(b, TABLE_SPOOF_ND, 400, PURPOSE_DHCP_SERVER);
	when(b, OF_FIELD_REG0, (uint32_t)port->id);
	when_udp6(b, 547, 546);
}

/* VRRP routers announce their address with the MAC that they share (RFC 9568). */
static void pair_flows(struct flow_build *b, const struct intent_port *port)
{
	for (unsigned i = 0; i < port->n_pairs; i++) {
		const struct intent_pair *pair = &port->pairs[i];
		const uint8_t *address = pair->prefix.bytes;
		unsigned length = pair->prefix.length;
		bool is_own_mac = memcmp(pair->mac, port->mac, sizeof(pair->mac)) == 0;

		if (!pair->prefix.is_ipv6) {
			ipv4_source(b, port, pair->mac, address, length);
			arp_sender(b, port, pair->mac, address, length);
			continue;
		}
		ipv6_source(b, port, pair->mac, address, length);
		advertises(b, port, pair->mac, address, length);
		if (!is_own_mac)
			solicits(b, port, pair->mac);
	}
}

static void nd_flows(struct flow_build *b, const struct intent_port *port)
{
	struct in6_addr link_local = eui64_link_local(port->mac);

	solicits(b, port, port->mac);
	advertises(b, port, port->mac, link_local.s6_addr, 128);
	for (unsigned i = 0; i < port->n_ipv6; i++)
		advertises(b, port, port->mac, port->ipv6[i].s6_addr, 128);

	flow(b, TABLE_SPOOF_ND, 350, PURPOSE_IPV6);
	when(b, OF_FIELD_REG0, (uint32_t)port->id);
	when_ipv6(b);
	when_bytes(b, OF_FIELD_IPV6_SRC, &in6addr_any);

	nd_from_port(b, 200, PURPOSE_ND_SOURCE, port, SOLICITATION);
	nd_from_port(b, 200, PURPOSE_ND_TARGET, port, ADVERTISEMENT);
}

static void unchecked_flows(struct flow_build *b, const struct intent_port *port)
{
	from_port(b, 300, PURPOSE_OFF, port);
	when_arp(b);
	then_goto(b, TABLE_ARP);

	from_port(b, 300, PURPOSE_OFF, port);
	when_icmpv6(b, SOLICITATION);
	then_goto(b, TABLE_ND);

	from_port(b, 100, PURPOSE_OFF, port);
	then_goto(b, TABLE_TRACK);
}

static void port_flows(struct flow_build *b, const struct local_port *local)
{
	const struct intent_port *port = local->intent;

	if (port->is_spoofing_allowed) {
		unchecked_flows(b, port);
		return;
	}
	ipv4_flows(b, port);
	arp_flows(b, port);
	ipv6_flows(b, port);
	nd_flows(b, port);
	server_flows(b, port);
	pair_flows(b, port);

	from_port(b, 100, PURPOSE_PASS, port);
	then_goto(b, TABLE_FORWARD);

	flow(b, TABLE_SPOOF, 0, PURPOSE_MAC);
	when(b, OF_FIELD_REG0, (uint32_t)port->id);
}

static void from_unspecified(struct flow_build *b, uint8_t type)
{
	flow(b, TABLE_SPOOF_ND, 400, PURPOSE_PASS);
	when_icmpv6(b, type);
	when_bytes(b, OF_FIELD_IPV6_SRC, &in6addr_any);
}

static void switch_flows(struct flow_build *b)
{
	static const uint8_t without_address[] = { ROUTER_SOLICITATION, MLD_REPORT, MLD_DONE,
						   MLD2_REPORT };

	for (size_t i = 0; i < ARRAY_LENGTH(without_address); i++) {
		from_unspecified(b, without_address[i]);
		then_goto(b, TABLE_FORWARD);
	}
	from_unspecified(b, SOLICITATION);
	when(b, OF_FIELD_ND_SLL, 0);
	then_goto(b, TABLE_ND);

	flow(b, TABLE_SPOOF_ND, 250, PURPOSE_PASS);
	when_icmpv6(b, SOLICITATION);
	when(b, OF_FIELD_ND_SLL, 0);
	then_goto(b, TABLE_ND);

	flow(b, TABLE_SPOOF_ND, 0, PURPOSE_PASS);
	then_goto(b, TABLE_TRACK);
}

/* What each drop flow checks: words for the address, and where it stands in a packet. */
static const struct check {
	enum purpose purpose;
	const char *what;
	enum of_field_id field;
} checks[] = {
	{ PURPOSE_MAC, "source MAC", OF_FIELD_ETH_SRC },
	{ PURPOSE_IPV4, "source address", OF_FIELD_IPV4_SRC },
	{ PURPOSE_IPV6, "source address", OF_FIELD_IPV6_SRC },
	{ PURPOSE_ARP, "ARP sender address", OF_FIELD_ARP_SPA },
	{ PURPOSE_ND_SOURCE, "link-layer address in the neighbour solicitation", OF_FIELD_ND_SLL },
	{ PURPOSE_ND_TARGET, "address in the neighbour advertisement", OF_FIELD_ND_TARGET },
};

static void print_address(const struct of_field_match *f, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	unsigned n_bytes = of_field(f->id)->n_bytes;

	if (n_bytes == 6)
		buf_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", f->value[0], f->value[1],
			   f->value[2], f->value[3], f->value[4], f->value[5]);
	else
		buf_puts(out, inet_ntop(n_bytes == 4 ? AF_INET : AF_INET6, f->value, text,
					sizeof(text)));
}

/* Whether F is one of the port's addresses: then not the address, but what comes with it is
 * wrong. */
static bool is_own(const struct intent_port *port, const struct of_field_match *f)
{
	struct in6_addr link_local;

	if (f->id == OF_FIELD_ND_TARGET) {
		link_local = eui64_link_local(port->mac);
		if (memcmp(f->value, &link_local, sizeof(link_local)) == 0)
			return true;
		for (unsigned i = 0; i < port->n_ipv6; i++) {
			if (memcmp(f->value, &port->ipv6[i], sizeof(port->ipv6[i])) == 0)
				return true;
		}
	}
	for (unsigned i = 0; f->id == OF_FIELD_ARP_SPA && i < port->n_ipv4; i++) {
		if (memcmp(f->value, &port->ipv4[i], sizeof(port->ipv4[i])) == 0)
			return true;
	}
	return false;
}

static const struct of_field_match *packet_field(const struct explain *e, const struct check *check)
{
	const struct of_field_match *f = e->packet ? of_match_find(e->packet, check->field) : NULL;

	if (!f || !e->port || !is_own(e->port, f))
		return f;
	return of_match_find(e->packet,
			     check->field == OF_FIELD_ARP_SPA ? OF_FIELD_ARP_SHA : OF_FIELD_ND_TLL);
}

static const char *words_of(uint8_t purpose)
{
	switch (purpose) {
	case PURPOSE_OFF:
		return "the port may send with any address";
	case PURPOSE_DHCP_SERVER:
		return "it answers as a DHCP server, which the port is not: for one, switch its "
		       "port security off";
	case PURPOSE_ROUTER:
		return "it is a router's announcement, which the port is not: for one, switch its "
		       "port security off";
	default:
		return "the sender's addresses are the port's";
	}
}

static void explain(const struct explain *e, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(checks); i++) {
		const struct of_field_match *f;

		if (checks[i].purpose != e->purpose)
			continue;
		f = packet_field(e, &checks[i]);
		buf_puts(out, f && f->id == OF_FIELD_ARP_SHA ? "ARP sender MAC" : checks[i].what);
		if (f) {
			buf_puts(out, " ");
			print_address(f, out);
		}
		buf_puts(out, " is not the port's");
		return;
	}
	buf_puts(out, words_of(e->purpose));
}

static const struct app_class spoof_app = {
	.id = APP_SPOOF,
	.title = "anti-spoofing",
	.switch_flows = switch_flows,
	.port_flows = port_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, spoof_app);
