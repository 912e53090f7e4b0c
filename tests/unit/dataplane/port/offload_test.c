#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>
#include "dataplane/packet/edit.h"
#include "dataplane/port/offload.h"
#include "dataplane/port/pool.h"
#include "lib/rng.h"
#include "tests/fakes/dataplane/eal_world.h"

/* Checksums and segments made in software, against a full recompute written here from the RFCs
 * alone. */

enum { MAX_FRAME = 65535, N_ROUNDS = 2000 };

static struct rng rng;

static uint32_t upto(uint32_t n)
{
	return rng_u64(&rng) % (n + 1);
}

/* A frame being made, and what is known of it. */
struct frame {
	uint8_t data[MAX_FRAME + 64];
	uint32_t size, l3, l4, payload;
	uint8_t proto;
	bool is_ipv4;
};

/* RFC 1071, byte by byte. */
static uint16_t reference_sum(uint32_t sum, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint16_t reference_pseudo(const struct frame *f, uint32_t l4_size)
{
	uint32_t sum = f->proto + l4_size;

	return f->is_ipv4 ? reference_sum(sum, f->data + f->l3 + 12, 8)
			  : reference_sum(sum, f->data + f->l3 + 8, 32);
}

static uint32_t csum_at(const struct frame *f)
{
	return f->l4 + (f->proto == IPPROTO_TCP ? 16 : 6);
}

/* All ones: the sum over pseudo-header and L4 part of a packet whose checksum is right. */
static uint16_t reference_l4(const struct frame *f)
{
	return reference_sum(reference_pseudo(f, f->size - f->l4), f->data + f->l4,
			     f->size - f->l4);
}

static void put_ipv4(struct frame *f, uint32_t options)
{
	uint8_t *ip = f->data + f->l3;

	ip[0] = 0x40 | (20 + options) / 4;
	store_be16(ip + 4, rng_u64(&rng));
	ip[6] = 0x40; /* may not be fragmented */
	ip[7] = 0;
	ip[8] = 64;
	ip[9] = f->proto;
	f->l4 = f->l3 + 20 + options;
}

static void put_ipv6(struct frame *f, bool has_extension)
{
	uint8_t *ip = f->data + f->l3;

	ip[0] = 0x60;
	ip[6] = has_extension ? IPPROTO_DSTOPTS : f->proto;
	f->l4 = f->l3 + 40;
	if (!has_extension)
		return;
	ip[40] = f->proto;
	ip[41] = 1; /* 16 bytes */
	f->l4 += 16;
}

static void set_lengths(struct frame *f)
{
	if (f->is_ipv4) {
		store_be16(f->data + f->l3 + 2, f->size - f->l3);
		store_be16(f->data + f->l3 + 10, 0);
		store_be16(f->data + f->l3 + 10, ~reference_sum(0, f->data + f->l3, f->l4 - f->l3));
	} else {
		store_be16(f->data + f->l3 + 4, f->size - f->l3 - 40);
	}
	if (f->proto == IPPROTO_UDP)
		store_be16(f->data + f->l4 + 4, f->size - f->l4);
	store_be16(f->data + csum_at(f), reference_pseudo(f, f->size - f->l4));
}

/* Random but well-formed, its checksum left to be completed. */
static void random_frame(struct frame *f, uint32_t payload_size)
{
	uint32_t n_vlans = upto(2);

	for (uint32_t i = 0; i < sizeof(f->data); i += 8) {
		uint64_t r = rng_u64(&rng);

		memcpy(f->data + i, &r, MIN_OF(sizeof(r), sizeof(f->data) - i));
	}
	f->is_ipv4 = upto(1);
	f->proto = upto(1) ? IPPROTO_TCP : IPPROTO_UDP;
	f->l3 = 14 + 4 * n_vlans;
	for (uint32_t i = 0; i < n_vlans; i++)
		store_be16(f->data + 12 + 4 * i, 0x8100);
	store_be16(f->data + f->l3 - 2, f->is_ipv4 ? 0x0800 : 0x86dd);
	if (f->is_ipv4)
		put_ipv4(f, 4 * upto(10));
	else
		put_ipv6(f, upto(1));
	f->payload = f->l4 + 8;
	if (f->proto == IPPROTO_TCP) {
		uint32_t options = 4 * upto(10);

		f->data[f->l4 + 12] = (20 + options) / 4 << 4;
		f->payload = f->l4 + 20 + options;
	}
	f->size = f->payload + payload_size;
	set_lengths(f);
}

/* As a packet; in small buffers only if CHAINED, as guests' come. */
static struct rte_mbuf *to_packet(const struct frame *f, bool chained)
{
	struct rte_mbuf *m, *last;
	uint32_t at;

	if (!chained) {
		m = pool_packet(f->data, f->size);
		assert_non_null(m);
		return m;
	}
	at = MIN_OF(f->size, 300u);
	m = last = pool_packet(f->data, at);
	while (at < f->size) {
		uint32_t n = MIN_OF(f->size - at, 1500u);

		last = last->next = pool_packet(f->data + at, n);
		m->nb_segs++;
		m->pkt_len += n;
		at += n;
	}
	return m;
}

static void from_packet(struct frame *f, const struct frame *like, const struct rte_mbuf *m)
{
	const void *data;

	*f = *like;
	f->size = m->pkt_len;
	assert_true(f->size <= MAX_FRAME);
	data = rte_pktmbuf_read(m, 0, m->pkt_len, f->data);
	if (data != f->data)
		memcpy(f->data, data, f->size);
}

static uint64_t csum_flag(const struct frame *f)
{
	return f->proto == IPPROTO_TCP ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
}

static uint64_t segment_flag(const struct frame *f)
{
	return f->proto == IPPROTO_TCP ? RTE_MBUF_F_TX_TCP_SEG : RTE_MBUF_F_TX_UDP_SEG;
}

/* Labels, backbone headers and tags put before what asks for something. */
struct wrapping {
	uint8_t head[128];
	uint32_t size, n_added;
};

static void wrap(struct rte_mbuf *m, struct wrapping *w)
{
	struct packet_layout layout;
	struct flow_key key = { 0 };
	uint32_t size = m->pkt_len;

	assert_int_equal(packet_parse(m, &key, &layout), DROP_NONE);
	for (uint32_t n = upto(2); n > 0; n--)
		assert_int_equal(packet_push_vlan(m, &key, &layout, 0x88a8), DROP_NONE);
	for (uint32_t n = upto(3); n > 0; n--)
		assert_int_equal(packet_push_mpls(m, &key, &layout, 0x8847), DROP_NONE);
	for (uint32_t n = upto(2); n > 0; n--)
		assert_int_equal(packet_push_pbb(m, &key, &layout, 0x88e7), DROP_NONE);
	w->size = m->l2_len;
	w->n_added = m->pkt_len - size;
	memcpy(w->head, rte_pktmbuf_mtod(m, const uint8_t *), w->size);
}

/* The wrapping is as it was; without it the packet has F's headers again. */
static void unwrap(struct rte_mbuf *m, const struct wrapping *w, const struct frame *f)
{
	assert_memory_equal(rte_pktmbuf_mtod(m, const uint8_t *), w->head, w->size);
	assert_non_null(rte_pktmbuf_adj(m, w->n_added));
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), f->data, f->l3);
}

