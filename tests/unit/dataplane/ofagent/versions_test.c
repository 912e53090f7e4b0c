#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dataplane/table/tables.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/table_features_props.h"
#include "tests/fakes/dataplane/of_world.h"

#include <openflow/openflow-1.3.h>
#include <openflow/openflow-1.4.h>

/* The handlers in all versions: groups, meters, queues, tables, ports, and what is told to others.
 */

#define EACH_VERSION(V) for (uint8_t V = OF_VERSION_1_3; V <= OF_VERSION_1_5; V++)

/* One peer of that version; the one before it is gone. */
static struct of_peer *peer_of(struct of_world *w, uint8_t version)
{
	struct of_peer *p = &w->peers[0];

	if (p->pair) {
		stream_pair_break(p->pair, "next");
		loop_virtual_settle(w->loop);
	}
	return of_world_connect_version(w, 0, version);
}

static uint32_t group_mod(struct of_peer *p, uint16_t command, const char *text)
{
	struct of_msg m = { .kind = OF_GROUP_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	uint32_t xid;

	if (of_group_mod_parse(text, command, &a, &m.group_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	xid = of_peer_send(p, m);
	arena_clear(&a);
	return xid;
}

static uint32_t meter_mod(struct of_peer *p, uint16_t command, const char *text)
{
	struct of_msg m = { .kind = OF_METER_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	uint32_t xid;

	if (of_meter_mod_parse(text, command, &a, &m.meter_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	xid = of_peer_send(p, m);
	arena_clear(&a);
	return xid;
}

static void test_groups(void **state)
{
	EACH_VERSION(version)
	{
		struct of_world *w = *state;
		struct of_peer *p = peer_of(w, version);
		const struct of_msg *m;
		char text[80];

		for (unsigned id = 1; id <= 200; id++) {
			snprintf(text, sizeof(text), "group_id=%u,type=all,bucket=output:2", id);
			group_mod(p, OF_GROUP_ADD, text);
		}
		of_peer_expect_error(p, group_mod(p, OF_GROUP_ADD, "group_id=7,type=all"),
				     OFPET_GROUP_MOD_FAILED, OFPGMFC_GROUP_EXISTS);
		of_peer_flow_mod(p, 0, "in_port=1,actions=group:7");
		of_peer_barrier(p);
		of_world_receive(w, 1, 1, 2, 3);
		of_peer_send(p, (struct of_msg){ .kind = OF_GROUP_STATS_REQUEST,
						 .group_request.group_id = 7 });
		m = of_peer_expect(p, OF_GROUP_STATS_REPLY);
		assert_int_equal(m->group_stats_reply.n, 1);
		assert_int_equal(m->group_stats_reply.stats[0].n_packets, 1);
		assert_int_equal(m->group_stats_reply.stats[0].ref_count, 1);
		for (unsigned n = 0; n < 200;) {
			if (!n)
				of_peer_send(p, (struct of_msg){ .kind = OF_GROUP_DESC_REQUEST,
								 .group_request.group_id =
									 OF_GROUP_ALL });
			m = of_peer_expect(p, OF_GROUP_DESC_REPLY);
			for (unsigned i = 0; i < m->group_desc_reply.n; i++)
				assert_int_equal(m->group_desc_reply.groups[i].group_id, ++n);
			if (!m->group_desc_reply.more) {
				assert_int_equal(n, 200);
				break;
			}
		}
		of_peer_send_kind(p, OF_GROUP_FEATURES_REQUEST);
		assert_int_equal(of_peer_expect(p, OF_GROUP_FEATURES_REPLY)->group_features.types,
				 0xf);
		group_mod(p, OF_GROUP_DELETE, "group_id=all");
		of_peer_barrier(p);
		of_peer_send(p, (struct of_msg){ .kind = OF_GROUP_DESC_REQUEST,
						 .group_request.group_id = OF_GROUP_ALL });
		/* Other parts of an earlier list may not be left over. */
		assert_int_equal(of_peer_expect(p, OF_GROUP_DESC_REPLY)->group_desc_reply.n, 0);
	}
}

static void test_meters(void **state)
{
	EACH_VERSION(version)
	{
		struct of_peer *p = peer_of(*state, version);
		const struct of_msg *m;

		meter_mod(p, OF_METER_ADD,
			  "meter=3,kbps,burst,stats,bands=type=drop,rate=1000,"
			  "burst_size=100");
		of_peer_send(p, (struct of_msg){ .kind = OF_METER_CONFIG_REQUEST,
						 .meter_request.meter_id = OF_METER_ALL });
		m = of_peer_expect(p, OF_METER_CONFIG_REPLY);
		assert_int_equal(m->meter_config_reply.n, 1);
		assert_int_equal(m->meter_config_reply.meters[0].bands[0].rate, 1000);
		of_peer_send(p, (struct of_msg){ .kind = OF_METER_STATS_REQUEST,
						 .meter_request.meter_id = 3 });
		assert_int_equal(of_peer_expect(p, OF_METER_STATS_REPLY)->meter_stats_reply.n, 1);
		of_peer_expect_error(
			p,
			of_peer_send(p, (struct of_msg){ .kind = OF_METER_STATS_REQUEST,
							 .meter_request.meter_id = 4 }),
			OFPET_METER_MOD_FAILED, OFPMMFC_UNKNOWN_METER);
		of_peer_send_kind(p, OF_METER_FEATURES_REQUEST);
		assert_true(of_peer_expect(p, OF_METER_FEATURES_REPLY)->meter_features.max_meters);
		meter_mod(p, OF_METER_DELETE, "meter=all");
		of_peer_barrier(p);
	}
}

static void test_queues(void **state)
{
	EACH_VERSION(version)
	{
		bool is_old = version == OF_VERSION_1_3;
		enum of_kind ask = is_old ? OF_QUEUE_GET_CONFIG_REQUEST : OF_QUEUE_DESC_REQUEST;
		enum of_kind told = is_old ? OF_QUEUE_GET_CONFIG_REPLY : OF_QUEUE_DESC_REPLY;
		struct of_peer *p = peer_of(*state, version);
		const struct of_msg *m;

		of_peer_send(p, (struct of_msg){ .kind = ask,
						 .queue_request = { OF_PORT_ANY, OF_QUEUE_ALL } });
		assert_int_equal(of_peer_expect(p, told)->queue_desc_reply.n, 3);
		of_peer_send(p, (struct of_msg){ .kind = OF_QUEUE_STATS_REQUEST,
						 .queue_request = { 2, 0 } });
		m = of_peer_expect(p, OF_QUEUE_STATS_REPLY);
		assert_int_equal(m->queue_stats_reply.n, 1);
		assert_int_equal(m->queue_stats_reply.stats[0].port_no, 2);
		of_peer_expect_error(
			p,
			of_peer_send(p, (struct of_msg){ .kind = OF_QUEUE_STATS_REQUEST,
							 .queue_request = { 9, 0 } }),
			OFPET_QUEUE_OP_FAILED, OFPQOFC_BAD_PORT);
		of_peer_expect_error(
			p,
			of_peer_send(p, (struct of_msg){ .kind = OF_QUEUE_STATS_REQUEST,
							 .queue_request = { OF_PORT_ANY, 5 } }),
			OFPET_QUEUE_OP_FAILED, OFPQOFC_BAD_QUEUE);
	}
}

/* Flow statistics: all flows once, in as many messages as the version's form needs. */
static void test_flow_statistics(void **state)
{
	struct of_peer *first = of_world_connect(*state, 1);
	char text[80];

	for (unsigned i = 1; i <= 3000; i++) {
		snprintf(text, sizeof(text), "priority=%u,tcp,nw_src=10.0.0.1,actions=output:2", i);
		of_peer_flow_mod(first, 0, text);
	}
	of_peer_barrier(first);
	EACH_VERSION(version)
	{
		struct of_peer *p = peer_of(*state, version);
		unsigned n = 0;

		of_peer_send(
			p, (struct of_msg){ .kind = OF_FLOW_STATS_REQUEST,
					    .flow_stats_request = { .table_id = OF_TABLE_ALL,
								    .out_port = OF_PORT_ANY,
								    .out_group = OF_GROUP_ANY } });
		do
			n += of_peer_expect(p, OF_FLOW_STATS_REPLY)->flow_stats_reply.n;
		while (p->msg.flow_stats_reply.more);
		assert_int_equal(n, 3000);
		if (version < OF_VERSION_1_5)
			continue;
		of_peer_send(
			p, (struct of_msg){ .kind = OF_FLOW_COUNTS_REQUEST,
					    .flow_stats_request = { .table_id = OF_TABLE_ALL,
								    .out_port = OF_PORT_ANY,
								    .out_group = OF_GROUP_ANY } });
		for (n = 0; n < 3000;)
			n += of_peer_expect(p, OF_FLOW_COUNTS_REPLY)->flow_stats_reply.n;
		assert_false(p->msg.flow_stats_reply.more);
	}
}

/* --- tables --- */

static unsigned read_features(struct of_peer *p, struct of_table_features *first, char *name)
{
	unsigned n = 0;

	do {
		const struct of_table_features_msg *m =
			&of_peer_expect(p, OF_TABLE_FEATURES_REPLY)->table_features;

		if (!n) {
			*first = m->tables[0];
			memcpy(name, m->tables[0].name, 32);
		}
		n += m->n;
	} while (p->msg.table_features.more);
	return n;
}

static uint32_t set_features(struct of_peer *p, struct of_table_features *t, bool more)
{
	return of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_FEATURES_REQUEST,
						.table_features = { more, 1, t } });
}

static void test_table_features_both_ways(void **state)
{
	EACH_VERSION(version)
	{
		struct of_peer *p = peer_of(*state, version);
		struct of_table_features t = { .table_id = 0,
					       .name = "admit",
					       .metadata_match = UINT64_MAX,
					       .metadata_write = UINT64_MAX,
					       .max_entries = 2 };
		struct of_table_features got;
		char name[32];

		of_peer_send_kind(p, OF_TABLE_FEATURES_REQUEST);
		assert_int_equal(read_features(p, &got, name), TABLES_N);
		set_features(p, &t, false);
		assert_int_equal(read_features(p, &got, name), TABLES_N);
		assert_string_equal(name, "admit");
		assert_int_equal(got.max_entries, 2);
		of_peer_flow_mod(p, 0, "priority=1,actions=drop");
		of_peer_flow_mod(p, 0, "priority=2,actions=drop");
		of_peer_expect_error(p, of_peer_flow_mod(p, 0, "priority=3,actions=drop"),
				     OFPET_FLOW_MOD_FAILED, OFPFMFC_TABLE_FULL);
		/* Too much, and nothing is changed. */
		t.max_entries = UINT32_MAX;
		strcpy(t.name, "other");
		assert_true(set_features(p, &t, false));
		assert_int_equal(of_peer_expect(p, OF_ERROR)->error.error.type,
				 OFPET_TABLE_FEATURES_FAILED);
		t.table_id = 254;
		t.max_entries = 1;
		of_peer_expect_error(p, set_features(p, &t, false), OFPET_TABLE_FEATURES_FAILED,
				     OFPTFFC_BAD_TABLE);
		of_peer_send_kind(p, OF_TABLE_FEATURES_REQUEST);
		read_features(p, &got, name);
		assert_string_equal(name, "admit");
		of_peer_flow_mod(p, OFPFC_DELETE, "");
		t.table_id = 0;
		t.max_entries = 1 << 20;
		set_features(p, &t, false);
		read_features(p, &got, name);
	}
}

static void test_enabling_a_table_changes_nothing(void **state)
{
	struct of_peer *p = peer_of(*state, OF_VERSION_1_5);
	struct of_table_features t = { .command = OFPTFC15_ENABLE,
				       .name = "other",
				       .features = 1 << 4,
				       .max_entries = 2 };
	struct of_table_features got;
	char name[32];

	t.table_id = 1;
	set_features(p, &t, false);
	t.table_id = 0;
	t.features = 0;
	assert_int_equal(read_features(p, &got, name), TABLES_N);
	set_features(p, &t, false);
	assert_int_equal(read_features(p, &got, name), TABLES_N);
	assert_string_equal(name, "table0");
	assert_int_equal(got.max_entries, 1 << 20);
	assert_int_equal(got.features, 1);
	t.command = OFPTFC15_DISABLE;
	of_peer_expect_error(p, set_features(p, &t, false), OFPET_TABLE_FEATURES_FAILED,
			     OFPTFFC_EPERM);
}

/* What a table is asked for may be less than it can do; it is never told that it can do less. */
static void test_less_metadata(void **state)
{
	struct of_peer *p = peer_of(*state, OF_VERSION_1_3);
	struct of_table_features t = { .name = "a", .metadata_match = 0xff, .max_entries = 10 };
	struct of_table_features got;
	char name[32];

	set_features(p, &t, false);
	read_features(p, &got, name);
	assert_string_equal(name, "a");
	assert_true(got.metadata_match == UINT64_MAX && got.metadata_write == UINT64_MAX);
	of_peer_flow_mod(p, 0, "metadata=0xff00/0xff00,actions=drop");
	of_peer_barrier(p);
}

/* 1.5: from one table on they are egress tables, and back. */
static void test_first_egress_table(void **state)
{
	struct of_peer *p = peer_of(*state, OF_VERSION_1_5);
	struct of_table_features t = { .table_id = 100, .max_entries = 9, .features = 1 << 4 };
	const struct of_table_features_msg *m;

	for (unsigned round = 0; round < 2; round++) {
		unsigned n_egress = 0, n_first = 0;

		set_features(p, &t, false);
		do {
			m = &of_peer_expect(p, OF_TABLE_FEATURES_REPLY)->table_features;
			for (unsigned i = 0; i < m->n; i++) {
				n_egress += m->tables[i].features >> 1 & 1;
				n_first += m->tables[i].features >> 4 & 1;
			}
		} while (m->more);
		assert_int_equal(n_egress, round ? 0 : TABLES_N - 100);
		assert_int_equal(n_first, !round);
		t.features = 1;
	}
}

/* Parts of one request are done together, and one that does not go on is given up. */
static void test_table_features_in_parts(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = peer_of(w, OF_VERSION_1_5);
	struct of_table_features t = { .name = "a", .max_entries = 10 }, got;
	uint32_t xid = set_features(p, &t, true);
	char name[32];

	of_peer_expect_nothing(p);
	p->xid = xid - 1;
	t.table_id = 1;
	set_features(p, &t, false);
	read_features(p, &got, name);
	assert_string_equal(name, "a");
	xid = set_features(p, &t, true);
	loop_virtual_run_for(w->loop, 4 * NS_PER_SEC);
	of_peer_barrier(p);
	loop_virtual_run_for(w->loop, 4 * NS_PER_SEC);
	of_peer_barrier(p);
	loop_virtual_run_for(w->loop, 3 * NS_PER_SEC);
	of_peer_expect_error(p, xid, OFPET_BAD_REQUEST, OFPBRC_MULTIPART_REQUEST_TIMEOUT);
}

static void test_table_mod_and_status(void **state)
{
	for (uint8_t version = OF_VERSION_1_4; version <= OF_VERSION_1_5; version++) {
		struct of_peer *p = peer_of(*state, version);
		struct of_table_features t = { .name = "small",
					       .max_entries = 4,
					       .metadata_match = 1 },
					 got;
		const struct of_msg *m;
		char name[32];

		set_features(p, &t, false);
		read_features(p, &got, name);
		of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_MOD,
						 .table_mod = { .config = OF_TABLE_VACANCY,
								.has_vacancy = true,
								.vacancy_down = 30,
								.vacancy_up = 60 } });
		of_peer_send_kind(p, OF_TABLE_DESC_REQUEST);
		m = of_peer_expect(p, OF_TABLE_DESC_REPLY);
		assert_int_equal(m->table_desc_reply.tables[0].config, OF_TABLE_VACANCY);
		while (m->table_desc_reply.more)
			m = of_peer_expect(p, OF_TABLE_DESC_REPLY);
		for (unsigned i = 1; i <= 3; i++) {
			char text[48];

			snprintf(text, sizeof(text), "priority=%u,actions=drop", i);
			of_peer_flow_mod(p, 0, text);
		}
		m = of_peer_expect(p, OF_TABLE_STATUS);
		assert_int_equal(m->table_status.reason, OF_TABLE_VACANCY_DOWN);
		of_peer_flow_mod(p, OFPFC_DELETE, "");
		m = of_peer_expect(p, OF_TABLE_STATUS);
		assert_int_equal(m->table_status.reason, OF_TABLE_VACANCY_UP);
		of_peer_expect_error(p,
				     of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_MOD,
								      .table_mod.table_id = 254 }),
				     OFPET_TABLE_MOD_FAILED, OFPTMFC_BAD_TABLE);
		of_peer_send(p, (struct of_msg){ .kind = OF_TABLE_MOD });
	}
}

