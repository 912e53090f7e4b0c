/* net_weftgen as DPDK's library sees it: announced when the shared object is loaded, probed by
 * name, configured, asked for its statistics.  See weftgen.h. */

#include "tests/bench/driver/weftgen.h"

#include <errno.h>
#include <rte_devargs.h>
#include <rte_kvargs.h>
#include <rte_log.h>
#include <rte_malloc.h>
#include <rte_version.h>
#include <stdio.h>

#define complain(fmt, ...)                                                                         \
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "net_weftgen: " fmt "\n", ##__VA_ARGS__)

static const struct rte_eth_link link_up = {
	.link_speed = RTE_ETH_SPEED_NUM_100G,
	.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
	.link_status = RTE_ETH_LINK_UP,
};

static struct weftgen_device *device_of(struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static int do_nothing(struct rte_eth_dev *dev)
{
	(void)dev;
	return 0;
}

static int start(struct rte_eth_dev *dev)
{
	dev->data->dev_link = link_up;
	return 0;
}

static int stop(struct rte_eth_dev *dev)
{
	dev->data->dev_link.link_status = RTE_ETH_LINK_DOWN;
	return 0;
}

/* The library then frees dev_private and mac_addrs. */
static int close_device(struct rte_eth_dev *dev)
{
	weftgen_control_close(device_of(dev));
	return 0;
}

static int update_link(struct rte_eth_dev *dev, int is_waiting)
{
	(void)dev;
	(void)is_waiting;
	return 0;
}

static int set_mtu(struct rte_eth_dev *dev, uint16_t mtu)
{
	(void)dev;
	(void)mtu;
	return 0;
}

static int set_mac(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	(void)dev;
	(void)mac;
	return 0;
}

static int get_info(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	(void)dev;
	info->max_mac_addrs = 1;
	info->max_rx_pktlen = TRAFFIC_MAX_SIZE + TRAFFIC_TUNNEL_SIZE + 8;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = info->max_rx_pktlen - RTE_ETHER_HDR_LEN;
	info->max_rx_queues = WEFTGEN_MAX_QUEUES;
	info->max_tx_queues = WEFTGEN_MAX_QUEUES;
	return 0;
}

static int set_up_rx_queue(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
			   unsigned socket, const struct rte_eth_rxconf *conf,
			   struct rte_mempool *pool)
{
	struct weftgen_device *d = device_of(dev);
	struct weftgen_rxq *q = &d->rx[queue];
	struct rte_mbuf template = { .data_off = RTE_PKTMBUF_HEADROOM,
				     .nb_segs = 1,
				     .port = dev->data->port_id };

	(void)n_desc;
	(void)socket;
	(void)conf;
	if (rte_pktmbuf_data_room_size(pool) <
	    RTE_PKTMBUF_HEADROOM + TRAFFIC_MAX_SIZE + TRAFFIC_TUNNEL_SIZE) {
		complain("buffers of %u bytes are too small", rte_pktmbuf_data_room_size(pool));
		return -EINVAL;
	}
	rte_mbuf_refcnt_set(&template, 1);
	*q = (struct weftgen_rxq){
		.device = d, .counts = &d->control->rx[queue], .pool = pool, .index = queue
	};
	memcpy(&q->rearm, &template.rearm_data, sizeof(q->rearm));
	dev->data->rx_queues[queue] = q;
	return 0;
}

static int set_up_tx_queue(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
			   unsigned socket, const struct rte_eth_txconf *conf)
{
	struct weftgen_device *d = device_of(dev);

	(void)n_desc;
	(void)socket;
	(void)conf;
	d->tx[queue] = (struct weftgen_txq){ .control = d->control,
					     .counts = &d->control->tx[queue],
					     .is_first = queue == 0 };
	dev->data->tx_queues[queue] = &d->tx[queue];
	return 0;
}

static int get_stats(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	const struct weftgen_control *c = device_of(dev)->control;

	for (unsigned q = 0; q < WEFTGEN_MAX_QUEUES; q++) {
		stats->ipackets += c->rx[q].n_packets;
		stats->ibytes += c->rx[q].n_bytes;
		stats->rx_nombuf += c->rx[q].n_failed;
		stats->opackets += c->tx[q].n_packets;
		stats->obytes += c->tx[q].n_bytes;
		stats->q_ipackets[q] = c->rx[q].n_packets;
		stats->q_ibytes[q] = c->rx[q].n_bytes;
		stats->q_opackets[q] = c->tx[q].n_packets;
		stats->q_obytes[q] = c->tx[q].n_bytes;
	}
	return 0;
}
static_assert(WEFTGEN_MAX_QUEUES <= RTE_ETHDEV_QUEUE_STAT_CNTRS, "a counter for each queue");

static const struct eth_dev_ops ops = { .op = {
						[ETH_DEV_CONFIGURE] = do_nothing,
						[ETH_DEV_START] = start,
						[ETH_DEV_STOP] = stop,
						[ETH_DEV_CLOSE] = close_device,
						[ETH_LINK_UPDATE] = update_link,
						[ETH_PROMISC_ENABLE] = do_nothing,
						[ETH_PROMISC_DISABLE] = do_nothing,
						[ETH_ALLMULTI_ENABLE] = do_nothing,
						[ETH_ALLMULTI_DISABLE] = do_nothing,
						[ETH_MAC_ADDR_SET] = set_mac,
						[ETH_MTU_SET] = set_mtu,
						[ETH_STATS_GET] = get_stats,
						[ETH_DEV_INFOS_GET] = get_info,
						[ETH_RX_QUEUE_SETUP] = set_up_rx_queue,
						[ETH_TX_QUEUE_SETUP] = set_up_tx_queue,
					} };

static int keep_text(const char *key, const char *value, void *text)
{
	(void)key;
	snprintf(text, sizeof(((struct weftgen_device *)0)->path), "%s", value ? value : "");
	return 0;
}

/* control=PATH is all there is. */
static int parse_args(struct weftgen_device *d, const char *args)
{
	static const char *const keys[] = { "control", NULL };
	struct rte_kvargs *list = rte_kvargs_parse(args, keys);

	if (list)
		rte_kvargs_process(list, "control", keep_text, d->path);
	rte_kvargs_free(list);
	if (d->path[0] == '/')
		return 0;
	complain("the device needs control=PATH, absolute, and nothing else");
	return -EINVAL;
}

static void describe(struct rte_eth_dev *dev, struct weftgen_device *d, struct rte_device *device)
{
	const uint8_t mac[] = { 2, 0x77, 0x65, 0x66, 0, dev->data->port_id };

	dev->device = device;
	dev->data->dev_private = d;
	dev->data->numa_node = rte_dev_numa_node(device);
	dev->data->dev_link = link_up;
	dev->data->dev_link.link_status = RTE_ETH_LINK_DOWN;
	dev->data->dev_flags |= RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	memcpy(dev->data->mac_addrs, mac, sizeof(mac));
	dev->dev_ops = &ops;
	dev->rx_pkt_burst = weftgen_rx;
	dev->tx_pkt_burst = weftgen_tx;
	d->data = dev->data;
}

static int probe(struct rte_vdev_device *vdev)
{
	struct rte_device *device = vdev_to_device(vdev);
	const struct rte_devargs *args = rte_dev_devargs(device);
	struct rte_eth_dev *dev = rte_eth_dev_allocate(rte_dev_name(device));
	struct weftgen_device *d;
	int rc = -ENOMEM;

	if (!dev)
		return -EEXIST;
	d = dev->data->dev_private = rte_zmalloc("weftgen", sizeof(*d), APART_BYTES);
	dev->data->mac_addrs = rte_zmalloc("weftgen", sizeof(struct rte_ether_addr), 0);
	if (!d || !dev->data->mac_addrs)
		goto fail;
	rc = parse_args(d, args ? args->args : "");
	if (rc < 0)
		goto fail;
	describe(dev, d, device);
	rc = weftgen_control_open(d);
	if (rc < 0) {
		complain("control file %s: %s", d->path, strerror(-rc));
		goto fail;
	}
	rte_eth_dev_probing_finish(dev);
	return 0;
fail:
	rte_eth_dev_release_port(dev);
	return rc;
}

static int remove_device(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_dev_name(vdev_to_device(vdev)));

	return dev ? rte_eth_dev_close(dev->data->port_id) : 0;
}

static struct rte_vdev_driver driver = {
	.driver.name = "net_weftgen",
	.probe = probe,
	.remove = remove_device,
};

static void __attribute__((constructor)) announce(void)
{
	if (strncmp(rte_version(), DPDK_DRIVER_VERSION, strlen(DPDK_DRIVER_VERSION)) == 0)
		rte_vdev_register(&driver);
	else
		complain("made for " DPDK_DRIVER_VERSION ", this is %s", rte_version());
}
