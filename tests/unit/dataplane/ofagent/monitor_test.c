#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/conn.h"
#include "lib/rng.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-common.h>

/* Flow monitors: one watches, another changes the tables. */

#define ALL_EVENTS                                                                                 \
	(OF_MONITOR_INITIAL | OF_MONITOR_ADD | OF_MONITOR_REMOVED | OF_MONITOR_MODIFY |            \
	 OF_MONITOR_INSTRUCTIONS)

static uint8_t form_of(uint8_t version)
{
	return version == OF_VERSION_1_3 ? OF_MONITOR_NICIRA : OF_MONITOR_STANDARD;
}

static struct of_monitor monitor(const struct of_peer *p, uint32_t id, uint16_t flags)
{
	return (struct of_monitor){
		.monitor_id = id,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
		.flags = flags,
		.table_id = OF_TABLE_ALL,
		.form = form_of(p->version),
	};
}

static uint32_t request(struct of_peer *p, struct of_monitor m)
{
	return of_peer_send(p, (struct of_msg){ .kind = OF_MONITOR_REQUEST,
						.form = m.form,
						.monitor_request = { 1, &m } });
}

static void expect_reply(struct of_peer *p, unsigned n)
{
	assert_int_equal(of_peer_expect(p, OF_MONITOR_REPLY)->monitor_reply.n, n);
	assert_false(p->msg.monitor_reply.more);
}

static const struct of_flow_update *expect_update(struct of_peer *p, uint8_t event)
{
	const struct of_msg *m = of_peer_expect(p, OF_MONITOR_REPLY);

	assert_int_equal(m->monitor_reply.n, 1);
	assert_int_equal(m->monitor_reply.updates[0].event, event);
	return &m->monitor_reply.updates[0];
}

static void test_add_modify_remove(void **state)
{
	for (uint8_t version = OF_VERSION_1_3; version <= OF_VERSION_1_5; version++) {
		struct of_world *w = *state;
		struct of_peer *other = of_world_connect(w, 1);
		struct of_peer *watcher = of_world_connect_version(w, 0, version);
		const struct of_flow_update *u;

		of_peer_flow_mod(other, OFPFC_ADD,
				 "cookie=7,priority=9,in_port=1,actions=output:2");
		of_peer_barrier(other);
		request(watcher, monitor(watcher, 5, ALL_EVENTS));
		/* The Nicira form calls them added. */
		u = expect_update(watcher,
				  version == OF_VERSION_1_3 ? OF_UPDATE_ADDED : OF_UPDATE_INITIAL);
		assert_int_equal(u->priority, 9);
		assert_int_equal(u->cookie, 7);
		assert_int_equal(u->instructions.apply.n, 1);
		of_peer_flow_mod(other, OFPFC_ADD, "priority=3,in_port=2,actions=drop");
		assert_int_equal(expect_update(watcher, OF_UPDATE_ADDED)->priority, 3);
		of_peer_flow_mod(other, OFPFC_MODIFY_STRICT,
				 "priority=3,in_port=2,actions=output:1");
		assert_int_equal(expect_update(watcher, OF_UPDATE_MODIFIED)->priority, 3);
		of_peer_flow_mod(other, OFPFC_DELETE, "in_port=2");
		u = expect_update(watcher, OF_UPDATE_REMOVED);
		assert_int_equal(u->reason, OFPRR_DELETE);
		of_peer_send(watcher, (struct of_msg){ .kind = OF_FLOW_MOD,
						       .flow_mod = { .command = OFPFC_DELETE,
								     .table_id = OF_TABLE_ALL,
								     .buffer_id = OF_NO_BUFFER,
								     .out_port = OF_PORT_ANY,
								     .out_group = OF_GROUP_ANY } });
		/* Its own change is told by its xid alone. */
		assert_int_equal(expect_update(watcher, OF_UPDATE_ABBREV)->xid, watcher->xid);
		of_peer_barrier(watcher);
		stream_pair_break(watcher->pair, "next");
		stream_pair_break(other->pair, "next");
		loop_virtual_settle(w->loop);
	}
}

