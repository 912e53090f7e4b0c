#include "dataplane/ctl/handler.h"
#include "dataplane/ctl/port_describe.h"

#define MAX_OPTIONS 64

/* At once, so that flows that come with the next message find the port. */
static void tell_datapath(struct datapath *dp, const struct port_info *info)
{
	struct of_port port = { 0 };

	port_describe(info, &port);
	datapath_port_add(dp, &port);
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	const Weft__Switch__V1__PortAddRequest *in = req->port_add;
	Weft__Switch__V1__PortAddReply out = WEFT__SWITCH__V1__PORT_ADD_REPLY__INIT;
	const struct ctl_config *config = &call->ctl->config;
	struct port_setting settings[MAX_OPTIONS];
	struct port_request port_req = {
		.name = in->name,
		.type = in->type,
		.number = in->number,
		.settings = settings,
		.n_settings = in->n_options,
	};
	struct status st = STATUS_INIT;
	struct ctl_port port = { 0 };

	if (in->n_options > MAX_OPTIONS) {
		status_set(&st, STATUS_INVALID_ARGUMENT, "options",
			   "a port has at most %d options, not %zu", MAX_OPTIONS, in->n_options);
		ctl_fail(call, &st);
		return;
	}
	for (size_t i = 0; i < in->n_options; i++)
		settings[i] = (struct port_setting){ in->options[i]->key, in->options[i]->value };
	if (config->ports->add(config->ports_arg, &port_req, &port, &st) < 0) {
		ctl_fail(call, &st);
		return;
	}
	tell_datapath(config->datapath, &port.info);
	out.port = ctl_port_message(call, &port);
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_PORT_ADD, &out);
}

static const struct ctl_handler port_add = { WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_ADD, handle };
REGISTRY_ADD(ctl_handler, port_add);
