/* App track: IP packets of a network with filtered ports learn of which connection they are (table
 * track), and who of the two ends sends them (table role).
 *
 * Not tracked, and never filtered: neighbour discovery and multicast listener reports, whose
 * addresses anti-spoofing has checked.  What the reply direction is, the connection tells.  For
 * data connections of a helper that is the child's; whose rules apply is told by the parent's
 * addresses, which are the original tuple then. */

#include "controller/apps/app_class.h"
#include "controller/apps/meters.h"
#include "controller/apps/policy_flows.h"

enum purpose { PURPOSE_PASS, PURPOSE_TRACK, PURPOSE_ROLE, PURPOSE_INVALID, PURPOSE_BEGIN };
enum {
	CT_NEW = 0x01,
	CT_RELATED = 0x04,
	CT_REPLY = 0x08,
	CT_INVALID = 0x10,
	CT_TRACKED = 0x20,
};

static void never_tracked(struct flow_build *b)
{
	/* Multicast listeners (RFC 2710, RFC 3810), and RFC 4861. */
	static const uint8_t types[] = { 130, 131, 132, 133, 134, 135, 136, 137, 143 };

	for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
		flow(b, TABLE_TRACK, 200, PURPOSE_PASS);
		when_icmpv6(b, types[i]);
		then_goto(b, TABLE_FORWARD);
	}
	flow(b, TABLE_TRACK, 0, PURPOSE_PASS);
	then_goto(b, TABLE_FORWARD);
}

static void role(struct flow_build *b, uint32_t state, uint32_t mask, enum role role)
{
	flow(b, TABLE_ROLE, 100, role == ROLE_INVALID ? PURPOSE_INVALID : PURPOSE_ROLE);
	when_masked(b, OF_FIELD_CT_STATE, CT_TRACKED | state, CT_TRACKED | mask);
	then_set(b, OF_FIELD_REG4, role);
	then_goto(b, TABLE_PEER_OUT);

	/* The sender is not filtered: straight on to the receiver. */
	flow(b, TABLE_ROLE, 200, role == ROLE_INVALID ? PURPOSE_INVALID : PURPOSE_ROLE);
	when_masked(b, OF_FIELD_CT_STATE, CT_TRACKED | state, CT_TRACKED | mask);
	when(b, OF_FIELD_REG3, 0);
	then_set(b, OF_FIELD_REG4, role);
	then_goto(b, TABLE_FORWARD);
}

static void switch_flows(struct flow_build *b)
{
	never_tracked(b);
	role(b, 0, CT_INVALID | CT_REPLY, ROLE_ORIGINATOR);
	role(b, CT_REPLY, CT_INVALID | CT_REPLY, ROLE_RESPONDER);
	role(b, CT_INVALID, CT_INVALID, ROLE_INVALID);
}

static void network_flows(struct flow_build *b, const struct local_network *net)
{
	if (!net->is_tracked)
		return;
	for (unsigned i = 0; i < 2; i++) {
		flow(b, TABLE_TRACK, 100, PURPOSE_TRACK);
		when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);
		if (i)
			when_ipv6(b);
		else
			when_ipv4(b);
		then_track(b, net->zone, TABLE_ROLE);
	}
}

/* A packet of a related connection, whose parent's one end has this address of the port. */
static void related(struct flow_build *b, const struct local_port *port, bool is_ipv6,
		    const uint8_t *address, unsigned length)
{
	static const enum of_field_id fields[2][2] = {
		{ OF_FIELD_CT_NW_SRC, OF_FIELD_CT_NW_DST },
		{ OF_FIELD_CT_IPV6_SRC, OF_FIELD_CT_IPV6_DST },
	};

	for (unsigned i = 0; i < 2; i++) {
		/* A port may be both ends, for a moment, of what it sends to itself. */
		flow(b, TABLE_ROLE, i ? 300 : 310, PURPOSE_ROLE);
		when(b, OF_FIELD_REG0, (uint32_t)port->intent->id);
		when_masked(b, OF_FIELD_CT_STATE, CT_TRACKED | CT_RELATED,
			    CT_TRACKED | CT_RELATED | CT_INVALID);
		if (is_ipv6)
			when_ipv6(b);
		else
			when_ipv4(b);
		when_prefix(b, fields[is_ipv6][i], address, length);
		then_set(b, OF_FIELD_REG4, i ? ROLE_RESPONDER : ROLE_ORIGINATOR);
		then_goto(b, port->policy ? TABLE_PEER_OUT : TABLE_FORWARD);
	}
}

static void begin_limit(struct flow_build *b, const struct local_port *port)
{
	flow(b, TABLE_ROLE, 250, PURPOSE_BEGIN);
	when(b, OF_FIELD_REG0, (uint32_t)port->intent->id);
	when_masked(b, OF_FIELD_CT_STATE, CT_TRACKED | CT_NEW,
		    CT_TRACKED | CT_NEW | CT_INVALID | CT_REPLY | CT_RELATED);
	then_meter(b, meter_id(port, METER_NEW_OUT));
	then_set(b, OF_FIELD_REG4, ROLE_ORIGINATOR);
	then_goto(b, port->policy ? TABLE_PEER_OUT : TABLE_FORWARD);
}

static void port_flows(struct flow_build *b, const struct local_port *port)
{
	const struct intent_port *intent = port->intent;

	if (!port->is_tracked)
		return;
	for (unsigned i = 0; i < intent->n_ipv4; i++)
		related(b, port, false, (const uint8_t *)&intent->ipv4[i], 32);
	for (unsigned i = 0; i < intent->n_ipv6; i++)
		related(b, port, true, (const uint8_t *)&intent->ipv6[i], 128);
	for (unsigned i = 0; i < intent->n_pairs; i++)
		related(b, port, intent->pairs[i].prefix.is_ipv6, intent->pairs[i].prefix.bytes,
			intent->pairs[i].prefix.length);
	if (intent->limits.new_connections)
		begin_limit(b, port);
}

static void explain(const struct explain *e, struct buf *out)
{
	static const char *const words[] = {
		[PURPOSE_PASS] = "not filtered: goes on",
		[PURPOSE_TRACK] = "looks for the packet's connection",
		[PURPOSE_ROLE] = "the connection tells which end began it",
		[PURPOSE_INVALID] = "belongs to no connection and begins none",
		[PURPOSE_BEGIN] =
			"begins a connection, of which the port may begin so many a second",
	};

	if (e->purpose < ARRAY_LENGTH(words))
		buf_puts(out, words[e->purpose]);
}

static const struct app_class track_app = {
	.id = APP_TRACK,
	.title = "connections",
	.switch_flows = switch_flows,
	.network_flows = network_flows,
	.port_flows = port_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, track_app);
