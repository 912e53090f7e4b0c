/* The southbound against the real switch in memory, and against a scripted one for what that
 * never does. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "controller/flows/cookie.h"
#include "controller/flows/flow_build.h"
#include "controller/southbound/southbound.h"
#include "dataplane/ctl/mem_switch.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "tests/fakes/controller/script_switch.h"

#define SW 0x2a

struct fixture {
	struct loop *loop;
	struct flow_sets *sets;
	struct switches *switches;
	struct southbound *sb;
	struct mem_switch *sw;
	struct stream_pair *pair;
	struct buf told; /* events, one a line */
	/* the last answer to a request */
	unsigned n_answers;
	struct status answer;
	uint32_t port_number;
	struct buf flows;
	/* another controller */
	struct stream *other;
	struct stream_pair *other_pair;
};

static void acknowledged(void *arg, uint64_t datapath_id, uint64_t generation)
{
	struct fixture *f = arg;

	(void)datapath_id;
	buf_printf(&f->told, "acknowledged %llu\n", (unsigned long long)generation);
}

static void refused(void *arg, uint64_t datapath_id, uint64_t cookie, const char *why)
{
	struct fixture *f = arg;

	(void)datapath_id;
	buf_printf(&f->told, "%s %016llx\n", why ? "refused" : "no longer refused",
		   (unsigned long long)cookie);
}

static void synced(void *arg, uint64_t datapath_id, bool is_synced)
{
	struct fixture *f = arg;

	(void)datapath_id;
	buf_printf(&f->told, "%s\n", is_synced ? "synced" : "not synced");
}

static const struct southbound_events events = {
	.acknowledged = acknowledged,
	.refused = refused,
	.synced = synced,
};

static struct southbound *make_southbound(struct fixture *f, uint64_t role_generation)
{
	struct southbound_options options = {
		.loop = f->loop,
		.sets = f->sets,
		.switches = f->switches,
		.timing = SOUTHBOUND_TIMING_DEFAULT,
		.role_generation = role_generation,
		.events = &events,
		.arg = f,
	};

	return southbound_create(&options);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->loop = loop_virtual_create();
	f->sets = flow_sets_create();
	f->switches = switches_create();
	f->sb = make_southbound(f, 1);
	f->sw = mem_switch_create(
		&(struct mem_switch_config){ .loop = f->loop, .datapath_id = SW, .host = "h1" });
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	stream_close(f->other);
	southbound_destroy(f->sb);
	mem_switch_destroy(f->sw);
	stream_pair_release(f->pair);
	stream_pair_release(f->other_pair);
	loop_virtual_settle(f->loop);
	flow_sets_destroy(f->sets);
	switches_destroy(f->switches);
	loop_virtual_destroy(f->loop);
	buf_fini(&f->told);
	buf_fini(&f->flows);
	free(f);
	return 0;
}

static void connect_switch(struct fixture *f)
{
	struct stream *ends[2];

	stream_pair_release(f->pair);
	f->pair = stream_pair_create(f->loop, ends);
	mem_switch_connect(f->sw, ends[0]);
	southbound_accept(f->sb, ends[1]);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
}

/* RESOURCE's flows: N to ports from FIRST_PORT on. */
static void desire(struct fixture *f, uint64_t resource, unsigned n, uint32_t first_port)
{
	struct flow_build b;

	flow_build_init(&b, APP_L2, resource);
	for (unsigned i = 0; i < n; i++) {
		flow(&b, TABLE_FORWARD, 100 + i, 1);
		when(&b, OF_FIELD_REG1, resource);
		then_output(&b, first_port + i);
	}
	flow_build_end(&b);
	flow_set_replace(flow_sets_get(f->sets, SW), cookie_make(APP_L2, resource, 0), b.flows,
			 b.n_flows);
	b.n_flows = 0;
	flow_build_fini(&b);
}

static void flows_read(void *arg, const struct southbound_flow *flows, size_t n,
		       const struct status *st)
{
	struct fixture *f = arg;
	struct flow_map m = FLOW_MAP_INIT;

	f->n_answers++;
	f->answer = *st;
	for (size_t i = 0; i < n; i++)
		flow_map_put(&m, flows[i].flow);
	buf_clear(&f->flows);
	flow_map_print(&m, &f->flows);
	flow_map_fini(&m);
}

