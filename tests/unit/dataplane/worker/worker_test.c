#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <openflow/openflow-common.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <unistd.h>
#include "dataplane/table/tables.h"
#include "dataplane/worker/eal.h"
#include "dataplane/worker/worker.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/eal_world.h"
#include "tests/fakes/dataplane/packets.h"

/* Real workers with real tables between ports that are files: one or two threads. */

enum { N_PACKETS = 100, N_PORTS = 4 };

struct world {
	struct loop *loop;
	struct ports *ports;
	struct tables *tables;
	struct workers *workers;
	struct pipeline *pipeline;
	char dir[64];
	unsigned n_workers;
	/* punts */
	uint64_t n_punts, n_punts_of_2; /* of all ports, of port 2 */
	struct pipeline_punt why;
	uint8_t data[256];
	uint32_t size, total_size;
};

static void on_punt(void *arg, const struct workers_punt *punt)
{
	struct world *w = arg;

	w->n_punts++;
	w->n_punts_of_2 += punt->why->in_port == 2;
	w->why = *punt->why;
	w->size = punt->size;
	w->total_size = punt->total_size;
	memcpy(w->data, punt->data, MIN_OF(punt->size, sizeof(w->data)));
}

static void make_world(void **state, unsigned n_workers)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct workers_config config = {
		.n = n_workers,
		.cpus = (const int[]){ -1, -1 },
		.on_punt = on_punt,
		.arg = w,
	};
	struct status st = STATUS_INIT;

	strcpy(w->dir, "/tmp/weft-worker-test.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	config.loop = w->loop = loop_uv_create();
	config.ports = w->ports = ports_create(w->loop, n_workers);
	config.tables = w->tables = tables_create(&(struct tables_limits){ 0 });
	w->workers = workers_create(&config, &st);
	assert_non_null(w->workers);
	w->n_workers = n_workers;
	*state = w;
}

static int one_worker(void **state)
{
	make_world(state, 1);
	return 0;
}

static int two_workers(void **state)
{
	make_world(state, 2);
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	char *command = xasprintf("rm -r %s", w->dir);

	workers_destroy(w->workers);
	ports_destroy(w->ports);
	pipeline_release(w->pipeline);
	tables_destroy(w->tables);
	loop_uv_destroy(w->loop);
	assert_int_equal(system(command), 0);
	free(command);
	free(w);
	return 0;
}

/* --- what tests do --- */

static void add_flow(struct world *w, const char *text)
{
	struct of_error err = { 0 };
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct arena a = { 0 };

	if (of_flow_mod_parse(text, OFPFC_ADD, &a, &fm, &st) < 0)
		fail_msg("%s", st.message);
	assert_int_equal(tables_flow_mod(w->tables, &fm, loop_now_ns(w->loop), &err), 0);
	arena_clear(&a);
}

static void release(void *arg)
{
	pipeline_release(arg);
}

/* Compile the tables for ports 1..N_PORTS and let the workers have them. */
static uint64_t publish(struct world *w)
{
	struct pipeline *old = w->pipeline;
	struct pipeline_port list[N_PORTS];
	uint64_t token;

	for (unsigned i = 0; i < N_PORTS; i++)
		list[i] = (struct pipeline_port){ .number = i + 1 };
	w->pipeline = pipeline_compile(w->tables, list, N_PORTS, old);
	token = workers_publish(w->workers, w->pipeline);
	workers_when_seen(w->workers, token, release, old);
	return token;
}

static struct port *add_port(struct world *w, const char *name, const char *type, uint32_t number,
			     const char *key, const char *value, const char *key2,
			     const char *value2)
{
	const struct port_setting settings[] = { { key, value }, { key2, value2 } };
	struct status st = STATUS_INIT;
	struct port *p = ports_add(w->ports,
				   &(struct port_request){ .name = name,
							   .type = type,
							   .number = number,
							   .settings = settings,
							   .n_settings = !!key + !!key2 },
				   &st);

	if (!p)
		fail_msg("%s", st.message);
	return p;
}

static void path_of(const struct world *w, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", w->dir, name);
}

