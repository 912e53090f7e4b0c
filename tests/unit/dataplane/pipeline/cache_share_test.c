/* The cache in front of the tables belongs to all ports of a worker: one whose flows are always new
 * must not take it from the others. */

#include <stdlib.h>
#include <openflow/openflow-common.h>
#include <rte_mbuf.h>
#include "dataplane/packet/heap_packet.h"
#include "dataplane/packet/packet_ops.h"
#include "tests/fakes/dataplane/pipeline_world.h"
#include "dataplane/packet/compose.h"

#define BURST	32
#define N_FLOWS 1000 /* of the one that means well */

/* A burst of flows FIRST and on; returns how many the cache knew. */
static unsigned run(struct pipeline_world *w, uint32_t first, uint32_t in_port)
{
	struct flow_cache_stats before = pipeline_thread_cache_stats(w->t);
	struct rte_mbuf *pkts[BURST] = { 0 };

	for (unsigned i = 0; i < BURST; i++)
		pkts[i] = world_flow_packet(w, first + i);
	w->res = pipeline_run(w->p, w->t, pkts, BURST, in_port, w->now_ns);
	assert_int_equal(w->res->n_out, BURST);
	world_take_result(w);
	return pipeline_thread_cache_stats(w->t).n_hit - before.n_hit;
}

/* All flows of port 1, so many ROUNDS; returns how many packets of the last one hit. */
static unsigned send_known(struct pipeline_world *w, unsigned rounds)
{
	unsigned n_hit = 0;

	while (rounds--) {
		n_hit = 0;
		for (unsigned i = 0; i + BURST <= N_FLOWS; i += BURST)
			n_hit += run(w, i, 1);
	}
	return n_hit;
}

static void new_flows_leave_the_others_ways(void **state)
{
	struct pipeline_world *w = *state;
	unsigned before, after;

	world_add(w, "table=0,priority=1,ip,actions=goto_table:1");
	world_add(w, "table=1,priority=1,ip,nw_dst=20.0.0.0/8,actions=output:8");
	pipeline_thread_use_cache(w->t, FLOW_CACHE_ON);
	before = send_known(w, 20);
	assert_true(before > N_FLOWS * 9 / 10);
	for (uint32_t flow = 1 << 20; flow < (1 << 20) + 64000; flow += BURST)
		assert_int_equal(run(w, flow, 3), 0);
	after = send_known(w, 1);
	print_message("%u of %u known before, %u after\n", before, N_FLOWS, after);
	assert_true(after > before * 3 / 4);
}

/* A port that is alone has the whole cache. */
static void one_port_may_have_it_all(void **state)
{
	struct pipeline_world *w = *state;
	unsigned n_hit = 0;

	world_add(w, "table=0,priority=1,ip,actions=goto_table:1");
	world_add(w, "table=1,priority=1,ip,nw_dst=20.0.0.0/8,actions=output:8");
	pipeline_thread_use_cache(w->t, FLOW_CACHE_ON);
	for (unsigned round = 0; round < 20; round++) {
		n_hit = 0;
		for (unsigned i = 0; i < 3 * N_FLOWS; i += BURST)
			n_hit += run(w, i, 1);
	}
	assert_true(n_hit > 3 * N_FLOWS * 3 / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_flows_leave_the_others_ways),
		TEST(one_port_may_have_it_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
