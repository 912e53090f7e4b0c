#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "dataplane/port/port_class.h"
#include "dataplane/port/queues.h"
#include "tests/fakes/dataplane/eal_world.h"

/* The directory of ports, without anybody who polls them: names, numbers, options, events. */

struct world {
	struct loop *loop;
	struct ports *ports;
	char events[256]; /* "+1" "-1" "*1" */
};

static void on_event(void *arg, enum port_event event, const struct port_info *info)
{
	struct world *w = arg;
	size_t n = strlen(w->events);

	snprintf(w->events + n, sizeof(w->events) - n, "%c%u",
		 event == PORT_ADDED	 ? '+'
		 : event == PORT_REMOVED ? '-'
					 : '*',
		 info->number);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->loop = loop_uv_create();
	w->ports = ports_create(w->loop, 2);
	ports_listen(w->ports, on_event, w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	ports_destroy(w->ports);
	loop_uv_destroy(w->loop);
	free(w);
	return 0;
}

/* SETTINGS: key, value, ... NULL. */
static struct port *add(struct world *w, struct status *st, const char *name, const char *type,
			uint32_t number, const char *const *settings)
{
	struct port_setting list[8];
	size_t n = 0;

	for (; settings && settings[2 * n]; n++)
		list[n] = (struct port_setting){ settings[2 * n], settings[2 * n + 1] };
	*st = STATUS_INIT;
	return ports_add(w->ports,
			 &(struct port_request){ .name = name,
						 .type = type,
						 .number = number,
						 .settings = list,
						 .n_settings = n },
			 st);
}

#define ADD(W, ST, NAME, TYPE, NUMBER, ...)                                                        \
	add(W, ST, NAME, TYPE, NUMBER,                                                             \
	    (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL, NULL })

static void test_numbers(void **state)
{
	struct world *w = *state;
	struct status st;

	assert_int_equal(port_number(ADD(w, &st, "a", "null", 0)), 1);
	assert_int_equal(port_number(ADD(w, &st, "b", "null", 7)), 7);
	assert_int_equal(port_number(ADD(w, &st, "c", "null", 0)), 2);
	assert_null(ADD(w, &st, "d", "null", 7));
	assert_int_equal(st.code, STATUS_ALREADY_EXISTS);
	assert_string_equal(st.field, "number");
	assert_null(ADD(w, &st, "d", "null", PORT_NUMBER_MAX + 1));
	assert_int_equal(st.code, STATUS_OUT_OF_RANGE);
	assert_ptr_equal(ports_find(w->ports, "b"), ports_find_number(w->ports, 7));
	assert_ptr_equal(ports_next(w->ports, 2), ports_find(w->ports, "b"));
	assert_null(ports_next(w->ports, 7));
	assert_null(ports_find_number(w->ports, 0));
	assert_null(ports_find_number(w->ports, UINT32_MAX));
	assert_int_equal(ports_count(w->ports), 3);
	assert_string_equal(w->events, "+1+7+2");
}

/* A type's own option would hide the one of all types. */
static void test_options_have_names_of_their_own(void **state)
{
	struct port_type_info info;
	size_t n;
	const struct port_option *common = port_types_common(&n);

	(void)state;
	for (size_t i = 0; port_types_at(i, &info); i++)
		for (size_t k = 0; k < info.n_options; k++)
			for (size_t c = 0; c < n; c++)
				assert_string_not_equal(info.options[k].key, common[c].key);
}

static void test_queues(void **state)
{
	static const char *const bad[] = {
		"",	 "x",	"1:",	"1:max=",      "1:max=5", "1:max=0mbit",  "1:max=5000gbit",
		"65535", "1/1", "1//2", "1:min=1mbit", "-1",	  "0:max=1mbit/0", "1,2"
	};
	struct world *w = *state;
	struct port_queue_info info;
	struct port *plain, *port;
	struct status st;

	for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++) {
		assert_null(ADD(w, &st, "a", "null", 1, "tx_queues", bad[i]));
		assert_int_equal(st.code, STATUS_INVALID_ARGUMENT);
		assert_string_equal(st.field, "options.tx_queues");
	}
	plain = ADD(w, &st, "plain", "null", 1);
	assert_int_equal(port_n_queues(plain), 1);
	port_queue_info_get(plain, 0, &info);
	assert_int_equal(info.id + info.max_kbps, 0);
	port = ADD(w, &st, "queued", "null", 2, "tx_queues", "7/3:max=2gbit/0:max=100kbit");
	assert_int_equal(port_n_queues(port), 3);
	port_queue_info_get(port, 0, &info);
	assert_int_equal(info.max_kbps, 100);
	port_queue_info_get(port, 1, &info);
	assert_int_equal(info.id, 3);
	assert_int_equal(info.max_kbps, 2000000);
	port_queue_info_get(port, 2, &info);
	assert_int_equal(info.id, 7);
	assert_int_equal(info.max_kbps, 0);
}

