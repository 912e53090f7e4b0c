#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/ofagent/monitor.h"
#include "dataplane/table/tables.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-1.3.h>

/* What the agent itself refuses, code by code; docs/openflow-errors.md lists all. */

static void test_nicira_messages(void **state)
{
	struct of_peer *p = of_world_connect(*state, 0);
	uint32_t xid;

	xid = of_peer_send(
		p, (struct of_msg){ .kind = OF_NX_SET_PACKET_IN_FORMAT, .nx_format.format = 1 });
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_EPERM);
	of_peer_barrier(p);
}

static uint32_t set(struct of_peer *p, struct of_table_features t)
{
	return of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_FEATURES_REQUEST,
						.table_features = { false, 1, &t } });
}

static void refuse(struct of_peer *p, struct of_table_features t, uint16_t code)
{
	of_peer_expect_error(p, set(p, t), OFPET_TABLE_FEATURES_FAILED, code);
}

static void test_table_features(void **state)
{
	struct of_peer *p = of_world_connect_version(*state, 0, OF_VERSION_1_5);
	struct of_table_features many[2] = { { .max_entries = 1 }, { .max_entries = 1 } };
	uint32_t xid;

	refuse(p, (struct of_table_features){ .table_id = 254, .max_entries = 1 },
	       OFPTFFC_BAD_TABLE);
	refuse(p, (struct of_table_features){ .max_entries = 1, .command = OFPTFC15_DISABLE },
	       OFPTFFC_EPERM);
	refuse(p, (struct of_table_features){ .max_entries = 1, .capabilities = 1 },
	       OFPTFFC_BAD_CAPA);
	refuse(p, (struct of_table_features){ .max_entries = 0 }, OFPTFFC_BAD_MAX_ENT);
	refuse(p, (struct of_table_features){ .max_entries = (1 << 20) + 1 }, OFPTFFC_BAD_MAX_ENT);
	refuse(p, (struct of_table_features){ .max_entries = 1, .features = 1u << 31 },
	       OFPTFFC_BAD_FEATURES);
	xid = of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_FEATURES_REQUEST,
					       .table_features = { false, 2, many } });
	assert_int_equal(of_peer_expect(p, OF_ERROR)->xid, xid);
	assert_int_equal(p->msg.error.error.code, NXTFFC_DUP_TABLE);
}

/* Parts without end are refused at 1 MiB, and the connection works on. */
static void test_endless_request(void **state)
{
	struct of_peer *p = of_world_connect_version(*state, 0, OF_VERSION_1_5);
	static const uint8_t filling[60000];
	struct of_table_property property = { OFPTFPT13_MATCH, filling, sizeof(filling) };
	struct of_table_features t = { .max_entries = 1,
				       .n_properties = 1,
				       .properties = &property };
	uint32_t xid = p->xid + 1;

	for (unsigned i = 0; i < 18; i++) {
		p->xid = xid - 1;
		of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_FEATURES_REQUEST,
						 .table_features = { true, 1, &t } });
	}
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_MULTIPART_BUFFER_OVERFLOW);
	of_peer_barrier(p);
}

static void send_part(struct of_peer *p, uint32_t xid, bool more, struct of_table_features t)
{
	p->xid = xid - 1;
	of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_FEATURES_REQUEST,
					 .table_features = { more, 1, &t } });
}

static uint32_t max_entries(struct of_peer *p, uint8_t table_id)
{
	const struct of_table_features_msg *m;
	uint32_t max = 0;

	p->xid += 1000;
	of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_FEATURES_REQUEST });
	do {
		m = &of_peer_expect(p, OF_TABLE_FEATURES_REPLY)->table_features;
		for (unsigned i = 0; i < m->n; i++) {
			if (m->tables[i].table_id == table_id)
				max = m->tables[i].max_entries;
		}
	} while (m->more);
	return max;
}

/* More than the next part may take; nothing comes but probes whether the peer is there. */
static void let_time_pass(struct of_peer *p)
{
	for (unsigned i = 0; i < 3; i++) {
		loop_virtual_run_for(p->world->loop, 4 * NS_PER_SEC);
		of_peer_barrier(p);
	}
}

/* A request of several parts is done whole or not at all, and refused once. */
static void test_refused_part(void **state)
{
	static const struct of_table_features bad = { .table_id = OF_TABLE_ALL, .max_entries = 1 };
	static const struct of_table_features good = { .table_id = 5, .max_entries = 77 };
	struct of_peer *p = of_world_connect_version(*state, 0, OF_VERSION_1_3);
	uint32_t usual = max_entries(p, 5);

	/* the first, or one between */
	send_part(p, 5000, true, bad);
	of_peer_expect_error(p, 5000, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_BAD_TABLE);
	send_part(p, 5000, true, good);
	send_part(p, 5000, false, good);
	of_peer_expect_nothing(p);
	assert_int_equal(max_entries(p, 5), usual);
	/* the last */
	send_part(p, 6000, true, good);
	send_part(p, 6000, false, bad);
	of_peer_expect_error(p, 6000, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_BAD_TABLE);
	let_time_pass(p);
	assert_int_equal(max_entries(p, 5), usual);
	/* one that ends with the time for the next part */
	send_part(p, 7000, true, bad);
	of_peer_expect_error(p, 7000, OFPET_TABLE_FEATURES_FAILED, OFPTFFC_BAD_TABLE);
	let_time_pass(p);
	/* a question between the parts does not disturb them */
	send_part(p, 8000, true, (struct of_table_features){ .table_id = 6, .max_entries = 66 });
	assert_int_equal(max_entries(p, 5), usual);
	send_part(p, 8000, false, good);
	while (of_peer_expect(p, OF_TABLE_FEATURES_REPLY)->table_features.more)
		;
	assert_int_equal(max_entries(p, 5), 77);
	assert_int_equal(max_entries(p, 6), 66);
}

static void test_too_many_monitors(void **state)
{
	struct of_peer *p = of_world_connect_version(*state, 0, OF_VERSION_1_4);
	struct of_monitor m = { .out_port = OF_PORT_ANY,
				.out_group = OF_GROUP_ANY,
				.flags = OF_MONITOR_ADD,
				.table_id = OF_TABLE_ALL };

	for (unsigned i = 0; i <= MONITORS_MAX; i++) {
		uint32_t xid;

		m.monitor_id = i;
		xid = of_peer_send(p, (struct of_msg){ .kind = OF_MONITOR_REQUEST,
						       .monitor_request = { 1, &m } });
		if (i == MONITORS_MAX)
			of_peer_expect_error(p, xid, OFPET_FLOW_MONITOR_FAILED, OFPMOFC_UNKNOWN);
		else
			of_peer_expect(p, OF_MONITOR_REPLY);
	}
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nicira_messages),   TEST(test_table_features),
		TEST(test_endless_request),   TEST(test_refused_part),
		TEST(test_too_many_monitors),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
