/* The flows of rules: as text for one of each kind, what a change costs, more remote groups than
 * there are bits, and what cookies say of rules. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/apps/apps.h"
#include "controller/apps/policy_flows.h"
#include "controller/flows/cookie.h"

#define SW 0x2a

struct fixture {
	struct flow_sets *sets;
	struct apps *apps;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->sets = flow_sets_create();
	f->apps = apps_create(f->sets, NULL, NULL);
	apps_set_network(f->apps, &(struct intent_network){ 7, "projects/acme/networks/blue" });
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	apps_destroy(f->apps);
	flow_sets_destroy(f->sets);
	free(f);
	return 0;
}

static struct flow_set *set_of(struct fixture *f)
{
	return flow_sets_get(f->sets, SW);
}

/* Port ID with 10.0.0.ID, in GROUP. */
static void set_port(struct fixture *f, uint64_t id, uint64_t group)
{
	struct in_addr ipv4 = { htonl(0x0a000000 + id) };
	struct intent_port p = {
		.id = id,
		.network_id = 7,
		.name = "projects/acme/ports/p",
		.mac = { 2, 0, 0, 0, id >> 8, id },
		.n_ipv4 = 1,
		.ipv4 = &ipv4,
		.is_filtered = true,
		.n_rule_sets = 1,
		.rule_sets = &group,
		.n_tags = 1,
		.tags = &group,
	};

	apps_set_port(f->apps, &p);
}

static struct intent_rule any_rule(uint64_t number)
{
	return (struct intent_rule){ .number = number,
				     .name = "any",
				     .families = FAMILY_IPV4,
				     .protocol = -1,
				     .icmp_type = -1,
				     .icmp_code = -1 };
}

static void set_group(struct fixture *f, uint64_t id, const struct intent_rule *rules, unsigned n)
{
	apps_set_rule_set(f->apps, &(struct intent_rule_set){
					   .id = id,
					   .name = "projects/acme/securityGroups/web",
					   .n_rules = n,
					   .rules = rules,
				   });
}

static void assert_recomputed_equal(struct fixture *f)
{
	struct flow_map flows = FLOW_MAP_INIT;
	struct buf is = BUF_INIT, should = BUF_INIT;

	apps_recompute(f->apps, SW, &flows);
	flow_map_print(flow_set_desired(set_of(f)), &is);
	flow_map_print(&flows, &should);
	assert_string_equal(buf_str(&is), buf_str(&should));
	flow_map_fini(&flows);
	buf_fini(&is);
	buf_fini(&should);
}

/* How many flows of TABLE bear the cookie of app policy for RESOURCE. */
static unsigned count_flows(struct fixture *f, uint8_t table, uint64_t resource)
{
	unsigned n = 0;

	HMAP_FOREACH (node, &flow_set_desired(set_of(f))->nodes) {
		const struct flow_entry *e = flow_map_at(node);

		n += e->table == table &&
		     cookie_owner(e->cookie) == cookie_make(APP_POLICY, resource, 0);
	}
	return n;
}

static bool has_flow(struct fixture *f, const char *text)
{
	struct buf all = BUF_INIT;
	bool is_there;

	flow_map_print(flow_set_desired(set_of(f)), &all);
	is_there = strstr(buf_str(&all), text);
	buf_fini(&all);
	return is_there;
}

static void test_ports_become_masks(void **state)
{
	static const struct intent_range ranges[] = {
		{ 0, 65535 }, { 80, 80 }, { 1, 65534 }, { 1000, 1999 }, { 65535, 65535 }, { 0, 0 },
	};
	struct port_piece pieces[MAX_PORT_PIECES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(ranges); i++) {
		unsigned n = port_pieces(ranges[i], pieces);

		assert_true(n <= 30);
		for (unsigned port = 0; port < 65536; port++) {
			unsigned n_hits = 0;

			for (unsigned k = 0; k < n; k++)
				n_hits += (port & pieces[k].mask) == pieces[k].value;
			assert_int_equal(n_hits, port >= ranges[i].first && port <= ranges[i].last);
		}
	}
}

/* Each rule is asked on both sides, of whoever began. */
static void test_a_rule_in_both_directions(void **state)
{
	struct fixture *f = *state;
	struct intent_range ssh = { 22, 22 };
	struct intent_rule rule = any_rule(500);

	rule.protocol = 6;
	rule.ports = &ssh;
	rule.n_ports = 1;
	set_group(f, 100, &rule, 1);
	set_port(f, 9, 100);
	apps_set_location(f->apps, 9, SW, 3);
	assert_int_equal(count_flows(f, TABLE_POLICY_IN, 500), 1);
	assert_int_equal(count_flows(f, TABLE_POLICY_OUT, 500), 1);
	assert_true(has_flow(f, "table=42,priority=110,cookie=0x080000000001f402,"
				"ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=22,ip,reg4=0x1,"
				"reg5=0x40c720e7 actions=set_field:0x1->reg6,goto_table:43\n"));
	assert_true(has_flow(f, "table=27,priority=110,cookie=0x080000000001f401,"
				"ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=22,ip,reg3=0x40c720e7,"
				"reg4=0x2 actions=set_field:0x1->reg6,goto_table:30\n"));
	assert_recomputed_equal(f);
	set_group(f, 100, NULL, 0);
	assert_int_equal(count_flows(f, TABLE_POLICY_IN, 500), 0);
	assert_recomputed_equal(f);
}

