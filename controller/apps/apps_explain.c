/* What a flow's cookie means, in words. */

#include "controller/apps/apps_priv.h"
#include "controller/apps/policy_explain.h"
#include "controller/flows/cookie.h"

const char *app_of_cookie(const struct apps *a, uint64_t cookie, const char **resource)
{
	uint64_t id = cookie_resource(cookie);
	const struct port_rec *p = id ? apps_find_port(a, id) : NULL;
	const struct network_rec *net = id ? apps_find_network(a, id) : NULL;

	*resource = "";
	if (cookie_app(cookie) == APP_POLICY)
		*resource = policy_resource(a, cookie);
	else if (p && p->is_known)
		*resource = p->intent.name;
	else if (net && net->is_known)
		*resource = net->intent.name;
	return layout_app_name(cookie_app(cookie));
}

void app_explain(const struct apps *a, uint64_t cookie, const struct of_match *packet,
		 struct buf *out)
{
	const struct app_class *app = app_class_find(cookie_app(cookie));
	uint64_t id = cookie_resource(cookie);
	const struct port_rec *p = id ? apps_find_port(a, id) : NULL;
	struct explain e = { .purpose = cookie_purpose(cookie), .packet = packet };
	size_t before;

	if (!app)
		return;
	if (app->id == APP_POLICY) {
		buf_printf(out, "%s: ", app->title);
		policy_explain(a, cookie, packet, out);
		return;
	}
	app_of_cookie(a, cookie, &e.resource);
	e.port = p && p->is_known ? &p->intent : NULL;
	buf_puts(out, app->title);
	if (e.port)
		buf_printf(out, " of port %s", e.resource);
	else if (*e.resource)
		buf_printf(out, " in network %s", e.resource);
	else if (id)
		buf_puts(out, " of a resource that is gone");
	if (!app->explain)
		return;
	before = out->size;
	buf_puts(out, ": ");
	app->explain(&e, out);
	if (out->size == before + 2)
		out->size = before;
}
