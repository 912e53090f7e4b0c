#include "dataplane/ctl/handler.h"

static char *mac_text(struct arena *a, const struct port_info *info)
{
	const uint8_t *m = info->mac;

	if (!info->has_mac)
		return (char *)protobuf_c_empty_string;
	return arena_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void add_options(struct arena *a, Weft__Switch__V1__Port *p, const struct ctl_port *port)
{
	p->n_options = port->n_settings;
	p->options = arena_alloc(a, port->n_settings * sizeof(*p->options));
	for (size_t i = 0; i < port->n_settings; i++) {
		p->options[i] = arena_alloc(a, sizeof(*p->options[i]));
		weft__switch__v1__option__init(p->options[i]);
		p->options[i]->key = arena_strdup(a, port->settings[i].key);
		p->options[i]->value = arena_strdup(a, port->settings[i].value);
	}
}

Weft__Switch__V1__Port *ctl_port_message(struct ctl_call *call, const struct ctl_port *port)
{
	const struct port_info *info = &port->info;
	Weft__Switch__V1__Port *p = arena_alloc(&call->arena, sizeof(*p));
	const struct of_port *of = datapath_port(call->ctl->config.datapath, info->number);

	weft__switch__v1__port__init(p);
	p->number = info->number;
	p->name = arena_strdup(&call->arena, info->name);
	p->type = arena_strdup(&call->arena, info->type);
	add_options(&call->arena, p, port);
	p->is_up = info->is_up;
	p->config = of ? of->config : 0;
	p->mac = mac_text(&call->arena, info);
	p->mtu = info->mtu;
	p->socket_path = arena_strdup(&call->arena, info->socket_path);
	p->ifname = arena_strdup(&call->arena, info->ifname);
	p->netns = arena_strdup(&call->arena, info->netns);
	p->summary = arena_strdup(&call->arena, info->summary);
	return p;
}
