/* The rules of resources as a caller meets them: what is answered, what is refused and which field
 * is named, and that a refused call changes nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/fakes/controller/model_world.h"

static int setup(void **state)
{
	struct model_world *w = xcalloc(1, sizeof(*w));

	model_world_init(w);
	call_ok(w, "ProjectService/CreateProject", "{\"projectId\":\"acme\"}");
	call_ok(w, "ProjectService/CreateProject", "{\"projectId\":\"globex\"}");
	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"blue\"}");
	call_ok(w, "SubnetService/CreateSubnet",
		"{\"parent\":\"projects/acme/networks/blue\",\"subnetId\":\"s\","
		"\"subnet\":{\"cidr\":\"10.0.0.0/24\",\"gatewayIp\":\"10.0.0.1\"}}");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	model_world_fini(*state);
	free(*state);
	return 0;
}

/* Run CALL and make sure that the store is as before. */
#define REFUSED(W, METHOD, REQUEST, CODE, FIELD, WORDS)                                            \
	do {                                                                                       \
		int64_t before_ = store_revision((W)->store);                                      \
		call_fails(W, METHOD, REQUEST, STATUS_##CODE, FIELD, WORDS);                       \
		assert_int_equal(store_revision((W)->store), before_);                             \
	} while (0)

static void port(struct model_world *w, const char *id, const char *fields)
{
	char *request = xasprintf("{\"parent\":\"projects/acme\",\"portId\":\"%s\",\"port\":"
				  "{\"network\":\"projects/acme/networks/blue\"%s}}",
				  id, fields);

	call_ok(w, "PortService/CreatePort", request);
	free(request);
}

static void port_refused(struct model_world *w, const char *fields, enum status_code code,
			 const char *field, const char *words)
{
	char *request = xasprintf("{\"parent\":\"projects/acme\",\"portId\":\"bad\",\"port\":"
				  "{\"network\":\"projects/acme/networks/blue\"%s}}",
				  fields);
	int64_t before = store_revision(w->store);

	call_fails(w, "PortService/CreatePort", request, code, field, words);
	assert_int_equal(store_revision(w->store), before);
	free(request);
}

static void test_create_and_get(void **state)
{
	struct model_world *w = *state;
	const char *n = call_ok(w, "NetworkService/GetNetwork",
				"{\"name\":\"projects/acme/networks/blue\"}");

	assert_string_equal(answered(n, "name"), "projects/acme/networks/blue");
	assert_string_equal(answered(n, "state"), "ACTIVE");
	assert_int_equal(strlen(answered(n, "uid")), 36);
	assert_int_equal(strlen(answered(n, "etag")), 16);
	assert_string_equal(answered(n, "id"), "9");
	assert_string_equal(answered(n, "revision"), "3");
	answered(n, "createTime");
	assert_non_null(strstr(n, "\"mtu\":1500"));
	assert_non_null(strstr(n, "\"subnets\":[\"projects/acme/networks/blue/subnets/s\"]"));
}

static void test_ids(void **state)
{
	static const char *const bad[] = {
		"",	   "Blue",
		"a_b",	   "-a",
		"a-",	   "a/b",
		"\\u00e4", "0123456789012345678901234567890123456789012345678901234567890123"
	};
	struct model_world *w = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		char *r = xasprintf("{\"parent\":\"projects/acme\",\"networkId\":\"%s\"}", bad[i]);

		REFUSED(w, "NetworkService/CreateNetwork", r, INVALID_ARGUMENT, "network_id",
			"lower-case letters");
		free(r);
	}
	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"7-a\"}");
	REFUSED(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"7-a\"}", ALREADY_EXISTS,
		"network_id", "exists already");
	REFUSED(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/none\",\"networkId\":\"x\"}", NOT_FOUND, "parent",
		"projects/none does not exist");
	REFUSED(w, "NetworkService/CreateNetwork", "{\"parent\":\"hosts/x\",\"networkId\":\"x\"}",
		INVALID_ARGUMENT, "parent", "projects/*");
	REFUSED(w, "NetworkService/GetNetwork", "{\"name\":\"projects/acme/networks/none\"}",
		NOT_FOUND, "name", "there is no network");
	REFUSED(w, "NetworkService/GetNetwork", "{\"name\":\"projects/acme/ports/none\"}",
		INVALID_ARGUMENT, "name", "projects/*/networks/*");
}

