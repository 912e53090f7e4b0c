/* The library of tests/unit/api/testing.proto behind both doors, for foreign clients.
 *
 *	server GRPC_ADDRESS REST_ADDRESS [REQUEST_MS]
 *
 * Prints "ready" when it listens; SIGTERM ends it. */

#include <stdio.h>
#include <stdlib.h>
#include "api/h2rpc/server.h"
#include "api/reflection.h"
#include "api/rest/server.h"
#include "lib/loop_uv.h"
#include "tests/fakes/api/library.h"

static struct addr address(const char *text)
{
	struct status st = STATUS_INIT;
	struct addr a;

	if (addr_parse(&a, text, "address", &st) == 0)
		return a;
	fprintf(stderr, "%s\n", st.message);
	exit(2);
}

int main(int argc, char **argv)
{
	struct rest_limits limits = REST_LIMITS_DEFAULT;
	struct loop *loop = loop_uv_create();
	struct library *library = library_create(loop);
	struct api_dispatch *d = api_dispatch_create(loop, &testing_schema);
	struct reflection *reflection = reflection_create(d);
	struct status st = STATUS_INIT;
	struct rpc_server *rpc;
	struct rest_server *rest;
	struct addr grpc_addr, rest_addr;

	if (argc < 3)
		return 2;
	if (argc > 3)
		limits.request_ns = atoi(argv[3]) * NS_PER_MS;
	grpc_addr = address(argv[1]);
	rest_addr = address(argv[2]);
	library_add_to(library, d);
	rpc = rpc_server_create(loop, d, &grpc_addr, "--grpc", &st);
	rest = rest_server_create(loop, d, &rest_addr, "--rest", "Testing", &limits, &st);
	if (!rpc || !rest) {
		fprintf(stderr, "%s\n", st.message);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	loop_uv_run(loop);
	rest_server_destroy(rest);
	rpc_server_destroy(rpc);
	api_dispatch_destroy(d);
	reflection_destroy(reflection);
	printf("%zu waiting\n", library_n_waiting(library));
	library_destroy(library);
	loop_uv_destroy(loop);
	return 0;
}