/* A rule or a member more costs itself, however many there are. */
static void test_cost_of_a_change(void **state)
{
	struct fixture *f = *state;
	struct intent_range ports[1001];
	struct intent_rule rules[1001];
	uint64_t before;

	for (unsigned i = 0; i <= 1000; i++) {
		ports[i] = (struct intent_range){ 1 + i, 1 + i };
		rules[i] = any_rule(5000 + i);
		rules[i].protocol = 6;
		rules[i].ports = &ports[i];
		rules[i].n_ports = 1;
		rules[i].remote = REMOTE_TAG;
		rules[i].remote_id = 100;
	}
	set_group(f, 100, rules, 1000);
	for (unsigned i = 0; i < 300; i++)
		set_port(f, 1000 + i, 100);
	apps_set_location(f->apps, 1000, SW, 3);
	before = flow_set_n_touched(set_of(f));
	set_group(f, 100, rules, 1001);
	assert_int_equal(flow_set_n_touched(set_of(f)) - before, 2);
	before = flow_set_n_touched(set_of(f));
	set_group(f, 100, rules, 1000);
	assert_int_equal(flow_set_n_touched(set_of(f)) - before, 2);
	before = flow_set_n_touched(set_of(f));
	set_port(f, 3000, 100); /* an address and a link-local one, both ways */
	assert_int_equal(flow_set_n_touched(set_of(f)) - before, 4);
	assert_recomputed_equal(f);
}

/* The rules of those that find no bit any more name addresses, and follow their changes. */
static void test_more_remote_groups_than_bits(void **state)
{
	struct fixture *f = *state;
	struct intent_rule rules[140];

	for (unsigned i = 0; i < ARRAY_LENGTH(rules); i++) {
		rules[i] = any_rule(5000 + i);
		rules[i].remote = REMOTE_TAG;
		rules[i].remote_id = 200 + i;
	}
	set_group(f, 100, rules, ARRAY_LENGTH(rules));
	set_port(f, 9, 100);
	apps_set_location(f->apps, 9, SW, 3);
	assert_int_equal(count_flows(f, TABLE_POLICY_IN, 5000), 1);
	assert_int_equal(count_flows(f, TABLE_POLICY_IN, 5139), 0);
	set_port(f, 20, 200 + 139);
	set_port(f, 21, 200 + 139);
	assert_int_equal(count_flows(f, TABLE_POLICY_IN, 5139), 2);
	assert_true(has_flow(f, "nw_src=10.0.0.20"));
	assert_recomputed_equal(f);
	apps_remove_port(f->apps, 20);
	assert_int_equal(count_flows(f, TABLE_POLICY_IN, 5139), 1);
	assert_recomputed_equal(f);
	/* When others go, it stays as it is until it is stated anew; what it says is the same. */
	set_group(f, 100, &rules[130], 10);
	assert_int_equal(count_flows(f, TABLE_POLICY_IN, 5139), 1);
	assert_recomputed_equal(f);
}

static uint64_t cookie_in(struct fixture *f, uint8_t table, enum policy_purpose purpose)
{
	HMAP_FOREACH (n, &flow_set_desired(set_of(f))->nodes) {
		const struct flow_entry *e = flow_map_at(n);

		if (e->table == table && cookie_app(e->cookie) == APP_POLICY &&
		    cookie_purpose(e->cookie) == purpose)
			return e->cookie;
	}
	fail_msg("no such flow");
	return 0;
}

static void expect_explained(struct fixture *f, uint64_t cookie, const char *packet,
			     const char *text)
{
	struct arena arena = ARENA_INIT;
	struct of_match match = { 0 };
	struct status st = STATUS_INIT;
	struct buf out = BUF_INIT;
	const char *resource;

	if (of_match_parse(packet, &arena, &match, &st) < 0)
		fail_msg("%s", st.message);
	app_explain(f->apps, cookie, &match, &out);
	assert_string_equal(buf_str(&out), text);
	assert_string_equal(app_of_cookie(f->apps, cookie, &resource), "policy");
	assert_string_equal(resource, "projects/acme/securityGroups/web");
	arena_clear(&arena);
	buf_fini(&out);
}

static void test_explain(void **state)
{
	struct fixture *f = *state;
	struct intent_range ssh = { 22, 22 };
	struct intent_rule rule = any_rule(500);

	rule.name = "ssh";
	rule.protocol = 6;
	rule.ports = &ssh;
	rule.n_ports = 1;
	rule.remote = REMOTE_PREFIX;
	rule.prefix = (struct intent_prefix){ .bytes = { 10, 1 }, .length = 16 };
	set_group(f, 100, &rule, 1);
	set_port(f, 9, 100);
	apps_set_location(f->apps, 9, SW, 3);
	expect_explained(f, cookie_in(f, TABLE_POLICY_IN, POLICY_RULE_IN),
			 "tcp,nw_src=10.1.0.4,tp_dst=22",
			 "security groups: rule ssh of projects/acme/securityGroups/web allows tcp "
			 "22 from 10.1.0.4");
	expect_explained(
		f, cookie_in(f, TABLE_POLICY_IN, POLICY_NO_RULE_IN),
		"tcp,nw_src=10.0.0.4,tp_dst=22",
		"security groups: no ingress rule of group web allows tcp 22 from 10.0.0.4; "
		"the nearest, rule ssh of web, allows tcp 22 from 10.1.0.0/16");
	expect_explained(
		f, cookie_in(f, TABLE_POLICY_IN, POLICY_NO_RULE_IN),
		"udp,nw_src=10.0.0.4,tp_dst=53",
		"security groups: no ingress rule of group web allows udp 53 from 10.0.0.4; "
		"add one to allow it");
	expect_explained(
		f, cookie_in(f, TABLE_POLICY_OUT, POLICY_NO_RULE_OUT), "icmp,nw_dst=10.0.0.4",
		"security groups: no egress rule of group web allows icmp to 10.0.0.4; add "
		"one to allow it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports_become_masks),
		cmocka_unit_test_setup_teardown(test_a_rule_in_both_directions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cost_of_a_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_remote_groups_than_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
