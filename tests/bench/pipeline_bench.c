/* What the walk of a packet costs: parse, look-ups, actions, outputs; no port and no EAL.
 * `make bench-pipeline` runs it.
 *
 * A workload is a set of rules and of flows.  Bursts of 32 packets of 64 bytes, each of a flow
 * drawn at random beforehand, go through pipeline_run(); the packets that come out are used
 * again.  The cost of making them is measured alone and subtracted.  Where connections are tracked,
 * every other burst is of answers that come in by port 2. */

#include "dataplane/pipeline/pipeline.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <rte_mbuf.h>
#include <x86intrin.h>
#include <openflow/openflow-common.h>
#include "dataplane/conntrack/conntrack.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/group_mod.h"
#include "dataplane/table/meter_mod.h"
#include "dataplane/table/tables.h"
#include "lib/rng.h"
#include "proto/openflow/numbers.h"
#include "tests/bench/bench_tables.h"

#define BURST	  32
#define N_PACKETS 512
#define N_ORDER	  (1 << 20) /* draws made beforehand */
#define FRAME	  BENCH_FRAME
#define HEADROOM  128
#define BURST_NS  1500	     /* of the switch's clock, from one burst to the next */
#define NAT_ADDR  0x1e000001 /* 30.0.0.1 */

struct flow_packet {
	uint8_t data[FRAME];
};

struct bench {
	struct tables *tables;
	struct rng rng;
	struct flow_packet *flows;
	struct flow_packet *answers; /* to each flow; NULL: none come */
	uint32_t nat_addr;	     /* that answers go to; 0: to the flow's source */
	unsigned n_flows, max_flows;
	uint32_t *order;
	struct conntrack *connections;
	uint64_t now_ns;
};

