#include "controller/model/filter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "api/transcode/field.h"
#include "controller/model/reflect.h"

#define MAX_TERMS 32
#define MAX_TEXT  2048
#define MAX_WORD  256

enum comparison { EQUAL, NOT_EQUAL, HAS };

struct term {
	char path[MAX_WORD];
	enum comparison comparison;
	char value[MAX_WORD];
};

struct filter {
	size_t n_terms;
	struct term terms[MAX_TERMS];
};

struct parser {
	const char *text, *at;
	const char *field;	   /* of the request, for errors */
	const char *const *fields; /* that may be compared; NULL: all */
	struct status *st;
};

static int fail(struct parser *p, const char *what)
{
	return status_set(p->st, STATUS_INVALID_ARGUMENT, p->field,
			  "%s: %s at character %zu: give FIELD = VALUE, FIELD != VALUE or "
			  "FIELD:VALUE, joined by AND",
			  p->field, what, p->at - p->text + 1);
}

static void skip_space(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-./*@+", c));
}

static int read_word(struct parser *p, char word[MAX_WORD], bool may_have_colon)
{
	size_t n = 0;

	skip_space(p);
	for (; is_word(*p->at) || (may_have_colon && *p->at == ':'); p->at++) {
		if (n + 1 == MAX_WORD)
			return fail(p, "a word too long");
		word[n++] = *p->at;
	}
	word[n] = '\0';
	return n ? 0 : fail(p, *p->at ? "an unexpected character" : "something is missing");
}

static int read_value(struct parser *p, char value[MAX_WORD])
{
	size_t n = 0;
	char quote;

	skip_space(p);
	if (*p->at != '"' && *p->at != '\'')
		return read_word(p, value, true);
	quote = *p->at++;
	for (; *p->at && *p->at != quote; p->at++) {
		if (*p->at == '\\' && p->at[1])
			p->at++;
		if (n + 1 == MAX_WORD)
			return fail(p, "a value too long");
		value[n++] = *p->at;
	}
	value[n] = '\0';
	if (*p->at != quote)
		return fail(p, "a quote that is not closed");
	p->at++;
	return 0;
}

static int read_comparison(struct parser *p, enum comparison *c)
{
	skip_space(p);
	if (*p->at == '=') {
		*c = EQUAL;
		p->at++;
	} else if (p->at[0] == '!' && p->at[1] == '=') {
		*c = NOT_EQUAL;
		p->at += 2;
	} else if (*p->at == ':') {
		*c = HAS;
		p->at++;
	} else {
		return fail(p, "no comparison");
	}
	return 0;
}

static bool is_map(const ProtobufCFieldDescriptor *f)
{
	const ProtobufCMessageDescriptor *entry = f->descriptor;

	return f->label == PROTOBUF_C_LABEL_REPEATED && f->type == PROTOBUF_C_TYPE_MESSAGE &&
	       entry->n_fields == 2 && strcmp(entry->fields[0].name, "key") == 0 &&
	       strcmp(entry->fields[1].name, "value") == 0;
}

/* The field that PATH begins with; REST: what follows its dot, or NULL. */
static const ProtobufCFieldDescriptor *first_field(const ProtobufCMessageDescriptor *type,
						   const char *path, const char **rest)
{
	size_t n = strcspn(path, ".");

	*rest = path[n] ? path + n + 1 : NULL;
	return field_find(type, path, n);
}

/* The field that PATH leads to; for a map or one of its values, the map.  NULL: none. */
static const ProtobufCFieldDescriptor *last_field(const ProtobufCMessageDescriptor *type,
						  const char *path)
{
	const ProtobufCFieldDescriptor *f = NULL;

	while (path) {
		f = first_field(type, path, &path);
		if (!f || is_map(f))
			return f;
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			return path ? NULL : f;
		type = f->descriptor;
	}
	return f;
}

static bool is_integer(const char *text)
{
	text += *text == '-';
	return *text && !text[strspn(text, "0123456789")];
}

static void list_values(const ProtobufCEnumDescriptor *type, struct buf *out)
{
	for (unsigned i = 0; i < type->n_values; i++)
		buf_printf(out, "%s%s", i ? ", " : "", type->values[i].name);
}

/* What can never be equal is a slip of the writer's, not an empty list. */
static int check_value(struct parser *p, const ProtobufCFieldDescriptor *f, const struct term *t)
{
	struct buf right = BUF_INIT;
	size_t n = strlen(t->value);

	if (t->comparison == HAS || (n && t->value[n - 1] == '*'))
		return 0;
	switch (f->type) {
	case PROTOBUF_C_TYPE_ENUM:
		if (!protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, t->value))
			list_values(f->descriptor, &right);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		if (strcmp(t->value, "true") != 0 && strcmp(t->value, "false") != 0)
			buf_puts(&right, "true, false");
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_INT64:
		if (!is_integer(t->value))
			buf_puts(&right, "an integer");
		break;
	default:
		break;
	}
	if (right.size)
		status_set(p->st, STATUS_INVALID_ARGUMENT, p->field,
			   "%s: %.100s: \"%.60s\" is no value of it: give %s", p->field, t->path,
			   t->value, buf_str(&right));
	buf_fini(&right);
	return status_ok(p->st) ? 0 : -1;
}

