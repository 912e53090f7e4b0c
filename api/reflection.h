#ifndef API_REFLECTION_H
#define API_REFLECTION_H

/* gRPC server reflection, v1 and v1alpha: tools such as grpcurl ask the server for its .proto
 * files.  Source: grpc/doc/server-reflection.md. */

#include "api/dispatch.h"

struct reflection;

/* Serves the files of D's schema.  Destroy after D. */
struct reflection *reflection_create(struct api_dispatch *d);
void reflection_destroy(struct reflection *r); /* NULL is allowed */

#endif
