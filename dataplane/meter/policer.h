#ifndef DATAPLANE_METER_POLICER_H
#define DATAPLANE_METER_POLICER_H

/* A meter as packets meet it: a token bucket a band, shared by all threads and by the snapshots
 * that contain it.  A meter that is modified gets a new one. */

#include "dataplane/meter/token_bucket.h"
#include "dataplane/packet/counting.h"
#include "proto/openflow/meter.h"

#define POLICER_PASSES 0xff

struct policer_band {
	struct token_bucket bucket;
	uint32_t rate; /* as configured: of the exceeded bands the one with the highest applies */
	uint32_t slot; /* its counter */
	uint8_t remark_by; /* steps of drop precedence; 0: it drops */
	struct counted *counted;
} __attribute__((aligned(64)));

struct policer {
	/* constant */
	uint32_t meter_id;
	uint32_t slot; /* its counter */
	unsigned n_bands;
	bool is_by_packets;
	bool is_remarking; /* a band changes packets */
	/* control thread */
	struct counted *counted;
	unsigned n_refs;
	struct policer_band bands[];
};

/* Control thread.  CONFIG was judged; COUNTED (the meter's own; a reference is taken) and the
 * bands' counters.  NULL: no slots left. */
struct policer *policer_create(const struct of_meter_config *config, struct counted *counted,
			       uint64_t now_ns);
struct policer *policer_ref(struct policer *p);
void policer_unref(struct policer *p); /* NULL is allowed */

/* N <= 64 packets of SIZES (bytes): bands[i] becomes the index of the band that applies to packet
 * I, or POLICER_PASSES.  Any thread. */
void policer_charge(struct policer *p, uint64_t now_ns, const uint32_t *sizes, unsigned n,
		    uint8_t *bands);

/* The DSCP with its drop precedence raised by STEPS, if it is of an assured forwarding class
 * (RFC 2597); others stay. */
uint8_t policer_remark(uint8_t dscp, unsigned steps);

#endif
