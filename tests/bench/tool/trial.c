#include "tests/bench/tool/trial.h"

#include <pthread.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_LEARNED = 4096,
	LEARN_SIZE_INDEX = 0,
	IDLE_TURNS = 64,    /* then others may have the CPU */
	CLOSE_SECONDS = 60, /* for a driver to hear that its other side has gone */
};

/* --- interruption --- */

bool interrupt_flag;

static void on_signal(int number)
{
	__atomic_store_n(&interrupt_flag, true, __ATOMIC_RELAXED);
	signal(number, SIG_DFL);
}

void interrupt_catch(void)
{
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGPIPE, SIG_IGN); /* a socket whose other side has gone */
}

bool interrupted(void)
{
	return __atomic_load_n(&interrupt_flag, __ATOMIC_RELAXED);
}

/* --- ports and packets --- */

/* The one that needs the other, if both ends of a connection are ours, comes last. */
static int open_devices(struct setup *s, unsigned frame_size, struct status *st)
{
	const char *text[2] = { s->config->tx, s->config->rx }, *options[2] = { "tx", "rx" };
	bool is_one = strcmp(text[0], text[1]) == 0;
	unsigned first = !is_one && device_connects(text[0]), n = is_one ? 1 : 2;

	for (unsigned i = 0; i < n; i++) {
		unsigned which = first ^ i;

		if (device_open(&s->devices[which], text[which], which, frame_size, options[which],
				st) < 0)
			return -1;
	}
	s->from[0] = s->to[1] = &s->devices[0];
	s->to[0] = s->from[1] = &s->devices[n - 1];
	s->n_devices = n;
	return 0;
}

int setup_open(struct setup *s, const struct traffic_config *c, struct status *st)
{
	struct device *waited[2] = { &s->devices[0], &s->devices[1] };

	memset(s, 0, sizeof(*s));
	s->config = c;
	s->n_directions = c->is_bidirectional ? 2 : 1;
	for (unsigned i = 0; i < 2; i++)
		device_init(&s->devices[i]);
	for (unsigned i = 0; i < (c->is_bidirectional || c->learns ? 2u : 1u); i++)
		if (frame_maker_init(&s->makers[i], &c->ranges, &c->sizes, c->n_flows, i == 1, st) <
		    0)
			goto fail;
	if (open_devices(s, frame_maker_largest(&s->makers[0]), st) < 0 ||
	    devices_wait(waited, s->n_devices, c->wait_s, &interrupt_flag, st) < 0)
		goto fail;
	s->link_bits = device_link_bits(s->from[0]);
	return 0;
fail:
	setup_close(s);
	return -1;
}

/* The two ends of one memif connection? */
static bool is_memif_pair(const char *tx, const char *rx)
{
	size_t n = strcspn(tx, ",");

	return strncmp(tx, "memif:", 6) == 0 && n == strcspn(rx, ",") && strncmp(tx, rx, n) == 0;
}

/* Who connected goes first.  The other's driver is to have heard of it: closing it at the same moment
 * crashes net_memif of DPDK 22.11. */
void setup_close(struct setup *s)
{
	const struct traffic_config *c = s->config;
	unsigned last = device_connects(c->tx);

	device_close(&s->devices[!last]);
	if (s->n_devices == 2 && is_memif_pair(c->tx, c->rx))
		device_wait_down(&s->devices[last], CLOSE_SECONDS);
	device_close(&s->devices[last]);
	for (unsigned i = 0; i < 2; i++)
		frame_maker_fini(&s->makers[i]);
}

/* --- threads --- */

struct core {
	struct sender *senders[2];
	struct receiver *receivers[2];
	unsigned n_senders, n_receivers;
	int cpu; /* -1: any */
	pthread_t thread;
	bool is_started;
	const bool *stop_sending, *stop; /* atomic */
};

static void bind_cpu(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static unsigned take_turn(struct core *c)
{
	bool stop = __atomic_load_n(c->stop_sending, __ATOMIC_RELAXED);
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_senders; i++)
		n += sender_turn(c->senders[i], rte_rdtsc(), stop);
	for (unsigned i = 0; i < c->n_receivers; i++)
		n += receiver_turn(c->receivers[i]);
	return n;
}

static void *core_main(void *arg)
{
	struct core *c = arg;
	unsigned n_idle = 0;

	bind_cpu(c->cpu);
	rte_thread_register(); /* without, buffers come from the pool one by one, which works too */
	while (!__atomic_load_n(c->stop, __ATOMIC_ACQUIRE)) {
		if (take_turn(c))
			n_idle = 0;
		else if (c->cpu < 0 && ++n_idle % IDLE_TURNS == 0)
			sched_yield();
	}
	rte_thread_unregister();
	return NULL;
}

