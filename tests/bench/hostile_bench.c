/* What traffic made to hurt costs those who send none of it.  `make bench-hostile` runs it.
 *
 * One worker has two ports.  The victim's sends what it always does; its neighbour sends as much,
 * first benign packets, then hostile ones.  Measured are the cycles that the worker spends in
 * pipeline_run() and on giving packets back, of which the victim's throughput follows: under turns
 * (a burst of each port in turn) and under the worker's own sharing of its time
 * (dataplane/worker/fair.h).  Windows with benign and with hostile neighbours alternate, and
 * medians are told.  No port and no EAL. */

#include "tests/bench/hostile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_mbuf.h>
#include <x86intrin.h>
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/table/tables.h"
#include "dataplane/worker/fair.h"
#include "dataplane/worker/punt_queue.h"
#include "proto/openflow/numbers.h"

#define BURST	      32
#define HEADROOM      128
#define N_BUFFERS     8192 /* a burst sent to 64 ports, four times */
#define N_WINDOWS     15
#define WINDOW	      4000000 /* cycles at least, */
#define WINDOW_BURSTS 40      /* and hostile bursts that fit in */
#define LIMIT	      10.0    /* percent */
#define N_CHOSEN      64
#define TSC_PER_NS    2

/* --- what is sent --- */

void stream_add(struct stream *s, const void *frame, size_t size)
{
	if (s->n == s->room) {
		s->room = MAX_OF(2 * s->room, 64u);
		s->frames = xrealloc(s->frames, s->room * sizeof(*s->frames));
	}
	s->frames[s->n].at = s->bytes.size;
	s->frames[s->n++].size = size;
	buf_add(&s->bytes, frame, size);
}

static void stream_fini(struct stream *s)
{
	buf_fini(&s->bytes);
	free(s->frames);
	*s = (struct stream){ 0 };
}

uint32_t hostile_draw(struct hostile *h, uint32_t n)
{
	return rng_below(&h->rng, n);
}

void hostile_rule(struct hostile *h, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	bench_add_rule(h->tables, fmt, args);
	va_end(args);
}

void stream_add_udp(struct stream *s, const struct udp_flow *f)
{
	struct buf out = BUF_INIT;

	bench_compose_udp(f, &out);
	stream_add(s, out.data, out.size);
	buf_fini(&out);
}

/* --- packet memory: a stack, as a mempool's cache is --- */

struct packets {
	struct rte_mbuf *stack[N_BUFFERS];
	unsigned n;
};

static struct rte_mbuf *take_packet(struct packets *p)
{
	struct rte_mbuf *m;

	if (!p->n)
		return NULL;
	m = p->stack[--p->n];
	m->data_off = HEADROOM;
	m->ol_flags = 0;
	m->nb_segs = 1;
	m->next = NULL;
	return m;
}

static struct rte_mbuf *copy_packet(void *ctx, const struct rte_mbuf *from)
{
	struct rte_mbuf *m = take_packet(ctx);

	if (!m)
		return NULL;
	m->data_len = m->pkt_len = from->data_len;
	memcpy(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(from, const void *), m->data_len);
	return m;
}

static void free_packets(void *ctx, struct rte_mbuf **pkts, unsigned n)
{
	struct packets *p = ctx;

	for (unsigned i = 0; i < n; i++)
		p->stack[p->n++] = pkts[i];
}

static struct packets *packets_create(void)
{
	struct packets *p = xcalloc(1, sizeof(*p));
	size_t room = (sizeof(struct rte_mbuf) + HEADROOM + HOSTILE_MAX_FRAME + 63) & ~63ul;
	uint8_t *memory = xcalloc_lines(N_BUFFERS * room);

	/* From the end, so that the first ones lie at the beginning. */
	for (unsigned i = N_BUFFERS; i-- > 0;) {
		struct rte_mbuf *m = (struct rte_mbuf *)(memory + i * room);

		m->buf_addr = m + 1;
		m->buf_len = HEADROOM + HOSTILE_MAX_FRAME;
		rte_mbuf_refcnt_set(m, 1);
		p->stack[p->n++] = m;
	}
	return p;
}

static void packets_destroy(struct packets *p)
{
	struct rte_mbuf *first = p->stack[0];

	for (unsigned i = 1; i < p->n; i++)
		first = MIN_OF(first, p->stack[i]);
	free(first);
	free(p);
}

/* --- one worker --- */

struct bench {
	struct hostile h;
	struct pipeline *pipeline;
	struct pipeline_thread *thread;
	struct packets *packets;
	struct punt_queue punts;     /* which nobody empties: a flood's */
	struct fair_share shares[2]; /* of the victim and its neighbour, */
	struct fair_burst bursts[2]; /* as a worker knows them */
	uint64_t now_ns;
};

