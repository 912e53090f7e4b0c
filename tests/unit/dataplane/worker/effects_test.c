#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
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

enum {
	N_FLOWS = 3000,
	N_PORTS = 2,
	N_DELETIONS = 5,
	DELETE_EVERY = 1500,
	/* The modest port's flows, and lessons that a queue surely holds. */
	N_MODEST = 50,
	N_QUEUED = 512,
};

struct world {
	struct loop *loop;
	struct ports *ports;
	struct tables *tables;
	struct workers *workers;
	struct pipeline *pipeline;
	unsigned n_effects, n_changes, n_deletions;
	unsigned n_early[N_PORTS + 1]; /* by port, of the first N_QUEUED */
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

/* add_bench_port() numbers flows so that it shows in 10.x.y.z. */
static uint32_t address_owner(const struct pipeline_effect *e)
{
	uint32_t owner = (ntohl(e->key.ipv4_src) & 0xffffff) / 100000;

	assert_in_range(owner, 1, N_PORTS);
	return owner;
}

/* What E points to is looked at while the snapshot that it came from may have been replaced. */
static void on_effect(void *arg, const struct pipeline_effect *e)
{
	struct world *w = arg;

	assert_int_equal(e->kind, PIPELINE_LEARN);
	assert_int_equal(e->op->extension, ACTION_EXT_LEARN);
	assert_int_equal(e->rule->cookie, 0x77);
	if (w->n_effects++ < N_QUEUED)
		w->n_early[address_owner(e)]++;
	if (!learn_apply(w->tables, e->op->owned, &e->key, loop_now_ns(w->loop)))
		return;
	w->is_dirty = true;
	if (++w->n_changes % DELETE_EVERY == 0 && w->n_deletions < N_DELETIONS) {
		w->n_deletions++;
		flow_mod(w, "table=1", OFPFC_DELETE);
	}
}

static void add_bench_port(struct world *w, uint32_t number, unsigned n_flows)
{
	char name[8], first[16], flows[16];
	const struct port_setting settings[] = { { "flows", flows },
						 { "rate", "200000" },
						 { "first", first } };
	struct status st = STATUS_INIT;

	snprintf(name, sizeof(name), "p%u", number);
	snprintf(first, sizeof(first), "%u", number * 100000);
	snprintf(flows, sizeof(flows), "%u", n_flows);
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
	for (unsigned ms = 0; ms < 100000 && !n_lost(w); ms++)
		usleep(1000);
	assert_true(n_lost(w) > 0);
}

static void start(struct world *w, unsigned n_workers)
{
	struct status st = STATUS_INIT;
	struct workers_config config = {
		.n = n_workers,
		.cpus = (const int[]){ -1, -1 },
		.on_effect = on_effect,
		.arg = w,
	};

	*w = (struct world){ .loop = loop_uv_create() };
	config.loop = w->loop;
	config.ports = w->ports = ports_create(w->loop, config.n);
	config.tables = w->tables = tables_create(&(struct tables_limits){ 0 });
	w->workers = workers_create(&config, &st);
	assert_non_null(w->workers);
	flow_mod(w,
		 "table=0,ip,cookie=0x77,actions=learn(table=1,hard_timeout=300,eth_type=0x800,"
		 "NXM_OF_IP_SRC[],output:NXM_OF_IN_PORT[])",
		 OFPFC_ADD);
	publish(w);
}

static void stop(struct world *w)
{
	workers_destroy(w->workers);
	ports_destroy(w->ports);
	pipeline_release(w->pipeline);
	tables_destroy(w->tables);
	loop_uv_destroy(w->loop);
}

static void two_workers_teach(void **state)
{
	struct world w;

	(void)state;
	start(&w, 2);
	for (uint32_t number = 1; number <= N_PORTS; number++)
		add_bench_port(&w, number, N_FLOWS);
	overflow(&w);
	assert_true(eal_world_wait(w.loop, has_learned_all, &w));
	assert_true(w.n_effects >= w.n_changes);
	assert_true(w.n_changes >= N_PORTS * N_FLOWS + N_DELETIONS * DELETE_EVERY / 2);
	for (uint32_t number = 1; number <= N_PORTS; number++)
		remove_port(&w, number);
	assert_int_equal(tables_n_flows(w.tables, 1), N_PORTS * N_FLOWS);
	stop(&w);
}

static void wait_received(const struct world *w, uint32_t number, uint64_t n)
{
	const struct port *port = ports_find_number(w->ports, number);
	struct port_stats stats = { 0 };

	for (unsigned ms = 0; ms < 100000 && stats.rx_packets < n; ms++) {
		usleep(1000);
		port_stats_get(port, &stats);
	}
	assert_true(stats.rx_packets >= n);
}

static bool has_drained(void *arg)
{
	return ((struct world *)arg)->n_effects >= N_QUEUED;
}

/* Nobody listens, and port 1 has asked for all that it may.  What port 2 asks for then is heard
 * with the first that is heard at all. */
static void a_storm_of_addresses_leaves_room_for_another_port(void **state)
{
	struct world w;

	(void)state;
	start(&w, 1);
	add_bench_port(&w, 1, N_FLOWS);
	overflow(&w);
	add_bench_port(&w, 2, N_MODEST);
	wait_received(&w, 2, 2 * N_MODEST);
	assert_true(eal_world_wait(w.loop, has_drained, &w));
	assert_true(w.n_early[1] > 0);
	assert_true(w.n_early[2] >= N_MODEST);
	for (uint32_t number = 1; number <= N_PORTS; number++)
		remove_port(&w, number);
	stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_workers_teach),
		cmocka_unit_test(a_storm_of_addresses_leaves_room_for_another_port),
	};

	return cmocka_run_group_tests(tests, eal_world_start, eal_world_stop);
}