static void rule(struct bench *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void rule(struct bench *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	bench_add_rule(b->tables, fmt, args);
	va_end(args);
}

static void compose(const struct udp_flow *f, struct flow_packet *to)
{
	struct buf out = BUF_INIT;

	bench_compose_udp(f, &out);
	memcpy(to->data, out.data, FRAME);
	buf_fini(&out);
}

static void flow(struct bench *b, unsigned smac, unsigned dmac, uint32_t src, uint32_t dst,
		 uint16_t sport, uint16_t dport)
{
	struct udp_flow f = { smac, dmac, src, dst, sport, dport };
	struct udp_flow answer = { dmac, smac, dst, b->nat_addr ? b->nat_addr : src, dport, sport };

	if (b->n_flows == b->max_flows)
		return;
	compose(&f, &b->flows[b->n_flows]);
	if (b->answers)
		compose(&answer, &b->answers[b->n_flows]);
	b->n_flows++;
}

static uint32_t draw(struct bench *b, uint32_t n)
{
	return rng_below(&b->rng, n);
}

static void any_flows(struct bench *b)
{
	for (unsigned i = 0; i < b->max_flows; i++)
		flow(b, 1, 2, 0x0a000000 | draw(b, 1 << 24), 0x14000000 | draw(b, 1 << 24),
		     1024 + draw(b, 60000), draw(b, 65536));
}

static void one_rule(struct bench *b)
{
	rule(b, "in_port=1,actions=output:2");
	any_flows(b);
}

static void one_rule_with_address(struct bench *b)
{
	rule(b, "in_port=1,ip,nw_dst=20.0.0.0/8,actions=output:2");
	any_flows(b);
}

static void select_group(struct bench *b)
{
	static struct of_bucket buckets[64];
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_group_mod gm = { .command = OF_GROUP_ADD,
				   .type = OF_GROUP_SELECT,
				   .group_id = 1,
				   .n_buckets = ARRAY_LENGTH(buckets),
				   .buckets = buckets };
	struct of_error err;

	for (unsigned i = 0; i < ARRAY_LENGTH(buckets); i++) {
		buckets[i] = (struct of_bucket){
			.id = i, .weight = 1, .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY
		};
		of_actions_parse("output:2", &a, &buckets[i].actions, &st);
	}
	if (tables_group_mod(b->tables, &gm, 0, &err) < 0)
		exit(1);
	arena_clear(&a);
	rule(b, "in_port=1,actions=group:1");
	any_flows(b);
}

/* No packet exceeds it: what it costs to know that. */
static void metered(struct bench *b)
{
	struct of_meter_band band = { .type = OF_BAND_DROP, .rate = UINT32_MAX };
	struct of_meter_config mod = { .command = OF_METER_ADD,
				       .flags = OF_METER_KBPS,
				       .meter_id = 1,
				       .n_bands = 1,
				       .bands = &band };
	struct of_error err;

	if (tables_meter_mod(b->tables, &mod, 0, &err) < 0)
		exit(1);
	rule(b, "in_port=1,actions=meter:1,output:2");
	any_flows(b);
}

#define N_MACS 1000

/* A learning switch that has learned all addresses: each packet only asks whether its lesson was
 * taught a moment ago. */
static void learning_switch(struct bench *b)
{
	rule(b, "table=0,priority=1,actions=learn(table=1,hard_timeout=300,NXM_OF_ETH_DST[]="
		"NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),goto_table:1");
	for (unsigned i = 0; i < N_MACS; i++)
		rule(b, "table=1,dl_dst=0a:00:00:00:%02x:%02x,actions=output:2", i >> 8, i & 255);
	for (unsigned i = 0; i < b->max_flows; i++)
		flow(b, i % N_MACS, draw(b, N_MACS), 0x0a000000 | draw(b, 1 << 24),
		     0x14000000 | draw(b, 1 << 24), 1024 + draw(b, 60000), draw(b, 65536));
}

/* 100 x 100 addresses, by 200 clauses. */
static void conjunctive(struct bench *b)
{
	for (unsigned i = 0; i < 100; i++) {
		rule(b, "priority=10,ip,nw_src=10.0.0.%u,actions=conjunction(1,1/2)", i);
		rule(b, "priority=10,ip,nw_dst=20.0.0.%u,actions=conjunction(1,2/2)", i);
	}
	rule(b, "priority=10,ip,conj_id=1,actions=output:2");
	for (unsigned i = 0; i < b->max_flows; i++)
		flow(b, 1, 2, 0x0a000000 | draw(b, 100), 0x14000000 | draw(b, 100),
		     1024 + draw(b, 60000), draw(b, 65536));
}

static void multipath(struct bench *b)
{
	rule(b, "table=0,actions=multipath(symmetric_l4,0,modulo_n,16,0,NXM_NX_REG0[0..7]),"
		"goto_table:1");
	for (unsigned i = 0; i < 16; i++)
		rule(b, "table=1,reg0=%u,actions=output:2", i);
	any_flows(b);
}

static void resubmitted(struct bench *b)
{
	rule(b, "table=0,actions=resubmit(,1)");
	rule(b, "table=1,in_port=1,actions=output:2");
	any_flows(b);
}

struct exact_rule {
	uint32_t src, dst;
	uint16_t port;
};

/* What one text says is the pattern of all, so that a million are made in seconds. */
static void add_exact_rule(struct bench *b, struct arena *a, const struct exact_rule *r)
{
	static struct of_flow_mod pattern;
	static struct arena kept;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct of_error err;

	if (!pattern.instructions.has_apply)
		of_flow_mod_parse("priority=100,udp,in_port=1,actions=output:2", OFPFC_ADD, &kept,
				  &pattern, &st);
	fm = pattern;
	fm.match = (struct of_match){ 0 };
	of_match_set_u64(a, &fm.match, OF_FIELD_IN_PORT, 1);
	of_match_set_u64(a, &fm.match, OF_FIELD_ETH_TYPE, 0x0800);
	of_match_set_u64(a, &fm.match, OF_FIELD_IP_PROTO, IPPROTO_UDP);
	of_match_set_u64(a, &fm.match, OF_FIELD_IPV4_SRC, r->src);
	of_match_set_u64(a, &fm.match, OF_FIELD_IPV4_DST, r->dst);
	of_match_set_u64(a, &fm.match, OF_FIELD_UDP_DST, r->port);
	if (tables_flow_mod(b->tables, &fm, 0, &err) < 0) {
		fprintf(stderr, "pipeline_bench: a rule was refused\n");
		exit(1);
	}
}

static void exact(struct bench *b, unsigned n)
{
	struct exact_rule *r = xcalloc(n, sizeof(*r));
	struct arena a = ARENA_INIT;

	for (unsigned i = 0; i < n; i++) {
		r[i] = (struct exact_rule){ 0x0a000000 | draw(b, 1 << 22),
					    0x14000000 | draw(b, 1 << 22), 53 + i % 7 };
		add_exact_rule(b, &a, &r[i]);
		if (i % 4096 == 0)
			arena_clear(&a);
	}
	arena_clear(&a);
	for (unsigned i = 0; i < b->max_flows; i++) {
		/* Few flows are spread over all rules. */
		const struct exact_rule *to =
			&r[b->max_flows < n ? (uint64_t)i * n / b->max_flows : i % n];

		flow(b, 1, 2, to->src, to->dst, 1024 + draw(b, 60000), to->port);
	}
	free(r);
}

static void exact_10k(struct bench *b)
{
	exact(b, 10000);
}

static void exact_100k(struct bench *b)
{
	exact(b, 100000);
}

static void exact_1m(struct bench *b)
{
	exact(b, 1000000);
}

/* N rules of 50 shapes of prefixes and port masks, as of a firewall. */
static void acl(struct bench *b, unsigned n)
{
	static const uint8_t lengths[] = { 0, 8, 12, 16, 20, 22, 24, 26, 28, 30, 32 };
	struct {
		uint32_t src, dst, src_mask, dst_mask;
		uint16_t port, port_mask;
	} *r = xcalloc(n, sizeof(*r));
	uint8_t shapes[50][3];

	for (unsigned s = 0; s < 50; s++) {
		shapes[s][0] = lengths[1 + draw(b, 10)];
		shapes[s][1] = lengths[draw(b, 11)];
		shapes[s][2] = draw(b, 3) * 6;
	}
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *s = shapes[i < 50 ? i : draw(b, 25) * draw(b, 3) % 50];

		r[i].src_mask = ~0u << (32 - s[0]);
		r[i].dst_mask = s[1] ? ~0u << (32 - s[1]) : 0;
		r[i].port_mask = s[2] ? 0xffff << (16 - s[2]) : 0;
		r[i].src = (0x0a000000 | draw(b, 1 << 24)) & r[i].src_mask;
		r[i].dst = (0x14000000 | draw(b, 1 << 24)) & r[i].dst_mask;
		r[i].port = draw(b, 65536) & r[i].port_mask;
		rule(b,
		     "priority=%u,udp,in_port=1,nw_src=%s/%s,nw_dst=%s/%s,tp_dst=0x%x/"
		     "0x%x,actions=output:2",
		     1000 + i, ip_text(r[i].src), ip_text(r[i].src_mask), ip_text(r[i].dst),
		     ip_text(r[i].dst_mask), r[i].port, r[i].port_mask ? r[i].port_mask : 0x8000);
	}
	rule(b, "priority=1,in_port=1,actions=output:2");
	for (unsigned k = 0; k < b->max_flows; k++) {
		unsigned i = draw(b, n);

		flow(b, 1, 2, r[i].src | (draw(b, 1 << 24) & ~r[i].src_mask),
		     r[i].dst | (draw(b, 1 << 24) & ~r[i].dst_mask), 1024 + draw(b, 60000),
		     r[i].port | (draw(b, 65536) & ~r[i].port_mask));
	}
	free(r);
}

