#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

/* Packet-out (OF 1.3.5 section 7.3.7).  The actions are compiled, and so judged, here; a worker
 * runs them, after the flow-mods that came before. */

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
	return 0;
}

static int handle_packet_out(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	static const struct action_env env = { .is_packet_out = true, .n_tables = TABLES_N };
	const struct of_packet_out *po = &m->packet_out;
	struct action_program *program;
	struct datapath *dp = c->dp;

	if (check(dp, po, err) < 0)
		return -1;
	program = action_compile(&po->actions, &env, err);
	if (!program)
		return -1;
	datapath_current(dp);
	/* Too many at once are lost, as packets are; that is no error in the request. */
	if (dp->ops->inject(dp->arg, po->data, po->size, po->in_port, program) < 0)
		log_warn("%s: packet-outs come faster than they can be sent; one was dropped",
			 c->peer);
	return 0;
}

static const struct of_handler packet_out = {
	OF_PACKET_OUT,
	.is_write = true,
	.handle = handle_packet_out,
};
REGISTRY_ADD(of_handler, packet_out);
