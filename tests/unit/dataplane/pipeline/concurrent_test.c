/* Packets that run through snapshots in several threads while the tables change: each snapshot,
 * made from the one before, does to them what one does that is made of nothing, and nothing that is
 * freed is read.  To be run with sanitizers as well (make check-asan, make check-tsan). */

#include "dataplane/pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <rte_mbuf.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/tables.h"
#include "tests/fakes/dataplane/packets.h"
#include "tests/fakes/dataplane/random_flows.h"
#include "tests/fakes/dataplane/readers.h"

#define BURST	16
#define N_STEPS 100

struct version {
	struct pipeline *p, *fresh;
};

struct world {
	struct rng rng;
	struct tables *tables;
	struct pipeline *newest;
	struct rng rngs[READERS];
	struct pipeline_thread *threads[READERS][2];
	uint64_t n_sent[READERS];
};

static struct pipeline *compile(struct world *w, const struct pipeline *previous)
{
	struct pipeline_port ports[RANDOM_PORTS];

	for (unsigned i = 0; i < RANDOM_PORTS; i++)
		ports[i] = (struct pipeline_port){ .number = i + 1 };
	return pipeline_compile(w->tables, ports, RANDOM_PORTS, previous);
}

static struct version *version_create(struct world *w)
{
	struct version *v = xcalloc(1, sizeof(*v));

	v->p = compile(w, w->newest);
	v->fresh = compile(w, NULL);
	w->newest = v->p;
	return v;
}

static void version_free(void *published)
{
	struct version *v = published;

	pipeline_release(v->p);
	pipeline_release(v->fresh);
	free(v);
}

/* --- what a worker does --- */

static bool packets_equal(const struct rte_mbuf *a, const struct rte_mbuf *b)
{
	return a->pkt_len == b->pkt_len &&
	       memcmp(rte_pktmbuf_mtod(a, const void *), rte_pktmbuf_mtod(b, const void *),
		      a->data_len) == 0;
}

static bool results_equal(const struct pipeline_result *a, const struct pipeline_result *b)
{
	if (a->n_out != b->n_out || a->n_punts != b->n_punts)
		return false;
	for (unsigned i = 0; i < a->n_out; i++)
		if (a->ports[i] != b->ports[i] || !packets_equal(a->pkts[i], b->pkts[i]))
			return false;
	for (unsigned i = 0; i < a->n_punts; i++)
		if (a->punts[i].cookie != b->punts[i].cookie ||
		    a->punts[i].reason != b->punts[i].reason ||
		    !packets_equal(a->punts[i].pkt, b->punts[i].pkt))
			return false;
	return true;
}

static void give_back(const struct pipeline_result *res)
{
	for (unsigned i = 0; i < res->n_out; i++)
		heap_packet_destroy(res->pkts[i]);
	for (unsigned i = 0; i < res->n_punts; i++)
		heap_packet_destroy(res->punts[i].pkt);
}

static bool run_burst(void *ctx, unsigned i, const void *published)
{
	const struct pipeline_result *res[2];
	const struct version *v = published;
	struct rte_mbuf *pkts[2][BURST];
	struct world *w = ctx;
	uint32_t in_port = 1 + rng_below(&w->rngs[i], RANDOM_PORTS);
	bool is_good;

	for (unsigned k = 0; k < BURST; k++) {
		struct buf bytes = BUF_INIT;
		struct flow_key key;

		random_packet_key(&w->rngs[i], &key);
		packet_compose(&key, 20, &bytes);
		pkts[0][k] = heap_packet_create(bytes.data, bytes.size);
		pkts[1][k] = heap_packet_create(bytes.data, bytes.size);
		buf_fini(&bytes);
	}
	res[0] = pipeline_run(v->p, w->threads[i][0], pkts[0], BURST, in_port, 1);
	res[1] = pipeline_run(v->fresh, w->threads[i][1], pkts[1], BURST, in_port, 1);
	is_good = results_equal(res[0], res[1]);
	w->n_sent[i] += res[0]->n_out;
	give_back(res[0]);
	give_back(res[1]);
	return is_good;
}

/* --- what the control thread does --- */

static void change_flows(struct world *w)
{
	static const uint8_t commands[] = { OFPFC_ADD,		OFPFC_ADD,	     OFPFC_ADD,
					    OFPFC_MODIFY,	OFPFC_MODIFY_STRICT, OFPFC_DELETE,
					    OFPFC_DELETE_STRICT };
	bool is_transaction = rng_below(&w->rng, 2);

	if (is_transaction)
		tables_begin(w->tables);
	for (unsigned n = 1 + rng_below(&w->rng, 8); n > 0; n--) {
		struct arena a = ARENA_INIT;
		struct of_flow_mod fm;
		struct of_error err;

		random_flow(&w->rng, &a, &fm);
		fm.command = commands[rng_below(&w->rng, ARRAY_LENGTH(commands))];
		tables_flow_mod(w->tables, &fm, 1, &err);
		arena_clear(&a);
	}
	if (is_transaction && rng_below(&w->rng, 2))
		tables_rollback(w->tables);
	else if (is_transaction)
		tables_commit(w->tables, 1);
}

static bool count_flow(void *ctx, const struct flow *f)
{
	struct world *w = ctx;

	flow_counts(w->tables, f); /* while workers count */
	return true;
}

static void look(struct world *w)
{
	struct flow_filter all = { .table_id = OF_TABLE_ALL,
				   .out_port = OF_PORT_ANY,
				   .out_group = OF_GROUP_ANY };

	tables_each(w->tables, &all, count_flow, w);
	for (unsigned d = DROP_NONE + 1; d < DROP_N_REASONS; d++)
		counters_drop_sum(tables_counters(w->tables), d);
	counters_table_sum(tables_counters(w->tables), 0);
}

static void a_world(uint64_t seed, unsigned n_flows, uint64_t *n_sent)
{
	struct world *w = xcalloc(1, sizeof(*w));
	unsigned n_steps = 0;
	struct readers *r;
	bool is_good;

	rng_seed(&w->rng, seed);
	w->tables = tables_create(NULL);
	for (unsigned i = 0; i < READERS; i++) {
		rng_seed(&w->rngs[i], 100 * seed + i);
		for (unsigned k = 0; k < 2; k++)
			w->threads[i][k] = pipeline_thread_create(w->tables, &heap_packet_ops);
		pipeline_thread_use_cache(w->threads[i][0], FLOW_CACHE_ON);
		pipeline_thread_use_cache(w->threads[i][1], FLOW_CACHE_OFF);
	}
	while (n_flows--)
		change_flows(w);
	r = readers_start(version_create(w), run_burst, version_free, w);
	do {
		change_flows(w);
		if (n_steps % 16 == 0)
			look(w);
	} while (readers_publish(r, version_create(w)) && ++n_steps < N_STEPS);
	is_good = readers_stop(r);
	for (unsigned i = 0; i < READERS; i++) {
		*n_sent += w->n_sent[i];
		for (unsigned k = 0; k < 2; k++)
			pipeline_thread_destroy(w->tables, w->threads[i][k]);
	}
	tables_destroy(w->tables);
	free(w);
	if (!is_good)
		fail_msg("seed %llu: a snapshot did other things than one made of nothing",
			 (unsigned long long)seed);
}

static void snapshots_change_under_packets(void **state)
{
	uint64_t n_sent = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++)
		a_world(seed, 20 * seed, &n_sent);
	print_message("%llu packets sent\n", (unsigned long long)n_sent);
	assert_true(n_sent > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshots_change_under_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
