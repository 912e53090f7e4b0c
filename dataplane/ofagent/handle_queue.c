#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/listing.h"
#include "proto/openflow/numbers.h"

/* What queues the ports have and what went through them (OF 1.3.5 sections 7.3.6 and 7.3.5.8, OF
 * 1.4.1 section 7.3.5.8).  Who made the ports made their queues; OpenFlow only looks. */

struct queue {
	struct of_queue_desc desc;
	struct of_queue_stats stats;
};

static bool queue_at(struct datapath *dp, uint32_t port_no, unsigned i, struct queue *q)
{
	if (!dp->ops->queue_at || !dp->ops->queue_at(dp->arg, port_no, i, &q->desc, &q->stats))
		return false;
	q->desc.port_no = q->stats.port_no = port_no;
	q->stats.queue_id = q->desc.queue_id;
	return true;
}

/* A place is port and queue. */
static uint64_t place_of(uint32_t port_no, uint32_t queue_id)
{
	return (uint64_t)port_no << 32 | queue_id;
}

/* The first queue at FROM or behind it, of that id or of any. */
static uint64_t find(struct datapath *dp, uint64_t from, uint32_t queue_id, struct queue *q)
{
	unsigned n_ports;
	const struct of_port *ports = datapath_ports(dp, &n_ports);

	for (unsigned p = 0; p < n_ports; p++) {
		if (ports[p].port_no < from >> 32)
			continue;
		for (unsigned i = 0; queue_at(dp, ports[p].port_no, i, q); i++) {
			uint64_t place = place_of(ports[p].port_no, q->desc.queue_id);

			if (place >= from &&
			    (queue_id == OF_QUEUE_ALL || queue_id == q->desc.queue_id))
				return place;
		}
	}
	return UINT64_MAX;
}

static uint64_t fill_desc(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			  void *entry)
{
	struct queue q = { 0 };
	uint64_t place = find(c->dp, from, only, &q);

	(void)a;
	*(struct of_queue_desc *)entry = q.desc;
	return place;
}

static uint64_t fill_stats(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			   void *entry)
{
	struct queue q = { 0 };
	uint64_t place = find(c->dp, from, only, &q);

	(void)a;
	*(struct of_queue_stats *)entry = q.stats;
	return place;
}

static const struct listing_class desc_listing = {
	OF_QUEUE_DESC_REPLY,
	sizeof(struct of_queue_desc),
	fill_desc,
};
static const struct listing_class stats_listing = {
	OF_QUEUE_STATS_REPLY,
	sizeof(struct of_queue_stats),
	fill_stats,
};

static int check(struct conn *c, const struct of_queue_request *r, struct of_error *err)
{
	struct queue q;
	uint64_t place;

	if (r->port_no != OF_PORT_ANY && !datapath_port(c->dp, r->port_no))
		return of_error_set(err, OFPET_QUEUE_OP_FAILED, OFPQOFC_BAD_PORT);
	if (r->queue_id == OF_QUEUE_ALL)
		return 0;
	place = find(c->dp, r->port_no == OF_PORT_ANY ? 0 : place_of(r->port_no, 0), r->queue_id,
		     &q);
	if (place == UINT64_MAX || (r->port_no != OF_PORT_ANY && q.desc.port_no != r->port_no))
		return of_error_set(err, OFPET_QUEUE_OP_FAILED, OFPQOFC_BAD_QUEUE);
	return 0;
}

static int list(struct conn *c, const struct of_msg *m, const struct listing_class *class,
		struct of_error *err)
{
	const struct of_queue_request *r = &m->queue_request;

	if (check(c, r, err) < 0)
		return -1;
	if (r->port_no == OF_PORT_ANY)
		listing_start(c, m->xid, class, 0, UINT64_MAX, r->queue_id);
	else
		listing_start(c, m->xid, class, place_of(r->port_no, 0),
			      place_of(r->port_no, UINT32_MAX), r->queue_id);
	return 0;
}

static int handle_desc(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return list(c, m, &desc_listing, err);
}

static const struct of_handler queue_desc_request = { OF_QUEUE_DESC_REQUEST,
						      .handle = handle_desc };
REGISTRY_ADD(of_handler, queue_desc_request);

static int handle_stats(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return list(c, m, &stats_listing, err);
}

static const struct of_handler queue_stats_request = { OF_QUEUE_STATS_REQUEST,
						       .handle = handle_stats };
REGISTRY_ADD(of_handler, queue_stats_request);

/* 1.3's is one message, so it has as many as fit into it. */
#define MAX_IN_CONFIG ((OF_MAX_MESSAGE - 16) / 48)

static int handle_get_config(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	uint32_t port_no = m->queue_request.port_no;
	struct of_msg reply = { .kind = OF_QUEUE_GET_CONFIG_REPLY, .xid = m->xid };
	struct of_queue_desc_reply *r = &reply.queue_desc_reply;
	uint64_t place = port_no == OF_PORT_ANY ? 0 : place_of(port_no, 0);
	struct queue q;

	if (check(c, &m->queue_request, err) < 0)
		return -1;
	r->port_no = port_no;
	r->queues = xcalloc(MAX_IN_CONFIG, sizeof(*r->queues));
	while (r->n < MAX_IN_CONFIG &&
	       (place = find(c->dp, place, OF_QUEUE_ALL, &q)) < UINT64_MAX) {
		if (port_no != OF_PORT_ANY && q.desc.port_no != port_no)
			break;
		r->queues[r->n++] = q.desc;
		place++;
	}
	conn_send(c, &reply);
	free(r->queues);
	return 0;
}

static const struct of_handler queue_get_config_request = { OF_QUEUE_GET_CONFIG_REQUEST,
							    .handle = handle_get_config };
REGISTRY_ADD(of_handler, queue_get_config_request);
