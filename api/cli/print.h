#ifndef API_CLI_PRINT_H
#define API_CLI_PRINT_H

/* Results for people and programs: JSON, YAML and tables from JSON values. */

#include <jansson.h>
#include "api/cli/cli.h"
#include "lib/buf.h"

/* VALUE as JSON (indented, fields in the order of the .proto) or YAML 1.2, with a final newline. */
void print_json(const json_t *value, struct buf *out);
void print_yaml(const json_t *value, struct buf *out);
/* One of a stream on standard output: a document of YAML, or a line of JSON. */
void print_streamed(const json_t *value, bool is_yaml);

/* A column of a table: where the value is, by names joined with '.'; lists are joined with ','.
 * A '/' at the end keeps only the last part of a resource name; a '#' tells how many a list has. */
struct print_column {
	const char *head;
	const char *path;
};

/* One row for each object of the array ROWS; COLUMNS end with a NULL head. */
void print_rows(struct arena *arena, const json_t *rows, const struct print_column *columns,
		struct buf *out);
/* One line for each field that has a value, nested ones with dotted names. */
void print_fields(struct arena *arena, const json_t *object, struct buf *out);
/* The value at PATH as print_rows() shows it; lent or of the arena; "" if there is none. */
const char *print_value(struct arena *arena, const json_t *object, const char *path);

#endif
