#include "dataplane/ctl/handler.h"

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__PortListReply out = WEFT__SWITCH__V1__PORT_LIST_REPLY__INIT;
	const struct ctl_config *config = &call->ctl->config;
	struct ctl_page page = { .arena = &call->arena };
	uint32_t at = MIN_OF(req->port_list->after, UINT32_MAX);
	struct ctl_port port = { 0 };

	while (config->ports->next(config->ports_arg, at, &port)) {
		if (!ctl_page_add(&page, &ctl_port_message(call, &port)->base)) {
			out.next = at;
			break;
		}
		at = port.info.number;
	}
	out.n_ports = page.n;
	out.ports = (Weft__Switch__V1__Port **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_PORT_LIST, &out);
}

static const struct ctl_handler port_list = { WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_LIST,
					      handle };
REGISTRY_ADD(ctl_handler, port_list);