static int check_allowed(struct parser *p, const char *path)
{
	struct buf allowed = BUF_INIT;

	for (const char *const *f = p->fields; f && *f; f++) {
		size_t n = strlen(*f);

		if (strncmp(path, *f, n) == 0 && (!path[n] || path[n] == '.')) {
			buf_fini(&allowed);
			return 0;
		}
		buf_printf(&allowed, "%s%s", allowed.size ? ", " : "", *f);
	}
	if (p->fields)
		status_set(p->st, STATUS_INVALID_ARGUMENT, p->field,
			   "%s: %.100s cannot be asked for here: give one of %s", p->field, path,
			   buf_str(&allowed));
	buf_fini(&allowed);
	return p->fields ? -1 : 0;
}

static int read_term(struct parser *p, const ProtobufCMessageDescriptor *type, struct term *t)
{
	const ProtobufCFieldDescriptor *f;

	if (read_word(p, t->path, false) != 0)
		return -1;
	f = last_field(type, t->path);
	if (!f)
		return status_set(p->st, STATUS_INVALID_ARGUMENT, p->field,
				  "%s: %.100s is no field of a %s", p->field, t->path,
				  type->short_name);
	if (check_allowed(p, t->path) != 0)
		return -1;
	if (read_comparison(p, &t->comparison) != 0 || read_value(p, t->value) != 0)
		return -1;
	return check_value(p, f, t);
}

static int parse(struct parser *p, const ProtobufCMessageDescriptor *type, struct filter *f)
{
	char word[MAX_WORD];

	if (strlen(p->text) > MAX_TEXT)
		return fail(p, "a filter too long");
	skip_space(p);
	if (!*p->at)
		return 0;
	for (;;) {
		if (f->n_terms == MAX_TERMS)
			return fail(p, "too many comparisons");
		if (read_term(p, type, &f->terms[f->n_terms++]) != 0)
			return -1;
		skip_space(p);
		if (!*p->at)
			return 0;
		if (read_word(p, word, false) != 0)
			return -1;
		if (strcmp(word, "AND") != 0)
			return fail(p, "something else than AND");
	}
}

struct filter *filter_parse(const char *text, const ProtobufCMessageDescriptor *type,
			    struct status *st)
{
	return filter_parse_some(text, type, "filter", NULL, st);
}

struct filter *filter_parse_some(const char *text, const ProtobufCMessageDescriptor *type,
				 const char *field, const char *const *fields, struct status *st)
{
	struct filter *f = xcalloc(1, sizeof(*f));
	struct parser p = { text, text, field, fields, st };

	if (parse(&p, type, f) == 0)
		return f;
	free(f);
	return NULL;
}

