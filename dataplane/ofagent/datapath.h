#ifndef DATAPLANE_OFAGENT_DATAPATH_H
#define DATAPLANE_OFAGENT_DATAPATH_H

/* The switch as OpenFlow controllers see it: flow tables, ports, and the connections that
 * change them.  It decides when the tables are compiled and handed to the workers, and who is
 * told of packets, flows removed and ports changed.
 *
 * What touches packets and devices is behind `struct datapath_ops`: weft-dataplane gives worker
 * threads and real ports, mem_switch.h (dataplane/ctl) gives memory.  No socket, no EAL and no
 * clock but the loop's.  All calls are on the loop's thread. */

#include "dataplane/action/program.h"
#include "dataplane/conntrack/conntrack.h"
#include "dataplane/ofagent/throttle.h"
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/table/tables.h"
#include "lib/list.h"
#include "lib/loop.h"
#include "proto/openflow/msg.h"

struct datapath;

typedef void datapath_reply_fn(void *arg, const uint8_t *reply, size_t size);

struct datapath_ops {
	/* Every worker takes P from its next burst on.  P is shared: it is released after
	 * when_seen() has told that what replaced it is seen.  Returns a token. */
	uint64_t (*publish)(void *arg, const struct pipeline *p);
	/* A token for all that was published and injected so far. */
	uint64_t (*token)(void *arg);
	/* CB(CB_ARG), later on the loop and in order of the calls, when every worker has left
	 * behind what it used when the token was given, has done what was injected before, and
	 * its counters tell so. */
	void (*when_seen)(void *arg, uint64_t token, void (*cb)(void *cb_arg), void *cb_arg);
	/* Run PROGRAM (given) on a copy of DATA as if received on IN_PORT.  0 or -EAGAIN. */
	int (*inject)(void *arg, const void *data, size_t size, uint32_t in_port,
		      struct action_program *program);
	/* Fill in the counters and the age of a port; -1 if there is none of that number. */
	int (*port_stats)(void *arg, uint32_t number, struct of_port_stats *stats);
	/* The Ith transmit queue of a port, by ascending id; false when there are not so many.  The
	 * port's number is filled in by the caller. */
	bool (*queue_at)(void *arg, uint32_t number, unsigned i, struct of_queue_desc *desc,
			 struct of_queue_stats *stats);
	/* A management request, packed as in proto/switch/v1 (lent).  REPLY is called once, now or
	 * later, with the packed reply. */
	void (*manage)(void *arg, const uint8_t *req, size_t size, datapath_reply_fn *reply,
		       void *reply_arg);
};

/* OpenFlow 1.3, 1.4 and 1.5. */
#define DATAPATH_VERSIONS (1u << OF_VERSION_1_3 | 1u << OF_VERSION_1_4 | 1u << OF_VERSION_1_5)

struct datapath_config {
	struct loop *loop;
	uint64_t datapath_id;
	const char *host; /* told as dp_desc: which machine it is */
	const struct datapath_ops *ops;
	void *arg;
	struct tables *tables;		 /* lent; given also to those who count in them */
	struct conntrack *conntrack;	 /* lent; its wake() leads to datapath_conntrack_wake() */
	struct throttle_config throttle; /* of packet-ins; zero: no limit */
	uint32_t versions;		 /* bit per OF_VERSION_* that is spoken; 0: all three */
};

struct datapath *datapath_create(const struct datapath_config *config);
/* Closes the connections and releases the pipelines.  No worker runs any more. */
void datapath_destroy(struct datapath *dp);

/* The tables; lent.  Whoever changes them says so with datapath_changed(). */
struct tables *datapath_tables(struct datapath *dp);
/* The tracked connections; lent. */
struct conntrack *datapath_conntrack(struct datapath *dp);
/* There are connections again: conntrack_tend() is called from now on. */
void datapath_conntrack_wake(struct datapath *dp);
/* Compile and publish soon. */
void datapath_changed(struct datapath *dp);
/* Compile and publish what has changed, and return what the workers are running from now on;
 * lent until the next call into the datapath. */
const struct pipeline *datapath_current(struct datapath *dp);

/* Embed one, init once; pending at most once at a time. */
struct datapath_wait {
	struct list in_grace;
	void (*done)(void *arg);
	void *arg;
};

void datapath_wait_init(struct datapath_wait *w);
/* DONE(ARG), later, when every worker runs what the tables hold now. */
void datapath_wait_seen(struct datapath *dp, struct datapath_wait *w, void (*done)(void *arg),
			void *arg);
void datapath_wait_cancel(struct datapath_wait *w); /* may be called when not pending */

/* Ports come, change and go: controllers are told, and flows can reach them or not.  `config` is
 * the datapath's own. */
void datapath_port_add(struct datapath *dp, const struct of_port *port);
void datapath_port_change(struct datapath *dp, const struct of_port *port);
void datapath_port_remove(struct datapath *dp, uint32_t number);
/* NULL if there is none; lent until ports change. */
const struct of_port *datapath_port(const struct datapath *dp, uint32_t number);
/* By ascending number. */
const struct of_port *datapath_ports(const struct datapath *dp, unsigned *n);

/* A packet for the controllers.  DATA is at most what the flow asked for of TOTAL_SIZE. */
void datapath_punt(struct datapath *dp, const struct pipeline_punt *why, const uint8_t *data,
		   size_t size, size_t total_size);

/* Packets from a port that were for the controllers and did not get there, because they were too
 * many. */
uint64_t datapath_n_throttled(const struct datapath *dp, uint32_t port_no);
/* Packet-ins that were left out because a controller reads too slowly, of all connections. */
uint64_t datapath_n_left_out(const struct datapath *dp);

/* What a packet wants done to the tables; E is lent. */
void datapath_effect(struct datapath *dp, const struct pipeline_effect *e);

uint64_t datapath_id(const struct datapath *dp);
const char *datapath_host(const struct datapath *dp);
uint64_t datapath_uptime_ns(const struct datapath *dp);
uint64_t datapath_n_flows(const struct datapath *dp);

#endif
