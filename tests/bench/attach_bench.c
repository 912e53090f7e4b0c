/* How long an attach call takes, from the call to the answer that comes when the host's switch has
 * acknowledged every flow of the port, while many ports are there.
 *
 *	bench-attach [--ports N] [--networks N] [--rounds N] [--kind TAP|VHOST_USER]
 *		     [--server HOST:PORT]
 *
 * TAP is the kind to measure 1,000 ports with: librte_vhost takes 1,024 sockets and waits up to a
 * second near that.
 *
 * A controller and a switch are running; what it makes in project `attach-bench` it deletes. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/h2rpc/client.h"
#include "lib/conf.h"
#include "lib/loop_uv.h"
#include "proto/weft/v1/host.pb-c.h"
#include "proto/weft/v1/network.pb-c.h"
#include "proto/weft/v1/port.pb-c.h"
#include "proto/weft/v1/project.pb-c.h"
#include "proto/weft/v1/subnet.pb-c.h"

#define PROJECT "projects/attach-bench"

static const struct conf_option options[] = {
	{ .key = "ports",
	  .value = "N",
	  .initial = "1000",
	  .min = 1,
	  .max = 30000,
	  .help = "Ports that are attached before." },
	{ .key = "networks",
	  .value = "N",
	  .initial = "20",
	  .min = 1,
	  .max = 10000,
	  .help = "Networks that they are spread over." },
	{ .key = "rounds",
	  .value = "N",
	  .initial = "300",
	  .min = 1,
	  .max = 100000,
	  .help = "Attachments measured." },
	{ .key = "kind", .value = "KIND", .initial = "TAP", .help = "TAP or VHOST_USER." },
	{ .key = "server",
	  .value = "HOST:PORT",
	  .initial = "127.0.0.1:50051",
	  .help = "The controller's gRPC address." },
	{ 0 },
};

static struct rpc_client *client;
static char *host;
static unsigned n_networks;
static Weft__V1__BindingKind kind;

static _Noreturn void fail(const char *what, const struct status *st)
{
	fprintf(stderr, "bench-attach: %s: %s\n", what, st->message);
	exit(1);
}

/* The answer; what is wrong ends the program. */
static ProtobufCMessage *call(const char *path, const ProtobufCMessage *request)
{
	const struct api_method *method = api_schema_method(&weft_schema, path);
	struct status st = STATUS_INIT;
	ProtobufCMessage *answer = rpc_client_run(client, method, request, 30 * NS_PER_SEC, &st);

	if (!answer)
		fail(path, &st);
	return answer;
}

static void call_only(const char *path, const ProtobufCMessage *request)
{
	protobuf_c_message_free_unpacked(call(path, request), NULL);
}

static void find_host(void)
{
	Weft__V1__ListHostsRequest list = WEFT__V1__LIST_HOSTS_REQUEST__INIT;
	Weft__V1__ListHostsResponse *hosts;

	list.parent = (char *)"infrastructure";
	hosts = (Weft__V1__ListHostsResponse *)call("/weft.v1.HostService/ListHosts", &list.base);

	for (size_t i = 0; i < hosts->n_hosts; i++) {
		if (hosts->hosts[i]->state == WEFT__V1__HOST__STATE__CONNECTED)
			host = xstrdup(hosts->hosts[i]->name);
	}
	weft__v1__list_hosts_response__free_unpacked(hosts, NULL);
	if (!host) {
		fprintf(stderr, "bench-attach: no host is connected: start weft-dataplane\n");
		exit(1);
	}
}

static void create_project(void)
{
	Weft__V1__CreateProjectRequest create = WEFT__V1__CREATE_PROJECT_REQUEST__INIT;
	Weft__V1__Project project = WEFT__V1__PROJECT__INIT;

	create.project_id = (char *)"attach-bench";
	create.project = &project;
	call_only("/weft.v1.ProjectService/CreateProject", &create.base);
}

static void network_name(char *name, size_t size, unsigned index)
{
	snprintf(name, size, PROJECT "/networks/net%u", index % n_networks);
}

/* All with the same addresses. */
static void create_network(unsigned index)
{
	Weft__V1__CreateNetworkRequest create = WEFT__V1__CREATE_NETWORK_REQUEST__INIT;
	Weft__V1__Network network = WEFT__V1__NETWORK__INIT;
	Weft__V1__CreateSubnetRequest create_subnet = WEFT__V1__CREATE_SUBNET_REQUEST__INIT;
	Weft__V1__Subnet subnet = WEFT__V1__SUBNET__INIT;
	char name[64];

	network_name(name, sizeof(name), index);
	create.parent = (char *)PROJECT;
	create.network_id = strrchr(name, '/') + 1;
	create.network = &network;
	call_only("/weft.v1.NetworkService/CreateNetwork", &create.base);
	create_subnet.parent = name;
	create_subnet.subnet_id = (char *)"v4";
	create_subnet.subnet = &subnet;
	subnet.cidr = (char *)"10.64.0.0/16";
	call_only("/weft.v1.SubnetService/CreateSubnet", &create_subnet.base);
}