static void test_checksum_under_labels(void **state)
{
	static struct frame f, done;

	(void)state;
	for (unsigned i = 0; i < N_ROUNDS; i++) {
		struct wrapping w;
		struct rte_mbuf *m;

		random_frame(&f, upto(3000));
		m = to_packet(&f, upto(1));
		m->ol_flags = csum_flag(&f);
		assert_int_equal(offload_check(m), 0);
		wrap(m, &w);
		assert_int_equal(offload_checksum(m), 0);
		assert_int_equal(m->ol_flags, 0);
		unwrap(m, &w, &f);
		from_packet(&done, &f, m);
		assert_int_equal(reference_l4(&done), 0xffff);
		rte_pktmbuf_free(m);
	}
}

/* Popped again, the request is one that ports understand; from outside it is never believed. */
static void test_labels_popped_again(void **state)
{
	static struct frame f;
	struct packet_layout layout;
	struct flow_key key = { 0 };
	struct rte_mbuf *m;

	(void)state;
	random_frame(&f, 100);
	m = to_packet(&f, false);
	m->ol_flags = csum_flag(&f) | PACKET_OFFLOAD_WRAPPED;
	assert_int_equal(offload_check(m), 0);
	assert_false(m->ol_flags & PACKET_OFFLOAD_WRAPPED);
	packet_parse(m, &key, &layout);
	packet_push_mpls(m, &key, &layout, 0x8847);
	assert_true(m->ol_flags & PACKET_OFFLOAD_WRAPPED);
	packet_pop_mpls(m, &key, &layout, f.is_ipv4 ? 0x0800 : 0x86dd);
	assert_false(m->ol_flags & PACKET_OFFLOAD_WRAPPED);
	assert_int_equal(m->l2_len, f.l3);
	rte_pktmbuf_free(m);
}

