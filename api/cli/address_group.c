/* `weft address-group add`, `remove` and `addresses`: the content of address groups, from the
 * command line or a file with one address a line. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "api/cli/client.h"
#include "api/cli/print.h"
#include "api/cli/resource.h"

#define METHOD(NAME) api_schema_method(&weft_schema, "/weft.v1.AddressGroupService/" NAME)
#define AT_ONCE	     10000 /* as many as a call takes */

static const struct resource_extra address_group_create = {
	.words = "address-group create",
	.examples = "weft address-group create blocked --project acme --description 'Scanners'\n",
};
REGISTRY_ADD(resource_extra, address_group_create);

/* Lines of FILE, without what follows a '#', into ADDRESSES. */
static int read_file(const char *file, json_t *addresses, struct status *st)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return status_set(st, STATUS_INVALID_ARGUMENT, "file", "--file %s: %s", file,
				  strerror(errno));
	while (getline(&line, &size, f) > 0) {
		char *at = line + strspn(line, " \t\r\n");

		at[strcspn(at, " \t\r\n#")] = '\0';
		if (*at)
			json_array_append_new(addresses, json_string(at));
	}
	free(line);
	if (f != stdin)
		fclose(f);
	return 0;
}

static json_t *addresses_of(const struct cli_args *args, struct status *st)
{
	json_t *addresses = json_array();

	for (size_t i = 1; i < args->n_words; i++)
		json_array_append_new(addresses, json_string(args->words[i]));
	if (cli_arg(args, "file") && read_file(cli_arg(args, "file"), addresses, st) != 0) {
		json_decref(addresses);
		return NULL;
	}
	if (json_array_size(addresses))
		return addresses;
	status_set(st, STATUS_INVALID_ARGUMENT, "addresses",
		   "give addresses as operands, or --file FILE with one a line");
	json_decref(addresses);
	return NULL;
}

/* The group after the call with those from FIRST on; NULL with ST. */
static json_t *change(struct cli *cli, const struct api_method *method, const char *name,
		      const json_t *addresses, size_t first, struct status *st)
{
	json_t *part = json_array(), *request, *group;

	for (size_t i = first; i < json_array_size(addresses) && i < first + AT_ONCE; i++)
		json_array_append(part, json_array_get(addresses, i));
	request = json_pack("{s:s, s:o}", "name", name, "addresses", part);
	group = client_call(cli, method, request, st);
	json_decref(request);
	return group;
}

static enum cli_exit change_all(struct cli *cli, const struct cli_args *args,
				const struct api_method *method)
{
	struct status st = STATUS_INIT;
	const char *name = resource_in_project(cli, "addressGroups", args->words[0], &st);
	json_t *addresses = name ? addresses_of(args, &st) : NULL, *group = NULL;

	if (!addresses) {
		cli_error(&st);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < json_array_size(addresses); i += AT_ONCE) {
		json_decref(group);
		group = change(cli, method, name, addresses, i, &st);
		if (!group)
			break;
	}
	json_decref(addresses);
	if (!group)
		return cli_error(&st);
	resource_print(cli, "AddressGroup", group);
	json_decref(group);
	return CLI_OK;
}

static enum cli_exit run_add(struct cli *cli, const struct cli_args *args)
{
	return change_all(cli, args, METHOD("AddAddresses"));
}

static enum cli_exit run_remove(struct cli *cli, const struct cli_args *args)
{
	return change_all(cli, args, METHOD("RemoveAddresses"));
}

static enum cli_exit run_list(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	const char *name = resource_in_project(cli, "addressGroups", args->words[0], &st);
	json_t *request = name ? json_pack("{s:s}", "name", name) : NULL, *rows, *row;
	size_t i;

	if (!request) {
		cli_error(&st);
		return CLI_USAGE;
	}
	rows = client_list(cli, METHOD("ListAddresses"), request, &st);
	json_decref(request);
	if (!rows)
		return cli_error(&st);
	if (cli->format == CLI_TABLE)
		json_array_foreach (rows, i, row)
			printf("%s\n", json_string_value(row));
	else
		resource_print_value(cli, rows);
	json_decref(rows);
	return CLI_OK;
}

static const struct cli_option file_options[] = {
	{ .name = "file",
	  .value = "FILE",
	  .help = "more of them, one a line, '#' begins a comment; - is standard input" },
	{ 0 },
};

static const struct cli_verb add_addresses = {
	.words = "address-group add",
	.operands = "NAME [ADDRESS...]",
	.help = "Add addresses and prefixes to an address group.",
	.examples = "weft address-group add blocked 192.0.2.0/24 2001:db8::1\n"
		    "weft address-group add blocked --file scanners.txt\n",
	.options = file_options,
	.min_words = 1,
	.max_words = 100000,
	.completes = "@address-groups",
	.run = run_add,
};
REGISTRY_ADD(cli_verb, add_addresses);

static const struct cli_verb remove_addresses = {
	.words = "address-group remove",
	.operands = "NAME [ADDRESS...]",
	.help = "Remove addresses and prefixes from an address group.",
	.examples = "weft address-group remove blocked 192.0.2.0/24\n",
	.options = file_options,
	.min_words = 1,
	.max_words = 100000,
	.completes = "@address-groups",
	.run = run_remove,
};
REGISTRY_ADD(cli_verb, remove_addresses);

static const struct cli_verb list_addresses = {
	.words = "address-group addresses",
	.operands = "NAME",
	.help = "List the addresses of an address group, one a line.",
	.examples = "weft address-group addresses blocked | sort -V\n",
	.min_words = 1,
	.max_words = 1,
	.completes = "@address-groups",
	.run = run_list,
};
REGISTRY_ADD(cli_verb, list_addresses);
