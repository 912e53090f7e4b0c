/* App l2: known unicast straight to its port; broadcast and multicast to the network's ports on
 * this host; anything else of the network is dropped, by a flow that bears the network's name.
 * A packet never goes back to the port it came from (OF 1.3.5 section 7.2.5, OFPP_IN_PORT).
 *
 * What a filtered port is to receive passes tables peer_in to policy_in, then `deliver`.  A flood
 * passes them once for each policy, not for each port: what one port of a policy may receive, all
 * of them may. */

#include <stdlib.h>

#include "controller/apps/app_class.h"
#include "controller/apps/meters.h"

enum purpose {
	PURPOSE_UNICAST,
	PURPOSE_FLOOD,
	PURPOSE_UNKNOWN,
	PURPOSE_DELIVER,
	PURPOSE_COMMIT,
	PURPOSE_LIMIT,
	PURPOSE_SHARED,
};

/* Outputs of one flow: a flow-mod has 64 KiB, an output takes 16 bytes. */
#define MAX_OUTPUTS 2048
/* Two million ports on one host, were it not for OpenFlow's own limit on Weft, 65,279. */
#define MAX_PARTS   1024

enum { CT_NEW = 0x01, CT_RELATED = 0x04, CT_REPLY = 0x08, CT_TRACKED = 0x20 };
enum { FTP = 21, TFTP = 69, TCP = 6, UDP = 17 };

static const uint64_t multicast_bit = 0x010000000000ull;

static bool is_limited(const struct local_port *port)
{
	return port->intent->limits.packets || port->intent->limits.new_connections;
}

/* To where its policy is asked, or on to table `deliver`. */
static enum layout_table next_of(const struct local_port *port)
{
	return port->policy ? TABLE_PEER_IN : TABLE_DELIVER;
}

static void set_receiver(struct flow_build *b, const struct local_port *port)
{
	if (port->policy)
		then_set(b, OF_FIELD_REG5, port->policy);
	then_set(b, OF_FIELD_REG7, port->port_no);
}

static void unicast(struct flow_build *b, const struct local_port *port)
{
	flow(b, TABLE_FORWARD, 100, PURPOSE_UNICAST);
	when(b, OF_FIELD_REG1, (uint32_t)port->intent->network_id);
	when_bytes(b, OF_FIELD_ETH_DST, port->intent->mac);
	if (!port->is_tracked && !is_limited(port)) {
		then_output(b, port->port_no);
		return;
	}
	set_receiver(b, port);
	then_goto(b, next_of(port));
}

static void deliver(struct flow_build *b, enum layout_table table, const struct local_port *port)
{
	flow(b, table, 100, PURPOSE_DELIVER);
	when(b, OF_FIELD_REG7, port->port_no);
	then_output(b, port->port_no);
}

/* What comes to a port with limits is counted before it goes on to table `limited`. */
static void limit(struct flow_build *b, const struct local_port *port)
{
	const struct intent_limits *limits = &port->intent->limits;

	flow(b, TABLE_DELIVER, 300, PURPOSE_LIMIT);
	when(b, OF_FIELD_REG7, port->port_no);
	if (limits->packets)
		then_meter(b, meter_id(port, METER_PACKETS_IN));
	then_goto(b, TABLE_LIMITED);
	if (!limits->new_connections)
		return;
	flow(b, TABLE_DELIVER, 310, PURPOSE_LIMIT);
	when(b, OF_FIELD_REG7, port->port_no);
	when_masked(b, OF_FIELD_CT_STATE, CT_TRACKED | CT_NEW,
		    CT_TRACKED | CT_NEW | CT_REPLY | CT_RELATED);
	then_meter(b, meter_id(port, METER_NEW_IN));
	then_goto(b, TABLE_LIMITED);
}

static void port_flows(struct flow_build *b, const struct local_port *port)
{
	unicast(b, port);
	if (is_limited(port)) {
		limit(b, port);
		deliver(b, TABLE_LIMITED, port);
	} else if (port->is_tracked) {
		deliver(b, TABLE_DELIVER, port);
	}
}

static void commit(struct flow_build *b, enum layout_table table, const struct local_network *net,
		   bool is_ipv6, uint8_t protocol, uint16_t helper)
{
	flow(b, table, helper ? 210 : 200, PURPOSE_COMMIT);
	when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);
	when(b, OF_FIELD_REG6, 1);
	when_masked(b, OF_FIELD_CT_STATE, CT_TRACKED | CT_NEW, CT_TRACKED | CT_NEW);
	if (is_ipv6)
		when_ipv6(b);
	else
		when_ipv4(b);
	if (helper) {
		when(b, OF_FIELD_IP_PROTO, protocol);
		when(b, protocol == TCP ? OF_FIELD_TCP_DST : OF_FIELD_UDP_DST, helper);
	}
	then_commit(b, net->zone, helper);
	then_output_register(b, OF_FIELD_REG7);
}

