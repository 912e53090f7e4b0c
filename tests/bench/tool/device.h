#ifndef TESTS_BENCH_TOOL_DEVICE_H
#define TESTS_BENCH_TOOL_DEVICE_H

/* A port to send to and receive from, by one queue each: any device that DPDK has a driver for, and
 * short names for the virtual ones. */

#include <rte_ethdev.h>
#include "lib/status.h"

struct device {
	char text[256]; /* as given */
	uint16_t ethdev;
	bool is_plugged;
	char netns[256]; /* path, "" for our own */
	struct rte_mempool *pool;
	struct rte_eth_stats before; /* counters when measuring began */
};

/* What DPDK calls the port TEXT, to DEVARGS of SIZE bytes; N is a number for virtual devices, NETNS
 * of 256 bytes the namespace to make it in.  OPTION is named in the message.  0, or -1 with ST. */
int device_parse(const char *text, unsigned n, char *devargs, size_t size, char *netns,
		 const char *option, struct status *st);
/* Does making the port TEXT need somebody at its other side?  Make others first. */
bool device_connects(const char *text);
/* Plug it and start it, for frames of up to FRAME_SIZE bytes in memory.  EAL runs. */
int device_open(struct device *d, const char *text, unsigned n, unsigned frame_size,
		const char *option, struct status *st);
void device_close(struct device *d);
/* As if it had been closed. */
static inline void device_init(struct device *d)
{
	*d = (struct device){ .ethdev = RTE_MAX_ETHPORTS };
}

/* Return when the driver has done all that it does when the other side goes, or after SECONDS. */
void device_wait_down(const struct device *d, unsigned seconds);

/* Wait until all N have a link; -1 with ST after SECONDS.  *STOP ends it early. */
int devices_wait(struct device *const *list, unsigned n, unsigned seconds, const bool *stop,
		 struct status *st);
/* bit/s, 0 if the device does not tell. */
double device_link_bits(const struct device *d);
/* Packets that came and were dropped before we took them, since device_count_from_here(). */
void device_count_from_here(struct device *d);
uint64_t device_missed(const struct device *d);
/* Throw away what has come. */
unsigned device_flush(struct device *d);

#endif
