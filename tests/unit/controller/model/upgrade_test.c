/* Stores from before there were security groups: projects and ports get what new ones have, at once
 * and for good, and nothing else changes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "controller/model/model_priv.h"
#include "proto/weft/v1/port.pb-c.h"
#include "tests/fakes/controller/quoted.h"

#define N_PORTS 100
#define DEFAULT "projects/acme/securityGroups/default"

static void put_done(void *arg, const struct store_result *result)
{
	assert_true(status_ok(&result->status));
	++*(unsigned *)arg;
}

static void write_store(struct model_world *w, const struct store_op *ops, size_t n)
{
	const struct store_txn txn = { .then = ops, .n_then = n };
	unsigned n_done = 0;

	store_txn(w->store, &txn, put_done, &n_done);
	loop_virtual_settle(w->loop);
	assert_int_equal(n_done, 1);
}

/* The store as an older controller left it: no groups, and ports that know of none. */
static void make_old(struct model_world *w)
{
	const struct store_op groups[] = {
		{ STORE_DELETE, DEFAULT, NULL, 0 },
		{ STORE_DELETE, "projects/empty/securityGroups/default", NULL, 0 },
	};

	MODEL_FOREACH (r, w->model, &port_resource) {
		Weft__V1__Port *old = (Weft__V1__Port *)msg_copy(resource_msg(r));
		struct store_op op = { STORE_PUT, r->name, NULL, 0 };
		struct buf value = BUF_INIT;

		old->port_security = WEFT__V1__PORT_SECURITY__PORT_SECURITY_UNSPECIFIED;
		msg_field_clear(&old->base, msg_field(&old->base, "security_groups"));
		msg_pack(&old->base, &value);
		op.value = value.data;
		op.size = value.size;
		write_store(w, &op, 1);
		buf_fini(&value);
		msg_free(&old->base);
	}
	write_store(w, groups, ARRAY_LENGTH(groups));
}

static const Weft__V1__Port *port(struct model_world *w, const char *name)
{
	const struct resource *r = model_find(w->model, name);

	assert_non_null(r);
	return (const Weft__V1__Port *)resource_msg(r);
}

static void check_new(struct model_world *w)
{
	size_t n = 0;

	assert_non_null(model_find(w->model, DEFAULT));
	assert_non_null(model_find(w->model, "projects/empty/securityGroups/default"));
	MODEL_FOREACH (r, w->model, &port_resource) {
		const Weft__V1__Port *p = (const Weft__V1__Port *)resource_msg(r);

		n++;
		assert_int_equal(p->n_security_groups, 1);
		assert_string_equal(p->security_groups[0], DEFAULT);
		assert_int_equal(p->port_security, WEFT__V1__PORT_SECURITY__PORT_SECURITY_ON);
	}
	assert_int_equal(n, N_PORTS);
	assert_non_null(
		strstr(ok(w, "SecurityGroupService/GetSecurityGroup", "{'name':'" DEFAULT "'}"),
		       "\"portCount\":100"));
}

static void fill(struct model_world *w)
{
	ok(w, "ProjectService/CreateProject", "{'projectId':'acme'}");
	ok(w, "ProjectService/CreateProject", "{'projectId':'empty'}");
	ok(w, "NetworkService/CreateNetwork", "{'parent':'projects/acme','networkId':'blue'}");
	for (unsigned i = 0; i < N_PORTS; i++)
		ok(w, "PortService/CreatePort",
		   "{'parent':'projects/acme','portId':'p%u','port':{'network':"
		   "'projects/acme/networks/blue','antiSpoofing':'ANTI_SPOOFING_OFF'}}",
		   i);
}

static void test_upgrade(void **state)
{
	struct model_world w;
	char etag[32], uid[40];
	int64_t revision;

	(void)state;
	model_world_init(&w);
	fill(&w);
	snprintf(etag, sizeof(etag), "%s", port(&w, "projects/acme/ports/p7")->etag);
	make_old(&w);
	model_world_restart(&w);
	check_new(&w);
	assert_string_equal(port(&w, "projects/acme/ports/p7")->etag, etag);
	assert_int_equal(port(&w, "projects/acme/ports/p7")->anti_spoofing,
			 WEFT__V1__ANTI_SPOOFING__ANTI_SPOOFING_OFF);
	assert_non_null(
		strstr(ok(&w, "PortService/ListPorts", "{'parent':'projects/acme'}"), DEFAULT));
	/* Once: what users do afterwards stays. */
	ok(&w, "PortService/UpdatePort",
	   "{'port':{'name':'projects/acme/ports/p7'},'updateMask':'securityGroups'}");
	snprintf(uid, sizeof(uid), "%s",
		 answered(ok(&w, "SecurityGroupService/GetSecurityGroup", "{'name':'" DEFAULT "'}"),
			  "uid"));
	revision = store_revision(w.store);
	model_world_restart(&w);
	assert_int_equal(store_revision(w.store), revision);
	assert_int_equal(port(&w, "projects/acme/ports/p7")->n_security_groups, 0);
	assert_string_equal(
		answered(ok(&w, "SecurityGroupService/GetSecurityGroup", "{'name':'" DEFAULT "'}"),
			 "uid"),
		uid);
	model_world_fini(&w);
}

/* A disk that is full at the start: it is so in memory, and is written at the next start. */
static void test_full_disk(void **state)
{
	struct model_world w;
	int64_t revision;

	(void)state;
	model_world_init(&w);
	fill(&w);
	make_old(&w);
	revision = store_revision(w.store);
	store_mem_disk_set_full(w.disk, true);
	model_world_restart(&w);
	assert_int_equal(store_revision(w.store), revision);
	check_new(&w);
	store_mem_disk_set_full(w.disk, false);
	model_world_restart(&w);
	assert_true(store_revision(w.store) > revision);
	check_new(&w);
	/* The groups are as good as others. */
	refused(&w, "SecurityGroupService/DeleteSecurityGroup", STATUS_FAILED_PRECONDITION, "name",
		"goes with projects/acme", "{'name':'" DEFAULT "'}");
	ok(&w, "ProjectService/DeleteProject", "{'name':'projects/empty'}");
	model_world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
