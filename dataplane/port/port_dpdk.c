/* Port type `dpdk`: anything DPDK has a driver for, plugged in while the switch runs: a network
 * card by its PCI address, a virtual device by its name and arguments, or a device that EAL's
 * arguments made. */

#include "dataplane/port/port_class.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include "dataplane/port/offload.h"
#include "lib/log.h"

struct port_dpdk {
	struct port port;
	uint16_t ethdev;
	bool is_plugged; /* by us, so unplugged by us */
	bool takes_chains;
	bool has_prepare; /* packets that ask for offloads go through rte_eth_tx_prepare() */
	char name[RTE_ETH_NAME_MAX_LEN];
};

static struct port_dpdk *dpdk_of(const struct port *port)
{
	return container_of(port, struct port_dpdk, port);
}

/* --- finding the device --- */

static bool find_ethdev(const char *name, uint16_t *id)
{
	return rte_eth_dev_get_port_by_name(name, id) == 0;
}

/* The device's part of "net_null0,size=64". */
static void device_name(const char *devargs, char *name, size_t size)
{
	snprintf(name, size, "%.*s", (int)strcspn(devargs, ","), devargs);
}

static bool is_used(const struct port *port, uint16_t ethdev)
{
	for (struct port *p = ports_next(port->ports, 0); p;
	     p = ports_next(port->ports, p->number)) {
		if (p->class == port->class && dpdk_of(p)->ethdev == ethdev)
			return true;
	}
	return false;
}

static int plug(struct port_dpdk *d, const char *devargs, struct status *st)
{
	struct rte_dev_iterator it;
	uint16_t id;

	if (rte_dev_probe(devargs) < 0)
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "options.devargs",
			"DPDK cannot plug '%.128s' (%s): is the name right, its driver "
			"loaded (--eal \"-d DRIVER.so\"), a PCI device bound to vfio-pci?",
			devargs, rte_strerror(rte_errno));
	d->is_plugged = true;
	if (find_ethdev(d->name, &d->ethdev))
		return 0;
	d->ethdev = RTE_MAX_ETHPORTS;
	RTE_ETH_FOREACH_MATCHING_DEV(id, devargs, &it)
	{
		if (d->ethdev == RTE_MAX_ETHPORTS && !is_used(&d->port, id))
			d->ethdev = id;
	}
	if (d->ethdev != RTE_MAX_ETHPORTS)
		return 0;
	return status_set(st, STATUS_FAILED_PRECONDITION, "options.devargs",
			  "'%.128s' is plugged, but is no network device", devargs);
}

static void unplug(struct port_dpdk *d)
{
	struct rte_eth_dev_info info;
	struct rte_device *dev = NULL;

	if (d->ethdev != RTE_MAX_ETHPORTS && rte_eth_dev_info_get(d->ethdev, &info) == 0) {
		dev = info.device;
		rte_eth_dev_stop(d->ethdev);
		rte_eth_dev_close(d->ethdev);
	}
	if (d->is_plugged && dev && rte_dev_remove(dev) < 0)
		log_warn("port %s: DPDK cannot remove %s", port_name(&d->port), d->name);
}

/* --- setting it up --- */

static uint32_t takes_of(uint64_t capa)
{
	const uint64_t csum = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
			      RTE_ETH_TX_OFFLOAD_UDP_CKSUM;

	if ((capa & csum) != csum)
		return 0;
	if ((capa & RTE_ETH_TX_OFFLOAD_TCP_TSO) && (capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS))
		return PORT_TAKES_CSUM | PORT_TAKES_TSO4 | PORT_TAKES_TSO6;
	return PORT_TAKES_CSUM;
}

static int set_up_queues(struct port_dpdk *d, const struct rte_eth_dev_info *info,
			 struct rte_eth_conf *conf, uint16_t n_desc)
{
	struct rte_eth_rxconf rxconf = info->default_rxconf;
	struct rte_eth_txconf txconf = info->default_txconf;
	uint16_t n_rx_desc = n_desc, n_tx_desc = n_desc;
	int ret;

