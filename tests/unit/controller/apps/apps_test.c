/* The apps' flows as text (tests/golden/apps-*.txt), incremental against recomputed, the phases
 * of ports, and what cookies say.  GOLDEN=write rewrites the golden files. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/apps/app_class.h"
#include "controller/apps/apps.h"
#include "controller/flows/cookie.h"
#include "lib/rng.h"

#define SW 0x2a

struct fixture {
	struct flow_sets *sets;
	struct apps *apps;
	struct buf told; /* phases, one a line */
};

static void told_phase(void *arg, uint64_t port_id, enum port_phase phase, uint64_t datapath_id,
		       uint32_t port_no, const char *why)
{
	static const char *const names[] = { "down", "pending", "active", "failed" };
	struct fixture *f = arg;

	buf_printf(&f->told, "%llu %s %llx:%u %s\n", (unsigned long long)port_id, names[phase],
		   (unsigned long long)datapath_id, port_no, why);
}

static const struct apps_events events = { .port_phase = told_phase };

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->sets = flow_sets_create();
	f->apps = apps_create(f->sets, &events, f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	apps_destroy(f->apps);
	flow_sets_destroy(f->sets);
	buf_fini(&f->told);
	free(f);
	return 0;
}

static void set_network(struct fixture *f, uint64_t id, const char *name)
{
	apps_set_network(f->apps, &(struct intent_network){ .id = id, .name = name });
}

/* Port ID of NETWORK with MAC 02:..:ID and, unless "", an IPv4 and an IPv6 address. */
static void set_port(struct fixture *f, uint64_t id, uint64_t network, const char *ipv4,
		     const char *ipv6, bool is_spoofing_allowed)
{
	char name[64];
	struct in_addr v4;
	struct in6_addr v6;
	struct intent_port p = {
		.id = id,
		.network_id = network,
		.name = name,
		.mac = { 2, 0, 0, 0, id >> 8, id },
		.n_ipv4 = inet_pton(AF_INET, ipv4, &v4) == 1,
		.n_ipv6 = inet_pton(AF_INET6, ipv6, &v6) == 1,
		.ipv4 = &v4,
		.ipv6 = &v6,
		.is_spoofing_allowed = is_spoofing_allowed,
	};

	snprintf(name, sizeof(name), "projects/acme/ports/p%llu", (unsigned long long)id);
	apps_set_port(f->apps, &p);
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	struct buf b = BUF_INIT;
	char piece[4096];
	size_t n;

	if (!file)
		return xstrdup("");
	while ((n = fread(piece, 1, sizeof(piece), file)))
		buf_add(&b, piece, n);
	fclose(file);
	return buf_steal(&b);
}

static void check_golden(const char *name, struct buf *text)
{
	const char *wish = getenv("GOLDEN");
	char path[128];
	char *golden;

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	if (wish && strcmp(wish, "write") == 0) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fwrite(text->data, 1, text->size, file);
		fclose(file);
	}
	golden = read_file(path);
	assert_string_equal(golden, buf_str(text));
	free(golden);
	buf_fini(text);
}

static void print_flows(struct fixture *f, struct buf *out)
{
	flow_map_print(flow_set_desired(flow_sets_get(f->sets, SW)), out);
}

static void test_golden_empty_switch(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT;

	apps_add_switch(f->apps, SW);
	print_flows(f, &text);
	check_golden("apps-empty.txt", &text);
}

static void test_golden_one_port(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT;

	set_network(f, 7, "projects/acme/networks/blue");
	set_port(f, 9, 7, "10.0.0.5", "fd00::5", false);
	apps_set_location(f->apps, 9, SW, 3);
	print_flows(f, &text);
	check_golden("apps-one-port.txt", &text);
}

static void test_golden_two_networks(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT;

	set_network(f, 7, "projects/acme/networks/blue");
	set_network(f, 8, "projects/globex/networks/red");
	set_port(f, 11, 7, "10.0.0.5", "", false);
	set_port(f, 12, 7, "10.0.0.6", "", false);
	set_port(f, 13, 8, "10.0.0.5", "", false);
	for (int i = 1; i <= 3; i++)
		apps_set_location(f->apps, 10 + i, SW, i);
	print_flows(f, &text);
	check_golden("apps-two-networks.txt", &text);
}

static void test_golden_spoofing_allowed(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT;

	set_network(f, 7, "projects/acme/networks/blue");
	set_port(f, 9, 7, "10.0.0.5", "", true);
	apps_set_location(f->apps, 9, SW, 3);
	print_flows(f, &text);
	check_golden("apps-spoofing-allowed.txt", &text);
}

