#ifndef LIB_STATUS_H
#define LIB_STATUS_H

/* What went wrong, for a person: a code, a sentence with its remedy, the field at fault.
 *
 * Functions that a person's request reaches take a `struct status *`, fill it where the
 * cause is known, and return -1 or NULL.  The first cause stands: status_set() does not
 * overwrite one.  Codes are google.rpc.Code's; one function in api/ maps them to gRPC and
 * HTTP, one in dataplane/ofagent to OpenFlow. */

#include <stdbool.h>
#include "lib/util.h"

enum status_code {
	STATUS_OK = 0,
	STATUS_CANCELLED = 1,
	STATUS_UNKNOWN = 2,
	STATUS_INVALID_ARGUMENT = 3,
	STATUS_DEADLINE_EXCEEDED = 4,
	STATUS_NOT_FOUND = 5,
	STATUS_ALREADY_EXISTS = 6,
	STATUS_PERMISSION_DENIED = 7,
	STATUS_RESOURCE_EXHAUSTED = 8,
	STATUS_FAILED_PRECONDITION = 9,
	STATUS_ABORTED = 10,
	STATUS_OUT_OF_RANGE = 11,
	STATUS_UNIMPLEMENTED = 12,
	STATUS_INTERNAL = 13,
	STATUS_UNAVAILABLE = 14,
	STATUS_DATA_LOSS = 15,
	STATUS_UNAUTHENTICATED = 16,
};

struct status {
	enum status_code code;
	char field[128];    /* path of the request's field at fault, "" if none */
	char resource[256]; /* name of the resource concerned, "" if none */
	char message[1024];
};

#define STATUS_INIT ((struct status){ .code = STATUS_OK })

/* Fill ST unless it already tells a cause; FIELD may be NULL.  Returns -1.  ST may be NULL. */
int status_set(struct status *st, enum status_code code, const char *field, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* Same, and names the resource concerned. */
int status_set_resource(struct status *st, enum status_code code, const char *field,
			const char *resource, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* "INVALID_ARGUMENT" ... */
const char *status_code_name(enum status_code code);

static inline bool status_ok(const struct status *st)
{
	return st->code == STATUS_OK;
}

#endif