static void acl_1k(struct bench *b)
{
	acl(b, 1000);
}

static void acl_10k(struct bench *b)
{
	acl(b, 10000);
}

/* A router's table: lengths as they are on the Internet, most of them /24, longer ones first. */
static void routes_100k(struct bench *b)
{
	enum { N_ROUTES = 100000 };
	static const uint8_t lengths[] = { 24, 24, 24, 24, 24, 24, 22, 23, 20, 16, 19, 28 };
	uint32_t *routes = xcalloc(N_ROUTES, sizeof(*routes));

	for (unsigned i = 0; i < N_ROUTES; i++) {
		unsigned length = lengths[draw(b, ARRAY_LENGTH(lengths))];

		routes[i] = (0x01000000 + draw(b, 0xde000000)) & ~0u << (32 - length);
		rule(b, "priority=%u,ip,nw_dst=%s/%u,actions=output:2", 100 + length,
		     ip_text(routes[i]), length);
	}
	rule(b, "priority=1,actions=output:2");
	for (unsigned i = 0; i < b->max_flows; i++)
		flow(b, 1, 2, 0x0a000000 | draw(b, 1 << 24),
		     routes[draw(b, N_ROUTES)] | draw(b, 16), 1024 + draw(b, 60000),
		     draw(b, 65536));
	free(routes);
}

/* Eight tables of a virtual network: port security, network, route, two access lists, MACs,
 * ingress list, output; 1,000 ports in 10 networks. */
