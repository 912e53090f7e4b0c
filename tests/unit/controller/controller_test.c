/* The whole controller with one switch in memory: what no part shows alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "proto/weft/v1/host.pb-c.h"
#include "proto/weft/v1/port.pb-c.h"
#include "tests/fakes/controller/controller_world.h"

#define PORT	 "projects/p/ports/a"
#define UPDATE	 "PortService/UpdatePort"
#define SPOOFING "{\"port\":{\"name\":\"" PORT "\",\"antiSpoofing\":\"ANTI_SPOOFING_%s\"}}"

static void must_succeed(const struct world_caller *who, const struct status *st)
{
	(void)who;
	if (!status_ok(st))
		fail_msg("%s", st->message);
}

static const struct world_caller careful = { .done = must_succeed };

static void call(struct controller_world *w, const char *method, const char *request)
{
	world_call(w, method, &careful, "%s", request);
	assert_true(world_settle(w));
}

static int setup(void **state)
{
	struct controller_world *w = xcalloc(1, sizeof(*w));

	world_init(w, 1, 1);
	assert_true(world_settle(w));
	call(w, "ProjectService/CreateProject", "{\"projectId\":\"p\"}");
	call(w, "NetworkService/CreateNetwork", "{\"parent\":\"projects/p\",\"networkId\":\"n\"}");
	call(w, "SubnetService/CreateSubnet",
	     "{\"parent\":\"projects/p/networks/n\",\"subnetId\":\"s\","
	     "\"subnet\":{\"cidr\":\"10.0.0.0/24\"}}");
	call(w, "PortService/CreatePort",
	     "{\"parent\":\"projects/p\",\"portId\":\"a\","
	     "\"port\":{\"network\":\"projects/p/networks/n\"}}");
	call(w, "PortService/AttachPort",
	     "{\"name\":\"" PORT "\",\"kind\":\"TAP\",\"host\":\"infrastructure/hosts/host0\"}");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	world_fini(*state);
	free(*state);
	return 0;
}

static const Weft__V1__Port *port(struct controller_world *w)
{
	return (const Weft__V1__Port *)resource_msg(
		model_find(controller_model(w->controller), PORT));
}

static void test_attached_and_detached(void **state)
{
	struct controller_world *w = *state;

	assert_int_equal(port(w)->state, WEFT__V1__PORT__STATE__ACTIVE);
	assert_int_not_equal(port(w)->binding->of_port, 0);
	call(w, "PortService/DetachPort", "{\"name\":\"" PORT "\"}");
	assert_int_equal(port(w)->state, WEFT__V1__PORT__STATE__DOWN);
	assert_null(port(w)->binding);
}

/* Two updates in one transaction's time cancel each other out: no flow changes, and the port is
 * ACTIVE again all the same. */
static void test_updates_that_cancel_out(void **state)
{
	struct controller_world *w = *state;
	struct southbound_counters before, after;

	store_mem_disk_set_delay(w->disk, NS_PER_MS);
	southbound_count(controller_southbound(w->controller), &before);
	world_call(w, UPDATE, &careful, SPOOFING, "OFF");
	world_call(w, UPDATE, &careful, SPOOFING, "ON");
	assert_true(world_settle(w));
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	southbound_count(controller_southbound(w->controller), &after);
	assert_int_equal(after.n_flow_mods, before.n_flow_mods);
	assert_int_equal(port(w)->anti_spoofing, WEFT__V1__ANTI_SPOOFING__ANTI_SPOOFING_ON);
	assert_int_equal(port(w)->state, WEFT__V1__PORT__STATE__ACTIVE);
}

static void test_restarts(void **state)
{
	struct controller_world *w = *state;
	const struct resource *host;
	struct buf why = BUF_INIT;

	world_restart_controller(w);
	assert_true(world_settle(w));
	assert_int_equal(port(w)->state, WEFT__V1__PORT__STATE__ACTIVE);
	world_restart_switch(w, 0);
	assert_true(world_settle(w));
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	assert_int_equal(port(w)->state, WEFT__V1__PORT__STATE__ACTIVE);
	host = model_find(controller_model(w->controller), "infrastructure/hosts/host0");
	assert_int_equal(((const Weft__V1__Host *)resource_msg(host))->state,
			 WEFT__V1__HOST__STATE__CONNECTED);
	if (!engine_check(controller_engine(w->controller), &why))
		fail_msg("%s", buf_str(&why));
	buf_fini(&why);
}

/* A label costs no flow: neither a message to the switch nor a time without ACTIVE. */
static void test_labels_cost_no_flow(void **state)
{
	struct controller_world *w = *state;
	struct southbound_counters before, after;

	southbound_count(controller_southbound(w->controller), &before);
	call(w, UPDATE, "{\"port\":{\"name\":\"" PORT "\",\"labels\":{\"a\":\"b\"}}}");
	southbound_count(controller_southbound(w->controller), &after);
	assert_int_equal(after.n_flow_mods, before.n_flow_mods);
	assert_int_equal(after.n_barriers, before.n_barriers);
	assert_int_equal(port(w)->state, WEFT__V1__PORT__STATE__ACTIVE);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attached_and_detached),
		TEST(test_updates_that_cancel_out),
		TEST(test_restarts),
		TEST(test_labels_cost_no_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
