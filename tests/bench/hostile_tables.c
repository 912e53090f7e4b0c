/* Attacks on look-ups, and on what rules do (hostile.h). */

#include "tests/bench/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <openflow/openflow-common.h>
#include "dataplane/table/group_mod.h"
#include "dataplane/table/meter_mod.h"
#include "dataplane/table/tables.h"

/* What `fresh` can be made of: places in a frame of Ethernet, IPv4, UDP. */
enum {
	AT_ETH_SRC = 6,
	AT_IP_SRC = 26,
	AT_IP_DST = 30,
	AT_TP_SRC = 34,
	AT_TP_DST = 36,
};

static void freshen(struct stream *s, unsigned at, unsigned n)
{
	memset(s->fresh + at, 0xff, n);
	s->is_fresh = true;
}

static struct udp_flow any_flow(struct hostile *h)
{
	return (struct udp_flow){ 1,
				  2,
				  0x0a000000 | hostile_draw(h, 1 << 24),
				  0x14000000 | hostile_draw(h, 1 << 24),
				  1024 + hostile_draw(h, 60000),
				  hostile_draw(h, 65536) };
}

static void add_any(struct hostile *h, struct stream *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct udp_flow f = any_flow(h);

		stream_add_udp(s, &f);
	}
}

/* The victim and the benign neighbour send the same kind. */
static void add_benign(struct hostile *h, const struct udp_flow *f)
{
	stream_add_udp(&h->victim, f);
	stream_add_udp(&h->benign, f);
}

/* --- hashes --- */

#define N_EXACT 10000

static uint32_t crc32c(uint32_t a, uint32_t b)
{
	uint32_t crc = UINT32_MAX;

	__asm__("crc32l %1, %0" : "+r"(crc) : "rm"(a));
	__asm__("crc32l %1, %0" : "+r"(crc) : "rm"(b));
	return crc;
}

/* N pairs of addresses of which an unkeyed CRC-32C, as most switches hash, has the last 10 bits
 * in common: one bucket of them all. */
static void find_collisions(struct hostile *h, struct udp_flow *flows, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		flows[i] = any_flow(h);
		if ((crc32c(flows[i].src, flows[i].dst) & 0x3ff) == 0)
			i++;
	}
}

static void exact_rules(struct hostile *h, const struct udp_flow *flows, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		hostile_rule(h, "priority=100,udp,nw_src=%s,nw_dst=%s,actions=output:2",
			     ip_text(flows[i].src), ip_text(flows[i].dst));
}

/* A tenant chose the addresses that rules name, and sends to them.  The benign neighbour has as
 * many flows of its own: what more flows cost the caches is no attack on a hash. */
static void colliding_rules(struct hostile *h)
{
	static struct udp_flow own[N_EXACT / 2], good[N_EXACT / 2], others[N_EXACT / 2];

	find_collisions(h, own, ARRAY_LENGTH(own));
	for (unsigned i = 0; i < ARRAY_LENGTH(others); i++) {
		good[i] = any_flow(h);
		others[i] = any_flow(h);
		stream_add_udp(&h->benign, &good[i]);
		stream_add_udp(&h->victim, &others[i]);
		stream_add_udp(&h->attack, &own[i]);
	}
	exact_rules(h, own, ARRAY_LENGTH(own));
	exact_rules(h, good, ARRAY_LENGTH(good));
	exact_rules(h, others, ARRAY_LENGTH(others));
}

/* Rules whose keys differ in their last octets alone, which a multiplicative hash without a key
 * puts together, and packets that hit none of them.  Benign ones hit half of the rules, which are
 * not the victim's. */
static void near_misses(struct hostile *h)
{
	for (unsigned i = 0; i < N_EXACT; i++) {
		struct udp_flow f = any_flow(h);

		f.dst = 0x14000000 | i << 8;
		hostile_rule(h, "priority=100,udp,nw_src=%s,nw_dst=%s,actions=output:2",
			     ip_text(f.src), ip_text(f.dst));
		stream_add_udp(i % 2 ? &h->benign : &h->victim, &f);
		f.dst |= 1;
		stream_add_udp(&h->attack, &f);
	}
	freshen(&h->attack, AT_TP_SRC, 2);
	hostile_rule(h, "priority=1,actions=output:2");
}

