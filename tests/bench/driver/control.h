#ifndef TESTS_BENCH_DRIVER_CONTROL_H
#define TESTS_BENCH_DRIVER_CONTROL_H

/* The file through which a benchmark talks to a net_weftgen device in another process: both map it.
 * All integers in native order.  tests/bench/generator.py knows the same offsets. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WEFTGEN_MAGIC = 0x6e676677, /* "wfgn" */
	WEFTGEN_MAX_QUEUES = 16,
	WEFTGEN_PROFILE_SIZE = 2048,
	WEFTGEN_LAST_SIZE = 192,
};

/* Written by one queue's thread alone. */
struct weftgen_counts {
	uint64_t n_packets, n_bytes, n_bursts;
	uint64_t n_failed;  /* packets not made for want of buffers */
	uint64_t last_size; /* of the frame below, 0 before the first */
	uint64_t zero[3];
	uint8_t last[WEFTGEN_LAST_SIZE]; /* how the newest sampled frame that was sent begins */
} __attribute__((aligned(64)));

struct weftgen_control {
	/* the device's */
	uint32_t magic;	  /* written last */
	uint32_t applied; /* the newest `wanted` that was done, well or not */
	uint64_t tsc_hz;
	char error[496]; /* "", or why the profile was refused */
	/* the benchmark's */
	uint32_t wanted;      /* one more asks the device to take the profile below */
	uint32_t is_running;  /* packets are made */
	uint32_t is_sampling; /* frames sent are copied to `last`, one a burst */
	uint32_t zero;
	char profile[WEFTGEN_PROFILE_SIZE]; /* as traffic_profile_parse(); "": make none */
	uint8_t zeros[496];
	/* the queues' */
	struct weftgen_counts rx[WEFTGEN_MAX_QUEUES], tx[WEFTGEN_MAX_QUEUES];
};
static_assert(offsetof(struct weftgen_control, wanted) == 512, "known to generator.py");
static_assert(offsetof(struct weftgen_control, profile) == 528, "known to generator.py");
static_assert(offsetof(struct weftgen_control, rx) == 3072, "known to generator.py");
static_assert(sizeof(struct weftgen_counts) == 256, "known to generator.py");

#endif
