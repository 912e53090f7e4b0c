/* Links between tables: what they find is what the tables say at that moment, in each snapshot. */

#include "dataplane/pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/tables.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/packets.h"

struct world {
	struct tables *tables;
	struct pipeline_thread *t;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->tables = tables_create(NULL);
	w->t = pipeline_thread_create(w->tables, &heap_packet_ops);
	pipeline_thread_use_cache(w->t, FLOW_CACHE_OFF);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pipeline_thread_destroy(w->tables, w->t);
	tables_destroy(w->tables);
	free(w);
	return 0;
}

static void change(struct world *w, uint8_t command, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct of_error err;

	if (of_flow_mod_parse(text, command, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	assert_int_equal(tables_flow_mod(w->tables, &fm, 0, &err), 0);
	arena_clear(&a);
}

static struct pipeline *compile(struct world *w, const struct pipeline *previous, bool is_linked)
{
	static const struct pipeline_port ports[] = { { 1 }, { 2 }, { 3 }, { 4 } };
	struct pipeline *p = pipeline_compile(w->tables, ports, ARRAY_LENGTH(ports), previous);

	if (is_linked)
		pipeline_link(p);
	return p;
}

static unsigned n_links(const struct pipeline *p, uint8_t table_id)
{
	struct pipeline_table_info info;

	pipeline_table_info(p, table_id, &info);
	return info.n_links;
}

/* The port that a UDP packet to 10.0.0.HOST, port PORT, leaves by; 0: it is dropped. */
static uint32_t way(struct world *w, const struct pipeline *p, unsigned host, unsigned port)
{
	struct flow_key key = { 0 };
	struct buf bytes = BUF_INIT;
	const struct pipeline_result *res;
	struct rte_mbuf *m;
	uint32_t to = 0;

	store_be16(&key.eth_type, 0x0800);
	key.ip_proto = 17;
	store_be32(&key.ipv4_dst, 0x0a000000 + host);
	store_be16(&key.tp_dst, port);
	packet_compose(&key, 0, &bytes);
	m = heap_packet_create(bytes.data, bytes.size);
	res = pipeline_run(p, w->t, &m, 1, 1, 1);
	if (res->n_out) {
		to = res->ports[0];
		heap_packet_destroy(res->pkts[0]);
	}
	buf_fini(&bytes);
	return to;
}

/* Hosts 1 to 9 get register 1; in table 1 each has a rule for port 22 and one for the rest. */
static void add_pipeline(struct world *w)
{
	char text[128];

	for (unsigned host = 1; host < 10; host++) {
		snprintf(text, sizeof(text),
			 "table=0,priority=1,ip,nw_dst=10.0.0.%u,actions=load:%u->NXM_NX_REG1[],"
			 "goto_table:1",
			 host, host);
		change(w, OFPFC_ADD, text);
		snprintf(text, sizeof(text),
			 "table=1,priority=2,reg1=%u,udp,tp_dst=22,actions=drop", host);
		change(w, OFPFC_ADD, text);
		snprintf(text, sizeof(text), "table=1,priority=1,reg1=%u,ip,actions=output:2",
			 host);
		change(w, OFPFC_ADD, text);
	}
}

static void links_lead_where_the_tables_do(void **state)
{
	struct world *w = *state;
	struct pipeline *p;

	add_pipeline(w);
	p = compile(w, NULL, false);
	assert_int_equal(n_links(p, 1), 0);
	assert_true(pipeline_wants_links(p));
	pipeline_release(p);
	p = compile(w, NULL, true);
	assert_int_equal(n_links(p, 1), 9);
	assert_false(pipeline_wants_links(p));
	assert_int_equal(way(w, p, 3, 80), 2);
	assert_int_equal(way(w, p, 3, 22), 0);
	assert_int_equal(way(w, p, 10, 80), 0);
	pipeline_release(p);
}

static void a_change_counts_at_once(void **state)
{
	struct world *w = *state;
	struct pipeline *old, *p;

	add_pipeline(w);
	old = compile(w, NULL, true);
	change(w, OFPFC_ADD, "table=1,priority=3,reg1=3,udp,tp_dst=80,actions=output:3");
	p = compile(w, old, false);
	assert_int_equal(n_links(p, 1), 0);
	assert_true(pipeline_wants_links(p));
	assert_int_equal(way(w, p, 3, 80), 3);
	assert_int_equal(way(w, old, 3, 80), 2);
	pipeline_release(p);

	/* Linked anew, while packets still run through the old ones. */
	p = compile(w, old, true);
	assert_int_equal(n_links(p, 1), 9);
	assert_int_equal(way(w, p, 3, 80), 3);
	assert_int_equal(way(w, old, 3, 80), 2);
	assert_int_equal(way(w, old, 3, 22), 0);
	pipeline_release(old);
	pipeline_release(p);
}

static void a_new_rule_links_next_time(void **state)
{
	struct world *w = *state;
	struct pipeline *old, *p;

	add_pipeline(w);
	old = compile(w, NULL, true);
	change(w, OFPFC_ADD,
	       "table=0,priority=5,ip,nw_dst=10.0.0.3,actions=load:4->NXM_NX_REG1[],goto_table:1");
	change(w, OFPFC_DELETE_STRICT, "table=0,priority=1,ip,nw_dst=10.0.0.5");
	p = compile(w, old, false);
	assert_int_equal(n_links(p, 1), 9); /* true still, though one rule is gone */
	assert_true(pipeline_wants_links(p));
	assert_int_equal(way(w, p, 3, 80), 2);
	assert_int_equal(way(w, p, 5, 80), 0);
	assert_int_equal(way(w, old, 5, 80), 2);
	pipeline_release(old);
	pipeline_release(p);
}

static void what_may_match_too_much_is_looked_up(void **state)
{
	struct world *w = *state;
	struct pipeline *p;
	char text[128];

	change(w, OFPFC_ADD, "table=0,ip,actions=load:7->NXM_NX_REG1[],goto_table:1");
	for (unsigned port = 1; port < 9; port++) {
		snprintf(text, sizeof(text), "table=1,reg1=7,udp,tp_dst=%u,actions=output:%u", port,
			 2 + port % 3);
		change(w, OFPFC_ADD, text);
	}
	p = compile(w, NULL, true);
	assert_int_equal(n_links(p, 1), 0);
	assert_false(pipeline_wants_links(p));
	for (unsigned port = 1; port < 9; port++)
		assert_int_equal(way(w, p, 1, port), 2 + port % 3);
	assert_int_equal(way(w, p, 1, 9), 0);
	pipeline_release(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(links_lead_where_the_tables_do, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_counts_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_rule_links_next_time, setup, teardown),
		cmocka_unit_test_setup_teardown(what_may_match_too_much_is_looked_up, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
