/* The walk of the specification (naive_pipeline.h). */

#include "tests/fakes/dataplane/naive_pipeline.h"

#include <stdlib.h>
#include <openflow/openflow-1.0.h>
#include <openflow/openflow-common.h>
#include "proto/openflow/action_output.h"
#include "proto/openflow/action_reg_load.h"
#include "proto/openflow/action_reg_move.h"
#include "proto/openflow/action_resubmit.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/action_vlan.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/naive_edit.h"

#define MAX_DEPTH     64
#define MAX_RESUBMITS 4096

struct naive {
	struct tables *tables;
	const struct pipeline_port *ports;
	unsigned n_ports;
	uint32_t in_port;
	struct naive_packet packet;
	struct of_actions set;
	struct arena arena;
	const struct rule *last;
	unsigned n_resubmits;
	bool is_aborted;
	bool is_in_set; /* at the end */
	enum drop_reason why;
	struct naive_result *res;
};

static bool field_matches(const struct flow_key *key, const struct of_field_match *f)
{
	uint8_t value[OF_FIELD_MAX_BYTES] = { 0 };

	key_field_get(key, f->id, value);
	for (unsigned i = 0; i < OF_FIELD_MAX_BYTES; i++)
		if ((value[i] & f->mask[i]) != f->value[i])
			return false;
	return true;
}

struct search {
	const struct flow_key *key;
	const struct rule *found;
};

static bool try_flow(void *ctx, const struct flow *flow)
{
	struct search *s = ctx;
	struct of_field_match fields[OF_N_FIELDS];
	struct of_match m;

	rule_match(flow->rule, fields, &m);
	for (unsigned i = 0; i < m.n; i++)
		if (!field_matches(s->key, &m.fields[i]))
			return true;
	s->found = flow->rule;
	return false;
}

/* The flow of highest priority; tables_each() lists them so. */
static const struct rule *match(struct naive *nv, uint8_t table_id, uint32_t in_port)
{
	struct flow_key key = nv->packet.key;
	struct search s = { .key = &key };
	struct flow_filter filter = { .table_id = table_id,
				      .out_port = OF_PORT_ANY,
				      .out_group = OF_GROUP_ANY };

	store_be32(&key.in_port, in_port);
	tables_each(nv->tables, &filter, try_flow, &s);
	return s.found;
}

static struct naive_output *put_out(struct naive *nv, uint32_t port)
{
	struct naive_output *o = &nv->res->outputs[nv->res->n++];

	assert(nv->res->n <= NAIVE_MAX_OUTPUTS);
	*o = (struct naive_output){ .port = port,
				    .data = xmemdup(nv->packet.data, nv->packet.size),
				    .size = nv->packet.size };
	return o;
}

static const struct pipeline_port *port_find(const struct naive *nv, uint32_t number)
{
	for (unsigned i = 0; i < nv->n_ports; i++)
		if (nv->ports[i].number == number)
			return &nv->ports[i];
	return NULL;
}

static void send_to(struct naive *nv, uint32_t number, bool may_return)
{
	const struct pipeline_port *port = port_find(nv, number);

	if (!port)
		nv->why = DROP_NO_SUCH_PORT;
	else if (port->config & OFPPC_PORT_DOWN)
		nv->why = DROP_PORT_DOWN;
	else if (port->config & OFPPC_NO_FWD)
		nv->why = DROP_PORT_NO_FWD;
	else if (number == nv->in_port && !may_return)
		nv->why = DROP_OUTPUT_TO_INPUT;
	else
		put_out(nv, number);
}

static void send_many(struct naive *nv, uint32_t without)
{
	for (uint32_t number = 1; number <= 64; number++) {
		const struct pipeline_port *port = port_find(nv, number);

		if (port && number != nv->in_port && !(port->config & without))
			send_to(nv, number, false);
	}
}

static void punt(struct naive *nv, const struct rule *r)
{
	const struct pipeline_port *in = port_find(nv, nv->in_port);
	struct naive_output *o;

	if (in && in->config & OFPPC_NO_PACKET_IN) {
		nv->why = DROP_NO_PACKET_IN;
		return;
	}
	o = put_out(nv, OF_PORT_CONTROLLER);
	if (nv->is_in_set)
		o->reason = OFPR_ACTION_SET;
	else if (rule_priority(r) == 0 && r->class->shape->n_fields == 0)
		o->reason = OFPR_NO_MATCH;
	else
		o->reason = OFPR_ACTION;
	o->table_id = r->table_id;
	o->cookie = r->cookie;
	o->reg0 = load_be32(&nv->packet.key.reg[0]);
	o->metadata = load_be64(&nv->packet.key.metadata);
}