static void test_errors_and_cancelling(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_4);
	struct of_monitor m = monitor(p, 5, ALL_EVENTS);

	request(p, m);
	expect_reply(p, 0);
	of_peer_expect_error(p, request(p, m), OFPET_FLOW_MONITOR_FAILED, OFPMOFC_MONITOR_EXISTS);
	m.command = OF_MONITOR_CMD_MODIFY;
	m.monitor_id = 6;
	of_peer_expect_error(p, request(p, m), OFPET_FLOW_MONITOR_FAILED, OFPMOFC_UNKNOWN_MONITOR);
	m.command = OF_MONITOR_CMD_ADD;
	m.table_id = 254;
	of_peer_expect_error(p, request(p, m), OFPET_FLOW_MONITOR_FAILED, OFPMOFC_BAD_TABLE_ID);
	m = monitor(p, 5, ALL_EVENTS);
	m.command = OF_MONITOR_CMD_DELETE;
	request(p, m);
	expect_reply(p, 0);
	of_peer_flow_mod(of_world_connect(w, 1), OFPFC_ADD, "priority=3,actions=drop");
	of_peer_expect_nothing(p);
}

static void test_only_what_it_watches(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_4);
	struct of_peer *other = of_world_connect(w, 1);
	struct of_monitor m = monitor(p, 1, OF_MONITOR_ADD | OF_MONITOR_NO_ABBREV);

	m.table_id = 2;
	m.out_port = 3;
	request(p, m);
	expect_reply(p, 0);
	of_peer_flow_mod(other, OFPFC_ADD, "table=1,actions=output:3");
	of_peer_flow_mod(other, OFPFC_ADD, "table=2,actions=output:2");
	of_peer_flow_mod(other, OFPFC_ADD, "table=2,priority=5,actions=output:3");
	assert_int_equal(expect_update(p, OF_UPDATE_ADDED)->priority, 5);
	of_peer_flow_mod(other, OFPFC_DELETE, "");
	of_peer_flow_mod(p, OFPFC_ADD, "table=2,priority=6,actions=output:3");
	assert_int_equal(expect_update(p, OF_UPDATE_ADDED)->priority, 6);
	of_peer_expect_nothing(p);
}

/* A watcher that does not read: it is told that it misses something, and when it reads again, what;
 * then its picture of the tables is whole. */
/* What the flow matches in reg0. */
static uint32_t number_of(const struct of_flow_update *u)
{
	return load_be32(of_match_find(&u->match, OF_FIELD_REG0)->value);
}

static void test_pause_and_resume(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_4);
	struct of_peer *other = of_world_connect(w, 1);
	static bool is_there[60000];
	bool has_paused = false, has_resumed = false;
	const struct of_msg *m;
	char text[80];
	unsigned n = 0;

	of_peer_flow_mod(other, OFPFC_ADD, "reg0=1,actions=drop");
	of_peer_flow_mod(other, OFPFC_ADD, "reg0=2,actions=drop");
	of_peer_barrier(other);
	request(p, monitor(p, 1, ALL_EVENTS));
	expect_reply(p, 2);
	is_there[1] = is_there[2] = true;
	stream_pair_stall(p->pair, 1, true);
	for (unsigned i = 3; i < 60000; i++) {
		snprintf(text, sizeof(text), "reg0=%u,actions=drop", i);
		of_peer_flow_mod(other, OFPFC_ADD, text);
		if (i % 1000 == 0)
			of_peer_barrier(other);
	}
	of_peer_flow_mod(other, OFPFC_DELETE_STRICT, "reg0=1");
	of_peer_flow_mod(other, OFPFC_DELETE_STRICT, "reg0=50000");
	of_peer_flow_mod(other, OFPFC_MODIFY_STRICT, "reg0=2,actions=output:1");
	of_peer_barrier(other);
	assert_true(p->pair && !p->is_closed);
	stream_pair_stall(p->pair, 1, false);
	for (unsigned i = 0; i < 100 && !has_resumed; i++) {
		loop_virtual_settle(w->loop);
		while ((m = of_peer_next(p))) {
			const struct of_flow_update *u = m->monitor_reply.updates;

			assert_int_equal(m->kind, OF_MONITOR_REPLY);
			switch (u->event) {
			case OF_UPDATE_PAUSED:
				has_paused = true;
				break;
			case OF_UPDATE_RESUMED:
				has_resumed = true;
				break;
			case OF_UPDATE_REMOVED:
				assert_true(is_there[number_of(u)]);
				is_there[number_of(u)] = false;
				break;
			case OF_UPDATE_MODIFIED:
				assert_int_equal(number_of(u), 2);
				n++;
				break;
			default:
				assert_false(is_there[number_of(u)]);
				is_there[number_of(u)] = true;
			}
		}
	}
	assert_true(has_paused);
	assert_true(has_resumed);
	assert_int_equal(n, 1);
	for (unsigned i = 1; i < 60000; i++)
		assert_int_equal(is_there[i], i != 1 && i != 50000);
	of_peer_flow_mod(other, OFPFC_ADD, "reg0=1,actions=drop");
	expect_update(p, OF_UPDATE_ADDED);
}

