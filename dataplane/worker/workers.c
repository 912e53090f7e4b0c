/* The control thread's side of the workers: starting and stopping them, publishing, packet-out,
 * numbers. */

#include "dataplane/worker/worker_priv.h"

#include <errno.h>
#include <stdlib.h>

/* --- what the port directory asks of us --- */

static void wake_all(struct workers *all)
{
	for (unsigned i = 0; i < all->n; i++)
		worker_wake(&all->list[i]);
}

static void on_ports_changed(void *arg)
{
	wake_all(arg);
}

static void when_ports_unused(void *arg, void (*cb)(void *cb_arg), void *cb_arg)
{
	struct workers *all = arg;

	workers_when_seen(all, workers_token(all), cb, cb_arg);
}

static void synchronize(void *arg)
{
	struct workers *all = arg;

	rte_rcu_qsbr_synchronize(all->qsbr, RTE_QSBR_THRID_INVALID);
}

static const struct ports_user ports_user = {
	.changed = on_ports_changed,
	.when_unused = when_ports_unused,
	.synchronize = synchronize,
};

/* --- life --- */

static void on_wake(void *arg)
{
	struct workers *all = arg;

	workers_deliver(all);
	grace_check(all);
}

static int make_qsbr(struct workers *all)
{
	const unsigned n_ids = worker_qsbr_id(all->n);

	all->qsbr = xcalloc_apart(rte_rcu_qsbr_get_memsize(n_ids));
	return rte_rcu_qsbr_init(all->qsbr, n_ids);
}

static void init_worker(struct workers *all, unsigned i, const struct workers_config *config)
{
	struct worker *w = &all->list[i];

	w->all = all;
	w->id = i;
	w->cpu = config->cpus[i];
	w->pipeline_thread = pipeline_thread_create(all->tables, &worker_packet_ops);
	pipeline_thread_use_cache(w->pipeline_thread, config->flow_cache);
	spsc_init(&w->injects, INJECT_QUEUE_SIZE, sizeof(struct inject_item));
	punt_queue_init(&w->punts);
	worker_effects_init(w);
	rte_rcu_qsbr_thread_register(all->qsbr, worker_qsbr_id(i));
}

static int start_worker(struct worker *w, struct status *st)
{
	int ret = sources_init(&w->sources);

	if (ret < 0)
		return status_set(st, STATUS_RESOURCE_EXHAUSTED, "workers",
				  "cannot start worker %u: %s", w->id, strerror(-ret));
	ret = pthread_create(&w->pthread, NULL, worker_main, w);
	w->has_thread = ret == 0;
	while (w->has_thread && sem_wait(&w->all->started) < 0)
		;
	if (w->has_thread)
		ret = w->start_error; /* which is the thread's to write */
	if (ret)
		return status_set(st, STATUS_INVALID_ARGUMENT, "workers",
				  "cannot run worker %u on CPU %d: %s; give CPUs this process may "
				  "use",
				  w->id, w->cpu, strerror(ret));
	return 0;
}

struct workers *workers_create(const struct workers_config *config, struct status *st)
{
	struct workers *all = xcalloc_apart(sizeof(*all));

	all->n = config->n;
	all->loop = config->loop;
	all->ports = config->ports;
	all->tables = config->tables;
	all->on_punt = config->on_punt;
	all->on_effect = config->on_effect;
	all->arg = config->arg;
	all->list = xcalloc_apart(config->n * sizeof(*all->list));
	all->programs = xcalloc(INJECT_QUEUE_SIZE, sizeof(*all->programs));
	all->waker = loop_waker_create(all->loop, on_wake, all);
	sem_init(&all->started, 0, 0);
	grace_init(all);
	if (make_qsbr(all) < 0) {
		status_set(st, STATUS_INTERNAL, "workers", "cannot prepare %u workers", all->n);
		goto fail;
	}
	for (unsigned i = 0; i < all->n; i++)
		init_worker(all, i, config);
	ports_set_user(all->ports, &ports_user, all);
	for (unsigned i = 0; i < all->n; i++) {
		if (start_worker(&all->list[i], st) < 0)
			goto fail;
	}
	return all;
fail:
	workers_destroy(all);
	return NULL;
}

static void fini_worker(struct worker *w)
{
	struct inject_item inject;
	struct punt_item punt;

	while (spsc_pop(&w->injects, &inject))
		rte_pktmbuf_free(inject.pkt);
	while (punt_queue_pop(&w->punts, &punt))
		rte_pktmbuf_free(punt.why.pkt);
	free(w->injects.items);
	punt_queue_fini(&w->punts);
	worker_effects_fini(w);
	sources_fini(&w->sources);
	if (w->pipeline_thread)
		pipeline_thread_destroy(w->all->tables, w->pipeline_thread);
}