/* UDP, the Ith with I in its last bytes. */
static struct packet_bytes make_packet(unsigned i)
{
	struct packet_bytes b = packet_bytes("020000000002 020000000001 0800"
					     "45000020 00004000 40110000 0a000001 0a000002"
					     "00010002 000c0000 00000000");

	store_be32(b.data + b.size - 4, i);
	return b;
}

static void write_capture(const char *path, unsigned n)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *d = pcap_dump_open(p, path);

	assert_non_null(d);
	for (unsigned i = 0; i < n; i++) {
		struct packet_bytes b = make_packet(i);
		struct pcap_pkthdr h = { .caplen = b.size, .len = b.size };

		pcap_dump((u_char *)d, &h, b.data);
	}
	pcap_dump_close(d);
	pcap_close(p);
}

/* The capture holds packets 0..N-1 in that order. */
static void check_capture(const char *path, unsigned n)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, error);
	struct pcap_pkthdr *h;
	const u_char *data;
	unsigned i = 0;

	assert_non_null(p);
	for (; pcap_next_ex(p, &h, &data) == 1; i++) {
		struct packet_bytes b = make_packet(i);

		assert_int_equal(h->len, b.size);
		assert_memory_equal(data, b.data, b.size);
	}
	assert_int_equal(i, n);
	pcap_close(p);
}

static struct port_stats stats_of(const struct world *w, uint32_t number)
{
	struct port_stats stats;

	port_stats_get(ports_find_number(w->ports, number), &stats);
	return stats;
}

static void set_flag(void *arg)
{
	*(bool *)arg = true;
}

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

/* Until the workers have done all that was asked for before. */
static void barrier(struct world *w)
{
	bool is_seen = false;

	workers_when_seen(w->workers, workers_token(w->workers), set_flag, &is_seen);
	assert_false(is_seen); /* never within the call */
	assert_true(eal_world_wait(w->loop, is_set, &is_seen));
}

struct awaited {
	struct world *w;
	uint32_t port;
	uint64_t n;
};

static bool has_received(void *arg)
{
	const struct awaited *a = arg;

	return stats_of(a->w, a->port).rx_packets >= a->n;
}

static void wait_received(struct world *w, uint32_t port, uint64_t n)
{
	assert_true(eal_world_wait(w->loop, has_received, &(struct awaited){ w, port, n }));
	barrier(w); /* what was received has been sent */
}

/* --- tests --- */

static void test_forwards_in_order(void **state)
{
	struct world *w = *state;
	char in[128], out[128];
	struct port_stats s;

	path_of(w, "in", in);
	path_of(w, "out", out);
	write_capture(in, N_PACKETS);
	add_flow(w, "in_port=1,actions=output:2");
	add_port(w, "out", "pcap", 2, "tx_file", out, NULL, NULL);
	publish(w);
	barrier(w);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	wait_received(w, 1, N_PACKETS);
	s = stats_of(w, 1);
	assert_int_equal(s.rx_packets, N_PACKETS);
	assert_int_equal(s.rx_bytes, N_PACKETS * make_packet(0).size);
	s = stats_of(w, 2);
	assert_int_equal(s.tx_packets, N_PACKETS);
	assert_int_equal(s.tx_bytes, N_PACKETS * make_packet(0).size);
	assert_int_equal(s.tx_dropped, 0);
	check_capture(out, N_PACKETS);
}

/* A packet goes to the queue that was set, to the default one if the port has none of that id. */
static void test_outputs_go_to_their_queues(void **state)
{
	static const uint64_t want[] = { 2 * N_PACKETS, N_PACKETS, 0 };
	struct world *w = *state;
	struct port_queue_stats stats;
	struct port *port;
	char in[128];

	path_of(w, "in", in);
	write_capture(in, N_PACKETS);
	add_flow(w, "in_port=1,actions=output:2,set_queue:5,output:2,set_queue:6,output:2");
	port = add_port(w, "out", "null", 2, "tx_queues", "5/7:max=1gbit", NULL, NULL);
	publish(w);
	barrier(w);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	wait_received(w, 1, N_PACKETS);
	barrier(w);
	assert_int_equal(port_n_queues(port), 3);
	for (unsigned i = 0; i < 3; i++) {
		port_queue_stats_get(port, i, &stats);
		assert_int_equal(stats.tx_packets, want[i]);
		assert_int_equal(stats.tx_bytes, want[i] * make_packet(0).size);
	}
	assert_int_equal(stats_of(w, 2).tx_packets, 3 * N_PACKETS);
}

