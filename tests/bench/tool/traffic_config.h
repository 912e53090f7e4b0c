#ifndef TESTS_BENCH_TOOL_TRAFFIC_CONFIG_H
#define TESTS_BENCH_TOOL_TRAFFIC_CONFIG_H

/* Options that the modes which generate have in common, and what they say. */

#include "lib/conf.h"
#include "tests/bench/tool/flows.h"
#include "tests/bench/tool/quantity.h"

enum { MAX_CORES = 4 };

#define EAL_OPTIONS                                                                                \
	{ .key = "cores",                                                                          \
	  .value = "CPU[,CPU...]",                                                                 \
	  .help = "CPUs to spend wholly, at most 4: senders and receivers are dealt out to them. " \
		  "Without it one thread does all, and makes room for others when idle." },        \
		{ .key = "wait",                                                                   \
		  .value = "SECONDS",                                                              \
		  .initial = "10",                                                                 \
		  .help = "How long to wait for the ports' links.",                                \
		  .min = 0,                                                                        \
		  .max = 3600 },                                                                   \
		{ .key = "no-huge", .help = "Use no huge pages, and do not warn of it." },         \
		{ .key = "memory",                                                                 \
		  .value = "MB",                                                                   \
		  .initial = "192",                                                                \
		  .help = "Memory for packets and drivers.",                                       \
		  .min = 64,                                                                       \
		  .max = 65536 },                                                                  \
		{ .key = "eal", .value = "ARGS", .help = "More arguments for DPDK's EAL." },       \
	{                                                                                          \
		.key = "json", .help = "Print the result as JSON instead of a table."              \
	}

#define PORT_HELP                                                                                  \
	"dpdk:DEVICE (PCI address or DEVICE,ARGS), vhost-user:PATH[,client], "                     \
	"virtio-user:PATH[,server], memif:PATH[,server][,id=N], tap:NAME[,netns=NS], "             \
	"af_packet:NAME[,netns=NS]."

#define TRAFFIC_OPTIONS                                                                            \
	{ .key = "tx", .value = "PORT", .help = "Where to send: " PORT_HELP },                     \
		{ .key = "rx",                                                                     \
		  .value = "PORT",                                                                 \
		  .help = "Where the packets come back; may be the same port." },                  \
		{ .key = "bidirectional",                                                          \
		  .help = "Send from --rx to --tx as well, the same flows." },                     \
		{ .key = "flows",                                                                  \
		  .value = "N",                                                                    \
		  .initial = "1",                                                                  \
		  .help = "How many different flows, up to 4194304.",                              \
		  .min = 1,                                                                        \
		  .max = FLOWS_MAX },                                                              \
		{ .key = "pattern",                                                                \
		  .value = "ORDER",                                                                \
		  .initial = "sequential",                                                         \
		  .help = "In which order flows come: sequential, uniform, zipf:SKEW, or new: "    \
			  "each packet "                                                           \
			  "is a flow never seen before." },                                        \
		{ .key = "src",                                                                    \
		  .value = "RANGE",                                                                \
		  .initial = "198.18.0.0/16",                                                      \
		  .help = "Source addresses, IPv4 or IPv6: A, A-B or PREFIX/LENGTH." },            \
		{ .key = "dst",                                                                    \
		  .value = "RANGE",                                                                \
		  .initial = "198.19.0.0/16",                                                      \
		  .help = "Destination addresses." },                                              \
		{ .key = "sport",                                                                  \
		  .value = "RANGE",                                                                \
		  .initial = "49152-65535",                                                        \
		  .help = "UDP source ports: N or N-M." },                                         \
		{ .key = "dport",                                                                  \
		  .value = "RANGE",                                                                \
		  .initial = "9",                                                                  \
		  .help = "UDP destination ports." },                                              \
		{ .key = "smac",                                                                   \
		  .value = "RANGE",                                                                \
		  .initial = "02:00:00:00:00:01",                                                  \
		  .help = "Source MAC addresses: M or M-M." },                                     \
		{ .key = "dmac",                                                                   \
		  .value = "RANGE",                                                                \
		  .initial = "02:00:00:00:00:02",                                                  \
		  .help = "Destination MAC addresses." },                                          \
		{ .key = "vlan", .value = "RANGE", .help = "Put an 802.1Q tag: N or N-M." },       \
		{ .key = "vxlan",                                                                  \
		  .value = "VNI[,VNI...]",                                                         \
		  .help = "Put the frames into VXLAN; sizes are of the inner frames then." },      \
		{ .key = "vxlan-src",                                                              \
		  .value = "ADDRESS",                                                              \
		  .initial = "192.0.2.1",                                                          \
		  .help = "The tunnel's source address." },                                        \
		{ .key = "vxlan-dst",                                                              \
		  .value = "ADDRESS",                                                              \
		  .initial = "192.0.2.2",                                                          \
		  .help = "The tunnel's destination address." },                                   \
		{ .key = "vxlan-smac",                                                             \
		  .value = "MAC",                                                                  \
		  .initial = "02:00:00:00:01:01",                                                  \
		  .help = "The tunnel's source MAC address." },                                    \
		{ .key = "vxlan-dmac",                                                             \
		  .value = "MAC",                                                                  \
		  .initial = "02:00:00:00:01:02",                                                  \
		  .help = "The tunnel's destination MAC address." },                               \
		{ .key = "learn",                                                                  \
		  .help = "First let --rx send a frame of each flow (4096 at most), so that a "    \
			  "switch "                                                                \
			  "which learns knows where it is." },                                     \
		{ .key = "drain",                                                                  \
		  .value = "MS",                                                                   \
		  .initial = "1000",                                                               \
		  .help = "Wait so long after the last packet for those under way.",               \
		  .min = 0,                                                                        \
		  .max = 60000 },                                                                  \
		{ .key = "seed",                                                                   \
		  .value = "N",                                                                    \
		  .initial = "1",                                                                  \
		  .help = "Of what is random; the same number gives the same flows again.",        \
		  .min = 1,                                                                        \
		  .max = 1000000000 },                                                             \
		EAL_OPTIONS

struct traffic_config {
	const char *tx, *rx; /* lent by the options */
	struct flow_ranges ranges;
	struct flow_pattern pattern;
	struct sizes sizes;
	uint32_t n_flows;
	bool is_bidirectional, learns, has_latency;
	unsigned drain_ms, wait_s, seed;
	int cores[MAX_CORES];
	unsigned n_cores;
};

/* All but the sizes, which modes name differently.  0, or -1 with ST. */
int traffic_config_read(struct traffic_config *c, const struct conf *conf, struct status *st);
/* CPUs of the option "cores": how many, or -1 with ST. */
int cores_read(int cores[MAX_CORES], const struct conf *conf, struct status *st);
/* Start EAL as the options say, and warn if it has no huge pages. */
int eal_read_and_start(const struct conf *conf, struct status *st);

#endif