/* --- one run --- */

struct run {
	struct setup *setup;
	const struct trial_config *config;
	struct sender *senders[2];
	struct receiver *receivers[2];
	struct core cores[MAX_CORES];
	unsigned n_cores;
	bool stop_sending, stop; /* atomic */
	uint64_t start;		 /* TSC */
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
}

/* A number that packets of other runs do not carry. */
static uint16_t new_magic(uint16_t not )
{
	uint16_t magic = 0;

	do {
		if (getrandom(&magic, sizeof(magic), 0) != sizeof(magic))
			magic = magic * 25173 + 13849 + (uint16_t)rte_rdtsc();
	} while (magic == not );
	return magic;
}

static void make_streams(struct run *r)
{
	const struct trial_config *config = r->config;
	struct setup *s = r->setup;
	uint16_t magic = 0;

	for (unsigned i = 0; i < s->n_directions; i++) {
		struct sender_config sc = {
			.maker = &s->makers[i],
			.to = s->from[i],
			.pattern = s->config->pattern,
			.wheel = config->wheel,
			.n_wheel = config->n_wheel,
			.pps = config->pps,
			.n_packets = config->n_packets,
			.start = r->start,
			.length = config->seconds * rte_get_tsc_hz(),
			.magic = magic = new_magic(magic),
			.seed = s->config->seed + s->n_trials,
			.has_latency = s->config->has_latency,
		};

		r->senders[i] = xcalloc_lines(sizeof(struct sender));
		r->receivers[i] = xcalloc_lines(sizeof(struct receiver));
		sender_init(r->senders[i], &sc);
		receiver_init(r->receivers[i], s->to[i], r->senders[i]);
	}
}

static void deal_out(struct run *r)
{
	const struct traffic_config *c = r->setup->config;
	unsigned n = r->setup->n_directions;

	r->n_cores = MAX_OF(1, MIN_OF(c->n_cores, 2 * n));
	for (unsigned i = 0; i < r->n_cores; i++) {
		r->cores[i].cpu = c->n_cores ? c->cores[i] : -1;
		r->cores[i].stop_sending = &r->stop_sending;
		r->cores[i].stop = &r->stop;
	}
	for (unsigned i = 0; i < n; i++) {
		struct core *sends = &r->cores[2 * i % r->n_cores];
		struct core *receives = &r->cores[(2 * i + 1) % r->n_cores];

		sends->senders[sends->n_senders++] = r->senders[i];
		receives->receivers[receives->n_receivers++] = r->receivers[i];
	}
}

