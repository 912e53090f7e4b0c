/* One worker: receive a burst from each hot queue, run it through the pipeline, send what comes
 * out, carry out packet-outs, report a quiescent state.  Nothing taken from the pipeline or the
 * port set is kept from one turn to the next. */

#include "dataplane/worker/worker_priv.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <sched.h>
#include <stdio.h>
#include "dataplane/port/queues.h"

enum {
	GROUPS_MAX = 16, /* ports that the packets of a result are gathered for */
	INJECTS_PER_TURN = 64,
};

/* What a turn works with. */
struct turn {
	const struct pipeline *pipeline;
	const struct port_set *set;
	uint64_t now_ns;
};

static struct rte_mbuf *copy_packet(void *ctx, const struct rte_mbuf *m)
{
	(void)ctx;
	return pool_copy(m);
}

static void free_packets(void *ctx, struct rte_mbuf **pkts, unsigned n)
{
	(void)ctx;
	rte_pktmbuf_free_bulk(pkts, n);
}

const struct packet_ops worker_packet_ops = { .copy = copy_packet, .free = free_packets };

static void send_to_queue(struct worker *w, const struct turn *turn, uint32_t number,
			  uint32_t queue, struct rte_mbuf **pkts, unsigned n)
{
	struct port *port = number < turn->set->n_numbers ? turn->set->by_number[number] : NULL;

	if (!port) {
		worker_count(&w->counters.drop_no_port, n);
		rte_pktmbuf_free_bulk(pkts, n);
		return;
	}
	if (!port->queues) {
		port_tx(port, w->id, pkts, n);
		return;
	}
	for (unsigned i = 0, part; i < n; i += part) {
		part = MIN_OF(n - i, (unsigned)PACKET_BURST_MAX);
		port_tx(port, w->id, pkts + i,
			port_queues_admit(port, w->id, queue, pkts + i, part, turn->now_ns));
	}
}

static void send_to(struct worker *w, const struct turn *turn, uint32_t number,
		    struct rte_mbuf **pkts, unsigned n)
{
	send_to_queue(w, turn, number, 0, pkts, n);
}

/* Send those of the N packets that go to ports[0], and move the rest up.  Returns their number. */
static unsigned send_first_group(struct worker *w, const struct turn *turn, struct rte_mbuf **pkts,
				 uint32_t *ports, unsigned n)
{
	struct rte_mbuf *group[PACKET_BURST_MAX];
	const uint32_t number = ports[0];
	unsigned n_group = 0, n_rest = 0;

	for (unsigned i = 0; i < n; i++) {
		if (ports[i] == number && n_group < PACKET_BURST_MAX) {
			group[n_group++] = pkts[i];
		} else {
			pkts[n_rest] = pkts[i];
			ports[n_rest++] = ports[i];
		}
	}
	send_to(w, turn, number, group, n_group);
	return n_rest;
}

/* Send what lies together, for results that go to very many ports: a flood. */
static void send_runs(struct worker *w, const struct turn *turn, struct rte_mbuf **pkts,
		      const uint32_t *ports, unsigned n)
{
	for (unsigned i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && ports[i + run] == ports[i]; run++)
			;
		send_to(w, turn, ports[i], pkts + i, run);
	}
}

/* Some packets go to other queues than the default one: runs of one port and queue. */
static void send_queued(struct worker *w, const struct turn *turn,
			const struct pipeline_result *res)
{
	const uint32_t *ports = res->ports;
	const uint16_t *queues = res->queues;

	for (unsigned i = 0, run; i < res->n_out; i += run) {
		for (run = 1; i + run < res->n_out && ports[i + run] == ports[i] &&
			      queues[i + run] == queues[i];
		     run++)
			;
		send_to_queue(w, turn, ports[i], queues[i], res->pkts + i, run);
	}
}

static void send_all(struct worker *w, const struct turn *turn, const struct pipeline_result *res)
{
	struct rte_mbuf **pkts = res->pkts;
	unsigned n = res->n_out;

	if (res->queues) {
		send_queued(w, turn, res);
	} else if (n && res->is_one_port) {
		send_to(w, turn, res->ports[0], pkts, n);
	} else {
		for (unsigned i = 0; i < GROUPS_MAX && n; i++)
			n = send_first_group(w, turn, pkts, res->ports, n);
		send_runs(w, turn, pkts, res->ports, n);
	}
}

/* N packets have taken the time since START. */
static void measured(uint64_t *cycles, uint64_t *n_packets, uint64_t start, unsigned n)
{
	worker_count(cycles, rte_rdtsc() - start);
	worker_count(n_packets, n);
}

static void transmit(struct worker *w, const struct turn *turn, const struct pipeline_result *res,
		     uint32_t in_port, bool is_measured)
{
	const uint64_t start = is_measured ? rte_rdtsc() : 0;

	send_all(w, turn, res);
	if (is_measured)
		measured(&w->costs.tx_cycles, &w->costs.n_tx, start, res->n_out);
	if (res->n_punts)
		worker_punt(w, res->punts, res->n_punts);
	if (res->n_effects || res->n_effects_lost)
		worker_effects(w, res, in_port);
}

