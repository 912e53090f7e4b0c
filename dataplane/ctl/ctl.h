#ifndef DATAPLANE_CTL_CTL_H
#define DATAPLANE_CTL_CTL_H

/* Local management: answers the requests of proto/switch/v1, whether they come over the Unix socket
 * (server.h) or in OpenFlow messages.  On the control thread. */

#include "dataplane/ofagent/datapath.h"
#include "dataplane/ofagent/peers.h"
#include "dataplane/port/port.h"
#include "dataplane/table/counters.h"

struct ctl;

/* A port as its owner tells it; everything lent for the call that got it. */
struct ctl_port {
	struct port_info info;
	struct port_stats stats;
	const struct port_setting *settings;
	size_t n_settings;
};

/* Who plugs ports: ctl_ports_of() for real ones. */
struct ctl_ports_ops {
	int (*add)(void *arg, const struct port_request *req, struct ctl_port *port,
		   struct status *st);
	/* The port with the smallest number above NUMBER; false: none. */
	bool (*next)(void *arg, uint32_t number, struct ctl_port *port);
	bool (*find)(void *arg, const char *name, struct ctl_port *port);
	/* DONE(DONE_ARG), now or later, when it is gone; it was found just before. */
	void (*remove)(void *arg, uint32_t number, void (*done)(void *done_arg), void *done_arg);
	size_t (*count)(void *arg);
};

struct ctl_worker {
	int core; /* -1: not bound */
	bool is_sleeping;
	uint64_t busy_cycles, idle_cycles, n_packets, n_bursts, n_sleeps;
	uint64_t n_receives; /* bursts received that were not empty */
	uint32_t n_ports;
	struct stage_cost rx, tx; /* of the bursts that are measured */
	unsigned counts_index;	  /* of its counts: see counters_table_costs() */
	struct flow_cache_stats cache;
};

struct ctl_drop {
	const char *reason, *description;
	uint64_t n_packets;
};

/* Who forwards; false where there is no Ith. */
struct ctl_workers_ops {
	bool (*worker_at)(void *arg, unsigned i, struct ctl_worker *w);
	bool (*drop_at)(void *arg, size_t i, struct ctl_drop *drop);
	double tsc_hz;
};

struct ctl_config {
	struct loop *loop;
	struct datapath *datapath;
	const struct ctl_ports_ops *ports;
	void *ports_arg;
	const struct ctl_workers_ops *workers; /* NULL: none to tell of */
	void *workers_arg;
	bool has_huge_pages;
	const struct peers *peers; /* to tell of controllers that cannot be reached; or NULL */
};

struct ctl *ctl_create(const struct ctl_config *config);
void ctl_destroy(struct ctl *ctl);

/* The SIZE bytes of a packed Request (lent).  REPLY(ARG, ...) is called once, now or later, with
 * a packed Reply of at most CTL_MAX_REPLY bytes, lent. */
void ctl_request(struct ctl *ctl, const uint8_t *req, size_t size, datapath_reply_fn *reply,
		 void *arg);

#define CTL_MAX_REQUEST ((size_t)64 << 10)
#define CTL_MAX_REPLY	((size_t)65000) /* fits an OpenFlow message */
#define CTL_PAGE_BYTES	((size_t)48 << 10)

#endif