/* Each statement of a flow names an app, and each app has only tables that are its own. */
static void test_apps_keep_to_their_tables(void **state)
{
	struct fixture *f = *state;

	set_network(f, 7, "projects/acme/networks/blue");
	set_port(f, 9, 7, "10.0.0.5", "fd00::5", false);
	apps_set_location(f->apps, 9, SW, 3);
	HMAP_FOREACH (n, &flow_set_desired(flow_sets_get(f->sets, SW))->nodes) {
		const struct flow_entry *e = flow_map_at(n);

		assert_non_null(layout_table(e->table));
		assert_int_equal(layout_table(e->table)->app, cookie_app(e->cookie));
	}
}

static void assert_recomputed_equal(struct fixture *f, uint64_t datapath_id)
{
	struct flow_map flows = FLOW_MAP_INIT;
	struct buf is = BUF_INIT, should = BUF_INIT;

	apps_recompute(f->apps, datapath_id, &flows);
	flow_map_print(flow_set_desired(flow_sets_get(f->sets, datapath_id)), &is);
	flow_map_print(&flows, &should);
	assert_string_equal(buf_str(&is), buf_str(&should));
	flow_map_fini(&flows);
	buf_fini(&is);
	buf_fini(&should);
}

static void random_change(struct fixture *f, struct rng *rng)
{
	uint64_t network = 1 + rng_below(rng, 3), port = 10 + rng_below(rng, 12);
	char ipv4[32];

	switch (rng_below(rng, 8)) {
	case 0:
		set_network(f, network, "n");
		break;
	case 1:
		apps_remove_network(f->apps, network);
		break;
	case 2:
		apps_remove_port(f->apps, port);
		break;
	case 3:
		apps_set_location(f->apps, port, SW, 0);
		break;
	case 4:
	case 5:
		apps_set_location(f->apps, port, SW + rng_below(rng, 2), 1 + rng_below(rng, 30));
		break;
	default:
		snprintf(ipv4, sizeof(ipv4), "10.0.0.%u", (unsigned)(1 + rng_below(rng, 20)));
		set_port(f, port, network, ipv4, rng_below(rng, 2) ? "fd00::1" : "",
			 rng_below(rng, 4) == 0);
	}
}

static void test_incremental_equals_recomputed(void **state)
{
	struct fixture *f = *state;
	struct rng rng;

	rng_seed(&rng, 7);
	apps_add_switch(f->apps, SW);
	apps_add_switch(f->apps, SW + 1);
	for (int i = 0; i < 1500; i++) {
		random_change(f, &rng);
		assert_recomputed_equal(f, SW);
		assert_recomputed_equal(f, SW + 1);
	}
	apps_restate_all(f->apps);
	assert_recomputed_equal(f, SW);
}

/* What a port's change costs does not depend on how many ports there are. */
static void test_cost_of_a_change(void **state)
{
	struct fixture *f = *state;
	struct flow_set *set = flow_sets_get(f->sets, SW);
	uint64_t cost[2];

	set_network(f, 7, "n");
	for (int i = 0; i < 200; i++) {
		uint64_t before = flow_set_n_touched(set);

		set_port(f, 100 + i, 7, "10.0.0.5", "", false);
		apps_set_location(f->apps, 100 + i, SW, 1 + i);
		cost[i == 199] = flow_set_n_touched(set) - before;
		if (i == 1)
			cost[0] = flow_set_n_touched(set) - before;
	}
	assert_int_equal(cost[0], cost[1]);
}

/* A network with more ports than one flow can list is flooded in parts, each port once. */
static void test_flood_of_a_huge_network(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT;
	unsigned n_outputs = 0, n_parts = 0;

	set_network(f, 7, "n");
	for (int i = 0; i < 2500; i++) {
		set_port(f, 100 + i, 7, "", "", true);
		if (i < 500)
			apps_set_location(f->apps, 100 + i, SW, 1 + i);
	}
	HMAP_FOREACH (n, &flow_set_desired(flow_sets_get(f->sets, SW))->nodes)
		assert_int_not_equal(flow_map_at(n)->table, TABLE_FLOOD);
	for (int i = 500; i < 2500; i++)
		apps_set_location(f->apps, 100 + i, SW, 1 + i);
	HMAP_FOREACH (n, &flow_set_desired(flow_sets_get(f->sets, SW))->nodes) {
		const struct flow_entry *e = flow_map_at(n);

		assert_true(e->n_wire_bytes < 60000);
		if (e->table == TABLE_FLOOD) {
			n_parts++;
			n_outputs += e->instructions->apply.n;
		}
	}
	assert_int_equal(n_outputs, 2500);
	assert_true(n_parts >= 2);
	buf_fini(&text);
}

static void expect_told(struct fixture *f, const char *text)
{
	assert_string_equal(buf_str(&f->told), text);
	buf_clear(&f->told);
}

