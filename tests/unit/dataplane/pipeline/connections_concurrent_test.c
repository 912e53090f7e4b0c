/* Two workers have the two directions of the same connections while flows and snapshots change,
 * time goes by, strangers' connections come and are flushed, and packets are traced: nothing that
 * the rules allow is lost, and what is translated comes out as it must.  To be run with sanitizers
 * as well (make check-asan, make check-tsan). */

#include "dataplane/pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/conntrack.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/tables.h"
#include "lib/rng.h"
#include "tests/fakes/dataplane/mods.h"
#include "tests/fakes/dataplane/readers.h"
#include "tests/fakes/dataplane/tcp_talk.h"

#define N_TALKS	  256
#define BURST	  16
#define N_STEPS	  150
#define N_PORTS	  4
#define STRANGERS 3
#define PUBLIC	  0xc0000201u
#define SERVER	  0x14000001u

/* One is between a client, behind port 1, and the server, behind port 2. */
struct conversation {
	/* As the server sees it, in host order; 0: it has not begun.  Set by the client's side. */
	uint16_t port;
	bool is_answered; /* the server's first packet has come through */
	bool is_agreed;	  /* the client's packet after that has */
};

struct world {
	struct rng rng;
	struct conntrack *ct;
	struct tables *tables;
	struct pipeline *newest;
	uint64_t now_ns; /* atomic */
	struct rng rngs[READERS];
	struct pipeline_thread *threads[READERS];
	struct conversation talks[N_TALKS];
	uint64_t n_passed[READERS];
};

static uint64_t now(const struct world *w)
{
	return __atomic_load_n(&w->now_ns, __ATOMIC_RELAXED);
}

/* --- packets --- */

static bool is_udp(unsigned n)
{
	return n & 1;
}

static bool is_translated(unsigned n)
{
	return n & 2;
}

static uint32_t client(unsigned n)
{
	return (is_translated(n) ? 0x0a010000u : 0x0a000000u) + n;
}

/* Several have the same, which NAT must tell apart. */
static uint16_t client_port(unsigned n)
{
	return (uint16_t)(1000 + n / 8);
}

static struct rte_mbuf *compose(uint8_t proto, const uint32_t ends[2], const uint16_t ports[2],
				uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct talk t = { .flags = flags, .seq = seq, .ack = ack };

	t.tuple = (struct ct_tuple){ .family = 4, .proto = proto };
	for (unsigned i = 0; i < 2; i++) {
		store_be32(i ? t.tuple.dst.bytes : t.tuple.src.bytes, ends[i]);
		store_be16(i ? &t.tuple.dst_port : &t.tuple.src_port, ports[i]);
	}
	return talk_packet(&t).m;
}

/* What the client sends: SYNs until one is answered, then ACKs. */
static struct rte_mbuf *ask(const struct world *w, unsigned n)
{
	bool is_answered = __atomic_load_n(&w->talks[n].is_answered, __ATOMIC_ACQUIRE);
	const uint32_t ends[] = { client(n), SERVER };
	const uint16_t ports[] = { client_port(n), 80 };

	return compose(is_udp(n) ? IPPROTO_UDP : IPPROTO_TCP, ends, ports,
		       is_answered ? TALK_ACK : TALK_SYN, is_answered ? 101 : 100,
		       is_answered ? 501 : 0);
}

/* SYN+ACKs until one is acknowledged, then ACKs. */
static struct rte_mbuf *answer(const struct world *w, unsigned n, uint16_t port)
{
	bool is_agreed = __atomic_load_n(&w->talks[n].is_agreed, __ATOMIC_ACQUIRE);
	const uint32_t ends[] = { SERVER, is_translated(n) ? PUBLIC : client(n) };
	const uint16_t ports[] = { 80, port };

	return compose(is_udp(n) ? IPPROTO_UDP : IPPROTO_TCP, ends, ports,
		       is_agreed ? TALK_ACK : TALK_SYN | TALK_ACK, is_agreed ? 501 : 500, 101);
}

static struct rte_mbuf *stranger(struct rng *rng)
{
	const uint32_t ends[] = { 0x1e000000u + (uint32_t)rng_below(rng, 64), 0x1f000001u };
	const uint16_t ports[] = { (uint16_t)(1 + rng_below(rng, 16)), 5353 };
	bool is_back = rng_below(rng, 2);
	const uint32_t swapped[] = { ends[is_back], ends[!is_back] };
	const uint16_t swapped_ports[] = { ports[is_back], ports[!is_back] };

	return compose(IPPROTO_UDP, swapped, swapped_ports, 0, 0, 0);
}

/* --- workers --- */

struct burst {
	struct rte_mbuf *pkts[BURST];
	unsigned talks[BURST]; /* N_TALKS: a stranger's */
	bool has_passed[BURST];
	unsigned n;
};

static bool is_tuple(const struct flow_key *key, uint32_t src, uint32_t dst, uint16_t src_port,
		     uint16_t dst_port)
{
	return ntohl(key->ipv4_src) == src && ntohl(key->ipv4_dst) == dst &&
	       ntohs(key->tp_src) == src_port && ntohs(key->tp_dst) == dst_port;
}

