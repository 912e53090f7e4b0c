/* weft-controller: the controller's program.  Options, and the one line that says why it could not
 * start. */

#include <stdlib.h>
#include "controller/daemon.h"
#include "lib/log.h"

static const struct conf_option options[] = {
	{ .key = "store",
	  .value = "KIND:PATH",
	  .initial = "sqlite:/var/lib/weft/weft.db",
	  .help = "Where resources are kept: sqlite:PATH, or mem: to forget them at the end." },
	{ .key = "openflow",
	  .value = "ADDRESS",
	  .initial = "tcp:127.0.0.1:6653",
	  .help = "Accept switches: tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH." },
	{ .key = "certificate",
	  .value = "FILE",
	  .help = "This controller's certificate for an ssl: address, PEM." },
	{ .key = "private-key",
	  .value = "FILE",
	  .help = "The certificate's private key, PEM without passphrase." },
	{ .key = "ca-certificate",
	  .value = "FILE",
	  .help = "The certificate that vouches for the switches', PEM." },
	{ .key = "grpc",
	  .value = "ADDRESS",
	  .initial = "127.0.0.1:50051",
	  .help = "Serve the API by gRPC: HOST:PORT or unix:PATH." },
	{ .key = "rest",
	  .value = "ADDRESS",
	  .initial = "127.0.0.1:8080",
	  .help = "Serve the API by REST, /openapi.json and /metrics: HOST:PORT or unix:PATH." },
	{ .key = "connection-log-rate",
	  .value = "NUMBER",
	  .initial = "1000",
	  .min = 0,
	  .max = 1000000,
	  .help = "Entries of the connection log, a second, of all projects together; 0: none." },
	{ .key = "ipfix-collector",
	  .value = "HOST:PORT",
	  .help = "Send the connection log there as well, as IPFIX by UDP (port 4739 as a rule)." },
	{ .key = "ipfix-domain",
	  .value = "NUMBER",
	  .initial = "1",
	  .min = 0,
	  .max = 4294967295,
	  .help = "Observation domain of the IPFIX messages." },
	{ .key = "log-level",
	  .value = "LEVEL",
	  .initial = "info",
	  .help = "error, warn, info or debug." },
	{ 0 },
};

static struct controller_daemon *start(const struct conf *conf, struct status *st)
{
	const char *level = conf_text(conf, "log-level");

	if (conf_n_words(conf)) {
		status_set(st, STATUS_INVALID_ARGUMENT, NULL,
			   "'%.64s' is no option; --help lists them", conf_word(conf, 0));
		return NULL;
	}
	if (log_set_level(level) >= 0)
		return controller_daemon_start(conf, st);
	status_set(st, STATUS_INVALID_ARGUMENT, "log-level",
		   "--log-level '%.20s': give error, warn, info or debug", level);
	return NULL;
}

int main(int argc, char **argv)
{
	struct controller_daemon *d = NULL;
	struct status st = STATUS_INIT;
	struct conf *conf;

	log_set_program("weft-controller");
	conf = conf_parse(argc, argv, options,
			  "The Weft controller: serves the API and programs the switches.", &st);
	if (conf)
		d = start(conf, &st);
	if (!d) {
		log_error("%s", st.message);
		conf_destroy(conf);
		return EXIT_FAILURE;
	}
	controller_daemon_run(d);
	log_info("stopping");
	controller_daemon_stop(d);
	conf_destroy(conf);
	return EXIT_SUCCESS;
}
