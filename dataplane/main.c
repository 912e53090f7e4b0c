/* weft-dataplane: the switch's program.  Options, and the one line that says why it could not
 * start. */

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/daemon.h"
#include "lib/log.h"

static const struct conf_option options[] = {
	{ .key = "listen",
	  .value = "ADDRESS",
	  .initial = "tcp:127.0.0.1:6654",
	  .help = "Accept OpenFlow connections: tcp:HOST:PORT, ssl:HOST:PORT, unix:PATH or none.",
	  .is_list = true },
	{ .key = "controller",
	  .value = "ADDRESS",
	  .initial = "tcp:127.0.0.1:6653",
	  .help = "Dial this OpenFlow controller: tcp:HOST:PORT, ssl:HOST:PORT, unix:PATH or none.",
	  .is_list = true },
	{ .key = "of-versions",
	  .value = "VERSIONS",
	  .initial = "1.3,1.4,1.5",
	  .help = "Versions of OpenFlow to speak: 1.3, 1.4, 1.5 or several with commas between." },
	{ .key = "certificate",
	  .value = "FILE",
	  .help = "This switch's certificate for ssl: addresses, PEM." },
	{ .key = "private-key",
	  .value = "FILE",
	  .help = "The certificate's private key, PEM without passphrase." },
	{ .key = "ca-certificate",
	  .value = "FILE",
	  .help = "The certificate that vouches for the controllers', PEM." },
	{ .key = "auxiliary-connections",
	  .value = "N",
	  .initial = "0",
	  .help = "Auxiliary connections to each controller that is dialled, 0 to 8.",
	  .max = 8 },
	{ .key = "packet-in-rate",
	  .value = "RATE",
	  .initial = "1000",
	  .help = "Packets per second to the controllers of each port and reason, 0 (no limit) to "
		  "10000000.",
	  .max = 10000000 },
	{ .key = "packet-in-burst",
	  .value = "N",
	  .initial = "500",
	  .help = "Packets at once to the controllers of each port and reason, 1 to 1000000.",
	  .min = 1,
	  .max = 1000000 },
	{ .key = "packet-in-total-rate",
	  .value = "RATE",
	  .initial = "10000",
	  .help = "Packets per second to the controllers of all ports, 0 (no limit) to 10000000.",
	  .max = 10000000 },
	{ .key = "cycle-budget",
	  .value = "CYCLES",
	  .initial = "0",
	  .help = "Cycles that looking a packet up in all tables on its way may cost, 0 (no limit) "
		  "to "
		  "1000000.",
	  .max = 1000000 },
	{ .key = "over-budget",
	  .value = "POLICY",
	  .initial = "warn",
	  .help = "What to do with flows that would exceed it: warn or refuse." },
	{ .key = "max-connections",
	  .value = "N",
	  .initial = "1048576",
	  .help = "Connections that are tracked at most, 1 to 67108864; some 192 bytes each, taken "
		  "when they are made.",
	  .min = 1,
	  .max = 67108864 },
	{ .key = "connections-per-zone",
	  .value = "N",
	  .initial = "0",
	  .help = "Connections of each zone that has no limit of its own, 0 (no limit) to "
		  "67108864.",
	  .max = 67108864 },
	{ .key = "connection-timeout",
	  .value = "STATE=SECONDS",
	  .help = "How long a connection in this state is remembered without a packet, 1 to "
		  "31536000 seconds: `weft switch conntrack timeouts` lists states.",
	  .is_list = true },
	{ .key = "tcp-strict",
	  .help = "A TCP packet from the middle of a connection that is not known begins none: it "
		  "is invalid." },
	{ .key = "tcp-liberal",
	  .help = "TCP packets outside of the window are not invalid, unless they are resets." },
	{ .key = "socket",
	  .value = "PATH",
	  .initial = "/run/weft/dataplane.sock",
	  .help = "Unix socket for management, which only its owner may open." },
	{ .key = "datapath-id",
	  .value = "HEX",
	  .help = "Datapath id, 1 to 16 hexadecimal digits; made from /etc/machine-id if not "
		  "given." },
	{ .key = "workers",
	  .value = "CORES",
	  .initial = "last",
	  .help = "CPUs that forward, one thread on each: 1 or 0,2-3; last: the last CPU it may "
		  "use; any: one thread on whatever CPU is free" },
	{ .key = "flow-cache",
	  .value = "MODE",
	  .initial = "auto",
	  .help = "Remember the ways of flows through the tables: auto (while that is faster), off "
		  "or on." },
	{ .key = "port",
	  .value = "KEY=VALUE,...",
	  .help = "Add a port at start: name=NAME,type=TYPE[,number=N][,OPTION=VALUE]...",
	  .is_list = true },
	{ .key = "memory",
	  .value = "MB",
	  .initial = "160",
	  .help = "Memory for packet buffers and drivers in MiB, 64 to 1048576.",
	  .min = 64,
	  .max = 1048576 },
	{ .key = "eal",
	  .value = "ARGS",
	  .help = "Arguments for DPDK, separated by blanks: \"-d driver.so --vdev net_x\"." },
	{ .key = "log-level",
	  .value = "LEVEL",
	  .initial = "info",
	  .help = "error, warn, info or debug." },
	{ 0 },
};

static struct daemon *start(const struct conf *conf, struct status *st)
{
	if (conf_n_words(conf)) {
		status_set(st, STATUS_INVALID_ARGUMENT, NULL,
			   "'%.64s' is no option; --help lists them", conf_word(conf, 0));
		return NULL;
	}
	if (log_set_level(conf_text(conf, "log-level")) < 0) {
		status_set(st, STATUS_INVALID_ARGUMENT, "log-level",
			   "--log-level '%.20s': give error, warn, info or debug",
			   conf_text(conf, "log-level"));
		return NULL;
	}
	if (geteuid() != 0) {
		status_set(
			st, STATUS_PERMISSION_DENIED, NULL,
			"weft-dataplane opens network devices and must run as root: use sudo, or "
			"the systemd unit");
		return NULL;
	}
	return daemon_start(conf, st);
}

/* Memory that goes back to the system interrupts every worker, whose address translations have to
 * be flushed; so the control thread's comings and goings stay within the heap. */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
}

int main(int argc, char **argv)
{
	struct status st = STATUS_INIT;
	struct daemon *d = NULL;
	struct conf *conf;

	keep_memory();
	log_set_program("weft-dataplane");
	conf = conf_parse(argc, argv, options,
			  "The Weft switch: forwards packets by OpenFlow tables.", &st);
	if (conf)
		d = start(conf, &st);
	if (!d) {
		log_error("%s", st.message);
		conf_destroy(conf);
		return EXIT_FAILURE;
	}
	daemon_run(d);
	log_info("stopping");
	daemon_stop(d);
	conf_destroy(conf);
	return EXIT_SUCCESS;
}