/* What the switch holds, as it tells. */
static const char *flows_in_switch(struct fixture *f)
{
	southbound_read_flows(f->sb, SW, flows_read, f);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	assert_true(status_ok(&f->answer));
	return buf_str(&f->flows);
}

static void assert_in_switch_as_desired(struct fixture *f)
{
	struct buf want = BUF_INIT;

	flow_map_print(flow_set_desired(flow_sets_get(f->sets, SW)), &want);
	assert_string_equal(flows_in_switch(f), buf_str(&want));
	assert_true(flow_map_equal(southbound_installed(f->sb, SW),
				   flow_set_desired(flow_sets_get(f->sets, SW))));
	buf_fini(&want);
}

static void expect_told(struct fixture *f, const char *text)
{
	assert_string_equal(buf_str(&f->told), text);
	buf_clear(&f->told);
}

static struct southbound_counters counters(struct fixture *f)
{
	struct southbound_counters c;

	southbound_count(f->sb, &c);
	return c;
}

/* A peer that does not listen. */
static void ignore_data(void *arg, const uint8_t *data, size_t size)
{
	(void)arg, (void)data, (void)size;
}

static void ignore_closed(void *arg, const char *why)
{
	(void)arg, (void)why;
}

static const struct stream_events deaf = { .data = ignore_data, .closed = ignore_closed };

/* Another controller, which does as it likes. */
static void other_sends(struct fixture *f, uint8_t command, const char *flow_text)
{
	struct of_msg hello = { .kind = OF_HELLO, .version = OF_VERSION_1_3, .hello = { 1u << 4 } };
	struct of_msg mod = { .kind = OF_FLOW_MOD, .version = OF_VERSION_1_3, .xid = 77 };
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct buf out = BUF_INIT;
	struct stream *ends[2];

	if (!f->other) {
		f->other_pair = stream_pair_create(f->loop, ends);
		mem_switch_connect(f->sw, ends[0]);
		f->other = ends[1];
		stream_set_events(f->other, &deaf, f);
		of_msg_encode(&hello, &out);
	}
	if (of_flow_mod_parse(flow_text, command, &a, &mod.flow_mod, &st) < 0)
		fail_msg("%s", st.message);
	of_msg_encode(&mod, &out);
	stream_send(f->other, out.data, out.size);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	arena_clear(&a);
	buf_fini(&out);
}

static void test_first_connection(void **state)
{
	struct fixture *f = *state;
	const struct switch_fact *sw;

	mem_switch_port_add(f->sw, 5, "p5");
	desire(f, 1, 3, 1);
	connect_switch(f);
	expect_told(f, "acknowledged 3\nsynced\n");
	assert_in_switch_as_desired(f);
	sw = switches_find(f->switches, SW);
	assert_true(sw->is_connected && sw->is_pluggable);
	assert_string_equal(sw->name, "h1");
	assert_int_equal(switch_port_by_name(sw, "p5")->number, 5);
	assert_int_equal(counters(f).n_bundles, 1);
	assert_true(southbound_is_idle(f->sb));
}

static struct fixture *listening;

static void desire_more(struct switches_listener *l, const struct switch_fact *sw)
{
	(void)l, (void)sw;
	desire(listening, 9, 2, 1);
}

/* Whoever hears that a switch has connected may change its flows at once. */
static void test_flows_change_as_it_connects(void **state)
{
	struct fixture *f = *state;
	struct switches_listener l = { .connected = desire_more };

	listening = f;
	switches_listen(f->switches, &l);
	desire(f, 1, 2, 1);
	connect_switch(f);
	assert_in_switch_as_desired(f);
	assert_int_equal(counters(f).n_flow_mods, 4);
	switches_unlisten(&l);
}

static void test_reconnect_sends_nothing_that_is_there(void **state)
{
	struct fixture *f = *state;

	desire(f, 1, 3, 1);
	connect_switch(f);
	assert_int_equal(counters(f).n_flow_mods, 3);
	stream_pair_break(f->pair, "cable cut");
	loop_virtual_settle(f->loop);
	assert_false(switches_find(f->switches, SW)->is_connected);
	desire(f, 2, 1, 9);
	buf_clear(&f->told);
	connect_switch(f);
	assert_int_equal(counters(f).n_flow_mods, 4);
	expect_told(f, "acknowledged 4\nsynced\n");
	assert_in_switch_as_desired(f);
}

