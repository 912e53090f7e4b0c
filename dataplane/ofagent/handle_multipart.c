#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/table_features.h"
#include "proto/openflow/numbers.h"

/* Multipart requests with short replies (OF 1.3.5 section 7.3.5): description, tables, ports.
 * Flows are in handle_flow_stats.c. */

static int handle_desc(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	conn_send(c, &(struct of_msg){ .kind = OF_DESC_REPLY,
				       .xid = m->xid,
				       .desc = { .mfr = "Weft",
						 .hw = "DPDK",
						 .sw = "weft-dataplane " WEFT_VERSION,
						 .serial = "",
						 .dp = c->dp->host } });
	return 0;
}

static const struct of_handler desc = { OF_DESC_REQUEST, .handle = handle_desc };
REGISTRY_ADD(of_handler, desc);

static int handle_table_stats(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct of_table_stats stats[TABLES_N];
	struct tables *t = c->dp->tables;

	(void)err;
	for (unsigned i = 0; i < TABLES_N; i++) {
		struct table_counter sum = counters_table_sum(tables_counters(t), i);

		stats[i] = (struct of_table_stats){
			.table_id = i,
			.active_count = tables_n_flows(t, i),
			.lookup_count = sum.n_lookups,
			.matched_count = sum.n_matched,
		};
	}
	conn_send(c, &(struct of_msg){ .kind = OF_TABLE_STATS_REPLY,
				       .xid = m->xid,
				       .table_stats_reply = { .n = TABLES_N, .stats = stats } });
	return 0;
}

static const struct of_handler table_stats = { OF_TABLE_STATS_REQUEST,
					       .handle = handle_table_stats };
REGISTRY_ADD(of_handler, table_stats);

/* A port's counters; those of a port that has just gone are zero. */
static struct of_port_stats port_stats_of(struct datapath *dp, uint32_t number)
{
	struct of_port_stats s = { 0 };

	dp->ops->port_stats(dp->arg, number, &s);
	s.port_no = number;
	return s;
}

static void send_port_stats(struct conn *c, uint32_t xid, const struct of_port *ports, unsigned n)
{
	struct of_port_stats *stats = xcalloc(n, sizeof(*stats));
	unsigned at = 0, part;

	for (unsigned i = 0; i < n; i++)
		stats[i] = port_stats_of(c->dp, ports[i].port_no);
	do {
		part = MIN_OF(n - at, OF_MAX_PORT_STATS_PER_REPLY);
		conn_send(c, &(struct of_msg){ .kind = OF_PORT_STATS_REPLY,
					       .xid = xid,
					       .port_stats_reply = { .more = at + part < n,
								     .n = part,
								     .stats = stats + at } });
		at += part;
	} while (at < n);
	free(stats);
}

static int handle_port_stats(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	uint32_t number = m->port_stats_request.port_no;
	const struct of_port *ports;
	unsigned n;

	if (number == OF_PORT_ANY) {
		ports = datapath_ports(c->dp, &n);
	} else {
		ports = datapath_port(c->dp, number);
		n = 1;
		if (!ports)
			return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_PORT);
	}
	send_port_stats(c, m->xid, ports, n);
	return 0;
}

static const struct of_handler port_stats = { OF_PORT_STATS_REQUEST, .handle = handle_port_stats };
REGISTRY_ADD(of_handler, port_stats);

static int handle_port_desc(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	unsigned n, at = 0, part;
	const struct of_port *ports = datapath_ports(c->dp, &n);

	(void)err;
	do {
		part = MIN_OF(n - at, OF_MAX_PORT_DESCS_PER_REPLY);
		conn_send(c, &(struct of_msg){ .kind = OF_PORT_DESC_REPLY,
					       .xid = m->xid,
					       .port_desc_reply = {
						       .more = at + part < n,
						       .n = part,
						       .ports = (struct of_port *)ports + at,
					       } });
		at += part;
	} while (at < n);
	return 0;
}

static const struct of_handler port_desc = { OF_PORT_DESC_REQUEST, .handle = handle_port_desc };
REGISTRY_ADD(of_handler, port_desc);

static const struct of_handler table_features = { OF_TABLE_FEATURES_REQUEST,
						  .handle = table_features_handle };
REGISTRY_ADD(of_handler, table_features);

static int handle_other(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)c;
	(void)m;
	return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_MULTIPART);
}

static const struct of_handler multipart_other = { OF_MULTIPART_OTHER, .handle = handle_other };
REGISTRY_ADD(of_handler, multipart_other);
