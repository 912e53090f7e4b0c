#ifndef API_GEN_CHECK_H
#define API_GEN_CHECK_H

/* What the API's machinery cannot serve is refused when the program is built. */

#include "api/gen/source.h"

/* Mark all types that T reaches; dies for recursive messages, which protobuf-c would unpack
 * without a limit of depth, and for what JSON transcoding does not know. */
void check_reach(const struct source *s, struct type *t);
/* The template is right, its variables and the body name fields of INPUT, no other method has it.
 */
void check_route(const struct source *s, const struct type *input, const char *method,
		 const char *verb, const char *path, const char *body);

#endif
