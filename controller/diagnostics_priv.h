#ifndef CONTROLLER_DIAGNOSTICS_PRIV_H
#define CONTROLLER_DIAGNOSTICS_PRIV_H

/* Shared by the files of DiagnosticsService. */

#include "controller/diagnostics.h"
#include "proto/weft/v1/diagnostics.pb-c.h"

void diagnostics_trace(struct api_call *call, const ProtobufCMessage *request, void *ctx);
void diagnostics_drops(struct api_call *call, const ProtobufCMessage *request, void *ctx);
void diagnostics_flows(struct api_call *call, const ProtobufCMessage *request, void *ctx);

/* The datapath id of a host, 0 with ST filled if there is no such host, or no switch has
 * connected from it yet.  FIELD names the request's field. */
uint64_t diagnostics_datapath(const struct diagnostics *d, const char *host, const char *field,
			      struct status *st);
/* The resource's name, app and explanation of a cookie, in A; texts are never NULL. */
struct cookie_words {
	char *app, *resource, *text;
};
struct cookie_words diagnostics_words(const struct diagnostics *d, struct arena *a, uint64_t cookie,
				      const struct of_match *packet);
/* The table's name, or its number. */
char *diagnostics_stage(struct arena *a, uint8_t table);

#endif
