/* The bursts of net_weftgen.  Cost of making and freeing a 64-byte packet, with `testpmd io`
 * between two devices: see docs/decisions/benchmarks-bring-their-own-driver.md. */

#include "tests/bench/driver/weftgen.h"

#include <rte_cycles.h>
#include <rte_prefetch.h>

enum {
	STAMP_AT = 48, /* in a UDP packet's payload */
	MAX_BEHIND = 256,
};

/* Choose a packet of the next burst.  Its flow is fetched past L2, which belongs to the switch that
 * is measured; one by one between packets, since only so many lines can be under way. */
static inline void choose(struct weftgen_rxq *q, const struct traffic *t, uint16_t i)
{
	q->next[i] = traffic_next(&q->source);
	rte_prefetch_non_temporal(&t->flows[q->next[i].flow]);
}

static void get_to_know(struct weftgen_rxq *q, const struct traffic *t)
{
	traffic_source_init(&q->source, t, q->index, q->device->data->nb_rx_queues);
	for (uint16_t i = 0; i < WEFTGEN_BURST; i++)
		choose(q, t, i);
	q->known = t;
}

/* A new mbuf's fields in two stores, as drivers of network cards write them. */
static inline void fill(struct rte_mbuf *m, uint64_t rearm, uint32_t size)
{
	_mm_store_si128((__m128i *)&m->rearm_data, _mm_set_epi64x(0, rearm));
	_mm_storeu_si128((__m128i *)&m->rx_descriptor_fields1, _mm_setr_epi32(0, size, size, 0));
}

/* A payload is whatever the buffer holds, unless a checksum covers it. */
static inline uint64_t make(struct weftgen_rxq *q, const struct traffic *t, struct rte_mbuf **pkts,
			    uint16_t n)
{
	uint64_t n_bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		uint8_t *frame = (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM;
		uint16_t size = t->is_whole ? traffic_write(t, q->next[i], frame)
					    : traffic_put(t, q->next[i], frame);

		fill(m, q->rearm, size);
		choose(q, t, i);
		n_bytes += size;
	}
	return n_bytes;
}

static inline void count(struct weftgen_counts *c, uint64_t n, uint64_t n_bytes)
{
	c->n_packets += n;
	c->n_bytes += n_bytes;
	c->n_bursts++;
}

/* How many of N are due.  Who asks too late for more than MAX_BEHIND has lost them. */
static uint16_t keep_pace(struct weftgen_rxq *q, uint32_t pace, uint16_t n)
{
	uint64_t now = rte_rdtsc(), n_due;

	if (q->pace != pace) {
		q->pace = pace;
		q->per_cycle =
			((uint64_t)pace << 32) / q->device->data->nb_rx_queues / rte_get_tsc_hz();
		q->paced_since = now;
		q->n_paced = 0;
	}
	n_due = (unsigned __int128)(now - q->paced_since) * q->per_cycle >> 32;
	if (n_due - q->n_paced > MAX_BEHIND)
		q->n_paced = n_due - MAX_BEHIND;
	n = RTE_MIN(n, n_due - q->n_paced);
	q->n_paced += n;
	return n;
}

static void stamp(struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t now = rte_rdtsc();

	for (uint16_t i = 0; i < n; i++)
		memcpy(rte_pktmbuf_mtod_offset(pkts[i], uint8_t *, STAMP_AT), &now, sizeof(now));
}

static unsigned age_bucket(uint64_t age)
{
	unsigned top;

	if (age < 8)
		return age;
	top = 63 - __builtin_clzll(age);
	return top * 8 + (age >> (top - 3) & 7);
}

static void count_ages(struct weftgen_control *c, struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t now = rte_rdtsc(), then;

	for (uint16_t i = 0; i < n; i++) {
		memcpy(&then, rte_pktmbuf_mtod_offset(pkts[i], uint8_t *, STAMP_AT), sizeof(then));
		c->ages[age_bucket(now > then ? now - then : 0)]++;
	}
}

uint16_t weftgen_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct weftgen_rxq *q = queue;
	const struct weftgen_control *c = q->device->control;
	const struct traffic *t = __atomic_load_n(&q->device->traffic, __ATOMIC_ACQUIRE);
	uint32_t pace = __atomic_load_n(&c->packets_per_second, __ATOMIC_RELAXED);

	if (!t || !__atomic_load_n(&c->is_running, __ATOMIC_RELAXED))
		return 0;
	n = RTE_MIN(n, WEFTGEN_BURST);
	if (unlikely(pace))
		n = keep_pace(q, pace, n);
	if (n == 0)
		return 0;
	__atomic_store_n(&q->in_use, t, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&q->device->traffic, __ATOMIC_SEQ_CST) != t) {
		n = 0;
		goto out;
	}
	if (unlikely(q->known != t))
		get_to_know(q, t);
	if (unlikely(rte_mempool_get_bulk(q->pool, (void **)pkts, n) != 0)) {
		q->counts->n_failed += n;
		n = 0;
		goto out;
	}
	count(q->counts, n, make(q, t, pkts, n));
	if (unlikely(__atomic_load_n(&c->is_stamping, __ATOMIC_RELAXED)))
		stamp(pkts, n);
out:
	__atomic_store_n(&q->in_use, NULL, __ATOMIC_RELEASE);
	return n;
}

static void sample(struct weftgen_counts *c, const struct rte_mbuf *m)
{
	memcpy(c->last, rte_pktmbuf_mtod(m, uint8_t *),
	       RTE_MIN(rte_pktmbuf_data_len(m), WEFTGEN_LAST_SIZE));
	c->last_size = rte_pktmbuf_pkt_len(m);
}

/* Mostly a burst of whole mbufs of one pool, given back at once. */
static inline void free_burst(struct rte_mbuf **pkts, uint16_t n)
{
	struct rte_mempool *pool = pkts[0]->pool;
	void *ready[WEFTGEN_BURST];
	unsigned n_ready = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(m->pool != pool || m->nb_segs != 1)) {
			rte_pktmbuf_free(m);
			continue;
		}
		m = rte_pktmbuf_prefree_seg(m);
		if (m)
			ready[n_ready++] = m;
		if (unlikely(n_ready == WEFTGEN_BURST)) {
			rte_mempool_put_bulk(pool, ready, n_ready);
			n_ready = 0;
		}
	}
	rte_mempool_put_bulk(pool, ready, n_ready);
}

uint16_t weftgen_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct weftgen_txq *q = queue;
	uint64_t n_bytes = 0;

	if (unlikely(n == 0))
		return 0;
	if (unlikely(__atomic_load_n(&q->control->is_sampling, __ATOMIC_RELAXED)))
		sample(q->counts, pkts[0]);
	if (unlikely(q->is_first && __atomic_load_n(&q->control->is_stamping, __ATOMIC_RELAXED)))
		count_ages(q->control, pkts, n);
	for (uint16_t i = 0; i < n; i++)
		n_bytes += pkts[i]->pkt_len;
	count(q->counts, n, n_bytes);
	free_burst(pkts, n);
	return n;
}