/* --- what others are told --- */

static uint32_t take_role(struct of_peer *p, uint32_t role, uint16_t short_id)
{
	return of_peer_send(
		p, (struct of_msg){ .kind = OF_ROLE_REQUEST, .role = { role, 1, short_id } });
}

static void test_role_status(void **state)
{
	struct of_peer *a = of_world_connect_version(*state, 0, OF_VERSION_1_4);
	struct of_peer *b = of_world_connect_version(*state, 1, OF_VERSION_1_4);

	take_role(a, OF_ROLE_MASTER, 0);
	of_peer_expect(a, OF_ROLE_REPLY);
	take_role(b, OF_ROLE_MASTER, 0);
	of_peer_expect(b, OF_ROLE_REPLY);
	assert_int_equal(of_peer_expect(a, OF_ROLE_STATUS)->role_status.role, OF_ROLE_SLAVE);
	of_peer_expect_nothing(b);
}

static void test_short_ids_and_controller_status(void **state)
{
	struct of_peer *a = of_world_connect_version(*state, 0, OF_VERSION_1_5);
	struct of_peer *b = of_world_connect_version(*state, 1, OF_VERSION_1_5);
	const struct of_msg *m = of_peer_expect(a, OF_CONTROLLER_STATUS);

	assert_int_equal(m->controller_status.reason, 3); /* added */
	take_role(b, OF_ROLE_NOCHANGE, 8);
	assert_int_equal(of_peer_expect(b, OF_ROLE_REPLY)->role.short_id, 8);
	m = of_peer_expect(a, OF_CONTROLLER_STATUS);
	assert_int_equal(m->controller_status.short_id, 8);
	of_peer_expect_error(a, take_role(a, OF_ROLE_NOCHANGE, 8), OFPET_ROLE_REQUEST_FAILED,
			     OFPRRFC_ID_IN_USE);
	of_peer_send_kind(a, OF_CONTROLLER_STATUS_REQUEST);
	assert_int_equal(of_peer_expect(a, OF_CONTROLLER_STATUS_REPLY)->controller_status_reply.n,
			 2);
	stream_pair_break(b->pair, "gone");
	m = of_peer_expect(a, OF_CONTROLLER_STATUS);
	assert_int_equal(m->controller_status.reason, 4); /* removed */
	assert_int_equal(m->controller_status.channel_status, 1);
}