static void freshen(struct hostile *h, const struct stream *s, uint8_t *data)
{
	for (unsigned i = 0; i < sizeof(s->fresh); i += 8) {
		uint64_t mask, word;

		memcpy(&mask, s->fresh + i, 8);
		if (!mask)
			continue;
		memcpy(&word, data + i, 8);
		word = (word & ~mask) | (rng_u64(&h->rng) & mask);
		memcpy(data + i, &word, 8);
	}
}

/* Not measured: what a port does. */
static void make_burst(struct bench *b, const struct stream *s, struct rte_mbuf **pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned k = rng_below(&b->h.rng, s->n);
		struct rte_mbuf *m = pkts[i] = take_packet(b->packets);

		m->data_len = m->pkt_len = s->frames[k].size;
		memcpy(rte_pktmbuf_mtod(m, void *), s->bytes.data + s->frames[k].at,
		       s->frames[k].size);
		if (s->is_fresh)
			freshen(&b->h, s, rte_pktmbuf_mtod(m, uint8_t *));
	}
}

static void give_punts(struct bench *b, const struct pipeline_result *res)
{
	for (unsigned i = 0; i < res->n_punts; i++) {
		struct punt_item item = { .why = res->punts[i] };

		if (punt_queue_admits(&b->punts, &item.why))
			punt_queue_push(&b->punts, &item);
		free_packets(b->packets, &res->punts[i].pkt, 1);
	}
}

/* Cycles for N packets of S from IN_PORT. */
static uint64_t burst(struct bench *b, const struct stream *s, uint32_t in_port, unsigned n)
{
	const struct pipeline_result *res;
	struct rte_mbuf *pkts[BURST];
	uint64_t start, cycles;

	make_burst(b, s, pkts, n);
	start = __rdtsc();
	res = pipeline_run(b->pipeline, b->thread, pkts, n, in_port, b->now_ns);
	free_packets(b->packets, res->pkts, res->n_out);
	if (res->n_punts)
		give_punts(b, res);
	cycles = __rdtsc() - start;
	b->now_ns += cycles / TSC_PER_NS;
	return cycles;
}

struct window {
	double per_victim;    /* worker's cycles for each packet of the victim's */
	double per_neighbour; /* cycles of one of the neighbour's packets */
};

/* WINDOW cycles of the worker, after half as many that do not count; IS_FAIR: shared as fair.h
 * says. */
static struct window run_window(struct bench *b, const struct stream *neighbour, uint64_t window,
				bool is_fair)
{
	uint64_t cycles[2] = { 0 }, n[2] = { 0 };
	bool is_warm = false;

	while (cycles[0] + cycles[1] < window) {
		uint64_t level = FAIR_NO_LEVEL;

		if (!is_warm && cycles[0] + cycles[1] > window / 2) {
			memset(cycles, 0, sizeof(cycles));
			memset(n, 0, sizeof(n));
			is_warm = true;
		}

		for (unsigned i = 0; i < 2; i++)
			level = MIN_OF(level, fair_bid(&b->shares[i]));
		for (unsigned i = 0; i < 2; i++) {
			unsigned size = fair_burst_size(&b->bursts[i], BURST, 1);
			uint64_t took;

			if (is_fair && !fair_may_go(&b->shares[i], level))
				continue;
			took = burst(b, i ? neighbour : &b->h.victim,
				     i ? ATTACKER_PORT : VICTIM_PORT, size);
			fair_charge(&b->shares[i], level, took, 1, true);
			if (is_fair)
				fair_burst_fit(&b->bursts[i], took, true);
			cycles[i] += took;
			n[i] += size;
		}
	}
	return (struct window){ (double)(cycles[0] + cycles[1]) / n[0],
				n[1] ? (double)cycles[1] / n[1] : 0 };
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), by_size);
	return values[n / 2];
}

struct outcome {
	double benign, attack; /* cycles for one of the neighbour's packets */
	double loss;	       /* of the victim's throughput, percent */
};

static struct outcome compare(struct bench *b, bool is_fair)
{
	double benign[N_WINDOWS], attack[N_WINDOWS], losses[N_WINDOWS];

	uint64_t size = WINDOW;