static void virtual_network(struct bench *b)
{
	for (unsigned i = 0; i < 1000; i++) {
		unsigned net = i / 100;
		uint32_t addr = 0x0a000000 + net * 65536 + 10 + i % 100;

		rule(b,
		     "table=0,priority=100,in_port=1,ip,dl_src=0a:00:00:00:%02x:%02x,nw_src=%s,"
		     "actions=set_field:%u->metadata,load:%u->NXM_NX_REG0[],goto_table:1",
		     i >> 8, i & 255, ip_text(addr), net + 1, i + 1);
		rule(b,
		     "table=5,priority=100,metadata=%u,dl_dst=0a:00:00:00:%02x:%02x,"
		     "actions=load:%u->NXM_NX_REG1[],goto_table:6",
		     net + 1, i >> 8, i & 255, i + 1);
		rule(b, "table=6,priority=200,reg1=%u,tcp,tp_dst=22,actions=drop", i + 1);
		rule(b, "table=6,priority=150,reg1=%u,udp,tp_dst=%u,actions=goto_table:7", i + 1,
		     1000 + i);
		rule(b, "table=6,priority=100,reg1=%u,ip,nw_src=10.%u.0.0/16,actions=goto_table:7",
		     i + 1, net);
		rule(b, "table=7,priority=100,reg1=%u,actions=output:2", i + 1);
		if (i % 5 < 2)
			rule(b,
			     "table=3,priority=200,reg0=%u,udp,nw_dst=10.%u.200.0/24,actions=drop",
			     i + 1, net);
	}
	for (unsigned net = 0; net < 10; net++) {
		rule(b, "table=1,priority=100,metadata=%u,arp,actions=drop", net + 1);
		rule(b, "table=1,priority=50,metadata=%u,ip,actions=goto_table:2", net + 1);
		rule(b,
		     "table=2,priority=100,metadata=%u,ip,nw_dst=10.%u.0.0/16,"
		     "actions=load:1->NXM_NX_REG2[],goto_table:3",
		     net + 1, net);
		for (unsigned j = 0; j < 20; j++)
			rule(b,
			     "table=4,priority=%u,metadata=%u,udp,nw_src=10.%u.0.0/%u,tp_dst=%u,"
			     "actions=drop",
			     100 + j, net + 1, net, 16 + j % 8, 6000 + j);
	}
	rule(b, "table=1,priority=1,actions=goto_table:2");
	rule(b, "table=3,priority=1,actions=goto_table:4");
	rule(b, "table=4,priority=1,actions=goto_table:5");
	for (unsigned n = 0; n < b->max_flows; n++) {
		static const uint16_t ports[] = { 80, 443, 53, 8080 };
		unsigned net = draw(b, 10), from = net * 100 + draw(b, 100);
		unsigned to = net * 100 + draw(b, 100), k = draw(b, 5);

		flow(b, from, to, 0x0a000000 + net * 65536 + 10 + from % 100,
		     0x0a000000 + net * 65536 + 10 + to % 100, 1024 + draw(b, 60000),
		     k < 4 ? ports[k] : 1000 + to);
	}
}

/* A stateful firewall in two tables: port 1 may begin, port 2 only answers. */
static void firewall(struct bench *b)
{
	const char *nat = b->nat_addr ? ",nat" : "";
	const char *commit = b->nat_addr ? "commit,nat(src=30.0.0.1)" : "commit";

	b->answers = xcalloc(b->max_flows, sizeof(*b->answers));
	rule(b, "table=0,ip,ct_state=-trk,actions=ct(table=1%s)", nat);
	rule(b, "table=1,ip,in_port=1,ct_state=+trk+new,actions=ct(%s),output:2", commit);
	rule(b, "table=1,ip,in_port=1,ct_state=+trk+est,actions=output:2");
	rule(b, "table=1,ip,in_port=2,ct_state=+trk+est,actions=output:1");
	any_flows(b);
}

static void firewall_with_nat(struct bench *b)
{
	b->nat_addr = NAT_ADDR;
	firewall(b);
}

#define GROUP_PORTS 1000
static const uint16_t served[] = { 53, 80, 443, 8080 };

static unsigned group_policy(unsigned i)
{
	return 2 * (i / 100) + i % 2 + 1;
}