static void create_port(unsigned index)
{
	Weft__V1__CreatePortRequest create = WEFT__V1__CREATE_PORT_REQUEST__INIT;
	Weft__V1__Port port = WEFT__V1__PORT__INIT;
	char id[32], network[64];

	snprintf(id, sizeof(id), "p%u", index);
	network_name(network, sizeof(network), index);
	port.network = network;
	create.parent = (char *)PROJECT;
	create.port_id = id;
	create.port = &port;
	call_only("/weft.v1.PortService/CreatePort", &create.base);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

/* Milliseconds that the call took. */
static double attach_port(unsigned index)
{
	Weft__V1__AttachPortRequest attach = WEFT__V1__ATTACH_PORT_REQUEST__INIT;
	Weft__V1__Port *port;
	char name[64];
	double began, took;

	snprintf(name, sizeof(name), PROJECT "/ports/p%u", index);
	attach.name = name;
	attach.host = host;
	attach.kind = kind;
	began = now_ms();
	port = (Weft__V1__Port *)call("/weft.v1.PortService/AttachPort", &attach.base);
	took = now_ms() - began;
	if (port->state != WEFT__V1__PORT__STATE__ACTIVE) {
		fprintf(stderr, "bench-attach: %s is attached but not ACTIVE: %s\n", name,
			port->state_reason);
		exit(1);
	}
	weft__v1__port__free_unpacked(port, NULL);
	return took;
}

static void remove_port(unsigned index)
{
	Weft__V1__DetachPortRequest detach = WEFT__V1__DETACH_PORT_REQUEST__INIT;
	Weft__V1__DeletePortRequest del = WEFT__V1__DELETE_PORT_REQUEST__INIT;
	char name[64];

	snprintf(name, sizeof(name), PROJECT "/ports/p%u", index);
	detach.name = del.name = name;
	call_only("/weft.v1.PortService/DetachPort", &detach.base);
	call_only("/weft.v1.PortService/DeletePort", &del.base);
}

static void delete_network(unsigned index)
{
	Weft__V1__DeleteSubnetRequest subnet = WEFT__V1__DELETE_SUBNET_REQUEST__INIT;
	Weft__V1__DeleteNetworkRequest network = WEFT__V1__DELETE_NETWORK_REQUEST__INIT;
	char name[64], subnet_name[80];

	network_name(name, sizeof(name), index);
	snprintf(subnet_name, sizeof(subnet_name), "%s/subnets/v4", name);
	subnet.name = subnet_name;
	network.name = name;
	call_only("/weft.v1.SubnetService/DeleteSubnet", &subnet.base);
	call_only("/weft.v1.NetworkService/DeleteNetwork", &network.base);
}

static void delete_project(void)
{
	Weft__V1__DeleteProjectRequest del = WEFT__V1__DELETE_PROJECT_REQUEST__INIT;

	del.name = (char *)PROJECT;
	call_only("/weft.v1.ProjectService/DeleteProject", &del.base);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure(unsigned n_ports, unsigned n_rounds)
{
	double *took = xcalloc(n_rounds, sizeof(*took));

	for (unsigned i = 0; i < n_ports; i++) {
		create_port(i);
		attach_port(i);
	}
	for (unsigned i = 0; i < n_rounds; i++) {
		create_port(n_ports);
		took[i] = attach_port(n_ports);
		remove_port(n_ports);
	}
	qsort(took, n_rounds, sizeof(*took), compare);
	printf("%-32s median %6.2f ms   p99 %6.2f ms   max %6.2f ms   (%u calls, %u ports there)\n",
	       "attach call, acknowledged", took[n_rounds / 2], took[n_rounds * 99 / 100],
	       took[n_rounds - 1], n_rounds, n_ports);
	free(took);
	for (unsigned i = 0; i < n_ports; i++)
		remove_port(i);
}

int main(int argc, char **argv)
{
	struct status st = STATUS_INIT;
	struct conf *c = conf_parse(argc, argv, options,
				    "Measures attach calls with many ports present.", &st);
	struct loop *loop = loop_uv_create();
	struct addr addr;

	if (!c || addr_parse(&addr, conf_text(c, "server"), "server", &st) < 0)
		fail("usage", &st);
	kind = strcmp(conf_text(c, "kind"), "TAP") == 0 ? WEFT__V1__BINDING_KIND__TAP
							: WEFT__V1__BINDING_KIND__VHOST_USER;
	client = rpc_client_create(loop, &addr);
	find_host();
	n_networks = conf_number(c, "networks");
	create_project();
	for (unsigned i = 0; i < n_networks; i++)
		create_network(i);
	measure(conf_number(c, "ports"), conf_number(c, "rounds"));
	for (unsigned i = 0; i < n_networks; i++)
		delete_network(i);
	delete_project();
	rpc_client_destroy(client);
	loop_uv_destroy(loop);
	conf_destroy(c);
	free(host);
	return 0;
}
