/* Flow-mod and flow-removed (OF 1.3.5 sections 7.3.4.1 and 7.4.2).  The text of flows is
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

static void decode_head(struct cursor *body, struct of_flow_mod *fm)
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
	cursor_take(body, 2);
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
	decode_head(body, fm);
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
	buf_zeros(out, 2);
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

static int decode_removed(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	struct of_flow_removed *fr = &msg->flow_removed;

	fr->cookie = cursor_be64(body);
	fr->priority = cursor_be16(body);
	fr->reason = cursor_u8(body);
	fr->table_id = cursor_u8(body);
	fr->duration_sec = cursor_be32(body);
	fr->duration_nsec = cursor_be32(body);
	fr->idle_timeout = cursor_be16(body);
	fr->hard_timeout = cursor_be16(body);
	fr->n_packets = cursor_be64(body);
	fr->n_bytes = cursor_be64(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return of_match_decode(body, a, true, &fr->match, err);
}

static void encode_removed(const struct of_msg *msg, struct buf *out)
{
	const struct of_flow_removed *fr = &msg->flow_removed;

	buf_be64(out, fr->cookie);
	buf_be16(out, fr->priority);
	buf_be8(out, fr->reason);
	buf_be8(out, fr->table_id);
	buf_be32(out, fr->duration_sec);
	buf_be32(out, fr->duration_nsec);
	buf_be16(out, fr->idle_timeout);
	buf_be16(out, fr->hard_timeout);
	buf_be64(out, fr->n_packets);
	buf_be64(out, fr->n_bytes);
	of_match_encode(&fr->match, msg->version, out);
}

static void print_removed(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "idle", "hard", "delete", "group_delete" };
	const struct of_flow_removed *fr = &msg->flow_removed;

	buf_printf(out, "priority=%u", fr->priority);
	if (fr->match.n) {
		buf_puts(out, ",");
		of_match_print(&fr->match, out);
	}
	if (fr->reason < ARRAY_LENGTH(names))
		buf_printf(out, " reason=%s", names[fr->reason]);
	else
		buf_printf(out, " reason=%u", fr->reason);
	buf_printf(out,
		   " table_id=%u cookie:0x%llx duration%u.%03us idle%u hard%u pkts%llu bytes%llu",
		   fr->table_id, (unsigned long long)fr->cookie, fr->duration_sec,
		   fr->duration_nsec / 1000000, fr->idle_timeout, fr->hard_timeout,
		   (unsigned long long)fr->n_packets, (unsigned long long)fr->n_bytes);
}

const struct of_codec of_codec_FLOW_REMOVED = {
	.decode = decode_removed,
	.encode = encode_removed,
	.print = print_removed,
};
