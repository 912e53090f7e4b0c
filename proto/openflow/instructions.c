/* Instructions as bytes, and copying them (OF 1.3.5 section 7.2.4). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/action.h"
#include "proto/openflow/action_meter.h"
#include "proto/openflow/meter.h"
#include "proto/openflow/numbers.h"

#define HEADER_SIZE 4
#define ALIGNMENT   8

#define OFPIT15_STAT_TRIGGER 7

static int bad_instruction(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_BAD_INSTRUCTION, code);
}

/* Each instruction once; there is no code for it in OpenFlow 1.3 itself. */
static int claim(bool *has, struct of_error *err)
{
	if (*has)
		return bad_instruction(err, OFPBIC_DUP_INST);
	*has = true;
	return 0;
}

static int decode_goto(struct cursor *body, struct of_instructions *ins, struct of_error *err)
{
	ins->goto_table = cursor_u8(body);
	cursor_take(body, 3);
	if (cursor_ok(body) && ins->goto_table > OF_TABLE_MAX)
		return bad_instruction(err, OFPBIC_BAD_TABLE_ID);
	return claim(&ins->has_goto, err);
}

static int decode_metadata(struct cursor *body, struct of_instructions *ins, struct of_error *err)
{
	cursor_take(body, 4);
	ins->metadata = cursor_be64(body);
	ins->metadata_mask = cursor_be64(body);
	ins->metadata &= ins->metadata_mask;
	return claim(&ins->has_metadata, err);
}

static int decode_clear(struct cursor *body, struct of_instructions *ins, struct of_error *err)
{
	cursor_take(body, 4);
	return claim(&ins->has_clear, err);
}

static int decode_actions(struct cursor *body, uint8_t version, struct arena *a, bool *has,
			  struct of_actions *acts, struct of_error *err)
{
	cursor_take(body, 4);
	if (!cursor_ok(body))
		return bad_instruction(err, OFPBIC_BAD_LEN);
	if (claim(has, err) != 0)
		return -1;
	return of_actions_decode(body, cursor_left(body), version, a, acts, err);
}

/* Since 1.5 it is an action. */
static int decode_meter(struct cursor *body, uint8_t version, struct of_instructions *ins,
			struct of_error *err)
{
	ins->meter_id = cursor_be32(body);
	if (version >= OF_VERSION_1_5)
		return bad_instruction(err, OFPBIC_UNSUP_INST);
	if (cursor_ok(body) && (!ins->meter_id || ins->meter_id > OF_METER_MAX))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_METER);
	return claim(&ins->has_meter, err);
}

/* A meter that the packet passes first is what the instruction was. */
static void take_first_meter(struct of_instructions *ins)
{
	const struct of_action *first = ins->apply.n ? ins->apply.list[0] : NULL;

	if (!first || first->class != &of_action_meter_class || ins->has_meter)
		return;
	ins->has_meter = true;
	ins->meter_id = ((const struct of_action_meter *)first)->meter_id;
	ins->apply.list++;
	ins->apply.n--;
	ins->apply.room = 0;
}

static int decode_instruction(uint16_t type, struct cursor *body, uint8_t version, struct arena *a,
			      struct of_instructions *ins, struct of_error *err)
{
	switch (type) {
	case OFPIT11_GOTO_TABLE:
		return decode_goto(body, ins, err);
	case OFPIT11_WRITE_METADATA:
		return decode_metadata(body, ins, err);
	case OFPIT11_WRITE_ACTIONS:
		return decode_actions(body, version, a, &ins->has_write, &ins->write, err);
	case OFPIT11_APPLY_ACTIONS:
		return decode_actions(body, version, a, &ins->has_apply, &ins->apply, err);
	case OFPIT11_CLEAR_ACTIONS:
		return decode_clear(body, ins, err);
	case OFPIT13_METER:
		return decode_meter(body, version, ins, err);
	case OFPIT15_STAT_TRIGGER:
		return bad_instruction(err, version >= OF_VERSION_1_5 ? OFPBIC_UNSUP_INST
								      : OFPBIC_UNKNOWN_INST);
	case OFPIT11_EXPERIMENTER:
		return bad_instruction(err, OFPBIC_BAD_EXPERIMENTER);
	default:
		return bad_instruction(err, OFPBIC_UNKNOWN_INST);
	}
}

