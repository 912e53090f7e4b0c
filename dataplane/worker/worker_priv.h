#ifndef DATAPLANE_WORKER_WORKER_PRIV_H
#define DATAPLANE_WORKER_WORKER_PRIV_H

/* What the files of this folder share: worker.c turns, sources.c knows which queues have
 * packets and sleeps, punt.c brings packets to the control thread, grace.c tells it when workers
 * have moved on, workers.c is the control thread's side of the rest. */

#include <pthread.h>
#include <rte_rcu_qsbr.h>
#include <semaphore.h>
#include "dataplane/port/port_io.h"
#include "dataplane/worker/clock.h"
#include "dataplane/worker/fair.h"
#include "dataplane/worker/patience.h"
#include "dataplane/worker/punt_queue.h"
#include "dataplane/worker/spsc.h"
#include "dataplane/worker/worker.h"
#include "lib/list.h"
#include "lib/loop_uv.h"

enum {
	INJECT_QUEUE_SIZE = 1024,
	PUNT_MAX_BYTES = 65000, /* what an OpenFlow message can carry with its headers */
	/* One of so many bursts is measured; a prime, so that ports that take turns all are. */
	BURSTS_PER_MEASURE = 61,
};

/* One rx queue of a worker.  Hot: received from each turn.  Cold: its descriptor wakes us. */
struct source {
	struct port *port; /* as long as the set that names it is current */
	uint64_t port_id;
	uint16_t queue;
	bool is_hot;
	bool is_armed; /* the other side was asked to wake us */
	int fd;	       /* -1: it can only be polled, so it is always hot */
	struct patience patience;
	struct fair_share share; /* of the worker's time */
	struct fair_burst burst; /* how many packets at a time, of these: */
	uint8_t rx_least, rx_most;
	struct source *first; /* of its port's, here */
	unsigned n_hot;	      /* of the first: how many of its port's are hot */
};

struct sources {
	uint64_t set_serial; /* of the port set that they were made from */
	struct source **all, **hot;
	unsigned n, n_hot, n_polled; /* n_polled: without a descriptor */
	int epoll_fd, wake_fd;
	uint64_t nap_ns;
	uint64_t now;	 /* cycles, when the turn began */
	uint64_t looked; /* when cold ones were last looked at */
	uint64_t cycles_per_us;
	bool was_idle; /* the last turn gave nothing */
};

struct inject_item {
	struct rte_mbuf *pkt;
	const struct action_program *program;
	uint32_t in_port;
};

/* Written by the worker, read by the control thread. */
struct worker_counters {
	uint64_t busy_cycles, idle_cycles;
	uint64_t n_packets, n_bursts, n_sleeps, n_punts, n_queues;
	uint64_t n_injects; /* done */
	uint64_t drop_punt_full, drop_no_port, drop_no_pipeline, lost_effects;
	uint64_t is_sleeping;
};

/* What receiving and sending cost, of the bursts that are measured.  Written by the worker, read by
 * the control thread; one cache line. */
struct worker_costs {
	uint64_t rx_cycles, n_rx; /* cycles, and packets that took them */
	uint64_t tx_cycles, n_tx;
	uint64_t n_receives; /* bursts that were not empty, measured or not */
	uint64_t n_until;    /* bursts until the next one is measured; the worker's own */
};

struct worker {
	struct workers *all;
	unsigned id;
	int cpu;
	pthread_t pthread;
	bool has_thread;
	int start_error;
	struct pipeline_thread *pipeline_thread;
	struct sources sources;
	struct worker_clock clock;
	uint64_t acked; /* the last `wanted` it told the control thread of */
	struct worker_counters counters APART;
	struct worker_costs costs __rte_cache_aligned;
	struct spsc injects __rte_cache_aligned; /* from the control thread */
	struct punt_queue punts;
	struct fair_queue effects; /* to the control thread, of each port its part */
} APART;
static_assert(offsetof(struct worker, counters) % APART_BYTES == 0, "begins a pair of lines");

struct workers {
	/* read by the workers each turn, written by the control thread */
	const struct pipeline *pipeline;
	uint64_t wanted; /* the newest token somebody waits for */
	bool is_stopping;
	struct rte_rcu_qsbr *qsbr;
	struct ports *ports;
	/* the control thread's */
	struct worker *list APART;
	unsigned n;
	struct loop *loop;
	struct tables *tables;
	sem_t started;		  /* posted by each thread once */
	struct loop_waker *waker; /* a grace period may be over, or a punt waits */
	void (*on_punt)(void *arg, const struct workers_punt *punt);
	void (*on_effect)(void *arg, const struct pipeline_effect *e);
	void *arg;
	struct list waits; /* struct wait, oldest first */
	struct timer wait_timer;
	uint64_t n_injected;
	struct action_program **programs; /* [INJECT_QUEUE_SIZE], of the injects not known done */
	uint64_t n_programs_destroyed;
	uint64_t n_injects_delivered; /* whose punts and effects were delivered */
};

/* worker.c */
void *worker_main(void *arg);
extern const struct packet_ops worker_packet_ops;

/* sources.c, worker thread */
int sources_init(struct sources *s); /* control thread; 0 or -errno */
void sources_fini(struct sources *s);
/* Take over SET if it is new; it may be NULL. */
void sources_update(struct worker *w, const struct port_set *set);
/* A turn begins at NOW, in cycles: now and then, find cold ones that have packets. */
void sources_look(struct sources *s, uint64_t now);
/* S gave N packets.  True if it went cold and so left the list of hot ones. */
bool sources_polled(struct sources *s, unsigned i, unsigned n);
/* Nothing was received this turn: sleep if that is right. */
void sources_idle(struct worker *w);
/* Any thread: make a sleeping worker take a turn. */
void worker_wake(struct worker *w);

/* punt.c */
void worker_punt(struct worker *w, const struct pipeline_punt *punts, unsigned n);
void punts_deliver(struct workers *all); /* control thread */

/* effects.c */
void worker_effects_init(struct worker *w);
void worker_effects_fini(struct worker *w);
/* RES is of packets from IN_PORT. */
void worker_effects(struct worker *w, const struct pipeline_result *res, uint32_t in_port);
/* All punts and effects that were queued; control thread. */
void workers_deliver(struct workers *all);

/* grace.c */
void grace_init(struct workers *all);
void grace_fini(struct workers *all);
void grace_check(struct workers *all); /* control thread: call back whose time has come */
/* Worker: it holds nothing any more. */
void grace_report(struct worker *w);
void grace_offline(struct worker *w);
void grace_online(struct worker *w);

/* Each id has a cache line, which its worker writes each turn: every other one, to be apart. */
static inline unsigned worker_qsbr_id(unsigned worker)
{
	return worker * (APART_BYTES / RTE_CACHE_LINE_SIZE);
}

static inline void worker_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

#endif
