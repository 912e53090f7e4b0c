/* Port type `pcap`: receives what one capture file holds and writes what it is sent to another.
 * For tests, and for looking at what a flow does. */

#include "dataplane/port/port_class.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <rte_ether.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { SNAP_SIZE = 65535 };

struct port_pcap {
	struct port port;
	const char *rx_file, *tx_file; /* the settings' */
	pcap_t *rx, *tx;
	pcap_dumper_t *dumper;
	bool is_looping;
	int fd;	      /* readable until all was received, so that workers sleep then */
	bool is_done; /* workers */
};

static struct port_pcap *pcap_of(const struct port *port)
{
	return container_of(port, struct port_pcap, port);
}

static int open_rx(struct port_pcap *p, struct status *st)
{
	char error[PCAP_ERRBUF_SIZE] = "";

	p->rx = pcap_open_offline(p->rx_file, error);
	if (p->rx && pcap_datalink(p->rx) == DLT_EN10MB)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, "options.rx_file", "%s",
			  p->rx ? "the file is no capture of Ethernet frames" : error);
}

static int open_tx(struct port_pcap *p, struct status *st)
{
	p->tx = pcap_open_dead(DLT_EN10MB, SNAP_SIZE);
	p->dumper = pcap_dump_open(p->tx, p->tx_file);
	if (p->dumper && pcap_dump_flush(p->dumper) == 0)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, "options.tx_file", "%s", pcap_geterr(p->tx));
}

static void pcap_port_close(struct port *port, bool is_removed)
{
	struct port_pcap *p = pcap_of(port);

	(void)is_removed;
	if (p->rx)
		pcap_close(p->rx);
	if (p->dumper)
		pcap_dump_close(p->dumper);
	if (p->tx)
		pcap_close(p->tx);
	if (p->fd >= 0)
		close(p->fd);
}

static int pcap_port_open(struct port *port, struct status *st)
{
	struct port_pcap *p = pcap_of(port);

	p->rx_file = port_option_text(port, "rx_file");
	p->tx_file = port_option_text(port, "tx_file");
	if (port_option_flag(port, "loop", &p->is_looping, st) < 0)
		return -1;
	p->fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	if (p->fd < 0 || (p->rx_file && open_rx(p, st) < 0) || (p->tx_file && open_tx(p, st) < 0)) {
		status_set(st, STATUS_RESOURCE_EXHAUSTED, "", "no more file descriptors");
		pcap_port_close(port, true);
		return -1;
	}
	port->n_rx_queues = p->rx ? 1 : 0;
	port->n_tx_queues = 1;
	return 0; /* takes no offload: what is written is what would be on a wire */
}

static void pcap_port_info(const struct port *port, struct port_info *info)
{
	const struct port_pcap *p = pcap_of(port);

	info->is_up = true;
	snprintf(info->summary, sizeof(info->summary), "%s%.100s%s%s%.100s",
		 p->rx_file ? "reads " : "", p->rx_file ? p->rx_file : "",
		 p->rx_file && p->tx_file ? ", " : "", p->tx_file ? "writes " : "",
		 p->tx_file ? p->tx_file : "");
}

/* The end of the file: begin again, or let the workers sleep. */
static void at_end(struct port_pcap *p)
{
	struct status st = STATUS_INIT;
	uint64_t n;

	if (p->is_looping) {
		pcap_close(p->rx);
		p->rx = NULL;
		if (open_rx(p, &st) == 0)
			return;
	}
	p->is_done = true;
	while (read(p->fd, &n, sizeof(n)) > 0)
		;
}

static uint16_t pcap_rx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
			struct port_counters *c)
{
	struct port_pcap *p = pcap_of(port);
	struct pcap_pkthdr *header;
	const u_char *data;
	uint16_t n_rx = 0;

	(void)queue;
	while (n_rx < n && !p->is_done) {
		if (pcap_next_ex(p->rx, &header, &data) != 1) {
			at_end(p);
			break; /* a file without packets is not read for ever in one call */
		}
		pkts[n_rx] = header->caplen <= SNAP_SIZE ? pool_packet(data, header->caplen) : NULL;
		if (pkts[n_rx])
			n_rx++;
		else
			port_count(&c->stats.rx_dropped, 1);
	}
	return n_rx;
}

static uint16_t pcap_tx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct port_pcap *p = pcap_of(port);
	static __thread u_char flat[SNAP_SIZE];
	struct timespec now;

	(void)queue;
	clock_gettime(CLOCK_REALTIME, &now);
	for (uint16_t i = 0; i < n && p->dumper; i++) {
		uint32_t size = MIN_OF(pkts[i]->pkt_len, (uint32_t)SNAP_SIZE);
		struct pcap_pkthdr header = {
			.ts = { now.tv_sec, now.tv_nsec / 1000 },
			.caplen = size,
			.len = pkts[i]->pkt_len,
		};

		pcap_dump((u_char *)p->dumper, &header, rte_pktmbuf_read(pkts[i], 0, size, flat));
	}
	rte_pktmbuf_free_bulk(pkts, n);
	return p->dumper && pcap_dump_flush(p->dumper) == 0 ? n : 0;
}

static int pcap_rx_fd(const struct port *port, uint16_t queue)
{
	(void)queue;
	return pcap_of(port)->fd;
}

static const struct port_option options[] = {
	{ "rx_file", "PATH", NULL, "A capture of Ethernet frames, which the port receives once." },
	{ "tx_file", "PATH", NULL,
	  "Where what the port is sent is written; an old one is replaced." },
	{ "loop", "BOOL", "false", "Receive the capture again and again." },
};

static const struct port_class port_pcap = {
	.type = "pcap",
	.help = "Reads packets from a capture file and writes them to another.",
	.options = options,
	.n_options = ARRAY_LENGTH(options),
	.size = sizeof(struct port_pcap),
	.open = pcap_port_open,
	.close = pcap_port_close,
	.info = pcap_port_info,
	.rx = pcap_rx,
	.tx = pcap_tx,
	.rx_fd = pcap_rx_fd,
};
REGISTRY_ADD(port_class, port_pcap);