static void test_drops_before_the_first_tables(void **state)
{
	struct world *w = *state;
	struct worker_drop drop;
	char in[128];

	path_of(w, "in", in);
	write_capture(in, N_PACKETS);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	wait_received(w, 1, N_PACKETS);
	for (size_t i = 0; workers_drop_at(w->workers, i, &drop); i++)
		assert_int_equal(drop.n_packets, strcmp(drop.reason, "starting") ? 0 : N_PACKETS);
}

/* The port is in the tables, but not there: its packets have a reason of their own. */
static void test_output_to_a_removed_port(void **state)
{
	struct world *w = *state;
	struct worker_drop drop;
	char in[128];

	path_of(w, "in", in);
	write_capture(in, N_PACKETS);
	add_flow(w, "in_port=1,actions=output:2");
	publish(w);
	barrier(w);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	wait_received(w, 1, N_PACKETS);
	for (size_t i = 0; workers_drop_at(w->workers, i, &drop); i++)
		assert_int_equal(drop.n_packets,
				 strcmp(drop.reason, "port-removed") ? 0 : N_PACKETS);
}

static void test_floods(void **state)
{
	struct world *w = *state;
	char in[128], out[N_PORTS + 1][128];

	path_of(w, "in", in);
	write_capture(in, N_PACKETS);
	for (unsigned i = 2; i <= N_PORTS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "out%u", i);
		path_of(w, name, out[i]);
		add_port(w, name, "pcap", i, "tx_file", out[i], NULL, NULL);
	}
	add_flow(w, "actions=FLOOD");
	publish(w);
	barrier(w);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	wait_received(w, 1, N_PACKETS);
	for (unsigned i = 2; i <= N_PORTS; i++)
		check_capture(out[i], N_PACKETS);
}

static struct action_program *output_program(uint32_t port)
{
	struct of_error err = { 0 };
	struct status st = STATUS_INIT;
	struct of_actions acts = { 0 };
	struct action_program *program;
	struct arena a = { 0 };
	char text[32];

	snprintf(text, sizeof(text), "output:%u", port);
	assert_int_equal(of_actions_parse(text, &a, &acts, &st), 0);
	program = action_compile(
		&acts, &(struct action_env){ .is_packet_out = true, .n_tables = 254 }, &err);
	assert_non_null(program);
	arena_clear(&a);
	return program;
}

/* A barrier's callback finds what was injected before it sent and counted. */
static void check_sent(void *arg)
{
	struct awaited *a = arg;

	assert_int_equal(stats_of(a->w, a->port).tx_packets, a->n);
	a->n = 0;
}

static bool is_checked(void *arg)
{
	return ((struct awaited *)arg)->n == 0;
}

static void test_packet_out_comes_before_its_barrier(void **state)
{
	struct world *w = *state;
	char out[128];
	unsigned n_sent = 0;

	path_of(w, "out", out);
	add_port(w, "out", "pcap", 2, "tx_file", out, NULL, NULL);
	publish(w);
	for (unsigned round = 0; round < 20; round++) {
		struct awaited a = { w, 2, 0 };

		for (unsigned i = 0; i < 50; i++, n_sent++) {
			struct packet_bytes b = make_packet(n_sent);

			assert_int_equal(
				workers_inject(w->workers, b.data, b.size, 1, output_program(2)),
				0);
		}
		a.n = n_sent;
		workers_when_seen(w->workers, workers_token(w->workers), check_sent, &a);
		assert_true(eal_world_wait(w->loop, is_checked, &a));
	}
	check_capture(out, n_sent);
}