/* What came out of the client's packet. */
static bool is_right_question(struct world *w, unsigned n, const struct flow_key *key,
			      uint32_t out_port)
{
	struct conversation *talk = &w->talks[n];
	uint16_t port = talk->port ? talk->port : ntohs(key->tp_src);
	bool is_after_answer = is_udp(n) ? __atomic_load_n(&talk->is_answered, __ATOMIC_ACQUIRE)
					 : !(key->tcp_flags & htons(TALK_SYN));

	if (!is_translated(n) && port != client_port(n))
		return false;
	if (is_after_answer)
		__atomic_store_n(&talk->is_agreed, true, __ATOMIC_RELEASE);
	__atomic_store_n(&talk->port, port, __ATOMIC_RELEASE);
	return (out_port == 2 || out_port == 3) &&
	       is_tuple(key, is_translated(n) ? PUBLIC : client(n), SERVER, port, 80);
}

static bool is_right_answer(struct world *w, unsigned n, const struct flow_key *key,
			    uint32_t out_port)
{
	__atomic_store_n(&w->talks[n].is_answered, true, __ATOMIC_RELEASE);
	return out_port == 1 && is_tuple(key, SERVER, client(n), 80, client_port(n));
}

static bool is_right(struct world *w, unsigned worker, struct burst *b, struct rte_mbuf *m,
		     uint32_t out_port)
{
	struct talk_packet p = { .m = m };
	unsigned i = 0;

	while (i < b->n && (b->pkts[i] != m || b->has_passed[i]))
		i++;
	if (i == b->n)
		return false;
	b->has_passed[i] = true;
	if (packet_parse(m, &p.key, &p.layout) != DROP_NONE || talk_packet_check(&p))
		return false;
	if (b->talks[i] == N_TALKS)
		return out_port == 4;
	w->n_passed[worker]++;
	return worker ? is_right_answer(w, b->talks[i], &p.key, out_port)
		      : is_right_question(w, b->talks[i], &p.key, out_port);
}

static void fill_burst(struct world *w, unsigned worker, struct burst *b)
{
	struct rng *rng = &w->rngs[worker];

	for (b->n = 0; b->n < BURST - STRANGERS; b->n++) {
		unsigned n = (unsigned)rng_below(rng, N_TALKS);
		uint16_t port = __atomic_load_n(&w->talks[n].port, __ATOMIC_ACQUIRE);

		if (worker && !port)
			break;
		b->talks[b->n] = n;
		b->pkts[b->n] = worker ? answer(w, n, port) : ask(w, n);
	}
	for (unsigned i = 0; i < STRANGERS; i++, b->n++) {
		b->talks[b->n] = N_TALKS;
		b->pkts[b->n] = stranger(rng);
	}
}

/* Worker 0 is the clients', 1 the server's. */
static bool run_burst(void *ctx, unsigned worker, const void *published)
{
	struct burst b = { .n = 0 };
	struct world *w = ctx;
	const struct pipeline_result *res;
	bool is_good;

	fill_burst(w, worker, &b);
	res = pipeline_run((struct pipeline *)published, w->threads[worker], b.pkts, b.n,
			   worker + 1, now(w));
	is_good = res->n_out == b.n && !res->n_punts;
	for (unsigned i = 0; i < res->n_out; i++) {
		is_good &= is_right(w, worker, &b, res->pkts[i], res->ports[i]);
		heap_packet_destroy(res->pkts[i]);
	}
	return is_good;
}

/* --- the control thread --- */

static const char *const flows[] = {
	"table=0,priority=20,udp,tp_dst=5353,actions=ct(commit,table=2,zone=2)",
	"table=0,priority=20,udp,tp_src=5353,actions=ct(commit,table=2,zone=2)",
	"table=0,priority=10,ip,in_port=1,actions=ct(table=1,zone=1,nat)",
	"table=0,priority=10,ip,in_port=2,actions=ct(table=1,zone=1,nat)",
	"table=1,priority=10,ip,in_port=1,ct_state=+trk+new-inv,ct_nw_src=10.0.0.0/16,"
	"actions=ct(commit,zone=1),output:2",
	"table=1,priority=10,ip,in_port=1,ct_state=+trk+new-inv,ct_nw_src=10.1.0.0/16,"
	"actions=ct(commit,zone=1,nat(src=192.0.2.1)),output:2",
	"table=1,priority=10,ip,in_port=1,ct_state=+trk+est-inv,actions=output:2",
	"table=1,priority=10,ip,in_port=2,ct_state=+trk+est+rpl-inv,actions=output:1",
	"table=2,priority=10,ct_zone=2,ct_state=+trk,actions=output:4",
	"table=3,priority=10,ip,actions=output:1",
};