/* A group-mod of one is told to the other who asked, in the other's version. */
static void test_requestforward(void **state)
{
	struct of_peer *a = of_world_connect_version(*state, 0, OF_VERSION_1_3);
	struct of_peer *b = of_world_connect_version(*state, 1, OF_VERSION_1_4);
	const struct of_msg *m;
	uint32_t xid;

	xid = group_mod(a, OF_GROUP_ADD, "group_id=1,type=all");
	of_peer_barrier(a);
	of_peer_expect_nothing(b);
	of_peer_send(b, (struct of_msg){ .kind = OF_SET_ASYNC,
					 .async = { .has = { 1u << OF_ASYNC_REQUESTFORWARD },
						    .mask[OF_ASYNC_REQUESTFORWARD] = { 3 } } });
	of_peer_barrier(b);
	xid = group_mod(a, OF_GROUP_ADD, "group_id=2,type=all");
	m = of_peer_expect(b, OF_REQUESTFORWARD);
	assert_int_equal(m->requestforward.request[0], OF_VERSION_1_4);
	assert_int_equal(load_be32(m->requestforward.request + 4), xid);
	meter_mod(a, OF_METER_ADD, "meter=3,kbps,bands=type=drop,rate=1000");
	assert_int_equal(of_peer_expect(b, OF_REQUESTFORWARD)->requestforward.request[1],
			 OFPT_METER_MOD);
	/* What fails is not told. */
	group_mod(a, OF_GROUP_ADD, "group_id=2,type=all");
	of_peer_expect(a, OF_ERROR);
	of_peer_expect_nothing(b);
}

