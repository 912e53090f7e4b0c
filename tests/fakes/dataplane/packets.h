#ifndef TESTS_FAKES_DATAPLANE_PACKETS_H
#define TESTS_FAKES_DATAPLANE_PACKETS_H

/* Packets for tests: samples as bytes with what must be read from them, and random ones. */

#include "dataplane/packet/key.h"
#include "lib/rng.h"

struct packet_sample {
	const char *name;
	const char *hex;
	bool is_ip; /* its lengths tell when it is cut off */
	struct {
		const char *name, *hex;
	} fields[16];
};

struct damaged_sample {
	const char *reason; /* name of the drop reason */
	const char *hex;
};

extern const struct packet_sample packet_samples[];
extern const unsigned n_packet_samples;
extern const struct damaged_sample damaged_samples[];
extern const unsigned n_damaged_samples;

struct packet_bytes {
	uint8_t data[256];
	size_t size;
};

/* HEX may have spaces. */
struct packet_bytes packet_bytes(const char *hex);

/* A key of some packet, such that composing and parsing it gives it back; few distinct values,
 * so that random rules match some. */
void random_packet_key(struct rng *rng, struct flow_key *key);

#endif