static void test_network_fields(void **state)
{
	struct model_world *w = *state;
	char many[4096] = "";

	REFUSED(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"x\",\"network\":{\"mtu\":100}}",
		INVALID_ARGUMENT, "network.mtu", "576 to 9216");
	REFUSED(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"x\","
		"\"network\":{\"labels\":{\"UPPER\":\"1\"}}}",
		INVALID_ARGUMENT, "network.labels", "UPPER");
	REFUSED(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"x\","
		"\"network\":{\"displayName\":\"\\u001b[2J\"}}",
		INVALID_ARGUMENT, "network.display_name", "control character");
	REFUSED(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"x\","
		"\"network\":{\"labels\":{\"a\":\"\\u009b2J\"}}}",
		INVALID_ARGUMENT, "network.labels", "control character");
	for (unsigned i = 0; i < 200; i++)
		strcat(many, "x");
	{
		char *r = xasprintf("{\"parent\":\"projects/acme\",\"networkId\":\"x\","
				    "\"network\":{\"displayName\":\"%s\"}}",
				    many);

		REFUSED(w, "NetworkService/CreateNetwork", r, INVALID_ARGUMENT,
			"network.display_name", "at most 127");
		free(r);
	}
}

static void subnet_refused(struct model_world *w, const char *fields, const char *field,
			   const char *words)
{
	char *r = xasprintf("{\"parent\":\"projects/acme/networks/blue\",\"subnetId\":\"t\","
			    "\"subnet\":{%s}}",
			    fields);

	REFUSED(w, "SubnetService/CreateSubnet", r, INVALID_ARGUMENT, field, words);
	free(r);
}

static void test_subnets(void **state)
{
	struct model_world *w = *state;

	subnet_refused(w, "", "subnet.cidr", "required");
	subnet_refused(w, "\"cidr\":\"10.1.0.0\"", "subnet.cidr", "prefix length");
	subnet_refused(w, "\"cidr\":\"10.1.0.0/33\"", "subnet.cidr", "1 to 32");
	subnet_refused(w, "\"cidr\":\"10.1.0.1/24\"", "subnet.cidr", "bits beyond");
	subnet_refused(w, "\"cidr\":\"ten/24\"", "subnet.cidr", "no IP address");
	subnet_refused(w, "\"cidr\":\"224.0.0.0/8\"", "subnet.cidr", "unicast");
	subnet_refused(w, "\"cidr\":\"fe80::/64\"", "subnet.cidr", "fe80::/10");
	subnet_refused(w, "\"cidr\":\"fe00::/8\"", "subnet.cidr", "fe80::/10");
	subnet_refused(w, "\"cidr\":\"fd00::/129\"", "subnet.cidr", "1 to 128");
	subnet_refused(w, "\"cidr\":\"10.0.0.128/25\"", "subnet.cidr",
		       "overlaps with 10.0.0.0/24 of projects/acme/networks/blue/subnets/s");
	subnet_refused(w, "\"cidr\":\"10.0.0.0/8\"", "subnet.cidr", "overlaps");
	subnet_refused(w, "\"cidr\":\"10.1.0.0/24\",\"gatewayIp\":\"10.2.0.1\"",
		       "subnet.gateway_ip", "inside 10.1.0.0/24");
	subnet_refused(w, "\"cidr\":\"10.1.0.0/24\",\"gatewayIp\":\"10.1.0.255\"",
		       "subnet.gateway_ip", "broadcast");
	subnet_refused(w,
		       "\"cidr\":\"10.1.0.0/24\",\"allocationPools\":[{\"first\":\"10.1.0.9\","
		       "\"last\":\"10.1.0.8\"}]",
		       "subnet.allocation_pools[0]", "in order");
	/* The same range in another network is normal. */
	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/globex\",\"networkId\":\"red\"}");
	call_ok(w, "SubnetService/CreateSubnet",
		"{\"parent\":\"projects/globex/networks/red\",\"subnetId\":\"s\","
		"\"subnet\":{\"cidr\":\"10.0.0.0/24\"}}");
	REFUSED(w, "SubnetService/UpdateSubnet",
		"{\"subnet\":{\"name\":\"projects/acme/networks/blue/subnets/s\","
		"\"cidr\":\"10.9.0.0/24\"}}",
		INVALID_ARGUMENT, "subnet.cidr", "cannot be changed");
}

