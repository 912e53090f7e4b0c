#include "tests/bench/tool/traffic_config.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include "dataplane/worker/eal.h"
#include "lib/buf.h"

static int read_range(struct range *r, enum range_kind kind, const char *key,
		      const struct conf *conf, struct status *st)
{
	const char *text = conf_text(conf, key);

	return text ? range_parse(r, kind, text, key, st) : 0;
}

/* One IPv4 or MAC address. */
static int read_one(struct range *r, enum range_kind kind, const char *key, const struct conf *conf,
		    struct status *st)
{
	if (read_range(r, kind, key, conf, st) < 0)
		return -1;
	if (r->n == 1 && r->size != 16)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, key, "--%s: '%.60s' is not one %s address",
			  key, conf_text(conf, key), kind == RANGE_IP ? "IPv4" : "MAC");
}

static int read_ranges(struct flow_ranges *r, const struct conf *conf, struct status *st)
{
	const char *vnis = conf_text(conf, "vxlan");

	r->has_vlan = conf_text(conf, "vlan") != NULL;
	if (read_range(&r->src, RANGE_IP, "src", conf, st) < 0 ||
	    read_range(&r->dst, RANGE_IP, "dst", conf, st) < 0 ||
	    read_range(&r->sport, RANGE_PORT, "sport", conf, st) < 0 ||
	    read_range(&r->dport, RANGE_PORT, "dport", conf, st) < 0 ||
	    read_range(&r->smac, RANGE_MAC, "smac", conf, st) < 0 ||
	    read_range(&r->dmac, RANGE_MAC, "dmac", conf, st) < 0 ||
	    read_range(&r->vlan, RANGE_VLAN, "vlan", conf, st) < 0)
		return -1;
	if (!vnis)
		return 0;
	if (flow_ranges_parse_vnis(r, vnis, "vxlan", st) < 0 ||
	    read_one(&r->outer_src, RANGE_IP, "vxlan-src", conf, st) < 0 ||
	    read_one(&r->outer_dst, RANGE_IP, "vxlan-dst", conf, st) < 0 ||
	    read_one(&r->outer_smac, RANGE_MAC, "vxlan-smac", conf, st) < 0 ||
	    read_one(&r->outer_dmac, RANGE_MAC, "vxlan-dmac", conf, st) < 0)
		return -1;
	return 0;
}

int cores_read(int cores[MAX_CORES], const struct conf *conf, struct status *st)
{
	const char *text = conf_text(conf, "cores"), *at = text;
	cpu_set_t ours;
	char *end;
	int n = 0;

	sched_getaffinity(0, sizeof(ours), &ours);
	while (at && n < MAX_CORES) {
		unsigned long cpu = strtoul(at, &end, 10);

		if (*at < '0' || *at > '9' || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &ours))
			break;
		cores[n++] = cpu;
		if (!*end)
			return n;
		if (*end != ',')
			break;
		at = end + 1;
	}
	if (!text)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, "cores",
			  "--cores: '%.60s' is not a list of at most %d CPUs that we may use, such "
			  "as 2,3; `taskset -pc $$` shows them",
			  text, MAX_CORES);
}

int traffic_config_read(struct traffic_config *c, const struct conf *conf, struct status *st)
{
	int n_cores;

	*c = (struct traffic_config){ .tx = conf_text(conf, "tx"), .rx = conf_text(conf, "rx") };
	if (!c->tx || !c->rx)
		return status_set(st, STATUS_INVALID_ARGUMENT, c->tx ? "rx" : "tx",
				  "--%s PORT is missing: " PORT_HELP, c->tx ? "rx" : "tx");
	c->n_flows = conf_number(conf, "flows");
	c->is_bidirectional = conf_flag(conf, "bidirectional");
	c->learns = conf_flag(conf, "learn");
	c->drain_ms = conf_number(conf, "drain");
	c->wait_s = conf_number(conf, "wait");
	c->seed = conf_number(conf, "seed");
	if (c->is_bidirectional && strcmp(c->tx, c->rx) == 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "bidirectional",
				  "--bidirectional needs two ports, and --tx and --rx are one");
	n_cores = cores_read(c->cores, conf, st);
	if (n_cores < 0 || read_ranges(&c->ranges, conf, st) < 0 ||
	    flow_pattern_parse(&c->pattern, conf_text(conf, "pattern"), "pattern", st) < 0)
		return -1;
	c->n_cores = n_cores;
	return 0;
}

int eal_read_and_start(const struct conf *conf, struct status *st)
{
	const char *more = conf_text(conf, "eal");
	char *args =
		xasprintf("%s %s", more ? more : "", conf_flag(conf, "no-huge") ? "--no-huge" : "");
	struct eal_config eal = { .program = "weft-bench",
				  .args = args,
				  .memory_mb = conf_number(conf, "memory") };
	int rc = eal_start(&eal, st);

	free(args);
	if (rc == 0 && !eal_has_huge_pages() && !conf_flag(conf, "no-huge"))
		fprintf(stderr,
			"weft-bench: warning: no huge pages are free, going on without: rates will "
			"be "
			"lower and network cards may not start. `sysctl vm.nr_hugepages=256` gives "
			"some, --no-huge says that none are wanted\n");
	return rc;
}