/* N packets of 1,000 bytes to a queue; returns how many it lets pass. */
static unsigned admit(struct port *port, uint32_t queue, unsigned n, uint64_t now_ns)
{
	static const uint8_t data[1000];
	struct rte_mbuf *pkts[64];
	unsigned n_left;

	for (unsigned i = 0; i < n; i++)
		pkts[i] = pool_packet(data, sizeof(data));
	n_left = port_queues_admit(port, 0, queue, pkts, n, now_ns);
	rte_pktmbuf_free_bulk(pkts, n_left);
	return n_left;
}

/* 8 Mbit/s is a packet a millisecond, after a burst of 1,024 kbit. */
static void test_queues_hold_their_rate(void **state)
{
	struct world *w = *state;
	struct port_queue_stats stats;
	struct port_stats all;
	struct status st;
	struct port *port = ADD(w, &st, "queued", "null", 2, "tx_queues", "1:max=8mbit/2");

	assert_int_equal(admit(port, 1, 64, 0), 64);
	assert_int_equal(admit(port, 1, 64, 0), 64);
	assert_int_equal(admit(port, 1, 64, 0), 0);
	assert_int_equal(admit(port, 1, 10, 3 * NS_PER_MS), 3);
	assert_int_equal(admit(port, 2, 64, 3 * NS_PER_MS), 64);
	assert_int_equal(admit(port, 99, 5, 3 * NS_PER_MS), 5); /* there is none: the default one */
	port_queue_stats_get(port, 0, &stats);
	assert_int_equal(stats.tx_packets, 5);
	port_queue_stats_get(port, 1, &stats);
	assert_int_equal(stats.tx_packets, 131);
	assert_int_equal(stats.tx_bytes, 131000);
	assert_int_equal(stats.tx_errors, 71);
	port_queue_stats_get(port, 2, &stats);
	assert_int_equal(stats.tx_packets, 64);
	port_stats_get(port, &all);
	assert_int_equal(all.tx_dropped, 71);
}

/* Flows left over for a port must not find another's traffic soon. */
static void test_numbers_are_used_again_late(void **state)
{
	struct world *w = *state;
	struct status st;

	ports_remove(w->ports, ADD(w, &st, "a", "null", 0), NULL, NULL);
	assert_int_equal(port_number(ADD(w, &st, "b", "null", 0)), 2);
	assert_string_equal(w->events, "+1-1+2");
}

static void test_adding_again(void **state)
{
	struct world *w = *state;
	struct status st;
	struct port *p = ADD(w, &st, "a", "pcap", 0, "tx_file", "/dev/null", "loop", "no");

	assert_non_null(p);
	assert_ptr_equal(ADD(w, &st, "a", "pcap", 0, "loop", "no", "tx_file", "/dev/null"), p);
	assert_ptr_equal(ADD(w, &st, "a", "pcap", 1, "loop", "no", "tx_file", "/dev/null"), p);
	assert_null(ADD(w, &st, "a", "pcap", 0, "tx_file", "/dev/null"));
	assert_int_equal(st.code, STATUS_ALREADY_EXISTS);
	assert_null(ADD(w, &st, "a", "null", 0));
	assert_int_equal(st.code, STATUS_ALREADY_EXISTS);
	assert_string_equal(w->events, "+1");
}

static void expect(const struct status *st, enum status_code code, const char *field,
		   const char *word)
{
	assert_int_equal(st->code, code);
	assert_string_equal(st->field, field);
	assert_non_null(strstr(st->message, word));
	assert_null(strchr(st->message, '\n'));
}