	memset(b->shares, 0, sizeof(b->shares));
	memset(b->bursts, 0, sizeof(b->bursts));
	run_window(b, &b->h.benign, size, is_fair);
	for (unsigned i = 0; i < 4; i++)
		size = MAX_OF(size, WINDOW_BURSTS * burst(b, &b->h.attack, ATTACKER_PORT, BURST));
	for (unsigned i = 0; i < N_WINDOWS; i++) {
		struct window good = run_window(b, &b->h.benign, size, is_fair);
		struct window bad = run_window(b, &b->h.attack, size, is_fair);

		benign[i] = good.per_neighbour;
		attack[i] = bad.per_neighbour;
		losses[i] = 100 * (1 - good.per_victim / bad.per_victim);
	}
	return (struct outcome){ median(benign, N_WINDOWS), median(attack, N_WINDOWS),
				 median(losses, N_WINDOWS) };
}

/* --- the attacker measures, too --- */

struct candidate {
	double cycles;
	unsigned at;
};

static int dearest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->cycles < y->cycles ? 1 : x->cycles > y->cycles ? -1 : 0;
}

/* Only the frames that cost most alone are kept. */
static void keep_dearest(struct bench *b)
{
	struct stream *s = &b->h.attack, kept = { 0 };
	struct candidate *list = xcalloc(s->n, sizeof(*list));

	pipeline_thread_use_cache(b->thread, FLOW_CACHE_OFF);
	for (unsigned i = 0; i < s->n; i++) {
		struct stream one = { .bytes = s->bytes, .frames = &s->frames[i], .n = 1 };

		list[i] = (struct candidate){ 1e18, i };
		for (unsigned k = 0; k < 4; k++)
			list[i].cycles =
				MIN_OF(list[i].cycles, burst(b, &one, ATTACKER_PORT, BURST));
	}
	pipeline_thread_use_cache(b->thread, FLOW_CACHE_AUTO);
	qsort(list, s->n, sizeof(*list), dearest_first);
	for (unsigned i = 0; i < MIN_OF(s->n, (unsigned)N_CHOSEN); i++)
		stream_add(&kept, s->bytes.data + s->frames[list[i].at].at,
			   s->frames[list[i].at].size);
	free(list);
	memcpy(kept.fresh, s->fresh, sizeof(kept.fresh));
	kept.is_fresh = s->is_fresh;
	stream_fini(s);
	*s = kept;
}

/* --- running --- */

static void bench_init(struct bench *b, const struct attack *attack)
{
	struct pipeline_port ports[HOSTILE_N_PORTS];
	struct packet_ops ops = { copy_packet, free_packets, packets_create() };

	*b = (struct bench){ .h = { .tables = tables_create(NULL) }, .packets = ops.ctx };
	b->now_ns = NS_PER_SEC;
	rng_seed(&b->h.rng, 42);
	punt_queue_init(&b->punts);
	for (unsigned i = 0; i < ARRAY_LENGTH(ports); i++)
		ports[i] = (struct pipeline_port){ .number = i + 1 };
	attack->build(&b->h);
	b->thread = pipeline_thread_create(b->h.tables, &ops);
	b->pipeline = pipeline_compile(b->h.tables, ports, ARRAY_LENGTH(ports), NULL);
	if (attack->is_chosen)
		keep_dearest(b);
}

static void bench_fini(struct bench *b)
{
	pipeline_release(b->pipeline);
	pipeline_thread_destroy(b->h.tables, b->thread);
	tables_destroy(b->h.tables);
	punt_queue_fini(&b->punts);
	packets_destroy(b->packets);
	stream_fini(&b->h.victim);
	stream_fini(&b->h.benign);
	stream_fini(&b->h.attack);
}

/* Returns whether the victim loses no more than it may. */
static bool run(const struct attack *attack)
{
	struct outcome turns, fair;
	struct bench b;

	bench_init(&b, attack);
	turns = compare(&b, false);
	fair = compare(&b, true);
	printf("%-44s %8.0f %8.0f  %7.1f  %7.1f  %s\n", attack->name, turns.benign, turns.attack,
	       turns.loss, fair.loss, fair.loss <= LIMIT ? "yes" : "NO");
	fflush(stdout);
	bench_fini(&b);
	return fair.loss <= LIMIT;
}

static bool run_list(const struct attack *list, unsigned n, const char *pick)
{
	bool is_good = true;

	for (unsigned i = 0; i < n; i++)
		if (!pick || strstr(list[i].name, pick))
			is_good &= run(&list[i]);
	return is_good;
}

/* hostile_bench [PART OF A NAME] */
int main(int argc, char **argv)
{
	const char *pick = argc > 1 ? argv[1] : NULL;
	bool is_good;

	printf("%-44s %8s %8s  %16s  at most\n%-44s %17s  %7s  %7s  %.0f %%\n", "",
	       "cycles a packet", "", "victim loses, %", "", "benign  hostile", "turns", "shares",
	       LIMIT);
	is_good = run_list(table_attacks, n_table_attacks, pick);
	is_good &= run_list(frame_attacks, n_frame_attacks, pick);
	return !is_good;
}