static void output(struct naive *nv, const struct of_action_output *out, const struct rule *r)
{
	switch (out->port) {
	case OF_PORT_IN_PORT:
		send_to(nv, nv->in_port, true);
		break;
	case OF_PORT_ALL:
		send_many(nv, OFPPC_PORT_DOWN | OFPPC_NO_FWD);
		break;
	case OF_PORT_FLOOD:
		send_many(nv, OFPPC_PORT_DOWN | OFPPC_NO_FWD | OFPPC10_NO_FLOOD);
		break;
	case OF_PORT_CONTROLLER:
		punt(nv, r);
		break;
	default:
		send_to(nv, out->port, false);
	}
}

static unsigned get_bit(const uint8_t *bytes, unsigned n_bytes, unsigned n)
{
	return bytes[n_bytes - 1 - n / 8] >> n % 8 & 1;
}

static void put_bit(uint8_t *bytes, unsigned n_bytes, unsigned n, unsigned bit)
{
	bytes[n_bytes - 1 - n / 8] |= bit << n % 8;
}

static void write_subfield(struct naive *nv, const struct of_subfield *dst, const uint8_t *from,
			   unsigned from_bytes, unsigned from_bit)
{
	uint8_t value[OF_FIELD_MAX_BYTES] = { 0 }, mask[OF_FIELD_MAX_BYTES] = { 0 };

	for (unsigned i = 0; i < dst->n_bits; i++) {
		put_bit(value, dst->field->n_bytes, dst->ofs + i,
			get_bit(from, from_bytes, from_bit + i));
		put_bit(mask, dst->field->n_bytes, dst->ofs + i, 1);
	}
	naive_write(&nv->packet, dst->field->id, value, mask);
}

static void walk(struct naive *nv, unsigned table_id, uint32_t in_port, unsigned depth);

static void run_action(struct naive *nv, const struct of_action *act, const struct rule *r,
		       unsigned depth)
{
	if (act->class == &of_action_output_class) {
		output(nv, container_of(act, struct of_action_output, base), r);
	} else if (act->class == &of_action_set_field_class) {
		const struct of_action_set_field *s =
			container_of(act, struct of_action_set_field, base);

		naive_write(&nv->packet, s->field->id, s->value, of_field_ones[s->field->id]);
	} else if (act->class == &of_action_reg_load_class) {
		const struct of_action_reg_load *l =
			container_of(act, struct of_action_reg_load, base);
		uint8_t number[8];

		store_be64(number, l->value);
		write_subfield(nv, &l->dst, number, 8, 0);
	} else if (act->class == &of_action_reg_move_class) {
		const struct of_action_reg_move *m =
			container_of(act, struct of_action_reg_move, base);
		uint8_t from[OF_FIELD_MAX_BYTES] = { 0 };

		key_field_get(&nv->packet.key, m->src.field->id, from);
		write_subfield(nv, &m->dst, from, m->src.field->n_bytes, m->src.ofs);
	} else if (act->class == &of_action_push_vlan_class) {
		naive_push_vlan(&nv->packet,
				container_of(act, struct of_action_push_vlan, base)->eth_type);
	} else if (act->class == &of_action_pop_vlan_class) {
		naive_pop_vlan(&nv->packet);
	} else if (act->class == &of_action_resubmit_class) {
		const struct of_action_resubmit *re =
			container_of(act, struct of_action_resubmit, base);

		if (depth + 1 > MAX_DEPTH || nv->n_resubmits++ >= MAX_RESUBMITS) {
			nv->is_aborted = true;
			nv->why = DROP_RESUBMIT_LIMIT;
			return;
		}
		walk(nv, re->table_id == OF_TABLE_ALL ? r->table_id : re->table_id,
		     re->in_port == OF_PORT_IN_PORT ? nv->in_port : re->in_port, depth + 1);
	}
}

static void run_list(struct naive *nv, const struct of_actions *acts, const struct rule *r,
		     unsigned depth)
{
	for (unsigned i = 0; i < acts->n && !nv->is_aborted; i++)
		run_action(nv, acts->list[i], r, depth);
}