static void test_what_is_wrong_is_named(void **state)
{
	static const char *const bad_names[] = { "", "0123456789abcdef", "a b", "a/b" };
	struct world *w = *state;
	struct status st;

	for (size_t i = 0; i < ARRAY_LENGTH(bad_names); i++) {
		assert_null(ADD(w, &st, bad_names[i], "null", 0));
		expect(&st, STATUS_INVALID_ARGUMENT, "name", "letters");
	}
	assert_null(ADD(w, &st, "a", "nosuch", 0));
	expect(&st, STATUS_INVALID_ARGUMENT, "type", "dpdk, null, pcap, tap, veth, vhost-user");
	assert_null(ADD(w, &st, "a", "tap", 0, "nets", "x"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.nets", "netns, ifname, mac, mtu");
	assert_null(ADD(w, &st, "a", "null", 0, "x", "y"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.x", "it has: tx_queues");
	assert_null(ADD(w, &st, "a", "tap", 0, "mtu", "1", "mtu", "2"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.mtu", "twice");
	assert_null(ADD(w, &st, "a", "dpdk", 0));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.devargs", "needs option");
	assert_null(ADD(w, &st, "a", "vhost-user", 0, "socket", "relative"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.socket", "absolute");
	assert_null(ADD(w, &st, "a", "vhost-user", 0, "socket", "/no/such/directory/x"));
	expect(&st, STATUS_FAILED_PRECONDITION, "options.socket", "directory");
	assert_null(ADD(w, &st, "a", "tap", 0, "mtu", "65522"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.mtu", "0 to 65521");
	assert_null(ADD(w, &st, "a", "tap", 0, "mtu", "9k"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.mtu", "a number");
	assert_null(ADD(w, &st, "a", "tap", 0, "mac", "01:00:5e:00:00:01"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.mac", "unicast");
	assert_null(ADD(w, &st, "a", "tap", 0, "mac", "02:00:00:00:00:01x"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.mac", "unicast");
	assert_null(ADD(w, &st, "a", "tap", 0, "persist", "maybe"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.persist", "true or false");
	assert_null(ADD(w, &st, "a", "tap", 0, "netns", "/no/such/namespace"));
	expect(&st, STATUS_NOT_FOUND, "options.netns", "/no/such/namespace");
	assert_null(ADD(w, &st, "a", "pcap", 0, "rx_file", "/no/such/file"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.rx_file", "/no/such/file");
	assert_null(ADD(w, &st, "a", "veth", 0, "ifname", "nosuchlink"));
	expect(&st, STATUS_NOT_FOUND, "options.ifname", "nosuchlink");
	assert_null(ADD(w, &st, "a", "dpdk", 0, "devargs", "net_nosuch0"));
	expect(&st, STATUS_INVALID_ARGUMENT, "options.devargs", "net_nosuch0");
	assert_int_equal(ports_count(w->ports), 0);
	assert_string_equal(w->events, "");
}

static void count(void *arg)
{
	++*(int *)arg;
}

static void test_removing(void **state)
{
	struct world *w = *state;
	struct status st;
	int n_done = 0;

	ports_remove(w->ports, ADD(w, &st, "a", "null", 0), count, &n_done);
	assert_int_equal(n_done, 1); /* nobody uses the ports, so at once */
	assert_null(ports_find(w->ports, "a"));
	assert_non_null(ADD(w, &st, "a", "null", 1));
	assert_string_equal(w->events, "+1-1+1");
}

static void test_types_are_listed(void **state)
{
	struct port_type_info info;
	const char *last = "";
	size_t n = 0;

	(void)state;
	for (; port_types_at(n, &info); n++) {
		assert_true(strcmp(info.type, last) > 0);
		assert_true(strlen(info.help) > 10);
		for (size_t i = 0; i < info.n_options; i++) {
			assert_true(strlen(info.options[i].key) > 0);
			assert_true(strlen(info.options[i].help) > 10);
		}
		last = info.type;
	}
	assert_true(n >= 6);
}

static void test_info(void **state)
{
	struct world *w = *state;
	struct port_info info;
	struct status st;
	const struct port_setting *settings;
	size_t n;

	struct port *p = ADD(w, &st, "a", "dpdk", 9, "devargs", "net_null0");

	assert_non_null(p);
	port_info_get(p, &info);
	assert_int_equal(info.number, 9);
	assert_string_equal(info.name, "a");
	assert_string_equal(info.type, "dpdk");
	assert_true(info.is_up);
	assert_int_equal(info.mtu, 1500);
	settings = port_settings(p, &n);
	assert_int_equal(n, 1);
	assert_string_equal(settings[0].value, "net_null0");
	assert_null(ADD(w, &st, "b", "dpdk", 0, "devargs", "net_null0"));
	expect(&st, STATUS_ALREADY_EXISTS, "options.devargs", "another port");
}

/* --- a vhost-user port's socket --- */

static void socket_path(char path[64])
{
	snprintf(path, 64, "/tmp/weft-ports-test.%d", getpid());
}

static int listen_at(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sa.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void test_stale_socket_is_replaced(void **state)
{
	struct world *w = *state;
	struct status st;
	char path[64];
	int fd;

	socket_path(path);
	unlink(path);
	fd = listen_at(path);
	assert_null(ADD(w, &st, "a", "vhost-user", 0, "socket", path));
	expect(&st, STATUS_FAILED_PRECONDITION, "options.socket", "another process");
	close(fd); /* as when its owner was killed: the file stays */
	assert_int_equal(access(path, F_OK), 0);
	assert_non_null(ADD(w, &st, "a", "vhost-user", 0, "socket", path));
	assert_null(ADD(w, &st, "b", "vhost-user", 0, "socket", path));
	expect(&st, STATUS_FAILED_PRECONDITION, "options.socket", "another port");
	ports_remove(w->ports, ports_find(w->ports, "a"), NULL, NULL);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_other_file_is_not_removed(void **state)
{
	struct world *w = *state;
	struct status st;
	char path[64];
	FILE *f;

	socket_path(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_null(ADD(w, &st, "a", "vhost-user", 0, "socket", path));
	expect(&st, STATUS_FAILED_PRECONDITION, "options.socket", "something else");
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_numbers_are_used_again_late, set_up,
						tear_down),
		cmocka_unit_test(test_options_have_names_of_their_own),
		cmocka_unit_test_setup_teardown(test_queues, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_queues_hold_their_rate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_adding_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_wrong_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_removing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_types_are_listed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_info, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stale_socket_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_file_is_not_removed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, eal_world_start, eal_world_stop);
}
