/* `weft port attach` and `port detach`: what the hypervisor or container needs, ready to use. */

#include <stdio.h>
#include "api/cli/client.h"
#include "api/cli/print.h"
#include "api/cli/resource.h"

#define METHOD(NAME) api_schema_method(&weft_schema, "/weft.v1." NAME)

static const struct resource_extra port_create = {
	.words = "port create",
	.examples = "weft port create web1 --project acme --network blue\n"
		    "weft port create web1 --project acme --network blue --ip 10.0.0.10 "
		    "--mac 02:00:00:00:00:10\n",
};
REGISTRY_ADD(resource_extra, port_create);

/* The name of the only host there is; NULL with ST. */
static const char *only_host(struct cli *cli, struct status *st)
{
	json_t *request = json_pack("{s:s}", "parent", "infrastructure"), *hosts;
	const char *name = NULL;

	hosts = client_list(cli, METHOD("HostService/ListHosts"), request, st);
	json_decref(request);
	if (!hosts)
		return NULL;
	if (json_array_size(hosts) == 1)
		name = arena_strdup(&cli->arena,
				    print_value(&cli->arena, json_array_get(hosts, 0), "name"));
	else if (json_array_size(hosts) == 0)
		status_set(st, STATUS_FAILED_PRECONDITION, "host",
			   "no host is known yet. Start weft-dataplane --controller "
			   "tcp:ADDRESS:6653 on one, and see: weft host list");
	else
		status_set(st, STATUS_INVALID_ARGUMENT, "host",
			   "there are %zu hosts: tell which with --host HOST. See: weft host list",
			   json_array_size(hosts));
	json_decref(hosts);
	return name;
}

static const char *host_name(struct cli *cli, const struct cli_args *args, struct status *st)
{
	const char *host = cli_arg(args, "host");

	if (!host)
		return only_host(cli, st);
	return strchr(host, '/') ? host
				 : arena_printf(&cli->arena, "infrastructure/hosts/%s", host);
}

