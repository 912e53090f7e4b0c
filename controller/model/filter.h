#ifndef CONTROLLER_MODEL_FILTER_H
#define CONTROLLER_MODEL_FILTER_H

/* List filters, a part of AIP-160: comparisons joined by AND.
 *
 *	labels.env = "prod" AND state != ACTIVE AND name = "projects/acme/ports/web*"
 *
 * = and != compare a field's text, with a trailing * for any ending; of several values (repeated
 * fields) one has to fit.  labels:env asks whether there is such a label, display_name:shop whether
 *the text is part of it. */

#include <protobuf-c/protobuf-c.h>
#include "lib/status.h"

struct filter;

/* For messages of TYPE.  TEXT may be "": all fit.  NULL: ST tells where it is wrong. */
struct filter *filter_parse(const char *text, const ProtobufCMessageDescriptor *type,
			    struct status *st);
/* The same for FIELD of a request, about no fields but FIELDS, which ends with NULL (NULL: any). */
struct filter *filter_parse_some(const char *text, const ProtobufCMessageDescriptor *type,
				 const char *field, const char *const *fields, struct status *st);
void filter_destroy(struct filter *f);
bool filter_matches(const struct filter *f, const ProtobufCMessage *msg);

#endif
