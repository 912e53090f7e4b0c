/* Open vSwitch's actions that need the snapshot or the walk: each packet of the burst by itself, as
 * they are rare. */

#include <openflow/openflow-common.h>
#include "dataplane/action/action_learn.h"
#include "dataplane/pipeline/pipeline_priv.h"
#include "proto/openflow/action_bundle.h"
#include "proto/openflow/numbers.h"

static void output_field(const struct walk *w, const struct action_op *op, unsigned i,
			 const struct rule *rule)
{
	uint64_t port = action_read_number(&w->t->batch, i, op->output_field.field,
					   op->output_field.bit, op->output_field.n_bits);

	/* 16-bit numbers as Open vSwitch has them: the reserved ones are OpenFlow 1.0's. */
	if (port >= 0xfff8 && port <= 0xffff)
		port |= 0xffff0000;
	if (port == OF_PORT_CONTROLLER || action_is_port(port))
		walk_output(w, i, port, op->output_field.max_len, rule);
	else
		w->t->states[i].why = DROP_NO_SUCH_PORT;
}

static bool is_live(const struct walk *w, uint32_t port)
{
	uint8_t flags;

	if (port > 0xffff)
		return port != OF_PORT_CONTROLLER && port != OF_PORT_LOCAL;
	flags = w->p->ports->flags[port];
	return (flags & (PORT_EXISTS | PORT_IS_DOWN | PORT_IS_UNLINKED)) == PORT_EXISTS;
}

static uint32_t choose_first(const struct walk *w, const struct action_bundle *b)
{
	for (unsigned k = 0; k < b->n; k++)
		if (is_live(w, b->members[k]))
			return b->members[k];
	return OF_PORT_ANY;
}

static uint32_t choose_heaviest(const struct walk *w, const struct action_bundle *b, unsigned i)
{
	uint32_t hash = action_hash_fields(&w->t->keys[i], b->fields, b->basis);
	uint32_t best = OF_PORT_ANY, best_weight = 0;

	for (unsigned k = 0; k < b->n; k++) {
		uint32_t weight = action_hash_pair(k, hash);

		if (!is_live(w, b->members[k]) || (best != OF_PORT_ANY && weight <= best_weight))
			continue;
		best = b->members[k];
		best_weight = weight;
	}
	return best;
}

static void bundle(const struct walk *w, const struct action_op *op, unsigned i,
		   const struct rule *rule)
{
	const struct action_bundle *b = op->owned;
	uint32_t port = b->algorithm == OF_BUNDLE_ACTIVE_BACKUP ? choose_first(w, b)
								: choose_heaviest(w, b, i);

	if (b->dst.field) {
		if (action_field_is_in_packet(b->dst.field) && w->t->states[i].n_pending)
			emit_settle(w->t, i);
		/* 16 bits, the numbers being OpenFlow 1.0's: 65535 for none. */
		action_write_number(&w->t->batch, i, b->dst.field, b->dst.ofs, b->dst.n_bits,
				    port & 0xffff);
	} else if (port != OF_PORT_ANY) {
		walk_output(w, i, port, 0, rule);
	} else {
		w->t->states[i].why = DROP_NO_LIVE_PORT;
	}
}

static void controller(const struct walk *w, const struct action_op *op, unsigned i,
		       const struct rule *rule)
{
	const struct action_controller *c = op->owned;
	struct punt_kind kind = {
		.max_len = c->max_len,
		.controller_id = c->controller_id,
		.reason = c->reason,
		.how = c,
	};

	if (c->reason == OFPR_ACTION && rule && rule->is_table_miss)
		kind.reason = OFPR_NO_MATCH;
	emit_punt(w->p, w->t, i, &kind, rule);
}

/* Actions on packet I as it is now, which is as before afterwards but for what was sent.
 * IS_COPIED: they may change its bytes. */
static void run_aside(const struct walk *w, const struct action_program *program, unsigned i,
		      const struct rule *rule, bool is_copied)
{
	struct walk inner = { .p = w->p, .t = w->t, .depth = w->depth + 1, .reason = w->reason };
	uint64_t bitmap = 1ull << i;
	struct aside aside;

	if (!aside_begin(w->t, i, is_copied, &aside))
		return;
	run_ops(&inner, program->ops, program->n_ops, rule, &bitmap);
	aside_end(w->t, i, &aside);
}

static void clone(const struct walk *w, const struct action_op *op, unsigned i,
		  const struct rule *rule)
{
	const struct action_clone *c = op->owned;

	if (w->depth >= MAX_RESUBMIT_DEPTH) {
		abort_packet(w->t, i, DROP_RESUBMIT_LIMIT);
		return;
	}
	if (w->t->tracer)
		trace_nested(w->t, 1);
	run_aside(w, c->program, i, rule, c->changes_packet);
	if (w->t->tracer)
		trace_nested(w->t, -1);
}

void extension_run_one(const struct walk *w, const struct action_op *op, const struct rule *rule,
		       unsigned i)
{
	switch ((enum action_extension)op->extension) {
	case ACTION_EXT_OUTPUT_FIELD:
		output_field(w, op, i, rule);
		break;
	case ACTION_EXT_OUTPUT_CUT:
		emit_cut(w->p, w->t, i, op->output_cut.port, op->output_cut.max_bytes);
		break;
	case ACTION_EXT_BUNDLE:
		bundle(w, op, i, rule);
		break;
	case ACTION_EXT_CONTROLLER:
		controller(w, op, i, rule);
		break;
	case ACTION_EXT_LEARN:
		effect_learn(w, op, rule, i);
		break;
	case ACTION_EXT_FIN_TIMEOUT:
		effect_fin_timeout(w, op, rule, i);
		break;
	case ACTION_EXT_EXIT:
		w->t->exited |= 1ull << i;
		break;
	case ACTION_EXT_CLONE:
		clone(w, op, i, rule);
		break;
	case ACTION_EXT_NOTE:
	case ACTION_EXT_CONJUNCTION:
	case ACTION_EXT_CT:
	case ACTION_EXT_CT_CLEAR:
		break; /* as a burst, see extension_run() */
	}
}

void extension_run(const struct walk *w, const struct action_op *op, const struct rule *rule,
		   uint64_t *bitmap)
{
	if (op->extension == ACTION_EXT_CT) {
		connections_run(w, op, rule, bitmap);
		return;
	}
	if (op->extension == ACTION_EXT_CT_CLEAR) {
		connections_clear(w->t, *bitmap);
		return;
	}
	for (uint64_t b = *bitmap; b; b &= b - 1) {
		unsigned i = __builtin_ctzll(b);

		extension_run_one(w, op, rule, i);
		if (w->t->states[i].is_aborted || w->t->exited >> i & 1)
			*bitmap &= ~(1ull << i);
	}
}