/* A controller that starts anew finds its flows in place. */
static void test_controller_restart_sends_nothing(void **state)
{
	struct fixture *f = *state;

	desire(f, 1, 3, 1);
	connect_switch(f);
	southbound_destroy(f->sb);
	flow_sets_destroy(f->sets);
	f->sets = flow_sets_create();
	f->sb = make_southbound(f, 2);
	desire(f, 1, 3, 1);
	connect_switch(f);
	assert_int_equal(counters(f).n_flow_mods, 0);
	assert_in_switch_as_desired(f);
}

static void test_one_turn_is_one_bundle(void **state)
{
	struct fixture *f = *state;

	connect_switch(f);
	buf_clear(&f->told);
	desire(f, 1, 2, 1);
	desire(f, 2, 2, 1);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	assert_int_equal(counters(f).n_bundles, 1);
	expect_told(f, "acknowledged 4\n");
	/* One flow-mod needs none. */
	desire(f, 3, 1, 1);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	assert_int_equal(counters(f).n_bundles, 1);
	expect_told(f, "acknowledged 5\n");
	assert_in_switch_as_desired(f);
}

/* What changes while a batch is under way goes with the next one; nothing is acknowledged before
 * the switch has it. */
static void test_changes_while_a_batch_is_under_way(void **state)
{
	struct fixture *f = *state;

	connect_switch(f);
	buf_clear(&f->told);
	mem_switch_set_lag(f->sw, 100 * NS_PER_MS);
	desire(f, 1, 2, 1);
	loop_virtual_run_for(f->loop, 50 * NS_PER_MS);
	desire(f, 1, 2, 7);
	desire(f, 2, 1, 1);
	loop_virtual_run_for(f->loop, 20 * NS_PER_MS);
	expect_told(f, "");
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	expect_told(f, "acknowledged 2\nacknowledged 5\n");
	assert_in_switch_as_desired(f);
}

static void test_deletes_what_is_not_desired(void **state)
{
	struct fixture *f = *state;

	desire(f, 1, 3, 1);
	connect_switch(f);
	desire(f, 1, 0, 0);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	assert_string_equal(flows_in_switch(f), "");
}

/* In the layout's tables everything is the controller's; elsewhere only what has its cookies. */
static void test_foreign_flows(void **state)
{
	struct fixture *f = *state;

	other_sends(f, 0, "table=30,priority=7 actions=output:1");
	other_sends(f, 0, "table=99,priority=7,cookie=0x0500000000000100 actions=output:1");
	other_sends(f, 0, "table=98,priority=7,cookie=0x7700000000000100 actions=output:1");
	connect_switch(f);
	assert_string_equal(flows_in_switch(f), "table=98,priority=7,cookie=0x7700000000000100 "
						"actions=output:1\n");
}

static void test_deleted_by_somebody_else_comes_back(void **state)
{
	struct fixture *f = *state;

	desire(f, 1, 2, 1);
	connect_switch(f);
	other_sends(f, 3, "table=30 actions=drop");
	assert_in_switch_as_desired(f);
	assert_int_equal(counters(f).n_flow_mods, 4);
}

/* A flow that the switch refuses is told by its cookie; the others of its bundle take effect. */
static void test_refused_flow(void **state)
{
	struct fixture *f = *state;

	connect_switch(f);
	buf_clear(&f->told);
	desire(f, 1, 3, 0); /* port 0 does not exist; 1 and 2 are right */
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	expect_told(f, "refused 0500000000000101\nacknowledged 3\n");
	assert_int_equal(flow_map_n(southbound_installed(f->sb, SW)), 2);
	desire(f, 1, 3, 1);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	expect_told(f, "no longer refused 0500000000000101\nacknowledged 6\n");
	assert_in_switch_as_desired(f);
}

static void test_refusals_end_with_the_connection(void **state)
{
	struct fixture *f = *state;

	connect_switch(f);
	desire(f, 1, 2, 0);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	buf_clear(&f->told);
	stream_pair_break(f->pair, "cable cut");
	loop_virtual_settle(f->loop);
	expect_told(f, "no longer refused 0500000000000101\nnot synced\n");
}

