/* Telling plain effects (plain.h): writes to the same word become one. */

#include "dataplane/table/plain.h"

#include "dataplane/action/action_ct.h"

static bool add_write(struct plain_effect *x, unsigned word, uint64_t value, uint64_t mask)
{
	unsigned i = 0;

	while (i < x->n_words && x->words[i] != word)
		i++;
	if (i == PLAIN_MAX_WORDS)
		return false;
	if (i == x->n_words) {
		x->words[i] = word;
		x->n_words++;
	}
	x->values[i] = (x->values[i] & ~mask) | value;
	x->masks[i] |= mask;
	return true;
}

static bool add_op(struct plain_effect *x, const struct action_op *op)
{
	unsigned words[ACTION_MAX_WORDS], n;
	uint64_t values[ACTION_MAX_WORDS], masks[ACTION_MAX_WORDS];

	if (op->kind == ACTION_OUTPUT) {
		if (x->port || !op->output.port || op->output.port > 0xffff)
			return false;
		x->port = op->output.port;
		return true;
	}
	/* What was sent before a write may still look at the key, in egress tables. */
	n = x->port ? 0 : action_writes_words(op, words, values, masks);
	for (unsigned i = 0; i < n; i++)
		if (!add_write(x, words[i], values[i], masks[i]))
			return false;
	return n;
}

static bool is_aside(const struct action_op *op)
{
	if (op->kind != ACTION_EXTENSION)
		return false;
	if (op->extension == ACTION_EXT_LEARN)
		return !(((const struct action_learn *)op->owned)->act->flags &
			 OF_LEARN_WRITE_RESULT);
	return op->extension == ACTION_EXT_FIN_TIMEOUT || op->extension == ACTION_EXT_NOTE;
}

bool is_aside_effect(const struct of_instructions *ins, const struct action_program *apply)
{
	if (!apply || !ins->has_goto || ins->has_write || ins->has_clear || ins->has_metadata)
		return false;
	for (unsigned i = 0; i < apply->n_ops; i++)
		if (!is_aside(&apply->ops[i]))
			return false;
	return true;
}

bool is_tracking_effect(const struct of_instructions *ins, const struct action_program *apply,
			uint8_t table_id)
{
	const struct action_op *last = apply && apply->n_ops ? &apply->ops[apply->n_ops - 1] : NULL;
	const struct action_ct *ct;

	if (!last || last->kind != ACTION_EXTENSION || last->extension != ACTION_EXT_CT ||
	    ins->has_goto || ins->has_write || ins->has_clear || ins->has_metadata)
		return false;
	ct = last->owned;
	if (!ct->has_table || ct->table <= table_id)
		return false;
	for (const struct action_op *op = apply->ops; op < last; op++)
		if (op->kind != ACTION_CHANGE_KEY)
			return false;
	return true;
}

bool plain_effect_of(const struct of_instructions *ins, const struct action_program *apply,
		     struct plain_effect *out)
{
	uint64_t value, mask;

	*out = (struct plain_effect){ 0 };
	if (ins->has_write || ins->has_clear)
		return false;
	for (unsigned i = 0; apply && i < apply->n_ops; i++)
		if (!add_op(out, &apply->ops[i]))
			return false;
	if (ins->has_metadata) {
		store_be64(&value, ins->metadata & ins->metadata_mask);
		store_be64(&mask, ins->metadata_mask);
		if (!add_write(out, offsetof(struct flow_key, metadata) / 8, value, mask))
			return false;
	}
	return !(ins->has_goto && out->port);
}