static void group_port(struct bench *b, unsigned i)
{
	unsigned net = i / 100 + 1, policy = group_policy(i);
	const char *addr = ip_text(0x0a000000 + (net - 1) * 65536 + 10 + i % 100);
	char eth[18];

	snprintf(eth, sizeof(eth), "0a:00:00:00:%02x:%02x", i >> 8, i & 255);
	rule(b,
	     "table=0,priority=100,dl_src=%s,actions=set_field:%u->reg0,set_field:%u->reg1,"
	     "set_field:%u->reg3,goto_table:10",
	     eth, i + 1, net, policy);
	rule(b, "table=10,priority=100,ip,reg0=%u,dl_src=%s,nw_src=%s,actions=goto_table:23", i + 1,
	     eth, addr);
	rule(b,
	     "table=25,priority=132,ip,reg1=%u,nw_dst=%s,actions=set_field:1->xxreg3,goto_table:26",
	     net, addr);
	rule(b,
	     "table=40,priority=132,ip,reg1=%u,nw_src=%s,actions=set_field:1->xxreg3,goto_table:41",
	     net, addr);
	rule(b,
	     "table=30,priority=100,reg1=%u,dl_dst=%s,actions=set_field:%u->reg5,"
	     "set_field:%u->reg7,goto_table:40",
	     net, eth, policy, i + 1);
	for (unsigned port = 1; port <= 2; port++)
		rule(b, "table=43,priority=100,in_port=%u,reg7=%u,actions=output:%u", port, i + 1,
		     3 - port);
}

/* What ports of a policy may send, and what may be sent to them. */
static void group_rules(struct bench *b, unsigned policy)
{
	static const struct {
		unsigned table, reg, begins, answers, after;
	} sides[] = { { 27, 3, 1, 2, 30 }, { 42, 5, 2, 1, 43 } };

	for (unsigned s = 0; s < ARRAY_LENGTH(sides); s++) {
		unsigned table = sides[s].table, reg = sides[s].reg, after = sides[s].after;

		rule(b,
		     "table=%u,priority=110,ip,reg%u=%u,reg4=%u,ct_state=+trk-inv,"
		     "actions=set_field:1->reg6,goto_table:%u",
		     table, reg, policy, sides[s].begins, after);
		for (unsigned k = 0; k < 2 * ARRAY_LENGTH(served); k++)
			rule(b,
			     "table=%u,priority=110,ip,reg%u=%u,reg4=%u,ct_state=+trk-inv,"
			     "ct_nw_proto=%u,ct_tp_dst=%u,reg15=1/1,actions=set_field:1->reg6,"
			     "goto_table:%u",
			     table, reg, policy, sides[s].answers, k % 2 ? 6 : 17, served[k / 2],
			     after);
		rule(b, "table=%u,priority=10,reg%u=%u,actions=drop", table, reg, policy);
	}
}

/* The tables that the controller makes for ports with security groups: 1,000 in 10 networks, all
 * behind one port each way. */
static void security_groups(struct bench *b)
{
	b->answers = xcalloc(b->max_flows, sizeof(*b->answers));
	for (unsigned i = 0; i < GROUP_PORTS; i++)
		group_port(b, i);
	for (unsigned policy = 1; policy <= GROUP_PORTS / 50; policy++)
		group_rules(b, policy);
	for (unsigned net = 1; net <= GROUP_PORTS / 100; net++) {
		rule(b, "table=23,priority=100,ip,reg1=%u,actions=ct(table=24,zone=%u)", net, net);
		for (unsigned port = 1; port <= 2; port++)
			rule(b,
			     "table=43,priority=200,ip,in_port=%u,reg1=%u,reg6=1,ct_state=+trk+new,"
			     "actions=ct(commit,zone=%u),output:%u",
			     port, net, net, 3 - port);
	}
	rule(b, "table=24,ct_state=+trk-inv-rpl,actions=set_field:1->reg4,goto_table:25");
	rule(b, "table=24,ct_state=+trk-inv+rpl,actions=set_field:2->reg4,goto_table:25");
	rule(b, "table=24,ct_state=+trk+inv,actions=set_field:3->reg4,goto_table:25");
	rule(b, "table=25,priority=0,actions=goto_table:26");
	rule(b, "table=26,priority=0,actions=goto_table:27");
	rule(b, "table=40,priority=0,actions=set_field:0->xxreg3,goto_table:41");
	rule(b, "table=41,priority=0,actions=goto_table:42");
	for (unsigned n = 0; n < b->max_flows; n++) {
		unsigned net = draw(b, 10), from = net * 100 + draw(b, 100);
		unsigned to = net * 100 + draw(b, 100);

		flow(b, from, to, 0x0a000000 + net * 65536 + 10 + from % 100,
		     0x0a000000 + net * 65536 + 10 + to % 100, 1024 + draw(b, 60000),
		     served[draw(b, ARRAY_LENGTH(served))]);
	}
}