static void test_allocation(void **state)
{
	struct model_world *w = *state;
	const char *p;

	/* .0 is the network's, .1 the gateway's */
	port(w, "p1", "");
	p = call_ok(w, "PortService/GetPort", "{\"name\":\"projects/acme/ports/p1\"}");
	assert_string_equal(answered(p, "address"), "10.0.0.2");
	assert_string_equal(answered(p, "subnet"), "projects/acme/networks/blue/subnets/s");
	assert_string_equal(answered(p, "antiSpoofing"), "ANTI_SPOOFING_ON");
	assert_string_equal(answered(p, "state"), "DOWN");
	assert_int_equal(strtoul(answered(p, "macAddress"), NULL, 16) & 3, 2);
	port(w, "p2",
	     ",\"ipAddresses\":[{\"address\":\"10.0.0.4\"}],"
	     "\"macAddress\":\"02:AA:00:00:00:01\"");
	port(w, "p3", "");
	p = call_ok(w, "PortService/GetPort", "{\"name\":\"projects/acme/ports/p3\"}");
	assert_string_equal(answered(p, "address"), "10.0.0.3");
	port(w, "p4", "");
	p = call_ok(w, "PortService/GetPort", "{\"name\":\"projects/acme/ports/p4\"}");
	assert_string_equal(answered(p, "address"), "10.0.0.5");
	/* An address given back is not given away at once. */
	call_ok(w, "PortService/DeletePort", "{\"name\":\"projects/acme/ports/p3\"}");
	port(w, "p5", "");
	p = call_ok(w, "PortService/GetPort", "{\"name\":\"projects/acme/ports/p5\"}");
	assert_string_equal(answered(p, "address"), "10.0.0.6");
	p = call_ok(w, "SubnetService/GetSubnet",
		    "{\"name\":\"projects/acme/networks/blue/subnets/s\"}");
	assert_non_null(strstr(p, "\"addressesInUse\":4"));
}

static void test_addresses_refused(void **state)
{
	struct model_world *w = *state;

	port(w, "p1",
	     ",\"ipAddresses\":[{\"address\":\"10.0.0.4\"}],"
	     "\"macAddress\":\"02:aa:00:00:00:01\"");
	port_refused(w, ",\"ipAddresses\":[{\"address\":\"10.0.0.9\"},{\"address\":\"10.0.0.4\"}]",
		     STATUS_ALREADY_EXISTS, "port.ip_addresses[1].address",
		     "10.0.0.4 is taken by projects/acme/ports/p1");
	port_refused(w, ",\"ipAddresses\":[{\"address\":\"10.7.0.4\"}]", STATUS_INVALID_ARGUMENT,
		     "port.ip_addresses[0].address", "outside of every subnet");
	port_refused(w,
		     ",\"ipAddresses\":[{\"subnet\":\"projects/acme/networks/blue/subnets/s\","
		     "\"address\":\"10.7.0.4\"}]",
		     STATUS_INVALID_ARGUMENT, "port.ip_addresses[0].address",
		     "outside of 10.0.0.0/24");
	port_refused(w, ",\"ipAddresses\":[{\"address\":\"10.0.0.0\"}]", STATUS_INVALID_ARGUMENT,
		     "port.ip_addresses[0].address", "network address");
	port_refused(w, ",\"ipAddresses\":[{\"address\":\"10.0.0.255\"}]", STATUS_INVALID_ARGUMENT,
		     "port.ip_addresses[0].address", "broadcast address");
	port_refused(w, ",\"ipAddresses\":[{\"address\":\"10.0.0.1\"}]", STATUS_INVALID_ARGUMENT,
		     "port.ip_addresses[0].address", "gateway_ip");
	port_refused(w, ",\"ipAddresses\":[{\"address\":\"ten\"}]", STATUS_INVALID_ARGUMENT,
		     "port.ip_addresses[0].address", "no IP address");
	port_refused(w, ",\"ipAddresses\":[{\"address\":\"10.0.0.7\"},{\"address\":\"10.0.0.7\"}]",
		     STATUS_INVALID_ARGUMENT, "port.ip_addresses[1].address", "asked for twice");
	port_refused(w, ",\"ipAddresses\":[{\"subnet\":\"projects/acme/networks/red/subnets/s\"}]",
		     STATUS_INVALID_ARGUMENT, "port.ip_addresses[0].subnet",
		     "not of the port's network");
	port_refused(w, ",\"macAddress\":\"02:AA:00:00:00:01\"", STATUS_ALREADY_EXISTS,
		     "port.mac_address", "taken by projects/acme/ports/p1");
	port_refused(w, ",\"macAddress\":\"01:00:00:00:00:01\"", STATUS_INVALID_ARGUMENT,
		     "port.mac_address", "unicast");
	port_refused(w, ",\"macAddress\":\"02:00:00:00:00\"", STATUS_INVALID_ARGUMENT,
		     "port.mac_address", "unicast");
	port_refused(w, ",\"macAddress\":\"00:00:00:00:00:00\"", STATUS_INVALID_ARGUMENT,
		     "port.mac_address", "unicast");
}

