/* Port type `bench`: makes packets as fast as they are taken, and counts those it is sent.
 *
 * For weft-bench: generator, switch and sink run in one thread, so the result is what the
 * switch itself costs and does not depend on how cores share caches.  Packets are UDP over IPv4,
 * `flows` different ones in turn: addresses and ports are derived from the flow's number, which
 * starts at `first`; two ports with different `first` never make the same flow.
 *
 * There is a receive queue for each worker, so that all have work; each makes all flows, beginning
 * elsewhere.  They share nothing that is written.
 *
 * With a `rate` the packets come when they come, as from a wire: those that find `queue` others
 * waiting are lost and counted as dropped, so a pause of the switch shows. */

#include "dataplane/port/port_priv.h"

#include <stdlib.h>
#include <rte_cycles.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

enum {
	HEADERS_SIZE = sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr) +
		       sizeof(struct rte_udp_hdr),
	STAMP_SIZE = 64, /* what is written into each packet: one cache line */
	BURST = 32,
	MAX_FLOWS = 1 << 20,
	MAX_RATE = 100000000,
	MAX_QUEUES = 16,
};

static_assert(HEADERS_SIZE <= STAMP_SIZE, "headers are in the stamp");

/* What differs between the flows; the rest is the template. */
struct bench_flow {
	uint8_t eth_dst[6], eth_src[6];
	rte_be32_t src, dst;
	rte_be16_t sport, dport;
	rte_be16_t checksum; /* of the IPv4 header */
};

struct bench_queue {
	uint32_t next;	  /* flow */
	uint64_t started; /* cycles; 0 before the first packet */
	uint64_t n_gone;  /* taken or lost since */
} APART;

struct port_bench {
	struct port port;
	uint8_t template[STAMP_SIZE];
	uint16_t size; /* of a packet, from the Ethernet header on, without checksum */
	uint32_t n_flows;
	uint32_t room;		    /* packets that wait at most, of a queue */
	uint64_t packets_per_cycle; /* of a queue, times 2^32; 0: as many as are taken */
	struct bench_flow *flows;
	struct bench_queue *queues; /* [n_rx_queues] */
};

static struct port_bench *bench_of(const struct port *port)
{
	return container_of(port, struct port_bench, port);
}

static void fill_template(struct port_bench *b)
{
	struct rte_ether_hdr *eth = (void *)b->template;
	struct rte_ipv4_hdr *ip = (void *)(eth + 1);
	struct rte_udp_hdr *udp = (void *)(ip + 1);

	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(b->size - sizeof(*eth));
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	udp->dgram_len = rte_cpu_to_be_16(b->size - sizeof(*eth) - sizeof(*ip));
}

/* 10.x.y.z talks to 11.x.y.z, MAC addresses 02:..:number: anybody can write rules for them. */
static void fill_flow(struct port_bench *b, struct bench_flow *f, uint32_t number)
{
	struct rte_ipv4_hdr ip;
	uint32_t low = number & 0xffffff;

	memcpy(f->eth_src, (uint8_t[6]){ 2, 0, 0, low >> 16, low >> 8, low }, 6);
	memcpy(f->eth_dst, (uint8_t[6]){ 2, 0, 1, low >> 16, low >> 8, low }, 6);
	f->src = rte_cpu_to_be_32(0x0a000000 | low);
	f->dst = rte_cpu_to_be_32(0x0b000000 | low);
	f->sport = rte_cpu_to_be_16(1024 + number % 60000);
	f->dport = rte_cpu_to_be_16(4789);
	memcpy(&ip, b->template + sizeof(struct rte_ether_hdr), sizeof(ip));
	ip.src_addr = f->src;
	ip.dst_addr = f->dst;
	f->checksum = rte_ipv4_cksum(&ip);
}

static void make_flows(struct port_bench *b, uint32_t first)
{
	fill_template(b);
	b->flows = xcalloc_lines((b->n_flows + 1) * sizeof(*b->flows));
	for (uint32_t i = 0; i < b->n_flows; i++)
		fill_flow(b, &b->flows[i], first + i);
}

static void make_queues(struct port_bench *b, uint16_t n)
{
	b->queues = xcalloc_apart((n + 1) * sizeof(*b->queues));
	for (uint16_t q = 0; q < n; q++)
		b->queues[q].next = (uint64_t)b->n_flows * q / n;
	b->port.n_rx_queues = n;
}

