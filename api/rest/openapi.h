#ifndef API_REST_OPENAPI_H
#define API_REST_OPENAPI_H

/* The API's description for tools, from its tables: OpenAPI 3.0.3. */

#include "api/schema.h"
#include "lib/buf.h"

void openapi_write(struct buf *out, const struct api_schema *s, const char *title);

#endif
