/* What tracking alone costs: cycles per packet of established connections by their number, of new
 * ones by how full the table is, and bytes of memory.  `make bench-conntrack` runs it.
 *
 * Bursts of 32 packets, each of a connection and a direction drawn at random beforehand, go through
 * conntrack_burst(); making their keys is not counted, nor is the control thread's work, which is
 * told by itself. */

#include "dataplane/conntrack/conntrack.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_mbuf.h>
#include <x86intrin.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "lib/rng.h"

#define BURST	    32
#define N_ORDER	    (1u << 20)
#define N_BURSTS    60000 /* measured */
#define WINDOW	    1000  /* bursts: the cheapest window counts, the others had neighbours */
#define NEW_WINDOW  250
#define MAX_WINDOWS 256
#define WIDTH	    " %-26s"

struct flow {
	uint32_t src, dst;
	uint16_t src_port, dst_port;
};

struct bench {
	struct conntrack *ct;
	struct conntrack_thread *t;
	uint64_t now;
	uint8_t proto;
	bool is_v6;
	struct flow *flows;
	uint32_t *order; /* flow << 1 | is_reply */
	struct rte_mbuf *pkts[2][BURST];
	struct flow_key keys[BURST];
	struct packet_layout layouts[BURST];
	struct ct_track tracks[BURST];
	uint16_t zones[BURST];
	uint64_t tend_cycles;
};

static void set_tcp(struct rte_mbuf *m, uint16_t l4, uint8_t flags, uint32_t seq, uint32_t ack)
{
	uint8_t *h = rte_pktmbuf_mtod_offset(m, uint8_t *, l4);

	store_be32(h + 4, seq);
	store_be32(h + 8, ack);
	h[13] = flags;
	store_be16(h + 14, 60000);
}

static void make_packets(struct bench *b)
{
	struct flow_key key = { .eth_type = htons(0x0800), .ip_proto = b->proto, .ip_ttl = 64 };
	struct buf bytes = BUF_INIT;

	key.ipv4_src = key.ipv4_dst = htonl(0x0a000001);
	key.tp_src = key.tp_dst = htons(1000);
	if (b->is_v6) {
		key.eth_type = htons(0x86dd);
		key.ipv4_src = key.ipv4_dst = 0;
		key.ipv6_src[0] = key.ipv6_dst[0] = 0x20;
	}
	packet_compose(&key, b->proto == IPPROTO_TCP ? 0 : 18, &bytes);
	for (unsigned i = 0; i < BURST; i++) {
		for (unsigned d = 0; d < 2; d++)
			b->pkts[d][i] = heap_packet_create(bytes.data, bytes.size);
		if (packet_parse(b->pkts[0][i], &b->keys[i], &b->layouts[i]))
			abort();
		b->zones[i] = 7;
	}
	buf_fini(&bytes);
}

static void bench_init(struct bench *b, uint8_t proto, bool is_v6, unsigned n_flows, uint32_t max)
{
	struct conntrack_config config = { .max_connections = max, .seed = 42 };
	struct rng rng;

	memset(b, 0, sizeof(*b));
	b->now = NS_PER_SEC;
	b->proto = proto;
	b->is_v6 = is_v6;
	b->ct = conntrack_create(&config);
	b->t = conntrack_thread_create(b->ct);
	b->flows = xmalloc(n_flows * sizeof(*b->flows));
	b->order = xmalloc(N_ORDER * sizeof(*b->order));
	rng_seed(&rng, 1);
	for (unsigned i = 0; i < n_flows; i++)
		b->flows[i] =
			(struct flow){ htonl(0x0a000000 + i % 50000), htonl(0x14000000 + i / 50000),
				       htons((uint16_t)(1024 + rng_below(&rng, 60000))),
				       htons(80) };
	for (unsigned i = 0; i < N_ORDER; i++)
		b->order[i] = (uint32_t)rng_below(&rng, (uint64_t)n_flows * 2);
	make_packets(b);
}

