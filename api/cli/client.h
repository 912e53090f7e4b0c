#ifndef API_CLI_CLIENT_H
#define API_CLI_CLIENT_H

/* Calls of the controller's API, with JSON on this side and gRPC on the other.  Blocking: each
 * runs the loop until the answer is there. */

#include <jansson.h>
#include "api/cli/cli.h"
#include "api/schema.h"

/* REQUEST is lent; the response is given.  NULL with ST. */
json_t *client_call(struct cli *cli, const struct api_method *method, const json_t *request,
		    struct status *st);
/* All pages of a List method, as one array of resources; given. */
json_t *client_list(struct cli *cli, const struct api_method *method, json_t *request,
		    struct status *st);
/* EVENT, lent, for each message of a stream, until it returns false or the stream ends.  0, or -1
 * with ST. */
int client_stream(struct cli *cli, const struct api_method *method, const json_t *request,
		  bool (*event)(void *arg, const json_t *message), void *arg, struct status *st);

/* The connection, if there is one. */
void client_close(struct cli *cli);

#endif