static void test_phases(void **state)
{
	struct fixture *f = *state;
	struct flow_set *set = flow_sets_get(f->sets, SW);

	set_network(f, 7, "n");
	set_port(f, 9, 7, "10.0.0.5", "", false);
	expect_told(f, "");
	apps_set_location(f->apps, 9, SW, 3);
	expect_told(f, "9 pending 2a:3 waiting for the switch to acknowledge its flows\n");
	apps_acknowledged(f->apps, SW, flow_set_generation(set) - 1);
	expect_told(f, "");
	apps_acknowledged(f->apps, SW, flow_set_generation(set));
	expect_told(f, "9 active 2a:3 \n");
	/* Another port does not make this one wait. */
	set_port(f, 10, 7, "10.0.0.6", "", false);
	apps_set_location(f->apps, 10, SW, 4);
	expect_told(f, "10 pending 2a:4 waiting for the switch to acknowledge its flows\n");
	apps_refused(f->apps, SW, cookie_make(APP_ARP, 10, 1), "no");
	expect_told(f, "10 failed 2a:4 no\n");
	apps_acknowledged(f->apps, SW, flow_set_generation(set));
	expect_told(f, "");
	apps_refused(f->apps, SW, cookie_make(APP_ARP, 10, 1), NULL);
	expect_told(f, "10 active 2a:4 \n");
	apps_set_location(f->apps, 10, SW, 0);
	expect_told(f, "10 down 0:0 not attached\n");
}

static void expect_explained(struct fixture *f, uint64_t cookie, const char *packet,
			     const char *text)
{
	struct arena arena = ARENA_INIT;
	struct of_match match = { 0 };
	struct status st = STATUS_INIT;
	struct buf out = BUF_INIT;

	if (packet && of_match_parse(packet, &arena, &match, &st) < 0)
		fail_msg("%s", st.message);
	app_explain(f->apps, cookie, packet ? &match : NULL, &out);
	assert_string_equal(buf_str(&out), text);
	arena_clear(&arena);
	buf_fini(&out);
}

/* The cookie of the flow in TABLE that matches the text's fields with PRIORITY. */
static uint64_t cookie_of(struct fixture *f, uint8_t table, uint16_t priority, const char *match)
{
	struct buf text = BUF_INIT;
	uint64_t cookie = 0;

	HMAP_FOREACH (n, &flow_set_desired(flow_sets_get(f->sets, SW))->nodes) {
		const struct flow_entry *e = flow_map_at(n);

		buf_clear(&text);
		of_match_print(e->match, &text);
		if (e->table == table && e->priority == priority &&
		    strcmp(buf_str(&text), match) == 0)
			cookie = e->cookie;
	}
	buf_fini(&text);
	assert_int_not_equal(cookie, 0);
	return cookie;
}

static void test_explain(void **state)
{
	struct fixture *f = *state;

	set_network(f, 7, "projects/acme/networks/blue");
	set_port(f, 9, 7, "10.0.0.5", "fd00::5", false);
	apps_set_location(f->apps, 9, SW, 3);
	expect_explained(f, cookie_of(f, TABLE_SPOOF, 200, "ip,reg0=0x9,dl_src=02:00:00:00:00:09"),
			 "in_port=3,ip,nw_src=10.0.0.9",
			 "anti-spoofing of port projects/acme/ports/p9: source address 10.0.0.9 is "
			 "not the port's");
	expect_explained(f, cookie_of(f, TABLE_SPOOF, 0, "reg0=0x9"), NULL,
			 "anti-spoofing of port projects/acme/ports/p9: source MAC is not the "
			 "port's");
	expect_explained(f, cookie_of(f, TABLE_SPOOF, 200, "arp,reg0=0x9,dl_src=02:00:00:00:00:09"),
			 "arp,arp_spa=10.0.0.5,arp_sha=02:00:00:00:00:77",
			 "anti-spoofing of port projects/acme/ports/p9: ARP sender MAC "
			 "02:00:00:00:00:77 is not the port's");
	expect_explained(
		f, cookie_of(f, TABLE_FORWARD, 0, "reg1=0x7"), "dl_dst=02:00:00:00:00:33",
		"forwarding in network projects/acme/networks/blue: no port of the network "
		"on this host has MAC 02:00:00:00:00:33");
	expect_explained(f, cookie_make(APP_ADMIT, 0, 1), NULL,
			 "admission: it comes from a switch port that belongs to no network");
	expect_explained(f, cookie_make(APP_ARP, 4711, 1), NULL,
			 "ARP of a resource that is gone: answers the ARP request with the port's "
			 "MAC");
	expect_explained(f, 0, NULL, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_golden_empty_switch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_golden_one_port, setup, teardown),
		cmocka_unit_test_setup_teardown(test_golden_two_networks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_golden_spoofing_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_apps_keep_to_their_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_incremental_equals_recomputed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_cost_of_a_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flood_of_a_huge_network, setup, teardown),
		cmocka_unit_test_setup_teardown(test_phases, setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
