#ifndef TESTS_BENCH_DRIVER_WEFTGEN_H
#define TESTS_BENCH_DRIVER_WEFTGEN_H

/* net_weftgen: a DPDK network device that makes packets when asked for them and counts and frees
 * those that it is given, in the thread that asks.  Generator, switch and sink then share one core,
 * and the result is what the switch costs.  Any DPDK program takes it:
 *
 *	-d librte_net_weftgen.so --vdev net_weftgen0,control=/tmp/a
 *
 * The file (control.h) is made by the device.  Queues: as many as are configured, each a part of
 * the same traffic. */

#include <pthread.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include "lib/util.h"
#include "tests/bench/driver/control.h"
#include "tests/bench/driver/dpdk_driver.h"
#include "tests/bench/traffic.h"

enum { WEFTGEN_BURST = 64 }; /* packets made at most in one call */

/* One receive queue: its thread's alone, except for `in_use`. */
struct weftgen_rxq {
	struct weftgen_device *device;
	struct weftgen_counts *counts;
	struct rte_mempool *pool;
	uint64_t rearm; /* of a new mbuf: data_off, refcnt, nb_segs, port */
	uint16_t index;
	/* the pace: packets a second asked for, the same a cycle times 2^32, since when, how many
	 */
	uint32_t pace;
	uint64_t per_cycle, paced_since, n_paced;
	const struct traffic *in_use; /* read by the watcher, which frees no traffic found here */
	const struct traffic *known;  /* what source and next are of; compared, not followed */
	struct traffic_source source;
	struct traffic_packet next[WEFTGEN_BURST];
} APART;

struct weftgen_txq {
	struct weftgen_control *control;
	struct weftgen_counts *counts;
	bool is_first;
} APART;

/* `traffic` is written by the watcher, all else before packets run. */
struct weftgen_device {
	struct traffic *traffic; /* NULL: none to make */
	struct weftgen_control *control;
	struct rte_eth_dev_data *data;
	char path[256];
	pthread_t watcher;
	bool is_closing;
	struct weftgen_rxq rx[WEFTGEN_MAX_QUEUES];
	struct weftgen_txq tx[WEFTGEN_MAX_QUEUES];
};

uint16_t weftgen_rx(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t weftgen_tx(void *queue, struct rte_mbuf **pkts, uint16_t n);
/* Make the control file, map it, and follow it in a thread of our own.  0 or -errno. */
int weftgen_control_open(struct weftgen_device *d);
/* Queues must be at rest.  The file goes too. */
void weftgen_control_close(struct weftgen_device *d);

#endif