/* --- masks --- */

/* N_MASKS masks of prefixes and ports, N rules. */
static void acl_rules(struct hostile *h, unsigned n, unsigned n_masks, bool is_open)
{
	uint8_t(*shapes)[3] = xcalloc(n_masks, sizeof(*shapes));

	for (unsigned s = 0; s < n_masks; s++) {
		shapes[s][0] = 8 + s % 25;
		shapes[s][1] = 8 + s / 25 % 25;
		shapes[s][2] = s / 625 * 8 % 17;
	}
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *s = shapes[i < n_masks ? i : hostile_draw(h, n_masks)];
		uint32_t src_mask = ~0u << (32 - s[0]), dst_mask = ~0u << (32 - s[1]);
		uint16_t port_mask = s[2] ? 0xffff << (16 - s[2]) : 0x8000;
		struct udp_flow f = any_flow(h);

		f.sport = 1024;
		hostile_rule(h,
			     "priority=%u,udp,nw_src=%s/%s,nw_dst=%s/%s,tp_dst=0x%x/0x%x,"
			     "actions=output:2",
			     1000 + n - i, ip_text(f.src & src_mask), ip_text(src_mask),
			     ip_text(f.dst & dst_mask), ip_text(dst_mask), f.dport & port_mask,
			     port_mask);
		add_benign(h, &f);
	}
	hostile_rule(h, "priority=1,actions=%s", is_open ? "output:2" : "drop");
	free(shapes);
}

/* Random headers that look like the rules', from which the dearest are chosen: what CVE-2019-25076
 * does to a cache of masks, and more, as here there is nothing but the rules themselves. */
static void add_crafted(struct hostile *h)
{
	for (unsigned i = 0; i < 6000; i++) {
		struct udp_flow f = any_flow(h);
		const uint8_t *at =
			h->victim.bytes.data + h->victim.frames[hostile_draw(h, h->victim.n)].at;

		if (i % 3 == 1)
			f.src = load_be32(at + AT_IP_SRC);
		if (i % 3 == 2)
			f.dst = load_be32(at + AT_IP_DST);
		if (i % 4)
			f.dport = load_be16(at + AT_TP_DST);
		f.src ^= i % 5 ? 0 : 1u << hostile_draw(h, 24);
		stream_add_udp(&h->attack, &f);
	}
	freshen(&h->attack, AT_TP_SRC, 2); /* so that no cache knows them */
}

static void acl_50_masks(struct hostile *h)
{
	acl_rules(h, 1000, 50, true);
	add_crafted(h);
}

static void masks_1000(struct hostile *h)
{
	acl_rules(h, 2000, 1000, true);
	add_crafted(h);
}

static void masks_1000_fresh(struct hostile *h)
{
	acl_rules(h, 2000, 1000, true);
	add_any(h, &h->attack, 1);
	freshen(&h->attack, AT_IP_SRC + 1, 3);
	freshen(&h->attack, AT_IP_DST + 1, 7);
}

/* --- a virtual network --- */

/* Port security, network, a list of 20 clauses a network, MACs, an ingress list, output. */
static void network_rules(struct hostile *h)
{
	for (unsigned i = 0; i < 1000; i++) {
		unsigned net = i / 100;
		uint32_t addr = 0x0a000000 + net * 65536 + 10 + i % 100;

		hostile_rule(h,
			     "table=0,priority=100,ip,dl_src=0a:00:00:00:%02x:%02x,nw_src=%s,"
			     "actions=set_field:%u->metadata,load:%u->NXM_NX_REG0[],goto_table:1",
			     i >> 8, i & 255, ip_text(addr), net + 1, i + 1);
		hostile_rule(h,
			     "table=3,priority=100,metadata=%u,dl_dst=0a:00:00:00:%02x:%02x,"
			     "actions=load:%u->NXM_NX_REG1[],goto_table:4",
			     net + 1, i >> 8, i & 255, i + 1);
		hostile_rule(h, "table=4,priority=200,reg1=%u,tcp,tp_dst=22,actions=drop", i + 1);
		hostile_rule(h,
			     "table=4,priority=100,reg1=%u,ip,nw_src=10.%u.0.0/16,"
			     "actions=goto_table:5",
			     i + 1, net);
		hostile_rule(h, "table=5,priority=100,reg1=%u,actions=output:2", i + 1);
	}
	for (unsigned net = 0; net < 10; net++) {
		hostile_rule(h, "table=1,priority=50,metadata=%u,ip,actions=goto_table:2", net + 1);
		for (unsigned j = 0; j < 20; j++)
			hostile_rule(h,
				     "table=2,priority=%u,metadata=%u,udp,nw_src=10.%u.0.0/%u,"
				     "tp_dst=%u,actions=drop",
				     100 + j, net + 1, net, 16 + j % 8, 6000 + j);
	}
	hostile_rule(h, "table=2,priority=1,actions=goto_table:3");
}