static void test_foreign_names(void **state)
{
	struct model_world *w = *state;

	REFUSED(w, "PortService/CreatePort",
		"{\"parent\":\"projects/globex\",\"portId\":\"x\",\"port\":"
		"{\"network\":\"projects/acme/networks/blue\"}}",
		INVALID_ARGUMENT, "port.network", "is not of projects/globex");
	REFUSED(w, "PortService/CreatePort",
		"{\"parent\":\"projects/acme\",\"portId\":\"x\",\"port\":{}}", INVALID_ARGUMENT,
		"port.network", "required");
	REFUSED(w, "PortService/CreatePort",
		"{\"parent\":\"projects/acme\",\"portId\":\"x\",\"port\":"
		"{\"network\":\"projects/acme/networks/none\"}}",
		FAILED_PRECONDITION, "port.network", "does not exist");
}

static void test_full_subnet(void **state)
{
	struct model_world *w = *state;

	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"tiny\"}");
	call_ok(w, "SubnetService/CreateSubnet",
		"{\"parent\":\"projects/acme/networks/tiny\",\"subnetId\":\"s\","
		"\"subnet\":{\"cidr\":\"10.0.0.0/30\"}}");
	for (unsigned i = 0; i < 2; i++) {
		char *r = xasprintf("{\"parent\":\"projects/acme\",\"portId\":\"t%u\",\"port\":"
				    "{\"network\":\"projects/acme/networks/tiny\"}}",
				    i);

		call_ok(w, "PortService/CreatePort", r);
		free(r);
	}
	REFUSED(w, "PortService/CreatePort",
		"{\"parent\":\"projects/acme\",\"portId\":\"t2\",\"port\":"
		"{\"network\":\"projects/acme/networks/tiny\"}}",
		RESOURCE_EXHAUSTED, "port.ip_addresses[0]", "no address");
}

static void test_in_use(void **state)
{
	struct model_world *w = *state;

	port(w, "p1", "");
	port(w, "p2", "");
	REFUSED(w, "NetworkService/DeleteNetwork", "{\"name\":\"projects/acme/networks/blue\"}",
		FAILED_PRECONDITION, "name",
		"projects/acme/networks/blue/subnets/s, projects/acme/ports/p1, "
		"projects/acme/ports/p2");
	REFUSED(w, "SubnetService/DeleteSubnet",
		"{\"name\":\"projects/acme/networks/blue/subnets/s\"}", FAILED_PRECONDITION, "name",
		"in use by projects/acme/ports/p1");
	REFUSED(w, "ProjectService/DeleteProject", "{\"name\":\"projects/acme\"}",
		FAILED_PRECONDITION, "name", "projects/acme/networks/blue");
	call_ok(w, "PortService/DeletePort", "{\"name\":\"projects/acme/ports/p1\"}");
	call_ok(w, "PortService/DeletePort", "{\"name\":\"projects/acme/ports/p2\"}");
	call_ok(w, "SubnetService/DeleteSubnet",
		"{\"name\":\"projects/acme/networks/blue/subnets/s\"}");
	call_ok(w, "NetworkService/DeleteNetwork", "{\"name\":\"projects/acme/networks/blue\"}");
	call_ok(w, "ProjectService/DeleteProject", "{\"name\":\"projects/acme\"}");
	REFUSED(w, "ProjectService/DeleteProject", "{\"name\":\"projects/acme\"}", NOT_FOUND,
		"name", "there is no project");
	call_ok(w, "ProjectService/DeleteProject",
		"{\"name\":\"projects/acme\",\"allowMissing\":true}");
}

