/* bench-flows: how fast flows are added, told and deleted over OpenFlow, what a million of them
 * cost in memory, and what packets lose meanwhile.
 *
 * It starts a switch of its own.  Packets run from a generator, at half of the rate that the switch
 * can take, through the table that is changed; a second connection measures how long the switch
 * keeps anybody waiting. */

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <openflow/openflow-1.4.h>
#include "lib/arena.h"
#include "lib/conf.h"
#include "proto/openflow/numbers.h"
#include "tests/bench/bench_switch.h"
#include "tests/bench/flows_client.h"

static const struct conf_option options[] = {
	{ .key = "flows",
	  .value = "N",
	  .initial = "1000000",
	  .help = "How many flows in the large table.",
	  .min = 1000,
	  .max = 1000000 },
	{ .key = "masks",
	  .value = "N",
	  .initial = "1",
	  .help = "How many different masks the flows have.",
	  .min = 1,
	  .max = 16 },
	{ .key = "bundle",
	  .value = "N",
	  .initial = "10000",
	  .help = "Flow-mods in one bundle.",
	  .min = 1,
	  .max = 500000 },
	{ .key = "rate",
	  .value = "PPS",
	  .initial = "0",
	  .help = "Packets a second meanwhile; 0: half of what the switch takes.",
	  .min = 0,
	  .max = 100000000 },
	{ .key = "parts",
	  .value = "WORDS",
	  .initial = "single,bundles,many",
	  .help = "Which parts to run." },
	{ .key = "realtime",
	  .value = "0|1",
	  .initial = "0",
	  .help = "1: let nobody else run on the workers' CPUs when they want to, for a machine "
		  "that others use as well.",
	  .min = 0,
	  .max = 1 },
	{ .key = "eal", .value = "ARGS", .help = "Arguments for EAL, as weft-dataplane's." },
	{ .key = "workers",
	  .value = "CORES",
	  .help = "Cores for forwarding, as weft-dataplane's." },
	{ 0 },
};

enum { N_SINGLE = 200000, BARRIER_EVERY = 1000, N_PACKET_FLOWS = 1000, REST_S = 3 };

struct bench {
	const struct conf *conf;
	struct bench_switch *sw;
	struct flows_client client;
	struct flows_echo echo;
	struct buf out; /* encoded */
	uint32_t xid;
	uint64_t rate;
};

/* What one phase is measured by. */
struct reading {
	double at_s;
	uint64_t n_sent, n_lost;
	long rss_kb;
	double cpu_s; /* of the control thread: on a machine that others use, the better measure */
	double displaced_s; /* that workers waited for others to leave their CPU */
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void sleep_s(double s)
{
	nanosleep(&(struct timespec){ .tv_sec = (time_t)s, .tv_nsec = (s - (time_t)s) * 1e9 },
		  NULL);
}

static long rss_kb_of(int pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kb);
	if (f)
		fclose(f);
	return kb;
}

/* How long the thread ran, and how long it waited for a CPU. */
static void read_schedstat(int pid, int tid, double *run_s, double *wait_s)
{
	unsigned long long run_ns = 0, wait_ns = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%llu %llu", &run_ns, &wait_ns) != 2)
		run_ns = wait_ns = 0;
	if (f)
		fclose(f);
	*run_s = run_ns / 1e9;
	*wait_s = wait_ns / 1e9;
}

static bool is_worker(int pid, int tid)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	f = fopen(path, "r");
	if (f && !fgets(name, sizeof(name), f))
		name[0] = '\0';
	if (f)
		fclose(f);
	return strncmp(name, "weft-worker-", 12) == 0;
}

static void each_worker(int pid, void (*cb)(int pid, int tid, void *arg), void *arg)
{
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (is_worker(pid, atoi(entry->d_name)))
			cb(pid, atoi(entry->d_name), arg);
	if (dir)
		closedir(dir);
}

static void add_waiting(int pid, int tid, void *arg)
{
	double run_s, wait_s;

	read_schedstat(pid, tid, &run_s, &wait_s);
	*(double *)arg += wait_s;
}

