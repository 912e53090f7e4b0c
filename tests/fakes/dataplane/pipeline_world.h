#ifndef TESTS_FAKES_DATAPLANE_PIPELINE_WORLD_H
#define TESTS_FAKES_DATAPLANE_PIPELINE_WORLD_H

/* Tables, a pipeline and a thread of it, for tests that send one packet after the other. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/table/tables.h"

struct pipeline_world {
	struct conntrack *conntrack;
	struct tables *tables;
	struct pipeline *p;
	struct pipeline_thread *t;
	const struct pipeline_result *res;
	unsigned n_packets; /* not yet freed */
	uint32_t link_down; /* a port, or 0 */
	uint64_t now_ns;
};

/* Packet memory whose packets are counted: W is the context. */
struct rte_mbuf *world_counting_copy(void *ctx, const struct rte_mbuf *m);
void world_counting_free(void *ctx, struct rte_mbuf **pkts, unsigned n);

/* For cmocka; *STATE is the world. */
int world_setup(void **state);
int world_teardown(void **state);

/* A new snapshot, with ports 1 to 8. */
void world_compile(struct pipeline_world *w);
/* A flow of ovs-ofctl's syntax: 0, or the type and code of the error, type << 16 | code. */
uint32_t world_try_to_add(struct pipeline_world *w, const char *text);
void world_add(struct pipeline_world *w, const char *text); /* and it must be taken */
void world_delete_strict(struct pipeline_world *w, const char *text);

/* A packet that MATCH matches, the caller's. */
struct rte_mbuf *world_packet(struct pipeline_world *w, const char *match, size_t payload);
/* A UDP packet of flow FLOW: from 10.0.0.0 and so many more, to 20.0.0.1. */
struct rte_mbuf *world_flow_packet(struct pipeline_world *w, uint32_t flow);
/* One in by port 1; w->res is what became of it, until the next. */
void world_run_sized(struct pipeline_world *w, const char *match, size_t payload);
void world_run(struct pipeline_world *w, const char *match);
void world_run_from(struct pipeline_world *w, uint32_t in_port, const char *match);
void world_take_result(struct pipeline_world *w);
/* What the last packet asked of the tables. */
void world_do_effects(struct pipeline_world *w);
const char *world_outputs(const struct pipeline_world *w);
uint64_t world_n_dropped(const struct pipeline_world *w, enum drop_reason reason);

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, world_setup, world_teardown)

#endif
