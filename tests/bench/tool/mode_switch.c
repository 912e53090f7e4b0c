/* weft-bench switch: how many packets a second one weft-dataplane forwards, and what one costs.
 *
 * It starts a switch of its own with two ports and a rule set, lets packets run from the first to
 * the second, and reads the switch's counters at both ends of a window. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "lib/arena.h"
#include "lib/conf.h"
#include "tests/bench/bench_switch.h"
#include "tests/bench/tool/modes.h"

static const struct conf_option options[] = {
	{ .key = "seconds",
	  .value = "N",
	  .initial = "3",
	  .help = "Length of one measurement, 1 to 600 seconds.",
	  .min = 1,
	  .max = 600 },
	{ .key = "flows",
	  .value = "N[,N...]",
	  .initial = "1,1000,100000",
	  .help = "How many different flows, 1 to 1048576; one measurement each." },
	{ .key = "size",
	  .value = "BYTES",
	  .initial = "64",
	  .help = "Bytes of a packet, 64 to 1514.",
	  .min = 64,
	  .max = 1514 },
	{ .key = "flow",
	  .value = "FLOW",
	  .initial = "in_port=1,actions=output:2",
	  .help = "A rule in ovs-ofctl's syntax; packets come from port 1, port 2 is the sink.",
	  .is_list = true },
	{ .key = "from",
	  .value = "TYPE[:KEY=VALUE,...]",
	  .help = "Port 1 instead of a generator: dpdk:devargs=net_x0. Then --flows and --size do "
		  "not apply." },
	{ .key = "to", .value = "TYPE[:KEY=VALUE,...]", .initial = "bench", .help = "Port 2." },
	{ .key = "eal", .value = "ARGS", .help = "Arguments for EAL, as weft-dataplane's." },
	{ .key = "workers",
	  .value = "CORES",
	  .help = "Cores for forwarding, as weft-dataplane's." },
	{ 0 },
};

/* Counters at one moment. */
struct reading {
	double at_s;
	uint64_t n_sent, busy_cycles;
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int read_sent(struct bench_switch *s, struct reading *r, struct status *st)
{
	Weft__Switch__V1__PortStatsRequest stats = WEFT__SWITCH__V1__PORT_STATS_REQUEST__INIT;
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__Reply *reply;

	stats.name = (char *)"to";
	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_STATS;
	request.port_stats = &stats;
	reply = bench_switch_call(s, &request, st);
	if (!reply)
		return -1;
	if (reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_PORT_STATS &&
	    reply->port_stats->n_ports)
		r->n_sent = reply->port_stats->ports[0]->tx_packets;
	r->at_s = now_s();
	weft__switch__v1__reply__free_unpacked(reply, NULL);
	return 0;
}

static int read_cycles(struct bench_switch *s, struct reading *r, struct status *st)
{
	Weft__Switch__V1__WorkersRequest workers = WEFT__SWITCH__V1__WORKERS_REQUEST__INIT;
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__Reply *reply;

	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_WORKERS;
	request.workers = &workers;
	reply = bench_switch_call(s, &request, st);
	if (!reply)
		return -1;
	r->busy_cycles = 0;
	if (reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_WORKERS)
		for (size_t i = 0; i < reply->workers->n_workers; i++)
			r->busy_cycles += reply->workers->workers[i]->busy_cycles;
	weft__switch__v1__reply__free_unpacked(reply, NULL);
	return 0;
}

static int take(struct bench_switch *s, struct reading *r, struct status *st)
{
	return read_cycles(s, r, st) < 0 || read_sent(s, r, st) < 0 ? -1 : 0;
}

static void sleep_s(double s)
{
	nanosleep(&(struct timespec){ .tv_sec = (time_t)s, .tv_nsec = (s - (time_t)s) * 1e9 },
		  NULL);
}

/* One line: what was run, millions of packets a second, cycles of the worker for each. */
static int measure(struct bench_switch *s, const struct conf *conf, const char *from,
		   const char *what, struct status *st)
{
	struct reading before, after;
	double seconds, packets;

	if (bench_switch_add_port(s, "from", from, 1, st) < 0)
		return -1;
	sleep_s(0.5);
	if (take(s, &before, st) < 0)
		return -1;
	sleep_s(conf_number(conf, "seconds"));
	if (take(s, &after, st) < 0 || bench_switch_del_port(s, "from", st) < 0)
		return -1;
	seconds = after.at_s - before.at_s;
	packets = after.n_sent - before.n_sent;
	if (packets == 0)
		return status_set(st, STATUS_FAILED_PRECONDITION, NULL,
				  "no packet reached port 2. Do the rules (--flow) lead there?");
	printf("%-32s %8.2f Mpps  %7.1f cycles/packet\n", what, packets / seconds / 1e6,
	       (after.busy_cycles - before.busy_cycles) / packets);
	fflush(stdout);
	return 0;
}

static int measure_flows(struct bench_switch *s, const struct conf *conf, struct status *st)
{
	long long size = conf_number(conf, "size");
	struct arena a = ARENA_INIT;
	char *at = arena_strdup(&a, conf_text(conf, "flows")), *save = NULL;
	int rc = 0;

	for (char *n = strtok_r(at, ",", &save); n && rc == 0; n = strtok_r(NULL, ",", &save))
		rc = measure(s, conf, arena_printf(&a, "bench:flows=%s,size=%lld", n, size),
			     arena_printf(&a, "%s flow%s, %lld bytes", n,
					  strcmp(n, "1") == 0 ? "" : "s", size),
			     st);
	arena_clear(&a);
	return rc;
}

static int run(struct bench_switch *s, const struct conf *conf, struct status *st)
{
	const char *from = conf_text(conf, "from");

	if (bench_switch_add_port(s, "to", conf_text(conf, "to"), 2, st) < 0)
		return -1;
	for (size_t i = 0; i < conf_count(conf, "flow"); i++)
		if (bench_switch_add_flow(s, conf_at(conf, "flow", i), st) < 0)
			return -1;
	return from ? measure(s, conf, from, from, st) : measure_flows(s, conf, st);
}

int mode_switch(int argc, char **argv, struct status *st)
{
	struct conf *conf =
		conf_parse(argc, argv, options, "Measure the packet rate of weft-dataplane.", st);
	struct bench_switch *s = NULL;

	if (conf && conf_n_words(conf))
		status_set(st, STATUS_INVALID_ARGUMENT, NULL, "unexpected '%s'. See --help",
			   conf_word(conf, 0));
	if (status_ok(st))
		s = bench_switch_start(conf_text(conf, "eal"), conf_text(conf, "workers"), st);
	if (s)
		run(s, conf, st);
	bench_switch_stop(s);
	conf_destroy(conf);
	return status_ok(st) ? 0 : -1;
}