static void set_realtime(int pid, int tid, void *arg)
{
	(void)pid;
	(void)arg;
	sched_setscheduler(tid, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
}

static int read_port(struct bench *b, const char *name, uint64_t *n_sent, uint64_t *n_lost,
		     struct status *st)
{
	Weft__Switch__V1__PortStatsRequest stats = WEFT__SWITCH__V1__PORT_STATS_REQUEST__INIT;
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__Reply *reply;

	stats.name = (char *)name;
	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_STATS;
	request.port_stats = &stats;
	reply = bench_switch_call(b->sw, &request, st);
	if (!reply)
		return -1;
	if (reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_PORT_STATS &&
	    reply->port_stats->n_ports) {
		*n_sent = reply->port_stats->ports[0]->tx_packets;
		*n_lost = reply->port_stats->ports[0]->rx_dropped;
	}
	weft__switch__v1__reply__free_unpacked(reply, NULL);
	return 0;
}

static int take_reading(struct bench *b, struct reading *r, struct status *st)
{
	int pid = bench_switch_pid(b->sw);
	uint64_t ignored;
	double wait_s;

	*r = (struct reading){ .at_s = now_s(), .rss_kb = rss_kb_of(pid) };
	read_schedstat(pid, pid, &r->cpu_s, &wait_s);
	each_worker(pid, add_waiting, &r->displaced_s);
	if (read_port(b, "to", &r->n_sent, &ignored, st) < 0)
		return -1;
	return read_port(b, "from", &ignored, &r->n_lost, st);
}

/* --- messages --- */

static void put(struct bench *b, struct of_msg *m)
{
	m->version = OF_VERSION_1_3;
	m->xid = ++b->xid;
	of_msg_encode(m, &b->out);
}

static void put_barrier(struct bench *b)
{
	put(b, &(struct of_msg){ .kind = OF_BARRIER_REQUEST });
}

/* Flow NUMBER: packets to 20.0.0.0 and up by its address, of one of the masks. */
static void make_flow(struct bench *b, struct arena *a, uint32_t number, struct of_msg *m)
{
	struct of_flow_mod *fm = &m->flow_mod;
	static struct of_flow_mod template;
	uint64_t n_masks = conf_number(b->conf, "masks"), bits = number % n_masks;
	struct status st = STATUS_INIT;
	static struct arena kept;

	if (!template.instructions.has_apply)
		of_flow_mod_parse("table=1,priority=100,actions=output:2", OFPFC_ADD, &kept,
				  &template, &st);
	*m = (struct of_msg){ .kind = OF_FLOW_MOD, .flow_mod = template };
	fm->cookie = number;
	of_match_set_u64(a, &fm->match, OF_FIELD_ETH_TYPE, 0x0800);
	of_match_set_u64(a, &fm->match, OF_FIELD_IPV4_DST, 0x14000000 + number);
	if (bits)
		of_match_set_u64_masked(a, &fm->match, OF_FIELD_IPV4_SRC, 0x0a000000,
					0xffffffffull << bits & 0xffffffff);
}

static void put_flow(struct bench *b, struct arena *a, uint32_t number)
{
	struct of_msg m;

	make_flow(b, a, number, &m);
	put(b, &m);
	if (a->total_bytes > 1 << 20)
		arena_clear(a);
}

static void put_flows(struct bench *b, uint32_t first, uint32_t n, uint32_t barrier_every)
{
	struct arena a = ARENA_INIT;

	for (uint32_t i = 1; i <= n; i++) {
		put_flow(b, &a, first + i - 1);
		if (i % barrier_every == 0 || i == n)
			put_barrier(b);
	}
	arena_clear(&a);
}

static void put_bundle(struct bench *b, struct arena *a, uint32_t id, uint32_t first, uint32_t n)
{
	struct buf inner = BUF_INIT;
	struct of_msg m;

	for (uint32_t i = 0; i < n; i++) {
		make_flow(b, a, first + i, &m);
		m.version = OF_VERSION_1_3;
		m.xid = b->xid + 1;
		buf_clear(&inner);
		of_msg_encode(&m, &inner);
		put(b, &(struct of_msg){ .kind = OF_BUNDLE_ADD,
					 .bundle_add = { .bundle_id = id,
							 .flags = OFPBF_ATOMIC | OFPBF_ORDERED,
							 .inner = inner.data,
							 .inner_size = inner.size } });
	}
	arena_clear(a);
	buf_fini(&inner);
	put(b, &(struct of_msg){ .kind = OF_BUNDLE_CTRL,
				 .bundle_ctrl = { id, OFPBCT_COMMIT_REQUEST,
						  OFPBF_ATOMIC | OFPBF_ORDERED } });
}

static void put_bundles(struct bench *b, uint32_t n)
{
	uint32_t size = conf_number(b->conf, "bundle");
	struct arena a = ARENA_INIT;

	for (uint32_t first = 0, id = 1; first < n; first += size, id++)
		put_bundle(b, &a, id, first, MIN_OF(size, n - first));
}

/* Match as text; NULL: all flows of table 1 with priority 100. */
static void put_deletion(struct bench *b)
{
	struct arena a = ARENA_INIT;
	struct of_msg m = { .kind = OF_FLOW_MOD };
	struct status st = STATUS_INIT;

	of_flow_mod_parse("table=1,ip,nw_dst=20.0.0.0/8", OFPFC_DELETE, &a, &m.flow_mod, &st);
	put(b, &m);
	arena_clear(&a);
	put_barrier(b);
}

static void put_dump(struct bench *b)
{
	put(b, &(struct of_msg){ .kind = OF_FLOW_STATS_REQUEST,
				 .flow_stats_request = { .table_id = 1,
							 .out_port = OF_PORT_ANY,
							 .out_group = OF_GROUP_ANY } });
}

/* --- phases --- */

/* Send what is encoded; one line: N of UNIT, what they cost, what packets lost. */
static int run_phase(struct bench *b, const char *what, uint32_t n, const char *goal,
		     struct status *st)
{
	struct reading before, after;
	uint64_t n_sent, n_lost;
	double took_s;

	sleep_s(1); /* what the phase before left to do */
	flows_echo_max_ms(&b->echo);
	if (take_reading(b, &before, st) < 0 ||
	    flows_client_exchange(&b->client, b->out.data, b->out.size, b->xid, st) < 0)
		return -1;
	took_s = now_s() - before.at_s;
	if (take_reading(b, &after, st) < 0)
		return -1;
	n_sent = after.n_sent - before.n_sent;
	n_lost = after.n_lost - before.n_lost;
	printf("%-26s %8.0f /s %7.3f s (busy %6.3f) %+5ld MB  waits %6.1f ms  lost %8.4f %% "
	       "(displaced %5.1f ms)  "
	       "%s\n",
	       what, n / took_s, took_s, after.cpu_s - before.cpu_s,
	       (after.rss_kb - before.rss_kb) / 1024, flows_echo_max_ms(&b->echo),
	       100.0 * n_lost / MAX_OF(n_sent + n_lost, 1),
	       (after.displaced_s - before.displaced_s) * 1e3, goal);
	fflush(stdout);
	buf_clear(&b->out);
	return 0;
}

static int delete_all(struct bench *b, const char *what, uint32_t n, const char *goal,
		      struct status *st)
{
	put_deletion(b);
	return run_phase(b, what, n, goal, st);
}

/* What the machine itself takes from the packets: no flow changes, nobody asks for anything. */
static int rest(struct bench *b, struct status *st)
{
	struct reading before, after;
	uint64_t n_lost;

	if (take_reading(b, &before, st) < 0)
		return -1;
	sleep_s(REST_S);
	if (take_reading(b, &after, st) < 0)
		return -1;
	n_lost = after.n_lost - before.n_lost;
	printf("%-26s %8s    %7.3f s %47s lost %8.4f %% (displaced %5.1f ms)\n", "nothing changes",
	       "", after.at_s - before.at_s, "",
	       100.0 * n_lost / MAX_OF(after.n_sent - before.n_sent + n_lost, 1),
	       (after.displaced_s - before.displaced_s) * 1e3);
	return 0;
}

/* Each part has a switch of its own, so that memory is that of its flows alone. */
static int part_single(struct bench *b, uint32_t n, struct status *st)
{
	(void)n;
	sleep_s(1);
	if (rest(b, st) < 0)
		return -1;
	put_flows(b, 0, N_SINGLE, UINT32_MAX);
	if (run_phase(b, "adds, one barrier", N_SINGLE, "(at least 200000 /s)", st) < 0 ||
	    delete_all(b, "deleted by mask", N_SINGLE, "", st) < 0)
		return -1;
	put_flows(b, 0, N_SINGLE, BARRIER_EVERY);
	return run_phase(b, "adds, a barrier per 1000", N_SINGLE, "(at least 200000 /s)", st);
}

static int part_bundles(struct bench *b, uint32_t n, struct status *st)
{
	put_bundles(b, n);
	return run_phase(b, "adds in bundles", n, "(at least 500000 /s)", st);
}

static int part_many(struct bench *b, uint32_t n, struct status *st)
{
	put_flows(b, 0, n, UINT32_MAX);
	if (run_phase(b, "adds, one barrier", n, "(under 4 s, 400 MB a million)", st) < 0)
		return -1;
	put_dump(b);
	b->client.n_entries = 0;
	if (run_phase(b, "told", n, "(under 3 s a million)", st) < 0)
		return -1;
	if (b->client.n_entries < n)
		return status_set(st, STATUS_INTERNAL, NULL, "only %llu of %u flows were told",
				  (unsigned long long)b->client.n_entries, n);
	put_flows(b, n, 1, 1);
	if (run_phase(b, "one more, and a barrier", 1, "", st) < 0)
		return -1;
	return delete_all(b, "deleted by mask", n, "(under 1 s a million)", st);
}

/* --- packets --- */

static int start_packets(struct bench *b, uint64_t rate, struct status *st)
{
	char spec[96];

	snprintf(spec, sizeof(spec), "bench:flows=%d,rate=%llu", N_PACKET_FLOWS,
		 (unsigned long long)rate);
	return bench_switch_add_port(b->sw, "from", spec, 1, st);
}

/* What the switch takes at most. */
static int measure_rate(struct bench *b, struct status *st)
{
	struct reading before, after;

	if (start_packets(b, 0, st) < 0)
		return -1;
	sleep_s(0.5);
	if (take_reading(b, &before, st) < 0)
		return -1;
	sleep_s(1);
	if (take_reading(b, &after, st) < 0 || bench_switch_del_port(b->sw, "from", st) < 0)
		return -1;
	b->rate = (after.n_sent - before.n_sent) / (after.at_s - before.at_s) / 2;
	return 0;
}

/* We stay off the workers' CPUs, as the switch's control thread does. */
static void arrange_cpus(struct bench *b)
{
	int pid = bench_switch_pid(b->sw);
	cpu_set_t set;

	if (sched_getaffinity(pid, sizeof(set), &set) == 0)
		sched_setaffinity(0, sizeof(set), &set);
	if (conf_number(b->conf, "realtime"))
		each_worker(pid, set_realtime, NULL);
}

static int prepare(struct bench *b, struct status *st)
{
	static const char *const flows[] = {
		"table=0,in_port=1,actions=goto_table:1",
		"table=1,priority=0,actions=output:2",
	};

	if (bench_switch_add_port(b->sw, "to", "bench", 2, st) < 0)
		return -1;
	for (unsigned i = 0; i < ARRAY_LENGTH(flows); i++)
		if (bench_switch_add_flow(b->sw, flows[i], st) < 0)
			return -1;
	if (!b->rate && measure_rate(b, st) < 0)
		return -1;
	if (start_packets(b, b->rate, st) < 0 ||
	    flows_client_open(&b->client, bench_switch_openflow(b->sw), st) < 0)
		return -1;
	return flows_echo_start(&b->echo, bench_switch_openflow(b->sw), st);
}

static int run_part(struct bench *b, const char *name,
		    int (*part)(struct bench *b, uint32_t n, struct status *st), struct status *st)
{
	cpu_set_t set;

	if (!strstr(conf_text(b->conf, "parts"), name))
		return 0;
	sched_getaffinity(0, sizeof(set), &set);
	b->sw = bench_switch_start(conf_text(b->conf, "eal"), conf_text(b->conf, "workers"), st);
	if (b->sw)
		arrange_cpus(b);
	if (b->sw && prepare(b, st) == 0)
		part(b, conf_number(b->conf, "flows"), st);
	if (b->echo.thread)
		flows_echo_stop(&b->echo);
	flows_client_close(&b->client);
	bench_switch_stop(b->sw);
	sched_setaffinity(0, sizeof(set), &set);
	b->echo = (struct flows_echo){ 0 };
	b->client = (struct flows_client){ 0 };
	return status_ok(st) ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct status st = STATUS_INIT;
	struct bench b = { .conf = conf_parse(argc, argv, options,
					      "Measure how fast weft-dataplane's flows change.",
					      &st) };

	if (b.conf) {
		b.rate = conf_number(b.conf, "rate");
		if (run_part(&b, "single", part_single, &st) == 0 &&
		    run_part(&b, "bundles", part_bundles, &st) == 0 &&
		    run_part(&b, "many", part_many, &st) == 0)
			printf("packets meanwhile: %.2f million a second\n", b.rate / 1e6);
	}
	buf_fini(&b.out);
	conf_destroy((struct conf *)b.conf);
	if (status_ok(&st))
		return 0;
	fprintf(stderr, "bench-flows: %s\n", st.message);
	return 1;
}