static struct udp_flow network_flow(struct hostile *h)
{
	unsigned net = hostile_draw(h, 10), from = net * 100 + hostile_draw(h, 100);
	unsigned to = net * 100 + hostile_draw(h, 100);

	return (struct udp_flow){ from,
				  to,
				  0x0a000000 + net * 65536 + 10 + from % 100,
				  0x0a000000 + net * 65536 + 10 + to % 100,
				  1024 + hostile_draw(h, 60000),
				  80 };
}

static void network(struct hostile *h)
{
	network_rules(h);
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = network_flow(h);

		add_benign(h, &f);
	}
}

static void network_fresh(struct hostile *h)
{
	network(h);
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = network_flow(h);

		stream_add_udp(&h->attack, &f);
	}
	freshen(&h->attack, AT_TP_SRC, 2);
	freshen(&h->attack, AT_IP_DST + 2, 2);
}

static void network_crafted(struct hostile *h)
{
	network(h);
	for (unsigned i = 0; i < 6000; i++) {
		struct udp_flow f = network_flow(h);

		f.dport = i % 2 ? 6000 + hostile_draw(h, 20) : hostile_draw(h, 65536);
		f.dst ^= i % 3 ? 0 : hostile_draw(h, 65536);
		f.dmac ^= i % 7 ? 0 : hostile_draw(h, 1024);
		stream_add_udp(&h->attack, &f);
	}
	freshen(&h->attack, AT_TP_SRC, 2);
}

/* --- caches --- */

static void exact_fresh(struct hostile *h)
{
	static struct udp_flow flows[N_EXACT];

	for (unsigned i = 0; i < ARRAY_LENGTH(flows); i++) {
		flows[i] = any_flow(h);
		add_benign(h, &flows[i]);
	}
	exact_rules(h, flows, ARRAY_LENGTH(flows));
	hostile_rule(h, "priority=1,actions=output:2");
	add_any(h, &h->attack, 1);
	freshen(&h->attack, AT_IP_SRC + 1, 3);
	freshen(&h->attack, AT_IP_DST + 1, 7);
}

static void one_flow_fresh(struct hostile *h)
{
	struct udp_flow f = any_flow(h);

	hostile_rule(h, "priority=100,ip,nw_dst=20.0.0.0/8,actions=output:2");
	hostile_rule(h, "priority=1,actions=drop");
	add_benign(h, &f);
	stream_add_udp(&h->attack, &f);
	freshen(&h->attack, AT_IP_SRC, 4);
	freshen(&h->attack, AT_IP_DST + 1, 7);
}

/* --- what rules do --- */

static void punts(struct hostile *h)
{
	hostile_rule(h, "priority=100,udp,tp_dst=80,actions=output:2");
	hostile_rule(h, "priority=1,actions=CONTROLLER:65535");
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = any_flow(h);

		f.dport = 81;
		stream_add_udp(&h->attack, &f);
		f.dport = 80;
		add_benign(h, &f);
	}
}

static void learn_storm(struct hostile *h)
{
	hostile_rule(h, "table=0,actions=learn(table=1,hard_timeout=300,NXM_OF_ETH_DST[]="
			"NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),goto_table:1");
	for (unsigned i = 0; i < 1000; i++)
		hostile_rule(h, "table=1,dl_dst=0a:00:00:00:%02x:%02x,actions=output:2", i >> 8,
			     i & 255);
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = any_flow(h);

		f.smac = i;
		f.dmac = hostile_draw(h, 1000);
		add_benign(h, &f);
		stream_add_udp(&h->attack, &f);
	}
	freshen(&h->attack, AT_ETH_SRC + 1, 5);
}

