#include "controller/daemon.h"

#include <stdlib.h>
#include "api/h2rpc/server.h"
#include "api/metrics.h"
#include "api/reflection.h"
#include "api/rest/server.h"
#include "controller/connlog/ipfix_exporter.h"
#include "controller/controller.h"
#include "lib/log.h"
#include "lib/loop_uv.h"
#include "lib/stream_tls.h"
#include "lib/stream_uv.h"

struct controller_daemon {
	struct loop *loop;
	struct rng rng;
	struct ovsdb_uv *ovsdb;
	struct controller *controller;
	struct ipfix_exporter *ipfix;
	struct reflection *reflection;
	struct rpc_server *grpc;
	struct rest_server *rest;
	struct tls *tls;
	bool is_secure; /* switches come by TLS */
	struct stream_listener *openflow;
};

/* The address that option KEY gives; -1: ST names the option. */
static int option_address(const struct conf *conf, const char *key, struct addr *addr,
			  struct status *st)
{
	struct status why = STATUS_INIT;

	if (addr_parse(addr, conf_text(conf, key), key, &why) == 0)
		return 0;
	return status_set(st, why.code, key, "--%s: %s", key, why.message);
}

static int listen_api(struct controller_daemon *d, const struct conf *conf, struct status *st)
{
	struct api_dispatch *dispatch = controller_dispatch(d->controller);
	struct rest_limits limits = REST_LIMITS_DEFAULT;
	struct addr grpc, rest;

	if (option_address(conf, "grpc", &grpc, st) != 0 ||
	    option_address(conf, "rest", &rest, st) != 0)
		return -1;
	d->reflection = reflection_create(dispatch);
	d->grpc = rpc_server_create(d->loop, dispatch, &grpc, "grpc", st);
	if (!d->grpc)
		return -1;
	d->rest = rest_server_create(d->loop, dispatch, &rest, "rest", "Weft", &limits, st);
	return d->rest ? 0 : -1;
}

static int start_tls(struct controller_daemon *d, const struct conf *conf, struct status *st)
{
	const struct tls_config config = {
		.certificate = conf_text(conf, "certificate"),
		.private_key = conf_text(conf, "private-key"),
		.ca_certificate = conf_text(conf, "ca-certificate"),
	};

	if (!config.certificate && !config.private_key && !config.ca_certificate && !d->is_secure)
		return 0;
	d->tls = tls_create(&config, st);
	return d->tls ? 0 : -1;
}

static void on_switch(void *arg, struct stream *s)
{
	struct controller_daemon *d = arg;

	controller_accept(d->controller,
			  d->is_secure ? stream_tls_wrap(d->tls, d->loop, s, true) : s);
}

/* Switches last: they are served from the first moment. */
static int listen_openflow(struct controller_daemon *d, const struct conf *conf, struct status *st)
{
	const char *text = conf_text(conf, "openflow");
	struct status why = STATUS_INIT;
	struct addr addr;

	if (addr_parse_tls(&addr, text, "openflow", &why) < 0)
		return status_set(st, why.code, "openflow", "--openflow: %s", why.message);
	d->is_secure = addr.is_tls;
	if (start_tls(d, conf, st) < 0)
		return -1;
	d->openflow = stream_listen(d->loop, &addr, "openflow", on_switch, d, st);
	return d->openflow ? 0 : -1;
}

static void count_ipfix(struct metrics_out *out, void *arg)
{
	struct controller_daemon *d = arg;
	struct ipfix_counters n = ipfix_exporter_counters(d->ipfix);

	metrics_family(out, "weft_ipfix_messages_total", METRIC_COUNTER,
		       "Messages to the collector, and those that could not be sent.");
	metrics_sample(out, "", n.n_sent, "result", "sent", NULL);
	metrics_sample(out, "", n.n_lost, "result", "lost", NULL);
}

static int start_ipfix(struct controller_daemon *d, const struct conf *conf, struct status *st)
{
	struct addr collector;

	if (!conf_text(conf, "ipfix-collector"))
		return 0;
	if (option_address(conf, "ipfix-collector", &collector, st) != 0)
		return -1;
	d->ipfix = ipfix_exporter_create(d->loop, controller_connlog(d->controller), &collector,
					 conf_number(conf, "ipfix-domain"), st);
	if (!d->ipfix)
		return -1;
	metrics_add_collector(api_dispatch_metrics(controller_dispatch(d->controller)), count_ipfix,
			      d);
	return 0;
}

static int start(struct controller_daemon *d, const struct conf *conf, struct status *st)
{
	struct controller_options options = { .timing = SOUTHBOUND_TIMING_DEFAULT };

	options.loop = d->loop;
	options.rng = &d->rng;
	options.connection_log_rate = conf_number(conf, "connection-log-rate");
	options.dialer = ovsdb_uv_dialer(d->ovsdb);
	options.store = store_open(conf_text(conf, "store"), d->loop, NULL, st);
	if (!options.store)
		return -1;
	d->controller = controller_create(&options, st);
	if (!d->controller)
		return -1;
	if (start_ipfix(d, conf, st) < 0 || listen_api(d, conf, st) < 0)
		return -1;
	return listen_openflow(d, conf, st);
}

struct controller_daemon *controller_daemon_start(const struct conf *conf, struct status *st)
{
	struct controller_daemon *d = xcalloc(1, sizeof(*d));

	d->loop = loop_uv_create();
	if (!d->loop) {
		status_set(st, STATUS_RESOURCE_EXHAUSTED, NULL,
			   "cannot start: no more files may be opened; raise `ulimit -n`");
		free(d);
		return NULL;
	}
	rng_seed_from_system(&d->rng);
	d->ovsdb = ovsdb_uv_create(d->loop);
	if (start(d, conf, st) == 0) {
		log_info("serving: store %s, OpenFlow %s, gRPC %s, REST %s",
			 conf_text(conf, "store"), conf_text(conf, "openflow"),
			 conf_text(conf, "grpc"), conf_text(conf, "rest"));
		return d;
	}
	controller_daemon_stop(d);
	return NULL;
}

void controller_daemon_run(struct controller_daemon *d)
{
	loop_uv_run(d->loop);
}

void controller_daemon_stop(struct controller_daemon *d)
{
	if (!d)
		return;
	stream_listener_close(d->openflow);
	rest_server_destroy(d->rest);
	rpc_server_destroy(d->grpc);
	ipfix_exporter_destroy(d->ipfix);
	controller_destroy(d->controller);
	tls_destroy(d->tls);
	reflection_destroy(d->reflection);
	ovsdb_uv_destroy(d->ovsdb);
	loop_uv_destroy(d->loop);
	free(d);
}
