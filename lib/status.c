#include "lib/status.h"

#include <stdarg.h>
#include <stdio.h>

static void fill(struct status *st, enum status_code code, const char *field, const char *resource,
		 const char *fmt, va_list args)
{
	if (!st || st->code != STATUS_OK)
		return;
	st->code = code;
	snprintf(st->field, sizeof(st->field), "%s", field ? field : "");
	snprintf(st->resource, sizeof(st->resource), "%s", resource ? resource : "");
	vsnprintf(st->message, sizeof(st->message), fmt, args);
}

int status_set(struct status *st, enum status_code code, const char *field, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(st, code, field, NULL, fmt, args);
	va_end(args);
	return -1;
}

int status_set_resource(struct status *st, enum status_code code, const char *field,
			const char *resource, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(st, code, field, resource, fmt, args);
	va_end(args);
	return -1;
}

const char *status_code_name(enum status_code code)
{
	static const char *const names[] = {
		"OK",
		"CANCELLED",
		"UNKNOWN",
		"INVALID_ARGUMENT",
		"DEADLINE_EXCEEDED",
		"NOT_FOUND",
		"ALREADY_EXISTS",
		"PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED",
		"FAILED_PRECONDITION",
		"ABORTED",
		"OUT_OF_RANGE",
		"UNIMPLEMENTED",
		"INTERNAL",
		"UNAVAILABLE",
		"DATA_LOSS",
		"UNAUTHENTICATED",
	};

	return (unsigned)code < ARRAY_LENGTH(names) ? names[code] : "UNKNOWN";
}