static void port_added(void *arg, const Weft__Switch__V1__Reply *reply, const struct status *st)
{
	struct fixture *f = arg;

	f->n_answers++;
	f->answer = *st;
	f->port_number = reply ? reply->port_add->port->number : 0;
}

static void add_port(struct fixture *f, const char *name)
{
	Weft__Switch__V1__Request req = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__PortAddRequest add = WEFT__SWITCH__V1__PORT_ADD_REQUEST__INIT;

	req.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_ADD;
	req.port_add = &add;
	add.name = (char *)name;
	add.type = (char *)"null";
	southbound_request(f->sb, SW, &req, port_added, f);
}

static void test_management_request(void **state)
{
	struct fixture *f = *state;

	connect_switch(f);
	add_port(f, "wp1");
	assert_int_equal(f->n_answers, 0);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	assert_int_equal(f->n_answers, 1);
	assert_true(status_ok(&f->answer));
	assert_true(f->port_number > 0);
	assert_non_null(switch_port_by_name(switches_find(f->switches, SW), "wp1"));
	mem_switch_port_remove(f->sw, f->port_number);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	assert_null(switch_port_by_name(switches_find(f->switches, SW), "wp1"));
	add_port(f, "a name that no switch takes");
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	assert_int_equal(f->n_answers, 2);
	assert_int_equal(f->answer.code, STATUS_INVALID_ARGUMENT);
}

static void test_requests_end_whatever_happens(void **state)
{
	struct fixture *f = *state;

	add_port(f, "wp1");
	assert_int_equal(f->n_answers, 0);
	loop_virtual_settle(f->loop);
	assert_int_equal(f->n_answers, 1);
	assert_int_equal(f->answer.code, STATUS_UNAVAILABLE);

	connect_switch(f);
	stream_pair_stall(f->pair, 1, true);
	add_port(f, "wp1");
	stream_pair_break(f->pair, "cable cut");
	loop_virtual_settle(f->loop);
	assert_int_equal(f->n_answers, 2);
	assert_int_equal(f->answer.code, STATUS_UNAVAILABLE);

	connect_switch(f);
	add_port(f, "wp1");
	southbound_destroy(f->sb);
	assert_int_equal(f->n_answers, 3);
	f->sb = make_southbound(f, 1);
}

static void test_dead_switch_is_noticed(void **state)
{
	struct fixture *f = *state;
	uint64_t probe_ns = SOUTHBOUND_TIMING_DEFAULT.probe_ns;

	connect_switch(f);
	loop_virtual_run_for(f->loop, 100 * NS_PER_SEC);
	assert_true(southbound_is_connected(f->sb, SW));
	stream_pair_stall(f->pair, 0, true);
	stream_pair_stall(f->pair, 1, true);
	loop_virtual_run_for(f->loop, 3 * probe_ns);
	assert_false(southbound_is_connected(f->sb, SW));
}

static void test_new_connection_replaces_the_old(void **state)
{
	struct fixture *f = *state;
	struct stream_pair *old;

	desire(f, 1, 2, 1);
	connect_switch(f);
	old = f->pair;
	f->pair = NULL;
	connect_switch(f);
	assert_true(southbound_is_connected(f->sb, SW));
	assert_true(stream_pair_is_closed(old));
	assert_int_equal(counters(f).n_flow_mods, 2);
	stream_pair_release(old);
}

/* Two controllers: the one with the newer generation stays master. */
static void test_older_controller_gives_way(void **state)
{
	struct fixture *f = *state;
	struct stream *ends[2];
	struct southbound *newer;

	newer = make_southbound(f, 9);
	f->other_pair = stream_pair_create(f->loop, ends);
	mem_switch_connect(f->sw, ends[0]);
	southbound_accept(newer, ends[1]);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	connect_switch(f);
	assert_true(southbound_is_connected(newer, SW));
	assert_false(southbound_is_connected(f->sb, SW));
	southbound_destroy(newer);
}

/* The scripted switch. */

static struct stream_pair *connect_script(struct fixture *f, struct script_switch *sw)
{
	struct stream *ends[2];
	struct stream_pair *pair = stream_pair_create(f->loop, ends);

	script_switch_init(sw, ends[0], SW);
	southbound_accept(f->sb, ends[1]);
	return pair;
}