void filter_destroy(struct filter *f)
{
	free(f);
}

static bool fits(const struct term *t, const char *text)
{
	size_t n = strlen(t->value);

	if (t->comparison == HAS)
		return strcmp(t->value, "*") == 0 ? *text != '\0' : strstr(text, t->value) != NULL;
	if (n && t->value[n - 1] == '*')
		return strncmp(text, t->value, n - 1) == 0;
	return strcmp(text, t->value) == 0;
}

/* The scalar at AT as text; BUFFER is for numbers. */
static const char *scalar_text(const ProtobufCFieldDescriptor *f, const void *at, char buffer[32])
{
	const ProtobufCEnumValue *value;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return *(char *const *)at;
	case PROTOBUF_C_TYPE_BOOL:
		return *(const protobuf_c_boolean *)at ? "true" : "false";
	case PROTOBUF_C_TYPE_ENUM:
		value = protobuf_c_enum_descriptor_get_value(f->descriptor, *(const int *)at);
		return value ? value->name : "";
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_INT64:
		snprintf(buffer, 32, "%lld", *(const long long *)at);
		return buffer;
	case PROTOBUF_C_TYPE_UINT32:
		snprintf(buffer, 32, "%u", *(const uint32_t *)at);
		return buffer;
	case PROTOBUF_C_TYPE_INT32:
		snprintf(buffer, 32, "%d", *(const int32_t *)at);
		return buffer;
	default:
		return "";
	}
}

static bool path_fits(const ProtobufCMessage *msg, const char *path, const struct term *t);

static bool map_fits(ProtobufCMessage *const *entries, size_t n, const char *key,
		     const struct term *t)
{
	for (size_t i = 0; i < n; i++) {
		const char *k = msg_text(entries[i], "key");

		if (!key ? strcmp(k, t->value) == 0
			 : strcmp(k, key) == 0 && fits(t, msg_text(entries[i], "value")))
			return true;
	}
	return false;
}

static bool repeated_fits(const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *f,
			  const char *rest, const struct term *t)
{
	size_t n = *(const size_t *)((const char *)msg + f->quantifier_offset);
	void *const *items = *(void *const *const *)((const char *)msg + f->offset);

	if (is_map(f))
		return map_fits((ProtobufCMessage *const *)items, n, rest, t);
	for (size_t i = 0; i < n; i++) {
		if (f->type == PROTOBUF_C_TYPE_STRING && fits(t, items[i]))
			return true;
		if (f->type == PROTOBUF_C_TYPE_MESSAGE && rest && path_fits(items[i], rest, t))
			return true;
	}
	return false;
}

static bool path_fits(const ProtobufCMessage *msg, const char *path, const struct term *t)
{
	const char *rest;
	const ProtobufCFieldDescriptor *f = first_field(msg->descriptor, path, &rest);
	const void *at;
	char buffer[32];

	if (!f)
		return false;
	at = (const char *)msg + f->offset;
	if (field_is_oneof(f) && *field_oneof_case(msg, f) != f->id)
		return false;
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		return repeated_fits(msg, f, rest, t);
	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		const ProtobufCMessage *sub = *(ProtobufCMessage *const *)at;

		return sub && (rest ? path_fits(sub, rest, t) : t->comparison == HAS);
	}
	return fits(t, scalar_text(f, at, buffer));
}

bool filter_matches(const struct filter *f, const ProtobufCMessage *msg)
{
	for (size_t i = 0; i < f->n_terms; i++) {
		const struct term *t = &f->terms[i];
		struct term as_equal = *t;

		if (t->comparison == NOT_EQUAL)
			as_equal.comparison = EQUAL;
		if (path_fits(msg, t->path, &as_equal) == (t->comparison == NOT_EQUAL))
			return false;
	}
	return true;
}
