#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openflow/openflow-common.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "dataplane/learn/learn.h"
#include "dataplane/worker/worker.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/eal_world.h"

/* Two workers teach one control thread, which changes the tables under them:
 *
 *	port 1, N_FLOWS addresses --- worker ---+
 *	                                        +--- learn_apply(), publish, delete now and then
 *	port 2, N_FLOWS addresses --- worker ---+
 *
 * More is asked for at once than the queues of what packets ask hold, so much is lost; in the end
 * every lesson is there nevertheless, once, and nothing else. */

enum { N_FLOWS = 3000, N_PORTS = 2, N_DELETIONS = 5, DELETE_EVERY = 1500 };

struct world {
	struct loop *loop;
	struct ports *ports;
	struct tables *tables;
	struct workers *workers;
	struct pipeline *pipeline;
	unsigned n_effects, n_changes, n_deletions;
	bool is_dirty;
};

static void release(void *arg)
{
	pipeline_release(arg);
}

static void publish(struct world *w)
{
	static const struct pipeline_port ports[] = { { .number = 1 }, { .number = 2 } };
	struct pipeline *old = w->pipeline;
	uint64_t token;

	w->is_dirty = false;
	w->pipeline = pipeline_compile(w->tables, ports, ARRAY_LENGTH(ports), old);
	token = workers_publish(w->workers, w->pipeline);
	workers_when_seen(w->workers, token, release, old);
}

static void flow_mod(struct world *w, const char *text, uint16_t command)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct of_error err;

	if (of_flow_mod_parse(text, command, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	assert_int_equal(tables_flow_mod(w->tables, &fm, loop_now_ns(w->loop), &err), 0);
	arena_clear(&a);
}

/* What E points to is looked at while the snapshot that it came from may have been replaced. */
static void on_effect(void *arg, const struct pipeline_effect *e)
{
	struct world *w = arg;

	assert_int_equal(e->kind, PIPELINE_LEARN);
	assert_int_equal(e->op->extension, ACTION_EXT_LEARN);
	assert_int_equal(e->rule->cookie, 0x77);
	w->n_effects++;
	if (!learn_apply(w->tables, e->op->owned, &e->key, loop_now_ns(w->loop)))
		return;
	w->is_dirty = true;
	if (++w->n_changes % DELETE_EVERY == 0 && w->n_deletions < N_DELETIONS) {
		w->n_deletions++;
		flow_mod(w, "table=1", OFPFC_DELETE);
	}
}

static void add_bench_port(struct world *w, uint32_t number)
{
	char name[8], first[16];
	const struct port_setting settings[] = { { "flows", "3000" },
						 { "rate", "200000" },
						 { "first", first } };
	struct status st = STATUS_INIT;

	snprintf(name, sizeof(name), "p%u", number);
	snprintf(first, sizeof(first), "%u", number * 100000);
	if (!ports_add(w->ports,
		       &(struct port_request){ .name = name,
					       .type = "bench",
					       .number = number,
					       .settings = settings,
					       .n_settings = ARRAY_LENGTH(settings) },
		       &st))
		fail_msg("%s", st.message);
}

static bool has_learned_all(void *arg)
{
	struct world *w = arg;

	if (w->is_dirty)
		publish(w);
	return w->n_deletions == N_DELETIONS && tables_n_flows(w->tables, 1) == N_PORTS * N_FLOWS;
}

static void set_flag(void *arg)
{
	*(bool *)arg = true;
}

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

static void remove_port(struct world *w, uint32_t number)
{
	bool is_removed = false;

	ports_remove(w->ports, ports_find_number(w->ports, number), set_flag, &is_removed);
	assert_true(eal_world_wait(w->loop, is_set, &is_removed));
}

static uint64_t n_lost(const struct world *w)
{
	struct worker_drop drop;

	for (size_t i = 0; workers_drop_at(w->workers, i, &drop); i++)
		if (strcmp(drop.reason, "effect-queue-full") == 0)
			return drop.n_packets;
	fail_msg("no such reason");
	return 0;
}

/* Nobody listens until the queues have overflowed. */
static void overflow(const struct world *w)
{
	for (unsigned ms = 0; ms < 10000 && !n_lost(w); ms++)
		usleep(1000);
	assert_true(n_lost(w) > 0);
}

static void two_workers_teach(void **state)
{
	struct world w = { .loop = loop_uv_create() };
	struct status st = STATUS_INIT;
	struct workers_config config = {
		.n = 2,
		.cpus = (const int[]){ -1, -1 },
		.on_effect = on_effect,
		.arg = &w,
	};

	(void)state;
	config.loop = w.loop;
	config.ports = w.ports = ports_create(w.loop, config.n);
	config.tables = w.tables = tables_create(&(struct tables_limits){ 0 });
	w.workers = workers_create(&config, &st);
	assert_non_null(w.workers);
	flow_mod(&w,
		 "table=0,ip,cookie=0x77,actions=learn(table=1,hard_timeout=300,eth_type=0x800,"
		 "NXM_OF_IP_SRC[],output:NXM_OF_IN_PORT[])",
		 OFPFC_ADD);
	publish(&w);
	for (uint32_t number = 1; number <= N_PORTS; number++)
		add_bench_port(&w, number);
	overflow(&w);
	assert_true(eal_world_wait(w.loop, has_learned_all, &w));
	assert_true(w.n_effects >= w.n_changes);
	assert_true(w.n_changes >= N_PORTS * N_FLOWS + N_DELETIONS * DELETE_EVERY / 2);
	for (uint32_t number = 1; number <= N_PORTS; number++)
		remove_port(&w, number);
	assert_int_equal(tables_n_flows(w.tables, 1), N_PORTS * N_FLOWS);
	workers_destroy(w.workers);
	ports_destroy(w.ports);
	pipeline_release(w.pipeline);
	tables_destroy(w.tables);
	loop_uv_destroy(w.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(two_workers_teach) };

	return cmocka_run_group_tests(tests, eal_world_start, eal_world_stop);
}