/* What an action in a set is one of; set_fields are one a field. */
static int kind_in_set(const struct of_action *act)
{
	if (act->class == &of_action_set_field_class)
		return 100 + container_of(act, struct of_action_set_field, base)->field->id;
	if (act->class == &of_action_reg_load_class) {
		const struct of_subfield *dst =
			&container_of(act, struct of_action_reg_load, base)->dst;

		return dst->n_bits == dst->field->n_bits ? 100 + (int)dst->field->id : -1;
	}
	if (act->class == &of_action_reg_move_class)
		return -1;
	return act->class == &of_action_pop_vlan_class	  ? 1
	       : act->class == &of_action_push_vlan_class ? 2
							  : 3;
}

static void write_set(struct naive *nv, const struct of_actions *acts)
{
	for (unsigned i = 0; i < acts->n; i++) {
		struct of_actions kept = { 0 };
		int kind = kind_in_set(acts->list[i]);

		for (unsigned k = 0; k < nv->set.n; k++)
			if (kind < 0 || kind_in_set(nv->set.list[k]) != kind ||
			    (kind >= 100 && kind_in_set(nv->set.list[k]) < 0))
				of_actions_add(&nv->arena, &kept, nv->set.list[k]);
		of_actions_add(&nv->arena, &kept, acts->list[i]);
		nv->set = kept;
	}
}

static void run_set(struct naive *nv)
{
	nv->is_in_set = true;
	for (int phase = 1; phase <= 4; phase++) {
		for (unsigned k = 0; k < nv->set.n; k++) {
			const struct of_action *act = nv->set.list[k];
			int kind = kind_in_set(act);
			int its = kind == 1 ? 1 : kind == 2 ? 2 : kind == 3 ? 4 : 3;

			if (its == phase)
				run_action(nv, act, nv->last, 0);
		}
	}
}

static void run_metadata(struct naive *nv, const struct of_instructions *ins)
{
	uint64_t old = load_be64(&nv->packet.key.metadata);

	store_be64(&nv->packet.key.metadata,
		   (old & ~ins->metadata_mask) | (ins->metadata & ins->metadata_mask));
}

static void walk(struct naive *nv, unsigned table_id, uint32_t in_port, unsigned depth)
{
	for (;;) {
		const struct rule *r = match(nv, table_id, in_port);
		const struct of_instructions *ins;

		in_port = load_be32(&nv->packet.key.in_port); /* actions may have written it */
		if (!r) {
			if (depth == 0)
				nv->why = DROP_TABLE_MISS;
			return;
		}
		nv->last = r;
		nv->res->hits[r->cookie]++;
		ins = rule_instructions(r);
		run_list(nv, &ins->apply, r, depth);
		if (nv->is_aborted)
			return;
		if (ins->has_clear)
			nv->set.n = 0;
		write_set(nv, &ins->write);
		if (ins->has_metadata)
			run_metadata(nv, ins);
		if (!ins->has_goto)
			break;
		table_id = ins->goto_table;
	}
	if (depth == 0)
		run_set(nv);
}

void naive_run(struct tables *tables, const struct pipeline_port *ports, unsigned n_ports,
	       const void *data, size_t size, uint32_t in_port, struct naive_result *res)
{
	struct naive nv = { .tables = tables,
			    .ports = ports,
			    .n_ports = n_ports,
			    .in_port = in_port,
			    .why = DROP_NO_OUTPUT,
			    .res = res };

	memset(res, 0, sizeof(*res));
	assert(size + 64 <= sizeof(nv.packet.data));
	memcpy(nv.packet.data, data, size);
	nv.packet.size = size;
	store_be32(&nv.packet.key.in_port, in_port);
	naive_parse(&nv.packet);
	if (port_find(&nv, in_port) &&
	    port_find(&nv, in_port)->config & (OFPPC_PORT_DOWN | OFPPC_NO_RECV))
		nv.why = DROP_NO_RECEIVE;
	else
		walk(&nv, 0, in_port, 0);
	if (nv.is_aborted)
		naive_result_fini(res);
	res->dropped = res->n ? DROP_NONE : nv.why;
	arena_clear(&nv.arena);
}

void naive_result_fini(struct naive_result *res)
{
	for (unsigned i = 0; i < res->n; i++)
		free(res->outputs[i].data);
	res->n = 0;
}
