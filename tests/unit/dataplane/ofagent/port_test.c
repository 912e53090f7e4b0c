#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-common.h>

/* Ports as controllers see and configure them. */

static void test_port_status(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	const struct of_msg *m;

	assert_int_equal(mem_switch_port_add(w->sw, 0, "new"), 4);
	m = of_peer_expect(p, OF_PORT_STATUS);
	assert_int_equal(m->port_status.reason, OFPPR_ADD);
	assert_int_equal(m->port_status.port.port_no, 4);
	assert_string_equal(m->port_status.port.name, "new");
	mem_switch_port_set_up(w->sw, 4, false);
	m = of_peer_expect(p, OF_PORT_STATUS);
	assert_int_equal(m->port_status.reason, OFPPR_MODIFY);
	assert_int_equal(m->port_status.port.state, OFPPS_LINK_DOWN);
	mem_switch_port_set_up(w->sw, 4, false);
	of_peer_expect_nothing(p);
	mem_switch_port_remove(w->sw, 4);
	m = of_peer_expect(p, OF_PORT_STATUS);
	assert_int_equal(m->port_status.reason, OFPPR_DELETE);
	of_peer_expect_nothing(p);
}

static uint32_t port_mod(struct of_world *w, struct of_peer *p, uint32_t number, uint32_t config,
			 uint32_t mask)
{
	const struct of_port *port = datapath_port(mem_switch_datapath(w->sw), number);
	struct of_msg m = { .kind = OF_PORT_MOD,
			    .port_mod = { .port_no = number, .config = config, .mask = mask } };

	if (port)
		memcpy(m.port_mod.hw_addr, port->hw_addr, 6);
	return of_peer_send(p, m);
}

static void test_port_config_is_honoured(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	of_peer_flow_mod(p, 0, "in_port=1,actions=output:2,output:3");
	of_peer_barrier(p);
	port_mod(w, p, 2, OFPPC_NO_FWD, OFPPC_NO_FWD);
	assert_int_equal(of_peer_expect(p, OF_PORT_STATUS)->port_status.port.config, OFPPC_NO_FWD);
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 3);
	assert_int_equal(w->n_sent, 1);
	assert_int_equal(w->sent[0].port, 3);
	port_mod(w, p, 1, OFPPC_NO_RECV, OFPPC_NO_RECV);
	of_peer_expect(p, OF_PORT_STATUS);
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 3);
	assert_int_equal(w->n_sent, 1);
	port_mod(w, p, 1, 0, OFPPC_NO_RECV);
	port_mod(w, p, 2, 0, OFPPC_NO_FWD);
	port_mod(w, p, 3, OFPPC_PORT_DOWN, OFPPC_PORT_DOWN);
	of_peer_expect(p, OF_PORT_STATUS);
	of_peer_expect(p, OF_PORT_STATUS);
	of_peer_expect(p, OF_PORT_STATUS);
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 3);
	assert_int_equal(w->n_sent, 2);
	assert_int_equal(w->sent[1].port, 2);
}

static void test_no_packet_in(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);

	of_peer_flow_mod(p, 0, "actions=controller");
	port_mod(w, p, 1, OFPPC_NO_PACKET_IN, OFPPC_NO_PACKET_IN);
	of_peer_expect(p, OF_PORT_STATUS);
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 3);
	of_peer_expect_nothing(p);
	of_world_receive(w, 2, 1, 2, 3);
	of_peer_expect(p, OF_PACKET_IN);
}

static void test_port_mod_errors(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	struct of_msg m = { .kind = OF_PORT_MOD,
			    .port_mod = { .port_no = 1, .hw_addr = { 1, 2, 3, 4, 5, 6 } } };

	of_peer_expect_error(p, port_mod(w, p, 99, 0, 0), OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_PORT);
	of_peer_expect_error(p, of_peer_send(p, m), OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_HW_ADDR);
	of_peer_expect_error(p, port_mod(w, p, 1, 0, 1 << 20), OFPET_PORT_MOD_FAILED,
			     OFPPMFC_BAD_CONFIG);
	memcpy(m.port_mod.hw_addr, datapath_port(mem_switch_datapath(w->sw), 1)->hw_addr, 6);
	m.port_mod.advertise = 1;
	of_peer_expect_error(p, of_peer_send(p, m), OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_ADVERTISE);
	of_peer_expect_nothing(p);
}

static void test_port_stats(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	const struct of_msg *m;

	of_peer_flow_mod(p, 0, "in_port=1,actions=output:2");
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 3);
	loop_virtual_run_for(w->loop, 1500 * NS_PER_MS);
	of_peer_send(p, (struct of_msg){ .kind = OF_PORT_STATS_REQUEST,
					 .port_stats_request.port_no = OF_PORT_ANY });
	m = of_peer_expect(p, OF_PORT_STATS_REPLY);
	assert_int_equal(m->port_stats_reply.n, 3);
	assert_int_equal(m->port_stats_reply.stats[0].rx_packets, 1);
	assert_int_equal(m->port_stats_reply.stats[0].rx_bytes, 60);
	assert_int_equal(m->port_stats_reply.stats[1].tx_packets, 1);
	assert_int_equal(m->port_stats_reply.stats[1].duration_sec, 1);
	of_peer_send(p, (struct of_msg){ .kind = OF_PORT_STATS_REQUEST,
					 .port_stats_request.port_no = 2 });
	m = of_peer_expect(p, OF_PORT_STATS_REPLY);
	assert_int_equal(m->port_stats_reply.n, 1);
	assert_int_equal(m->port_stats_reply.stats[0].port_no, 2);
	of_peer_expect_error(p,
			     of_peer_send(p, (struct of_msg){ .kind = OF_PORT_STATS_REQUEST,
							      .port_stats_request.port_no = 9 }),
			     OFPET_BAD_REQUEST, OFPBRC_BAD_PORT);
}

static void test_more_ports_than_fit_a_message(void **state)
{
	struct of_world *w = *state;
	unsigned n = 0, n_messages = 0;
	const struct of_msg *m;
	struct of_peer *p;
	char name[16];

	for (unsigned i = 4; i <= 2000; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		mem_switch_port_add(w->sw, i, name);
	}
	p = of_world_connect(w, 0);
	of_peer_send_kind(p, OF_PORT_DESC_REQUEST);
	do {
		m = of_peer_expect(p, OF_PORT_DESC_REPLY);
		for (unsigned i = 0; i < m->port_desc_reply.n; i++)
			assert_int_equal(m->port_desc_reply.ports[i].port_no, ++n);
		n_messages++;
	} while (m->port_desc_reply.more);
	assert_int_equal(n, 2000);
	assert_int_equal(n_messages, 3);
	of_peer_send(p, (struct of_msg){ .kind = OF_PORT_STATS_REQUEST,
					 .port_stats_request.port_no = OF_PORT_ANY });
	n = 0;
	do {
		m = of_peer_expect(p, OF_PORT_STATS_REPLY);
		n += m->port_stats_reply.n;
	} while (m->port_stats_reply.more);
	assert_int_equal(n, 2000);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_port_status),	 TEST(test_port_config_is_honoured),
		TEST(test_no_packet_in), TEST(test_port_mod_errors),
		TEST(test_port_stats),	 TEST(test_more_ports_than_fit_a_message),
	};

	return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
