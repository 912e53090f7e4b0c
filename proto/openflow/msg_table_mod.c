/* Tables as a whole: table-mod, table-status, and multipart descriptions (OF 1.4.1 sections
 * 7.3.4.3, 7.3.5.17 and 7.4.5).  In 1.3 a table-mod has nothing but deprecated bits. */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define DEPRECATED     3u /* OFPTC_DEPRECATED_MASK */
#define ALL_CONFIG     (DEPRECATED | OF_TABLE_EVICTION | OF_TABLE_VACANCY)
#define MIN_ENTRY_SIZE 8
#define PERCENT	       100

static int bad_table(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_TABLE_MOD_FAILED, code);
}

static int decode_property(struct of_property *p, struct of_table_desc *t, struct of_error *err)
{
	bool *seen = p->type == OFPTMPT14_EVICTION ? &t->has_eviction : &t->has_vacancy;

	if (p->type != OFPTMPT14_EVICTION && p->type != OFPTMPT14_VACANCY)
		return of_property_unknown(p, err);
	if (*seen)
		return of_bad_property(err, OFPBPC_DUP_TYPE);
	*seen = true;
	if (p->type == OFPTMPT14_EVICTION) {
		t->eviction_flags = cursor_be32(&p->body);
	} else {
		t->vacancy_down = cursor_u8(&p->body);
		t->vacancy_up = cursor_u8(&p->body);
		t->vacancy = cursor_u8(&p->body);
		cursor_take(&p->body, 1);
	}
	return of_property_end(p, err);
}

static int decode_properties(struct cursor *list, struct of_table_desc *t, struct of_error *err)
{
	while (cursor_left(list)) {
		struct of_property p;

		if (of_property_next(list, &p, err) != 0 || decode_property(&p, t, err) != 0)
			return -1;
	}
	return 0;
}

static void encode_properties(const struct of_table_desc *t, struct buf *out)
{
	size_t start;

	if (t->has_eviction) {
		start = of_property_start(out, OFPTMPT14_EVICTION);
		buf_be32(out, t->eviction_flags);
		of_property_finish(out, start);
	}
	if (t->has_vacancy) {
		start = of_property_start(out, OFPTMPT14_VACANCY);
		buf_be8(out, t->vacancy_down);
		buf_be8(out, t->vacancy_up);
		buf_be8(out, t->vacancy);
		buf_zeros(out, 1);
		of_property_finish(out, start);
	}
}

/* What the switch does itself, and the present vacancy, are not to be told to it. */
static int check_mod(const struct of_table_desc *t, uint8_t version, struct of_error *err)
{
	if (t->config & ~(version >= OF_VERSION_1_4 ? ALL_CONFIG : DEPRECATED))
		return bad_table(err, OFPTMFC_BAD_CONFIG);
	if (t->has_eviction &&
	    t->eviction_flags & ~(OF_EVICT_OTHER | OF_EVICT_IMPORTANCE | OF_EVICT_LIFETIME))
		return of_bad_property(err, OFPBPC_BAD_VALUE);
	if (t->has_vacancy &&
	    (t->vacancy || t->vacancy_down > t->vacancy_up || t->vacancy_up > PERCENT))
		return of_bad_property(err, OFPBPC_BAD_VALUE);
	return 0;
}

static int decode_mod(struct cursor *body, struct arena *a, struct of_msg *msg,
		      struct of_error *err)
{
	struct of_table_desc *t = &msg->table_mod;

	(void)a;
	t->table_id = cursor_u8(body);
	cursor_take(body, 3);
	t->config = cursor_be32(body);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (msg->version >= OF_VERSION_1_4 && decode_properties(body, t, err) != 0)
		return -1;
	return check_mod(t, msg->version, err);
}

static void encode_mod(const struct of_msg *msg, struct buf *out)
{
	const struct of_table_desc *t = &msg->table_mod;

	buf_be8(out, t->table_id);
	buf_zeros(out, 3);
	buf_be32(out, t->config);
	if (msg->version >= OF_VERSION_1_4)
		encode_properties(t, out);
}

static void print_eviction_flags(uint32_t flags, struct buf *out)
{
	static const char *const names[] = { "OTHER", "IMPORTANCE", "LIFETIME" };

	of_print_bits(flags, names, ARRAY_LENGTH(names), out);
}

