#include "api/gen/source.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/cursor.h"

#define HTTP_OPTION	      72295728
#define FIELD_BEHAVIOR_OPTION 1052

void die(const char *fmt, ...)
{
	va_list args;

	fputs("apigen: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

char *c_name_of(const char *full_name)
{
	struct buf b = BUF_INIT;
	bool was_upper = true;

	for (const char *c = full_name; *c; c++) {
		bool upper = isupper((unsigned char)*c);

		if (*c == '.') {
			buf_puts(&b, "__");
			was_upper = true;
			continue;
		}
		if (upper && !was_upper)
			buf_puts(&b, "_");
		buf_be8(&b, tolower((unsigned char)*c));
		was_upper = upper;
	}
	return buf_steal(&b);
}

static struct type *add_type(struct source *s, const file_desc *file, const char *scope,
			     const char *name, const struct type *parent, int32_t step,
			     size_t index)
{
	struct type *t;

	s->types = xrealloc(s->types, (s->n_types + 1) * sizeof(*s->types));
	t = &s->types[s->n_types++];
	*t = (struct type){.file = file};
	if (parent) {
		memcpy(t->path, parent->path, sizeof(t->path));
		t->n_path = parent->n_path;
	}
	if (t->n_path + 4 > ARRAY_LENGTH(t->path))
		die("%s.%s: nested too deep", scope, name);
	t->path[t->n_path++] = step;
	t->path[t->n_path++] = index;
	t->name = *scope ? xasprintf("%s.%s", scope, name) : xstrdup(name);
	t->c_name = c_name_of(t->name);
	return t;
}

static void add_message(struct source *s, const file_desc *file, const char *scope,
			const message_desc *m, const struct type *parent, int32_t step,
			size_t index)
{
	struct type *t = add_type(s, file, scope, m->name, parent, step, index), self;

	t->message = m;
	self = *t; /* the array moves */
	for (size_t i = 0; i < m->n_nested_type; i++)
		add_message(s, file, self.name, m->nested_type[i], &self, PATH_MESSAGE_NESTED, i);
	for (size_t i = 0; i < m->n_enum_type; i++)
		add_type(s, file, self.name, m->enum_type[i]->name, &self, PATH_MESSAGE_ENUM, i)
			->enumeration = m->enum_type[i];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct type *)a)->name, ((const struct type *)b)->name);
}

static void index_types(struct source *s)
{
	for (size_t i = 0; i < s->set->n_file; i++) {
		const file_desc *f = s->set->file[i];

		for (size_t k = 0; k < f->n_message_type; k++)
			add_message(s, f, f->package, f->message_type[k], NULL, PATH_FILE_MESSAGE,
				    k);
		for (size_t k = 0; k < f->n_enum_type; k++)
			add_type(s, f, f->package, f->enum_type[k]->name, NULL, PATH_FILE_ENUM, k)
				->enumeration = f->enum_type[k];
	}
	qsort(s->types, s->n_types, sizeof(*s->types), by_name);
}

static void read_file(struct buf *b, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		die("cannot read %s: %m", path);
	do {
		n = fread(buf_grow(b, 65536), 1, 65536, f);
		b->size -= 65536 - n;
	} while (n > 0);
	fclose(f);
}

void source_load(struct source *s, const char *path)
{
	struct buf b = BUF_INIT;

	*s = (struct source){0};
	read_file(&b, path);
	s->set = google__protobuf__file_descriptor_set__unpack(NULL, b.size, b.data);
	buf_fini(&b);
	if (!s->set)
		die("%s is no FileDescriptorSet", path);
	index_types(s);
}

struct type *source_type(const struct source *s, const char *name)
{
	struct type key = {.name = (char *)name + 1};
	struct type *t = bsearch(&key, s->types, s->n_types, sizeof(*s->types), by_name);

	if (!t)
		die("no type %s: was protoc run with --include_imports?", name);
	return t;
}

/* protoc leaves the space after the slashes, and a newline at the end. */
static const char *tidy(const char *text)
{
	struct buf b = BUF_INIT;

	while (*text) {
		size_t n = strcspn(text, "\n");

		if (*text == ' ')
			text++, n--;
		buf_add(&b, text, n);
		text += n;
		if (*text)
			text++;
		if (*text)
			buf_puts(&b, "\n");
	}
	while (b.size && (b.data[b.size - 1] == '\n' || b.data[b.size - 1] == ' '))
		b.size--;
	return buf_steal(&b);
}

const char *source_comment(const file_desc *file, const int32_t *path, unsigned n_path,
			   int32_t step, int32_t index)
{
	int32_t want[18];
	unsigned n = n_path;

	memcpy(want, path, n_path * sizeof(*path));
	if (step >= 0) {
		want[n++] = step;
		want[n++] = index;
	}
	for (size_t i = 0; file->source_code_info && i < file->source_code_info->n_location; i++) {
		const Google__Protobuf__SourceCodeInfo__Location *l =
			file->source_code_info->location[i];

		if (l->n_path != n || memcmp(l->path, want, n * sizeof(*want)) != 0)
			continue;
		if (l->leading_comments && *l->leading_comments)
			return tidy(l->leading_comments);
		return l->trailing_comments ? tidy(l->trailing_comments) : "";
	}
	return "";
}

static int by_number(const void *a, const void *b)
{
	const field_desc *x = *(const field_desc *const *)a, *y = *(const field_desc *const *)b;

	return x->number - y->number;
}

const field_desc **fields_by_number(const message_desc *m)
{
	const field_desc **fields = xcalloc(m->n_field + 1, sizeof(*fields));

	for (size_t i = 0; i < m->n_field; i++)
		fields[i] = m->field[i];
	qsort(fields, m->n_field, sizeof(*fields), by_number);
	return fields;
}

bool is_map_field(const struct source *s, const field_desc *f)
{
	const message_desc *m;

	if (f->type != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE)
		return false;
	m = source_type(s, f->type_name)->message;
	return m->options && m->options->map_entry;
}

/* protobuf-c keeps an option it does not know as the bytes of its value; those of a length-
 * delimited one begin with the length. */
static uint64_t take_varint(struct cursor *c)
{
	uint64_t v = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		uint8_t byte = cursor_u8(c);

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return v;
}

bool field_behaves(const field_desc *f, int behavior)
{
	for (size_t i = 0; f->options && i < f->options->base.n_unknown_fields; i++) {
		const ProtobufCMessageUnknownField *u = &f->options->base.unknown_fields[i];
		struct cursor c = cursor_of(u->data, u->len);

		if (u->tag != FIELD_BEHAVIOR_OPTION)
			continue;
		if (u->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
			take_varint(&c);
		while (cursor_left(&c) > 0) {
			if (take_varint(&c) == (uint64_t)behavior)
				return true;
		}
	}
	return false;
}

Google__Api__HttpRule *method_http_rule(const method_desc *m)
{
	for (size_t i = 0; m->options && i < m->options->base.n_unknown_fields; i++) {
		const ProtobufCMessageUnknownField *u = &m->options->base.unknown_fields[i];
		struct cursor c = cursor_of(u->data, u->len);
		Google__Api__HttpRule *rule;

		if (u->tag != HTTP_OPTION)
			continue;
		take_varint(&c);
		rule = google__api__http_rule__unpack(NULL, cursor_left(&c), c.at);
		if (!rule)
			die("%s: google.api.http cannot be read", m->name);
		return rule;
	}
	return NULL;
}
