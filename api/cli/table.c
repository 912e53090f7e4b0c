/* Columns of text: see table.h. */

#include "api/cli/table.h"
#include <inttypes.h>
#include <stdio.h>

void cli_table_init(struct cli_table *t, struct arena *arena, const char *const *heads)
{
	*t = (struct cli_table){ .arena = arena, .heads = heads };
	while (heads[t->n_columns])
		t->n_columns++;
}

void cli_table_row(struct cli_table *t, const char *const *values)
{
	if (t->n_rows == t->capacity) {
		size_t n = t->capacity ? t->capacity * 2 : 16;
		const char **cells = arena_alloc(t->arena, n * t->n_columns * sizeof(*cells));

		if (t->n_rows)
			memcpy(cells, t->cells, t->n_rows * t->n_columns * sizeof(*cells));
		t->cells = cells;
		t->capacity = n;
	}
	for (size_t i = 0; i < t->n_columns; i++)
		t->cells[t->n_rows * t->n_columns + i] =
			values[i] && values[i][0] ? values[i] : "-";
	t->n_rows++;
}

/* Characters, not bytes: continuation bytes of UTF-8 take no column. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static const char *head_of(const struct cli_table *t, size_t column, bool *is_right)
{
	const char *head = t->heads[column];

	*is_right = head[0] == '>';
	return head + *is_right;
}

static void put_cell(struct buf *out, const char *text, size_t width, bool is_right, bool is_last)
{
	size_t pad = width - width_of(text);

	if (is_right)
		buf_printf(out, "%*s%s", (int)pad, "", text);
	else if (is_last)
		buf_puts(out, text);
	else
		buf_printf(out, "%s%*s", text, (int)pad, "");
	buf_puts(out, is_last ? "\n" : "  ");
}

void cli_table_format(const struct cli_table *t, struct buf *out)
{
	size_t *widths = arena_alloc(t->arena, t->n_columns * sizeof(*widths));

	cli_table_format_part(t, widths, out);
}

void cli_table_format_part(const struct cli_table *t, size_t *widths, struct buf *out)
{
	bool is_first = !widths[0], is_right;

	for (size_t c = 0; c < t->n_columns; c++) {
		widths[c] = MAX_OF(widths[c], width_of(head_of(t, c, &is_right)));
		for (size_t r = 0; r < t->n_rows; r++)
			widths[c] = MAX_OF(widths[c], width_of(t->cells[r * t->n_columns + c]));
	}
	for (size_t c = 0; c < t->n_columns && is_first; c++) {
		const char *head = head_of(t, c, &is_right);

		put_cell(out, head, widths[c], is_right, c + 1 == t->n_columns);
	}
	for (size_t i = 0; i < t->n_rows * t->n_columns; i++) {
		size_t c = i % t->n_columns;

		head_of(t, c, &is_right);
		put_cell(out, t->cells[i], widths[c], is_right, c + 1 == t->n_columns);
	}
}

const char *cli_bytes_text(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = bytes;
	size_t i = 0;

	while (v >= 1024 && i + 1 < ARRAY_LENGTH(units)) {
		v /= 1024;
		i++;
	}
	return i ? arena_printf(arena, "%.1f %s", v, units[i])
		 : arena_printf(arena, "%" PRIu64 " B", bytes);
}

const char *cli_age_text(struct arena *arena, uint64_t ns)
{
	uint64_t s = ns / NS_PER_SEC;

	if (s < 60)
		return arena_printf(arena, "%.1f s", ns / 1e9);
	if (s < 3600)
		return arena_printf(arena, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	if (s < 86400)
		return arena_printf(arena, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	return arena_printf(arena, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
}

const char *cli_count_text(struct arena *arena, uint64_t n)
{
	return arena_printf(arena, "%" PRIu64, n);
}

const char *cli_things_text(struct arena *arena, uint64_t n, const char *thing)
{
	return arena_printf(arena, "%" PRIu64 " %s%s", n, thing, n == 1 ? "" : "s");
}
