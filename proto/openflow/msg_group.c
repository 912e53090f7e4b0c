/* Group-mod (OF 1.3.5 section 7.3.4.2, OF 1.5.1 section 7.3.4.3); and before 1.5, Nicira's
 * NXT_GROUP_MOD, which has the form of 1.5 and so what the older versions cannot say.  Buckets are
 * group_wire.c, the text is group_text.c and group_print.c. */

#include "proto/openflow/group_wire.h"
#include "proto/openflow/msg_priv.h"

#define FORM_NICIRA 1 /* of messages.def */

static bool is_new_form(const struct of_msg *msg, unsigned form)
{
	return msg->version >= OF_VERSION_1_5 || form == FORM_NICIRA;
}

/* What only the form of 1.5 can say. */
static unsigned form(const struct of_msg *msg)
{
	const struct of_group_mod *gm = &msg->group_mod;
	bool is_new = gm->command == OF_GROUP_INSERT_BUCKET ||
		      gm->command == OF_GROUP_REMOVE_BUCKET || gm->selection.method[0];

	return is_new && msg->version < OF_VERSION_1_5 ? FORM_NICIRA : 0;
}

static bool is_command(uint16_t command, bool is_new)
{
	switch (command) {
	case OF_GROUP_ADD:
	case OF_GROUP_MODIFY:
	case OF_GROUP_DELETE:
	case OF_GROUP_ADD_OR_MODIFY:
		return true;
	case OF_GROUP_INSERT_BUCKET:
	case OF_GROUP_REMOVE_BUCKET:
		return is_new;
	default:
		return false;
	}
}

static int check_head(const struct of_group_mod *gm, bool is_new, struct of_error *err)
{
	bool is_all = gm->command == OF_GROUP_DELETE && gm->group_id == OF_GROUP_ALL;

	if (!is_command(gm->command, is_new))
		return of_bad_group(err, OFPGMFC_BAD_COMMAND);
	if (gm->type >= OF_N_GROUP_TYPES)
		return of_bad_group(err, OFPGMFC_BAD_TYPE);
	if (gm->group_id > OF_GROUP_MAX && !is_all)
		return of_bad_group(err, OFPGMFC_INVALID_GROUP);
	return 0;
}

/* Which bucket is meant: any by its id or place, and all of them only to remove. */
static int check_command_bucket(const struct of_group_mod *gm, struct of_error *err)
{
	bool is_one = gm->command_bucket_id <= OF_BUCKET_MAX ||
		      gm->command_bucket_id == OF_BUCKET_FIRST ||
		      gm->command_bucket_id == OF_BUCKET_LAST;
	bool is_right;

	if (gm->command == OF_GROUP_INSERT_BUCKET)
		is_right = is_one;
	else if (gm->command == OF_GROUP_REMOVE_BUCKET)
		is_right = is_one || gm->command_bucket_id == OF_BUCKET_ALL;
	else
		is_right = gm->command_bucket_id == OF_BUCKET_ALL;
	return is_right ? 0 : of_bad_group(err, OFPGMFC_BAD_BUCKET);
}

/* The type of a group whose buckets change is known to the switch alone. */
static int check_bucket(const struct of_group_mod *gm, const struct of_bucket *b,
			struct of_error *err)
{
	bool is_watching = b->watch_port != OF_PORT_ANY || b->watch_group != OF_GROUP_ANY;

	if (gm->command == OF_GROUP_INSERT_BUCKET)
		return 0;
	if (b->weight && gm->type != OF_GROUP_SELECT)
		return of_bad_group(err, OFPGMFC_INVALID_GROUP);
	if (is_watching && (gm->type == OF_GROUP_ALL_BUCKETS || gm->type == OF_GROUP_INDIRECT))
		return of_bad_group(err, OFPGMFC_WATCH_UNSUPPORTED);
	if (!is_watching && gm->type == OF_GROUP_FAST_FAILOVER)
		return of_bad_group(err, OFPGMFC_INVALID_GROUP);
	return 0;
}

