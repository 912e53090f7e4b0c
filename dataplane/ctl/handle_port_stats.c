#include "dataplane/ctl/handler.h"

static Weft__Switch__V1__PortStats *message(struct ctl_call *call, const struct ctl_port *port)
{
	Weft__Switch__V1__PortStats *m = arena_alloc(&call->arena, sizeof(*m));
	const struct port_stats *s = &port->stats;

	weft__switch__v1__port_stats__init(m);
	m->number = port->info.number;
	m->name = arena_strdup(&call->arena, port->info.name);
	m->rx_packets = s->rx_packets;
	m->rx_bytes = s->rx_bytes;
	m->rx_dropped = s->rx_dropped;
	m->rx_errors = s->rx_errors;
	m->tx_packets = s->tx_packets;
	m->tx_bytes = s->tx_bytes;
	m->tx_dropped = s->tx_dropped;
	m->tx_errors = s->tx_errors;
	m->age_ns = loop_now_ns(call->ctl->config.loop) - port->info.added_ns;
	return m;
}

static void list_all(struct ctl_call *call, uint64_t after, struct ctl_page *page,
		     Weft__Switch__V1__PortStatsReply *out)
{
	const struct ctl_config *config = &call->ctl->config;
	uint32_t at = MIN_OF(after, UINT32_MAX);
	struct ctl_port port = { 0 };

	while (config->ports->next(config->ports_arg, at, &port)) {
		if (!ctl_page_add(page, &message(call, &port)->base)) {
			out->next = at;
			break;
		}
		at = port.info.number;
	}
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__PortStatsReply out = WEFT__SWITCH__V1__PORT_STATS_REPLY__INIT;
	const struct ctl_config *config = &call->ctl->config;
	struct ctl_page page = { .arena = &call->arena };
	const char *name = req->port_stats->name;
	struct status st = STATUS_INIT;
	struct ctl_port port = { 0 };

	if (!*name) {
		list_all(call, req->port_stats->after, &page, &out);
	} else if (config->ports->find(config->ports_arg, name, &port)) {
		ctl_page_add(&page, &message(call, &port)->base);
	} else {
		status_set_resource(&st, STATUS_NOT_FOUND, "name", name,
				    "there is no port \"%s\" on this switch; see its port list",
				    name);
		ctl_fail(call, &st);
		return;
	}
	out.n_ports = page.n;
	out.ports = (Weft__Switch__V1__PortStats **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_PORT_STATS, &out);
}

static const struct ctl_handler port_stats = { WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_STATS,
					       handle };
REGISTRY_ADD(ctl_handler, port_stats);