static void disconnect_script(struct fixture *f, struct script_switch *sw, struct stream_pair *pair)
{
	script_switch_fini(sw);
	loop_virtual_settle(f->loop);
	stream_pair_release(pair);
}

static void test_switch_without_bundles(void **state)
{
	struct fixture *f = *state;
	struct script_switch sw;
	struct stream_pair *pair = connect_script(f, &sw);

	sw.has_no_bundles = true;
	desire(f, 1, 3, 1);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	expect_told(f, "acknowledged 3\nsynced\n");
	assert_int_equal(sw.n_flow_mods, 3);
	desire(f, 1, 0, 1);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	assert_int_equal(sw.n_flow_mods, 6);
	assert_int_equal(counters(f).n_bundles, 1);
	/* Nor has it management messages. */
	add_port(f, "wp1");
	loop_virtual_settle(f->loop);
	assert_int_equal(f->answer.code, STATUS_UNIMPLEMENTED);
	disconnect_script(f, &sw, pair);
}

static void test_bundle_refused_at_one_flow(void **state)
{
	struct fixture *f = *state;
	struct script_switch sw;
	struct stream_pair *pair = connect_script(f, &sw);

	sw.refused_priority = 101;
	desire(f, 1, 3, 1);
	loop_virtual_run_for(f->loop, NS_PER_SEC);
	expect_told(f, "refused 0500000000000101\nacknowledged 3\nsynced\n");
	assert_int_equal(sw.n_flow_mods, 2);
	disconnect_script(f, &sw, pair);
}

static void test_barrier_is_not_answered(void **state)
{
	struct fixture *f = *state;
	struct script_switch sw;
	struct stream_pair *pair = connect_script(f, &sw);

	loop_virtual_run_for(f->loop, NS_PER_SEC);
	buf_clear(&f->told);
	sw.is_mute = true;
	desire(f, 1, 3, 1);
	loop_virtual_run_for(f->loop, 30 * NS_PER_SEC);
	expect_told(f, "not synced\n");
	assert_true(sw.is_closed);
	disconnect_script(f, &sw, pair);
}

static void test_handshake_is_not_answered(void **state)
{
	struct fixture *f = *state;
	struct script_switch sw;
	struct stream_pair *pair = connect_script(f, &sw);

	sw.is_mute = true;
	loop_virtual_run_for(f->loop, 60 * NS_PER_SEC);
	assert_true(sw.is_closed);
	expect_told(f, "");
	disconnect_script(f, &sw, pair);
}

static void test_what_is_no_openflow(void **state)
{
	static const char nonsense[][12] = {
		"GET / HTTP\r",
		"\x04\x05\x00\x04",
		"\x04\x05\x00\x08\0\0\0\1",
		"\x01\x05\x00\x08",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(nonsense); i++) {
		struct stream *ends[2];
		struct stream_pair *pair = stream_pair_create(f->loop, ends);

		stream_set_events(ends[0], &deaf, f);
		southbound_accept(f->sb, ends[1]);
		stream_send(ends[0], nonsense[i], sizeof(nonsense[i]));
		loop_virtual_run_for(f->loop, 60 * NS_PER_SEC);
		stream_close(ends[0]);
		loop_virtual_settle(f->loop);
		stream_pair_release(pair);
	}
	assert_int_equal(counters(f).n_failed, 4);
	assert_int_equal(counters(f).n_connected, 0);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_connection),
		TEST(test_flows_change_as_it_connects),
		TEST(test_reconnect_sends_nothing_that_is_there),
		TEST(test_controller_restart_sends_nothing),
		TEST(test_one_turn_is_one_bundle),
		TEST(test_changes_while_a_batch_is_under_way),
		TEST(test_deletes_what_is_not_desired),
		TEST(test_foreign_flows),
		TEST(test_deleted_by_somebody_else_comes_back),
		TEST(test_refused_flow),
		TEST(test_refusals_end_with_the_connection),
		TEST(test_management_request),
		TEST(test_requests_end_whatever_happens),
		TEST(test_dead_switch_is_noticed),
		TEST(test_new_connection_replaces_the_old),
		TEST(test_older_controller_gives_way),
		TEST(test_switch_without_bundles),
		TEST(test_bundle_refused_at_one_flow),
		TEST(test_barrier_is_not_answered),
		TEST(test_handshake_is_not_answered),
		TEST(test_what_is_no_openflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
