/* What groups promise, each by a small example; group_walk_test.c has the rest. */

#include "dataplane/pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/mods.h"

#define N_PORTS 5

struct world {
	struct tables *tables;
	struct pipeline *p;
	struct pipeline_thread *t;
	struct pipeline_port ports[N_PORTS];
	char out[256]; /* ports that packets left by: "2 3" */
	unsigned n_copies;
};

static struct rte_mbuf *counting_copy(void *ctx, const struct rte_mbuf *m)
{
	((struct world *)ctx)->n_copies++;
	return heap_packet_ops.copy(NULL, m);
}

static void counting_free(void *ctx, struct rte_mbuf **pkts, unsigned n)
{
	(void)ctx;
	heap_packet_ops.free(NULL, pkts, n);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct packet_ops ops = { counting_copy, counting_free, w };

	w->tables = tables_create(NULL);
	w->t = pipeline_thread_create(w->tables, &ops);
	for (unsigned i = 0; i < N_PORTS; i++)
		w->ports[i].number = i + 1;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pipeline_release(w->p);
	pipeline_thread_destroy(w->tables, w->t);
	tables_destroy(w->tables);
	free(w);
	return 0;
}

static void compile(struct world *w)
{
	struct pipeline *old = w->p;

	w->p = pipeline_compile(w->tables, w->ports, N_PORTS, old);
	pipeline_release(old);
}

static struct rte_mbuf *packet(void)
{
	struct flow_key key = { .ip_proto = 17, .ip_ttl = 64 };
	struct buf bytes = BUF_INIT;
	struct rte_mbuf *m;

	store_be16(&key.eth_type, 0x800);
	packet_compose(&key, 58, &bytes);
	m = heap_packet_create(bytes.data, bytes.size);
	buf_fini(&bytes);
	return m;
}

static void take(struct world *w, const struct pipeline_result *res)
{
	*w->out = '\0';
	for (unsigned i = 0; i < res->n_out; i++) {
		size_t n = strlen(w->out);

		snprintf(w->out + n, sizeof(w->out) - n, "%s%u", n ? " " : "", res->ports[i]);
		heap_packet_destroy(res->pkts[i]);
	}
}

/* A packet from port 1; where it went is returned. */
static const char *send(struct world *w)
{
	struct rte_mbuf *m = packet();

	w->n_copies = 0;
	take(w, pipeline_run(w->p, w->t, &m, 1, 1, 1));
	return w->out;
}

static void group(struct world *w, uint16_t command, const char *text)
{
	assert_int_equal(mod_group(w->tables, command, text), 0);
	compile(w);
}

static void flow(struct world *w, const char *text)
{
	assert_int_equal(mod_flow(w->tables, text), 0);
	compile(w);
}

/* A bucket is an action set: of two for one thing the later stands, in whatever order they come. */
static void a_bucket_is_an_action_set(void **state)
{
	struct world *w = *state;

	group(w, OF_GROUP_ADD, "group_id=1,type=indirect,bucket=output:4,dec_ttl,dec_ttl,output:2");
	flow(w, "ip,actions=group:1");
	assert_string_equal(send(w), "2");
}

static void failover_follows_ports_and_groups(void **state)
{
	struct world *w = *state;

	group(w, OF_GROUP_ADD,
	      "group_id=1,type=ff,bucket=watch_port:2,output:2,bucket=watch_port:3,output:3");
	group(w, OF_GROUP_ADD,
	      "group_id=2,type=ff,bucket=watch_group:1,group:1,bucket=watch_port:4,output:4");
	flow(w, "actions=group:2");
	assert_string_equal(send(w), "2");
	w->ports[1].state = OFPPS_LINK_DOWN;
	compile(w);
	assert_string_equal(send(w), "3");
	w->ports[2].config = OFPPC_PORT_DOWN;
	compile(w);
	assert_string_equal(send(w), "4");
	w->ports[3].state = OFPPS_LINK_DOWN;
	compile(w);
	assert_string_equal(send(w), "");
	assert_int_equal(counters_drop_sum(tables_counters(w->tables), DROP_NO_LIVE_BUCKET), 1);
	w->ports[1].state = 0;
	compile(w);
	assert_string_equal(send(w), "2");
}