/* What is dropped is used again as well. */
static void keep(void *ctx, struct rte_mbuf **pkts, unsigned n)
{
	(void)ctx;
	(void)pkts;
	(void)n;
}

static void make_burst(const struct flow_packet *flows, const uint32_t *order,
		       struct rte_mbuf **pkts, unsigned at)
{
	for (unsigned i = 0; i < BURST; i++) {
		struct rte_mbuf *m = pkts[i];

		m->data_off = HEADROOM;
		m->data_len = FRAME;
		m->pkt_len = FRAME;
		memcpy((uint8_t *)m->buf_addr + HEADROOM,
		       flows[order[(at + i) & (N_ORDER - 1)]].data, FRAME);
	}
}

/* Cycles per packet over N_BURSTS, going on in the draws where the last one ended; P NULL: of
 * making them alone. */
static double measure(struct bench *b, const struct pipeline *p, struct pipeline_thread *t,
		      struct rte_mbuf **pool, unsigned n_bursts)
{
	static unsigned at;
	uint64_t start = __rdtsc();

	for (unsigned n = 0; n < n_bursts; n++, at += BURST) {
		struct rte_mbuf **pkts = &pool[at % N_PACKETS];
		bool is_answer = b->answers && n % 2;

		make_burst(is_answer ? b->answers : b->flows, b->order, pkts, at);
		if (p) {
			const struct pipeline_result *res = pipeline_run(
				p, t, pkts, BURST, 1 + is_answer, b->now_ns += BURST_NS);

			if (res->n_out != BURST) {
				fprintf(stderr, "pipeline_bench: packets were dropped (%u left)\n",
					res->n_out);
				exit(1);
			}
		}
	}
	return (double)(__rdtsc() - start) / n_bursts / BURST;
}

/* Each flow's connection is made and answered; nothing needs to come out. */
static void open_connections(struct bench *b, const struct pipeline *p, struct pipeline_thread *t,
			     struct rte_mbuf **pool)
{
	uint32_t order[BURST];

	for (unsigned is_answer = 0; b->answers && is_answer < 2; is_answer++) {
		for (unsigned at = 0; at < b->n_flows; at += BURST) {
			for (unsigned i = 0; i < BURST; i++)
				order[i] = (at + i) % b->n_flows;
			make_burst(is_answer ? b->answers : b->flows, order, pool, 0);
			pipeline_run(p, t, pool, BURST, 1 + is_answer, b->now_ns += BURST_NS);
			while (conntrack_tend(b->connections, b->now_ns) <= b->now_ns)
				;
		}
	}
}

/* The 22 flows of port I, as the controller makes them: admit, anti-spoofing, answers, forward. */
static void port_flows(struct bench *b, unsigned i)
{
	static const char *const spoof[] = { "arp,arp_spa=%s,arp_sha=%s", "ip,nw_src=%s,dl_src=%s",
					     "udp,nw_src=%s,tp_dst=67,dl_src=%s",
					     "icmp,nw_src=%s,dl_src=%s" };
	static const char *const answer[] = {
		"arp,arp_op=1,arp_tpa=%s", "icmp,nw_dst=%s", "udp,tp_dst=53,nw_dst=%s",
		"tcp,tp_dst=80,nw_dst=%s", "ip,nw_dst=%s",   "ip,nw_src=%s"
	};
	unsigned net = i / 100 + 1;
	const char *addr = ip_text(0x0a000000 + i);
	char mac[24], match[128];

	snprintf(mac, sizeof(mac), "0a:00:00:00:%02x:%02x", i >> 8 & 255, i & 255);
	rule(b, "table=0,priority=100,in_port=%u,actions=set_field:%u->metadata,goto_table:10",
	     i + 1, net);
	for (unsigned k = 0; k < ARRAY_LENGTH(spoof); k++) {
		snprintf(match, sizeof(match), spoof[k], addr, mac);
		for (unsigned low = 0; low < 2; low++)
			rule(b, "table=10,priority=%u,in_port=%u,%s,actions=goto_table:20",
			     100 + 10 * k, i + 1 + 2000 * low, match);
	}
	for (unsigned k = 0; k < ARRAY_LENGTH(answer); k++) {
		snprintf(match, sizeof(match), answer[k], addr);
		for (unsigned low = 0; low < 2; low++)
			rule(b, "table=20,priority=%u,metadata=%u,%s,actions=goto_table:30",
			     100 + 10 * k, net + 100 * low, match);
	}
	rule(b, "table=30,priority=100,metadata=%u,dl_dst=%s,actions=output:%u", net, mac, i + 1);
}