static void test_packet_outs_are_bounded(void **state)
{
	struct world *w = *state;
	struct packet_bytes b = make_packet(0);
	unsigned n_done = 0, n_refused = 0;

	add_port(w, "out", "null", 2, NULL, NULL, NULL, NULL);
	publish(w);
	for (unsigned i = 0; i < 100000; i++) {
		int ret = workers_inject(w->workers, b.data, b.size, 1, output_program(2));

		assert_true(ret == 0 || ret == -EAGAIN);
		n_done += ret == 0;
		n_refused += ret != 0;
	}
	barrier(w);
	assert_int_equal(stats_of(w, 2).tx_packets, n_done);
	assert_int_equal(n_done + n_refused, 100000);
}

struct order {
	unsigned next;
	struct mark {
		struct order *order;
		unsigned i;
	} marks[10];
};

static void on_mark(void *arg)
{
	struct mark *m = arg;

	assert_int_equal(m->order->next, m->i);
	m->order->next++;
}

static bool all_marked(void *arg)
{
	return ((struct order *)arg)->next == 10;
}

static void test_barriers_come_in_order(void **state)
{
	struct world *w = *state;
	struct order order = { 0 };

	for (unsigned i = 0; i < 10; i++) {
		order.marks[i] = (struct mark){ &order, i };
		workers_when_seen(w->workers, publish(w), on_mark, &order.marks[i]);
	}
	assert_true(eal_world_wait(w->loop, all_marked, &order));
}

static bool has_punts(void *arg)
{
	const struct awaited *a = arg;

	return a->w->n_punts >= a->n;
}

static bool has_punts_of_2(void *arg)
{
	const struct awaited *a = arg;

	return a->w->n_punts_of_2 >= a->n;
}

static void test_punts(void **state)
{
	struct world *w = *state;
	struct packet_bytes last = make_packet(9);
	char in[128];

	path_of(w, "in", in);
	write_capture(in, 10);
	add_flow(w, "cookie=0x77,in_port=1,actions=CONTROLLER:20");
	publish(w);
	barrier(w);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	assert_true(eal_world_wait(w->loop, has_punts, &(struct awaited){ w, 1, 10 }));
	assert_int_equal(w->n_punts, 10);
	assert_int_equal(w->size, last.size); /* no buffer keeps what 20 would leave */
	assert_int_equal(w->total_size, last.size);
	assert_memory_equal(w->data, last.data, last.size);
	assert_int_equal(w->why.cookie, 0x77);
	assert_int_equal(w->why.in_port, 1);
	assert_null(w->why.pkt);
}

static void test_punts_of_nothing(void **state)
{
	struct world *w = *state;
	struct packet_bytes last = make_packet(9);
	char in[128];

	path_of(w, "in", in);
	write_capture(in, 10);
	add_flow(w, "in_port=1,actions=CONTROLLER:0");
	publish(w);
	barrier(w);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	assert_true(eal_world_wait(w->loop, has_punts, &(struct awaited){ w, 1, 10 }));
	assert_int_equal(w->size, 0);
	assert_int_equal(w->total_size, last.size);
}

/* While the control thread does not listen, punts are dropped and counted, and nothing stops. */
static void test_punt_overflow_is_counted(void **state)
{
	struct world *w = *state;
	struct worker_drop drop;
	struct worker_info info;
	uint64_t n_received, n_told = 0;
	char in[128];

	path_of(w, "in", in);
	write_capture(in, 5000);
	add_flow(w, "in_port=1,actions=CONTROLLER:20");
	publish(w);
	barrier(w);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	do { /* without turning the loop */
		usleep(1000);
		n_received = stats_of(w, 1).rx_packets;
	} while (n_received < 5000);
	usleep(20000);
	barrier(w);
	assert_true(workers_drop_at(w->workers, 0, &drop));
	assert_string_equal(drop.reason, "punt-queue-full");
	for (unsigned i = 0; i < w->n_workers; i++) {
		workers_info(w->workers, i, &info);
		n_told += info.n_punts;
	}
	assert_true(drop.n_packets > 0);
	assert_int_equal(drop.n_packets + n_told, 5000);
	assert_true(eal_world_wait(w->loop, has_punts, &(struct awaited){ w, 1, n_told }));
}