static void commits(struct flow_build *b, enum layout_table table, const struct local_network *net)
{
	for (unsigned is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
		commit(b, table, net, is_ipv6, 0, 0);
		commit(b, table, net, is_ipv6, TCP, FTP);
		commit(b, table, net, is_ipv6, UDP, TFTP);
	}
}

/* Which part of N a port is in: by its id alone, so that a port that comes or goes changes one
 * part.  Multiplicative hashing (Knuth, 6.4); N is a power of two. */
static unsigned part_of(const struct local_port *port, unsigned n)
{
	return (uint32_t)((uint32_t)port->intent->id * 2654435769u >> 16) & (n - 1);
}

/* Ports that a flood reaches alike: those of one policy. */
struct receivers {
	uint32_t policy;
	unsigned n;
	const struct local_port *const *ports;
};

static unsigned largest_part(const struct receivers *r, unsigned n_parts)
{
	unsigned sizes[MAX_PARTS] = { 0 };
	unsigned max = 0;

	for (unsigned i = 0; i < r->n; i++) {
		unsigned size = ++sizes[part_of(r->ports[i], n_parts)];

		max = MAX_OF(max, size);
	}
	return max;
}

/* The fewest parts of which none is too large. */
static unsigned count_parts(const struct receivers *r)
{
	unsigned n_parts = 1;

	while (n_parts < MAX_PARTS && r->n > MAX_OUTPUTS && largest_part(r, n_parts) > MAX_OUTPUTS)
		n_parts *= 2;
	return n_parts;
}

static void output_part(struct flow_build *b, const struct receivers *r, unsigned part,
			unsigned n_parts)
{
	unsigned n_outputs = 0;

	for (unsigned i = 0; i < r->n && n_outputs < MAX_OUTPUTS; i++) {
		if (part_of(r->ports[i], n_parts) == part) {
			then_output(b, r->ports[i]->port_no);
			n_outputs++;
		}
	}
}

/* In a flow that is begun: to all of R. */
static void output_all(struct flow_build *b, const struct receivers *r)
{
	unsigned n_parts = count_parts(r);

	if (n_parts == 1) {
		output_part(b, r, 0, 1);
		return;
	}
	for (unsigned part = 0; part < n_parts; part++) {
		then_set(b, OF_FIELD_REG5, r->policy);
		then_set(b, OF_FIELD_REG2, part);
		then_resubmit(b, TABLE_FLOOD);
	}
}

/* The flows that output_all() resubmits to. */
static void part_flows(struct flow_build *b, const struct local_network *net,
		       const struct receivers *r)
{
	unsigned n_parts = count_parts(r);

	for (unsigned part = 0; n_parts > 1 && part < n_parts; part++) {
		flow(b, TABLE_FLOOD, 100, PURPOSE_FLOOD);
		when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);
		when(b, OF_FIELD_REG5, r->policy);
		when(b, OF_FIELD_REG2, part);
		output_part(b, r, part, n_parts);
	}
}

/* Ask POLICY, then deliver to PORT_NO, or to all that have it. */
static void ask(struct flow_build *b, uint32_t policy, uint32_t port_no)
{
	then_set(b, OF_FIELD_REG5, policy);
	then_set(b, OF_FIELD_REG7, port_no);
	/* Tiers that the policy before passed. */
	then_load(b, OF_FIELD_REG8, 16, 16, 0);
	then_resubmit(b, policy ? TABLE_PEER_IN : TABLE_DELIVER);
}

static int compare_receivers(const void *a, const void *b)
{
	const struct local_port *x = *(const struct local_port *const *)a;
	const struct local_port *y = *(const struct local_port *const *)b;

	if (x->policy != y->policy)
		return x->policy < y->policy ? -1 : 1;
	return x->intent->id < y->intent->id ? -1 : x->intent->id > y->intent->id;
}

/* The next ports from AT of one policy. */
static struct receivers next_receivers(const struct local_port *const *sorted, unsigned n,
				       unsigned at)
{
	struct receivers r = { .policy = sorted[at]->policy, .ports = &sorted[at] };

	while (at + r.n < n && sorted[at + r.n]->policy == r.policy)
		r.n++;
	return r;
}

static void flood(struct flow_build *b, const struct local_network *net,
		  const struct local_port *const *sorted, unsigned n)
{
	flow(b, TABLE_FORWARD, 90, PURPOSE_FLOOD);
	when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);
	when_masked(b, OF_FIELD_ETH_DST, multicast_bit, multicast_bit);
	for (unsigned at = 0; at < n;) {
		struct receivers r = next_receivers(sorted, n, at);

		if (r.policy)
			ask(b, r.policy, 0);
		else
			output_all(b, &r);
		at += r.n;
	}
	for (unsigned i = 0; i < net->n_ports; i++) {
		if (is_limited(net->ports[i]))
			ask(b, net->ports[i]->policy, net->ports[i]->port_no);
	}
}

