/* How resources look in tables: see resource.h. */

#include <stdio.h>
#include "api/cli/print.h"
#include "api/cli/resource.h"

static const struct print_column plain[] = {
	{ "NAME", "name/" }, { "STATE", "state" }, { "DISPLAY NAME", "displayName" }, { NULL, NULL }
};

static const struct look {
	const char *type;
	struct print_column columns[10];
} looks[] = {
	{ "Network",
	  { { "NAME", "name/" },
	    { "STATE", "state" },
	    { ">MTU", "mtu" },
	    { "SUBNETS", "subnets/" } } },
	{ "Subnet",
	  { { "NAME", "name/" },
	    { "CIDR", "cidr" },
	    { "GATEWAY", "gatewayIp" },
	    { ">ADDRESSES IN USE", "addressesInUse" } } },
	{ "Port",
	  { { "NAME", "name/" },
	    { "NETWORK", "network/" },
	    { "STATE", "state" },
	    { "MAC", "macAddress" },
	    { "ADDRESSES", "ipAddresses.address" },
	    { "GROUPS", "securityGroups/" },
	    { "HOST", "binding.host/" },
	    { "KIND", "binding.kind" },
	    { "NOTE", "stateReason" } } },
	{ "SecurityGroup",
	  { { "NAME", "name/" },
	    { "STATEFUL", "stateful" },
	    { ">PORTS", "portCount" },
	    { ">RULES", "rules#" },
	    { "DESCRIPTION", "description" } } },
	{ "AddressGroup",
	  { { "NAME", "name/" },
	    { ">ADDRESSES", "addressCount" },
	    { "DESCRIPTION", "description" } } },
	{ "AdminPolicy",
	  { { "NAME", "name/" },
	    { ">TIER", "tier" },
	    { ">PRIORITY", "priority" },
	    { "SUBJECT", "subject" },
	    { ">RULES", "rules#" },
	    { "DESCRIPTION", "description" } } },
	{ "Rule",
	  { { "ID", "id" },
	    { "ACTION", "action" },
	    { "DIRECTION", "direction" },
	    { "TRAFFIC", "traffic" },
	    { "REMOTE", "remote" },
	    { "LOG", "log" },
	    { "DESCRIPTION", "description" } } },
	{ "Host",
	  { { "NAME", "name/" },
	    { "STATE", "state" },
	    { "DATAPATH", "datapathId" },
	    { ">PORTS", "portCount" },
	    { "ADDRESS", "address" },
	    { "SOFTWARE", "software" },
	    { "NOTE", "stateReason" } } },
};

static const struct print_column *columns_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_LENGTH(looks); i++)
		if (strcmp(looks[i].type, type) == 0)
			return looks[i].columns;
	return plain;
}

static void print(struct cli *cli, const char *type, const json_t *rows, const json_t *value)
{
	struct buf out = BUF_INIT;

	if (cli->format == CLI_JSON)
		print_json(value, &out);
	else if (cli->format == CLI_YAML)
		print_yaml(value, &out);
	else if (type)
		print_rows(&cli->arena, rows, columns_of(type), &out);
	else
		print_fields(&cli->arena, value, &out);
	fputs(buf_str(&out), stdout);
	buf_fini(&out);
}

void resource_print(struct cli *cli, const char *type, const json_t *resource)
{
	json_t *rows = json_array();

	json_array_append(rows, (json_t *)resource);
	print(cli, type, rows, resource);
	json_decref(rows);
}

void resource_print_list(struct cli *cli, const char *type, const json_t *rows)
{
	print(cli, type, rows, rows);
}

void resource_print_value(struct cli *cli, const json_t *value)
{
	print(cli, NULL, NULL, value);
}