static int bench_open(struct port *port, struct status *st)
{
	struct port_bench *b = bench_of(port);
	long long flows = 0, first = 0, size = 64, rate = 0, room = 4096, queues = 0;

	if (port_option_number(port, "flows", 0, MAX_FLOWS, &flows, st) < 0 ||
	    port_option_number(port, "first", 0, 0xffffff, &first, st) < 0 ||
	    port_option_number(port, "size", STAMP_SIZE, 1514, &size, st) < 0 ||
	    port_option_number(port, "rate", 0, MAX_RATE, &rate, st) < 0 ||
	    port_option_number(port, "queue", BURST, 65536, &room, st) < 0 ||
	    port_option_number(port, "queues", 0, MAX_QUEUES, &queues, st) < 0)
		return -1;
	if (!queues)
		queues = port->n_workers;
	b->size = size;
	b->room = room;
	b->packets_per_cycle = ((uint64_t)rate << 32) / rte_get_tsc_hz() / queues;
	b->n_flows = flows;
	make_flows(b, first);
	make_queues(b, flows ? queues : 0);
	port->n_tx_queues = port->n_workers;
	port->takes = PORT_TAKES_ALL;
	return 0;
}

static void bench_close(struct port *port, bool is_removed)
{
	struct port_bench *b = bench_of(port);

	(void)is_removed;
	free(b->flows);
	free(b->queues);
}

static void bench_info(const struct port *port, struct port_info *info)
{
	const struct port_bench *b = bench_of(port);

	info->is_up = true;
	if (b->n_flows)
		snprintf(info->summary, sizeof(info->summary), "makes %u flows of %u-byte packets",
			 b->n_flows, b->size);
	else
		snprintf(info->summary, sizeof(info->summary), "counts what it is sent");
}

static inline void stamp(struct port_bench *b, struct rte_mbuf *m, const struct bench_flow *f)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

	memcpy(data, b->template, STAMP_SIZE);
	memcpy(data, f, 12); /* both MAC addresses */
	memcpy(data + 24, &f->checksum, 2);
	memcpy(data + 26, &f->src, 12); /* addresses and ports lie together there as here */
	m->data_len = m->pkt_len = b->size;
}

/* How many of N have come; those that no longer fitted into the queue are gone. */
static uint16_t arrived(const struct port_bench *b, struct bench_queue *q, uint16_t n,
			struct port_counters *c)
{
	uint64_t now = rte_rdtsc(), n_come, n_waiting;

	if (!q->started)
		q->started = now;
	n_come = (unsigned __int128)(now - q->started) * b->packets_per_cycle >> 32;
	n_waiting = n_come - q->n_gone;
	if (n_waiting > b->room) {
		c->stats.rx_dropped += n_waiting - b->room;
		q->n_gone = n_come - b->room;
		n_waiting = b->room;
	}
	n = RTE_MIN(n, n_waiting);
	q->n_gone += n;
	return n;
}

static uint16_t bench_rx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
			 struct port_counters *c)
{
	struct port_bench *b = bench_of(port);
	uint32_t next = b->queues[queue].next;

	n = RTE_MIN(n, BURST);
	if (b->packets_per_cycle)
		n = arrived(b, &b->queues[queue], n, c);
	if (!n)
		return 0;
	if (rte_pktmbuf_alloc_bulk(pool_small(), pkts, n) != 0) {
		pool_count_failed();
		c->stats.rx_dropped += n;
		return 0;
	}
	for (uint16_t i = 0; i < n; i++) {
		stamp(b, pkts[i], &b->flows[next]);
		next = next + 1 == b->n_flows ? 0 : next + 1;
	}
	b->queues[queue].next = next;
	return n;
}

static uint16_t bench_tx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)port;
	(void)queue;
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

static const struct port_option bench_options[] = {
	{ "flows", "N", "0", "different packets to make in turn, 0 (none) to 1048576", false },
	{ "first", "N", "0", "number of the first flow, 0 to 16777215", false },
	{ "size", "BYTES", "64", "of a packet, 64 to 1514, without the frame check sequence",
	  false },
	{ "rate", "PPS", "0", "packets a second, up to 100000000; 0: as many as are taken", false },
	{ "queue", "N", "4096",
	  "packets that wait at most in each queue when there is a rate, 32 to 65536", false },
	{ "queues", "N", "0", "queues that share the rate, up to 16; 0: one per worker", false },
};

static const struct port_class port_bench = {
	.type = "bench",
	.help = "Makes packets as fast as the switch takes them, and counts what it is sent.",
	.options = bench_options,
	.n_options = ARRAY_LENGTH(bench_options),
	.size = sizeof(struct port_bench),
	.open = bench_open,
	.close = bench_close,
	.info = bench_info,
	.rx = bench_rx,
	.tx = bench_tx,
};
REGISTRY_ADD(port_class, port_bench);
