/* The compiled pipeline against the naive one: random tables that change, ports and packets.
 * Same outputs byte by byte in the same order, same punts, drops, and counts; and a trace tells
 * the same. */

#include "dataplane/pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-1.0.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/tables.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/naive_pipeline.h"
#include "tests/fakes/dataplane/packets.h"
#include "tests/fakes/dataplane/random_flows.h"

#define BURST 32
#define KNOWN 8

struct run {
	struct rng rng;
	struct tables *tables;
	struct pipeline *pipeline;
	struct pipeline_thread *thread;
	struct pipeline_port ports[RANDOM_PORTS];
	unsigned n_cookies;	      /* given out */
	struct flow_key known[KNOWN]; /* packets that come again and again */
	unsigned n_accepted, n_sent, n_dropped, n_punted;
	uint64_t n_cached, n_links;
	uint64_t drops[DROP_N_REASONS];
};

static void random_ports(struct run *r)
{
	static const uint32_t configs[] = { OFPPC_PORT_DOWN, OFPPC_NO_FWD, OFPPC10_NO_FLOOD,
					    OFPPC_NO_RECV, OFPPC_NO_PACKET_IN };

	for (unsigned i = 0; i < RANDOM_PORTS; i++) {
		r->ports[i] = (struct pipeline_port){ .number = i + 1 };
		if (rng_below(&r->rng, 4) == 0)
			r->ports[i].config = configs[rng_below(&r->rng, ARRAY_LENGTH(configs))];
	}
}

/* A random change of the tables; a flow's cookie is its number, so that its hits are known. */
static void change_flows(struct run *r, uint8_t command)
{
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_flow_mod fm;

	random_flow(&r->rng, &a, &fm);
	fm.command = command;
	if (command == OFPFC_ADD)
		fm.cookie = r->n_cookies++;
	fm.flags = OF_FLOW_RESET_COUNTS * (command == OFPFC_ADD);
	r->n_accepted += tables_flow_mod(r->tables, &fm, 0, &err) == 0;
	arena_clear(&a);
}

static void add_flows(struct run *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		change_flows(r, OFPFC_ADD);
}

/* Some changes, alone or in a transaction that may be undone, and the next snapshot. */
static void change_world(struct run *r)
{
	static const uint8_t commands[] = { OFPFC_ADD,		OFPFC_ADD,	     OFPFC_ADD,
					    OFPFC_MODIFY,	OFPFC_MODIFY_STRICT, OFPFC_DELETE,
					    OFPFC_DELETE_STRICT };
	struct pipeline *old = r->pipeline;
	bool is_transaction = rng_below(&r->rng, 2);
	struct pipeline_table_info info;

	if (is_transaction)
		tables_begin(r->tables);
	for (unsigned n = rng_below(&r->rng, 6); n > 0; n--)
		change_flows(r, commands[rng_below(&r->rng, ARRAY_LENGTH(commands))]);
	if (is_transaction && rng_below(&r->rng, 2))
		tables_rollback(r->tables);
	else if (is_transaction)
		tables_commit(r->tables, 0);
	if (rng_below(&r->rng, 4) == 0)
		random_ports(r);
	r->pipeline = pipeline_compile(r->tables, r->ports, RANDOM_PORTS, old);
	if (rng_below(&r->rng, 3) == 0)
		pipeline_link(r->pipeline);
	for (unsigned id = 0; id < TABLES_N; id++) {
		pipeline_table_info(r->pipeline, id, &info);
		r->n_links += info.n_links;
	}
	pipeline_release(old);
}

static void compare_output(const struct naive_output *want, const struct rte_mbuf *m)
{
	size_t size;
	const uint8_t *data = heap_packet_data(m, &size);

	assert_int_equal(size, want->size);
	assert_memory_equal(data, want->data, size);
}

static void compare_punt(const struct naive_output *want, const struct pipeline_punt *punt)
{
	assert_int_equal(punt->reason, want->reason);
	assert_int_equal(punt->table_id, want->table_id);
	assert_int_equal(punt->cookie, want->cookie);
	/* A line that nothing looks at or writes is not there, but the first one is always. */
	assert_int_equal(punt->lines & KEY_LINE_REGS ? load_be32(&punt->key.reg[0]) : 0,
			 want->reg0);
	assert_int_equal(load_be64(&punt->key.metadata), want->metadata);
	compare_output(want, punt->pkt);
}

