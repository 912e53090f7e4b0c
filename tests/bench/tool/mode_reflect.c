/* weft-bench reflect: sends back what comes, its MAC addresses, IP addresses and ports swapped, so
 * that a generator at the far end measures the way there and back. */

#include <rte_cycles.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include "dataplane/worker/eal.h"
#include "tests/bench/tool/modes.h"
#include "tests/bench/tool/report.h"

enum { MAX_PORTS = 8, BURST = 64, IDLE_TURNS = 64 };

static const struct conf_option options[] = {
	{ .key = "port", .value = "PORT", .help = PORT_HELP, .is_list = true },
	{ .key = "seconds",
	  .value = "N",
	  .initial = "0",
	  .help = "How long; 0: until interrupted.",
	  .min = 0,
	  .max = 604800 },
	{ .key = "max-size",
	  .value = "BYTES",
	  .initial = "1518",
	  .help = "Largest frame to take, with check sequence.",
	  .min = MIN_FRAME_SIZE,
	  .max = MAX_FRAME_SIZE },
	EAL_OPTIONS,
	{ 0 },
};

struct reflected {
	struct device device;
	uint64_t n_received, n_sent;
};

struct reflector {
	struct reflected ports[MAX_PORTS];
	unsigned n_ports;
	double seconds;
};

static unsigned reflect_burst(struct reflected *p)
{
	struct rte_mbuf *pkts[BURST];
	unsigned n = rte_eth_rx_burst(p->device.ethdev, 0, pkts, BURST), n_sent;

	if (!n)
		return 0;
	for (unsigned i = 0; i < n; i++)
		frame_swap(rte_pktmbuf_mtod(pkts[i], uint8_t *), rte_pktmbuf_data_len(pkts[i]));
	n_sent = rte_eth_tx_burst(p->device.ethdev, 0, pkts, n);
	rte_pktmbuf_free_bulk(pkts + n_sent, n - n_sent);
	p->n_received += n;
	p->n_sent += n_sent;
	return n;
}

static void reflect(struct reflector *r, bool is_alone)
{
	uint64_t end = r->seconds ? rte_rdtsc() + r->seconds * rte_get_tsc_hz() : UINT64_MAX;
	unsigned n_idle = 0;

	while (!interrupted() && rte_rdtsc() < end) {
		unsigned n = 0;

		for (unsigned i = 0; i < r->n_ports; i++)
			n += reflect_burst(&r->ports[i]);
		if (n)
			n_idle = 0;
		else if (!is_alone && ++n_idle % IDLE_TURNS == 0)
			sched_yield();
	}
}

static void print(const struct reflector *r, bool as_json)
{
	json_t *root = report_head_json("reflect"), *ports = json_array();

	for (unsigned i = 0; i < r->n_ports; i++) {
		const struct reflected *p = &r->ports[i];

		if (!as_json)
			printf("%s: %llu packets received, %llu sent back\n", p->device.text,
			       (unsigned long long)p->n_received, (unsigned long long)p->n_sent);
		json_array_append_new(ports, json_pack("{s:s, s:I, s:I}", "port", p->device.text,
						       "received", (json_int_t)p->n_received,
						       "sent", (json_int_t)p->n_sent));
	}
	json_object_set_new(root, "ports", ports);
	if (as_json)
		report_json_print(json_incref(root));
	json_decref(root);
}

static int check(const struct conf *conf, struct status *st)
{
	size_t n = conf_count(conf, "port");

	if (conf_n_words(conf))
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "unexpected '%s'. See --help",
				  conf_word(conf, 0));
	if (n < 1 || n > MAX_PORTS)
		return status_set(st, STATUS_INVALID_ARGUMENT, "port",
				  "--port PORT is wanted, 1 to %d times: " PORT_HELP, MAX_PORTS);
	return 0;
}

static int open_all(struct reflector *r, const struct conf *conf, struct status *st)
{
	unsigned frame_size = conf_number(conf, "max-size") - FCS_BYTES;
	struct device *list[MAX_PORTS];

	for (size_t i = 0; i < conf_count(conf, "port"); i++) {
		list[i] = &r->ports[i].device;
		if (device_open(list[i], conf_at(conf, "port", i), i, frame_size, "port", st) < 0)
			return -1;
		r->n_ports++;
	}
	return devices_wait(list, r->n_ports, conf_number(conf, "wait"), &interrupt_flag, st);
}

int mode_reflect(int argc, char **argv, struct status *st)
{
	struct conf *conf = conf_parse(argc, argv, options,
				       "Send back what comes, for a generator at the far end.", st);
	struct reflector r = { 0 };
	int cores[MAX_CORES], n_cores = 0, rc = -1;
	cpu_set_t set;

	if (!conf || check(conf, st) < 0 || (n_cores = cores_read(cores, conf, st)) < 0 ||
	    eal_read_and_start(conf, st) < 0)
		goto out;
	interrupt_catch();
	r.seconds = conf_number(conf, "seconds");
	if (n_cores) {
		CPU_ZERO(&set);
		CPU_SET(cores[0], &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	if (open_all(&r, conf, st) == 0) {
		reflect(&r, n_cores > 0);
		print(&r, conf_flag(conf, "json"));
		rc = 0;
	}
	for (unsigned i = 0; i < r.n_ports; i++)
		device_close(&r.ports[i].device);
out:
	conf_destroy(conf);
	return rc;
}
