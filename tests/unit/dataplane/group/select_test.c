/* Select groups: how flows are shared out, and which of them move when buckets come, go, die and
 * live again. */

#include "dataplane/pipeline/pipeline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-1.2.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/mods.h"

#define N_FLOWS 20000
#define N_PORTS 70

struct world {
	struct tables *tables;
	struct pipeline *p;
	struct pipeline_thread *t;
	struct pipeline_port ports[N_PORTS];
};

static void compile(struct world *w)
{
	struct pipeline *old = w->p;

	w->p = pipeline_compile(w->tables, w->ports, N_PORTS, old);
	pipeline_release(old);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->tables = tables_create(NULL);
	w->t = pipeline_thread_create(w->tables, &heap_packet_ops);
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

static uint32_t send_key(struct world *w, const struct flow_key *key)
{
	const struct pipeline_result *res;
	struct buf packet = BUF_INIT;
	struct rte_mbuf *m;
	uint32_t port;

	packet_compose(key, 10, &packet);
	m = heap_packet_create(packet.data, packet.size);
	buf_fini(&packet);
	res = pipeline_run(w->p, w->t, &m, 1, N_PORTS, 1);
	assert_true(res->n_out <= 1);
	if (!res->n_out)
		return 0;
	port = res->ports[0];
	heap_packet_destroy(res->pkts[0]);
	return port;
}

/* The port that flow I leaves by; 0: none. */
static uint32_t send_flow(struct world *w, unsigned i, bool is_v6)
{
	struct flow_key key = { .ip_proto = 17, .ip_ttl = 1 + i % 200, .ip_tos = i % 4 << 2 };

	store_be16(&key.eth_type, is_v6 ? 0x86dd : 0x800);
	store_be16(&key.tp_src, 1000 + i % 7919);
	store_be16(&key.tp_dst, 80);
	if (is_v6)
		store_be32(key.ipv6_src + 12, i);
	else
		store_be32(&key.ipv4_src, 0x0a000000 + i);
	return send_key(w, &key);
}

static void send_all(struct world *w, uint32_t *ports, unsigned *counts)
{
	memset(counts, 0, (N_PORTS + 1) * sizeof(*counts));
	for (unsigned i = 0; i < N_FLOWS; i++) {
		ports[i] = send_flow(w, i, i % 2);
		counts[ports[i]]++;
	}
}

static void make_group(struct world *w, uint16_t command, const unsigned *weights, unsigned n)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "group_id=1,type=select");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, ",bucket=bucket_id:%u,weight:%u,watch_port:%u,output:%u", i,
			   weights[i], i + 1, i + 1);
	assert_int_equal(mod_group(w->tables, command, buf_str(&text)), 0);
	buf_fini(&text);
	if (command == OF_GROUP_ADD)
		assert_int_equal(mod_flow(w->tables, "actions=group:1"), 0);
	compile(w);
}

static void weights_are_kept(void **state)
{
	static const unsigned weights[] = { 1, 2, 0, 10, 3, 4 };
	static uint32_t ports[N_FLOWS];
	unsigned counts[N_PORTS + 1];

	make_group(*state, OF_GROUP_ADD, weights, ARRAY_LENGTH(weights));
	send_all(*state, ports, counts);
	assert_int_equal(counts[0], 0);
	for (unsigned i = 0; i < ARRAY_LENGTH(weights); i++) {
		double want = N_FLOWS * weights[i] / 20.0;

		/* The table is right to a slot in 32 of the lightest, flows scatter around it. */
		assert_true(fabs(counts[i + 1] - want) <= want / 32 + 5 * sqrt(want));
	}
	assert_int_equal(counts[3], 0);
}

static void a_flow_stays_where_it_is(void **state)
{
	static const unsigned weights[64] = { [0 ... 63] = 1 };
	struct world *w = *state;
	struct flow_key a = { .ip_proto = 6, .ip_ttl = 9, .tp_src = 5, .tp_dst = 6 }, b;
	unsigned n_same = 0;

	make_group(w, OF_GROUP_ADD, weights, 64);
	store_be16(&a.eth_type, 0x800);
	a.ipv4_dst = 7;
	b = a;
	b.ip_ttl = 200;
	b.ip_tos = 0x2c;
	b.tcp_flags = __builtin_bswap16(0x11);
	assert_int_equal(send_key(w, &a), send_key(w, &b));
	store_be16(&a.vlan_tci, KEY_VLAN_PRESENT | 7);
	store_be16(&b.vlan_tci, KEY_VLAN_PRESENT | 5 << 13 | 7);
	assert_int_equal(send_key(w, &a), send_key(w, &b));
	/* Each field of the flow counts: of 64 buckets the same is taken seldom. */
	for (unsigned i = 1; i < 100; i++) {
		b = a;
		if (i % 5 == 0)
			b.ipv4_src ^= i;
		else if (i % 5 == 1)
			b.tp_dst ^= i;
		else if (i % 5 == 2)
			b.eth_src[5] ^= i;
		else if (i % 5 == 3)
			b.tp_src ^= i;
		else
			store_be16(&b.vlan_tci, KEY_VLAN_PRESENT | (7 + i));
		n_same += send_key(w, &a) == send_key(w, &b);
	}
	assert_true(n_same < 15);
}