/* The outputs of one packet, from *OUT and *PUNT on. */
static void compare_packet(struct run *r, const struct naive_result *want,
			   const struct pipeline_result *res, unsigned *out, unsigned *punt)
{
	for (unsigned i = 0; i < want->n; i++) {
		const struct naive_output *o = &want->outputs[i];

		if (o->port == OF_PORT_CONTROLLER) {
			assert_true(*punt < res->n_punts);
			compare_punt(o, &res->punts[(*punt)++]);
			r->n_punted++;
			continue;
		}
		assert_true(*out < res->n_out);
		assert_int_equal(res->ports[*out], o->port);
		compare_output(o, res->pkts[(*out)++]);
		r->n_sent++;
	}
	r->drops[want->dropped] += want->dropped != DROP_NONE;
	r->n_dropped += want->dropped != DROP_NONE;
}

struct told {
	unsigned n_outputs, n_punts;
	enum drop_reason dropped;
};

static void on_step(void *ctx, const struct pipeline_step *step)
{
	struct told *t = ctx;

	t->n_outputs += step->kind == PIPELINE_STEP_OUTPUT && step->reason == DROP_NONE;
	t->n_punts += step->kind == PIPELINE_STEP_PUNTED;
	if (step->kind == PIPELINE_STEP_DROPPED)
		t->dropped = step->reason;
}

static void compare_trace(struct run *r, const struct naive_result *want, const struct buf *packet,
			  uint32_t in_port)
{
	struct told told = { 0 };
	struct pipeline_recorder rec = { on_step, &told };
	struct buf text = BUF_INIT;
	unsigned n_punts = 0;

	for (unsigned i = 0; i < want->n; i++)
		n_punts += want->outputs[i].port == OF_PORT_CONTROLLER;
	pipeline_trace(r->pipeline, packet->data, packet->size, in_port, 0, &text, &rec);
	assert_int_equal(told.n_outputs, want->n - n_punts);
	assert_int_equal(told.n_punts, n_punts);
	assert_int_equal(told.dropped, want->dropped);
	assert_true(text.size > 0);
	buf_fini(&text);
}

static void add_hits(const struct naive_result *want, unsigned *hits)
{
	for (unsigned c = 0; c < ARRAY_LENGTH(want->hits); c++)
		hits[c] += want->hits[c];
}

/* Often one that was there before. */
static void next_packet_key(struct run *r, struct flow_key *key)
{
	struct flow_key *known = &r->known[rng_below(&r->rng, KNOWN)];

	if (rng_below(&r->rng, 4) == 0)
		random_packet_key(&r->rng, known);
	*key = *known;
}

static void run_burst(struct run *r, uint32_t in_port, unsigned *hits)
{
	static struct naive_result want[BURST];
	unsigned n = 1 + rng_below(&r->rng, BURST), out = 0, punt = 0;
	struct rte_mbuf *pkts[BURST] = { 0 };
	const struct pipeline_result *res;
	unsigned n_kinds = rng_below(&r->rng, 4);
	struct flow_key key;

	for (unsigned i = 0; i < n; i++) {
		struct buf packet = BUF_INIT;

		/* Trains of equal packets, and bursts that are one, as real traffic has. */
		if (i == 0 || rng_below(&r->rng, 4) < n_kinds)
			next_packet_key(r, &key);
		packet_compose(&key, rng_below(&r->rng, 20), &packet);
		pkts[i] = heap_packet_create(packet.data, packet.size);
		naive_run(r->tables, r->ports, RANDOM_PORTS, packet.data, packet.size, in_port,
			  &want[i]);
		if (i < 4)
			compare_trace(r, &want[i], &packet, in_port);
		add_hits(&want[i], hits);
		buf_fini(&packet);
	}
	res = pipeline_run(r->pipeline, r->thread, pkts, n, in_port, 1);
	for (unsigned i = 0; i < n; i++)
		compare_packet(r, &want[i], res, &out, &punt);
	assert_int_equal(out, res->n_out);
	assert_int_equal(punt, res->n_punts);
	for (unsigned i = 0; i < res->n_out; i++)
		heap_packet_destroy(res->pkts[i]);
	for (unsigned i = 0; i < res->n_punts; i++)
		heap_packet_destroy(res->punts[i].pkt);
	for (unsigned i = 0; i < n; i++)
		naive_result_fini(&want[i]);
}