static void test_checksum(void **state)
{
	static struct frame f, done;

	(void)state;
	for (unsigned i = 0; i < N_ROUNDS; i++) {
		struct rte_mbuf *m;

		random_frame(&f, upto(3000));
		m = to_packet(&f, upto(1));
		m->ol_flags = csum_flag(&f);
		assert_int_equal(offload_check(m), 0);
		assert_int_equal(m->l2_len, f.l3);
		assert_int_equal(m->l2_len + m->l3_len, f.l4);
		assert_true(m->ol_flags & (f.is_ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6));
		assert_int_equal(offload_checksum(m), 0);
		assert_int_equal(m->ol_flags & OFFLOAD_ANY, 0);
		from_packet(&done, &f, m);
		assert_int_equal(reference_l4(&done), 0xffff);
		assert_int_not_equal(load_be16(done.data + csum_at(&done)), 0);
		rte_pktmbuf_free(m);
	}
}

/* Bytes behind the IP packet are no part of what is summed. */
static void test_checksum_leaves_out_padding(void **state)
{
	static struct frame f, done;
	struct rte_mbuf *m;

	(void)state;
	random_frame(&f, 4);
	memset(f.data + f.size, 0xa5, 20);
	f.size += 20;
	m = to_packet(&f, false);
	m->ol_flags = csum_flag(&f);
	assert_int_equal(offload_check(m), 0);
	assert_int_equal(offload_checksum(m), 0);
	from_packet(&done, &f, m);
	done.size -= 20;
	assert_int_equal(reference_l4(&done), 0xffff);
	rte_pktmbuf_free(m);
}

static void test_checksum_at(void **state)
{
	static struct frame f, done;
	struct rte_mbuf *m;

	(void)state;
	random_frame(&f, 100);
	m = to_packet(&f, false);
	assert_int_equal(offload_checksum_at(m, f.l4, csum_at(&f) - f.l4), 0);
	from_packet(&done, &f, m);
	assert_int_equal(reference_l4(&done), 0xffff);
	assert_int_equal(offload_checksum_at(m, f.size, 0), -1);
	assert_int_equal(offload_checksum_at(m, f.size - 1, 0), -1);
	assert_int_equal(offload_checksum_at(m, f.l4, 0xffff), -1);
	rte_pktmbuf_free(m);
}

/* One of the packets that F was cut into: the Nth, its payload at AT of F's. */
static void check_segment(const struct frame *f, const struct frame *seg, unsigned n, uint32_t at)
{
	const uint8_t *ip = seg->data + seg->l3, *l4 = seg->data + seg->l4;
	uint32_t size = seg->size - seg->payload;

	assert_memory_equal(seg->data, f->data, f->l3);
	assert_memory_equal(seg->data + seg->payload, f->data + f->payload + at, size);
	assert_int_equal(reference_l4(seg), 0xffff);
	if (f->is_ipv4) {
		assert_int_equal(load_be16(ip + 2), seg->size - seg->l3);
		assert_int_equal(load_be16(ip + 4), (uint16_t)(load_be16(f->data + f->l3 + 4) + n));
		assert_int_equal(reference_sum(0, ip, seg->l4 - seg->l3), 0xffff);
	} else {
		assert_int_equal(load_be16(ip + 4), seg->size - seg->l3 - 40);
	}
	if (f->proto == IPPROTO_UDP) {
		assert_int_equal(load_be16(l4 + 4), seg->size - seg->l4);
	} else {
		uint8_t flags = f->data[f->l4 + 13];

		if (at + size < f->size - f->payload)
			flags &= ~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
		if (at)
			flags &= ~RTE_TCP_CWR_FLAG;
		assert_int_equal(l4[13], flags);
		assert_int_equal(load_be32(l4 + 4), load_be32(f->data + f->l4 + 4) + at);
	}
}

