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

/* What run_aside() brings back. */
struct before {
	struct flow_key key;
	struct packet_layout layout;
	struct packet_state state;
	struct rte_mbuf *pkt;
	struct action_set set;
	struct action_stack stack;
	bool has_set, has_stack, has_exited;
};

static uint64_t with_bit(uint64_t bitmap, unsigned i, bool is_set)
{
	return is_set ? bitmap | 1ull << i : bitmap & ~(1ull << i);
}

static void keep(struct pipeline_thread *t, unsigned i, struct before *b)
{
	b->key = t->keys[i];
	b->layout = t->layouts[i];
	b->state = t->states[i];
	b->pkt = t->pkts[i];
	b->has_set = t->with_set >> i & 1;
	b->has_stack = t->batch.with_stack >> i & 1;
	b->has_exited = t->exited >> i & 1;
	if (b->has_set)
		b->set = t->sets[i];
	if (b->has_stack)
		b->stack = t->stacks[i];
}

/* Outputs stay as they are, those pending standing for a packet that has the same bytes. */
static void bring_back(struct pipeline_thread *t, unsigned i, const struct before *b)
{
	struct packet_state *s = &t->states[i];

	t->keys[i] = b->key;
	t->layouts[i] = b->layout;
	t->pkts[i] = b->pkt;
	s->rule = b->state.rule;
	t->with_set = with_bit(t->with_set, i, b->has_set);
	t->batch.with_stack = with_bit(t->batch.with_stack, i, b->has_stack);
	t->exited = with_bit(t->exited, i, b->has_exited);
	if (b->has_set)
		t->sets[i] = b->set;
	if (b->has_stack)
		t->stacks[i] = b->stack;
}

void run_aside(const struct walk *w, const struct action_program *program, unsigned i,
	       const struct rule *rule, bool is_copied)
{
	struct walk inner = { .p = w->p, .t = w->t, .depth = w->depth + 1 };
	struct pipeline_thread *t = w->t;
	uint64_t bitmap = 1ull << i;
	struct rte_mbuf *copy = NULL;
	struct before before;

	keep(t, i, &before);
	if (is_copied) {
		copy = t->ops.copy(t->ops.ctx, t->pkts[i]);
		if (!copy) {
			drop_count(t, DROP_NO_MEMORY, 1);
			return;
		}
		t->pkts[i] = copy;
	}
	run_ops(&inner, program->ops, program->n_ops, rule, &bitmap);
	if (copy) {
		if (t->states[i].n_pending)
			emit_settle(t, i);
		t->ops.free(t->ops.ctx, &t->pkts[i], 1);
	}
	bring_back(t, i, &before);
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

static void run_one(const struct walk *w, const struct action_op *op, const struct rule *rule,
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
		break;
	}
}

void extension_run(const struct walk *w, const struct action_op *op, const struct rule *rule,
		   uint64_t *bitmap)
{
	for (uint64_t b = *bitmap; b; b &= b - 1) {
		unsigned i = __builtin_ctzll(b);

		run_one(w, op, rule, i);
		if (w->t->states[i].is_aborted || w->t->exited >> i & 1)
			*bitmap &= ~(1ull << i);
	}
}