static double ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1e3 + (now.tv_nsec - start->tv_nsec) / 1e6;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* What a port more among 1,000 costs the control thread: 22 flows come, or
 * replace those of another port. */
static void compile_attach(void)
{
	static const struct pipeline_port ports[] = { { .number = 1 }, { .number = 2 } };
	struct bench b = { .tables = tables_create(NULL) };
	struct pipeline *p, *next;
	double ms[1000], sum = 0;

	for (unsigned i = 0; i < 1000; i++)
		port_flows(&b, i);
	p = pipeline_compile(b.tables, ports, ARRAY_LENGTH(ports), NULL);
	for (unsigned k = 0; k < ARRAY_LENGTH(ms); k++) {
		struct timespec start;

		port_flows(&b, k % 2 ? k : 1000 + k);
		clock_gettime(CLOCK_MONOTONIC, &start);
		next = pipeline_compile(b.tables, ports, ARRAY_LENGTH(ports), p);
		pipeline_release(p);
		p = next;
		ms[k] = ms_since(&start);
		sum += ms[k];
	}
	qsort(ms, ARRAY_LENGTH(ms), sizeof(ms[0]), by_size);
	printf("22 flows among 22,000: %.3f ms median, %.3f mean, %.3f p99, %.3f at most to "
	       "compile\n",
	       ms[ARRAY_LENGTH(ms) / 2], sum / ARRAY_LENGTH(ms), ms[ARRAY_LENGTH(ms) * 99 / 100],
	       ms[ARRAY_LENGTH(ms) - 1]);
	pipeline_release(p);
	tables_destroy(b.tables);
}

/* What a clause more among 10,000 of its table costs the control thread: all are built anew. */
static void compile_clause(void)
{
	static const struct pipeline_port ports[] = { { .number = 1 }, { .number = 2 } };
	struct bench b = { .tables = tables_create(NULL) };
	struct pipeline *p, *next;
	double ms[25];

	for (unsigned i = 0; i < 10000; i++)
		rule(&b, "priority=10,ip,nw_%s=%s,actions=conjunction(%u,%u/2)",
		     i & 1 ? "src" : "dst", ip_text(0x0a000000 + i), 1 + i / 100, 1 + (i & 1));
	p = pipeline_compile(b.tables, ports, ARRAY_LENGTH(ports), NULL);
	for (unsigned k = 0; k < ARRAY_LENGTH(ms); k++) {
		struct timespec start;

		rule(&b, "priority=10,ip,nw_src=11.0.0.%u,actions=conjunction(1,1/2)", k);
		clock_gettime(CLOCK_MONOTONIC, &start);
		next = pipeline_compile(b.tables, ports, ARRAY_LENGTH(ports), p);
		pipeline_release(p);
		p = next;
		ms[k] = ms_since(&start);
	}
	qsort(ms, ARRAY_LENGTH(ms), sizeof(ms[0]), by_size);
	printf("a clause among 10,000: %.3f ms median to compile\n", ms[ARRAY_LENGTH(ms) / 2]);
	pipeline_release(p);
	tables_destroy(b.tables);
}

/* Milliseconds to compile anew after one flow-mod into table 0. */
static double measure_compile(struct bench *b, const struct pipeline *p,
			      const struct pipeline_port *ports, unsigned n_ports)
{
	double best = 1e9;

	for (unsigned k = 0; k < 9; k++) {
		struct timespec start;
		struct pipeline *next;

		rule(b, "priority=3,in_port=%u,ip,nw_dst=20.0.0.%u,actions=output:2", 100 + k, k);
		clock_gettime(CLOCK_MONOTONIC, &start);
		next = pipeline_compile(b->tables, ports, n_ports, p);
		best = MIN_OF(best, ms_since(&start));
		pipeline_release(next);
	}
	return best;
}

static bool shows_stages;

static double per_packet(struct stage_cost c)
{
	return c.n_packets ? (double)c.cycles / c.n_packets : 0;
}

/* What the stages of the walk cost, as the switch itself measures it; neighbours included. */
static void print_stages(const struct bench *b)
{
	const struct counters *c = tables_counters(b->tables);

	printf("    parse %.1f, gather %.1f;", per_packet(counters_parse_cost(c, 0)),
	       per_packet(counters_gather_cost(c, 0)));
	for (unsigned id = 0; id < TABLES_N; id++) {
		struct stage_costs s = counters_table_costs(c, 0, id);

		if (s.find.n_packets)
			printf(" table %u %.1f + %.1f;", id, per_packet(s.find), per_packet(s.run));
	}
	printf("\n");
}

