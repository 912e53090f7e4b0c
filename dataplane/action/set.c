/* Setting a field, as set_field, load and move have it in common: the checks, and the two ways
 * of doing it, in the key alone or in the packet as well. */

#include "dataplane/action/action_class.h"
#include "dataplane/packet/edit.h"

bool action_field_is_in_packet(const struct of_field *field)
{
	return key_place(field->id)->depth > PARSE_NOTHING;
}

enum parse_depth action_write_depth(const struct of_field *field)
{
	enum parse_depth depth = key_place(field->id)->depth;

	return depth >= PARSE_L3 ? PARSE_L4 : depth;
}

/* Written by the actions within ct() only (Open vSwitch's ovs-fields manual). */
static bool is_of_connection(enum of_field_id id)
{
	return id == OF_FIELD_CT_MARK || id == OF_FIELD_CT_LABEL;
}

int action_check_writable(const struct of_field *field, const struct action_env *env,
			  struct of_error *err)
{
	if (!field->is_settable || !key_place(field->id)->size)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_TYPE);
	if (is_of_connection(field->id) && !env->is_in_ct)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_ARGUMENT);
	if (env->facts && !key_has_prereq(env->facts, field->prereq))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	return 0;
}

bool action_is_beyond_border(const struct action_env *env, uint8_t table_id)
{
	uint8_t first = env->refs ? env->refs->first_egress : 0;

	return first && (table_id >= first) != env->is_egress;
}

static void run_set(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		action_fail(b, i,
			    packet_set_field(b->pkts[i], &b->keys[i], &b->layouts[i], op->set.field,
					     op->set.value, op->set.mask));
	}
}

static void run_set_key(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		uint64_t *word = &b->keys[__builtin_ctzll(bitmap)].words[op->set_key.word];

		*word = (*word & ~op->set_key.mask) | op->set_key.value;
	}
}

static void run_set_wide(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1)
		key_field_set(&b->keys[__builtin_ctzll(bitmap)], op->set.field, op->set.value,
			      op->set.mask);
}

unsigned action_writes_words(const struct action_op *op, unsigned *words, uint64_t *values,
			     uint64_t *masks)
{
	struct flow_key v = { 0 }, m = { 0 };
	unsigned n = 0;

	if (op->run == run_set_key) {
		words[0] = op->set_key.word;
		values[0] = op->set_key.value;
		masks[0] = op->set_key.mask;
		return 1;
	}
	if (op->run != run_set_wide || of_field_is_variable(of_field(op->set.field)))
		return 0;
	key_field_set(&v, op->set.field, op->set.value, op->set.mask);
	key_field_set(&m, op->set.field, op->set.mask, op->set.mask);
	for (unsigned w = 0; w < KEY_WORDS; w++) {
		if (!m.words[w])
			continue;
		words[n] = w;
		values[n] = v.words[w];
		masks[n++] = m.words[w];
	}
	return n;
}

static void fill_set(enum of_field_id id, const uint8_t *value, const uint8_t *mask,
		     struct action_op *op)
{
	op->set.field = id;
	memcpy(op->set.value, value, of_field(id)->n_bytes);
	memcpy(op->set.mask, mask, of_field(id)->n_bytes);
}

/* Fields of the key alone; nearly all lie in one word of it. */
static void compile_set_key(enum of_field_id id, const uint8_t *value, const uint8_t *mask,
			    struct action_op *op)
{
	struct flow_key v = { 0 }, m = { 0 };
	unsigned w = 0;

	op->kind = ACTION_CHANGE_KEY;
	if (key_place(id)->size > 8) {
		op->run = run_set_wide;
		fill_set(id, value, mask, op);
		return;
	}
	key_field_set(&v, id, value, mask);
	key_field_set(&m, id, mask, mask);
	while (!m.words[w])
		w++;
	op->run = run_set_key;
	op->set_key.word = w;
	op->set_key.value = v.words[w];
	op->set_key.mask = m.words[w];
}

int action_compile_set(const struct of_field *field, const uint8_t *value, const uint8_t *mask,
		       const struct action_env *env, struct action_op *op, struct of_error *err)
{
	const uint8_t *ones = of_field_ones[field->id];

	if (action_check_writable(field, env, err) < 0)
		return -1;
	for (unsigned i = 0; i < field->n_bytes; i++)
		if (value[i] & ~ones[i])
			return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_ARGUMENT);
	op->depth = action_write_depth(field);
	op->lines = key_field_line(field->id);
	op->slot = ACTION_SLOT_SET + field->id;
	op->is_partial = memcmp(mask, ones, field->n_bytes) != 0;
	if (env->facts)
		key_field_set(env->facts, field->id, value, mask);
	if (!action_field_is_in_packet(field)) {
		compile_set_key(field->id, value, mask, op);
		return 0;
	}
	op->kind = ACTION_CHANGE_PACKET;
	op->run = run_set;
	fill_set(field->id, value, mask, op);
	return 0;
}