	ret = rte_eth_dev_configure(d->ethdev, d->port.n_rx_queues, d->port.n_tx_queues, conf);
	if (ret == 0)
		ret = rte_eth_dev_adjust_nb_rx_tx_desc(d->ethdev, &n_rx_desc, &n_tx_desc);
	rxconf.offloads = conf->rxmode.offloads;
	txconf.offloads = conf->txmode.offloads;
	for (uint16_t q = 0; q < d->port.n_rx_queues && ret == 0; q++)
		ret = rte_eth_rx_queue_setup(d->ethdev, q, n_rx_desc, SOCKET_ID_ANY, &rxconf,
					     pool_small());
	for (uint16_t q = 0; q < d->port.n_tx_queues && ret == 0; q++)
		ret = rte_eth_tx_queue_setup(d->ethdev, q, n_tx_desc, SOCKET_ID_ANY, &txconf);
	return ret;
}

static int set_up(struct port_dpdk *d, uint16_t n_rxq, uint16_t n_desc, uint16_t mtu,
		  struct status *st)
{
	const uint64_t tx_wanted = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
				   RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO |
				   RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	struct rte_eth_conf conf = { .rxmode.mq_mode = RTE_ETH_MQ_RX_NONE };
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(d->ethdev, &info);

	if (ret < 0)
		goto fail;
	d->port.n_rx_queues = MIN_OF(n_rxq, info.max_rx_queues);
	d->port.n_tx_queues = MIN_OF(d->port.n_workers, info.max_tx_queues);
	conf.txmode.offloads = info.tx_offload_capa & tx_wanted;
	conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	if (d->port.n_rx_queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf =
			info.flow_type_rss_offloads &
			(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	}
	d->port.takes = takes_of(info.tx_offload_capa);
	d->has_prepare = d->port.takes != 0;
	d->takes_chains = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	ret = set_up_queues(d, &info, &conf, n_desc);
	if (ret == 0 && mtu)
		ret = rte_eth_dev_set_mtu(d->ethdev, mtu);
	if (ret == 0)
		ret = rte_eth_dev_start(d->ethdev);
	if (ret < 0)
		goto fail;
	rte_eth_promiscuous_enable(d->ethdev); /* some have none to turn on */
	return 0;
fail:
	return status_set(st, STATUS_FAILED_PRECONDITION, "options.devargs",
			  "cannot set up device %s: %s", d->name, rte_strerror(-ret));
}

static int on_link_event(uint16_t ethdev, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)ethdev;
	(void)type;
	(void)ret;
	port_changed(arg);
	return 0;
}

static int dpdk_open(struct port *port, struct status *st)
{
	struct port_dpdk *d = dpdk_of(port);
	const char *devargs = port_option_text(port, "devargs");
	long long n_rxq, n_desc, mtu;

	d->ethdev = RTE_MAX_ETHPORTS;
	device_name(devargs, d->name, sizeof(d->name));
	if (port_option_number(port, "rx_queues", 0, RTE_MAX_QUEUES_PER_PORT, &n_rxq, st) < 0 ||
	    port_option_number(port, "descriptors", 32, 8192, &n_desc, st) < 0 ||
	    port_option_number(port, "mtu", 0, 9700, &mtu, st) < 0)
		return -1;
	if (!find_ethdev(d->name, &d->ethdev)) {
		if (plug(d, devargs, st) < 0)
			goto fail;
	} else if (is_used(port, d->ethdev)) {
		return status_set(st, STATUS_ALREADY_EXISTS, "options.devargs",
				  "another port uses device %s", d->name);
	}
	if (set_up(d, n_rxq ? n_rxq : port->n_workers, n_desc, mtu, st) < 0)
		goto fail;
	rte_eth_dev_callback_register(d->ethdev, RTE_ETH_EVENT_INTR_LSC, on_link_event, port);
	return 0;
fail:
	unplug(d);
	return -1;
}

static void dpdk_close(struct port *port, bool is_removed)
{
	struct port_dpdk *d = dpdk_of(port);

	(void)is_removed;
	rte_eth_dev_callback_unregister(d->ethdev, RTE_ETH_EVENT_INTR_LSC, on_link_event, port);
	unplug(d);
}

static void dpdk_info(const struct port *port, struct port_info *info)
{
	const struct port_dpdk *d = dpdk_of(port);
	struct rte_eth_link link = { 0 };
	struct rte_eth_dev_info dev;
	struct rte_ether_addr mac;
	uint16_t mtu = 0;

	rte_eth_link_get_nowait(d->ethdev, &link);
	rte_eth_dev_get_mtu(d->ethdev, &mtu);
	info->is_up = link.link_status == RTE_ETH_LINK_UP;
	info->speed_mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	info->mtu = mtu;
	info->has_mac = rte_eth_macaddr_get(d->ethdev, &mac) == 0;
	if (info->has_mac)
		memcpy(info->mac, mac.addr_bytes, sizeof(info->mac));
	if (rte_eth_dev_info_get(d->ethdev, &dev) == 0)
		snprintf(info->summary, sizeof(info->summary), "%s, driver %s, link %s", d->name,
			 dev.driver_name, info->is_up ? "up" : "down");
}

