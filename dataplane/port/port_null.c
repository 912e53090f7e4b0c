/* Port type `null`: packets sent to it vanish; none come.  A place to send to in measurements and
 * tests. */

#include "dataplane/port/port_class.h"

static int null_open(struct port *port, struct status *st)
{
	(void)st;
	port->n_tx_queues = port->n_workers;
	port->takes = PORT_TAKES_ALL;
	return 0;
}

static void null_close(struct port *port, bool is_removed)
{
	(void)port;
	(void)is_removed;
}

static void null_info(const struct port *port, struct port_info *info)
{
	(void)port;
	info->is_up = true;
	strcpy(info->summary, "drops what it is sent");
}

static uint16_t null_tx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)port;
	(void)queue;
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

static const struct port_class port_null = {
	.type = "null",
	.help = "Drops what it is sent and receives nothing.",
	.size = sizeof(struct port),
	.open = null_open,
	.close = null_close,
	.info = null_info,
	.tx = null_tx,
};
REGISTRY_ADD(port_class, port_null);
