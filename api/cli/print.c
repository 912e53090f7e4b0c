/* Results as text: see print.h. */

#include "api/cli/print.h"
#include <stdio.h>
#include <stdlib.h>
#include "api/cli/table.h"

void print_json(const json_t *value, struct buf *out)
{
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);

	buf_printf(out, "%s\n", text);
	free(text);
}

/* What YAML would read as something else than this string, or not at all. */
static bool needs_quotes(const char *s)
{
	static const char *const words[] = {
		"true", "false", "null", "yes", "no", "on", "off", "~"
	};

	if (!*s || strchr("-?:,[]{}#&*!|>'\"%@` 0123456789.+", *s) || s[strlen(s) - 1] == ' ')
		return true;
	if (strpbrk(s, "\n\t\r\\\"") || strstr(s, ": ") || strstr(s, " #") ||
	    s[strlen(s) - 1] == ':')
		return true;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (strcasecmp(s, words[i]) == 0)
			return true;
	return false;
}

/* A JSON string is a YAML double-quoted one. */
static void yaml_scalar(const json_t *v, struct buf *out)
{
	char *text;

	if (json_is_string(v) && !needs_quotes(json_string_value(v))) {
		buf_puts(out, json_string_value(v));
		return;
	}
	text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	buf_puts(out, text);
	free(text);
}

static bool is_empty(const json_t *v)
{
	return (json_is_object(v) && json_object_size(v) == 0) ||
	       (json_is_array(v) && json_array_size(v) == 0);
}

static void yaml_block(const json_t *v, unsigned indent, bool is_inline, struct buf *out);

/* After "key:" or "-". */
static void yaml_under(const json_t *v, unsigned indent, bool in_list, struct buf *out)
{
	if (is_empty(v)) {
		buf_puts(out, json_is_array(v) ? " []\n" : " {}\n");
	} else if (json_is_object(v) && in_list) {
		buf_puts(out, " ");
		yaml_block(v, indent + 2, true, out);
	} else if (json_is_object(v) || json_is_array(v)) {
		buf_puts(out, "\n");
		yaml_block(v, json_is_array(v) && !in_list ? indent : indent + 2, false, out);
	} else {
		buf_puts(out, " ");
		yaml_scalar(v, out);
		buf_puts(out, "\n");
	}
}

/* IS_INLINE: the first line's indentation has been written. */
static void yaml_block(const json_t *v, unsigned indent, bool is_inline, struct buf *out)
{
	const char *key;
	const json_t *item;
	size_t i;

	json_array_foreach (v, i, item) {
		buf_printf(out, "%*s-", is_inline && i == 0 ? 0 : (int)indent, "");
		yaml_under(item, indent, true, out);
	}
	for (void *it = json_object_iter((json_t *)v); it;
	     it = json_object_iter_next((json_t *)v, it)) {
		key = json_object_iter_key(it);
		buf_printf(out, "%*s", is_inline ? 0 : (int)indent, "");
		is_inline = false;
		if (needs_quotes(key))
			buf_printf(out, "\"%s\":", key);
		else
			buf_printf(out, "%s:", key);
		yaml_under(json_object_iter_value(it), indent, false, out);
	}
}

void print_yaml(const json_t *value, struct buf *out)
{
	if ((json_is_object(value) || json_is_array(value)) && !is_empty(value)) {
		yaml_block(value, 0, false, out);
		return;
	}
	yaml_scalar(value, out);
	buf_puts(out, "\n");
}

static const char *scalar_text(struct arena *arena, const json_t *v, bool is_short)
{
	const char *s, *slash;

	if (json_is_string(v)) {
		s = json_string_value(v);
		slash = is_short ? strrchr(s, '/') : NULL;
		return slash ? slash + 1 : s;
	}
	if (json_is_integer(v))
		return arena_printf(arena, "%lld", (long long)json_integer_value(v));
	if (json_is_real(v))
		return arena_printf(arena, "%.1f", json_real_value(v));
	if (json_is_boolean(v))
		return json_is_true(v) ? "yes" : "no";
	return "";
}

