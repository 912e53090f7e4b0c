#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/ofagent/conn.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-common.h>

/* Auxiliary connections (OF 1.3.5 section 6.3.8): another way to the controller of the main one,
 * with its role and settings. */

static struct of_peer *connect_main(struct of_world *w, uint8_t version, struct conn **main)
{
	struct of_peer *p = of_world_connect_version(w, 0, version);

	*main = conn_next(mem_switch_datapath(w->sw), NULL);
	return p;
}

static void ask_role(struct of_peer *p, uint32_t role, uint64_t generation)
{
	of_peer_send(p, (struct of_msg){ .kind = OF_ROLE_REQUEST,
					 .role = { .role = role,
						   .generation_id = generation,
						   .short_id = OF_NO_SHORT_ID } });
}

static uint32_t role_of(struct conn *c)
{
	struct conn_info info;

	conn_info_get(c, &info);
	return info.role;
}

static void test_features_tell_the_id(void **state)
{
	struct conn *main;
	struct of_peer *p = connect_main(*state, OF_VERSION_1_3, &main);
	struct of_peer *aux = of_world_connect_auxiliary(*state, 1, main, 3);

	of_peer_send_kind(p, OF_FEATURES_REQUEST);
	assert_int_equal(of_peer_expect(p, OF_FEATURES_REPLY)->features_reply.auxiliary_id, 0);
	of_peer_send_kind(aux, OF_FEATURES_REQUEST);
	assert_int_equal(of_peer_expect(aux, OF_FEATURES_REPLY)->features_reply.auxiliary_id, 3);
}

static void test_requests_have_the_mains_role(void **state)
{
	struct conn *main;
	struct of_peer *p = connect_main(*state, OF_VERSION_1_3, &main);
	struct of_peer *aux = of_world_connect_auxiliary(*state, 1, main, 1);

	of_peer_flow_mod(aux, OFPFC_ADD, "in_port=1,actions=output:2");
	of_peer_barrier(aux);
	of_world_receive(*state, 1, 1, 2, 3);
	assert_int_equal(((struct of_world *)*state)->n_sent, 1);
	ask_role(p, OF_ROLE_SLAVE, 1);
	of_peer_expect(p, OF_ROLE_REPLY);
	of_peer_expect_error(aux, of_peer_flow_mod(aux, OFPFC_ADD, "in_port=2,actions=drop"),
			     OFPET_BAD_REQUEST, OFPBRC_IS_SLAVE);
	/* And what is asked over it is the main connection's. */
	ask_role(aux, OF_ROLE_MASTER, 2);
	assert_int_equal(of_peer_expect(aux, OF_ROLE_REPLY)->role.role, OF_ROLE_MASTER);
	assert_int_equal(role_of(main), OF_ROLE_MASTER);
	of_peer_expect_nothing(p);
	of_peer_flow_mod(p, OFPFC_ADD, "in_port=2,actions=drop");
	of_peer_barrier(p);
}

/* Unasked-for messages go over the main connection alone, as it says. */
static void test_unasked_for_messages(void **state)
{
	struct of_world *w = *state;
	struct conn *main;
	struct of_peer *p = connect_main(w, OF_VERSION_1_4, &main);
	struct of_peer *aux = of_world_connect_auxiliary(w, 1, main, 1);
	struct of_msg m = { .kind = OF_SET_ASYNC };

	of_peer_flow_mod(aux, OFPFC_ADD, "priority=0,actions=controller");
	of_peer_barrier(aux);
	of_world_receive(w, 1, 1, 2, 3);
	of_peer_expect(p, OF_PACKET_IN);
	mem_switch_port_set_up(w->sw, 2, false);
	of_peer_expect(p, OF_PORT_STATUS);
	of_peer_expect_nothing(aux);
	m.async.has[0] = 1u << OF_ASYNC_PACKET_IN;
	of_peer_send(aux, m);
	of_peer_barrier(aux);
	of_world_receive(w, 1, 1, 2, 3);
	of_peer_expect_nothing(p);
	of_peer_send_kind(aux, OF_GET_ASYNC_REQUEST);
	assert_int_equal(of_peer_expect(aux, OF_GET_ASYNC_REPLY)->async.mask[OF_ASYNC_PACKET_IN][0],
			 0);
}

/* Another master: the main connection is told that it is slave, and its auxiliary obeys. */
static void test_demoted_with_the_main(void **state)
{
	struct of_world *w = *state;
	struct conn *main;
	struct of_peer *p = connect_main(w, OF_VERSION_1_4, &main);
	struct of_peer *aux = of_world_connect_auxiliary(w, 1, main, 1);
	struct of_peer *other = of_world_connect_version(w, 2, OF_VERSION_1_4);
	const struct of_msg *m;

	ask_role(aux, OF_ROLE_MASTER, 1);
	of_peer_expect(aux, OF_ROLE_REPLY);
	ask_role(other, OF_ROLE_MASTER, 2);
	of_peer_expect(other, OF_ROLE_REPLY);
	m = of_peer_expect(p, OF_ROLE_STATUS);
	assert_int_equal(m->role_status.role, OF_ROLE_SLAVE);
	assert_int_equal(m->role_status.generation_id, 2);
	of_peer_expect_nothing(aux);
	of_peer_expect_error(aux, of_peer_flow_mod(aux, OFPFC_DELETE, ""), OFPET_BAD_REQUEST,
			     OFPBRC_IS_SLAVE);
}

static void test_ends_with_the_main(void **state)
{
	struct conn *main;
	struct of_peer *p = connect_main(*state, OF_VERSION_1_5, &main);
	struct of_peer *aux = of_world_connect_auxiliary(*state, 1, main, 1);

	stream_close(p->stream);
	p->stream = NULL;
	loop_virtual_settle(p->world->loop);
	assert_true(aux->is_closed);
	assert_null(conn_next(mem_switch_datapath(p->world->sw), NULL));
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_features_tell_the_id), TEST(test_requests_have_the_mains_role),
		TEST(test_unasked_for_messages), TEST(test_demoted_with_the_main),
		TEST(test_ends_with_the_main),
	};

	return cmocka_run_group_tests_name("auxiliary", tests, NULL, NULL);
}
