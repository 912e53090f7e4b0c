/* Some bits of a field of a packet, as Open vSwitch's actions read and write them. */

#include "dataplane/action/action_extension.h"

#include "dataplane/action/bits.h"
#include "dataplane/packet/edit.h"
#include "proto/openflow/numbers.h"

int action_check_source(const struct of_subfield *sf, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	if (!key_place(sf->field->id)->size)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_TYPE);
	if (env->facts && !key_has_prereq(env->facts, sf->field->prereq))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	op->depth = MAX_OF(op->depth, key_place(sf->field->id)->depth);
	op->lines |= key_field_line(sf->field->id);
	return 0;
}

int action_check_target(const struct of_subfield *sf, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	enum parse_depth depth = action_write_depth(sf->field);

	if (action_check_writable(sf->field, env, err) < 0)
		return -1;
	op->kind = action_field_is_in_packet(sf->field) ? ACTION_CHANGE_PACKET : ACTION_CHANGE_KEY;
	op->depth = MAX_OF(op->depth, depth);
	op->lines |= key_field_line(sf->field->id);
	return 0;
}

int action_check_listed(const struct action_env *env, struct of_error *err)
{
	return env->is_action_set ? of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_TYPE) : 0;
}

bool action_is_port(uint32_t port)
{
	return (port >= 1 && port <= 0xfeff) || port == OF_PORT_IN_PORT || port == OF_PORT_ALL ||
	       port == OF_PORT_FLOOD;
}

void action_read_bits(const struct action_batch *b, unsigned i, const struct of_field *field,
		      unsigned bit, unsigned n_bits, uint8_t *value)
{
	uint8_t whole[OF_FIELD_MAX_BYTES];

	memset(value, 0, OF_FIELD_MAX_BYTES);
	if (!packet_has_field(&b->keys[i], &b->layouts[i], field->id))
		return;
	key_field_get(&b->keys[i], field->id, whole);
	bits_copy(whole, field->n_bytes, bit, value, OF_FIELD_MAX_BYTES, 0, n_bits);
}

void action_write_bits(const struct action_batch *b, unsigned i, const struct of_field *field,
		       unsigned bit, unsigned n_bits, const uint8_t *value)
{
	uint8_t whole[OF_FIELD_MAX_BYTES] = { 0 }, mask[OF_FIELD_MAX_BYTES] = { 0 };

	bits_copy(value, OF_FIELD_MAX_BYTES, 0, whole, field->n_bytes, bit, n_bits);
	bits_copy(of_field_ones[field->id], field->n_bytes, bit, mask, field->n_bytes, bit, n_bits);
	packet_set_field(b->pkts[i], &b->keys[i], &b->layouts[i], field->id, whole, mask);
}

uint64_t action_read_number(const struct action_batch *b, unsigned i, const struct of_field *field,
			    unsigned bit, unsigned n_bits)
{
	uint8_t value[OF_FIELD_MAX_BYTES];

	action_read_bits(b, i, field, bit, n_bits, value);
	return load_be64(value + OF_FIELD_MAX_BYTES - 8);
}

void action_write_number(const struct action_batch *b, unsigned i, const struct of_field *field,
			 unsigned bit, unsigned n_bits, uint64_t number)
{
	uint8_t value[OF_FIELD_MAX_BYTES] = { 0 };

	store_be64(value + OF_FIELD_MAX_BYTES - 8, number);
	action_write_bits(b, i, field, bit, n_bits, value);
}
