#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/table/fragments.h"
#include "proto/openflow/numbers.h"

#include <openflow/openflow-1.1.h>
#include <openflow/openflow-1.3.h>

/* Features, configuration, and the experimenter messages nobody knows. */

/* Capabilities that <openflow/> does not name (OF 1.5.1 section 7.3.1). */
#define CAPABLE_OF_BUNDLES	   (1u << 9)
#define CAPABLE_OF_FLOW_MONITORING (1u << 10)

static uint32_t capabilities(uint8_t version)
{
	uint32_t all = OFPC_FLOW_STATS | OFPC_TABLE_STATS | OFPC_PORT_STATS | OFPC11_GROUP_STATS |
		       OFPC_QUEUE_STATS;

	if (version >= OF_VERSION_1_5)
		all |= CAPABLE_OF_BUNDLES | CAPABLE_OF_FLOW_MONITORING;
	return all;
}

static int handle_features(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	conn_send(c, &(struct of_msg){ .kind = OF_FEATURES_REPLY,
				       .xid = m->xid,
				       .features_reply = {
					       .datapath_id = c->dp->id,
					       .n_tables = TABLES_N,
					       .auxiliary_id = c->auxiliary_id,
					       .capabilities = capabilities(c->version),
				       } });
	return 0;
}

static const struct of_handler features = { OF_FEATURES_REQUEST, .handle = handle_features };
REGISTRY_ADD(of_handler, features);

static int handle_get_config(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct of_switch_config config = conn_main(c)->config;

	(void)err;
	if (tables_drop_fragments(datapath_tables(c->dp)))
		config.flags = OFPC_FRAG_DROP;
	conn_send(c, &(struct of_msg){ .kind = OF_GET_CONFIG_REPLY,
				       .xid = m->xid,
				       .config = config });
	return 0;
}

static const struct of_handler get_config = { OF_GET_CONFIG_REQUEST, .handle = handle_get_config };
REGISTRY_ADD(of_handler, get_config);

/* miss_send_len is the connection's own, so a slave may set it; what becomes of fragments concerns
 * all, so it has no say in that.  Fragments are not reassembled. */
static int handle_set_config(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	bool drops = m->config.flags == OFPC_FRAG_DROP;

	if (m->config.flags != OFPC_FRAG_NORMAL && !drops)
		return of_error_set(err, OFPET_SWITCH_CONFIG_FAILED, OFPSCFC_BAD_FLAGS);
	if (conn_main(c)->role == OF_ROLE_SLAVE) {
		if (drops)
			return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
	} else if (drops != tables_drop_fragments(datapath_tables(c->dp))) {
		tables_set_drop_fragments(datapath_tables(c->dp), drops);
		datapath_changed(c->dp);
	}
	conn_main(c)->config = (struct of_switch_config){ .flags = OFPC_FRAG_NORMAL,
							  .miss_send_len = m->config.miss_send_len };
	return 0;
}

static const struct of_handler set_config = { OF_SET_CONFIG, .handle = handle_set_config };
REGISTRY_ADD(of_handler, set_config);

bool experimenter_is_known(uint32_t id)
{
	return id == OF_ONF_ID || id == OF_NICIRA_ID || id == OF_WEFT_ID;
}

/* Those whose type is known have handlers of their own. */
static int handle_experimenter(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	const bool is_known = experimenter_is_known(m->experimenter.experimenter);

	(void)c;
	return of_error_set(err, OFPET_BAD_REQUEST,
			    is_known ? OFPBRC_BAD_EXP_TYPE : OFPBRC_BAD_EXPERIMENTER);
}

static const struct of_handler experimenter = { OF_EXPERIMENTER, .handle = handle_experimenter };
REGISTRY_ADD(of_handler, experimenter);