static void cut_and_check(const struct frame *f, bool chained, bool is_wrapped,
			  uint16_t segment_size)
{
	struct rte_mbuf *m = to_packet(f, chained), *part;
	static struct frame seg;
	struct offload_cut cut;
	struct wrapping w;
	uint32_t at = 0;
	unsigned n = 0;
	bool failed;

	m->ol_flags = segment_flag(f);
	m->tso_segsz = segment_size;
	assert_int_equal(offload_check(m), 0);
	assert_true(m->ol_flags & csum_flag(f));
	if (is_wrapped)
		wrap(m, &w);
	assert_int_equal(offload_cut_init(&cut, m), 0);
	while ((part = offload_cut_next(&cut, &failed))) {
		if (is_wrapped)
			unwrap(part, &w, f);
		from_packet(&seg, f, part);
		check_segment(f, &seg, n, at);
		assert_true(seg.size - seg.payload <= segment_size);
		at += seg.size - seg.payload;
		n++;
		rte_pktmbuf_free(part);
	}
	assert_false(failed);
	assert_int_equal(at, f->size - f->payload);
	assert_int_equal(n, offload_cut_count(&cut));
	rte_pktmbuf_free(m);
}

static void test_segments(void **state)
{
	static struct frame f;

	(void)state;
	for (unsigned i = 0; i < N_ROUNDS / 10; i++) {
		uint16_t segment_size = OFFLOAD_MIN_SEGMENT + upto(upto(1) ? 1500 : 9000);

		random_frame(&f, segment_size + 1 + upto(40000));
		cut_and_check(&f, upto(1), upto(1), segment_size);
	}
}

/* A request for segments on what fits one is a request for its checksum. */
static void test_one_segment(void **state)
{
	static struct frame f;
	struct rte_mbuf *m;

	(void)state;
	random_frame(&f, 1000);
	m = to_packet(&f, false);
	m->ol_flags = segment_flag(&f);
	m->tso_segsz = 1000;
	assert_int_equal(offload_check(m), 0);
	assert_int_equal(m->ol_flags & OFFLOAD_ANY, csum_flag(&f));
	rte_pktmbuf_free(m);
}

static void refuse(const struct frame *f, uint64_t flags, uint16_t segment_size)
{
	struct rte_mbuf *m = to_packet(f, false);

	m->ol_flags = flags;
	m->tso_segsz = segment_size;
	assert_int_equal(offload_check(m), -1);
	rte_pktmbuf_free(m);
}

static void test_refuses_contradictions(void **state)
{
	static struct frame f, bad;
	uint64_t both, other;

	(void)state;
	random_frame(&f, 3000);
	both = segment_flag(&f);
	other = csum_flag(&f) ^ RTE_MBUF_F_TX_TCP_CKSUM ^ RTE_MBUF_F_TX_UDP_CKSUM;
	refuse(&f, other, 0); /* not that protocol */
	refuse(&f, RTE_MBUF_F_TX_SCTP_CKSUM, 0);
	refuse(&f, both, 0); /* no segment size */
	refuse(&f, both, OFFLOAD_MIN_SEGMENT - 1);
	refuse(&f, both, 65535); /* more than a packet */
	refuse(&f, RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG, 1000);
	bad = f;
	bad.size += 1; /* a byte behind the IP packet */
	refuse(&bad, both, 1000);
	bad = f;
	bad.size -= 1; /* shorter than it says */
	refuse(&bad, csum_flag(&f), 0);
	for (uint32_t cut = 0; cut < f.payload; cut++) { /* at any point of its headers */
		bad = f;
		bad.size = cut;
		if (cut)
			refuse(&bad, csum_flag(&f), 0);
	}
}

static void test_refuses_fragments(void **state)
{
	static struct frame f;

	(void)state;
	do
		random_frame(&f, 500);
	while (!f.is_ipv4);
	f.data[f.l3 + 6] = 0x20; /* more fragments */
	refuse(&f, csum_flag(&f), 0);
	f.data[f.l3 + 6] = 0;
	f.data[f.l3 + 7] = 1; /* not the first one */
	refuse(&f, csum_flag(&f), 0);
}

