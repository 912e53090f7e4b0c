/* Receiving from and sending to any port: counting, and doing in software what a port cannot
 * take.  Worker threads. */

#include "dataplane/port/port_priv.h"

#include "dataplane/port/offload.h"

/* The core parses the first segment only, and its headers must be there. */
static bool has_headers(const struct rte_mbuf *m)
{
	return m->data_len >= MIN_OF(m->pkt_len, (uint32_t)PORT_HEADERS_SIZE);
}

/* Bring the headers of those of N packets there that lack them.  Rare, so by copying.  Returns how
 * many packets are left. */
static uint16_t gather_headers(struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t n_good = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i], *copy = m;

		if (!has_headers(m)) {
			copy = pool_copy(m);
			rte_pktmbuf_free(m);
		}
		if (copy)
			pkts[n_good++] = copy;
	}
	return n_good;
}

uint16_t port_rx(struct port *port, uint16_t queue, unsigned w, struct rte_mbuf **pkts, uint16_t n)
{
	struct port_counters *c = &port->counters[w];
	bool all_have = true;
	uint16_t n_good;
	uint64_t bytes = 0;

	n = port->class->rx(port, queue, pkts, n, c);
	if (!n)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		bytes += pkts[i]->pkt_len;
		all_have &= has_headers(pkts[i]);
	}
	port_count(&c->stats.rx_packets, n);
	port_count(&c->stats.rx_bytes, bytes);
	if (all_have)
		return n;
	n_good = gather_headers(pkts, n);
	if (n_good < n)
		port_count(&c->stats.rx_dropped, n - n_good);
	return n_good;
}

/* Hand N finished packets to the class.  They are counted as sent before anybody can see them;
 * those that turn out not to be sent are taken back. */
static void send(struct port *port, unsigned w, struct rte_mbuf **pkts, uint16_t n)
{
	struct port_counters *c = &port->counters[w];
	uint16_t queue = w % port->n_tx_queues, n_sent;
	rte_spinlock_t *lock = port->needs_tx_lock ? &port->private->tx_locks[queue] : NULL;
	uint32_t sizes[PORT_BURST];
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++)
		bytes += sizes[i] = pkts[i]->pkt_len;
	port_count(&c->stats.tx_packets, n);
	port_count(&c->stats.tx_bytes, bytes);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (lock)
		rte_spinlock_lock(lock);
	n_sent = port->class->tx(port, queue, pkts, n);
	if (lock)
		rte_spinlock_unlock(lock);
	if (n_sent == n)
		return;
	bytes = 0;
	for (uint16_t i = n_sent; i < n; i++)
		bytes += sizes[i];
	port_count(&c->stats.tx_packets, -(int64_t)(n - n_sent));
	port_count(&c->stats.tx_bytes, -(int64_t)bytes);
	port_count(&c->stats.tx_dropped, n - n_sent);
}

/* A batch of packets ready to be sent. */
struct batch {
	struct port *port;
	unsigned w;
	uint16_t n;
	struct rte_mbuf *pkts[PORT_BURST];
};

static void batch_flush(struct batch *b)
{
	if (b->n)
		send(b->port, b->w, b->pkts, b->n);
	b->n = 0;
}

static void batch_add(struct batch *b, struct rte_mbuf *m)
{
	b->pkts[b->n++] = m;
	if (b->n == PORT_BURST)
		batch_flush(b);
}

static uint32_t takes_needed(const struct rte_mbuf *m)
{
	uint32_t needed = 0;

	if (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG)
		needed |= m->ol_flags & RTE_MBUF_F_TX_IPV6 ? PORT_TAKES_TSO6 : PORT_TAKES_TSO4;
	if (m->ol_flags & RTE_MBUF_F_TX_UDP_SEG)
		needed |= PORT_TAKES_USO;
	if (m->ol_flags & OFFLOAD_L4_CSUM)
		needed |= PORT_TAKES_CSUM;
	return needed;
}

static uint32_t takes_of_packet(const struct port *port, const struct rte_mbuf *m)
{
	return m->ol_flags & PACKET_OFFLOAD_WRAPPED ? 0 : port->takes;
}

static void cut(struct batch *b, struct rte_mbuf *m)
{
	struct port_counters *c = &b->port->counters[b->w];
	struct offload_cut cut_state;
	struct rte_mbuf *seg;
	bool failed;

	if (offload_cut_init(&cut_state, m) < 0) {
		port_count(&c->stats.tx_errors, 1);
		rte_pktmbuf_free(m);
		return;
	}
	while ((seg = offload_cut_next(&cut_state, &failed)))
		batch_add(b, seg);
	if (failed)
		port_count(&c->stats.tx_dropped, 1);
	rte_pktmbuf_free(m);
}

static void finish(struct batch *b, struct rte_mbuf *m, uint32_t missing)
{
	struct port_counters *c = &b->port->counters[b->w];

	if (missing & ~PORT_TAKES_CSUM) {
		cut(b, m);
		return;
	}
	if ((missing & PORT_TAKES_CSUM) && offload_checksum(m) < 0) {
		port_count(&c->stats.tx_errors, 1);
		rte_pktmbuf_free(m);
		return;
	}
	batch_add(b, m);
}

/* Some ask for something: finish what the port cannot. */
static void send_finished(struct port *port, unsigned w, struct rte_mbuf **pkts, uint16_t n)
{
	struct batch b = { .port = port, .w = w };

	for (uint16_t i = 0; i < n; i++) {
		uint32_t missing = takes_needed(pkts[i]) & ~takes_of_packet(port, pkts[i]);

		if (missing)
			finish(&b, pkts[i], missing);
		else
			batch_add(&b, pkts[i]);
	}
	batch_flush(&b);
}

void port_tx(struct port *port, unsigned w, struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t flags = 0;

	for (uint16_t i = 0; i < n; i++)
		flags |= pkts[i]->ol_flags;
	if ((flags & OFFLOAD_ANY) &&
	    (port->takes != PORT_TAKES_ALL || flags & PACKET_OFFLOAD_WRAPPED)) {
		send_finished(port, w, pkts, n);
		return;
	}
	for (uint16_t i = 0; i < n; i += PORT_BURST)
		send(port, w, pkts + i, MIN_OF(n - i, PORT_BURST));
}
