#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/listing.h"
#include "proto/openflow/numbers.h"

/* What ports there are and what they count (OF 1.3.5 sections 7.3.5.6 and 7.3.5.7). */

static const struct of_port *next_port(struct conn *c, uint64_t from)
{
	unsigned n;
	const struct of_port *ports = datapath_ports(c->dp, &n);

	for (unsigned i = 0; i < n; i++) {
		if (ports[i].port_no >= from)
			return &ports[i];
	}
	return NULL;
}

static uint64_t fill_desc(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			  void *entry)
{
	const struct of_port *port = next_port(c, from);

	(void)a, (void)only;
	if (!port)
		return UINT64_MAX;
	*(struct of_port *)entry = *port;
	return port->port_no;
}

/* The counters of a port that has just gone are zero. */
static uint64_t fill_stats(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			   void *entry)
{
	const struct of_port *port = next_port(c, from);
	struct of_port_stats *s = entry;

	(void)a, (void)only;
	if (!port)
		return UINT64_MAX;
	*s = (struct of_port_stats){ 0 };
	c->dp->ops->port_stats(c->dp->arg, port->port_no, s);
	s->port_no = port->port_no;
	return port->port_no;
}

static const struct listing_class desc_listing = {
	OF_PORT_DESC_REPLY, sizeof(struct of_port), fill_desc,
	.per_step = (OF_MAX_MESSAGE - 16) / 72, /* of the longest form */
};
static const struct listing_class stats_listing = {
	OF_PORT_STATS_REPLY,
	sizeof(struct of_port_stats),
	fill_stats,
	.per_step = (OF_MAX_MESSAGE - 16) / 120,
};

static int list(struct conn *c, uint32_t xid, uint32_t number, const struct listing_class *class,
		struct of_error *err)
{
	if (number == OF_PORT_ANY) {
		listing_start(c, xid, class, 0, UINT64_MAX, 0);
		return 0;
	}
	if (!datapath_port(c->dp, number))
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_PORT);
	listing_start(c, xid, class, number, number, 0);
	return 0;
}

static int handle_stats(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return list(c, m->xid, m->port_stats_request.port_no, &stats_listing, err);
}

static const struct of_handler port_stats = { OF_PORT_STATS_REQUEST, .handle = handle_stats };
REGISTRY_ADD(of_handler, port_stats);

/* Since 1.5 one port may be asked for. */
static int handle_desc(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	bool is_any = c->version < OF_VERSION_1_5;

	return list(c, m->xid, is_any ? OF_PORT_ANY : m->port_stats_request.port_no, &desc_listing,
		    err);
}

static const struct of_handler port_desc = { OF_PORT_DESC_REQUEST, .handle = handle_desc };
REGISTRY_ADD(of_handler, port_desc);
