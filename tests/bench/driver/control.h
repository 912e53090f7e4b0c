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
	WEFTGEN_N_AGES = 512,
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
	uint32_t wanted;		    /* one more asks the device to take the profile below */
	uint32_t is_running;		    /* packets are made */
	uint32_t is_sampling;		    /* frames sent are copied to `last`, one a burst */
	uint32_t packets_per_second;	    /* over all queues; 0: as many as are taken */
	char profile[WEFTGEN_PROFILE_SIZE]; /* as traffic_profile_parse(); "": make none */
	uint32_t is_stamping; /* packets made carry the time, of packets sent the age is counted */
	uint8_t zeros[492];
	/* the queues' */
	struct weftgen_counts rx[WEFTGEN_MAX_QUEUES], tx[WEFTGEN_MAX_QUEUES];
	/* How many packets sent by queue 0 were so old, in cycles of the time stamp counter: bucket
	 * i holds ages whose highest bit is bit i / 8 and whose three bits below are i % 8; ages
	 * below 8 have buckets of their own. */
	uint64_t ages[WEFTGEN_N_AGES];
};
static_assert(offsetof(struct weftgen_control, wanted) == 512, "known to generator.py");
static_assert(offsetof(struct weftgen_control, profile) == 528, "known to generator.py");
static_assert(offsetof(struct weftgen_control, is_stamping) == 2576, "known to generator.py");
static_assert(offsetof(struct weftgen_control, ages) == 11264, "known to generator.py");
static_assert(offsetof(struct weftgen_control, rx) == 3072, "known to generator.py");
static_assert(sizeof(struct weftgen_counts) == 256, "known to generator.py");

#endif