static void deliver_flood(struct flow_build *b, const struct local_network *net,
			  const struct receivers *r)
{
	flow(b, TABLE_DELIVER, 250, PURPOSE_FLOOD);
	when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);
	when(b, OF_FIELD_REG5, r->policy);
	when(b, OF_FIELD_REG7, 0);
	output_all(b, r);
}

static void flood_flows(struct flow_build *b, const struct local_network *net)
{
	const struct local_port **sorted = xcalloc(net->n_ports + 1, sizeof(*sorted));
	unsigned n = 0;

	for (unsigned i = 0; i < net->n_ports; i++) {
		if (!is_limited(net->ports[i]))
			sorted[n++] = net->ports[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare_receivers);
	flood(b, net, sorted, n);
	for (unsigned at = 0; at < n;) {
		struct receivers r = next_receivers(sorted, n, at);

		if (r.policy)
			deliver_flood(b, net, &r);
		part_flows(b, net, &r);
		at += r.n;
	}
	free(sorted);
}

static void receive(struct flow_build *b, const struct local_port *port)
{
	if (port->is_tracked || is_limited(port))
		ask(b, port->policy, port->port_no);
	else
		then_output(b, port->port_no);
}

static bool has_pair_mac(const struct intent_port *port, const uint8_t *mac)
{
	for (unsigned i = 0; i < port->n_pairs; i++) {
		if (memcmp(port->pairs[i].mac, mac, sizeof(port->pairs[i].mac)) == 0)
			return true;
	}
	return false;
}

/* A MAC that several ports may use, as VRRP has it: who uses it now, the switch does not know, and
 * the others do not listen. */
static void shared_mac(struct flow_build *b, const struct local_network *net, const uint8_t *mac)
{
	flow(b, TABLE_FORWARD, 95, PURPOSE_SHARED);
	when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);
	when_bytes(b, OF_FIELD_ETH_DST, mac);
	for (unsigned i = 0; i < net->n_ports; i++) {
		if (has_pair_mac(net->ports[i]->intent, mac))
			receive(b, net->ports[i]);
	}
}

/* Whether an earlier port or pair has named the MAC of pair K of port I. */
static bool is_named_before(const struct local_network *net, unsigned i, unsigned k)
{
	const struct intent_port *port = net->ports[i]->intent;
	const uint8_t *mac = port->pairs[k].mac;

	for (unsigned j = 0; j < k; j++) {
		if (memcmp(port->pairs[j].mac, mac, sizeof(port->pairs[j].mac)) == 0)
			return true;
	}
	for (unsigned j = 0; j < i; j++) {
		if (has_pair_mac(net->ports[j]->intent, mac))
			return true;
	}
	return false;
}

static void shared_macs(struct flow_build *b, const struct local_network *net)
{
	for (unsigned i = 0; i < net->n_ports; i++) {
		const struct intent_port *port = net->ports[i]->intent;

		for (unsigned k = 0; k < port->n_pairs; k++) {
			if (memcmp(port->pairs[k].mac, port->mac, sizeof(port->mac)) != 0 &&
			    !is_named_before(net, i, k))
				shared_mac(b, net, port->pairs[k].mac);
		}
	}
}

static void network_flows(struct flow_build *b, const struct local_network *net)
{
	flow(b, TABLE_FORWARD, 0, PURPOSE_UNKNOWN);
	when(b, OF_FIELD_REG1, (uint32_t)net->intent->id);

	flood_flows(b, net);
	shared_macs(b, net);
	if (!net->is_tracked)
		return;
	commits(b, TABLE_DELIVER, net);
	commits(b, TABLE_LIMITED, net);
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
	static const char *const words[] = {
		[PURPOSE_UNICAST] = "to the port that has the destination MAC",
		[PURPOSE_FLOOD] = "to all ports of the network on this host",
		[PURPOSE_DELIVER] = "to the port that has the destination MAC",
		[PURPOSE_COMMIT] =
			"a new connection, which is remembered; to the port that has the "
			"destination MAC",
		[PURPOSE_LIMIT] = "the port receives so many packets and connections a second",
		[PURPOSE_SHARED] = "to the ports that may use the destination MAC",
	};

	if (e->purpose == PURPOSE_UNKNOWN)
		explain_unknown(e, out);
	else if (e->purpose < ARRAY_LENGTH(words))
		buf_puts(out, words[e->purpose]);
}

static const struct app_class l2_app = {
	.id = APP_L2,
	.title = "forwarding",
	.network_flows = network_flows,
	.port_flows = port_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, l2_app);