static void test_update(void **state)
{
	struct model_world *w = *state;
	char etag[32], request[256];
	const char *n;

	n = call_ok(
		w, "NetworkService/UpdateNetwork",
		"{\"network\":{\"name\":\"projects/acme/networks/blue\",\"displayName\":\"Blue\","
		"\"labels\":{\"env\":\"prod\",\"tier\":\"1\"}}}");
	assert_string_equal(answered(n, "displayName"), "Blue");
	snprintf(etag, sizeof(etag), "%s", answered(n, "etag"));
	/* a mask can empty a field, and change one label */
	n = call_ok(w, "NetworkService/UpdateNetwork",
		    "{\"network\":{\"name\":\"projects/acme/networks/blue\",\"mtu\":9000,"
		    "\"labels\":{\"env\":\"test\"}},\"updateMask\":\"displayName,labels.env\"}");
	assert_null(strstr(n, "displayName"));
	assert_non_null(strstr(n, "\"mtu\":1500"));
	assert_string_equal(answered(n, "env"), "test");
	assert_string_equal(answered(n, "tier"), "1");
	snprintf(request, sizeof(request),
		 "{\"network\":{\"name\":\"projects/acme/networks/blue\",\"etag\":\"%s\","
		 "\"mtu\":1400}}",
		 etag);
	REFUSED(w, "NetworkService/UpdateNetwork", request, ABORTED, "etag", "somebody else");
	snprintf(etag, sizeof(etag), "%s", answered(n, "etag"));
	snprintf(request, sizeof(request),
		 "{\"network\":{\"name\":\"projects/acme/networks/blue\",\"etag\":\"%s\","
		 "\"mtu\":1400}}",
		 etag);
	n = call_ok(w, "NetworkService/UpdateNetwork", request);
	assert_non_null(strstr(n, "\"mtu\":1400"));
	REFUSED(w, "NetworkService/UpdateNetwork",
		"{\"network\":{\"name\":\"projects/acme/networks/blue\"},\"updateMask\":\"speed\"}",
		INVALID_ARGUMENT, "update_mask", "speed");
	REFUSED(w, "NetworkService/UpdateNetwork", "{\"network\":{\"name\":\"blue\"}}",
		INVALID_ARGUMENT, "network.name", "projects/*/networks/*");
	REFUSED(w, "NetworkService/UpdateNetwork", "{}", INVALID_ARGUMENT, "network", "required");
	REFUSED(w, "NetworkService/UpdateNetwork",
		"{\"network\":{\"name\":\"projects/acme/networks/new\"}}", NOT_FOUND, "name",
		"there is no");
	n = call_ok(w, "NetworkService/UpdateNetwork",
		    "{\"network\":{\"name\":\"projects/acme/networks/new\",\"mtu\":1300},"
		    "\"allowMissing\":true}");
	assert_non_null(strstr(n, "\"mtu\":1300"));
	/* what only the controller sets cannot be set */
	n = call_ok(w, "NetworkService/UpdateNetwork",
		    "{\"network\":{\"name\":\"projects/acme/networks/new\",\"uid\":\"mine\","
		    "\"id\":\"99\"},\"updateMask\":\"*\"}");
	assert_string_not_equal(answered(n, "uid"), "mine");
	assert_string_not_equal(answered(n, "id"), "99");
}

static void test_delete_with_etag(void **state)
{
	struct model_world *w = *state;

	REFUSED(w, "ProjectService/DeleteProject",
		"{\"name\":\"projects/globex\",\"etag\":\"0000000000000000\"}", ABORTED, "etag",
		"somebody else");
}

