#include "dataplane/daemon.h"

#include <rte_cycles.h>
#include <stdlib.h>

#include "dataplane/conntrack_options.h"
#include "dataplane/ctl/ctl_ports.h"
#include "dataplane/ctl/port_describe.h"
#include "dataplane/ctl/server.h"
#include "dataplane/identity.h"
#include "dataplane/ofagent/datapath.h"
#include "dataplane/of_options.h"
#include "dataplane/ofagent/peers.h"
#include "dataplane/port/pool.h"
#include "dataplane/port_text.h"
#include "dataplane/worker/eal.h"
#include "dataplane/worker/worker.h"
#include "lib/log.h"
#include "lib/loop_uv.h"
#include "lib/stream_tls.h"

enum { DEFAULT_MEMORY_MB = 160, MAX_BUFFERS = 1 << 20 };

/* In the order in which they are made; daemon_stop() goes the other way. */
struct daemon {
	struct loop *loop;
	bool has_eal, has_pools;
	struct tables *tables;
	struct loop_waker *conntrack_waker;
	struct conntrack *conntrack;
	struct ports *ports;
	struct workers *workers;
	struct datapath *datapath;
	struct ctl_workers_ops workers_ops;
	struct tls *tls;
	struct peers *peers;
	struct ctl *ctl;
	struct ctl_server *server;
};

/* --- the datapath's way to workers and ports --- */

static uint64_t ops_publish(void *arg, const struct pipeline *p)
{
	return workers_publish(((struct daemon *)arg)->workers, p);
}

static uint64_t ops_token(void *arg)
{
	return workers_token(((struct daemon *)arg)->workers);
}

static void ops_when_seen(void *arg, uint64_t token, void (*cb)(void *cb_arg), void *cb_arg)
{
	workers_when_seen(((struct daemon *)arg)->workers, token, cb, cb_arg);
}

static int ops_inject(void *arg, const void *data, size_t size, uint32_t in_port,
		      struct action_program *program)
{
	return workers_inject(((struct daemon *)arg)->workers, data, size, in_port, program);
}

static int ops_port_stats(void *arg, uint32_t number, struct of_port_stats *out)
{
	struct daemon *d = arg;
	struct port *port = ports_find_number(d->ports, number);
	struct port_stats stats;
	struct port_info info;

	if (!port)
		return -1;
	port_info_get(port, &info);
	port_stats_get(port, &stats);
	port_describe_stats(&info, &stats, loop_now_ns(d->loop), out);
	return 0;
}

static bool ops_queue_at(void *arg, uint32_t number, unsigned i, struct of_queue_desc *desc,
			 struct of_queue_stats *out)
{
	struct daemon *d = arg;
	struct port *port = ports_find_number(d->ports, number);
	struct port_queue_stats stats;
	struct port_queue_info queue;
	struct port_info info;

	if (!port || i >= port_n_queues(port))
		return false;
	port_info_get(port, &info);
	port_queue_info_get(port, i, &queue);
	port_queue_stats_get(port, i, &stats);
	port_describe_queue(&info, &queue, &stats, loop_now_ns(d->loop), desc, out);
	return true;
}

static void ops_manage(void *arg, const uint8_t *req, size_t size, datapath_reply_fn *reply,
		       void *reply_arg)
{
	ctl_request(((struct daemon *)arg)->ctl, req, size, reply, reply_arg);
}

static const struct datapath_ops datapath_ops = {
	.publish = ops_publish,
	.token = ops_token,
	.when_seen = ops_when_seen,
	.inject = ops_inject,
	.port_stats = ops_port_stats,
	.queue_at = ops_queue_at,
	.manage = ops_manage,
};

static void on_punt(void *arg, const struct workers_punt *punt)
{
	struct daemon *d = arg;

	/* Workers run before there is a datapath, and until after it has gone. */
	if (d->datapath)
		datapath_punt(d->datapath, punt->why, punt->data, punt->size, punt->total_size);
}

static void on_effect(void *arg, const struct pipeline_effect *e)
{
	struct daemon *d = arg;

	if (d->datapath)
		datapath_effect(d->datapath, e);
}