/* Two groups of 10,000 and 100 addresses. */
static void address_groups(struct hostile *h)
{
	for (unsigned i = 0; i < 10000; i++)
		hostile_rule(h, "priority=10,ip,nw_src=10.0.%u.%u,actions=conjunction(1,1/2)",
			     i >> 8, i & 255);
	for (unsigned i = 0; i < 100; i++)
		hostile_rule(h, "priority=10,ip,nw_dst=20.0.0.%u,actions=conjunction(1,2/2)", i);
	hostile_rule(h, "priority=10,ip,conj_id=1,actions=output:2");
	hostile_rule(h, "priority=1,actions=output:2");
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = any_flow(h);

		add_benign(h, &f);
		f.src = 0x0a000000 | hostile_draw(h, 10000);
		f.dst = 0x14000000 | hostile_draw(h, 100);
		stream_add_udp(&h->attack, &f);
	}
	freshen(&h->attack, AT_IP_SRC + 3, 1);
}

/* Clauses on a number alone, of which only the highest bits of a word of the key differ. */
static void number_groups(struct hostile *h)
{
	hostile_rule(h, "table=0,priority=100,udp,tp_dst=80,actions=output:2");
	for (unsigned i = 0; i < 10000; i++) {
		hostile_rule(h,
			     "table=0,priority=10,udp,tp_dst=%u,actions=load:%u->NXM_NX_REG1[],"
			     "goto_table:1",
			     10000 + i, i);
		hostile_rule(h, "table=1,priority=10,reg1=%u,actions=conjunction(1,1/2)", i);
	}
	hostile_rule(h, "table=1,priority=10,ip,nw_dst=20.0.0.1,actions=conjunction(1,2/2)");
	hostile_rule(h, "table=1,priority=1,actions=output:2");
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = any_flow(h);

		f.dport = 80;
		add_benign(h, &f);
		f.dport = 10000 + hostile_draw(h, 10000);
		stream_add_udp(&h->attack, &f);
	}
	freshen(&h->attack, AT_TP_SRC, 2);
}

/* One address that is in 200 conjunctions of the same priority, all of them satisfied. */
static void many_conjunctions(struct hostile *h)
{
	for (unsigned c = 1; c <= 200; c += 20) {
		char text[600];
		size_t at = 0;

		for (unsigned k = 0; k < 20; k++)
			at += snprintf(text + at, sizeof(text) - at, "%sconjunction(%u,1/2)",
				       k ? "," : "", c + k);
		hostile_rule(h, "priority=10,ip,nw_src=10.0.0.0/%u,actions=%s", 8 + c / 20, text);
		at = 0;
		for (unsigned k = 0; k < 20; k++)
			at += snprintf(text + at, sizeof(text) - at, "%sconjunction(%u,2/2)",
				       k ? "," : "", c + k);
		hostile_rule(h, "priority=10,ip,nw_dst=20.0.0.0/%u,actions=%s", 8 + c / 20, text);
	}
	for (unsigned c = 1; c <= 200; c++)
		hostile_rule(h, "priority=10,ip,conj_id=%u,actions=output:2", c);
	hostile_rule(h, "priority=1,actions=output:2");
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = any_flow(h);

		f.src = 0x0a000000 | hostile_draw(h, 256);
		f.dst = 0x14000000 | hostile_draw(h, 256);
		stream_add_udp(&h->attack, &f);
		f.src |= 0x01000000;
		f.dst = 0x1e000000;
		add_benign(h, &f);
	}
	freshen(&h->attack, AT_IP_SRC + 3, 1);
	freshen(&h->attack, AT_IP_DST + 3, 1);
}

