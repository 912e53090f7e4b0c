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
	xid = of_peer_send(p, (struct of_msg){ .kind = OF_NX_CT_FLUSH_ZONE });
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_BAD_EXP_TYPE);
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
		TEST(test_nicira_messages),
		TEST(test_table_features),
		TEST(test_endless_request),
		TEST(test_too_many_monitors),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
