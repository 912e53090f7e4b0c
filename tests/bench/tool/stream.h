#ifndef TESTS_BENCH_TOOL_STREAM_H
#define TESTS_BENCH_TOOL_STREAM_H

/* One direction of traffic: a sender that makes packets when they are due, and a receiver that
 * knows them again.  Each belongs to one thread, which calls its turn over and over.
 *
 * At a given rate each packet has a moment at which it is due, and carries that moment.  A packet
 * that leaves late because the port did not take those before it, or because this thread did not
 * run, has waited from then on, and its latency says so: whoever stamps packets only as they leave
 * does not see the waiting ("coordinated omission").  How late packets left is counted besides.  At
 * full speed a packet is due when it is made. */

#include "tests/bench/tool/device.h"
#include "tests/bench/tool/frame.h"
#include "tests/bench/tool/histogram.h"
#include "tests/bench/tool/sequence.h"

enum { STREAM_BURST = 32, STREAM_RX_BURST = 64 };

struct sender_config {
	const struct frame_maker *maker;
	struct device *to;
	struct flow_pattern pattern;
	const uint8_t *wheel; /* indexes of the maker's sizes, in turn */
	unsigned n_wheel;
	double pps;		/* 0: as many as are taken */
	uint64_t n_packets;	/* at most; 0: no limit */
	uint64_t start, length; /* TSC; length 0: until told to stop */
	uint16_t magic;
	uint64_t seed;
	bool has_latency; /* count how late packets leave */
};

/* n_made, n_sent and n_bytes: written by its thread, read by any. */
struct sender {
	struct sender_config config;
	struct flow_picker picker;
	unsigned wheel_at;
	uint64_t due, period;		/* TSC; of the next packet */
	uint32_t due_part, period_part; /* 2^-32 cycles */
	uint64_t end, give_up, stopped; /* TSC; give_up is later than end, for what is due */
	uint64_t n_made, n_sent, n_bytes;
	unsigned first_left, n_left; /* packets made, but not yet taken */
	struct rte_mbuf *left[STREAM_BURST];
	uint64_t stamps[STREAM_BURST];
	struct histogram lateness; /* TSC cycles */
	bool is_done;		   /* atomic */
};

void sender_init(struct sender *s, const struct sender_config *config);
void sender_fini(struct sender *s);
/* Send what is due at NOW; STOP: make no more.  Returns how many packets left. */
unsigned sender_turn(struct sender *s, uint64_t now, bool stop);
/* Packets that were due until it stopped, whether or not they left. */
uint64_t sender_asked(const struct sender *s);

/* n_received (each packet once) and n_bytes: written by its thread, read by any. */
struct receiver {
	struct device *from;
	const struct sender *sender;
	bool has_latency;
	uint64_t n_received, n_bytes, n_foreign, n_corrupt;
	struct sequence sequence;
	struct histogram latency; /* TSC cycles */
};

void receiver_init(struct receiver *r, struct device *from, const struct sender *sender);
/* Take what has come.  Returns how many packets. */
unsigned receiver_turn(struct receiver *r);

#endif
