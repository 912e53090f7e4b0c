#ifndef DATAPLANE_PORT_QUEUES_H
#define DATAPLANE_PORT_QUEUES_H

/* The queues of a port's transmit side, for those who send: a limit of the rate and counters each.
 * Nothing waits in them; what exceeds the limit is dropped. */

#include "dataplane/meter/token_bucket.h"
#include "dataplane/port/port_class.h"

/* Of one worker at one queue; the worker writes. */
struct port_queue_counters {
	struct port_queue_stats stats;
} APART;

struct port_queue {
	struct token_bucket bucket; /* shared by the workers */
	uint32_t id;
	uint32_t max_kbps;		      /* 0: no limit */
	struct port_queue_counters *counters; /* [n_workers] */
} __rte_cache_aligned;

struct port_queues {
	unsigned n;
	struct port_queue list[]; /* by ascending id, the first is 0 */
};

/* Options that ports of every type have. */
extern const struct port_option port_common_options[];
extern const size_t n_port_common_options;

/* Control thread: as the option `tx_queues` says; NULL in *QUEUES if it is not given.  0, or -1 with
 * ST filled. */
int port_queues_create(const struct port *port, struct port_queues **queues, struct status *st);
void port_queues_destroy(struct port_queues *queues); /* NULL is allowed */

/* Worker W: count those of the N <= 64 packets that the queue of that ID lets pass, and drop the
 * others.  Returns how many are left. */
unsigned port_queues_admit(struct port *port, unsigned w, uint32_t id, struct rte_mbuf **pkts,
			   unsigned n, uint64_t now_ns);

#endif
