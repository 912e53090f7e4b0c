#ifndef DATAPLANE_WORKER_WORKER_H
#define DATAPLANE_WORKER_WORKER_H

/* The threads that move packets: each takes the published pipeline once a burst, receives from
 * its queues, runs the pipeline, transmits, and reports a quiescent state.  Without packets they
 * sleep.
 *
 * All functions are called on the control thread, which never waits for a worker. */

#include "dataplane/pipeline/pipeline.h"
#include "dataplane/port/port.h"
#include "lib/loop.h"
#include "lib/status.h"

struct workers;

enum { WORKERS_MAX = 16 };

/* A packet for the controller, lent to the callback; its bytes are contiguous. */
struct workers_punt {
	const struct pipeline_punt *why; /* its `pkt` is NULL */
	const uint8_t *data;
	uint32_t size;	     /* bytes in `data`: at most what the rule asked for */
	uint32_t total_size; /* of the packet */
};

struct workers_config {
	struct loop *loop;
	struct ports *ports;
	struct tables *tables; /* where the pipeline's counts belong */
	const int *cpus;       /* [n]: the CPU of each worker; -1: not bound */
	unsigned n;	       /* 1..WORKERS_MAX, as given to ports_create() */
	enum flow_cache_mode flow_cache;
	void (*on_punt)(void *arg, const struct workers_punt *punt);
	/* E and what it points to are lent for the call. */
	void (*on_effect)(void *arg, const struct pipeline_effect *e);
	void *arg;
};

/* "0,2-3" to CPUs: their number, at most MAX, or -1 with ST filled.  "last": the last CPU that this
 * process may use; "any": -1, one thread that is not bound. */
int cpus_parse(const char *text, int *cpus, unsigned max, struct status *st);
/* The calling thread, and those that it starts from now on, stay off these CPUs if they may use
 * others; a worker that is bound goes to its own nevertheless.  -1 among them means none. */
void cpus_leave(const int *cpus, unsigned n);

/* EAL is running (eal.h).  The threads start with no pipeline and drop everything until the first
 * workers_publish(). */
struct workers *workers_create(const struct workers_config *config, struct status *st);
/* Stops and joins the threads; pipelines are the caller's again. */
void workers_destroy(struct workers *w);

/* All workers take P (shared until it was replaced and the grace period is over) from their next
 * burst on.  Returns a token for workers_when_seen(). */
uint64_t workers_publish(struct workers *w, const struct pipeline *p);
/* A token for what was published or injected so far. */
uint64_t workers_token(struct workers *w);
/* CB(ARG), later on the control thread, when every worker has left behind what it used when the
 * token was given, has carried out what was injected before it and its statistics tell so.  What a
 * publish replaced may be released then; a barrier may be answered.  In order of the calls. */
void workers_when_seen(struct workers *w, uint64_t token, void (*cb)(void *arg), void *arg);

/* Packet-out: run PROGRAM (given, destroyed on the control thread) on a copy of the SIZE bytes, at
 * most 64 KiB, as if received on IN_PORT (OFPP_CONTROLLER is allowed).  0, or -EAGAIN when too
 * many are waiting or there are no buffers: nothing was sent. */
int workers_inject(struct workers *w, const void *data, size_t size, uint32_t in_port,
		   struct action_program *program);

struct worker_info {
	int cpu; /* -1: not bound */
	bool is_sleeping;
	uint64_t busy_cycles; /* turns in which at least one packet was handled */
	uint64_t idle_cycles; /* the others, sleep not counted */
	uint64_t n_packets, n_bursts, n_sleeps;
	uint64_t n_punts;
	uint32_t n_queues;   /* rx queues it polls */
	uint64_t n_receives; /* bursts received that were not empty */
	/* Cycles of receiving and sending, and the packets that took them: of one burst in many. */
	uint64_t rx_cycles, n_rx, tx_cycles, n_tx;
	unsigned counts_index; /* of its pipeline thread (pipeline_thread_index()) */
	struct flow_cache_stats cache;
};

unsigned workers_count(const struct workers *w);
void workers_info(const struct workers *w, unsigned i, struct worker_info *info);

/* What the workers themselves drop, besides the pipeline's reasons and the ports' own counts. */
struct worker_drop {
	const char *reason;	 /* "punt_queue_full" */
	const char *description; /* one sentence */
	uint64_t n_packets;
};
/* The Ith kind, summed over workers; false when there are not so many. */
bool workers_drop_at(const struct workers *w, size_t i, struct worker_drop *drop);

#endif