static void test_validate_only(void **state)
{
	struct model_world *w = *state;
	int64_t before = store_revision(w->store);
	const char *p =
		call_ok(w, "PortService/CreatePort",
			"{\"parent\":\"projects/acme\",\"portId\":\"x\",\"validateOnly\":true,"
			"\"port\":{\"network\":\"projects/acme/networks/blue\"}}");

	assert_string_equal(answered(p, "address"), "10.0.0.2");
	call_ok(w, "ProjectService/DeleteProject",
		"{\"name\":\"projects/globex\",\"validateOnly\":true}");
	assert_int_equal(store_revision(w->store), before);
	call_ok(w, "ProjectService/GetProject", "{\"name\":\"projects/globex\"}");
}

/* A full disk: an error, nothing changed, and it goes on when there is space. */
static void test_full_disk(void **state)
{
	struct model_world *w = *state;
	const char *p;

	store_mem_disk_set_full(w->disk, true);
	REFUSED(w, "PortService/CreatePort",
		"{\"parent\":\"projects/acme\",\"portId\":\"x\",\"port\":"
		"{\"network\":\"projects/acme/networks/blue\"}}",
		RESOURCE_EXHAUSTED, "", "full");
	REFUSED(w, "SubnetService/DeleteSubnet",
		"{\"name\":\"projects/acme/networks/blue/subnets/s\"}", RESOURCE_EXHAUSTED, "",
		"full");
	REFUSED(w, "PortService/GetPort", "{\"name\":\"projects/acme/ports/x\"}", NOT_FOUND, "name",
		"there is no");
	store_mem_disk_set_full(w->disk, false);
	port(w, "x", "");
	model_world_restart(w);
	p = call_ok(w, "PortService/GetPort", "{\"name\":\"projects/acme/ports/x\"}");
	assert_string_equal(answered(p, "macAddress") + 2, strchr(answered(p, "macAddress"), ':'));
}

/* Calls that are checked against what is not durable yet fall with it. */
static void test_pipeline_fails_together(void **state)
{
	struct model_world *w = *state;
	struct test_call calls[4];
	static const struct {
		const char *method, *request;
	} requests[] = {
		{ "SubnetService/DeleteSubnet",
		  "{\"name\":\"projects/acme/networks/blue/subnets/s\"}" },
		{ "NetworkService/DeleteNetwork", "{\"name\":\"projects/acme/networks/blue\"}" },
		{ "NetworkService/CreateNetwork",
		  "{\"parent\":\"projects/acme\",\"networkId\":\"blue\"}" },
		{ "PortService/CreatePort",
		  "{\"parent\":\"projects/acme\",\"portId\":\"x\",\"port\":"
		  "{\"network\":\"projects/acme/networks/blue\"}}" },
	};

	store_mem_disk_set_full(w->disk, true);
	for (unsigned i = 0; i < 4; i++)
		call_begin(w, &calls[i], requests[i].method, requests[i].request);
	loop_virtual_settle(w->loop);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(calls[i].is_over);
		assert_int_equal(calls[i].status.code, STATUS_RESOURCE_EXHAUSTED);
		call_fini(&calls[i]);
	}
	store_mem_disk_set_full(w->disk, false);
	assert_non_null(strstr(call_ok(w, "NetworkService/GetNetwork",
				       "{\"name\":\"projects/acme/networks/blue\"}"),
			       "subnets/s"));
	port(w, "x", "");
	REFUSED(w, "SubnetService/DeleteSubnet",
		"{\"name\":\"projects/acme/networks/blue/subnets/s\"}", FAILED_PRECONDITION, "name",
		"projects/acme/ports/x");
	/* and when the disk takes it, such a chain of calls works */
	call_ok(w, "PortService/DeletePort", "{\"name\":\"projects/acme/ports/x\"}");
	for (unsigned i = 0; i < 4; i++)
		call_begin(w, &calls[i], requests[i].method, requests[i].request);
	loop_virtual_settle(w->loop);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(calls[i].status.code, STATUS_OK);
		call_fini(&calls[i]);
	}
	assert_null(strstr(call_ok(w, "NetworkService/GetNetwork",
				   "{\"name\":\"projects/acme/networks/blue\"}"),
			   "subnets/s"));
}