/* --- a peer that falls behind time and again, against what the tables hold --- */

enum { N_FLOWS = 16000 };

#define MORE ",output:1,output:2,output:3,output:1,output:2,output:3,output:1,output:2,output:3"

struct view {
	uint32_t table[N_FLOWS], told[N_FLOWS]; /* by number: the output; 0: no such flow */
	unsigned n_pauses, n_resumes;
	bool is_paused;
};

static uint32_t output_of(const struct of_flow_update *u)
{
	assert_int_equal(u->instructions.apply.n, 10);
	return container_of(u->instructions.apply.list[0], struct of_action_output, base)->port;
}

static void take_update(struct view *v, const struct of_flow_update *u)
{
	switch (u->event) {
	case OF_UPDATE_PAUSED:
		assert_false(v->is_paused);
		v->is_paused = true;
		v->n_pauses++;
		return;
	case OF_UPDATE_RESUMED:
		assert_true(v->is_paused);
		v->is_paused = false;
		v->n_resumes++;
		return;
	case OF_UPDATE_INITIAL:
	case OF_UPDATE_ADDED:
		assert_int_equal(v->told[number_of(u)], 0);
		v->told[number_of(u)] = output_of(u);
		return;
	case OF_UPDATE_MODIFIED:
		assert_int_not_equal(v->told[number_of(u)], 0);
		v->told[number_of(u)] = output_of(u);
		return;
	case OF_UPDATE_REMOVED:
		assert_int_not_equal(v->told[number_of(u)], 0);
		v->told[number_of(u)] = 0;
		return;
	default:
		fail_msg("event %u", u->event);
	}
}

static void take_updates(struct view *v, struct of_peer *p)
{
	const struct of_msg *m;

	while ((m = of_peer_next(p))) {
		assert_int_equal(m->kind, OF_MONITOR_REPLY);
		for (unsigned i = 0; i < m->monitor_reply.n; i++)
			take_update(v, &m->monitor_reply.updates[i]);
	}
}

/* Add a flow, or change or delete the one that is there. */
static void change_one(struct view *v, struct of_peer *other, struct rng *rng)
{
	unsigned i = 1 + rng_below(rng, N_FLOWS - 1);
	uint32_t port = 1 + rng_below(rng, 3);
	char text[160];

	snprintf(text, sizeof(text), "table=%u,reg0=%u,actions=output:%u" MORE, i % 3, i, port);
	if (!v->table[i]) {
		of_peer_flow_mod(other, OFPFC_ADD, text);
		v->table[i] = port;
	} else if (rng_below(rng, 2)) {
		of_peer_flow_mod(other, OFPFC_MODIFY_STRICT, text);
		v->table[i] = port;
	} else {
		*strstr(text, ",actions") = '\0';
		of_peer_flow_mod(other, OFPFC_DELETE_STRICT, text);
		v->table[i] = 0;
	}
}

static void change_some(struct view *v, struct of_peer *other, struct rng *rng, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		change_one(v, other, rng);
	of_peer_barrier(other);
}

static void test_falls_behind_time_and_again(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect_version(w, 0, OF_VERSION_1_4);
	struct of_peer *other = of_world_connect(w, 1);
	struct view *v = xcalloc(1, sizeof(*v));
	struct rng rng;

	rng_seed(&rng, 7);
	change_some(v, other, &rng, N_FLOWS);
	stream_pair_set_delay(p->pair, 5 * NS_PER_MS);
	request(p, monitor(p, 1, ALL_EVENTS));
	for (unsigned round = 0; round < 2; round++) {
		/* While it is told all, or what it missed. */
		for (unsigned i = 0; i < 60; i++) {
			change_some(v, other, &rng, 100);
			loop_virtual_run_for(w->loop, NS_PER_MS);
			take_updates(v, p);
		}
		stream_pair_stall(p->pair, 1, true);
		change_some(v, other, &rng, 2 * N_FLOWS);
		stream_pair_stall(p->pair, 1, false);
	}
	for (unsigned i = 0; i < 100; i++) {
		loop_virtual_run_for(w->loop, 10 * NS_PER_MS);
		take_updates(v, p);
	}
	assert_true(v->n_pauses > 1);
	assert_int_equal(v->n_resumes, v->n_pauses);
	assert_memory_equal(v->told, v->table, sizeof(v->table));
	free(v);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_add_modify_remove),		TEST(test_errors_and_cancelling),
		TEST(test_only_what_it_watches),	TEST(test_pause_and_resume),
		TEST(test_falls_behind_time_and_again),
	};

	return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