static void destroy_programs(struct workers *all, uint64_t n_done)
{
	for (; all->n_programs_destroyed < n_done; all->n_programs_destroyed++)
		action_program_destroy(
			all->programs[all->n_programs_destroyed % INJECT_QUEUE_SIZE]);
}

void workers_destroy(struct workers *all)
{
	if (!all)
		return;
	__atomic_store_n(&all->is_stopping, true, __ATOMIC_RELEASE);
	wake_all(all);
	for (unsigned i = 0; i < all->n; i++) {
		if (all->list[i].has_thread)
			pthread_join(all->list[i].pthread, NULL);
	}
	ports_set_user(all->ports, NULL, NULL);
	grace_fini(all);
	for (unsigned i = 0; i < all->n; i++)
		fini_worker(&all->list[i]);
	destroy_programs(all, all->n_injected);
	loop_waker_destroy(all->waker);
	sem_destroy(&all->started);
	free(all->programs);
	free(all->qsbr);
	free(all->list);
	free(all);
}

/* --- publishing and packet-out --- */

uint64_t workers_publish(struct workers *all, const struct pipeline *p)
{
	__atomic_store_n(&all->pipeline, p, __ATOMIC_RELEASE);
	return workers_token(all);
}

int workers_inject(struct workers *all, const void *data, size_t size, uint32_t in_port,
		   struct action_program *program)
{
	struct worker *w = &all->list[0];
	struct inject_item item = { .program = program, .in_port = in_port };

	destroy_programs(all, all->n_injects_delivered);
	if (all->n_injected - all->n_programs_destroyed == INJECT_QUEUE_SIZE)
		goto refuse;
	item.pkt = pool_packet(data, size);
	if (!item.pkt)
		goto refuse;
	if (!spsc_push(&w->injects, &item)) {
		rte_pktmbuf_free(item.pkt);
		goto refuse;
	}
	all->programs[all->n_injected++ % INJECT_QUEUE_SIZE] = program;
	worker_wake(w);
	return 0;
refuse:
	action_program_destroy(program);
	return -EAGAIN;
}

/* --- numbers --- */

unsigned workers_count(const struct workers *all)
{
	return all->n;
}

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void workers_info(const struct workers *all, unsigned i, struct worker_info *info)
{
	const struct worker_counters *c = &all->list[i].counters;
	const struct worker_costs *costs = &all->list[i].costs;

	*info = (struct worker_info){
		.cpu = all->list[i].cpu,
		.is_sleeping = load(&c->is_sleeping),
		.busy_cycles = load(&c->busy_cycles),
		.idle_cycles = load(&c->idle_cycles),
		.n_packets = load(&c->n_packets),
		.n_bursts = load(&c->n_bursts),
		.n_sleeps = load(&c->n_sleeps),
		.n_punts = load(&c->n_punts),
		.n_queues = load(&c->n_queues),
		.n_receives = load(&costs->n_receives),
		.rx_cycles = load(&costs->rx_cycles),
		.n_rx = load(&costs->n_rx),
		.tx_cycles = load(&costs->tx_cycles),
		.n_tx = load(&costs->n_tx),
		.counts_index = pipeline_thread_index(all->list[i].pipeline_thread),
		.cache = pipeline_thread_cache_stats(all->list[i].pipeline_thread),
	};
}

static const struct {
	const char *reason, *description;
	size_t offset;
} drops[] = {
	{ "punt-queue-full",
	  "The packet was for the controller and too many of its port were waiting already.",
	  offsetof(struct worker_counters, drop_punt_full) },
	{ "port-removed", "The output port was removed while the packet was on its way to it.",
	  offsetof(struct worker_counters, drop_no_port) },
	{ "starting", "The packet came before the switch had its first tables.",
	  offsetof(struct worker_counters, drop_no_pipeline) },
	{ "effect-queue-full",
	  "A packet was to teach a flow or end one, and too many such wishes were waiting; the "
	  "packet "
	  "itself went its way.",
	  offsetof(struct worker_counters, lost_effects) },
};

bool workers_drop_at(const struct workers *all, size_t i, struct worker_drop *drop)
{
	if (i >= ARRAY_LENGTH(drops))
		return false;
	*drop = (struct worker_drop){ drops[i].reason, drops[i].description, 0 };
	for (unsigned w = 0; w < all->n; w++)
		drop->n_packets += load(
			(const uint64_t *)((const char *)&all->list[w].counters + drops[i].offset));
	return true;
}