/* What else they may be for a while, and what does not concern these packets. */
static const char *const changes[] = {
	"table=0,priority=10,ip,in_port=1,actions=set_queue:0,ct(table=1,zone=1,nat)",
	"table=0,priority=10,ip,in_port=2,actions=set_field:1->reg1,"
	"ct(table=1,zone=NXM_NX_REG1[0..15],nat)",
	"table=1,priority=10,ip,in_port=1,ct_state=+trk+new-inv,ct_nw_src=10.0.0.0/16,"
	"actions=ct(commit,zone=1,exec(set_field:7->ct_mark)),output:2",
	"table=1,priority=10,ip,in_port=1,ct_state=+trk+est-inv,actions=output:3",
	"table=1,priority=10,ip,in_port=1,ct_state=+trk+est-inv,"
	"actions=ct(commit,zone=1,exec(set_field:9->ct_label)),output:2",
	"table=1,priority=10,ip,in_port=2,ct_state=+trk+est+rpl-inv,"
	"actions=ct_clear,ct(table=3,zone=1)",
	"table=1,priority=30,tcp,tp_dst=9999,actions=drop",
	"table=1,priority=31,udp,nw_src=10.0.0.0/24,tp_dst=9998,actions=drop",
	"table=2,priority=30,ip,ct_mark=77,actions=drop",
};

static void change(struct world *w, const char *flow)
{
	assert_int_equal(mod_flow(w->tables, flow), 0);
}

static struct pipeline *compile(struct world *w)
{
	struct pipeline_port ports[N_PORTS];

	for (unsigned i = 0; i < N_PORTS; i++)
		ports[i] = (struct pipeline_port){ .number = i + 1 };
	w->newest = pipeline_compile(w->tables, ports, N_PORTS, w->newest);
	return w->newest;
}

static void release(void *published)
{
	pipeline_release(published);
}

static bool count_talk(void *ctx, const struct conntrack_entry *e)
{
	*(unsigned *)ctx += e->original.zone == 1;
	return true;
}

/* Those of zone 1 that there are. */
static unsigned n_talking(struct world *w)
{
	uint64_t cursor = 0;
	unsigned n = 0;

	while (conntrack_each(w->ct, &cursor, 64, now(w), NULL, count_talk, &n))
		;
	return n;
}

static void trace(struct world *w)
{
	unsigned n = (unsigned)rng_below(&w->rng, N_TALKS);
	struct rte_mbuf *m = ask(w, n);
	struct buf text = BUF_INIT;

	pipeline_trace(w->newest, rte_pktmbuf_mtod(m, void *), m->pkt_len, 1, now(w), &text, NULL);
	assert_non_null(strstr(buf_str(&text), "zone 1: +"));
	buf_fini(&text);
	heap_packet_destroy(m);
}

static void look(struct world *w, unsigned step)
{
	static const struct conntrack_filter strangers = { .has_zone = true, .zone = 2 };

	__atomic_store_n(&w->now_ns, now(w) + NS_PER_SEC / 1000, __ATOMIC_RELAXED);
	conntrack_tend(w->ct, now(w));
	if (step % 4 == 0)
		conntrack_flush(w->ct, &strangers);
	if (step % 4 == 1)
		trace(w);
	if (step % 4 == 2)
		n_talking(w);
}

static struct world *world_create(void)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->now_ns = NS_PER_SEC;
	rng_seed(&w->rng, 1);
	w->ct = conntrack_create(&(struct conntrack_config){ .seed = 1, .max_connections = 4096 });
	w->tables = tables_create(NULL);
	tables_use_conntrack(w->tables, w->ct);
	for (unsigned i = 0; i < READERS; i++) {
		rng_seed(&w->rngs[i], 10 + i);
		w->threads[i] = pipeline_thread_create(w->tables, &heap_packet_ops);
		pipeline_thread_use_cache(w->threads[i], FLOW_CACHE_ON);
	}
	for (unsigned i = 0; i < ARRAY_LENGTH(flows); i++)
		change(w, flows[i]);
	return w;
}

static void world_destroy(struct world *w)
{
	for (unsigned i = 0; i < READERS; i++)
		pipeline_thread_destroy(w->tables, w->threads[i]);
	tables_destroy(w->tables);
	conntrack_destroy(w->ct);
	free(w);
}

static void no_worker_loses_what_the_other_has_begun(void **state)
{
	struct world *w = world_create();
	struct readers *r = readers_start(compile(w), run_burst, release, w);
	unsigned step = 0;

	(void)state;
	do {
		if (rng_below(&w->rng, 2))
			change(w, changes[rng_below(&w->rng, ARRAY_LENGTH(changes))]);
		else
			change(w, flows[rng_below(&w->rng, ARRAY_LENGTH(flows))]);
		look(w, step);
	} while (readers_publish(r, compile(w)) && ++step < N_STEPS);
	assert_true(readers_stop(r));
	print_message("%u and %u packets passed\n", (unsigned)w->n_passed[0],
		      (unsigned)w->n_passed[1]);
	assert_true(w->n_passed[0] > N_STEPS && w->n_passed[1] > N_STEPS);
	assert_in_range(n_talking(w), N_TALKS / 2, N_TALKS);
	world_destroy(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_worker_loses_what_the_other_has_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
