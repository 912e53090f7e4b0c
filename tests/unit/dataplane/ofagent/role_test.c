#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

/* Roles, generations, and who is sent what. */

static uint32_t ask(struct of_peer *p, uint32_t role, uint64_t generation)
{
	return of_peer_send(
		p, (struct of_msg){ .kind = OF_ROLE_REQUEST, .role = { role, generation } });
}

static void become(struct of_peer *p, uint32_t role, uint64_t generation)
{
	const struct of_msg *m;
	uint32_t xid = ask(p, role, generation);

	m = of_peer_expect(p, OF_ROLE_REPLY);
	assert_int_equal(m->xid, xid);
	assert_int_equal(m->role.role, role);
	assert_int_equal(m->role.generation_id, generation);
}

static void test_equal_at_first(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	const struct of_msg *m;

	ask(p, OF_ROLE_NOCHANGE, 5);
	m = of_peer_expect(p, OF_ROLE_REPLY);
	assert_int_equal(m->role.role, OF_ROLE_EQUAL);
	assert_true(m->role.generation_id == UINT64_MAX);
}

static void test_new_master_demotes_the_old(void **state)
{
	struct of_peer *a = of_world_connect(*state, 0), *b = of_world_connect(*state, 1);
	struct of_peer *c = of_world_connect(*state, 2);

	become(a, OF_ROLE_MASTER, 1);
	become(b, OF_ROLE_MASTER, 2);
	ask(a, OF_ROLE_NOCHANGE, 0);
	assert_int_equal(of_peer_expect(a, OF_ROLE_REPLY)->role.role, OF_ROLE_SLAVE);
	ask(c, OF_ROLE_NOCHANGE, 0);
	assert_int_equal(of_peer_expect(c, OF_ROLE_REPLY)->role.role, OF_ROLE_EQUAL);
}

static void test_stale_generation(void **state)
{
	struct of_peer *a = of_world_connect(*state, 0), *b = of_world_connect(*state, 1);

	become(a, OF_ROLE_MASTER, 10);
	of_peer_expect_error(b, ask(b, OF_ROLE_MASTER, 9), OFPET_ROLE_REQUEST_FAILED,
			     OFPRRFC_STALE);
	of_peer_expect_error(b, ask(b, OF_ROLE_SLAVE, 9), OFPET_ROLE_REQUEST_FAILED, OFPRRFC_STALE);
	of_peer_expect_error(b, ask(b, 7, 11), OFPET_ROLE_REQUEST_FAILED, OFPRRFC_BAD_ROLE);
	become(b, OF_ROLE_MASTER, 10);
	/* The counter may wrap around. */
	become(b, OF_ROLE_MASTER, 1ull << 62);
	become(b, OF_ROLE_MASTER, 1ull << 63);
	become(b, OF_ROLE_MASTER, 3ull << 62);
	become(b, OF_ROLE_MASTER, 5);
}

static void test_slave_may_not_write(void **state)
{
	static const enum of_kind writes[] = { OF_FLOW_MOD, OF_PORT_MOD, OF_PACKET_OUT,
					       OF_BUNDLE_CTRL, OF_WEFT_REQUEST };
	struct of_peer *p = of_world_connect(*state, 0);

	become(p, OF_ROLE_SLAVE, 1);
	for (unsigned i = 0; i < ARRAY_LENGTH(writes); i++) {
		struct of_msg m = { .kind = writes[i] };

		if (m.kind == OF_PACKET_OUT)
			m.packet_out = (struct of_packet_out){ .buffer_id = OF_NO_BUFFER,
							       .in_port = OF_PORT_CONTROLLER };
		else if (m.kind == OF_PORT_MOD)
			m.port_mod.port_no = 1;
		of_peer_expect_error(p, of_peer_send(p, m), OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
	}
	of_peer_send_kind(p, OF_PORT_DESC_REQUEST);
	of_peer_expect(p, OF_PORT_DESC_REPLY);
	of_peer_barrier(p);
	become(p, OF_ROLE_EQUAL, 1);
	of_peer_flow_mod(p, 0, "actions=drop");
	of_peer_barrier(p);
}

static void test_async_defaults_by_role(void **state)
{
	struct of_world *w = *state;
	struct of_peer *master = of_world_connect(w, 0), *slave = of_world_connect(w, 1);

	become(slave, OF_ROLE_SLAVE, 1);
	become(master, OF_ROLE_MASTER, 1);
	of_peer_flow_mod(master, 0, "send_flow_rem,actions=controller");
	of_peer_barrier(master);
	of_world_receive(w, 1, 1, 2, 3);
	of_peer_expect(master, OF_PACKET_IN);
	of_peer_expect_nothing(slave);
	of_peer_flow_mod(master, 3, "table=255");
	of_peer_expect(master, OF_FLOW_REMOVED);
	of_peer_expect_nothing(slave);
	mem_switch_port_set_up(w->sw, 1, false);
	of_peer_expect(master, OF_PORT_STATUS);
	of_peer_expect(slave, OF_PORT_STATUS);
}

static void test_async_masks(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0), *writer = of_world_connect(w, 1);
	struct of_msg m = { .kind = OF_SET_ASYNC,
			    .async = { .has = { 7, 7 },
				       .mask[OF_ASYNC_PACKET_IN] = { 0, 2 },
				       .mask[OF_ASYNC_PORT_STATUS] = { 1, 0 },
				       .mask[OF_ASYNC_FLOW_REMOVED] = { 0, 4 } } };

	of_peer_send(p, m);
	of_peer_send_kind(p, OF_GET_ASYNC_REQUEST);
	assert_memory_equal(&of_peer_expect(p, OF_GET_ASYNC_REPLY)->async, &m.async,
			    sizeof(m.async));
	of_peer_flow_mod(writer, 0, "send_flow_rem,priority=5,actions=controller");
	of_peer_barrier(writer);
	of_world_receive(w, 1, 1, 2, 3);
	mem_switch_port_set_up(w->sw, 1, false);
	of_peer_expect_nothing(p);
	mem_switch_port_add(w->sw, 9, "p9");
	of_peer_expect(p, OF_PORT_STATUS);
	become(p, OF_ROLE_SLAVE, 1);
	of_world_receive(w, 1, 1, 2, 3);
	of_peer_expect(p, OF_PACKET_IN);
	mem_switch_port_remove(w->sw, 9);
	of_peer_expect_nothing(p);
	of_peer_flow_mod(writer, 3, "table=255");
	of_peer_expect(p, OF_FLOW_REMOVED);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_equal_at_first),	   TEST(test_new_master_demotes_the_old),
		TEST(test_stale_generation),	   TEST(test_slave_may_not_write),
		TEST(test_async_defaults_by_role), TEST(test_async_masks),
	};

	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
