#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/packet_out.h"
#include "dataplane/packet/key_fields.h"
#include "dataplane/table/group_mod.h"
#include "lib/log.h"
#include "proto/openflow/action_set_field.h"
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
	return 0;
}

/* Since 1.5 a packet may come with what the pipeline knows of packets (OF 1.5.1 section 7.3.6): 0,
 * when ACTS has got an action that sets field F. */
static int add_field(const struct of_packet_out *po, const struct of_field_match *f,
		     struct arena *a, struct of_actions *acts, struct of_error *err)
{
	switch (f->id) {
	case OF_FIELD_IN_PHY_PORT: /* no port is made of others */
		if (load_be32(f->value) == po->in_port)
			return 0;
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_VALUE);
	case OF_FIELD_PACKET_TYPE:
		if (!load_be32(f->value)) /* Ethernet */
			return 0;
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_VALUE);
	default:
		break;
	}
	if (key_place(f->id)->depth != PARSE_NOTHING || !key_place(f->id)->size ||
	    !of_field(f->id)->is_settable)
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_FIELD);
	of_actions_add(a, acts, &of_action_set_field(a, f->id, f->value)->base);
	return 0;
}

/* To be done to the packet: set its fields, then what is asked for. */
static int all_actions(const struct of_packet_out *po, struct arena *a, struct of_actions *acts,
		       struct of_error *err)
{
	for (unsigned i = 0; i < po->match.n; i++) {
		if (add_field(po, &po->match.fields[i], a, acts, err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < po->actions.n; i++)
		of_actions_add(a, acts, po->actions.list[i]);
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

	struct action_program *program = NULL;
	struct of_actions acts = { 0 };
	struct arena a = ARENA_INIT;

	if (check(dp, po, err) < 0)
		return NULL;
	if (!po->match.n)
		return action_compile(&po->actions, &env, err);
	if (all_actions(po, &a, &acts, err) == 0)
		program = action_compile(&acts, &env, err);
	arena_clear(&a);
	return program;
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