static void test_restart_keeps_all(void **state)
{
	struct model_world *w = *state;
	char before[4096];

	port(w, "p1", "");
	snprintf(before, sizeof(before), "%s",
		 call_ok(w, "PortService/GetPort", "{\"name\":\"projects/acme/ports/p1\"}"));
	model_world_restart(w);
	assert_string_equal(
		call_ok(w, "PortService/GetPort", "{\"name\":\"projects/acme/ports/p1\"}"), before);
	/* ids go on, and are not used again */
	port(w, "p2", "");
	assert_true(strtoul(answered(call_ok(w, "PortService/GetPort",
					     "{\"name\":\"projects/acme/ports/p2\"}"),
				     "id"),
			    NULL, 10) > strtoul(answered(before, "id"), NULL, 10));
	port_refused(w, ",\"ipAddresses\":[{\"address\":\"10.0.0.2\"}]", STATUS_ALREADY_EXISTS,
		     "port.ip_addresses[0].address", "taken by projects/acme/ports/p1");
	assert_true(engine_check(w->engine, &(struct buf){ 0 }));
}

static void test_request_id(void **state)
{
	static const char request[] = "{\"parent\":\"projects/acme\",\"networkId\":\"n\","
				      "\"requestId\":\"r-1\"}";
	struct model_world *w = *state;
	struct test_call a, b;
	char first[2048];

	/* the second comes while the first is at work */
	call_begin(w, &a, "NetworkService/CreateNetwork", request);
	call_begin(w, &b, "NetworkService/CreateNetwork", request);
	loop_virtual_settle(w->loop);
	assert_int_equal(a.status.code, STATUS_OK);
	assert_int_equal(b.status.code, STATUS_OK);
	assert_string_equal(buf_str(&a.responses), buf_str(&b.responses));
	snprintf(first, sizeof(first), "%s", buf_str(&a.responses));
	call_fini(&a);
	call_fini(&b);
	assert_string_equal(call_ok(w, "NetworkService/CreateNetwork", request), first);
	REFUSED(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"other\",\"requestId\":\"r-1\"}",
		INVALID_ARGUMENT, "request_id", "another call");
	/* another method may use it */
	call_ok(w, "SubnetService/CreateSubnet",
		"{\"parent\":\"projects/acme/networks/n\",\"subnetId\":\"n\",\"requestId\":\"r-1\","
		"\"subnet\":{\"cidr\":\"10.0.0.0/24\"}}");
	call_ok(w, "SubnetService/DeleteSubnet",
		"{\"name\":\"projects/acme/networks/n/subnets/n\"}");
	REFUSED(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"o\",\"requestId\":\"a b\"}",
		INVALID_ARGUMENT, "request_id", "ASCII");
	/* also after a restart, and after it was deleted */
	call_ok(w, "NetworkService/DeleteNetwork",
		"{\"name\":\"projects/acme/networks/n\",\"requestId\":\"r-2\"}");
	model_world_restart(w);
	assert_string_equal(call_ok(w, "NetworkService/CreateNetwork", request), first);
	call_ok(w, "NetworkService/DeleteNetwork",
		"{\"name\":\"projects/acme/networks/n\",\"requestId\":\"r-2\"}");
	/* and is forgotten some hours later */
	loop_virtual_run_for(w->loop, 3 * 3600 * NS_PER_SEC);
	assert_string_not_equal(call_ok(w, "NetworkService/CreateNetwork", request), first);
}

static void test_failed_request_is_not_remembered(void **state)
{
	static const char request[] = "{\"parent\":\"projects/acme\",\"networkId\":\"n\","
				      "\"requestId\":\"r-1\"}";
	struct model_world *w = *state;

	store_mem_disk_set_full(w->disk, true);
	REFUSED(w, "NetworkService/CreateNetwork", request, RESOURCE_EXHAUSTED, "", "full");
	store_mem_disk_set_full(w->disk, false);
	call_ok(w, "NetworkService/CreateNetwork", request);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create_and_get),
		TEST(test_ids),
		TEST(test_network_fields),
		TEST(test_subnets),
		TEST(test_allocation),
		TEST(test_addresses_refused),
		TEST(test_foreign_names),
		TEST(test_full_subnet),
		TEST(test_in_use),
		TEST(test_update),
		TEST(test_delete_with_etag),
		TEST(test_validate_only),
		TEST(test_full_disk),
		TEST(test_pipeline_fails_together),
		TEST(test_restart_keeps_all),
		TEST(test_request_id),
		TEST(test_failed_request_is_not_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
