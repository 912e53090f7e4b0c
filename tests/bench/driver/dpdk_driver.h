#ifndef TESTS_BENCH_DRIVER_DPDK_DRIVER_H
#define TESTS_BENCH_DRIVER_DPDK_DRIVER_H

/* What a driver outside DPDK's tree needs and Debian's libdpdk-dev has no header for: how a virtual
 * device announces itself, and the part of a device's description that a driver fills in.
 *
 * These are facts of DPDK 22.11, whose symbols carry the version INTERNAL and may change with any
 * release: the driver asks rte_version() when it is loaded and stays away from every other.  Only
 * members that our driver touches have names; the offsets are asserted. */

#include <assert.h>
#include <stddef.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_tailq.h>

#define DPDK_DRIVER_VERSION "DPDK 22.11."

/* --- the bus of virtual devices --- */

struct rte_vdev_device; /* a link of two pointers, then the rte_device */

struct rte_driver {
	RTE_TAILQ_ENTRY(rte_driver) next;
	const char *name, *alias;
};

struct rte_vdev_driver {
	RTE_TAILQ_ENTRY(rte_vdev_driver) next;
	struct rte_driver driver;
	int (*probe)(struct rte_vdev_device *dev);
	int (*remove)(struct rte_vdev_device *dev);
	void *dma_map, *dma_unmap;
	uint32_t flags;
};
static_assert(sizeof(struct rte_vdev_driver) == 88, "DPDK 22.11");

void rte_vdev_register(struct rte_vdev_driver *driver);

static inline struct rte_device *vdev_to_device(struct rte_vdev_device *dev)
{
	return (struct rte_device *)((char *)dev + 2 * sizeof(void *));
}

/* --- a network device --- */

/* Operations by their place in the table; NULL is "not supported". */
enum {
	ETH_DEV_CONFIGURE = 0,	/* int (dev) */
	ETH_DEV_START = 1,	/* int (dev) */
	ETH_DEV_STOP = 2,	/* int (dev) */
	ETH_DEV_CLOSE = 5,	/* int (dev) */
	ETH_LINK_UPDATE = 7,	/* int (dev, int wait) */
	ETH_PROMISC_ENABLE = 9, /* int (dev) */
	ETH_PROMISC_DISABLE = 10,
	ETH_ALLMULTI_ENABLE = 11,
	ETH_ALLMULTI_DISABLE = 12,
	ETH_MAC_ADDR_SET = 15,	 /* int (dev, struct rte_ether_addr *) */
	ETH_MTU_SET = 17,	 /* int (dev, uint16_t) */
	ETH_STATS_GET = 18,	 /* int (dev, struct rte_eth_stats *) */
	ETH_STATS_RESET = 19,	 /* int (dev) */
	ETH_DEV_INFOS_GET = 24,	 /* int (dev, struct rte_eth_dev_info *) */
	ETH_RX_QUEUE_SETUP = 41, /* int (dev, queue, n_desc, socket, rte_eth_rxconf *, mempool *) */
	ETH_TX_QUEUE_SETUP = 45, /* int (dev, queue, n_desc, socket, rte_eth_txconf *) */
	ETH_N_OPS = 113,
};

struct eth_dev_ops {
	void *op[ETH_N_OPS];
};

struct rte_eth_dev_data {
	char name[RTE_ETH_NAME_MAX_LEN];
	void **rx_queues, **tx_queues;
	uint16_t nb_rx_queues, nb_tx_queues;
	uint16_t sriov[4];
	void *dev_private; /* the library gives it back with rte_free() */
	struct rte_eth_link dev_link;
	struct rte_eth_conf dev_conf;
	uint16_t mtu;
	uint32_t min_rx_buf_size;
	uint64_t rx_mbuf_alloc_failed;
	struct rte_ether_addr *mac_addrs; /* the same */
	uint64_t mac_pool_sel[RTE_ETH_NUM_RECEIVE_MAC_ADDR];
	void *hash_mac_addrs;
	uint16_t port_id;
	uint8_t modes; /* promiscuous, started ... */
	uint8_t rx_queue_state[RTE_MAX_QUEUES_PER_PORT];
	uint8_t tx_queue_state[RTE_MAX_QUEUES_PER_PORT];
	uint32_t dev_flags;
	int numa_node;
};
static_assert(offsetof(struct rte_eth_dev_data, dev_private) == 96, "DPDK 22.11");
static_assert(offsetof(struct rte_eth_dev_data, mtu) == 2384, "DPDK 22.11");
static_assert(offsetof(struct rte_eth_dev_data, mac_addrs) == 2400, "DPDK 22.11");
static_assert(offsetof(struct rte_eth_dev_data, port_id) == 3440, "DPDK 22.11");
static_assert(offsetof(struct rte_eth_dev_data, numa_node) == 5496, "DPDK 22.11");

typedef uint16_t (*eth_burst)(void *queue, struct rte_mbuf **pkts, uint16_t n);

struct rte_eth_dev {
	eth_burst rx_pkt_burst, tx_pkt_burst;
	void *others[4]; /* prepare, and the state of descriptors */
	struct rte_eth_dev_data *data;
	void *process_private;
	const struct eth_dev_ops *dev_ops;
	struct rte_device *device;
	/* more follows: only the library makes these */
};
static_assert(offsetof(struct rte_eth_dev, data) == 48, "DPDK 22.11");
static_assert(offsetof(struct rte_eth_dev, dev_ops) == 64, "DPDK 22.11");

/* NULL if NAME is taken or there are too many. */
struct rte_eth_dev *rte_eth_dev_allocate(const char *name);
struct rte_eth_dev *rte_eth_dev_allocated(const char *name);
/* From here on applications see it. */
void rte_eth_dev_probing_finish(struct rte_eth_dev *dev);
int rte_eth_dev_release_port(struct rte_eth_dev *dev);

#endif
