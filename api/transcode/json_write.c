#include "api/transcode/json.h"

#include "api/transcode/scalar.h"
#include "api/transcode/well_known.h"

struct writer {
	struct buf *out;
	enum json_style style;
	unsigned depth;
};

static void write_message(struct writer *w, const ProtobufCMessage *m);

static void new_line(struct writer *w)
{
	if (!(w->style & JSON_INDENTED))
		return;
	buf_puts(w->out, "\n");
	for (unsigned i = 0; i < w->depth; i++)
		buf_puts(w->out, "  ");
}

/* Before each element of an object or list; N counts them. */
static void next(struct writer *w, size_t n)
{
	if (n > 0)
		buf_puts(w->out, ",");
	new_line(w);
}

static void colon(struct writer *w)
{
	buf_puts(w->out, w->style & JSON_INDENTED ? ": " : ":");
}

static void open_with(struct writer *w, const char *bracket)
{
	buf_puts(w->out, bracket);
	w->depth++;
}

static void close_with(struct writer *w, const char *bracket, size_t n)
{
	w->depth--;
	if (n > 0)
		new_line(w);
	buf_puts(w->out, bracket);
}

/* The value of a map's entry that came without one. */
static void write_empty(struct writer *w, const message_desc *d)
{
	struct arena a = ARENA_INIT;

	write_message(w, message_create(d, &a));
	arena_clear(&a);
}

static void write_value(struct writer *w, const field_desc *f, const void *value)
{
	const ProtobufCMessage *m;

	if (!field_is_message(f)) {
		scalar_to_json(w->out, f, value);
		return;
	}
	m = *(const ProtobufCMessage *const *)value;
	if (m)
		write_message(w, m);
	else
		write_empty(w, f->descriptor);
}

static void write_key(struct writer *w, const field_desc *f, const void *value)
{
	bool is_quoted = f->type == PROTOBUF_C_TYPE_STRING || field_value_size(f) == 8;

	if (!is_quoted)
		buf_puts(w->out, "\"");
	scalar_to_json(w->out, f, value);
	if (!is_quoted)
		buf_puts(w->out, "\"");
}

static void write_map(struct writer *w, const ProtobufCMessage *m, const field_desc *f)
{
	size_t n = *field_count(m, f);

	open_with(w, "{");
	for (size_t i = 0; i < n; i++) {
		const ProtobufCMessage *entry = *(ProtobufCMessage **)field_element(m, f, i);
		const field_desc *fields = entry->descriptor->fields;

		next(w, i);
		write_key(w, &fields[0], field_at(entry, &fields[0]));
		colon(w);
		write_value(w, &fields[1], field_at(entry, &fields[1]));
	}
	close_with(w, "}", n);
}

static void write_list(struct writer *w, const ProtobufCMessage *m, const field_desc *f)
{
	size_t n = *field_count(m, f);

	open_with(w, "[");
	for (size_t i = 0; i < n; i++) {
		next(w, i);
		write_value(w, f, field_element(m, f, i));
	}
	close_with(w, "]", n);
}

static bool is_written(const struct writer *w, const ProtobufCMessage *m, const field_desc *f)
{
	if (field_is_set(m, f))
		return true;
	return (w->style & JSON_ALL_FIELDS) && !field_is_oneof(f) &&
	       (field_is_repeated(f) || !field_is_message(f));
}

static void write_fields(struct writer *w, const ProtobufCMessage *m)
{
	char name[FIELD_NAME_MAX];
	size_t n = 0;

	open_with(w, "{");
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const field_desc *f = &m->descriptor->fields[i];

		if (!is_written(w, m, f) || strlen(f->name) >= sizeof(name))
			continue;
		next(w, n++);
		field_json_name(name, f->name);
		json_write_string(w->out, name);
		colon(w);
		if (field_is_map(m->descriptor, f))
			write_map(w, m, f);
		else if (field_is_repeated(f))
			write_list(w, m, f);
		else
			write_value(w, f, field_at(m, f));
	}
	close_with(w, "}", n);
}

static void write_message(struct writer *w, const ProtobufCMessage *m)
{
	const struct well_known *known = well_known_find(m->descriptor);
	struct buf text = BUF_INIT;

	if (!known) {
		write_fields(w, m);
		return;
	}
	known->write(&text, m);
	json_write_string(w->out, buf_str(&text));
	buf_fini(&text);
}

void json_write(struct buf *out, const ProtobufCMessage *m, enum json_style style)
{
	struct writer w = {.out = out, .style = style};

	write_message(&w, m);
}