static void add_group(struct hostile *h, uint8_t type, unsigned n_buckets, bool to_each)
{
	static struct of_bucket buckets[1000];
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_group_mod gm = { .command = OF_GROUP_ADD,
				   .type = type,
				   .group_id = 1,
				   .n_buckets = n_buckets,
				   .buckets = buckets };
	struct of_error err;

	for (unsigned i = 0; i < n_buckets; i++) {
		char text[32];

		buckets[i] = (struct of_bucket){ .id = i,
						 .weight = type == OF_GROUP_SELECT,
						 .watch_port = OF_PORT_ANY,
						 .watch_group = OF_GROUP_ANY };
		snprintf(text, sizeof(text), "output:%u", to_each ? 2 + i % 64 : 2);
		of_actions_parse(text, &a, &buckets[i].actions, &st);
	}
	if (tables_group_mod(h->tables, &gm, 0, &err) < 0) {
		fprintf(stderr, "hostile_bench: the group was refused\n");
		exit(1);
	}
	arena_clear(&a);
}

static void benign_to_80(struct hostile *h)
{
	hostile_rule(h, "priority=100,udp,tp_dst=80,actions=output:2");
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = any_flow(h);

		f.dport = 80;
		add_benign(h, &f);
		f.dport = 81;
		stream_add_udp(&h->attack, &f);
	}
}

static void select_1000(struct hostile *h)
{
	add_group(h, OF_GROUP_SELECT, 1000, true);
	benign_to_80(h);
	hostile_rule(h, "priority=1,actions=group:1");
}

static void all_64(struct hostile *h)
{
	add_group(h, OF_GROUP_ALL_BUCKETS, 64, true);
	benign_to_80(h);
	hostile_rule(h, "priority=1,actions=group:1");
}

static void flood_64(struct hostile *h)
{
	benign_to_80(h);
	hostile_rule(h, "priority=1,actions=FLOOD");
}

static void metered(struct hostile *h)
{
	struct of_meter_band band = { .type = OF_BAND_DROP, .rate = 1 };
	struct of_meter_config mod = { .command = OF_METER_ADD,
				       .flags = OF_METER_KBPS,
				       .meter_id = 1,
				       .n_bands = 1,
				       .bands = &band };
	struct of_error err;

	if (tables_meter_mod(h->tables, &mod, 0, &err) < 0)
		exit(1);
	benign_to_80(h);
	hostile_rule(h, "priority=1,actions=meter:1,output:2");
}

/* Twelve tables, each asking the next twice: as many resubmits as a packet may make. */
static void resubmits(struct hostile *h)
{
	benign_to_80(h);
	hostile_rule(h, "priority=1,actions=resubmit(,1),resubmit(,1)");
	for (unsigned i = 1; i < 11; i++)
		hostile_rule(h, "table=%u,actions=resubmit(,%u),resubmit(,%u)", i, i + 1, i + 1);
	hostile_rule(h, "table=11,actions=output:2");
}

const struct attack table_attacks[] = {
	{ "hash: addresses that collide in CRC-32C", colliding_rules },
	{ "hash: a near miss of each of 10,000 rules", near_misses, true },
	{ "hash: groups of 10,000 and 100 addresses", address_groups },
	{ "hash: clauses on 10,000 numbers", number_groups },
	{ "masks: 1,000 rules of 50, dearest headers", acl_50_masks, true },
	{ "masks: 2,000 rules of 1,000, dearest headers", masks_1000, true },
	{ "masks: 2,000 rules of 1,000, unseen flows", masks_1000_fresh },
	{ "masks: virtual network, dearest headers", network_crafted, true },
	{ "caches: virtual network, unseen flows", network_fresh },
	{ "caches: 10,000 exact rules, unseen flows", exact_fresh },
	{ "caches: one rule, unseen flows against one", one_flow_fresh },
	{ "rules: all packets to the controller", punts },
	{ "rules: a new MAC in each packet, learn", learn_storm },
	{ "rules: a packet in 200 conjunctions", many_conjunctions },
	{ "rules: select among 1,000 buckets", select_1000 },
	{ "rules: copies to 64 ports, group of type all", all_64 },
	{ "rules: copies to 64 ports, FLOOD", flood_64 },
	{ "rules: beyond a meter's rate", metered },
	{ "rules: 2,046 resubmits a packet", resubmits },
};
const unsigned n_table_attacks = ARRAY_LENGTH(table_attacks);