/* --- packets --- */

static uint16_t dpdk_rx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
			struct port_counters *c)
{
	/* only drivers of virtual devices pass such requests on, from whoever is there */
	n = rte_eth_rx_burst(dpdk_of(port)->ethdev, queue, pkts, n);
	return offload_check_burst(pkts, n, &c->stats.rx_errors);
}

/* What drivers want besides: the IPv4 checksum of segments, and their pseudo-header sums. */
static uint16_t prepare(const struct port_dpdk *d, uint16_t queue, struct rte_mbuf **pkts,
			uint16_t n)
{
	bool is_asked = false;

	for (uint16_t i = 0; i < n; i++) {
		is_asked |= !!(pkts[i]->ol_flags & OFFLOAD_ANY);
		if ((pkts[i]->ol_flags & RTE_MBUF_F_TX_TCP_SEG) &&
		    (pkts[i]->ol_flags & RTE_MBUF_F_TX_IPV4))
			pkts[i]->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	}
	return is_asked ? rte_eth_tx_prepare(d->ethdev, queue, pkts, n) : n;
}

static bool has_large(const struct rte_mbuf *m)
{
	for (; m; m = m->next) {
		if (m->pool == pool_large())
			return true;
	}
	return false;
}

/* A device keeps what it was given in its rings, for ever if no more comes.  So it never gets a
 * large buffer, nor a chain if it has no use for one.  False: M is not to be sent. */
static bool make_fit(const struct port_dpdk *d, struct rte_mbuf **pkt)
{
	struct rte_mbuf *copy;

	if (!d->takes_chains)
		return false;
	if (!has_large(*pkt))
		return true;
	copy = pool_copy_small(*pkt);
	if (!copy)
		return false;
	rte_pktmbuf_free(*pkt);
	*pkt = copy;
	return true;
}

static bool has_chains(struct rte_mbuf *const *pkts, uint16_t n)
{
	unsigned n_segs = 1;

	for (uint16_t i = 0; i < n; i++)
		n_segs |= pkts[i]->nb_segs;
	return n_segs != 1;
}

/* Move what does not fit to the end.  Returns how many do. */
static uint16_t sort_out(const struct port_dpdk *d, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t n_fit = 0;

	if (!has_chains(pkts, n))
		return n;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m;

		if (pkts[i]->nb_segs > 1 && !make_fit(d, &pkts[i]))
			continue;
		m = pkts[i];
		pkts[i] = pkts[n_fit];
		pkts[n_fit++] = m;
	}
	return n_fit;
}

static uint16_t dpdk_tx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	const struct port_dpdk *d = dpdk_of(port);
	uint16_t n_fit = sort_out(d, pkts, n);
	uint16_t n_ready = d->has_prepare ? prepare(d, queue, pkts, n_fit) : n_fit;
	uint16_t n_sent = rte_eth_tx_burst(d->ethdev, queue, pkts, n_ready);

	rte_pktmbuf_free_bulk(pkts + n_sent, n - n_sent);
	return n_sent;
}

static const struct port_option options[] = {
	{ "devargs", "DEVICE[,ARGS]", NULL,
	  "What DPDK calls the device: 0000:3b:00.0, net_memif0,role=client ...", true },
	{ "rx_queues", "NUMBER", "0", "Receive queues, at most the device's; 0: one per worker." },
	{ "descriptors", "NUMBER", "512", "Descriptors of a queue, 32 to 8192." },
	{ "mtu", "BYTES", "0", "The device's MTU, up to 9700; 0 leaves it as it is." },
};

static const struct port_class port_dpdk = {
	.type = "dpdk",
	.help = "Any device with a DPDK driver, physical or virtual.",
	.options = options,
	.n_options = ARRAY_LENGTH(options),
	.size = sizeof(struct port_dpdk),
	.open = dpdk_open,
	.close = dpdk_close,
	.info = dpdk_info,
	.rx = dpdk_rx,
	.rx_least = 8, /* drivers with SIMD take descriptors by 4 or 8 */
	.tx = dpdk_tx,
};
REGISTRY_ADD(port_class, port_dpdk);