static void bench_fini(struct bench *b)
{
	for (unsigned i = 0; i < BURST; i++)
		for (unsigned d = 0; d < 2; d++)
			heap_packet_destroy(b->pkts[d][i]);
	conntrack_thread_destroy(b->t);
	conntrack_destroy(b->ct);
	free(b->flows);
	free(b->order);
}

static void set_key(struct flow_key *key, const struct flow *f, bool is_reply)
{
	uint32_t src = is_reply ? f->dst : f->src, dst = is_reply ? f->src : f->dst;

	if (key->eth_type == htons(0x86dd)) {
		memcpy(key->ipv6_src + 12, &src, 4);
		memcpy(key->ipv6_dst + 12, &dst, 4);
	} else {
		key->ipv4_src = src;
		key->ipv4_dst = dst;
	}
	key->tp_src = is_reply ? f->dst_port : f->src_port;
	key->tp_dst = is_reply ? f->src_port : f->dst_port;
}

/* Cycles that tracking the keys of a burst takes. */
static uint64_t track(struct bench *b, const struct ct_request *r, struct rte_mbuf **pkts)
{
	struct ct_burst burst = { pkts, b->keys, b->layouts, b->tracks,
				  KEY_LINE_COMMON | KEY_LINE_V6 };
	uint64_t from, to;

	memset(b->tracks, 0, sizeof(b->tracks));
	from = __rdtsc();
	conntrack_enter(b->t, b->now);
	if (conntrack_burst(b->t, r, b->zones, &burst, 0xffffffff) != 0xffffffff)
		abort();
	conntrack_leave(b->t);
	to = __rdtsc();
	return to - from;
}

