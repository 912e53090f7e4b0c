/* Multipart: what each table can do, and asking it to do less (OF 1.3.5 section 7.3.5.5, OF 1.5.1
 * section 7.3.5.18).  What the properties say is table_features_props.c. */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"
#include "proto/openflow/table_features_props.h"

#define MULTIPART_HEADER_SIZE 16
#define ENTRY_SIZE	      64 /* without properties */
#define PROPERTY_HEADER_SIZE  4

static int bad_features(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_TABLE_FEATURES_FAILED, code);
}

static int decode_property(struct cursor *list, struct of_table_property *p, struct of_error *err)
{
	uint16_t length;

	p->type = cursor_be16(list);
	length = cursor_be16(list);
	if (!cursor_ok(list) || length < PROPERTY_HEADER_SIZE)
		return of_bad_property(err, OFPBPC_BAD_LEN);
	p->size = length - PROPERTY_HEADER_SIZE;
	p->data = cursor_take(list, p->size);
	cursor_take(list, -length & 7);
	return cursor_ok(list) ? 0 : of_bad_property(err, OFPBPC_BAD_LEN);
}

static int decode_properties(struct cursor *list, struct arena *a, struct of_table_features *t,
			     struct of_error *err)
{
	size_t max_n = cursor_left(list) / 8;

	if (cursor_left(list))
		t->properties = arena_alloc(a, (max_n + 1) * sizeof(*t->properties));
	while (cursor_left(list)) {
		if (decode_property(list, &t->properties[t->n_properties], err) != 0)
			return -1;
		t->n_properties++;
	}
	return 0;
}

static int decode_entry(struct cursor *body, uint8_t version, struct arena *a,
			struct of_table_features *t, struct of_error *err)
{
	uint16_t size = cursor_be16(body);
	struct cursor entry = cursor_sub(body, size < 2 ? 0 : size - 2);

	t->table_id = cursor_u8(&entry);
	t->command = cursor_u8(&entry);
	t->features = cursor_be32(&entry);
	cursor_copy(&entry, t->name, sizeof(t->name));
	t->metadata_match = cursor_be64(&entry);
	t->metadata_write = cursor_be64(&entry);
	t->capabilities = cursor_be32(&entry);
	t->max_entries = cursor_be32(&entry);
	if (!cursor_ok(body) || !cursor_ok(&entry) || size % 8)
		return of_bad_property(err, OFPBPC_BAD_LEN);
	if (version < OF_VERSION_1_5)
		t->command = t->features = 0; /* padding, and replacing is the only command */
	t->name[sizeof(t->name) - 1] = '\0';
	memset(t->name + strlen(t->name), 0, sizeof(t->name) - strlen(t->name));
	if (t->command > OFPTFC15_DISABLE)
		return bad_features(err, OFPTFFC_BAD_COMMAND);
	if (t->table_id == OF_TABLE_ALL)
		return bad_features(err, OFPTFFC_BAD_TABLE);
	return decode_properties(&entry, a, t, err);
}

static int decode(struct cursor *body, struct arena *a, struct of_msg *msg, struct of_error *err)
{
	struct of_table_features_msg *m = &msg->table_features;
	size_t max_n = cursor_left(body) / ENTRY_SIZE;

	if (cursor_left(body))
		m->tables = arena_alloc(a, (max_n + 1) * sizeof(*m->tables));
	while (cursor_left(body)) {
		if (decode_entry(body, msg->version, a, &m->tables[m->n], err) != 0)
			return -1;
		m->n++;
	}
	return 0;
}

static void encode_entry(const struct of_table_features *t, uint8_t version, struct buf *out)
{
	bool is_new = version >= OF_VERSION_1_5;
	size_t start = out->size;

	buf_be16(out, 0);
	buf_be8(out, t->table_id);
	buf_be8(out, is_new ? t->command : 0);
	buf_be32(out, is_new ? t->features : 0);
	buf_add(out, t->name, sizeof(t->name));
	buf_be64(out, t->metadata_match);
	buf_be64(out, t->metadata_write);
	buf_be32(out, t->capabilities);
	buf_be32(out, t->max_entries);
	for (unsigned i = 0; i < t->n_properties; i++) {
		size_t property = of_property_start(out, t->properties[i].type);

		buf_add(out, t->properties[i].data, t->properties[i].size);
		of_property_finish(out, property);
	}
	store_be16(out->data + start, out->size - start);
}

static void encode(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->table_features.n; i++)
		encode_entry(&msg->table_features.tables[i], msg->version, out);
}

static void print(const struct of_msg *msg, struct buf *out)
{
	const struct of_table_features_msg *m = &msg->table_features;

	buf_printf(out, "%u tables%s", m->n, m->more ? ", more to come" : "");
	for (unsigned i = 0; i < m->n; i++) {
		buf_puts(out, "\n  ");
		of_table_features_print(&m->tables[i], msg->version, out);
	}
}

const struct of_codec of_codec_TABLE_FEATURES_REQUEST = {
	.is_array = true,
	.decode = decode,
	.encode = encode,
	.print = print,
};

const struct of_codec of_codec_TABLE_FEATURES_REPLY = {
	.is_array = true,
	.decode = decode,
	.encode = encode,
	.print = print,
};

unsigned of_table_features_fits(const struct of_table_features *tables, unsigned n)
{
	size_t size = MULTIPART_HEADER_SIZE;
	unsigned i;

	for (i = 0; i < n; i++) {
		size += ENTRY_SIZE;
		for (unsigned k = 0; k < tables[i].n_properties; k++)
			size += (PROPERTY_HEADER_SIZE + tables[i].properties[k].size + 7) &
				~(size_t)7;
		if (size > OF_MAX_MESSAGE)
			break;
	}
	return i;
}