static void on_port_event(void *arg, enum port_event event, const struct port_info *info)
{
	struct daemon *d = arg;
	struct of_port port = { 0 };

	if (!d->datapath)
		return;
	port_describe(info, &port);
	switch (event) {
	case PORT_ADDED:
		datapath_port_add(d->datapath, &port);
		break;
	case PORT_CHANGED:
		datapath_port_change(d->datapath, &port);
		break;
	case PORT_REMOVED:
		datapath_port_remove(d->datapath, info->number);
		break;
	}
}

static void on_connections(void *arg)
{
	struct daemon *d = arg;

	if (d->datapath)
		datapath_conntrack_wake(d->datapath);
}

/* On any thread. */
static void wake_conntrack(void *arg)
{
	loop_wake(arg);
}

/* --- starting, part by part --- */

/* The buffers grow with the memory; at the default they take about half of it. */
static int start_pools(unsigned memory_mb, struct status *st)
{
	uint64_t n_small = (uint64_t)POOL_N_SMALL * memory_mb / DEFAULT_MEMORY_MB;
	uint64_t n_large = (uint64_t)POOL_N_LARGE * memory_mb / DEFAULT_MEMORY_MB;

	return pool_start(MIN_OF(n_small, MAX_BUFFERS), MIN_OF(n_large, MAX_BUFFERS), st);
}

/* Ports' sockets lie beside the management socket. */
static void set_directory(struct ports *ports, const char *socket)
{
	char *path = xstrdup(socket), *slash = strrchr(path, '/');

	if (path[0] == '/' && slash > path) {
		*slash = '\0';
		ports_set_directory(ports, path);
	}
	free(path);
}

static int start_conntrack(struct daemon *d, const struct conf *conf, struct status *st)
{
	d->conntrack_waker = loop_waker_create(d->loop, on_connections, d);
	d->conntrack = conntrack_options_create(conf, wake_conntrack, d->conntrack_waker, st);
	return d->conntrack ? 0 : -1;
}

static int start_workers(struct daemon *d, const struct conf *conf, struct status *st)
{
	struct eal_config eal = {
		.program = "weft-dataplane",
		.args = conf_text(conf, "eal"),
		.memory_mb = conf_number(conf, "memory"),
	};
	struct workers_config config = {
		.loop = d->loop,
		.on_punt = on_punt,
		.on_effect = on_effect,
		.arg = d,
	};
	int cpus[WORKERS_MAX], n;

	n = cpus_parse(conf_text(conf, "workers"), cpus, WORKERS_MAX, st);
	if (n < 0 ||
	    flow_cache_mode_parse(conf_text(conf, "flow-cache"), &config.flow_cache, st) < 0)
		return -1;
	cpus_leave(cpus, n); /* before there are other threads, which inherit it */
	if (eal_start(&eal, st) < 0)
		return -1;
	d->has_eal = true;
	if (start_pools(eal.memory_mb, st) < 0)
		return -1;
	d->has_pools = true;
	d->tables = tables_create(&(struct tables_limits){ 0 });
	tables_use_conntrack(d->tables, d->conntrack);
	d->ports = ports_create(d->loop, n);
	set_directory(d->ports, conf_text(conf, "socket"));
	ports_listen(d->ports, on_port_event, d);
	config.ports = d->ports;
	config.tables = d->tables;
	config.cpus = cpus;
	config.n = n;
	d->workers = workers_create(&config, st);
	return d->workers ? 0 : -1;
}

static int start_datapath(struct daemon *d, const struct conf *conf, struct status *st)
{
	const char *id_text = conf_text(conf, "datapath-id");
	uint32_t versions = of_options_versions(conf_text(conf, "of-versions"), st);
	uint64_t id = identity_datapath_id();
	char host[256];

	if (!versions || of_options_budget(conf, d->tables, st) < 0)
		return -1;
	if (id_text && identity_parse(id_text, &id, st) < 0)
		return -1;
	identity_host(host, sizeof(host));
	d->datapath = datapath_create(&(struct datapath_config){
		.loop = d->loop,
		.datapath_id = id,
		.host = host,
		.ops = &datapath_ops,
		.arg = d,
		.tables = d->tables,
		.conntrack = d->conntrack,
		.versions = versions,
		.throttle = of_options_throttle(conf),
	});
	return 0;
}

