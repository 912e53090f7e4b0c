/* What the cache in front of the tables does with a packet is what the tables would do: it knows no
 * ways of rules that do more than a plain rule, and gives no packet another one's way. */

#include <openflow/openflow-common.h>
#include <rte_mbuf.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/packet/packet_ops.h"
#include "tests/fakes/dataplane/pipeline_world.h"

#define BURST 32

/* A burst of flows FIRST and on from IN_PORT; N_TO gets how many packets each port is sent. */
static void run(struct pipeline_world *w, uint32_t first, uint32_t in_port, unsigned *n_to)
{
	struct rte_mbuf *pkts[BURST];

	for (unsigned i = 0; i < BURST; i++)
		pkts[i] = world_flow_packet(w, first + i);
	world_take_result(w);
	w->res = pipeline_run(w->p, w->t, pkts, BURST, in_port, w->now_ns);
	memset(n_to, 0, 9 * sizeof(*n_to));
	for (unsigned i = 0; i < w->res->n_out; i++)
		n_to[w->res->ports[i]]++;
}

/* Two new flows of a burst may be noted in the same place; if the second cannot be known, as it is
 * sent to two ports, it must not be sent where the first goes. */
static void no_flow_gets_another_ones_way(void **state)
{
	struct pipeline_world *w = *state;
	unsigned n_to[9];

	world_add(w, "table=0,priority=1,ip,actions=output:8");
	world_add(w, "table=0,priority=2,in_port=3,ip,nw_src=0.0.0.1/0.0.0.1,actions=output:6,"
		     "output:7");
	pipeline_thread_use_cache(w->t, FLOW_CACHE_ON);
	for (uint32_t flow = 1 << 20; flow < (1 << 20) + 64000; flow += BURST)
		run(w, flow, 1, n_to); /* all places are taken, and another port finds few */
	for (uint32_t flow = 0; flow < 64000; flow += BURST) {
		for (unsigned again = 0; again < 2; again++) {
			run(w, flow, 3, n_to);
			assert_int_equal(n_to[8], BURST / 2);
			assert_int_equal(n_to[6], BURST / 2);
			assert_int_equal(n_to[7], BURST / 2);
		}
	}
}

/* A lesson is for every packet, though packets stay plain under it. */
static void lessons_are_not_left_out(void **state)
{
	struct pipeline_world *w = *state;

	world_add(w, "table=0,actions=learn(table=2,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),"
		     "goto_table:1");
	world_add(w, "table=1,actions=output:8");
	pipeline_thread_use_cache(w->t, FLOW_CACHE_ON);
	for (unsigned i = 0; i < 4; i++) {
		world_run(w, "udp,nw_src=10.0.0.1,dl_src=00:00:00:00:00:05");
		assert_string_equal(world_outputs(w), "8");
		assert_int_equal(w->res->n_effects, 1);
		w->now_ns += NS_PER_SEC;
	}
	world_run(w, "udp,nw_src=10.0.0.1,dl_src=00:00:00:00:00:05");
	world_do_effects(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_flow_gets_another_ones_way),
		TEST(lessons_are_not_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
