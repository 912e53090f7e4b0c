/* Translated connections through the ct action, in bursts: the short way and the long one, packets
 * that begin connections and packets of established ones in any order. */

#include "dataplane/conntrack/conntrack.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include "lib/rng.h"
#include "tests/fakes/dataplane/tcp_talk.h"

#define N_FLOWS 40
#define BURST	16
#define SERVER	0xc6336402u
#define CLIENTS 0x0a000000u
#define PUBLIC	0xc0000201u
#define FACADE	0xc0000209u

/* One end to end: how its packets look at either side. */
struct flow {
	uint8_t proto;
	bool is_destination; /* the server's address is translated, else the client's */
	bool has_begun, is_answered;
	uint16_t port, public_port; /* of the client; the latter once it has begun */
	uint32_t seq;
};

struct packet {
	struct talk_packet p;
	struct flow *flow;
	bool is_reply;
};

static const struct ct_nat to_public = { .is_source = true,
					 .has_range = true,
					 .family = 4,
					 .min_address = { { 192, 0, 2, 1 } },
					 .max_address = { { 192, 0, 2, 1 } } };
static const struct ct_nat to_server = { .is_destination = true,
					 .has_range = true,
					 .family = 4,
					 .min_address = { { 198, 51, 100, 2 } },
					 .max_address = { { 198, 51, 100, 2 } } };

static uint32_t client_of(const struct flow *flows, const struct flow *f)
{
	return CLIENTS + 1 + (f - flows);
}

static struct packet packet_of(const struct flow *flows, struct flow *f, bool is_reply)
{
	struct talk t = { .seq = 100, .flags = TALK_ACK, .text = "some words" };
	uint32_t far = f->is_destination && !is_reply ? FACADE : SERVER;
	uint32_t near = f->is_destination || !is_reply ? client_of(flows, f) : PUBLIC;
	struct ct_tuple *u = &t.tuple;

	*u = (struct ct_tuple){ .proto = f->proto, .family = 4 };
	store_be32(u->src.bytes, is_reply ? far : near);
	store_be32(u->dst.bytes, is_reply ? near : far);
	store_be16(&u->src_port, is_reply ? 80 : f->port);
	store_be16(&u->dst_port, is_reply ? f->public_port : 80);
	if (f->proto == IPPROTO_TCP && !f->is_answered) {
		t.flags = is_reply ? TALK_SYN | TALK_ACK : TALK_SYN;
		t.text = NULL;
	}
	t.seq = t.flags & TALK_SYN ? 100 : 101;
	t.ack = is_reply || t.flags & TALK_ACK ? 101 : 0;
	return (struct packet){ .p = talk_packet(&t), .flow = f, .is_reply = is_reply };
}

static void check(const struct flow *flows, struct packet *p, const struct ct_track *track)
{
	struct flow *f = p->flow;
	struct flow_key *key = &p->p.key;
	uint32_t far = f->is_destination && p->is_reply ? FACADE : SERVER;
	uint32_t near = f->is_destination || p->is_reply ? client_of(flows, f) : PUBLIC;
	bool is_source = f->is_destination == p->is_reply;

	assert_int_equal(load_be32(p->is_reply ? &key->ipv4_src : &key->ipv4_dst), far);
	assert_int_equal(load_be32(p->is_reply ? &key->ipv4_dst : &key->ipv4_src), near);
	assert_int_equal(load_be16(p->is_reply ? &key->tp_src : &key->tp_dst), 80);
	assert_int_equal(track->state & (CT_STATE_SNAT | CT_STATE_DNAT),
			 is_source ? CT_STATE_SNAT : CT_STATE_DNAT);
	assert_int_equal(key->ct_state, track->state);
	assert_true(track->is_translated);
	assert_int_equal(load_be32(&key->ct_nw_src), client_of(flows, f));
	assert_int_equal(load_be32(&key->ct_nw_dst), f->is_destination ? FACADE : SERVER);
	assert_int_equal(load_be16(&key->ct_tp_src), f->port);
	if (!f->has_begun)
		f->public_port = load_be16(&key->tp_src);
	assert_int_equal(load_be16(p->is_reply ? &key->tp_dst : &key->tp_src),
			 p->is_reply ? f->port : f->public_port);
	f->has_begun = true;
	f->is_answered |= p->is_reply;
	key->ct_state = 0;
	assert_null(talk_packet_check(&p->p));
}

/* A packet of each of some flows: those of one kind in one burst, as they meet different rules. */
static void run_burst(struct conntrack_thread *t, struct flow *flows, struct rng *rng,
		      bool is_destination)
{
	struct ct_request request = { .is_commit = true,
				      .nat = is_destination ? &to_server : &to_public };
	struct rte_mbuf *pkts[BURST];
	struct flow_key keys[BURST];
	struct packet_layout layouts[BURST];
	struct ct_track tracks[BURST] = { 0 };
	uint16_t zones[BURST] = { 0 };
	struct ct_burst b = { pkts, keys, layouts, tracks, KEY_LINES_ALL };
	struct packet packets[BURST];
	unsigned n = 0, first = rng_below(rng, N_FLOWS);

	for (unsigned i = 0; i < N_FLOWS && n < BURST; i++) {
		struct flow *f = &flows[(first + i) % N_FLOWS];
		bool is_reply = f->has_begun && rng_below(rng, 2);

		if (f->is_destination != is_destination)
			continue;
		packets[n] = packet_of(flows, f, is_reply);
		pkts[n] = packets[n].p.m;
		keys[n] = packets[n].p.key;
		layouts[n] = packets[n].p.layout;
		n++;
	}
	conntrack_enter(t, NS_PER_SEC);
	assert_int_equal(conntrack_burst(t, &request, zones, &b, (1u << n) - 1), (1u << n) - 1);
	for (unsigned i = 0; i < n; i++) {
		packets[i].p.key = keys[i];
		packets[i].p.layout = layouts[i];
		check(flows, &packets[i], &tracks[i]);
		talk_packet_fini(&packets[i].p);
	}
	conntrack_leave(t);
}

static void both_directions_of_many(void **state)
{
	struct conntrack *ct =
		conntrack_create(&(struct conntrack_config){ .seed = 9, .max_connections = 1024 });
	struct conntrack_thread *t = conntrack_thread_create(ct);
	struct flow flows[N_FLOWS] = { 0 };
	unsigned n_moved = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 6);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		flows[i].proto = i & 1 ? IPPROTO_TCP : IPPROTO_UDP;
		flows[i].is_destination = i & 2;
		flows[i].port = flows[i].public_port = 2000 + i / 8; /* several have the same */
	}
	for (unsigned n = 0; n < 600; n++)
		run_burst(t, flows, &rng, n & 1);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		assert_true(flows[i].has_begun && flows[i].is_answered);
		n_moved += flows[i].public_port != flows[i].port;
		assert_true(!flows[i].is_destination || flows[i].public_port == flows[i].port);
	}
	assert_in_range(n_moved, 1, N_FLOWS / 2);
	assert_int_equal(conntrack_stats(ct).n_created, N_FLOWS);
	conntrack_thread_destroy(t);
	conntrack_destroy(ct);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