static void a_group_in_a_set_takes_the_place_of_an_output(void **state)
{
	struct world *w = *state;

	group(w, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:2,bucket=output:3");
	flow(w, "actions=write_actions(output:4,group:1)");
	assert_string_equal(send(w), "2 3");
	flow(w, "actions=output:5,write_actions(output:4)");
	assert_string_equal(send(w), "5 4");
}

/* What buckets do to the packet is not seen after them, and copies are made only then. */
static void buckets_have_copies(void **state)
{
	struct world *w = *state;

	group(w, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:2,bucket=output:3");
	flow(w, "actions=group:1");
	assert_string_equal(send(w), "2 3");
	assert_int_equal(w->n_copies, 1);
	group(w, OF_GROUP_MODIFY, "group_id=1,type=indirect,bucket=push_vlan:0x8100,output:2");
	assert_string_equal(send(w), "2");
	assert_int_equal(w->n_copies, 0);
	flow(w, "actions=group:1,output:3");
	assert_string_equal(send(w), "2 3");
	assert_int_equal(w->n_copies, 1);
}

static struct of_group_stats stats_of(struct world *w, uint32_t id, struct arena *a)
{
	struct of_group_stats s;

	group_stats(tables_groups(w->tables), groups_find(tables_groups(w->tables), id), 0, a, &s);
	return s;
}

static void all_is_counted(void **state)
{
	struct world *w = *state;
	struct arena a = ARENA_INIT;
	struct of_group_stats s;

	group(w, OF_GROUP_ADD,
	      "group_id=1,type=all,bucket=bucket_id:1,output:2,bucket=bucket_id:2,output:3");
	flow(w, "actions=group:1");
	send(w);
	send(w);
	s = stats_of(w, 1, &a);
	assert_int_equal(s.n_packets, 2);
	assert_int_equal(s.n_bytes, 200);
	assert_int_equal(s.buckets[1].n_packets, 2);
	assert_int_equal(s.buckets[1].n_bytes, 200);
	group(w, OF_GROUP_REMOVE_BUCKET, "group_id=1,command_bucket_id=1");
	send(w);
	s = stats_of(w, 1, &a);
	assert_int_equal(s.n_packets, 3);
	assert_int_equal(s.buckets[0].n_packets, 3);
	group(w, OF_GROUP_MODIFY, "group_id=1,type=all,bucket=bucket_id:2,output:3");
	s = stats_of(w, 1, &a);
	assert_int_equal(s.n_packets, 3);
	assert_int_equal(s.buckets[0].n_packets, 0);
	/* A slot that is used again begins at zero. */
	group(w, OF_GROUP_DELETE, "group_id=1");
	group(w, OF_GROUP_ADD, "group_id=9,type=all,bucket=output:2");
	assert_int_equal(stats_of(w, 9, &a).n_packets, 0);
	assert_int_equal(stats_of(w, 9, &a).buckets[0].n_packets, 0);
	arena_clear(&a);
}

/* Three levels of a hundred buckets would be a million copies. */
static void bombs_are_cut(void **state)
{
	struct world *w = *state;
	struct buf text = BUF_INIT;

	group(w, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:2");
	for (unsigned g = 2; g <= 4; g++) {
		buf_clear(&text);
		buf_printf(&text, "group_id=%u,type=all", g);
		for (unsigned i = 0; i < 100; i++)
			buf_printf(&text, ",bucket=group:%u", g - 1);
		group(w, OF_GROUP_ADD, buf_str(&text));
	}
	buf_fini(&text);
	flow(w, "actions=group:4");
	assert_string_equal(send(w), "");
	assert_int_equal(counters_drop_sum(tables_counters(w->tables), DROP_GROUP_LIMIT), 1);
}

static void chains_are_bounded(void **state)
{
	struct world *w = *state;
	char text[64];

	group(w, OF_GROUP_ADD, "group_id=1,type=indirect,bucket=output:2");
	for (unsigned g = 2; g <= 100; g++) {
		snprintf(text, sizeof(text), "group_id=%u,type=indirect,bucket=group:%u", g, g - 1);
		assert_int_equal(mod_group(w->tables, OF_GROUP_ADD, text), 0);
	}
	flow(w, "actions=group:64");
	assert_string_equal(send(w), "2");
	flow(w, "actions=group:100");
	assert_string_equal(send(w), "");
	assert_int_equal(counters_drop_sum(tables_counters(w->tables), DROP_GROUP_LIMIT), 1);
}

/* A snapshot is of one moment: tables, groups and meters. */
static void a_snapshot_does_not_change(void **state)
{
	struct world *w = *state;

	group(w, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:2");
	flow(w, "actions=group:1");
	assert_int_equal(
		mod_group(w->tables, OF_GROUP_MODIFY, "group_id=1,type=all,bucket=output:3"), 0);
	assert_string_equal(send(w), "2");
	assert_int_equal(mod_group(w->tables, OF_GROUP_DELETE, "group_id=1"), 0);
	assert_int_equal(mod_group(w->tables, OF_GROUP_ADD, "group_id=7,type=all,bucket=output:4"),
			 0);
	assert_string_equal(send(w), "2");
	compile(w);
	assert_string_equal(send(w), "");
}

/* A packet-out names its group before it runs; the group may be gone by then, and another one in
 * its place. */
static void packet_outs_find_their_group_or_none(void **state)
{
	struct world *w = *state;
	struct action_env env = { .is_packet_out = true,
				  .refs = tables_refs(w->tables),
				  .n_tables = TABLES_N };
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_actions acts;
	struct of_error err;
	struct action_program *program;

	group(w, OF_GROUP_ADD, "group_id=1,type=all,bucket=output:2");
	assert_int_equal(of_actions_parse("group:1", &a, &acts, &st), 0);
	program = action_compile(&acts, &env, &err);
	assert_non_null(program);
	take(w, pipeline_execute(w->p, w->t, packet(), OF_PORT_CONTROLLER, program, 1));
	assert_string_equal(w->out, "2");
	group(w, OF_GROUP_DELETE, "group_id=1");
	group(w, OF_GROUP_ADD, "group_id=2,type=all,bucket=output:3");
	take(w, pipeline_execute(w->p, w->t, packet(), OF_PORT_CONTROLLER, program, 1));
	assert_string_equal(w->out, "");
	assert_int_equal(counters_drop_sum(tables_counters(w->tables), DROP_NO_GROUP), 1);
	action_program_destroy(program);
	arena_clear(&a);
}

static void a_trace_tells_of_groups_and_meters(void **state)
{
	struct world *w = *state;
	struct rte_mbuf *m = packet();
	struct buf text = BUF_INIT;
	size_t size;
	const uint8_t *data = heap_packet_data(m, &size);

	mod_meter(w->tables, OF_METER_ADD,
		  "meter=3,pktps,burst,bands=type=drop,rate=10,burst_size=1");
	group(w, OF_GROUP_ADD, "group_id=1,type=ff,bucket=bucket_id:4,watch_port:2,output:2");
	flow(w, "actions=meter:3,group:1");
	for (unsigned i = 0; i < 3; i++) { /* it is not charged */
		buf_clear(&text);
		pipeline_trace(w->p, data, size, 1, 0, &text, NULL);
	}
	if (!strstr(buf_str(&text),
		    "meter 3: this packet is not charged, above 10 packets/s it is dropped") ||
	    !strstr(buf_str(&text),
		    "group 1 (fast failover): bucket 4 of 1, the first that is live") ||
	    !strstr(buf_str(&text), "-> sent to port 2"))
		fail_msg("%s", buf_str(&text));
	assert_string_equal(send(w), "2");
	buf_fini(&text);
	heap_packet_destroy(m);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bucket_is_an_action_set),
		TEST(failover_follows_ports_and_groups),
		TEST(a_group_in_a_set_takes_the_place_of_an_output),
		TEST(buckets_have_copies),
		TEST(all_is_counted),
		TEST(bombs_are_cut),
		TEST(chains_are_bounded),
		TEST(a_snapshot_does_not_change),
		TEST(packet_outs_find_their_group_or_none),
		TEST(a_trace_tells_of_groups_and_meters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