int of_instructions_decode(struct cursor *c, uint8_t version, struct arena *a,
			   struct of_instructions *ins, struct of_error *err)
{
	*ins = (struct of_instructions){ 0 };
	while (cursor_left(c)) {
		uint16_t type = cursor_be16(c), size = cursor_be16(c);
		struct cursor body;

		if (!cursor_ok(c) || size < ALIGNMENT || size % ALIGNMENT)
			return bad_instruction(err, OFPBIC_BAD_LEN);
		body = cursor_sub(c, size - HEADER_SIZE);
		if (!cursor_ok(&body))
			return bad_instruction(err, OFPBIC_BAD_LEN);
		if (decode_instruction(type, &body, version, a, ins, err) != 0)
			return -1;
		if (!cursor_ok(&body) || cursor_left(&body))
			return bad_instruction(err, OFPBIC_BAD_LEN);
	}
	take_first_meter(ins);
	return 0;
}

/* METER, if not NULL, comes before ACTS. */
static void encode_actions(uint16_t type, const struct of_action_meter *meter,
			   const struct of_actions *acts, uint8_t version, struct buf *out)
{
	const struct of_action *first = meter ? &meter->base : NULL;
	size_t start = out->size;

	buf_be16(out, type);
	buf_be16(out, 0);
	buf_zeros(out, 4);
	if (meter)
		of_actions_encode(&(struct of_actions){ .n = 1, .list = &first }, version, out);
	of_actions_encode(acts, version, out);
	store_be16(out->data + start + 2, out->size - start);
}

void of_instructions_encode(const struct of_instructions *ins, uint8_t version, struct buf *out)
{
	const struct of_action_meter meter = { { &of_action_meter_class }, ins->meter_id };
	bool is_action = ins->has_meter && version >= OF_VERSION_1_5;

	if (ins->has_meter && !is_action) {
		buf_be16(out, OFPIT13_METER);
		buf_be16(out, 8);
		buf_be32(out, ins->meter_id);
	}
	if (ins->has_apply || is_action)
		encode_actions(OFPIT11_APPLY_ACTIONS, is_action ? &meter : NULL, &ins->apply,
			       version, out);
	if (ins->has_clear)
		encode_actions(OFPIT11_CLEAR_ACTIONS, NULL, &(struct of_actions){ 0 }, version,
			       out);
	if (ins->has_write)
		encode_actions(OFPIT11_WRITE_ACTIONS, NULL, &ins->write, version, out);
	if (ins->has_metadata) {
		buf_be16(out, OFPIT11_WRITE_METADATA);
		buf_be16(out, 24);
		buf_zeros(out, 4);
		buf_be64(out, ins->metadata);
		buf_be64(out, ins->metadata_mask);
	}
	if (ins->has_goto) {
		buf_be16(out, OFPIT11_GOTO_TABLE);
		buf_be16(out, 8);
		buf_be8(out, ins->goto_table);
		buf_zeros(out, 3);
	}
}

bool of_instructions_equal(const struct of_instructions *a, const struct of_instructions *b)
{
	if (a->has_goto != b->has_goto || a->has_metadata != b->has_metadata ||
	    a->has_clear != b->has_clear || a->has_apply != b->has_apply ||
	    a->has_write != b->has_write || a->has_meter != b->has_meter)
		return false;
	if (a->has_meter && a->meter_id != b->meter_id)
		return false;
	if (a->has_goto && a->goto_table != b->goto_table)
		return false;
	if (a->has_metadata && (a->metadata != b->metadata || a->metadata_mask != b->metadata_mask))
		return false;
	return (!a->has_apply || of_actions_equal(&a->apply, &b->apply)) &&
	       (!a->has_write || of_actions_equal(&a->write, &b->write));
}

bool of_instructions_output_to(const struct of_instructions *ins, uint32_t port_no)
{
	return of_actions_output_to(&ins->apply, port_no) ||
	       of_actions_output_to(&ins->write, port_no);
}

bool of_instructions_group_to(const struct of_instructions *ins, uint32_t group_id)
{
	return of_actions_group_to(&ins->apply, group_id) ||
	       of_actions_group_to(&ins->write, group_id);
}

struct of_instructions *of_instructions_dup(const struct of_instructions *ins)
{
	const size_t own = (sizeof(struct of_instructions) + 15) & ~(size_t)15;
	struct of_instructions *copy =
		xmalloc(own + of_actions_size(&ins->apply) + of_actions_size(&ins->write));
	char *p = (char *)copy + own;

	*copy = *ins;
	p = of_actions_copy(&ins->apply, &copy->apply, p);
	of_actions_copy(&ins->write, &copy->write, p);
	return copy;
}
