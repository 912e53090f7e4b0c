#ifndef TESTS_BENCH_HOSTILE_H
#define TESTS_BENCH_HOSTILE_H

/* Attacks on a port's neighbours: rules that somebody might really have, what a victim sends
 * through them, what its neighbour sends when it means well, and what it sends when it does not.
 * hostile_bench.c measures, hostile_tables.c and hostile_frames.c say what is sent. */

#include "lib/buf.h"
#include "lib/rng.h"
#include "tests/bench/bench_tables.h"

struct tables;
struct flow_key;

#define HOSTILE_MAX_FRAME 9000
#define HOSTILE_N_PORTS	  66 /* 1: the victim, 2: where all goes, 3: the attacker, others */
#define VICTIM_PORT	  1
#define ATTACKER_PORT	  3

/* Frames that are sent in random order. */
struct stream {
	struct buf bytes;
	struct {
		uint32_t at;
		uint16_t size;
	} * frames;
	unsigned n, room;
	/* Each packet gets, after it was copied, random bits where this mask of its first 64 bytes
	 * has ones: flows that nobody has seen before. */
	uint8_t fresh[64];
	bool is_fresh;
};

struct hostile {
	struct tables *tables;
	struct rng rng;
	struct stream victim, benign, attack;
};

struct attack {
	const char *name;
	void (*build)(struct hostile *h);
	/* Of the frames of `attack` the dearest hundredth is taken: the attacker has measured. */
	bool is_chosen;
};

extern const struct attack table_attacks[], frame_attacks[];
extern const unsigned n_table_attacks, n_frame_attacks;

/* hostile_bench.c */
void stream_add(struct stream *s, const void *frame, size_t size);
/* A flow-mod of ovs-ofctl's syntax; ends the program if it is refused. */
void hostile_rule(struct hostile *h, const char *fmt, ...) PRINTF_LIKE(2, 3);
uint32_t hostile_draw(struct hostile *h, uint32_t n);

void stream_add_udp(struct stream *s, const struct udp_flow *f);

#endif
