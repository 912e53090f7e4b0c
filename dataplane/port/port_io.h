#ifndef DATAPLANE_PORT_PORT_IO_H
#define DATAPLANE_PORT_PORT_IO_H

/* Ports, as the threads that move packets see them: an immutable snapshot of the ports and of who
 * polls which queue, and one call each to receive and to send. */

#include <rte_mbuf.h>
#include "dataplane/port/port_class.h"

enum {
	PORT_BURST = 32,
	PORT_HEADERS_SIZE = 192, /* bytes that are in the first segment, or the whole packet */
};

/* One rx queue that a worker polls. */
struct port_poll {
	struct port *port;
	uint64_t port_id; /* tells a port from another one later at the same address */
	uint16_t queue;
};

struct port_polls {
	const struct port_poll *list;
	unsigned n;
};

/* Replaced as a whole; shared until the grace period is over. */
struct port_set {
	uint64_t serial;		/* of the process's life; above 0 */
	const struct port_polls *polls; /* [n_workers] */
	unsigned n_workers;
	uint32_t n_numbers;
	struct port *by_number[]; /* [n_numbers], NULL where there is none */
};

/* The threads' side of the directory.  Each call is on the control thread but where it says. */
struct ports_user {
	/* The set has changed. */
	void (*changed)(void *arg);
	/* CB(CB_ARG), later on the control thread, when no worker uses what it took from the set
	 * before the call. */
	void (*when_unused)(void *arg, void (*cb)(void *cb_arg), void *cb_arg);
	/* Any thread but those two: wait for that. */
	void (*synchronize)(void *arg);
};

/* USER is lent; NULL: nobody uses the ports any more. */
void ports_set_user(struct ports *ports, const struct ports_user *user, void *arg);
/* Any thread.  The current set; a worker may use it until its next quiescent state. */
const struct port_set *ports_current(const struct ports *ports);

/* Worker W: up to N packets from QUEUE, given, counted, their headers in the first segment. */
uint16_t port_rx(struct port *port, uint16_t queue, unsigned w, struct rte_mbuf **pkts, uint16_t n);
/* Worker W: send N packets, which are given; what the port cannot take is done in software.
 * Counts are stored before a packet can be seen outside. */
void port_tx(struct port *port, unsigned w, struct rte_mbuf **pkts, uint16_t n);

#endif