static int check_buckets(const struct of_group_mod *gm, struct of_error *err)
{
	if (gm->command == OF_GROUP_DELETE && gm->n_buckets)
		return of_bad_group(err, OFPGMFC_INVALID_GROUP);
	if (gm->command == OF_GROUP_REMOVE_BUCKET && gm->n_buckets)
		return of_bad_group(err, OFPGMFC_BAD_BUCKET);
	if (gm->type == OF_GROUP_INDIRECT && gm->n_buckets != 1 &&
	    (gm->command == OF_GROUP_ADD || gm->command == OF_GROUP_MODIFY ||
	     gm->command == OF_GROUP_ADD_OR_MODIFY))
		return of_bad_group(err, OFPGMFC_INVALID_GROUP);
	for (unsigned i = 0; i < gm->n_buckets; i++) {
		if (check_bucket(gm, &gm->buckets[i], err) != 0)
			return -1;
	}
	return 0;
}

static int check_selection(const struct of_group_mod *gm, struct of_error *err)
{
	if (gm->selection.method[0] &&
	    (gm->command == OF_GROUP_DELETE || gm->command == OF_GROUP_INSERT_BUCKET ||
	     gm->command == OF_GROUP_REMOVE_BUCKET))
		return of_error_set(err, OFPET_BAD_PROPERTY, OFPBPC_BAD_VALUE);
	return 0;
}

/* The buckets' size, which one a command is about, and properties at the end. */
static int decode_new(struct cursor *body, uint8_t version, struct arena *a,
		      struct of_group_mod *gm, struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor buckets;

	cursor_take(body, 2);
	gm->command_bucket_id = cursor_be32(body);
	buckets = cursor_sub(body, size);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (check_command_bucket(gm, err) != 0 ||
	    of_buckets_decode(&buckets, version, true, gm->type, a, &gm->n_buckets, &gm->buckets,
			      err) != 0 ||
	    of_group_properties_decode(body, gm->type, a, &gm->selection, err) != 0)
		return -1;
	return check_selection(gm, err);
}

/* A group must fit into the description that tells of it, in every version. */
static int check_size(const struct of_group_mod *gm, struct of_error *err)
{
	struct of_group_desc g = {
		.type = gm->type,
		.n_buckets = gm->n_buckets,
		.buckets = gm->buckets,
		.selection = gm->selection,
	};

	return of_group_desc_is_too_large(&g) ? of_bad_group(err, OFPGMFC_OUT_OF_BUCKETS) : 0;
}

static int decode(struct cursor *body, struct arena *a, struct of_msg *msg, struct of_error *err)
{
	bool is_new = is_new_form(msg, msg->form);
	struct of_group_mod *gm = &msg->group_mod;
	int rc;

	gm->command = cursor_be16(body);
	gm->type = cursor_u8(body);
	cursor_take(body, 1);
	gm->group_id = cursor_be32(body);
	gm->command_bucket_id = OF_BUCKET_ALL;
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (check_head(gm, is_new, err) != 0)
		return -1;
	if (is_new)
		rc = decode_new(body, msg->version, a, gm, err);
	else
		rc = of_buckets_decode(body, msg->version, false, gm->type, a, &gm->n_buckets,
				       &gm->buckets, err);
	if (rc != 0 || check_buckets(gm, err) != 0)
		return -1;
	return check_size(gm, err);
}

static void encode(const struct of_msg *msg, struct buf *out)
{
	const struct of_group_mod *gm = &msg->group_mod;
	bool is_new = is_new_form(msg, form(msg));
	size_t size_at, start;

	buf_be16(out, gm->command);
	buf_be8(out, gm->type);
	buf_zeros(out, 1);
	buf_be32(out, gm->group_id);
	size_at = out->size;
	if (is_new) {
		buf_zeros(out, 4);
		buf_be32(out, gm->command_bucket_id);
	}
	start = out->size;
	of_buckets_encode(gm->buckets, gm->n_buckets, msg->version, is_new, gm->type, out);
	if (is_new) {
		store_be16(out->data + size_at, out->size - start);
		of_group_properties_encode(&gm->selection, msg->version, out);
	}
}

static void print(const struct of_msg *msg, struct buf *out)
{
	of_group_mod_print(&msg->group_mod, form(msg) ? OF_VERSION_1_5 : msg->version, out);
}

const struct of_codec of_codec_GROUP_MOD = {
	.decode = decode,
	.encode = encode,
	.form = form,
	.print = print,
};
