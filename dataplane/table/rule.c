/* Making rules: a flow's match and instructions, judged and compiled. */

#include "dataplane/table/tables_priv.h"

#include <stdlib.h>
#include "proto/openflow/action_output.h"
#include "dataplane/lookup/lookup.h"
#include "proto/openflow/numbers.h"

struct flow_slot {
	struct counters *counters;
	uint32_t slot;
	unsigned n_refs;
};

struct flow_slot *flow_slot_create(struct counters *c)
{
	int64_t slot = counters_take_slot(c);
	struct flow_slot *s;

	if (slot < 0)
		return NULL;
	s = xmalloc(sizeof(*s));
	*s = (struct flow_slot){ .counters = c, .slot = slot, .n_refs = 1 };
	return s;
}

struct flow_slot *flow_slot_ref(struct flow_slot *s)
{
	s->n_refs++;
	return s;
}

void flow_slot_unref(struct flow_slot *s)
{
	if (--s->n_refs)
		return;
	counters_give_slot(s->counters, s->slot);
	free(s);
}

static int check_instructions(const struct of_instructions *ins, uint8_t table_id,
			      struct of_error *err)
{
	if (ins->has_goto && (ins->goto_table <= table_id || ins->goto_table >= TABLES_N))
		return of_error_set(err, OFPET_BAD_INSTRUCTION, OFPBIC_BAD_TABLE_ID);
	return 0;
}

/* Apply-actions run before write-actions, so what they do to the packet is known to the latter. */
static int compile_programs(struct rule *r, struct of_error *err)
{
	const struct of_instructions *ins = r->of_instructions;
	struct flow_key facts = r->match.key;
	struct action_env env = { .facts = &facts, .n_tables = TABLES_N };

	if (ins->has_apply) {
		r->apply = action_compile(&ins->apply, &env, err);
		if (!r->apply)
			return -1;
	}
	if (ins->has_write) {
		env.is_action_set = true;
		r->write = action_compile(&ins->write, &env, err);
		if (!r->write)
			return -1;
	}
	return 0;
}

/* A rule whose only effect is one output to an ordinary port. */
static uint32_t only_port_of(const struct rule *r)
{
	const struct action_op *op;

	if (!r->apply || r->apply->n_ops != 1 || r->write || r->has_goto || r->has_clear ||
	    r->has_metadata)
		return 0;
	op = &r->apply->ops[0];
	return op->kind == ACTION_OUTPUT && op->output.port <= 0xffff ? op->output.port : 0;
}

static void set_needs(struct rule *r)
{
	const struct action_program *programs[] = { r->apply, r->write };

	r->depth = key_mask_depth(&r->match.mask);
	r->lines = key_mask_lines(&r->match.mask);
	for (unsigned i = 0; i < ARRAY_LENGTH(programs); i++) {
		if (!programs[i])
			continue;
		r->depth = MAX_OF(r->depth, programs[i]->depth);
		r->lines |= programs[i]->lines;
	}
}

void rule_free(struct rule *r)
{
	if (r->counts)
		flow_slot_unref(r->counts);
	action_program_destroy((struct action_program *)r->apply);
	action_program_destroy((struct action_program *)r->write);
	free((void *)r->of_match);
	free((void *)r->of_instructions);
	free(r);
}

struct rule *rule_create(const struct of_match *match, uint16_t priority, uint8_t table_id,
			 uint64_t cookie, const struct of_instructions *ins,
			 struct flow_slot *counts, struct of_error *err)
{
	struct rule *r;

	if (check_instructions(ins, table_id, err) < 0)
		return NULL;
	r = xcalloc_lines(sizeof(*r));
	r->priority = priority;
	r->table_id = table_id;
	r->cookie = cookie;
	r->of_match = of_match_dup(match);
	r->of_instructions = of_instructions_dup(ins);
	if (key_mask_from_match(match, &r->match, err) < 0 || compile_programs(r, err) < 0) {
		rule_free(r);
		return NULL;
	}
	r->mask_hash = lookup_mask_hash(&r->match.mask);
	r->has_goto = ins->has_goto;
	r->goto_table = ins->goto_table;
	r->has_clear = ins->has_clear;
	r->has_metadata = ins->has_metadata;
	store_be64(&r->metadata, ins->metadata & ins->metadata_mask);
	store_be64(&r->metadata_mask, ins->metadata_mask);
	set_needs(r);
	r->only_port = only_port_of(r);
	r->is_table_miss = priority == 0 && match->n == 0;
	r->counts = counts;
	r->slot = counts->slot;
	return r;
}

static bool outputs_to(const struct action_program *p, uint32_t port)
{
	for (unsigned i = 0; p && i < p->n_ops; i++)
		if (p->ops[i].kind == ACTION_OUTPUT && p->ops[i].output.port == port)
			return true;
	return false;
}

bool rule_outputs_to(const struct rule *r, uint32_t port)
{
	return outputs_to(r->apply, port) || outputs_to(r->write, port);
}