static unsigned receive(struct worker *w, const struct turn *turn, struct source *src,
			unsigned most)
{
	const bool is_measured = !w->costs.n_until;
	const uint64_t start = is_measured ? rte_rdtsc() : 0;
	struct rte_mbuf *pkts[PORT_BURST];
	unsigned n = port_rx(src->port, src->queue, w->id, pkts, most);

	if (!n)
		return 0;
	if (is_measured)
		measured(&w->costs.rx_cycles, &w->costs.n_rx, start, n);
	w->costs.n_until = (is_measured ? BURSTS_PER_MEASURE : w->costs.n_until) - 1;
	worker_count(&w->costs.n_receives, 1);
	if (!turn->pipeline) {
		worker_count(&w->counters.drop_no_pipeline, n);
		rte_pktmbuf_free_bulk(pkts, n);
		return n;
	}
	transmit(w, turn,
		 pipeline_run(turn->pipeline, w->pipeline_thread, pkts, n, src->port->number,
			      turn->now_ns),
		 src->port->number, is_measured);
	return n;
}

/* Before the quiescent state is reported: a barrier after a packet-out waits for both. */
static unsigned carry_out_injects(struct worker *w, const struct turn *turn)
{
	struct inject_item item;
	unsigned n = 0;

	while (n < INJECTS_PER_TURN && spsc_pop(&w->injects, &item)) {
		n++;
		if (turn->pipeline) {
			transmit(w, turn,
				 pipeline_execute(turn->pipeline, w->pipeline_thread, item.pkt,
						  item.in_port, item.program, turn->now_ns),
				 item.in_port, false);
		} else {
			worker_count(&w->counters.drop_no_pipeline, 1);
			rte_pktmbuf_free(item.pkt);
		}
	}
	if (n)
		__atomic_store_n(&w->counters.n_injects, w->counters.n_injects + n,
				 __ATOMIC_RELEASE);
	return n;
}

static unsigned burst_size(const struct source *src)
{
	return fair_burst_size(&src->burst, src->rx_most, src->rx_least);
}

static unsigned receive_alone(struct worker *w, const struct turn *turn, struct source *src)
{
	unsigned n = receive(w, turn, src, burst_size(src));

	sources_polled(&w->sources, 0, n);
	return n;
}

/* From those whose share of the worker's time is not used up. */
static unsigned receive_fairly(struct worker *w, const struct turn *turn)
{
	struct sources *s = &w->sources;
	uint64_t level = FAIR_NO_LEVEL, at, now;
	unsigned n_packets = 0;

	for (unsigned i = 0; i < s->n_hot; i++)
		level = MIN_OF(level, fair_bid(&s->hot[i]->share));
	at = rte_rdtsc();
	for (unsigned i = 0; i < s->n_hot; at = now) {
		struct source *src = s->hot[i];
		unsigned most = burst_size(src), n;

		now = at;
		if (!fair_may_go(&src->share, level)) {
			i++;
			continue;
		}
		n = receive(w, turn, src, most);
		now = rte_rdtsc();
		fair_charge(&src->share, level, now - at, src->first->n_hot, n == most);
		fair_burst_fit(&src->burst, now - at, n == most);
		n_packets += n;
		i += !sources_polled(s, i, n);
	}
	return n_packets;
}

static void take_turn(struct worker *w)
{
	const uint64_t start = rte_rdtsc();
	struct workers *all = w->all;
	struct sources *s = &w->sources;
	struct turn turn = {
		.pipeline = __atomic_load_n(&all->pipeline, __ATOMIC_ACQUIRE),
		.set = ports_current(all->ports),
		.now_ns = worker_clock_ns(&w->clock, start),
	};
	unsigned n_packets, n_injects;
	struct source *alone;
	uint64_t cycles;

	sources_update(w, turn.set);
	sources_look(s, start);
	alone = s->n_hot == 1 ? s->hot[0] : NULL;
	if (alone)
		n_packets = receive_alone(w, &turn, alone);
	else
		n_packets = receive_fairly(w, &turn);
	n_injects = carry_out_injects(w, &turn);
	grace_report(w);
	if (n_injects)
		loop_wake(all->waker); /* somebody may wait for them */
	cycles = rte_rdtsc() - start;
	if (alone && n_packets) /* others may be hot soon */
		fair_burst_fit(&alone->burst, cycles, n_packets == burst_size(alone));
	if (n_packets || n_injects) {
		worker_count(&w->counters.n_packets, n_packets + n_injects);
		worker_count(&w->counters.n_bursts, 1);
		worker_count(&w->counters.busy_cycles, cycles);
	} else {
		worker_count(&w->counters.idle_cycles, cycles);
		sources_idle(w);
	}
}

static void bind_cpu(struct worker *w)
{
	char name[16];
	cpu_set_t set;

	snprintf(name, sizeof(name), "weft-worker-%u", w->id);
	pthread_setname_np(pthread_self(), name);
	if (w->cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	w->start_error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct workers *all = w->all;

	bind_cpu(w);
	if (!w->start_error && rte_thread_register() < 0)
		w->start_error = rte_errno;
	if (!w->start_error)
		grace_online(w);
	sem_post(&all->started);
	if (w->start_error)
		return NULL;
	while (!__atomic_load_n(&all->is_stopping, __ATOMIC_ACQUIRE))
		take_turn(w);
	grace_offline(w);
	rte_thread_unregister();
	return NULL;
}