static int start_ports(struct daemon *d, const struct conf *conf, struct status *st)
{
	for (size_t i = 0; i < conf_count(conf, "port"); i++) {
		struct port_text text;
		struct port *port;

		if (port_text_parse(&text, conf_at(conf, "port", i), st) < 0)
			return -1;
		port = ports_add(d->ports, &text.request, st);
		port_text_fini(&text);
		if (!port)
			return -1;
	}
	return 0;
}

static int start_tls(struct daemon *d, const struct conf *conf, struct status *st)
{
	const struct tls_config config = {
		.certificate = conf_text(conf, "certificate"),
		.private_key = conf_text(conf, "private-key"),
		.ca_certificate = conf_text(conf, "ca-certificate"),
	};

	if (!config.certificate && !config.private_key && !config.ca_certificate)
		return 0;
	d->tls = tls_create(&config, st);
	return d->tls ? 0 : -1;
}

static int start_peers(struct daemon *d, const struct conf *conf, struct status *st)
{
	if (start_tls(d, conf, st) < 0)
		return -1;
	d->peers = peers_create(d->loop, d->datapath);
	peers_set_tls(d->peers, d->tls);
	peers_set_auxiliary(d->peers, conf_number(conf, "auxiliary-connections"));
	for (size_t i = 0; i < conf_count(conf, "listen"); i++) {
		const char *address = conf_at(conf, "listen", i);

		if (strcmp(address, "none") != 0 && peers_listen(d->peers, address, st) < 0)
			return -1;
	}
	for (size_t i = 0; i < conf_count(conf, "controller"); i++) {
		const char *address = conf_at(conf, "controller", i);

		if (strcmp(address, "none") != 0 && peers_dial(d->peers, address, st) < 0)
			return -1;
	}
	return 0;
}

static int start_management(struct daemon *d, const struct conf *conf, struct status *st)
{
	d->workers_ops = ctl_workers_ops(rte_get_tsc_hz());
	d->ctl = ctl_create(&(struct ctl_config){
		.loop = d->loop,
		.datapath = d->datapath,
		.ports = &ctl_ports_ops,
		.ports_arg = d->ports,
		.workers = &d->workers_ops,
		.workers_arg = d->workers,
		.has_huge_pages = eal_has_huge_pages(),
		.peers = d->peers,
	});
	d->server = ctl_server_create(d->loop, d->ctl, conf_text(conf, "socket"), st);
	return d->server ? 0 : -1;
}

struct daemon *daemon_start(const struct conf *conf, struct status *st)
{
	struct daemon *d = xcalloc(1, sizeof(*d));

	d->loop = loop_uv_create();
	if (start_conntrack(d, conf, st) < 0 || start_workers(d, conf, st) < 0 ||
	    start_datapath(d, conf, st) < 0 || start_peers(d, conf, st) < 0 ||
	    start_management(d, conf, st) < 0 || start_ports(d, conf, st) < 0) {
		daemon_stop(d);
		return NULL;
	}
	log_info("datapath %016llx is up: %u worker%s, %s huge pages, management on %s",
		 (unsigned long long)datapath_id(d->datapath), workers_count(d->workers),
		 workers_count(d->workers) == 1 ? "" : "s",
		 eal_has_huge_pages() ? "with" : "without", conf_text(conf, "socket"));
	return d;
}

void daemon_run(struct daemon *d)
{
	loop_uv_run(d->loop);
}

void daemon_stop(struct daemon *d)
{
	struct datapath *datapath;

	if (!d)
		return;
	ctl_server_destroy(d->server);
	peers_destroy(d->peers);
	tls_destroy(d->tls);
	if (d->workers)
		workers_destroy(d->workers);
	datapath = d->datapath;
	d->datapath = NULL;
	datapath_destroy(datapath);
	if (d->ports)
		ports_destroy(d->ports);
	ctl_destroy(d->ctl);
	conntrack_destroy(d->conntrack);
	if (d->conntrack_waker)
		loop_waker_destroy(d->conntrack_waker);
	tables_destroy(d->tables);
	if (d->has_pools)
		pool_stop();
	if (d->has_eal)
		eal_stop();
	loop_uv_destroy(d->loop);
	free(d);
}
