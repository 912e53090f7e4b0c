#include "dataplane/ctl/handler.h"

static Weft__Switch__V1__PortTypeOption *option(struct arena *a, const struct port_option *from)
{
	Weft__Switch__V1__PortTypeOption *o = arena_alloc(a, sizeof(*o));

	weft__switch__v1__port_type_option__init(o);
	o->key = (char *)from->key;
	o->value = (char *)(from->value ? from->value : "");
	o->initial = (char *)(from->initial ? from->initial : "");
	o->help = (char *)from->help;
	o->is_required = from->is_required;
	return o;
}

static Weft__Switch__V1__PortType *message(struct arena *a, const struct port_type_info *info)
{
	Weft__Switch__V1__PortType *t = arena_alloc(a, sizeof(*t));
	size_t n_common;
	const struct port_option *common = port_types_common(&n_common);

	weft__switch__v1__port_type__init(t);
	t->type = (char *)info->type;
	t->help = (char *)info->help;
	t->n_options = info->n_options + n_common;
	t->options = arena_alloc(a, t->n_options * sizeof(*t->options));
	for (size_t i = 0; i < info->n_options; i++)
		t->options[i] = option(a, &info->options[i]);
	for (size_t i = 0; i < n_common; i++)
		t->options[info->n_options + i] = option(a, &common[i]);
	return t;
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__PortTypesReply out = WEFT__SWITCH__V1__PORT_TYPES_REPLY__INIT;
	struct ctl_page page = { .arena = &call->arena };
	struct port_type_info info;

	(void)req;
	for (size_t i = 0; port_types_at(i, &info); i++)
		ctl_page_add(&page, &message(&call->arena, &info)->base);
	out.n_types = page.n;
	out.types = (Weft__Switch__V1__PortType **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_PORT_TYPES, &out);
}

static const struct ctl_handler port_types = { WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_TYPES,
					       handle };
REGISTRY_ADD(ctl_handler, port_types);