/* One port floods while the control thread does not listen: all of another's packets are told. */
static void test_punt_flood_leaves_room_for_others(void **state)
{
	struct world *w = *state;
	char flood[128], few[128];

	path_of(w, "flood", flood);
	path_of(w, "few", few);
	write_capture(flood, 5000);
	write_capture(few, 50);
	add_flow(w, "actions=CONTROLLER");
	publish(w);
	barrier(w);
	add_port(w, "flood", "pcap", 1, "rx_file", flood, NULL, NULL);
	while (stats_of(w, 1).rx_packets < 5000)
		usleep(1000); /* without turning the loop */
	add_port(w, "few", "pcap", 2, "rx_file", few, NULL, NULL);
	while (stats_of(w, 2).rx_packets < 50)
		usleep(1000);
	usleep(20000);
	barrier(w);
	assert_true(eal_world_wait(w->loop, has_punts_of_2, &(struct awaited){ w, 2, 50 }));
	assert_in_range(w->n_punts, 100, 3000);
}

/* Ports come and go under packets that are on their way to them. */
static void test_ports_come_and_go(void **state)
{
	struct world *w = *state;
	struct worker_drop drop;
	uint64_t n_before;
	char in[128];

	path_of(w, "in", in);
	write_capture(in, N_PACKETS);
	add_flow(w, "in_port=1,actions=output:2,output:3");
	add_port(w, "two", "null", 2, NULL, NULL, NULL, NULL);
	add_port(w, "three", "null", 3, NULL, NULL, NULL, NULL);
	publish(w);
	add_port(w, "in", "pcap", 1, "rx_file", in, "loop", "true");
	for (unsigned i = 0; i < 100; i++) {
		bool is_removed = false;
		struct port *p = ports_find(w->ports, i % 2 ? "three" : "two");
		uint32_t number = port_number(p);

		ports_remove(w->ports, p, set_flag, &is_removed);
		assert_true(eal_world_wait(w->loop, is_set, &is_removed));
		assert_null(ports_find_number(w->ports, number));
		add_port(w, i % 2 ? "three" : "two", "null", number, NULL, NULL, NULL, NULL);
	}
	n_before = stats_of(w, 1).rx_packets;
	wait_received(w, 1, n_before + 10 * N_PACKETS);
	assert_true(stats_of(w, 2).tx_packets > 0);
	assert_true(stats_of(w, 3).tx_packets > 0);
	assert_true(workers_drop_at(w->workers, 1, &drop));
	assert_string_equal(drop.reason, "port-removed");
}

/* The receiving port itself goes, with the same name and number coming back each time. */
static void test_receiving_port_comes_and_goes(void **state)
{
	struct world *w = *state;
	char in[128];

	path_of(w, "in", in);
	write_capture(in, N_PACKETS);
	add_flow(w, "in_port=1,actions=output:2");
	add_port(w, "out", "null", 2, NULL, NULL, NULL, NULL);
	publish(w);
	barrier(w);
	for (unsigned i = 0; i < 50; i++) {
		bool is_removed = false;
		struct port *p = add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);

		wait_received(w, 1, N_PACKETS);
		ports_remove(w->ports, p, set_flag, &is_removed);
		assert_true(eal_world_wait(w->loop, is_set, &is_removed));
	}
	assert_int_equal(stats_of(w, 2).tx_packets, 50 * N_PACKETS);
}

static bool all_sleep(void *arg)
{
	struct world *w = arg;
	struct worker_info info;

	for (unsigned i = 0; i < w->n_workers; i++) {
		workers_info(w->workers, i, &info);
		if (!info.is_sleeping)
			return false;
	}
	return true;
}

