#ifndef API_TRANSCODE_SCALAR_H
#define API_TRANSCODE_SCALAR_H

/* Numbers, text, bytes and enums of one field, from JSON values and from plain text (path
 * variables, query parameters, the command line).  Source: the JSON mapping of proto3. */

#include <jansson.h>
#include "api/transcode/field.h"
#include "lib/buf.h"
#include "lib/status.h"

/* TO is memory of F's type (not a message); what it points to is A's.  0, or -1 with ST naming
 * the field, what was expected and what was given. */
int scalar_from_json(void *to, const field_desc *f, const json_t *v, struct arena *a,
		     const struct field_path *path, struct status *st);
int scalar_from_text(void *to, const field_desc *f, const char *text, struct arena *a,
		     const struct field_path *path, struct status *st);
void scalar_to_json(struct buf *out, const field_desc *f, const void *value);
/* TEXT as a JSON string, quoted. */
void json_write_string(struct buf *out, const char *text);

/* Fill ST: PATH is not EXPECTED but what V or TEXT shows. */
int refuse_json(struct status *st, const struct field_path *path, const char *expected,
		const json_t *v);
int refuse_text(struct status *st, const struct field_path *path, const char *expected,
		const char *text);

#endif