struct counted {
	struct run *run;
	const unsigned *hits;
};

static bool compare_flow(void *ctx, const struct flow *f)
{
	struct counted *c = ctx;

	assert_int_equal(flow_counts(c->run->tables, f).n_packets, c->hits[f->rule->cookie]);
	return true;
}

static void compare_counts(struct run *r, const unsigned *hits)
{
	struct counted c = { r, hits };
	struct flow_filter all = { .table_id = OF_TABLE_ALL,
				   .out_port = OF_PORT_ANY,
				   .out_group = OF_GROUP_ANY };
	uint64_t n_hits = 0, n_matched = 0;

	tables_each(r->tables, &all, compare_flow, &c);
	for (unsigned i = 0; i < 1024; i++)
		n_hits += hits[i];
	for (unsigned id = 0; id < TABLES_N; id++)
		n_matched += counters_table_sum(tables_counters(r->tables), id).n_matched;
	assert_int_equal(n_matched, n_hits);
	for (unsigned d = DROP_NONE + 1; d < DROP_N_REASONS; d++)
		if (counters_drop_sum(tables_counters(r->tables), d) != r->drops[d])
			fail_msg("%s: %llu, not %llu", drop_reason_name(d),
				 (unsigned long long)counters_drop_sum(tables_counters(r->tables),
								       d),
				 (unsigned long long)r->drops[d]);
}

static void one_world(struct run *total, uint64_t seed, unsigned n_flows)
{
	struct run r = { 0 };
	unsigned hits[1024] = { 0 };

	rng_seed(&r.rng, seed);
	r.tables = tables_create(NULL);
	r.thread = pipeline_thread_create(r.tables, &heap_packet_ops);
	pipeline_thread_use_cache(r.thread, seed % 2 ? FLOW_CACHE_ON : FLOW_CACHE_OFF);
	for (unsigned i = 0; i < KNOWN; i++)
		random_packet_key(&r.rng, &r.known[i]);
	random_ports(&r);
	add_flows(&r, n_flows);
	for (unsigned b = 0; b < 12; b++) {
		uint32_t in_port = 1 + rng_below(&r.rng, RANDOM_PORTS + 1);

		change_world(&r);
		run_burst(&r, in_port, hits);
		if (seed % 2)
			run_burst(&r, in_port, hits);
	}
	compare_counts(&r, hits);
	total->n_links += r.n_links;
	total->n_cached += pipeline_thread_cache_stats(r.thread).n_hit;
	pipeline_release(r.pipeline);
	pipeline_thread_destroy(r.tables, r.thread);
	tables_destroy(r.tables);
	total->n_accepted += r.n_accepted;
	total->n_sent += r.n_sent;
	total->n_dropped += r.n_dropped;
	total->n_punted += r.n_punted;
}

static void compiled_equals_naive(void **state)
{
	struct run total = { 0 };

	(void)state;
	for (uint64_t seed = 0; seed < 600; seed++)
		one_world(&total, seed, 2 + seed % 60);
	/* Tables so large that snapshots are made from the ones before. */
	for (unsigned seed = 0; seed < 15; seed++)
		one_world(&total, 1000 + seed, 600);
	print_message("%u flows, %u sent, %u dropped, %u punted, %llu known to the cache, "
		      "%llu links\n",
		      total.n_accepted, total.n_sent, total.n_dropped, total.n_punted,
		      (unsigned long long)total.n_cached, (unsigned long long)total.n_links);
	/* The worlds must not be so poor that nothing was compared. */
	assert_true(total.n_accepted > 2000);
	assert_true(total.n_sent > 5000);
	assert_true(total.n_dropped > 5000);
	assert_true(total.n_punted > 500);
	assert_true(total.n_cached > 500);
	assert_true(total.n_links > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiled_equals_naive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
