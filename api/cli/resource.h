#ifndef API_CLI_RESOURCE_H
#define API_CLI_RESOURCE_H

/* Verbs made from the API's schema: create, get, list, update and delete of every resource, with
 * options for its fields.  What reads better by hand is a table entry in resource_fields.c, or a
 * verb of its own. */

#include <jansson.h>
#include "api/cli/cli.h"
#include "api/schema.h"

/* The most verbs that resource_add_verbs() may add. */
size_t resource_max_verbs(void);
/* Append verbs to VERBS, which has N, where no verb has the same words; returns how many. */
size_t resource_add_verbs(struct arena *arena, const struct cli_verb **verbs, size_t n);

/* "Network" of GetNetwork's, ListNetworks' ... service; "" for services of another shape. */
const char *resource_type(struct arena *arena, const struct api_service *service);
/* "network" for "Network", "security-group" for "SecurityGroup". */
const char *resource_noun(struct arena *arena, const char *type);

/* "AdminPolicies" for "AdminPolicy": what its List method is called by. */
const char *resource_plural(struct arena *arena, const char *type);

/* The resource's name for METHOD, from OPERAND and options: "blue" is
 * "projects/acme/networks/blue"; OPERAND NULL for a collection's parent; a full name is taken as
 * it is.  NULL with ST: an option is missing. */
const char *resource_name(struct cli *cli, const struct cli_args *args,
			  const struct api_method *method, const char *operand, struct status *st);
/* "projects/acme/COLLECTION/VALUE", unless VALUE is a full name; NULL with ST. */
const char *resource_in_project(struct cli *cli, const char *collection, const char *value,
				struct status *st);
/* The request of METHOD for NAME, from ARGS; NULL with ST. */
json_t *resource_request(struct cli *cli, const struct cli_args *args,
			 const struct api_method *method, struct status *st);

/* Options for METHOD, from its request's fields; ends with a NULL name. */
const struct cli_option *resource_options(struct arena *arena, const struct api_method *method);
/* Set in OBJECT the fields of MESSAGE that ARGS give; their JSON names are joined in *MASK. */
int resource_set_fields(struct cli *cli, const struct cli_args *args,
			const struct api_message *message, json_t *object, const char **mask,
			struct status *st);
/* The request's field that holds the resource: "network"; NULL if none. */
const struct api_message *resource_body(const struct api_method *method, const char **field);

/* Print one resource, or the array of them, as the user asked for. */
void resource_print(struct cli *cli, const char *type, const json_t *resource);
void resource_print_list(struct cli *cli, const char *type, const json_t *rows);
void resource_print_value(struct cli *cli, const json_t *value);

/* What happens around a verb that was made from the schema. */
struct resource_extra {
	const char *words; /* "network create" */
	const struct cli_option *options;
	const char *examples;
	/* After the call, with its answer; prints.  NULL: only options and examples. */
	enum cli_exit (*after)(struct cli *cli, const struct cli_args *args, json_t *answer);
};
REGISTRY_DECLARE(resource_extra);

#endif
