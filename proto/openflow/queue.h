#ifndef PROTO_OPENFLOW_QUEUE_H
#define PROTO_OPENFLOW_QUEUE_H

/* Queue messages as structs: OFPT_QUEUE_GET_CONFIG of 1.3, OFPMP_QUEUE_DESC since 1.4 and
 * OFPMP_QUEUE_STATS (OF 1.3.5 sections 7.3.6 and 7.3.5.5, OF 1.4.1 section 7.3.5.8). */

#include "lib/util.h"

#define OF_QUEUE_ALL 0xffffffffu

struct of_queue_request { /* configuration, description and statistics */
	uint32_t port_no; /* OF_PORT_ANY: every one */
	uint32_t queue_id; /* OF_QUEUE_ALL: every one; 1.3's get-config always means that */
};

#define OF_RATE_UNSET 0xffff /* no such property */

struct of_queue_desc {
	uint32_t port_no, queue_id;
	uint16_t min_rate, max_rate; /* tenths of a percent of the port's speed */
};

struct of_queue_desc_reply {
	bool more; /* since 1.4 */
	unsigned n;
	struct of_queue_desc *queues;
	uint32_t port_no; /* 1.3: the request's */
};

struct of_queue_stats {
	uint32_t port_no, queue_id;
	uint64_t tx_bytes, tx_packets, tx_errors;
	uint32_t duration_sec, duration_nsec;
};

struct of_queue_stats_reply {
	bool more;
	unsigned n;
	struct of_queue_stats *stats;
};

#endif