/* The first one has ports, and only in IPv4 do the others tell the protocol. */
static void fragments_stay_together(void **state)
{
	static const unsigned weights[64] = { [0 ... 63] = 1 };

	make_group(*state, OF_GROUP_ADD, weights, 64);
	for (unsigned i = 0; i < 64; i++) {
		bool is_v6 = i % 2;
		struct flow_key first = { .ip_proto = 17, .ip_ttl = 9, .tp_src = i, .tp_dst = 6 };
		struct flow_key later;

		store_be16(&first.eth_type, is_v6 ? 0x86dd : 0x0800);
		first.ipv6_src[15] = is_v6 ? i : 0;
		first.ipv4_src = is_v6 ? 0 : i;
		store_be16(&first.ipv6_exthdr, is_v6 ? OFPIEH12_FRAG : 0);
		first.ip_frag = KEY_FRAG_ANY;
		later = first;
		later.ip_frag |= KEY_FRAG_LATER;
		assert_int_not_equal(send_key(*state, &first), 0);
		assert_int_equal(send_key(*state, &first), send_key(*state, &later));
	}
}

/* Flows of the buckets in GONE (a bitmap by port) may move, no others. */
static void compare_moves(const uint32_t *before, const uint32_t *after, uint64_t gone)
{
	for (unsigned i = 0; i < N_FLOWS; i++) {
		if (gone >> before[i] & 1)
			assert_false(gone >> after[i] & 1);
		else
			assert_int_equal(before[i], after[i]);
	}
}

static void removing_moves_only_the_removed(void **state)
{
	static uint32_t before[N_FLOWS], after[N_FLOWS];
	struct world *w = *state;
	unsigned weights[40], counts[N_PORTS + 1];
	uint64_t gone = 0;

	for (unsigned i = 0; i < 40; i++)
		weights[i] = 1 + i % 7;
	make_group(w, OF_GROUP_ADD, weights, 40);
	send_all(w, before, counts);
	for (unsigned k = 0; k < 30; k++) {
		unsigned id = k * 17 % 40;
		char text[64];

		gone |= 1ull << (id + 1);
		snprintf(text, sizeof(text), "group_id=1,command_bucket_id=%u", id);
		assert_int_equal(mod_group(w->tables, OF_GROUP_REMOVE_BUCKET, text), 0);
		compile(w);
		send_all(w, after, counts);
		compare_moves(before, after, gone);
		memcpy(before, after, sizeof(before));
	}
}

/* Who comes takes its share, and the others keep theirs among themselves. */
static void adding_moves_only_to_the_added(void **state)
{
	static const unsigned weights[] = { 5, 5, 5, 5, 5 };
	static uint32_t before[N_FLOWS], after[N_FLOWS];
	unsigned counts[N_PORTS + 1], n_moved = 0;

	make_group(*state, OF_GROUP_ADD, weights, 4);
	send_all(*state, before, counts);
	make_group(*state, OF_GROUP_MODIFY, weights, 5);
	send_all(*state, after, counts);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		n_moved += before[i] != after[i];
		assert_true(before[i] == after[i] || after[i] == 5);
	}
	assert_true(n_moved > N_FLOWS / 6 && n_moved < N_FLOWS / 4);
}

static void the_dead_come_back_to_their_flows(void **state)
{
	static uint32_t first[N_FLOWS], now[N_FLOWS], last[N_FLOWS];
	struct world *w = *state;
	unsigned weights[20], counts[N_PORTS + 1];
	uint64_t dead = 0;

	for (unsigned i = 0; i < 20; i++)
		weights[i] = 1 + i % 3;
	make_group(w, OF_GROUP_ADD, weights, 20);
	send_all(w, first, counts);
	memcpy(last, first, sizeof(last));
	for (unsigned k = 0; k < 19; k++) {
		unsigned port = 1 + k * 7 % 20;

		dead |= 1ull << port;
		w->ports[port - 1].state = OFPPS_LINK_DOWN;
		compile(w);
		send_all(w, now, counts);
		compare_moves(last, now, dead);
		assert_int_equal(counts[0], 0);
		memcpy(last, now, sizeof(last));
	}
	w->ports[1 + 19 * 7 % 20 - 1].config = OFPPC_PORT_DOWN;
	compile(w);
	assert_int_equal(send_flow(w, 1, false), 0);
	assert_int_equal(counters_drop_sum(tables_counters(w->tables), DROP_NO_LIVE_BUCKET), 1);
	for (unsigned i = 0; i < N_PORTS; i++)
		w->ports[i].state = w->ports[i].config = 0;
	compile(w);
	send_all(w, now, counts);
	assert_memory_equal(first, now, sizeof(now));
}

static void fields_can_be_named(void **state)
{
	struct world *w = *state;
	struct flow_key key = { .ip_proto = 17, .ip_ttl = 1 };
	uint32_t port, n_other = 0;
	struct buf text = BUF_INIT;

	buf_printf(&text,
		   "group_id=1,type=select,selection_method=hash,fields(ip_dst=255.255.255.0)");
	for (unsigned i = 1; i <= 16; i++)
		buf_printf(&text, ",bucket=weight:1,output:%u", i);
	assert_int_equal(mod_group(w->tables, OF_GROUP_ADD, buf_str(&text)), 0);
	buf_fini(&text);
	assert_int_equal(mod_flow(w->tables, "actions=group:1"), 0);
	compile(w);
	store_be16(&key.eth_type, 0x800);
	port = send_key(w, &key);
	for (unsigned i = 0; i < 100; i++) {
		key.tp_src = i;
		store_be32(&key.ipv4_src, i);
		store_be32(&key.ipv4_dst, i);
		assert_int_equal(send_key(w, &key), port);
	}
	for (unsigned i = 1; i < 100; i++) {
		store_be32(&key.ipv4_dst, i << 8);
		n_other += send_key(w, &key) != port;
	}
	assert_true(n_other > 80);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(weights_are_kept),
		TEST(a_flow_stays_where_it_is),
		TEST(fragments_stay_together),
		TEST(removing_moves_only_the_removed),
		TEST(adding_moves_only_to_the_added),
		TEST(the_dead_come_back_to_their_flows),
		TEST(fields_can_be_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
