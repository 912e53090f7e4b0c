#ifndef API_CLI_TABLE_H
#define API_CLI_TABLE_H

/* Columns of text, as wide as they need to be. */

#include "lib/arena.h"
#include "lib/buf.h"

struct cli_table {
	struct arena *arena;
	const char *const *heads; /* ends with NULL; a leading '>' aligns to the right */
	size_t n_columns, n_rows, capacity;
	const char **cells;
};

/* HEADS is lent for the table's life. */
void cli_table_init(struct cli_table *t, struct arena *arena, const char *const *heads);
/* One value a column; lent.  NULL and "" are shown as "-". */
void cli_table_row(struct cli_table *t, const char *const *values);
void cli_table_format(const struct cli_table *t, struct buf *out);
/* A part of a long table: WIDTHS, one a column, are zero before the first part, which has the
 * heads; columns only grow wider. */
void cli_table_format_part(const struct cli_table *t, size_t *widths, struct buf *out);

/* "1.5 KiB", "20 s", "3.2 M": for people. */
const char *cli_bytes_text(struct arena *arena, uint64_t bytes);
const char *cli_age_text(struct arena *arena, uint64_t ns);
const char *cli_count_text(struct arena *arena, uint64_t n);
/* "1 port", "2 ports". */
const char *cli_things_text(struct arena *arena, uint64_t n, const char *thing);

#endif
