/* NXAST_LEARN (Open vSwitch's ovs-actions manual): the judgement of its specs, and the part of a
 * packet that they look at. */

#include "dataplane/action/action_learn.h"

#include <stdlib.h>
#include "dataplane/action/action_extension.h"
#include "dataplane/action/bits.h"
#include "proto/openflow/numbers.h"

#define KNOWN_FLAGS (OF_LEARN_SEND_FLOW_REM | OF_LEARN_DELETE_LEARNED | OF_LEARN_WRITE_RESULT)

void action_learn_value(const struct of_learn_spec *spec, const struct flow_key *key,
			uint8_t *value)
{
	uint8_t whole[OF_FIELD_MAX_BYTES];

	if (!spec->src.field) {
		memcpy(value, spec->value, OF_FIELD_MAX_BYTES);
		return;
	}
	memset(value, 0, OF_FIELD_MAX_BYTES);
	key_field_get(key, spec->src.field->id, whole);
	bits_copy(whole, spec->src.field->n_bytes, spec->src.ofs, value, OF_FIELD_MAX_BYTES, 0,
		  spec->n_bits);
}

static void match_bits(const struct of_subfield *dst, unsigned n_bits, const uint8_t *value,
		       struct key_mask *out)
{
	const struct of_field *f = dst->field;
	uint8_t whole[OF_FIELD_MAX_BYTES] = { 0 }, mask[OF_FIELD_MAX_BYTES] = { 0 };

	bits_copy(value, OF_FIELD_MAX_BYTES, 0, whole, f->n_bytes, dst->ofs, n_bits);
	bits_copy(of_field_ones[f->id], f->n_bytes, dst->ofs, mask, f->n_bytes, dst->ofs, n_bits);
	key_field_set(&out->key, f->id, whole, mask);
	key_field_set(&out->mask, f->id, mask, mask);
}

void action_learn_match(const struct of_action_learn *learn, const struct flow_key *key,
			struct key_mask *out)
{
	uint8_t value[OF_FIELD_MAX_BYTES];

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < learn->n_specs; i++) {
		const struct of_learn_spec *spec = &learn->specs[i];

		if (spec->kind != OF_LEARN_MATCH)
			continue;
		action_learn_value(spec, key, value);
		match_bits(&spec->dst, spec->n_bits, value, out);
	}
}

/* --- compiling --- */

/* KNOWN is what the learned flow's match says so far, by what the action gives it. */
static int check_spec(const struct of_learn_spec *spec, const struct action_env *env,
		      struct key_mask *known, struct action_op *op, struct of_error *err)
{
	struct action_env of_flow = { .facts = &known->key, .n_tables = env->n_tables };
	struct action_op unused = { 0 };

	if (spec->src.field && action_check_source(&spec->src, env, op, err) < 0)
		return -1;
	switch ((enum of_learn_kind)spec->kind) {
	case OF_LEARN_MATCH:
		if (action_check_source(&spec->dst, &of_flow, &unused, err) < 0)
			return -1;
		if (!spec->src.field)
			match_bits(&spec->dst, spec->n_bits, spec->value, known);
		return 0;
	case OF_LEARN_LOAD:
		return action_check_target(&spec->dst, &of_flow, &unused, err);
	case OF_LEARN_OUTPUT:
		return 0;
	}
	return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
}

static int check(const struct of_action_learn *learn, const struct action_env *env,
		 struct action_op *op, struct of_error *err)
{
	struct key_mask known = { 0 };

	if (action_check_listed(env, err) < 0)
		return -1;
	if (learn->table_id >= env->n_tables || learn->flags & ~KNOWN_FLAGS)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	for (unsigned i = 0; i < learn->n_specs; i++)
		if (check_spec(&learn->specs[i], env, &known, op, err) < 0)
			return -1;
	if (learn->flags & OF_LEARN_WRITE_RESULT && learn->result.field)
		return action_check_target(&learn->result, env, op, err);
	return 0;
}

static void find_words(struct action_learn *own)
{
	struct flow_key mask = { 0 };

	for (unsigned i = 0; i < own->act->n_specs; i++) {
		const struct of_subfield *src = &own->act->specs[i].src;
		uint8_t bits[OF_FIELD_MAX_BYTES] = { 0 };

		if (!src->field)
			continue;
		bits_copy(of_field_ones[src->field->id], src->field->n_bytes, src->ofs, bits,
			  src->field->n_bytes, src->ofs, own->act->specs[i].n_bits);
		key_field_set(&mask, src->field->id, bits, bits);
	}
	for (unsigned w = 0; w < KEY_WORDS; w++) {
		if (!mask.words[w])
			continue;
		own->masks[own->n_words] = mask.words[w];
		own->words[own->n_words++] = w;
	}
}

static void learn_destroy(void *owned)
{
	struct action_learn *own = owned;

	if (own && own->count)
		own->unref(own->count);
	if (own)
		free((void *)own->act);
	free(own);
}

static struct of_action_learn *copy_of(const struct of_action_learn *learn)
{
	size_t size = sizeof(*learn) + learn->n_specs * sizeof(learn->specs[0]);

	return xmemdup(learn, size);
}

static uint64_t n_compiled; /* ever */

static int learn_compile(const struct of_action *act, const struct action_env *env,
			 struct action_op *op, struct of_error *err)
{
	const struct of_action_learn *learn = container_of(act, struct of_action_learn, base);
	struct action_learn *own;

	if (check(learn, env, op, err) < 0)
		return -1;
	op->kind = ACTION_EXTENSION;
	op->extension = ACTION_EXT_LEARN;
	op->lines |= KEY_LINE_COMMON;
	own = xcalloc(1, sizeof(*own));
	own->act = copy_of(learn);
	own->serial = __atomic_add_fetch(&n_compiled, 1, __ATOMIC_RELAXED);
	find_words(own);
	if (learn->limit && env->refs && env->refs->learned) {
		own->count = env->refs->learned(env->refs->ctx, learn->table_id, learn->cookie,
						&own->n_learned);
		own->unref = env->refs->learned_unref;
	}
	op->owned = own;
	op->destroy = learn_destroy;
	return 0;
}

static const struct action_class action_learn = {
	.name = "learn",
	.compile = learn_compile,
};
REGISTRY_ADD(action_class, action_learn);
