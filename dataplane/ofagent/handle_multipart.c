#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "proto/openflow/numbers.h"

/* Multipart requests with short replies (OF 1.3.5 section 7.3.5): description and tables'
 * counters. */

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

/* An experimenter's begins with its id and type. */
static int refuse_experimenter(const struct of_multipart_other *other, struct of_error *err)
{
	if (other->size < 8)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_LEN);
	return of_error_set(err, OFPET_BAD_REQUEST,
			    experimenter_is_known(load_be32(other->data))
				    ? OFPBRC_BAD_EXP_TYPE
				    : OFPBRC_BAD_EXPERIMENTER);
}

static int handle_other(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)c;
	if (m->multipart_other.type == OFPMP_EXPERIMENTER)
		return refuse_experimenter(&m->multipart_other, err);
	return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_MULTIPART);
}

static const struct of_handler multipart_other = { OF_MULTIPART_OTHER, .handle = handle_other };
REGISTRY_ADD(of_handler, multipart_other);
