/* TracePacket: a made-up packet of a port, followed by its switch, told in the words of the
 * API. */

#include "controller/diagnostics_priv.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/model/ip.h"
#include "proto/weft/v1/port.pb-c.h"

enum { ETH_IPV4 = 0x0800, ETH_ARP = 0x0806, ETH_IPV6 = 0x86dd };
enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, TCP_SYN = 0x002, CLIENT_PORT = 49152 };

struct tracing {
	struct diagnostics *d;
	struct api_call *call;
	uint64_t datapath_id;
	struct of_match packet; /* in the call's arena */
	struct buf story;
};

static bool has(const struct tracing *t, enum of_field_id id)
{
	return of_match_find(&t->packet, id) != NULL;
}

static void set_unless_given(struct tracing *t, enum of_field_id id, const void *value)
{
	if (!has(t, id))
		of_match_set(api_arena(t->call), &t->packet, id, value, NULL);
}

/* One end of the packet: the fields that have its addresses. */
struct end {
	enum of_field_id mac, ipv4, ipv6, arp;
};

static const struct end sender = { OF_FIELD_ETH_SRC, OF_FIELD_IPV4_SRC, OF_FIELD_IPV6_SRC,
				   OF_FIELD_ARP_SPA };
static const struct end receiver = { OF_FIELD_ETH_DST, OF_FIELD_IPV4_DST, OF_FIELD_IPV6_DST,
				     OF_FIELD_ARP_TPA };

static void add_ip(struct tracing *t, const struct end *end, const char *text)
{
	const struct of_field_match *type = of_match_find(&t->packet, OF_FIELD_ETH_TYPE);
	uint16_t eth_type = type ? load_be16(type->value) : 0;
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		if (eth_type == ETH_IPV4)
			set_unless_given(t, end->ipv4, &v4);
		else if (eth_type == ETH_ARP)
			set_unless_given(t, end->arp, &v4);
	} else if (inet_pton(AF_INET6, text, &v6) == 1 && eth_type == ETH_IPV6) {
		set_unless_given(t, end->ipv6, &v6);
	}
}

/* What PORT would send with, or what others would send to it with, unless the caller says
 * otherwise. */
static void add_end(struct tracing *t, const struct end *end, const Weft__V1__Port *port)
{
	uint8_t mac[6];

	if (mac_parse(mac, port->mac_address))
		set_unless_given(t, end->mac, mac);
	for (size_t i = 0; i < port->n_ip_addresses; i++)
		add_ip(t, end, port->ip_addresses[i]->address);
}

static void set_number_unless_given(struct tracing *t, enum of_field_id id, uint64_t value)
{
	if (!has(t, id))
		of_match_set_u64(api_arena(t->call), &t->packet, id, value);
}

/* A packet that begins a connection, unless the caller says otherwise. */
static void begin_connection(struct tracing *t)
{
	const struct of_field_match *protocol = of_match_find(&t->packet, OF_FIELD_IP_PROTO);

	switch (protocol ? protocol->value[0] : -1) {
	case TCP:
		set_number_unless_given(t, OF_FIELD_TCP_FLAGS, TCP_SYN);
		set_number_unless_given(t, OF_FIELD_TCP_SRC, CLIENT_PORT);
		break;
	case UDP:
		set_number_unless_given(t, OF_FIELD_UDP_SRC, CLIENT_PORT);
		break;
	case ICMP:
		set_number_unless_given(t, OF_FIELD_ICMPV4_TYPE, 8);
		break;
	case ICMPV6:
		set_number_unless_given(t, OF_FIELD_ICMPV6_TYPE, 128);
		break;
	default:
		break;
	}
}

/* TO may be NULL. */
static void complete_packet(struct tracing *t, const Weft__V1__Port *port, const Weft__V1__Port *to)
{
	const struct of_field_match *type = of_match_find(&t->packet, OF_FIELD_ETH_TYPE);
	uint8_t mac[6];

	of_match_set_u64(api_arena(t->call), &t->packet, OF_FIELD_IN_PORT, port->binding->of_port);
	add_end(t, &sender, port);
	if (type && load_be16(type->value) == ETH_ARP && mac_parse(mac, port->mac_address))
		set_unless_given(t, OF_FIELD_ARP_SHA, mac);
	if (to)
		add_end(t, &receiver, to);
	begin_connection(t);
}

static const Weft__V1__Port *find_port(struct tracing *t, const char *name, const char *field,
				       struct status *st)
{
	const struct resource *r = model_find(t->d->model, name);

	if (r && r->class == &port_resource && resource_msg(r))
		return (const Weft__V1__Port *)resource_msg(r);
	status_set_resource(st, STATUS_NOT_FOUND, field, name, "there is no port %s", name);
	return NULL;
}

static const Weft__V1__Port *find_sender(struct tracing *t, const char *name, struct status *st)
{
	const Weft__V1__Port *port = find_port(t, name, "port", st);

	if (!port)
		return NULL;
	if (!port->binding || !port->binding->of_port) {
		status_set_resource(st, STATUS_FAILED_PRECONDITION, "port", name,
				    "the port is not attached: attach it first");
		return NULL;
	}
	t->datapath_id = diagnostics_datapath(t->d, port->binding->host, "port", st);
	return t->datapath_id ? port : NULL;
}

static int read_request(struct tracing *t, const Weft__V1__TracePacketRequest *req,
			struct status *st)
{
	const Weft__V1__Port *port = find_sender(t, req->port, st), *to = NULL;