static void run(const char *name, void (*build)(struct bench *b), unsigned n_flows)
{
	static const struct pipeline_port ports[] = { { .number = 1 }, { .number = 2 } };
	struct conntrack_config config = { .seed = 42 };
	struct bench b = { .tables = tables_create(NULL), .max_flows = n_flows };
	struct packet_ops ops = { .copy = heap_packet_ops.copy, .free = keep };
	struct rte_mbuf *pool[N_PACKETS];
	double best = 1e9, making = 1e9;
	struct pipeline_thread *t;
	struct pipeline *p;

	b.connections = conntrack_create(&config);
	tables_use_conntrack(b.tables, b.connections);
	t = pipeline_thread_create(b.tables, &ops);
	if (getenv("FLOW_CACHE") && strcmp(getenv("FLOW_CACHE"), "off") == 0)
		pipeline_thread_use_cache(t, FLOW_CACHE_OFF);
	rng_seed(&b.rng, 42);
	b.flows = xcalloc(n_flows, sizeof(*b.flows));
	b.order = xcalloc(N_ORDER, sizeof(*b.order));
	build(&b);
	for (unsigned i = 0; i < N_ORDER; i++)
		b.order[i] = draw(&b, b.n_flows);
	for (unsigned i = 0; i < N_PACKETS; i++)
		pool[i] = heap_packet_create(b.flows[0].data, FRAME);
	p = pipeline_compile(b.tables, ports, ARRAY_LENGTH(ports), NULL);
	pipeline_link(p);
	open_connections(&b, p, t, pool);
	measure(&b, p, t, pool, 2000);
	/* The best of many short windows: the others had neighbours. */
	for (unsigned k = 0; k < 60; k++) {
		double with = measure(&b, p, t, pool, 500),
		       without = measure(&b, NULL, t, pool, 500);

		best = MIN_OF(best, with);
		making = MIN_OF(making, without);
	}
	printf("%-24s %7u flows  %7.1f cycles/packet  %6.2f ms to compile after a change\n", name,
	       n_flows, best - making, measure_compile(&b, p, ports, ARRAY_LENGTH(ports)));
	if (shows_stages)
		print_stages(&b);
	for (unsigned i = 0; i < N_PACKETS; i++)
		heap_packet_destroy(pool[i]);
	pipeline_release(p);
	pipeline_thread_destroy(b.tables, t);
	tables_destroy(b.tables);
	conntrack_destroy(b.connections);
	free(b.flows);
	free(b.answers);
	free(b.order);
}

/* pipeline_bench [WORKLOAD [FLOWS]]; with both, what the stages cost as well.  In the environment,
 * FLOW_CACHE=off leaves the cache of flows out. */
int main(int argc, char **argv)
{
	static const unsigned n_flows[] = { 1, 1000, 10000, 100000, 1000000 };
	static const struct {
		const char *name;
		void (*build)(struct bench *b);
	} workloads[] = {
		{ "one rule", one_rule },
		{ "one rule with an address", one_rule_with_address },
		{ "select group, 64 buckets", select_group },
		{ "meter", metered },
		{ "learning switch", learning_switch },
		{ "conjunction", conjunctive },
		{ "multipath", multipath },
		{ "resubmit", resubmitted },
		{ "10,000 exact rules", exact_10k },
		{ "100,000 exact rules", exact_100k },
		{ "1,000,000 exact rules", exact_1m },
		{ "1,000 rules of 50 masks", acl_1k },
		{ "10,000 rules of 50 masks", acl_10k },
		{ "100,000 routes", routes_100k },
		{ "virtual network", virtual_network },
		{ "firewall", firewall },
		{ "firewall with NAT", firewall_with_nat },
		{ "security groups", security_groups },
	};

	shows_stages = argc > 2;
	for (unsigned w = 0; w < ARRAY_LENGTH(workloads); w++)
		for (unsigned i = 0; i < ARRAY_LENGTH(n_flows); i++)
			if ((argc < 2 || strcmp(argv[1], workloads[w].name) == 0) &&
			    (argc < 3 || strtoul(argv[2], NULL, 10) == n_flows[i]))
				run(workloads[w].name, workloads[w].build, n_flows[i]);
	if (argc < 2 || strcmp(argv[1], "attach") == 0)
		compile_attach();
	if (argc < 2 || strcmp(argv[1], "clause") == 0)
		compile_clause();
	return 0;
}
