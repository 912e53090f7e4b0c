#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/listing.h"
#include "dataplane/table/table_config.h"
#include "proto/openflow/numbers.h"

/* Tables as a whole: table-mod, their description and counters (OF 1.4.1
 * sections 7.3.4.3, 7.3.5.17, OF 1.3.5 section 7.3.5.4), and the warning that one is getting full.
 */

static int handle_table_mod(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return tables_table_mod(c->dp->tables, &m->table_mod, err);
}

static const struct of_handler table_mod = {
	OF_TABLE_MOD,
	.is_write = true,
	.handle = handle_table_mod,
};
REGISTRY_ADD(of_handler, table_mod);

static uint64_t fill_desc(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			  void *entry)
{
	(void)a, (void)only;
	if (from >= TABLES_N)
		return UINT64_MAX;
	tables_table_desc(c->dp->tables, from, entry);
	return from;
}

static const struct listing_class desc_listing = {
	OF_TABLE_DESC_REPLY,
	sizeof(struct of_table_desc),
	fill_desc,
};

static int handle_desc(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	listing_start(c, m->xid, &desc_listing, 0, TABLES_N, 0);
	return 0;
}

static const struct of_handler table_desc_request = { OF_TABLE_DESC_REQUEST,
						      .handle = handle_desc };
REGISTRY_ADD(of_handler, table_desc_request);

static void on_vacancy(void *ctx, uint8_t table_id, uint8_t reason)
{
	struct datapath *dp = ctx;
	struct of_table_status ts = { .reason = reason };

	tables_table_desc(dp->tables, table_id, &ts.table);
	async_table_status(dp, &ts);
}

void datapath_tables_init(struct datapath *dp)
{
	tables_on_vacancy(dp->tables, on_vacancy, dp);
}

void datapath_tables_fini(struct datapath *dp)
{
	tables_on_vacancy(dp->tables, NULL, NULL);
}
