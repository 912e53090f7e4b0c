#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openflow/openflow-common.h>
#include <stdio.h>
#include <stdlib.h>
#include "dataplane/table/tables.h"
#include "dataplane/worker/worker.h"
#include "tests/fakes/dataplane/eal_world.h"

/* A worker between ports that send as much as they can.  Packets of ports 1 and 2 cost what one
 * rule costs, those of port 3 some thousand resubmits.  What ports get of the worker shows in how
 * many packets it took from each. */

enum { CHEAP = 1, CHEAP_TOO = 2, DEAR = 3, N_TABLES = 11 };

struct world {
	struct loop *loop;
	struct ports *ports;
	struct tables *tables;
	struct workers *workers;
	struct pipeline *pipeline;
	const struct port *slower; /* of the ports, and what it has to reach */
	uint64_t target;
};

static void add_flow(struct world *w, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct of_error err;

	if (of_flow_mod_parse(text, OFPFC_ADD, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	assert_int_equal(tables_flow_mod(w->tables, &fm, 0, &err), 0);
	arena_clear(&a);
}

static void add_flows(struct world *w)
{
	char text[128];

	add_flow(w, "table=0,priority=1,actions=drop");
	add_flow(w, "table=0,priority=2,in_port=3,actions=resubmit(,1),resubmit(,1)");
	for (unsigned i = 1; i < N_TABLES - 1; i++) {
		snprintf(text, sizeof(text), "table=%u,actions=resubmit(,%u),resubmit(,%u)", i,
			 i + 1, i + 1);
		add_flow(w, text);
	}
	snprintf(text, sizeof(text), "table=%u,actions=drop", N_TABLES - 1);
	add_flow(w, text);
}

static int set_up(void **state)
{
	static const struct pipeline_port ports[] = { { .number = CHEAP },
						      { .number = CHEAP_TOO },
						      { .number = DEAR } };
	struct world *w = xcalloc(1, sizeof(*w));
	struct workers_config config = { .n = 1, .cpus = (const int[]){ -1 }, .arg = w };
	struct status st = STATUS_INIT;

	config.loop = w->loop = loop_uv_create();
	config.ports = w->ports = ports_create(w->loop, 1);
	config.tables = w->tables = tables_create(&(struct tables_limits){ 0 });
	w->workers = workers_create(&config, &st);
	assert_non_null(w->workers);
	add_flows(w);
	w->pipeline = pipeline_compile(w->tables, ports, ARRAY_LENGTH(ports), NULL);
	workers_publish(w->workers, w->pipeline);
	*state = w;
	return 0;
}

static void set_flag(void *arg)
{
	*(bool *)arg = true;
}

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	for (uint32_t number = CHEAP; number <= DEAR; number++) {
		struct port *port = ports_find_number(w->ports, number);
		bool is_removed = false;

		if (!port)
			continue;
		ports_remove(w->ports, port, set_flag, &is_removed);
		assert_true(eal_world_wait(w->loop, is_set, &is_removed));
	}
	workers_destroy(w->workers);
	ports_destroy(w->ports);
	pipeline_release(w->pipeline);
	tables_destroy(w->tables);
	loop_uv_destroy(w->loop);
	free(w);
	return 0;
}

static const struct port *add_port(struct world *w, uint32_t number)
{
	static const struct port_setting settings[] = { { "flows", "100" } };
	struct status st = STATUS_INIT;
	struct port *port;
	char name[8];

	snprintf(name, sizeof(name), "p%u", number);
	port = ports_add(w->ports,
			 &(struct port_request){ .name = name,
						 .type = "bench",
						 .number = number,
						 .settings = settings,
						 .n_settings = ARRAY_LENGTH(settings) },
			 &st);
	if (!port)
		fail_msg("%s", st.message);
	return port;
}

static uint64_t n_received(const struct port *port)
{
	struct port_stats stats;

	port_stats_get(port, &stats);
	return stats.rx_packets;
}

static bool has_reached(void *arg)
{
	const struct world *w = arg;

	return n_received(w->slower) >= w->target;
}

/* Until PORT has sent N more. */
static void wait_for(struct world *w, const struct port *port, uint64_t n)
{
	w->slower = port;
	w->target = n_received(port) + n;
	assert_true(eal_world_wait(w->loop, has_reached, w));
}

/* While port A sent N_LEAST packets, and at least one after both were there, how many B sent. */
static uint64_t count_other(struct world *w, const struct port *a, const struct port *b,
			    uint64_t n_least)
{
	uint64_t before;

	wait_for(w, a, 1);
	wait_for(w, b, 1);
	before = n_received(b);
	wait_for(w, a, n_least);
	return n_received(b) - before;
}

/* With turns, as many of each would be taken.  The dear ones are not shut out either: it is they
 * who are waited for. */
static void a_port_with_cheap_packets_sends_many_more(void **state)
{
	struct world *w = *state;
	const struct port *cheap = add_port(w, CHEAP), *dear = add_port(w, DEAR);

	assert_true(count_other(w, dear, cheap, 500) >= 500 * 20);
}

static void equal_ports_send_as_much(void **state)
{
	struct world *w = *state;
	const struct port *a = add_port(w, CHEAP), *b = add_port(w, CHEAP_TOO);
	uint64_t n = 1000000, n_other = count_other(w, a, b, n);

	assert_in_range(n_other, n / 2, 3 * n);
}

/* No burst of dear packets is long, whether others wait already or may soon. */
static void dear_packets_are_taken_few_at_a_time(void **state)
{
	struct world *w = *state;
	const struct port *dear = add_port(w, DEAR);
	struct worker_info before, after;

	wait_for(w, dear, 200);
	workers_info(w->workers, 0, &before);
	wait_for(w, dear, 1000);
	workers_info(w->workers, 0, &after);
	assert_true(after.n_packets - before.n_packets <=
		    8 * (after.n_receives - before.n_receives));
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_port_with_cheap_packets_sends_many_more),
		TEST(equal_ports_send_as_much),
		TEST(dear_packets_are_taken_few_at_a_time),
	};

	return cmocka_run_group_tests(tests, eal_world_start, eal_world_stop);
}
