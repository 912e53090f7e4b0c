/* NXAST_REG_MOVE: bits of one field to another (Open vSwitch's ovs-actions manual). */

#include "proto/openflow/action_reg_move.h"
#include "dataplane/action/action_class.h"
#include "dataplane/action/bits.h"
#include "dataplane/packet/edit.h"

static enum drop_reason move_one(const struct action_op *op, struct rte_mbuf *m,
				 struct flow_key *key, struct packet_layout *layout)
{
	const struct of_field *src = op->move.src, *dst = op->move.dst;
	uint8_t from[OF_FIELD_MAX_BYTES], value[OF_FIELD_MAX_BYTES] = { 0 };
	uint8_t mask[OF_FIELD_MAX_BYTES] = { 0 };

	if (!packet_has_field(key, layout, src->id))
		return DROP_NONE;
	key_field_get(key, src->id, from);
	if (src->id == OF_FIELD_IP_TOS)
		from[0] &= 0xfc; /* this view of the byte has no ECN */
	bits_copy(from, src->n_bytes, op->move.src_bit, value, dst->n_bytes, op->move.dst_bit,
		  op->move.n_bits);
	bits_copy(of_field_ones[dst->id], dst->n_bytes, op->move.dst_bit, mask, dst->n_bytes,
		  op->move.dst_bit, op->move.n_bits);
	return packet_set_field(m, key, layout, dst->id, value, mask);
}

static void move_run(const struct action_op *op, struct action_batch *b, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		action_fail(b, i, move_one(op, b->pkts[i], &b->keys[i], &b->layouts[i]));
	}
}

static int move_compile(const struct of_action *act, const struct action_env *env,
			struct action_op *op, struct of_error *err)
{
	const struct of_action_reg_move *move = container_of(act, struct of_action_reg_move, base);
	const struct of_field *src = move->src.field, *dst = move->dst.field;

	if (!key_place(src->id)->size)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_TYPE);
	if (env->facts && !key_has_prereq(env->facts, src->prereq))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	if (action_check_writable(dst, env, err) < 0)
		return -1;
	op->kind = action_field_is_in_packet(dst) ? ACTION_CHANGE_PACKET : ACTION_CHANGE_KEY;
	op->run = move_run;
	op->slot = ACTION_SLOT_SET + dst->id;
	op->is_partial = true;
	op->lines = key_field_line(src->id) | key_field_line(dst->id);
	op->depth = MAX_OF(key_place(src->id)->depth, action_write_depth(dst));
	op->move.src = src;
	op->move.dst = dst;
	op->move.src_bit = move->src.ofs;
	op->move.dst_bit = move->dst.ofs;
	op->move.n_bits = move->dst.n_bits;
	return 0;
}

static const struct action_class action_move = {
	.name = "move",
	.compile = move_compile,
};
REGISTRY_ADD(action_class, action_move);