/* Objects without further path are their fields as key=value. */
static const char *value_at(struct arena *arena, const json_t *v, const char *path, bool is_short)
{
	size_t n = strcspn(path, ".");
	const char *text = "", *one;
	const json_t *item;
	const char *key;
	size_t i;

	if (json_is_array(v)) {
		json_array_foreach (v, i, item) {
			one = value_at(arena, item, path, is_short);
			text = *text ? arena_printf(arena, "%s,%s", text, one) : one;
		}
		return text;
	}
	if (!json_is_object(v))
		return *path ? "" : scalar_text(arena, v, is_short);
	if (*path) {
		item = json_object_get(v, arena_printf(arena, "%.*s", (int)n, path));
		return item ? value_at(arena, item, path[n] ? path + n + 1 : "", is_short) : "";
	}
	for (void *it = json_object_iter((json_t *)v); it;
	     it = json_object_iter_next((json_t *)v, it)) {
		key = json_object_iter_key(it);
		one = value_at(arena, json_object_iter_value(it), "", is_short);
		text = arena_printf(arena, "%s%s%s=%s", text, *text ? "," : "", key, one);
	}
	return text;
}

const char *print_value(struct arena *arena, const json_t *object, const char *path)
{
	size_t n = strlen(path);
	bool is_short = n && path[n - 1] == '/';

	if (n && path[n - 1] == '#') {
		path = arena_printf(arena, "%.*s", (int)n - 1, path);
		return arena_printf(arena, "%zu", json_array_size(json_object_get(object, path)));
	}
	return value_at(arena, object,
			is_short ? arena_printf(arena, "%.*s", (int)n - 1, path) : path, is_short);
}

void print_rows(struct arena *arena, const json_t *rows, const struct print_column *columns,
		struct buf *out)
{
	const char *heads[16] = { 0 }, *cells[16];
	struct cli_table table;
	const json_t *row;
	size_t n = 0, i;

	for (; columns[n].head && n + 1 < ARRAY_LENGTH(heads); n++)
		heads[n] = columns[n].head;
	cli_table_init(&table, arena, heads);
	json_array_foreach (rows, i, row) {
		for (size_t c = 0; c < n; c++)
			cells[c] = print_value(arena, row, columns[c].path);
		cli_table_row(&table, cells);
	}
	cli_table_format(&table, out);
}

static void add_fields(struct cli_table *t, const json_t *v, const char *name)
{
	const json_t *item;
	size_t i;

	if (json_is_object(v)) {
		for (void *it = json_object_iter((json_t *)v); it;
		     it = json_object_iter_next((json_t *)v, it)) {
			const char *key = json_object_iter_key(it);

			add_fields(t, json_object_iter_value(it),
				   *name ? arena_printf(t->arena, "%s.%s", name, key) : key);
		}
	} else if (json_is_array(v)) {
		json_array_foreach (v, i, item)
			add_fields(t, item, arena_printf(t->arena, "%s[%zu]", name, i));
	} else {
		const char *text = scalar_text(t->arena, v, false);

		if (*text)
			cli_table_row(t, (const char *const[]){ name, text });
	}
}

void print_fields(struct arena *arena, const json_t *object, struct buf *out)
{
	static const char *const heads[] = { "FIELD", "VALUE", NULL };
	struct cli_table table;

	cli_table_init(&table, arena, heads);
	add_fields(&table, object, "");
	cli_table_format(&table, out);
}

void print_streamed(const json_t *value, bool is_yaml)
{
	struct buf out = BUF_INIT;
	char *line;

	if (is_yaml) {
		print_yaml(value, &out);
		printf("---\n%s", buf_str(&out));
		buf_fini(&out);
		return;
	}
	line = json_dumps(value, JSON_COMPACT);
	printf("%s\n", line);
	free(line);
}
