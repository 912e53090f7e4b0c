#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/conntrack_options.h"
#include "dataplane/identity.h"
#include "dataplane/of_options.h"
#include "dataplane/port_text.h"

/* What options of the program mean. */

static void test_datapath_id(void **state)
{
	static const char *const bad[] = { "", "0", "xyz", "-1", "12345678901234567", "1 2" };
	struct status st = STATUS_INIT;
	uint64_t id = 0;

	(void)state;
	assert_int_equal(identity_parse("beef", &id, &st), 0);
	assert_int_equal(id, 0xbeef);
	assert_int_equal(identity_parse("0xffffffffffffffff", &id, &st), 0);
	assert_true(id == UINT64_MAX);
	for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++) {
		st = STATUS_INIT;
		assert_int_equal(identity_parse(bad[i], &id, &st), -1);
		assert_string_equal(st.field, "datapath-id");
	}
	assert_true(identity_datapath_id() != 0);
	assert_true(identity_datapath_id() == identity_datapath_id());
	assert_true(identity_datapath_id() >> 48 == 0);
}

static void test_of_versions(void **state)
{
	static const char *const bad[] = { "", "1.2", "1.3,", ",1.3", "1.3 1.4", "1.33", "all" };
	struct status st = STATUS_INIT;

	(void)state;
	assert_int_equal(of_options_versions("1.3", &st), 0x10);
	assert_int_equal(of_options_versions("1.5,1.3", &st), 0x50);
	assert_int_equal(of_options_versions("1.3,1.4,1.5", &st), 0x70);
	for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++) {
		st = STATUS_INIT;
		assert_int_equal(of_options_versions(bad[i], &st), 0);
		assert_string_equal(st.field, "of-versions");
	}
}

static int budget_of(const char *text, struct tables *t, struct status *st)
{
	static const struct conf_option options[] = {
		{ .key = "cycle-budget", .value = "CYCLES", .initial = "0", .max = 1000000 },
		{ .key = "over-budget", .value = "POLICY", .initial = "warn" },
		{ 0 },
	};
	struct conf *conf = conf_parse_text(text, strlen(text), "test", options, st);
	int rc = conf ? of_options_budget(conf, t, st) : -1;

	conf_destroy(conf);
	return rc;
}

static void test_budget(void **state)
{
	struct tables *t = tables_create(&(struct tables_limits){ 0 });
	struct status st = STATUS_INIT;

	(void)state;
	assert_int_equal(budget_of("", t, &st), 0);
	assert_int_equal(tables_budget(t)->cycles, 0);
	assert_int_equal(budget_of("cycle-budget = 300\nover-budget = refuse\n", t, &st), 0);
	assert_int_equal(tables_budget(t)->cycles, 300);
	assert_true(tables_budget(t)->refuses);
	assert_int_equal(budget_of("cycle-budget = 300\n", t, &st), 0);
	assert_false(tables_budget(t)->refuses);
	assert_int_equal(budget_of("over-budget = panic\n", t, &st), -1);
	assert_string_equal(st.field, "over-budget");
	tables_destroy(t);
}

static struct conntrack *conntrack_by(const char *text, struct status *st)
{
	static const struct conf_option options[] = {
		{ .key = "max-connections",
		  .value = "N",
		  .initial = "1048576",
		  .min = 1,
		  .max = 67108864 },
		{ .key = "connections-per-zone", .value = "N", .initial = "0", .max = 67108864 },
		{ .key = "connection-timeout", .value = "STATE=SECONDS", .is_list = true },
		{ .key = "tcp-strict" },
		{ .key = "tcp-liberal" },
		{ 0 },
	};
	struct conf *conf = conf_parse_text(text, strlen(text), "test", options, st);
	struct conntrack *ct = conf ? conntrack_options_create(conf, NULL, NULL, st) : NULL;

	conf_destroy(conf);
	return ct;
}

static void test_conntrack(void **state)
{
	static const char *const bad[] = {
		"udp",	  "udp=", "udp=0",    "udp=x",	      "udp=-1",
		"udp=5x", "=5",	  "sleepy=5", "udp=31536001", "udp=99999999999999999999"
	};
	struct status st = STATUS_INIT;
	struct conntrack *ct = conntrack_by("", &st);
	char text[64];

	(void)state;
	assert_non_null(ct);
	assert_int_equal(conntrack_stats(ct).max_connections, CT_DEFAULT_MAX);
	assert_int_equal(conntrack_default_limit(ct), 0);
	assert_int_equal(conntrack_policy(ct)->seconds[CT_TIMEOUT_UDP], 30);
	assert_false(conntrack_policy(ct)->is_strict || conntrack_policy(ct)->is_liberal);
	conntrack_destroy(ct);
	ct = conntrack_by(
		"max-connections = 5000\nconnections-per-zone = 70\ntcp-strict = true\n"
		"connection-timeout = udp=5\nconnection-timeout = tcp-established=31536000\n"
		"tcp-liberal = true\n",
		&st);
	assert_non_null(ct);
	assert_int_equal(conntrack_stats(ct).max_connections, 5000);
	assert_int_equal(conntrack_default_limit(ct), 70);
	assert_int_equal(conntrack_policy(ct)->seconds[CT_TIMEOUT_UDP], 5);
	assert_int_equal(conntrack_policy(ct)->seconds[CT_TIMEOUT_TCP_ESTABLISHED], 31536000);
	assert_true(conntrack_policy(ct)->is_strict && conntrack_policy(ct)->is_liberal);
	conntrack_destroy(ct);
	for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++) {
		st = STATUS_INIT;
		snprintf(text, sizeof(text), "connection-timeout = %s\n", bad[i]);
		assert_null(conntrack_by(text, &st));
		assert_string_equal(st.field, "connection-timeout");
	}
}

static void test_port_text(void **state)
{
	static const char *const bad[] = { "",
					   "name=x",
					   "type=tap",
					   "name=x,type=tap,nonsense",
					   "name=x,type=tap,number=0",
					   "name=x,type=tap,number=65280",
					   "name=x,type=tap,number=4x" };
	struct status st = STATUS_INIT;
	struct port_text t;

	(void)state;
	assert_int_equal(port_text_parse(&t, "name=vm1,type=vhost-user,mtu=9000,number=7", &st), 0);
	assert_string_equal(t.request.name, "vm1");
	assert_string_equal(t.request.type, "vhost-user");
	assert_int_equal(t.request.number, 7);
	assert_int_equal(t.request.n_settings, 1);
	assert_string_equal(t.request.settings[0].key, "mtu");
	assert_string_equal(t.request.settings[0].value, "9000");
	port_text_fini(&t);
	for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++) {
		st = STATUS_INIT;
		assert_int_equal(port_text_parse(&t, bad[i], &st), -1);
		assert_string_equal(st.field, "port");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_datapath_id), cmocka_unit_test(test_of_versions),
		cmocka_unit_test(test_budget),	    cmocka_unit_test(test_conntrack),
		cmocka_unit_test(test_port_text),
	};

	return cmocka_run_group_tests_name("start", tests, NULL, NULL);
}
