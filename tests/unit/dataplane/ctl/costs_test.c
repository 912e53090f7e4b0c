#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "dataplane/ctl/costs.h"
#include "tests/fakes/dataplane/of_world.h"

/* What packets cost lately, of a worker whose counters the test moves. */

#define HZ 1e9

struct world {
	struct of_world *of;
	struct ctl_worker worker;
	struct counter_block *block;
	struct ctl_config config;
	struct costs *costs;
};

static bool worker_at(void *arg, unsigned i, struct ctl_worker *w)
{
	if (i > 0)
		return false;
	*w = ((struct world *)arg)->worker;
	return true;
}

static const struct ctl_workers_ops ops = { .worker_at = worker_at, .tsc_hz = HZ };

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct datapath *dp;
	void *of;

	of_world_setup(&of);
	w->of = of;
	dp = mem_switch_datapath(w->of->sw);
	w->block = counters_take_block(tables_counters(datapath_tables(dp)));
	w->worker.counts_index = w->block->index;
	w->config = (struct ctl_config){
		.loop = w->of->loop, .datapath = dp, .workers = &ops, .workers_arg = w
	};
	w->costs = costs_create(&w->config);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *of = w->of;

	costs_destroy(w->costs);
	of_world_teardown(&of);
	free(w);
	return 0;
}

static void spend(struct stage_cost *s, uint64_t each, uint64_t n)
{
	s->cycles += each * n;
	s->n_packets += n;
}

/* A second in which N packets cost EACH cycles in all, a tenth of it in table 3. */
static void second(struct world *w, uint64_t each, uint64_t n)
{
	w->worker.busy_cycles += each * n;
	w->worker.n_packets += n;
	w->worker.n_receives += n / 32;
	spend(&w->worker.rx, 5, n / 61);
	spend(&w->worker.tx, 7, n / 61);
	spend(&w->block->parse, 11, n / 64);
	spend(&w->block->cache, 13, n / 64);
	spend(&w->block->gather, 3, n / 64);
	w->worker.cache.n_hit += n / 4;
	spend(&w->block->tables[3].find, each / 10, n / 64);
	spend(&w->block->tables[3].run, 2, n / 64);
	loop_virtual_run_for(w->of->loop, NS_PER_SEC);
}

static void test_nothing(void **state)
{
	struct world *w = *state;
	struct costs_worker c;

	loop_virtual_run_for(w->of->loop, 5 * NS_PER_SEC);
	costs_of_worker(w->costs, 0, &c);
	assert_true(c.load == 0 && c.packets_per_second == 0 && c.packets_per_burst == 0 &&
		    c.cycles_per_packet == 0);
	assert_int_equal(c.rx.n_packets + c.parse.n_packets + c.gather.n_packets + c.tx.n_packets,
			 0);
	assert_int_equal(costs_of_table(w->costs, 3).find.n_packets, 0);
}

/* It is of now: what was cheap before does not make it look cheaper. */
static void test_lately(void **state)
{
	struct world *w = *state;
	struct costs_worker c;

	for (unsigned i = 0; i < 100; i++)
		second(w, 100, 1000000);
	costs_of_worker(w->costs, 0, &c);
	assert_true(c.load > 0.099 && c.load < 0.101);
	assert_true(c.packets_per_second > 999000 && c.packets_per_second < 1001000);
	assert_true(c.packets_per_burst > 31.9 && c.packets_per_burst < 32.1);
	assert_true(c.cycles_per_packet == 100);
	assert_true(stage_cost_each(c.rx) == 5 && stage_cost_each(c.tx) == 7);
	assert_true(stage_cost_each(c.parse) == 11 && stage_cost_each(c.gather) == 3);
	assert_true(stage_cost_each(c.cache) == 13 && c.cached == 0.25);
	assert_true(stage_cost_each(costs_of_table(w->costs, 3).find) == 10);
	assert_true(stage_cost_each(costs_of_worker_table(w->costs, 0, 3).run) == 2);
	for (unsigned i = 0; i < 3; i++)
		second(w, 400, 1000000);
	costs_of_worker(w->costs, 0, &c);
	assert_true(c.cycles_per_packet == 400);
	assert_true(c.load > 0.39 && c.load < 0.41);
	assert_true(stage_cost_each(costs_of_table(w->costs, 3).find) == 40);
	assert_true(stage_cost_each(costs_of_worker_table(w->costs, 0, 3).find) == 40);
}

/* Rates end with the traffic, what a packet cost is still told. */
static void test_after_the_traffic(void **state)
{
	struct world *w = *state;
	struct costs_worker c;

	for (unsigned i = 0; i < 5; i++)
		second(w, 100, 1000000);
	loop_virtual_run_for(w->of->loop, 60 * NS_PER_SEC);
	costs_of_worker(w->costs, 0, &c);
	assert_true(c.load == 0 && c.packets_per_second == 0 && c.cycles_per_packet == 0);
	assert_true(stage_cost_each(c.rx) == 5);
	assert_true(stage_cost_each(costs_of_table(w->costs, 3).find) == 10);
}

/* With few packets it goes back as far as it takes. */
static void test_few_packets(void **state)
{
	struct world *w = *state;
	struct stage_costs t;

	for (unsigned i = 0; i < 100; i++)
		second(w, 100, 10 * 64);
	t = costs_of_table(w->costs, 3);
	assert_in_range(t.find.n_packets, COSTS_MIN_PACKETS, 3 * COSTS_MIN_PACKETS);
	assert_int_equal(t.find.n_packets, t.run.n_packets);
}

/* Two threads that meet the same table. */
static void test_a_table_is_of_all_threads(void **state)
{
	struct world *w = *state;
	struct counters *counters =
		tables_counters(datapath_tables(mem_switch_datapath(w->of->sw)));
	struct counter_block *other = counters_take_block(counters);

	spend(&w->block->tables[3].find, 10, 1000);
	spend(&other->tables[3].find, 30, 1000);
	assert_true(stage_cost_each(costs_of_table(w->costs, 3).find) == 20);
	assert_true(stage_cost_each(costs_of_worker_table(w->costs, 0, 3).find) == 10);
	assert_int_equal(costs_of_worker_table(w->costs, 1, 3).find.n_packets, 0);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_lately),
		TEST(test_after_the_traffic),
		TEST(test_few_packets),
		TEST(test_a_table_is_of_all_threads),
	};

	return cmocka_run_group_tests_name("costs", tests, NULL, NULL);
}
