#ifndef TESTS_BENCH_TOOL_TRIAL_H
#define TESTS_BENCH_TOOL_TRIAL_H

/* One trial: packets at one rate for some time through the ports, in one or both directions, and
 * what became of them. */

#include "tests/bench/tool/stream.h"
#include "tests/bench/tool/traffic_config.h"

/* The ports, open, and the packets for each direction: [0] from --tx to --rx, [1] back. */
struct setup {
	const struct traffic_config *config;
	struct device devices[2]; /* [1] is unused if both ports are one */
	struct device *from[2], *to[2];
	struct frame_maker makers[2];
	unsigned n_directions, n_devices;
	unsigned n_trials;
	double link_bits; /* of --tx, 0 if unknown */
};

/* Plug the ports and make the flows; EAL runs.  CONFIG is lent.  0, or -1 with ST. */
int setup_open(struct setup *s, const struct traffic_config *config, struct status *st);
void setup_close(struct setup *s);

struct trial_config {
	double pps;	      /* in each direction; 0: as many as are taken */
	double seconds;	      /* 0: until interrupted */
	uint64_t n_packets;   /* at most, 0: no limit */
	const uint8_t *wheel; /* indexes of sizes, in turn */
	unsigned n_wheel;
};

struct direction_result {
	const char *from, *to; /* ports as given; lent by the configuration */
	double seconds;	       /* of sending */
	uint64_t n_asked;      /* packets that were due */
	uint64_t n_sent;       /* that the port took */
	uint64_t n_received;   /* of these, each counted once */
	uint64_t n_reordered, n_duplicated;
	uint64_t n_corrupt, n_foreign;	     /* came besides */
	uint64_t n_missed;		     /* came, but the receiving port had no room */
	double tx_wire_bytes, rx_wire_bytes; /* with check sequence, preamble and gap */
	bool has_latency;
	struct histogram latency, lateness; /* TSC cycles */
};

struct trial {
	unsigned n;
	bool is_interrupted;
	struct direction_result results[2];
};

/* 0, or -1 with ST.  On SIGINT it ends early with what there is. */
int trial_run(struct setup *s, const struct trial_config *config, struct trial *t,
	      struct status *st);

/* Did SIGINT or SIGTERM come since interrupt_catch()?  A second one ends the program.  SIGPIPE is
 * ignored from then on. */
void interrupt_catch(void);
bool interrupted(void);
extern bool interrupt_flag; /* for devices_wait() */

/* Part of the packets due that did not come back: 0 to 1. */
double direction_loss(const struct direction_result *r);
/* That of all directions together. */
double trial_loss(const struct trial *t);
/* The part of the packets due that the sending ports did not take; it counts as lost. */
double trial_unsent(const struct trial *t);

#endif
