#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-1.1.h>
#include <openflow/openflow-1.3.h>
#include <openflow/openflow-common.h>

/* Why a flow went, in each version (OF 1.3.5 section 7.4.2, OF 1.4.1 section 7.4.2); before 1.4 a
 * flow that was evicted, or that a meter took along, was deleted. */

static void expect_removed(struct of_peer *p, uint64_t cookie, uint8_t reason)
{
	const struct of_flow_removed *fr = &of_peer_expect(p, OF_FLOW_REMOVED)->flow_removed;

	assert_int_equal(fr->cookie, cookie);
	assert_int_equal(fr->reason, reason);
}

static void add_group(struct of_peer *p, const char *text, uint16_t command)
{
	struct of_msg m = { .kind = OF_GROUP_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;

	if (of_group_mod_parse(text, command, &a, &m.group_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	of_peer_send(p, m);
	arena_clear(&a);
}

static void add_meter(struct of_peer *p, const char *text, uint16_t command)
{
	struct of_msg m = { .kind = OF_METER_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;

	if (of_meter_mod_parse(text, command, &a, &m.meter_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	of_peer_send(p, m);
	arena_clear(&a);
}

static void add(struct of_peer *p, const char *text)
{
	of_peer_flow_mod(p, OFPFC_ADD, text);
}

/* Eviction is set by a peer of 1.4, whatever the others speak. */
static void evict(struct of_world *w, struct of_peer *other, struct of_peer *p)
{
	struct of_table_features t = { .table_id = 5, .name = "small", .max_entries = 1 };

	of_peer_send(other, (struct of_msg){ .kind = OF_TABLE_FEATURES_REQUEST,
					     .table_features = { false, 1, &t } });
	of_peer_send(other, (struct of_msg){
				    .kind = OF_TABLE_MOD,
				    .table_mod = { .table_id = 5, .config = OF_TABLE_EVICTION } });
	loop_virtual_settle(w->loop);
	add(p, "table=5,cookie=6,send_flow_rem,reg0=1,actions=drop");
	add(p, "table=5,cookie=7,reg0=2,actions=drop");
}

static void expect_all(struct of_world *w, uint8_t version)
{
	struct of_peer *other = of_world_connect_version(w, 1, OF_VERSION_1_4);
	struct of_peer *p = of_world_connect_version(w, 0, version);
	bool is_old = version < OF_VERSION_1_4;

	add(p, "cookie=1,send_flow_rem,reg0=1,idle_timeout=1,actions=drop");
	add(p, "cookie=2,send_flow_rem,reg0=2,hard_timeout=2,actions=drop");
	loop_virtual_run_for(w->loop, 3 * NS_PER_SEC);
	expect_removed(p, 1, OFPRR_IDLE_TIMEOUT);
	expect_removed(p, 2, OFPRR_HARD_TIMEOUT);
	add(p, "cookie=3,send_flow_rem,reg0=3,actions=drop");
	of_peer_flow_mod(p, OFPFC_DELETE, "reg0=3");
	expect_removed(p, 3, OFPRR_DELETE);
	add_group(p, "group_id=1,type=indirect,bucket=actions=output:1", OFPGC11_ADD);
	add(p, "cookie=4,send_flow_rem,reg0=4,actions=group:1");
	add_group(p, "group_id=1", OFPGC11_DELETE);
	expect_removed(p, 4, OFPRR_GROUP_DELETE);
	add_meter(p, "meter=1,kbps,band=type=drop,rate=1", OFPMC13_ADD);
	add(p, "cookie=5,send_flow_rem,reg0=5,actions=meter:1,output:1");
	add_meter(p, "meter=1", OFPMC13_DELETE);
	expect_removed(p, 5, is_old ? OFPRR_DELETE : OFPRR_METER_DELETE);
	evict(w, other, p);
	expect_removed(p, 6, is_old ? OFPRR_DELETE : OFPRR_EVICTION);
	of_peer_expect_nothing(p);
}

static void test_1_3(void **state)
{
	expect_all(*state, OF_VERSION_1_3);
}

static void test_1_4(void **state)
{
	expect_all(*state, OF_VERSION_1_4);
}

static void test_1_5(void **state)
{
	expect_all(*state, OF_VERSION_1_5);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_1_3), TEST(test_1_4), TEST(test_1_5) };

	return cmocka_run_group_tests_name("flow_removed", tests, NULL, NULL);
}
