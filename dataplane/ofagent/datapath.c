#include "dataplane/ofagent/datapath.h"

#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/snoop.h"
#include "dataplane/ofagent/table_features.h"

static void on_reap(struct timer *t, void *arg)
{
	(void)t;
	conn_reap(arg);
}

struct datapath *datapath_create(const struct datapath_config *config)
{
	struct datapath *dp = xcalloc(1, sizeof(*dp));

	dp->loop = config->loop;
	dp->ops = config->ops;
	dp->arg = config->arg;
	dp->id = config->datapath_id;
	dp->host = xstrdup(config->host ? config->host : "");
	dp->started_ns = loop_now_ns(dp->loop);
	dp->tables = config->tables;
	dp->conntrack = config->conntrack;
	dp->versions = config->versions ? config->versions : DATAPATH_VERSIONS;
	list_init(&dp->conns);
	list_init(&dp->dead);
	timer_init(&dp->reap, on_reap, dp);
	dp->throttle = throttle_create(dp->loop, &config->throttle, async_packet_in, dp);
	dp->table_settings = table_settings_create();
	datapath_tables_init(dp);
	datapath_expiry_init(dp);
	datapath_conntrack_init(dp);
	datapath_publish_init(dp);
	return dp;
}

void datapath_destroy(struct datapath *dp)
{
	struct conn *c;

	if (!dp)
		return;
	while ((c = conn_next(dp, NULL)))
		conn_destroy(c);
	conn_reap(dp);
	snoop_stop(dp);
	timer_cancel(dp->loop, &dp->reap);
	timer_cancel(dp->loop, &dp->expiry);
	timer_cancel(dp->loop, &dp->tend);
	throttle_destroy(dp->throttle);
	datapath_publish_fini(dp);
	tables_on_removed(dp->tables, NULL, NULL);
	datapath_tables_fini(dp);
	monitors_detach(dp);
	table_settings_destroy(dp->table_settings);
	buf_fini(&dp->scratch);
	free(dp->ports);
	free(dp->host);
	free(dp);
}

struct tables *datapath_tables(struct datapath *dp)
{
	return dp->tables;
}

uint64_t datapath_id(const struct datapath *dp)
{
	return dp->id;
}

const char *datapath_host(const struct datapath *dp)
{
	return dp->host;
}

uint64_t datapath_uptime_ns(const struct datapath *dp)
{
	return loop_now_ns(dp->loop) - dp->started_ns;
}

uint64_t datapath_n_throttled(const struct datapath *dp, uint32_t port_no)
{
	return throttle_n_dropped(dp->throttle, port_no);
}

uint64_t datapath_n_left_out(const struct datapath *dp)
{
	return dp->n_left_out;
}

uint64_t datapath_n_flows(const struct datapath *dp)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < TABLES_N; i++)
		n += tables_n_flows(dp->tables, i);
	return n;
}