	if (port && *req->to)
		to = find_port(t, req->to, "to", st);
	if (!port || (*req->to && !to))
		return -1;
	if (to && strcmp(to->network, port->network) != 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "to",
				  "%s is in another network, %s: nothing goes there", req->to,
				  to->network);
	if (of_match_parse(req->packet, api_arena(t->call), &t->packet, st) < 0) {
		snprintf(st->field, sizeof(st->field), "packet");
		return -1;
	}
	if (has(t, OF_FIELD_IN_PORT))
		return status_set(st, STATUS_INVALID_ARGUMENT, "packet",
				  "in_port is the port's own: leave it out");
	complete_packet(t, port, to);
	return 0;
}

static Weft__V1__TraceStep *step_message(struct tracing *t, const Weft__Switch__V1__TraceStep *from)
{
	struct arena *a = api_arena(t->call);
	Weft__V1__TraceStep *m = arena_alloc(a, sizeof(*m));
	struct cookie_words w;

	weft__v1__trace_step__init(m);
	m->table = from->table;
	m->stage = diagnostics_stage(a, from->table);
	if (!from->has_match) {
		m->text = arena_strdup(a, "no flow matched");
		return m;
	}
	w = diagnostics_words(t->d, a, from->cookie, &t->packet);
	m->match = arena_strdup(a, from->match);
	m->priority = from->priority;
	m->cookie = from->cookie;
	m->actions = arena_strdup(a, from->actions);
	m->app = w.app;
	m->resource = w.resource;
	m->text = w.text;
	return m;
}

static void add_receivers(struct tracing *t, const Weft__Switch__V1__TraceReply *reply,
			  Weft__V1__TracePacketResponse *m)
{
	struct arena *a = api_arena(t->call);

	m->receivers = arena_alloc(a, (reply->n_out_ports + 1) * sizeof(*m->receivers));
	for (size_t i = 0; i < reply->n_out_ports; i++) {
		const struct intent_port *port =
			apps_port_at(t->d->apps, t->datapath_id, reply->out_ports[i]);

		m->receivers[m->n_receivers++] =
			port ? arena_strdup(a, port->name)
			     : arena_printf(a, "switch port %u", reply->out_ports[i]);
	}
}

static void tell_story(struct tracing *t, const Weft__V1__TracePacketResponse *m)
{
	for (size_t i = 0; i < m->n_steps; i++) {
		const Weft__V1__TraceStep *s = m->steps[i];

		buf_printf(&t->story, "%2u %-10s %s\n", s->table, s->stage, s->text);
		if (*s->match || *s->actions)
			buf_printf(&t->story, "              %u %s -> %s\n", s->priority, s->match,
				   s->actions);
	}
	for (size_t i = 0; i < m->n_receivers; i++)
		buf_printf(&t->story, "received by %s\n", m->receivers[i]);
	if (*m->drop_reason)
		buf_printf(&t->story, "dropped: %s\n", m->drop_reason);
}

static char *drop_reason(struct tracing *t, const Weft__Switch__V1__TraceReply *reply,
			 const Weft__V1__TracePacketResponse *m)
{
	const Weft__V1__TraceStep *last = m->n_steps ? m->steps[m->n_steps - 1] : NULL;

	if (last && *last->app)
		return last->text;
	return arena_strdup(api_arena(t->call),
			    *reply->drop_reason ? reply->drop_reason : reply->verdict);
}

/* What is refused may be sent to us all the same, for the log. */
static bool is_refused(const struct tracing *t, const Weft__V1__TracePacketResponse *m)
{
	struct app_verdict verdict;

	return m->n_steps && app_verdict(t->d->apps, m->steps[m->n_steps - 1]->cookie, &verdict) &&
	       verdict.is_refusal;
}

static void reply_trace(struct tracing *t, const Weft__Switch__V1__TraceReply *reply)
{
	Weft__V1__TracePacketResponse m = WEFT__V1__TRACE_PACKET_RESPONSE__INIT;

	m.steps = arena_alloc(api_arena(t->call), (reply->n_steps + 1) * sizeof(*m.steps));
	for (size_t i = 0; i < reply->n_steps; i++)
		m.steps[m.n_steps++] = step_message(t, reply->steps[i]);
	add_receivers(t, reply, &m);
	m.is_forwarded = reply->n_out_ports > 0 || (reply->is_punted && !is_refused(t, &m));
	if (!m.is_forwarded)
		m.drop_reason = drop_reason(t, reply, &m);
	tell_story(t, &m);
	m.text = (char *)buf_str(&t->story);
	api_reply(t->call, &m.base);
}

static void destroy(struct tracing *t)
{
	buf_fini(&t->story);
	free(t);
}

static void answered(void *arg, const Weft__Switch__V1__Reply *reply, const struct status *from)
{
	struct tracing *t = arg;
	struct status st = *from;

	if (reply && reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_TRACE) {
		reply_trace(t, reply->trace);
	} else {
		status_set(&st, STATUS_INTERNAL, NULL,
			   "the switch answers something else than was asked");
		api_fail(t->call, &st);
	}
	destroy(t);
}

static void ask(struct tracing *t)
{
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__TraceRequest trace = WEFT__SWITCH__V1__TRACE_REQUEST__INIT;
	struct buf key = BUF_INIT;

	of_match_print(&t->packet, &key);
	trace.key = (char *)buf_str(&key);
	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_TRACE;
	request.trace = &trace;
	southbound_request(t->d->southbound, t->datapath_id, &request, answered, t);
	buf_fini(&key);
}

void diagnostics_trace(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct tracing *t = xcalloc(1, sizeof(*t));
	struct status st = STATUS_INIT;

	t->d = ctx;
	t->call = call;
	if (read_request(t, (const Weft__V1__TracePacketRequest *)request, &st) == 0) {
		ask(t);
		return;
	}
	api_fail(call, &st);
	destroy(t);
}