static void print_mod(const struct of_msg *msg, struct buf *out)
{
	const struct of_table_desc *t = &msg->table_mod;

	if (t->table_id == OF_TABLE_ALL)
		buf_puts(out, "table_id: ALL_TABLES");
	else
		buf_printf(out, "table_id=%u", t->table_id);
	if (msg->version < OF_VERSION_1_4) {
		if (t->config)
			buf_printf(out, ", config=0x%x", t->config);
		return;
	}
	buf_printf(out, ", eviction=%s", t->config & OF_TABLE_EVICTION ? "on" : "off");
	if (t->has_eviction) {
		buf_puts(out, " eviction_flags=");
		print_eviction_flags(t->eviction_flags, out);
	}
	buf_printf(out, ", vacancy=%s", t->config & OF_TABLE_VACANCY ? "on" : "off");
	if (t->has_vacancy)
		buf_printf(out, " vacancy:%u,%u", t->vacancy_down, t->vacancy_up);
}

const struct of_codec of_codec_TABLE_MOD = {
	.decode = decode_mod,
	.encode = encode_mod,
	.print = print_mod,
};

static int decode_entry(struct cursor *body, struct of_table_desc *t, struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 2 ? 0 : size - 2);

	t->table_id = cursor_u8(&entry);
	cursor_take(&entry, 1);
	t->config = cursor_be32(&entry);
	if (!cursor_ok(body) || !cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_properties(&entry, t, err);
}

static void encode_entry(const struct of_table_desc *t, struct buf *out)
{
	size_t start = out->size;

	buf_be16(out, 0);
	buf_be8(out, t->table_id);
	buf_zeros(out, 1);
	buf_be32(out, t->config);
	encode_properties(t, out);
	store_be16(out->data + start, out->size - start);
}

/* As ovs-ofctl's dump-table-desc. */
static void print_entry(const struct of_table_desc *t, struct buf *out)
{
	buf_printf(out, "\n  table %u:\n   eviction=%s eviction_flags=", t->table_id,
		   t->config & OF_TABLE_EVICTION ? "on" : "off");
	if (t->has_eviction)
		print_eviction_flags(t->eviction_flags, out);
	else
		buf_puts(out, "(default)");
	buf_printf(out, "\n   vacancy=%s", t->config & OF_TABLE_VACANCY ? "on" : "off");
	if (t->config & OF_TABLE_VACANCY)
		buf_printf(out, " vacancy_down=%u%% vacancy_up=%u%% vacancy=%u%%", t->vacancy_down,
			   t->vacancy_up, t->vacancy);
}

/* Without a body. */
const struct of_codec of_codec_TABLE_DESC_REQUEST = { 0 };

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_table_desc_reply *r = &msg->table_desc_reply;
	size_t max_n = cursor_left(body) / MIN_ENTRY_SIZE;

	if (cursor_left(body))
		r->tables = arena_alloc(a, (max_n + 1) * sizeof(*r->tables));
	while (cursor_left(body)) {
		if (decode_entry(body, &r->tables[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->table_desc_reply.n; i++)
		encode_entry(&msg->table_desc_reply.tables[i], out);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	const struct of_table_desc_reply *r = &msg->table_desc_reply;

	buf_printf(out, "%u tables%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++)
		print_entry(&r->tables[i], out);
}

const struct of_codec of_codec_TABLE_DESC_REPLY = {
	.is_array = true,
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};

static int decode_status(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	(void)a;
	msg->table_status.reason = cursor_u8(body);
	cursor_take(body, 7);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_entry(body, &msg->table_status.table, err);
}

static void encode_status(const struct of_msg *msg, struct buf *out)
{
	buf_be8(out, msg->table_status.reason);
	buf_zeros(out, 7);
	encode_entry(&msg->table_status.table, out);
}

static void print_status(const struct of_msg *msg, struct buf *out)
{
	uint8_t reason = msg->table_status.reason;

	if (reason == OF_TABLE_VACANCY_DOWN)
		buf_puts(out, "reason=VACANCY_DOWN");
	else if (reason == OF_TABLE_VACANCY_UP)
		buf_puts(out, "reason=VACANCY_UP");
	else
		buf_printf(out, "reason=%u", reason);
	buf_puts(out, "\ntable_desc:-");
	print_entry(&msg->table_status.table, out);
}

const struct of_codec of_codec_TABLE_STATUS = {
	.decode = decode_status,
	.encode = encode_status,
	.print = print_status,
};
