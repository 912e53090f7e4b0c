/* Flow-mod (OF 1.3.5 section 7.3.4.1, OF 1.4.1 section 7.3.4.2).  The text of flows is
 * flow_text.c. */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/msg_priv.h"

#define ALL_FLAGS                                                                                  \
	(OF_FLOW_SEND_REMOVED | OF_FLOW_CHECK_OVERLAP | OF_FLOW_RESET_COUNTS |                     \
	 OF_FLOW_NO_PACKET_COUNTS | OF_FLOW_NO_BYTE_COUNTS)

/* A larger flow would not fit into the statistics that tell of it. */
#define MAX_FLOW_MOD_SIZE (OF_MAX_MESSAGE - 64)
#define OF_HEADER_SIZE	  8

static bool is_delete(const struct of_flow_mod *fm)
{
	return fm->command == OFPFC_DELETE || fm->command == OFPFC_DELETE_STRICT;
}

static void decode_head(struct cursor *body, uint8_t version, struct of_flow_mod *fm)
{
	fm->cookie = cursor_be64(body);
	fm->cookie_mask = cursor_be64(body);
	fm->table_id = cursor_u8(body);
	fm->command = cursor_u8(body);
	fm->idle_timeout = cursor_be16(body);
	fm->hard_timeout = cursor_be16(body);
	fm->priority = cursor_be16(body);
	fm->buffer_id = cursor_be32(body);
	fm->out_port = cursor_be32(body);
	fm->out_group = cursor_be32(body);
	fm->flags = cursor_be16(body);
	fm->importance = cursor_be16(body);
	if (version == OF_VERSION_1_3)
		fm->importance = 0; /* what was read is padding */
}

static int check_head(const struct of_flow_mod *fm, struct of_error *err)
{
	if (fm->command > OFPFC_DELETE_STRICT)
		return of_error_set(err, OFPET_FLOW_MOD_FAILED, OFPFMFC_BAD_COMMAND);
	if (fm->flags & ~ALL_FLAGS)
		return of_error_set(err, OFPET_FLOW_MOD_FAILED, OFPFMFC_BAD_FLAGS);
	if (fm->table_id == OF_TABLE_ALL && !is_delete(fm))
		return of_error_set(err, OFPET_FLOW_MOD_FAILED, OFPFMFC_BAD_TABLE_ID);
	return 0;
}

/* What the parts say must fit together; a deletion's instructions are ignored. */
static int check_flow(const struct of_flow_mod *fm, struct of_error *err)
{
	const struct of_instructions *ins = &fm->instructions;

	if (is_delete(fm))
		return 0;
	if (ins->has_goto && ins->goto_table <= fm->table_id)
		return of_error_set(err, OFPET_BAD_INSTRUCTION, OFPBIC_BAD_TABLE_ID);
	if (of_actions_check(&ins->apply, &fm->match, err) != 0)
		return -1;
	return of_actions_check(&ins->write, &fm->match, err);
}

static int decode_mod(struct cursor *body, struct arena *a, struct of_msg *msg,
		      struct of_error *err)
{
	struct of_flow_mod *fm = &msg->flow_mod;

	if (OF_HEADER_SIZE + cursor_left(body) > MAX_FLOW_MOD_SIZE)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_TOO_MANY);
	decode_head(body, msg->version, fm);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (check_head(fm, err) != 0 || of_match_decode(body, a, true, &fm->match, err) != 0 ||
	    of_instructions_decode(body, msg->version, a, &fm->instructions, err) != 0)
		return -1;
	return check_flow(fm, err);
}

static void encode_mod(const struct of_msg *msg, struct buf *out)
{
	const struct of_flow_mod *fm = &msg->flow_mod;

	buf_be64(out, fm->cookie);
	buf_be64(out, fm->cookie_mask);
	buf_be8(out, fm->table_id);
	buf_be8(out, fm->command);
	buf_be16(out, fm->idle_timeout);
	buf_be16(out, fm->hard_timeout);
	buf_be16(out, fm->priority);
	buf_be32(out, fm->buffer_id);
	buf_be32(out, fm->out_port);
	buf_be32(out, fm->out_group);
	buf_be16(out, fm->flags);
	buf_be16(out, msg->version == OF_VERSION_1_3 ? 0 : fm->importance);
	of_match_encode(&fm->match, msg->version, out);
	of_instructions_encode(&fm->instructions, msg->version, out);
}

static void print_mod(const struct of_msg *msg, struct buf *out)
{
	of_flow_mod_print(&msg->flow_mod, out);
}

const struct of_codec of_codec_FLOW_MOD = {
	.decode = decode_mod,
	.encode = encode_mod,
	.print = print_mod,
};
