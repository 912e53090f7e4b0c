/* `weft network create` with its first subnets in the same breath. */

#include <stdio.h>
#include "api/cli/client.h"
#include "api/cli/resource.h"

static const struct cli_option create_options[] = {
	{ .name = "subnet",
	  .value = "PREFIX",
	  .help = "also create subnet NAME-v4 with this IPv4 prefix: 10.0.0.0/24" },
	{ .name = "subnet6",
	  .value = "PREFIX",
	  .help = "also create subnet NAME-v6 with this IPv6 prefix: fd00:1::/64" },
	{ 0 },
};

static json_t *create_subnet(struct cli *cli, const char *network, const char *id, const char *cidr,
			     struct status *st)
{
	const struct api_method *m =
		api_schema_method(&weft_schema, "/weft.v1.SubnetService/CreateSubnet");
	json_t *request = json_pack("{s:s, s:s, s:{s:s}}", "parent", network, "subnetId", id,
				    "subnet", "cidr", cidr);
	json_t *subnet = client_call(cli, m, request, st);

	json_decref(request);
	return subnet;
}

/* A network whose subnet was refused is of no use to who typed the command: it is taken back. */
static void take_back(struct cli *cli, const char *network, json_t *subnets)
{
	const struct api_method *del_subnet =
		api_schema_method(&weft_schema, "/weft.v1.SubnetService/DeleteSubnet");
	const struct api_method *del =
		api_schema_method(&weft_schema, "/weft.v1.NetworkService/DeleteNetwork");
	struct status ignored = STATUS_INIT;
	json_t *name, *request;
	size_t i;

	json_array_foreach (subnets, i, name) {
		request = json_pack("{s:O}", "name", name);
		json_decref(client_call(cli, del_subnet, request, &ignored));
		json_decref(request);
	}
	request = json_pack("{s:s}", "name", network);
	json_decref(client_call(cli, del, request, &ignored));
	json_decref(request);
}

static enum cli_exit add_subnets(struct cli *cli, const struct cli_args *args, json_t *network)
{
	static const char *const options[] = { "subnet", "subnet6" }, *const ends[] = { "v4",
											"v6" };
	const char *name = json_string_value(json_object_get(network, "name"));
	bool is_check = cli_arg(args, "validate-only") != NULL;
	json_t *subnets = json_array();
	struct status st = STATUS_INIT;

	for (size_t i = 0; i < ARRAY_LENGTH(options) && !is_check; i++) {
		const char *cidr = cli_arg(args, options[i]);
		const char *id = arena_printf(&cli->arena, "%s-%s", args->words[0], ends[i]);
		json_t *subnet = cidr ? create_subnet(cli, name, id, cidr, &st) : NULL;

		if (cidr && !subnet) {
			take_back(cli, name, subnets);
			json_decref(subnets);
			return cli_error(&st);
		}
		if (subnet)
			json_array_append(subnets, json_object_get(subnet, "name"));
		json_decref(subnet);
	}
	if (json_array_size(subnets))
		json_object_set(network, "subnets", subnets);
	json_decref(subnets);
	resource_print(cli, "Network", network);
	return CLI_OK;
}

static const struct resource_extra network_create = {
	.words = "network create",
	.options = create_options,
	.examples = "weft network create blue --project acme --subnet 10.0.0.0/24\n"
		    "weft network create blue --project acme --mtu 9000 --subnet6 fd00:1::/64\n",
	.after = add_subnets,
};
REGISTRY_ADD(resource_extra, network_create);

static const struct resource_extra project_create = {
	.words = "project create",
	.examples = "weft project create acme\n"
		    "weft project create acme --display-name 'Acme Inc.' --label env=prod\n",
};
REGISTRY_ADD(resource_extra, project_create);

static const struct resource_extra subnet_create = {
	.words = "subnet create",
	.examples = "weft subnet create web --project acme --network blue --cidr 10.0.1.0/24\n"
		    "weft subnet create web --project acme --network blue --cidr 10.0.1.0/24 "
		    "--gateway 10.0.1.1 --pool 10.0.1.100-10.0.1.199\n",
};
REGISTRY_ADD(resource_extra, subnet_create);

static const struct resource_extra host_create = {
	.words = "host create",
	.examples = "weft host create node1 --datapath-id 0000000000000001\n"
		    "weft host create node2 --ovsdb tcp:10.0.0.2:6640\n",
};
REGISTRY_ADD(resource_extra, host_create);
