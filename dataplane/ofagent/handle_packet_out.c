#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/packet_out.h"
#include "dataplane/table/group_mod.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

#define ETHERNET_HEADER 14

/* OFPP_ANY stands for "none", which some controllers send. */
static bool is_origin(const struct datapath *dp, uint32_t number)
{
	return number == OF_PORT_CONTROLLER || number == OF_PORT_ANY || number == OF_PORT_LOCAL ||
	       datapath_port(dp, number);
}

static int check(const struct datapath *dp, const struct of_packet_out *po, struct of_error *err)
{
	if (po->buffer_id != OF_NO_BUFFER)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BUFFER_UNKNOWN);
	if (!is_origin(dp, po->in_port))
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_PORT);
	if (po->size < ETHERNET_HEADER)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_PACKET);
	/* A packet comes with its bytes and its port alone (1.5 would let it have registers too).
	 */
	if (po->match.n)
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_FIELD);
	return 0;
}

struct action_program *packet_out_compile(struct datapath *dp, const struct of_packet_out *po,
					  struct of_error *err)
{
	const struct action_env env = {
		.refs = tables_refs(dp->tables),
		.is_packet_out = true,
		.n_tables = TABLES_N,
	};

	if (check(dp, po, err) < 0)
		return NULL;
	return action_compile(&po->actions, &env, err);
}

void packet_out_send(struct conn *c, const struct of_packet_out *po, struct action_program *program)
{
	struct datapath *dp = c->dp;

	datapath_current(dp);
	/* Too many at once are lost, as packets are; that is no error in the request. */
	if (dp->ops->inject(dp->arg, po->data, po->size, po->in_port, program) < 0)
		log_warn("%s: packet-outs come faster than they can be sent; one was dropped",
			 c->peer);
}

static int handle_packet_out(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct action_program *program = packet_out_compile(c->dp, &m->packet_out, err);

	if (!program)
		return -1;
	packet_out_send(c, &m->packet_out, program);
	return 0;
}

static const struct of_handler packet_out = {
	OF_PACKET_OUT,
	.is_write = true,
	.handle = handle_packet_out,
};
REGISTRY_ADD(of_handler, packet_out);