static int start_cores(struct run *r, struct status *st)
{
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for this thread */
	for (unsigned i = 0; i < r->n_cores && !error; i++) {
		error = pthread_create(&r->cores[i].thread, NULL, core_main, &r->cores[i]);
		r->cores[i].is_started = !error;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? status_set(st, STATUS_RESOURCE_EXHAUSTED, NULL, "cannot start a thread: %s",
				  strerror(error))
		     : 0;
}

static void stop_cores(struct run *r)
{
	__atomic_store_n(&r->stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < r->n_cores; i++)
		if (r->cores[i].is_started)
			pthread_join(r->cores[i].thread, NULL);
}

/* --- what the main thread does meanwhile --- */

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static bool all_sent(const struct run *r)
{
	for (unsigned i = 0; i < r->setup->n_directions; i++)
		if (!__atomic_load_n(&r->senders[i]->is_done, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

static bool all_received(const struct run *r)
{
	for (unsigned i = 0; i < r->setup->n_directions; i++)
		if (load(&r->receivers[i]->n_received) < load(&r->senders[i]->n_sent))
			return false;
	return true;
}

/* A line a second, for who sits before a terminal. */
static void show_progress(const struct run *r, unsigned second, uint64_t before[2])
{
	uint64_t now[2] = { 0, 0 };

	for (unsigned i = 0; i < r->setup->n_directions; i++) {
		now[0] += load(&r->senders[i]->n_sent);
		now[1] += load(&r->receivers[i]->n_received);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%5u s  sent %10.0f pps  received %10.0f pps  outstanding %llu\n",
			second, (double)(now[0] - before[0]), (double)(now[1] - before[1]),
			(unsigned long long)(now[0] > now[1] ? now[0] - now[1] : 0));
	before[0] = now[0];
	before[1] = now[1];
}

static void watch(struct run *r)
{
	double began = now_s(), until;
	uint64_t counts[2] = { 0, 0 };
	unsigned second = 0;

	while (!all_sent(r)) {
		nap();
		if (interrupted())
			__atomic_store_n(&r->stop_sending, true, __ATOMIC_RELAXED);
		if (now_s() - began >= second + 1)
			show_progress(r, ++second, counts);
	}
	until = now_s() + r->setup->config->drain_ms / 1e3;
	while (!all_received(r) && now_s() < until)
		nap();
	/* what comes too often comes soon after */
	nap();
}

/* Sources show themselves to a switch that learns. */
static void teach(struct setup *s)
{
	unsigned n_flows = MIN_OF(s->config->n_flows, (uint32_t)MAX_LEARNED);
	uint16_t magic = new_magic(0);
	struct rte_mbuf *m;

	for (unsigned i = 0; i < n_flows; i++) {
		m = rte_pktmbuf_alloc(s->to[0]->pool);
		if (!m)
			return;
		m->data_len = m->pkt_len =
			frame_put(&s->makers[1], frame_headers_of(&s->makers[1], i),
				  LEARN_SIZE_INDEX, magic, i, 0, rte_pktmbuf_mtod(m, uint8_t *));
		for (unsigned tries = 0; rte_eth_tx_burst(s->to[0]->ethdev, 0, &m, 1) == 0;
		     tries++) {
			if (tries == 100) {
				rte_pktmbuf_free(m);
				break;
			}
			nap();
		}
		if (i % STREAM_BURST == 0)
			device_flush(s->from[0]);
	}
	for (unsigned i = 0; i < 50; i++, nap())
		device_flush(s->from[0]);
}

static void flush_all(struct setup *s)
{
	for (unsigned i = 0; i < s->n_devices; i++) {
		device_flush(&s->devices[i]);
		device_count_from_here(&s->devices[i]);
	}
}

/* --- results --- */

static void read_result(const struct run *r, unsigned i, struct direction_result *d)
{
	const struct sender *tx = r->senders[i];
	const struct receiver *rx = r->receivers[i];
	const struct sequence *q = &rx->sequence;
	unsigned beside = FCS_BYTES + WIRE_GAP_BYTES;

	*d = (struct direction_result){
		.from = i ? r->setup->config->rx : r->setup->config->tx,
		.to = i ? r->setup->config->tx : r->setup->config->rx,
		.seconds = tx->stopped > r->start
				   ? (double)(tx->stopped - r->start) / rte_get_tsc_hz()
				   : 0,
		.n_asked = sender_asked(tx),
		.n_sent = tx->n_sent,
		.n_received = q->n_unique,
		.n_reordered = q->n_reordered,
		.n_duplicated = q->n_duplicated,
		.n_corrupt = rx->n_corrupt,
		.n_foreign = rx->n_foreign,
		.n_missed = device_missed(r->setup->to[i]),
		.tx_wire_bytes = tx->n_bytes + (double)tx->n_sent * beside,
		.rx_wire_bytes = rx->n_bytes + (double)(q->n_unique + q->n_duplicated) * beside,
		.has_latency = rx->has_latency,
		.latency = rx->latency,
		.lateness = tx->lateness,
	};
}

int trial_run(struct setup *s, const struct trial_config *config, struct trial *t,
	      struct status *st)
{
	struct run r = { .setup = s, .config = config };
	int rc;

	if (s->config->learns && s->n_trials == 0)
		teach(s);
	flush_all(s);
	s->n_trials++;
	r.start = rte_rdtsc() + rte_get_tsc_hz() / 1000;
	make_streams(&r);
	deal_out(&r);
	rc = start_cores(&r, st);
	if (rc == 0)
		watch(&r);
	stop_cores(&r);
	t->n = s->n_directions;
	t->is_interrupted = interrupted();
	for (unsigned i = 0; i < s->n_directions; i++) {
		read_result(&r, i, &t->results[i]);
		sender_fini(r.senders[i]);
		free(r.senders[i]);
		free(r.receivers[i]);
	}
	return rc;
}

double direction_loss(const struct direction_result *r)
{
	if (!r->n_asked || r->n_received >= r->n_asked)
		return 0;
	return 1 - (double)r->n_received / r->n_asked;
}

double trial_unsent(const struct trial *t)
{
	uint64_t n_asked = 0, n_sent = 0;

	for (unsigned i = 0; i < t->n; i++) {
		n_asked += t->results[i].n_asked;
		n_sent += t->results[i].n_sent;
	}
	return n_asked ? 1 - (double)n_sent / n_asked : 0;
}

double trial_loss(const struct trial *t)
{
	uint64_t n_asked = 0, n_received = 0;

	for (unsigned i = 0; i < t->n; i++) {
		n_asked += t->results[i].n_asked;
		n_received += t->results[i].n_received;
	}
	return n_received >= n_asked ? 0 : 1 - (double)n_received / n_asked;
}
