#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/table/tlv_table.h"

/* The mapping of tunnel options to fields (Open vSwitch's nicira-ext.h, NXT_TLV_TABLE_MOD). */

static int handle_mod(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return tables_tlv_mod(c->dp->tables, &m->tlv_table, err);
}

static const struct of_handler mod = {
	OF_NX_TLV_TABLE_MOD,
	.is_write = true,
	.handle = handle_mod,
};
REGISTRY_ADD(of_handler, mod);

static int handle_request(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct of_msg reply = { .kind = OF_NX_TLV_TABLE_REPLY, .xid = m->xid };
	struct arena a = ARENA_INIT;

	(void)err;
	tables_tlv_describe(c->dp->tables, &a, &reply.tlv_table);
	conn_send(c, &reply);
	arena_clear(&a);
	return 0;
}

static const struct of_handler request = { OF_NX_TLV_TABLE_REQUEST, .handle = handle_request };
REGISTRY_ADD(of_handler, request);