static void test_one_port_and_all(void **state)
{
	EACH_VERSION(version)
	{
		struct of_peer *p = peer_of(*state, version);

		of_peer_send(p, (struct of_msg){ .kind = OF_PORT_DESC_REQUEST,
						 .port_stats_request.port_no = OF_PORT_ANY });
		assert_int_equal(of_peer_expect(p, OF_PORT_DESC_REPLY)->port_desc_reply.n, 3);
		of_peer_send(p, (struct of_msg){ .kind = OF_PORT_STATS_REQUEST,
						 .port_stats_request.port_no = 2 });
		assert_int_equal(of_peer_expect(p, OF_PORT_STATS_REPLY)->port_stats_reply.n, 1);
		if (version < OF_VERSION_1_5)
			continue;
		of_peer_send(p, (struct of_msg){ .kind = OF_PORT_DESC_REQUEST,
						 .port_stats_request.port_no = 2 });
		assert_int_equal(of_peer_expect(p, OF_PORT_DESC_REPLY)->port_desc_reply.n, 1);
		of_peer_expect_error(
			p,
			of_peer_send(p, (struct of_msg){ .kind = OF_PORT_DESC_REQUEST,
							 .port_stats_request.port_no = 77 }),
			OFPET_BAD_REQUEST, OFPBRC_BAD_PORT);
	}
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_groups),
		TEST(test_meters),
		TEST(test_queues),
		TEST(test_flow_statistics),
		TEST(test_table_features_both_ways),
		TEST(test_enabling_a_table_changes_nothing),
		TEST(test_less_metadata),
		TEST(test_first_egress_table),
		TEST(test_table_features_in_parts),
		TEST(test_table_mod_and_status),
		TEST(test_role_status),
		TEST(test_short_ids_and_controller_status),
		TEST(test_requestforward),
		TEST(test_one_port_and_all),
	};

	return cmocka_run_group_tests_name("versions", tests, NULL, NULL);
}
