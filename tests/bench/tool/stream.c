#include "tests/bench/tool/stream.h"

#include <math.h>
#include <rte_cycles.h>
#include <rte_prefetch.h>
#include <stdlib.h>

#define STAMP_MASK ((1ull << 48) - 1)

/* What is due at the end may still leave for so long: this part of the whole, or of a second. */
#define GRACE_PART 100

/* Counters that other threads read while they grow. */
static void grow(uint64_t *counter, uint64_t by)
{
	__atomic_store_n(counter, *counter + by, __ATOMIC_RELAXED);
}

/* --- sending --- */

void sender_init(struct sender *s, const struct sender_config *config)
{
	const struct frame_maker *m = config->maker;
	uint64_t n_flows = m->n_flows, grace;
	double period, whole;

	memset(s, 0, sizeof(*s));
	s->config = *config;
	if (config->pattern.order == FLOWS_NEW)
		n_flows = flow_ranges_count(&m->ranges);
	flow_picker_init(&s->picker, &config->pattern, n_flows, config->seed);
	if (config->pps > 0) {
		period = modf(rte_get_tsc_hz() / config->pps, &whole) * 4294967296.0;
		s->period = whole;
		s->period_part = MIN_OF(period, 4294967295.0);
	}
	s->due = config->start;
	s->end = config->length ? config->start + config->length : UINT64_MAX;
	grace = MAX_OF(config->length, rte_get_tsc_hz()) / GRACE_PART;
	s->give_up = config->length ? s->end + grace : UINT64_MAX;
	histogram_init(&s->lateness);
}

void sender_fini(struct sender *s)
{
	flow_picker_fini(&s->picker);
}

static bool has_rate(const struct sender *s)
{
	return s->config.pps > 0;
}

/* How many packets to make now, at most a burst, and when each was due. */
static unsigned take_due(struct sender *s, uint64_t now)
{
	uint64_t n_rest = s->config.n_packets ? s->config.n_packets - s->n_made : UINT64_MAX;
	unsigned n_max = MIN_OF((uint64_t)STREAM_BURST, n_rest), n = 0;
	uint32_t part;

	if (!has_rate(s)) {
		for (; n < n_max && now < s->end; n++)
			s->stamps[n] = now;
		return n;
	}
	for (; n < n_max && s->due <= now && s->due < s->end; n++) {
		s->stamps[n] = s->due;
		part = s->due_part + s->period_part;
		s->due += s->period + (part < s->due_part);
		s->due_part = part;
	}
	return n;
}

static unsigned next_size(struct sender *s)
{
	unsigned size = s->config.wheel[s->wheel_at];

	if (++s->wheel_at == s->config.n_wheel)
		s->wheel_at = 0;
	return size;
}

/* Headers of each packet's flow: from the table, fetched ahead, or made into ROOM. */
static void pick_headers(struct sender *s, unsigned n, const uint8_t **headers,
			 uint8_t (*room)[FRAME_MAX_HEADERS])
{
	const struct frame_maker *m = s->config.maker;

	for (unsigned i = 0; i < n; i++) {
		uint64_t flow = flow_picker_next(&s->picker);

		if (flow < m->n_flows) {
			headers[i] = frame_headers_of(m, flow);
			rte_prefetch0(headers[i]);
			continue;
		}
		frame_headers(m, flow, room[i]);
		headers[i] = room[i];
	}
}

static void make(struct sender *s, unsigned n)
{
	uint8_t room[STREAM_BURST][FRAME_MAX_HEADERS];
	const uint8_t *headers[STREAM_BURST];

	pick_headers(s, n, headers, room);
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = s->left[i];

		m->data_len = m->pkt_len = frame_put(
			s->config.maker, headers[i], next_size(s), s->config.magic, s->n_made + i,
			s->stamps[i] & STAMP_MASK, rte_pktmbuf_mtod(m, uint8_t *));
	}
	s->first_left = 0;
	s->n_left = n;
	grow(&s->n_made, n);
}