static void test_idle_workers_sleep(void **state)
{
	struct world *w = *state;
	struct worker_info before, after;
	char in[128];

	path_of(w, "in", in);
	write_capture(in, N_PACKETS);
	add_port(w, "in", "pcap", 1, "rx_file", in, NULL, NULL);
	publish(w);
	wait_received(w, 1, N_PACKETS);
	assert_true(eal_world_wait(w->loop, all_sleep, w));
	workers_info(w->workers, 0, &before);
	usleep(100000);
	workers_info(w->workers, 0, &after);
	assert_int_equal(after.n_sleeps, before.n_sleeps); /* it sleeps on, and does not nap */
	assert_int_equal(after.idle_cycles, before.idle_cycles);
	barrier(w); /* nobody need wake for it */
	workers_info(w->workers, 0, &after);
	assert_int_equal(after.n_sleeps, before.n_sleeps);
}

static void check_cpus(const char *text, int n, const int *cpus)
{
	struct status st = STATUS_INIT;
	int list[4];

	assert_int_equal(cpus_parse(text, list, 4, &st), n);
	if (n > 0)
		assert_memory_equal(list, cpus, n * sizeof(*cpus));
	else
		assert_string_equal(st.field, "workers");
}

static int last_of_this_process(void)
{
	cpu_set_t set;
	int cpu = CPU_SETSIZE;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(--cpu, &set))
		;
	return cpu;
}

static void test_cpus(void **state)
{
	static const char *const bad[] = { "",	  "x",	       "1,",  ",1",   "1-",
					   "3-1", "-1",	       "1 2", "1;2",  "99999999999",
					   "0-4", "1,2,3,4,5", "1,1", "0-2,1" };

	(void)state;
	check_cpus("1", 1, (const int[]){ 1 });
	check_cpus("0,2-3", 3, (const int[]){ 0, 2, 3 });
	check_cpus("4-7", 4, (const int[]){ 4, 5, 6, 7 });
	check_cpus("any", 1, (const int[]){ -1 });
	check_cpus("last", 1, (const int[]){ last_of_this_process() });
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		check_cpus(bad[i], -1, NULL);
}

/* The CPUs that this thread may use when it has left those. */
static cpu_set_t left_by(const int *cpus, unsigned n)
{
	cpu_set_t before, after;

	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	cpus_leave(cpus, n);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	return after;
}

static void test_cpus_are_left(void **state)
{
	int last = last_of_this_process(), all[CPU_SETSIZE];
	cpu_set_t set, left;

	(void)state;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		all[cpu] = cpu;
	sched_getaffinity(0, sizeof(set), &set);
	left = left_by((const int[]){ -1 }, 1);
	assert_true(CPU_EQUAL(&left, &set));
	left = left_by(all, CPU_SETSIZE); /* somewhere it must run */
	assert_true(CPU_EQUAL(&left, &set));
	left = left_by(&last, 1);
	if (CPU_COUNT(&set) > 1)
		CPU_CLR(last, &set);
	assert_true(CPU_EQUAL(&left, &set));
}

#define ONE(TEST) cmocka_unit_test_setup_teardown(TEST, one_worker, tear_down)
#define TWO(TEST)                                                                                  \
	{                                                                                          \
#TEST " with two workers", TEST, two_workers, tear_down, NULL                      \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(test_forwards_in_order),
		TWO(test_forwards_in_order),
		ONE(test_outputs_go_to_their_queues),
		TWO(test_outputs_go_to_their_queues),
		ONE(test_drops_before_the_first_tables),
		ONE(test_output_to_a_removed_port),
		ONE(test_floods),
		TWO(test_floods),
		ONE(test_packet_out_comes_before_its_barrier),
		TWO(test_packet_out_comes_before_its_barrier),
		ONE(test_packet_outs_are_bounded),
		ONE(test_barriers_come_in_order),
		TWO(test_barriers_come_in_order),
		ONE(test_punts),
		TWO(test_punts),
		ONE(test_punts_of_nothing),
		ONE(test_punt_overflow_is_counted),
		ONE(test_punt_flood_leaves_room_for_others),
		ONE(test_ports_come_and_go),
		TWO(test_ports_come_and_go),
		ONE(test_receiving_port_comes_and_goes),
		TWO(test_receiving_port_comes_and_goes),
		ONE(test_idle_workers_sleep),
		TWO(test_idle_workers_sleep),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_cpus_are_left),
	};

	return cmocka_run_group_tests(tests, eal_world_start, eal_world_stop);
}
