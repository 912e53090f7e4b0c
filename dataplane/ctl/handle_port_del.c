#include "dataplane/ctl/handler.h"

static void on_removed(void *arg)
{
	Weft__Switch__V1__PortDelReply out = WEFT__SWITCH__V1__PORT_DEL_REPLY__INIT;

	ctl_reply(arg, WEFT__SWITCH__V1__REPLY__REPLY_PORT_DEL, &out);
}

static bool find(const struct ctl_config *config, const Weft__Switch__V1__PortDelRequest *in,
		 struct ctl_port *port)
{
	if (*in->name)
		return config->ports->find(config->ports_arg, in->name, port);
	return in->number && config->ports->next(config->ports_arg, in->number - 1, port) &&
	       port->info.number == in->number;
}

/* Answered when the port is gone: its name and number may be used again. */
static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	const Weft__Switch__V1__PortDelRequest *in = req->port_del;
	const struct ctl_config *config = &call->ctl->config;
	struct status st = STATUS_INIT;
	struct ctl_port port = { 0 };

	if (find(config, in, &port)) {
		config->ports->remove(config->ports_arg, port.info.number, on_removed, call);
		return;
	}
	if (*in->name)
		status_set_resource(&st, STATUS_NOT_FOUND, "name", in->name,
				    "there is no port \"%s\" on this switch; see its port list",
				    in->name);
	else
		status_set(&st, STATUS_NOT_FOUND, "number",
			   "there is no port %u on this switch; see its port list", in->number);
	ctl_fail(call, &st);
}

static const struct ctl_handler port_del = { WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_DEL, handle };
REGISTRY_ADD(ctl_handler, port_del);