static void tend(struct bench *b)
{
	uint64_t from = __rdtsc();

	conntrack_tend(b->ct, b->now);
	b->tend_cycles += __rdtsc() - from;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* One packet of each of the N flows, in this direction, that STATE is expected of.  Returns the
 * cycles of one: the median of windows. */
static double track_all(struct bench *b, const struct ct_request *r, unsigned n, bool is_reply,
			uint8_t state)
{
	struct rte_mbuf *pkts[BURST];
	uint64_t cycles = 0, windows[MAX_WINDOWS];
	unsigned n_windows = 0;

	for (unsigned i = 0; i < BURST; i++)
		pkts[i] = b->pkts[is_reply][i];
	for (unsigned at = 0; at < n; at += BURST) {
		for (unsigned i = 0; i < BURST; i++)
			set_key(&b->keys[i], &b->flows[(at + i) % n], is_reply);
		cycles += track(b, r, pkts);
		if (b->tracks[BURST - 1].state != state)
			abort();
		if (at / BURST % 16 == 0)
			tend(b);
		b->now += 10000;
		if (at / BURST % NEW_WINDOW == NEW_WINDOW - 1 && n_windows < MAX_WINDOWS) {
			windows[n_windows++] = cycles;
			cycles = 0;
		}
	}
	qsort(windows, n_windows, sizeof(windows[0]), by_size);
	return n_windows ? (double)windows[n_windows / 2] / NEW_WINDOW / BURST : (double)cycles / n;
}

static void set_flags(struct bench *b, unsigned d, uint8_t flags, uint32_t seq, uint32_t ack)
{
	if (b->proto == IPPROTO_TCP)
		for (unsigned i = 0; i < BURST; i++)
			set_tcp(b->pkts[d][i], b->layouts[i].l4, flags, seq, ack);
}

/* All N flows become established; returns the cycles that making one took. */
static double establish(struct bench *b, unsigned n)
{
	const struct ct_request commit = { .is_commit = true }, look = { 0 };
	const uint8_t est = CT_STATE_TRK | CT_STATE_EST;
	double cycles;

	set_flags(b, 0, 2, 100, 0);
	cycles = track_all(b, &commit, n, false, CT_STATE_TRK | CT_STATE_NEW);
	set_flags(b, 1, 0x12, 500, 101);
	track_all(b, &look, n, true, est | CT_STATE_RPL);
	set_flags(b, 0, 0x10, 101, 501);
	track_all(b, &look, n, false, est);
	set_flags(b, 1, 0x10, 501, 101);
	for (unsigned i = 0; i < 20000; i++)
		tend(b);
	return cycles;
}

static void bench_established(uint8_t proto, bool is_v6, unsigned n)
{
	const struct ct_request look = { 0 };
	struct bench *b = xmalloc_lines(sizeof(*b));
	struct conntrack_stats stats;
	uint64_t cycles = 0, best = UINT64_MAX;
	unsigned at = 0;

	bench_init(b, proto, is_v6, n, 0);
	establish(b, n);
	for (unsigned k = 0; k < N_BURSTS; k++) {
		struct rte_mbuf *pkts[BURST];

		for (unsigned i = 0; i < BURST; i++) {
			uint32_t draw = b->order[at++ % N_ORDER];

			set_key(&b->keys[i], &b->flows[draw >> 1], draw & 1);
			pkts[i] = b->pkts[draw & 1][i];
		}
		cycles += track(b, &look, pkts);
		if (!(b->tracks[k % BURST].state & CT_STATE_EST))
			abort();
		b->now += 2000;
		if (k % WINDOW == WINDOW - 1) {
			best = MIN_OF(best, cycles);
			cycles = 0;
		}
	}
	stats = conntrack_stats(b->ct);
	printf(WIDTH "%9u connections %6.1f cycles per packet, %5.1f bytes per connection\n",
	       is_v6		      ? "established, UDP on IPv6"
	       : proto == IPPROTO_TCP ? "established, TCP"
				      : "established, UDP",
	       n, (double)best / WINDOW / BURST, (double)stats.bytes / (double)stats.n_connections);
	bench_fini(b);
	free(b);
}

/* New connections into an empty table, then as many again into one that is full of these, which
 * have been idle for a while. */
static void bench_new(uint8_t proto, unsigned n)
{
	const struct ct_request commit = { .is_commit = true };
	struct bench *b = xmalloc_lines(sizeof(*b));
	uint64_t tend_cycles;
	double cycles;

	bench_init(b, proto, false, n, n);
	cycles = establish(b, n);
	printf(WIDTH "%9u connections %6.1f cycles each\n", "new, the table is empty", n, cycles);
	for (unsigned i = 0; i < n; i++)
		b->flows[i].dst |= htonl(0x01000000);
	set_flags(b, 0, 2, 100, 0);
	b->now += 20 * NS_PER_SEC;
	tend_cycles = b->tend_cycles;
	cycles = track_all(b, &commit, n, false, CT_STATE_TRK | CT_STATE_NEW);
	printf(WIDTH "%9u connections %6.1f cycles each, %.1f of the control thread\n",
	       "new, full of idle ones", n, cycles, (double)(b->tend_cycles - tend_cycles) / n);
	for (unsigned i = 0; i < n; i++)
		b->flows[i].dst |= htonl(0x02000000);
	cycles = track_all(b, &commit, n, false, CT_STATE_TRK | CT_STATE_NEW);
	printf(WIDTH "%9u connections %6.1f cycles each\n", "new, full of half-open ones", n,
	       cycles);
	bench_fini(b);
	free(b);
}

/* `conntrack_bench tcp 10000`: that row alone; `conntrack_bench new 100000`: those of new ones. */
int main(int argc, char **argv)
{
	static const unsigned sizes[] = { 1, 10000, 100000, 1000000 };

	if (argc == 3 && strcmp(argv[1], "new") == 0) {
		bench_new(IPPROTO_TCP, (unsigned)atoi(argv[2]));
		return 0;
	}
	if (argc == 3) {
		bench_established(strcmp(argv[1], "tcp") ? IPPROTO_UDP : IPPROTO_TCP,
				  strcmp(argv[1], "udp6") == 0, (unsigned)atoi(argv[2]));
		return 0;
	}
	for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++)
		bench_established(IPPROTO_UDP, false, sizes[i]);
	for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++)
		bench_established(IPPROTO_TCP, false, sizes[i]);
	bench_established(IPPROTO_UDP, true, 100000);
	bench_new(IPPROTO_TCP, 1000000);
	return 0;
}
