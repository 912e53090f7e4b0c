#include "controller/diagnostics_priv.h"

#include <ctype.h>
#include <stdlib.h>

#include "controller/flows/layout.h"
#include "proto/weft/v1/host.pb-c.h"

uint64_t diagnostics_datapath(const struct diagnostics *d, const char *name, const char *field,
			      struct status *st)
{
	const struct resource *r = model_find(d->model, name);
	uint64_t id;

	if (!r || r->class != &host_resource || !resource_msg(r)) {
		status_set_resource(st, STATUS_NOT_FOUND, field, name, "there is no host %s", name);
		return 0;
	}
	id = strtoull(((const Weft__V1__Host *)resource_msg(r))->datapath_id, NULL, 16);
	if (!id)
		status_set_resource(st, STATUS_UNAVAILABLE, field, name,
				    "no switch of %s has connected yet: start weft-dataplane there",
				    name);
	return id;
}

struct cookie_words diagnostics_words(const struct diagnostics *d, struct arena *a, uint64_t cookie,
				      const struct of_match *packet)
{
	struct buf text = BUF_INIT;
	const char *resource = "";
	const char *app = app_of_cookie(d->apps, cookie, &resource);
	struct cookie_words w;

	app_explain(d->apps, cookie, packet, &text);
	w.app = arena_strdup(a, app ? app : "");
	w.resource = arena_strdup(a, resource);
	w.text = arena_strdup(a, buf_str(&text));
	buf_fini(&text);
	return w;
}

char *diagnostics_stage(struct arena *a, uint8_t table)
{
	const char *name = layout_table_name(table);
	char *stage;

	if (!name)
		return arena_printf(a, "%u", table);
	stage = arena_strdup(a, name);
	for (char *c = stage; *c; c++)
		*c = tolower((unsigned char)*c);
	return stage;
}

static const struct api_method_handler handlers[] = {
	{ "/weft.v1.DiagnosticsService/TracePacket", diagnostics_trace },
	{ "/weft.v1.DiagnosticsService/ListDrops", diagnostics_drops },
	{ "/weft.v1.DiagnosticsService/ListFlows", diagnostics_flows },
};

void diagnostics_serve(struct diagnostics *d, struct api_dispatch *dispatch)
{
	api_dispatch_add(dispatch, handlers, ARRAY_LENGTH(handlers), d);
}