/* Whatever is asked of whatever bytes: what passes the check can be carried out. */
static void test_random_bytes(void **state)
{
	static const uint64_t flags[] = {
		RTE_MBUF_F_TX_TCP_CKSUM, RTE_MBUF_F_TX_UDP_CKSUM,  RTE_MBUF_F_TX_TCP_SEG,
		RTE_MBUF_F_TX_UDP_SEG,	 RTE_MBUF_F_TX_SCTP_CKSUM,
	};
	static struct frame f;
	unsigned n_passed = 0;

	(void)state;
	for (unsigned i = 0; i < 10 * N_ROUNDS; i++) {
		struct rte_mbuf *m, *part;
		struct offload_cut cut;
		bool failed;

		random_frame(&f, upto(4000));
		for (uint32_t k = upto(3); k > 0; k--)
			f.data[upto(f.payload - 1)] ^= 1 << upto(7);
		f.size = upto(7) ? f.size : 1 + upto(f.size - 1);
		m = to_packet(&f, upto(1));
		m->ol_flags = flags[upto(4)];
		m->tso_segsz = upto(2000);
		if (offload_check(m) == 0) {
			n_passed++;
			if (!(m->ol_flags & OFFLOAD_SEGMENT)) {
				assert_int_equal(offload_checksum(m), 0);
			} else if (offload_cut_init(&cut, m) == 0) {
				while ((part = offload_cut_next(&cut, &failed)))
					rte_pktmbuf_free(part);
				assert_false(failed);
			}
		}
		rte_pktmbuf_free(m);
	}
	assert_true(n_passed > N_ROUNDS);
}

/* With no buffer left the frame is lost, and nothing else. */
/* What contradicts itself leaves a burst; the others stay, in order. */
static void test_bursts(void **state)
{
	static struct frame f;
	struct rte_mbuf *pkts[32], *good[32];
	uint64_t n_bad = 0;

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		unsigned n = 1 + upto(31), n_good = 0, n_asking = round % 3 ? upto(n) : 0;

		for (unsigned i = 0; i < n; i++) {
			bool is_bad = i < n_asking && upto(1);

			random_frame(&f, 100 + upto(100));
			pkts[i] = to_packet(&f, false);
			if (i < n_asking)
				pkts[i]->ol_flags = csum_flag(&f);
			if (is_bad)
				pkts[i]->ol_flags ^= RTE_MBUF_F_TX_SCTP_CKSUM;
			else
				good[n_good++] = pkts[i];
		}
		assert_int_equal(offload_check_burst(pkts, n, &n_bad), n_good);
		assert_int_equal(n_bad, n - n_good);
		assert_memory_equal(pkts, good, n_good * sizeof(pkts[0]));
		for (unsigned i = 0; i < n_asking && i < n_good; i++)
			if (pkts[i]->ol_flags)
				assert_int_not_equal(pkts[i]->l2_len, 0);
		rte_pktmbuf_free_bulk(pkts, n_good);
		n_bad = 0;
	}
}

static void test_exhaustion(void **state)
{
	static struct rte_mbuf *taken[EAL_WORLD_N_SMALL];
	static struct frame f;
	struct pool_stats before, after;
	struct rte_mbuf *m;
	struct offload_cut cut;
	unsigned n = 0;
	bool failed;

	(void)state;
	do
		random_frame(&f, 20000);
	while (f.proto != IPPROTO_TCP);
	m = to_packet(&f, false);
	m->ol_flags = RTE_MBUF_F_TX_TCP_SEG;
	m->tso_segsz = 1000;
	assert_int_equal(offload_check(m), 0);
	pool_stats_get(&before);
	while (n < ARRAY_LENGTH(taken) && (taken[n] = rte_pktmbuf_alloc(pool_small())))
		n++;
	assert_int_equal(offload_cut_init(&cut, m), 0);
	assert_null(offload_cut_next(&cut, &failed));
	assert_true(failed);
	assert_null(pool_packet(f.data, 100));
	assert_null(pool_copy(m));
	pool_stats_get(&after);
	assert_int_equal(after.n_failed, before.n_failed + 3);
	rte_pktmbuf_free_bulk(taken, n);
	rte_pktmbuf_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_checksum_leaves_out_padding),
		cmocka_unit_test(test_checksum_at),
		cmocka_unit_test(test_checksum_under_labels),
		cmocka_unit_test(test_labels_popped_again),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_one_segment),
		cmocka_unit_test(test_refuses_contradictions),
		cmocka_unit_test(test_refuses_fragments),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_exhaustion),
	};

	rng_seed(&rng, 1);
	return cmocka_run_group_tests(tests, eal_world_start, eal_world_stop);
}