/* Offer what is left to the port. */
static unsigned offer(struct sender *s)
{
	uint64_t n_bytes[STREAM_BURST], sum = 0, now;
	unsigned n, first = s->first_left;

	for (unsigned i = 0; i < s->n_left; i++)
		n_bytes[i] = s->left[first + i]->pkt_len;
	n = rte_eth_tx_burst(s->config.to->ethdev, 0, s->left + first, s->n_left);
	if (s->config.has_latency && n) {
		now = rte_rdtsc();
		for (unsigned i = 0; i < n; i++)
			histogram_add(&s->lateness, now - s->stamps[first + i]);
	}
	for (unsigned i = 0; i < n; i++)
		sum += n_bytes[i];
	s->first_left += n;
	s->n_left -= n;
	grow(&s->n_sent, n);
	grow(&s->n_bytes, sum);
	return n;
}

static unsigned finish(struct sender *s, uint64_t now)
{
	rte_pktmbuf_free_bulk(s->left + s->first_left, s->n_left);
	s->n_left = 0;
	s->stopped = now;
	__atomic_store_n(&s->is_done, true, __ATOMIC_RELEASE);
	return 0;
}

static bool is_over(const struct sender *s, uint64_t now)
{
	if (s->config.n_packets && s->n_made == s->config.n_packets)
		return true;
	return now >= s->end && (!has_rate(s) || s->due >= s->end);
}

unsigned sender_turn(struct sender *s, uint64_t now, bool stop)
{
	uint64_t due = s->due;
	uint32_t due_part = s->due_part;
	unsigned n;

	if (s->is_done || now < s->config.start)
		return 0;
	if (stop || now >= s->give_up)
		return finish(s, now);
	if (s->n_left)
		return offer(s);
	if (is_over(s, now))
		return finish(s, now);
	n = take_due(s, now);
	if (!n)
		return 0;
	/* without buffers they stay due: the port gives some back as it sends */
	if (rte_pktmbuf_alloc_bulk(s->config.to->pool, s->left, n) < 0) {
		s->due = due;
		s->due_part = due_part;
		return rte_eth_tx_done_cleanup(s->config.to->ethdev, 0, 0) > 0;
	}
	make(s, n);
	return offer(s);
}

uint64_t sender_asked(const struct sender *s)
{
	uint64_t end = MIN_OF(s->end, s->stopped), n;
	double period = s->period + s->period_part / 4294967296.0;

	if (!has_rate(s) || end <= s->config.start)
		return s->n_sent;
	n = ceil((end - s->config.start) / period);
	if (s->config.n_packets)
		n = MIN_OF(n, s->config.n_packets);
	return MAX_OF(n, s->n_sent);
}

/* --- receiving --- */

void receiver_init(struct receiver *r, struct device *from, const struct sender *sender)
{
	memset(r, 0, sizeof(*r));
	r->from = from;
	r->sender = sender;
	r->has_latency = sender->config.has_latency;
	histogram_init(&r->latency);
	sequence_init(&r->sequence);
}

/* N_MADE: numbers from there on cannot have come.  Returns the bytes of a packet that is ours. */
static unsigned take(struct receiver *r, struct rte_mbuf *m, uint64_t now, uint64_t n_made)
{
	struct frame_trailer t;
	enum frame_verdict verdict = FRAME_CORRUPT;

	if (m->nb_segs == 1 || rte_pktmbuf_linearize(m) == 0)
		verdict = frame_check(rte_pktmbuf_mtod(m, const uint8_t *), m->pkt_len,
				      r->sender->config.magic, &t);
	if (verdict == FRAME_FOREIGN) {
		r->n_foreign++;
		return 0;
	}
	if (verdict == FRAME_CORRUPT || t.number >= n_made) {
		r->n_corrupt++;
		return 0;
	}
	sequence_add(&r->sequence, t.number);
	if (r->has_latency)
		histogram_add(&r->latency, (now - t.stamp) & STAMP_MASK);
	return m->pkt_len;
}

unsigned receiver_turn(struct receiver *r)
{
	struct rte_mbuf *pkts[STREAM_RX_BURST];
	uint64_t now, n_made, n_bytes = 0;
	unsigned n = rte_eth_rx_burst(r->from->ethdev, 0, pkts, STREAM_RX_BURST);

	if (!n)
		return 0;
	now = rte_rdtsc();
	n_made = __atomic_load_n(&r->sender->n_made, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod_offset(pkts[i], void *, pkts[i]->data_len - 18));
	for (unsigned i = 0; i < n; i++)
		n_bytes += take(r, pkts[i], now, n_made);
	grow(&r->n_bytes, n_bytes);
	grow(&r->n_received, r->sequence.n_unique - r->n_received);
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}
