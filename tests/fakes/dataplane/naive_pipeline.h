#ifndef TESTS_FAKES_DATAPLANE_NAIVE_PIPELINE_H
#define TESTS_FAKES_DATAPLANE_NAIVE_PIPELINE_H

/* OpenFlow 1.3.5 as it is written, one packet at a time: matches and actions as the codec has
 * them, fields written bit by bit, every checksum computed again in full.  What the compiled
 * pipeline does must equal what this does. */

#include "dataplane/packet/drop.h"
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/table/tables.h"

#define NAIVE_MAX_OUTPUTS 4096

/* A packet sent, or punted if `port` is OF_PORT_CONTROLLER. */
struct naive_output {
	uint32_t port;
	uint8_t reason, table_id; /* of a punt */
	uint64_t cookie;
	uint32_t reg0;
	uint64_t metadata;
	uint8_t *data;
	size_t size;
};

struct naive_result {
	unsigned n;
	struct naive_output outputs[NAIVE_MAX_OUTPUTS];
	enum drop_reason dropped; /* DROP_NONE: something was sent */
	unsigned hits[1024];	  /* of the flow with that cookie */
};

/* The packet goes through TABLES as they stand. */
void naive_run(struct tables *tables, const struct pipeline_port *ports, unsigned n_ports,
	       const void *data, size_t size, uint32_t in_port, struct naive_result *res);
void naive_result_fini(struct naive_result *res);

#endif