static int kind_value(const char *word, json_t *request, struct status *st)
{
	static const struct {
		const char *word, *value;
	} kinds[] = {
		{ "tap", "TAP" },
		{ "veth", "VETH" },
		{ "vhost-user", "VHOST_USER" },
		{ "dpdk", "DPDK" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		if (strcmp(word, kinds[i].word) == 0) {
			json_object_set_new(request, "kind", json_string(kinds[i].value));
			return 0;
		}
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, "kind",
			  "--kind takes tap, veth, vhost-user or dpdk, not '%s'", word);
}

/* Options with a name of their own, then --option KEY=VALUE for what may come. */
static int attach_options(struct arena *arena, const struct cli_args *args, json_t *options,
			  struct status *st)
{
	static const char *const named[] = { "netns",  "ifname",  "memory",
					     "queues", "vectors", "devargs" };

	for (size_t i = 0; i < ARRAY_LENGTH(named); i++)
		if (cli_arg(args, named[i]))
			json_object_set_new(options, named[i],
					    json_string(cli_arg(args, named[i])));
	for (size_t i = 0; i < cli_arg_count(args, "option"); i++) {
		const char *text = cli_arg_at(args, "option", i), *equals = strchr(text, '=');

		if (!equals)
			return status_set(st, STATUS_INVALID_ARGUMENT, "option",
					  "--option takes KEY=VALUE, not '%s'", text);
		json_object_set_new(options,
				    arena_printf(arena, "%.*s", (int)(equals - text), text),
				    json_string(equals + 1));
	}
	return 0;
}

static void print_qemu_args(const json_t *args, struct buf *out)
{
	const json_t *word;
	size_t i;

	buf_puts(out, "\nQEMU takes these arguments:\n");
	json_array_foreach (args, i, word) {
		const char *text = json_string_value(word);

		buf_printf(out, "%s%s", text[0] == '-' ? (i ? " \\\n  " : "  ") : " ", text);
	}
	buf_puts(out, "\n");
}

static void print_binding(struct cli *cli, const json_t *port, struct buf *out)
{
	const json_t *binding = json_object_get(port, "binding");
	struct arena *arena = &cli->arena;
	const char *socket = print_value(arena, binding, "socketPath");
	const char *ifname = print_value(arena, binding, "interfaceName");
	const char *netns = print_value(arena, binding, "options.netns");

	buf_printf(out, "%s is attached to %s: %s\n", print_value(arena, port, "name/"),
		   print_value(arena, binding, "host/"), print_value(arena, port, "state"));
	buf_printf(out, "  MAC        %s\n  addresses  %s\n  MTU        %s\n",
		   print_value(arena, port, "macAddress"),
		   print_value(arena, port, "ipAddresses.address"),
		   print_value(arena, binding, "mtu"));
	if (*ifname)
		buf_printf(out, "  interface  %s%s%s\n", ifname, *netns ? " in namespace " : "",
			   netns);
	if (*socket)
		buf_printf(out, "  socket     %s\n", socket);
	if (json_array_size(json_object_get(binding, "qemuArgs")))
		print_qemu_args(json_object_get(binding, "qemuArgs"), out);
	if (*print_value(arena, binding, "libvirtXml"))
		buf_printf(out, "\nlibvirt takes this:\n%s\n",
			   print_value(arena, binding, "libvirtXml"));
}

static enum cli_exit print_attached(struct cli *cli, const json_t *port)
{
	struct buf out = BUF_INIT;

	if (cli->format != CLI_TABLE) {
		resource_print_value(cli, port);
		return CLI_OK;
	}
	print_binding(cli, port, &out);
	fputs(buf_str(&out), stdout);
	buf_fini(&out);
	return CLI_OK;
}

static json_t *attach_request(struct cli *cli, const struct cli_args *args, struct status *st)
{
	json_t *request = json_object(), *options = json_object();
	const char *name = resource_in_project(cli, "ports", args->words[0], st), *host;

	json_object_set_new(request, "options", options);
	if (!name || kind_value(cli_arg(args, "kind"), request, st) < 0 ||
	    attach_options(&cli->arena, args, options, st) < 0)
		goto fail;
	host = host_name(cli, args, st);
	if (!host)
		goto fail;
	json_object_set_new(request, "name", json_string(name));
	json_object_set_new(request, "host", json_string(host));
	return request;
fail:
	json_decref(request);
	return NULL;
}

static enum cli_exit run_attach(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	json_t *request = attach_request(cli, args, &st), *port;
	enum cli_exit status;

	if (!request)
		return cli_error(&st);
	port = client_call(cli, METHOD("PortService/AttachPort"), request, &st);
	json_decref(request);
	status = port ? print_attached(cli, port) : cli_error(&st);
	json_decref(port);
	return status;
}

static const struct cli_option attach_option_list[] = {
	{ .name = "kind",
	  .value = "tap|veth|vhost-user|dpdk",
	  .help = "how to connect",
	  .choices = "tap veth vhost-user dpdk",
	  .is_required = true },
	{ .name = "host",
	  .value = "HOST",
	  .help = "where (default: the only host)",
	  .choices = "@hosts" },
	{ .name = "netns",
	  .value = "NAME|PATH",
	  .help = "tap: the container's network namespace" },
	{ .name = "ifname",
	  .value = "NAME",
	  .help = "tap: the interface's name in the container (default eth0); veth: the "
		  "interface" },
	{ .name = "memory",
	  .value = "SIZE",
	  .help = "vhost-user: the guest's memory as for QEMU's -m" },
	{ .name = "queues", .value = "N", .help = "vhost-user: queue pairs, 1 to 16 (default 1)" },
	{ .name = "vectors",
	  .value = "N",
	  .help = "vhost-user: MSI-X vectors; 0 for Debian 12's QEMU without KVM" },
	{ .name = "devargs", .value = "TEXT", .help = "dpdk: the device, as for EAL's --vdev" },
	{ .name = "option",
	  .value = "KEY=VALUE",
	  .help = "another option of the kind",
	  .is_list = true },
	{ 0 },
};

static const struct cli_verb port_attach = {
	.words = "port attach",
	.operands = "NAME",
	.help = "Plug a port into a virtual machine or container; tells what that needs.",
	.examples = "weft port attach web1 --project acme --kind tap --netns web1\n"
		    "weft port attach vm1 --project acme --kind vhost-user --memory 2G\n"
		    "weft port attach vm1 --project acme --kind vhost-user -o json | "
		    "jq -r '.binding.qemuArgs[]'\n",
	.options = attach_option_list,
	.min_words = 1,
	.max_words = 1,
	.completes = "@ports",
	.run = run_attach,
};
REGISTRY_ADD(cli_verb, port_attach);

static enum cli_exit run_detach(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	const char *name = resource_in_project(cli, "ports", args->words[0], &st);
	json_t *request, *port;

	if (!name) {
		cli_error(&st);
		return CLI_USAGE;
	}
	request = json_pack("{s:s}", "name", name);
	port = client_call(cli, METHOD("PortService/DetachPort"), request, &st);
	json_decref(request);
	if (!port)
		return cli_error(&st);
	resource_print(cli, "Port", port);
	json_decref(port);
	return CLI_OK;
}

static const struct cli_verb port_detach = {
	.words = "port detach",
	.operands = "NAME",
	.help = "Unplug a port; it keeps its addresses.",
	.examples = "weft port detach web1 --project acme\n",
	.min_words = 1,
	.max_words = 1,
	.completes = "@ports",
	.run = run_detach,
};
REGISTRY_ADD(cli_verb, port_detach);
