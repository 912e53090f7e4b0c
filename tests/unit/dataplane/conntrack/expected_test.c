/* An FTP client behind source NAT, through the whole of connection tracking: the control
 * connection's ct(commit,nat(src=),alg=ftp), the data connection's +rel+new and ct(commit,nat).
 *
 *	client 10.0.0.1 --- 192.0.2.1 --- 198.51.100.2 server */

#include "dataplane/conntrack/conntrack.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include "tests/fakes/dataplane/tcp_talk.h"

#define NEW (CT_STATE_TRK | CT_STATE_NEW)
#define EST (CT_STATE_TRK | CT_STATE_EST)
#define REL CT_STATE_REL
#define RPL CT_STATE_RPL

#define CLIENT 0x0a000001u
#define PUBLIC 0xc0000201u
#define SERVER 0xc6336402u

static const struct ct_nat as_it_is;
static const struct ct_nat to_public = { .is_source = true,
					 .has_range = true,
					 .family = 4,
					 .min_address = { { 192, 0, 2, 1 } },
					 .max_address = { { 192, 0, 2, 1 } } };

struct world {
	struct conntrack *ct;
	struct conntrack_thread *t;
	uint16_t zone;
	uint64_t now_ns;
};

struct packet {
	struct talk_packet p;
	struct ct_track track;
};

static void world_init(struct world *w)
{
	*w = (struct world){ .zone = 3, .now_ns = NS_PER_SEC };
	w->ct = conntrack_create(&(struct conntrack_config){ .seed = 5, .max_connections = 1024 });
	w->t = conntrack_thread_create(w->ct);
}

static void world_fini(struct world *w)
{
	conntrack_thread_destroy(w->t);
	conntrack_destroy(w->ct);
}

static struct packet packet(uint32_t src, uint16_t src_port, uint32_t dst, uint16_t dst_port,
			    uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	struct talk talk = { .seq = seq, .ack = ack, .flags = flags, .text = text };

	talk.tuple = (struct ct_tuple){ .proto = IPPROTO_TCP, .family = 4 };
	store_be32(talk.tuple.src.bytes, src);
	store_be32(talk.tuple.dst.bytes, dst);
	store_be16(&talk.tuple.src_port, src_port);
	store_be16(&talk.tuple.dst_port, dst_port);
	return (struct packet){ .p = talk_packet(&talk) };
}

/* One ct action on it; its ct_state, or minus its drop reason. */
static int ct(struct world *w, struct packet *p, bool is_commit, const struct ct_nat *nat,
	      uint16_t alg)
{
	struct ct_request request = { .is_commit = is_commit, .nat = nat, .alg = alg };
	struct ct_burst b = { &p->p.m, &p->p.key, &p->p.layout, &p->track, KEY_LINES_ALL };
	uint64_t good;

	conntrack_enter(w->t, w->now_ns);
	good = conntrack_burst(w->t, &request, &w->zone, &b, 1);
	if (good && is_commit && !(p->track.state & REL)) {
		store_be32(&p->p.key.ct_mark, 77);
		conntrack_store(&p->track, &p->p.key, true, false);
	}
	conntrack_leave(w->t);
	return good ? p->track.state : -p->p.layout.drop;
}

static void assert_ends(const struct packet *p, uint32_t src, uint16_t src_port, uint32_t dst,
			uint16_t dst_port)
{
	assert_int_equal(load_be32(&p->p.key.ipv4_src), src);
	assert_int_equal(load_be32(&p->p.key.ipv4_dst), dst);
	assert_int_equal(load_be16(&p->p.key.tp_src), src_port);
	assert_int_equal(load_be16(&p->p.key.tp_dst), dst_port);
}

/* A packet of the control connection, from the client or the server; TEXT becomes EXPECTED. */
static void control(struct world *w, bool is_reply, uint8_t flags, uint32_t seq, uint32_t ack,
		    const char *text, const char *expected)
{
	struct packet p = is_reply ? packet(SERVER, 21, PUBLIC, 5000, flags, seq, ack, text)
				   : packet(CLIENT, 5000, SERVER, 21, flags, seq, ack, text);
	int state = ct(w, &p, false, &as_it_is, 0);

	if (!is_reply && flags == TALK_SYN) {
		assert_int_equal(state, NEW);
		state = ct(w, &p, true, &to_public, 21);
	}
	assert_true(state > 0);
	assert_false(state & CT_STATE_INV);
	assert_string_equal(talk_packet_text(&p.p), expected ? expected : "");
	if (is_reply)
		assert_ends(&p, SERVER, 21, CLIENT, 5000);
	else
		assert_ends(&p, PUBLIC, 5000, SERVER, 21);
	talk_packet_fini(&p.p);
}

/* Until the client has said where it takes the data, and the server has heard another address. */
static void announce(struct world *w)
{
	static const char said[] = "PORT 10,0,0,1,19,137\r\n",
			  heard[] = "PORT 192,0,2,1,19,137\r\n";
	const uint8_t both = TALK_ACK | TALK_PSH;

	control(w, false, TALK_SYN, 100, 0, NULL, NULL);
	control(w, true, TALK_SYN | TALK_ACK, 900, 101, NULL, NULL);
	control(w, false, TALK_ACK, 101, 901, NULL, NULL);
	control(w, true, both, 901, 101, "220 ready\r\n", "220 ready\r\n");
	control(w, false, both, 101, 912, said, heard);
	/* The server counts what it heard: its acknowledgement is right, and so is what follows. */
	control(w, true, both, 912, 101 + strlen(heard), "200 ok\r\n", "200 ok\r\n");
	control(w, false, both, 101 + strlen(said), 920, "RETR file\r\n", "RETR file\r\n");
}

static struct packet data_syn(uint16_t src_port)
{
	return packet(SERVER, src_port, PUBLIC, 5001, TALK_SYN, 7000, 0, NULL);
}

static void the_data_connection_is_related(void **state)
{
	struct packet p, other;
	struct world w;

	(void)state;
	world_init(&w);
	announce(&w);
	other = packet(SERVER, 20, PUBLIC, 5002, TALK_SYN, 7000, 0, NULL);
	assert_int_equal(ct(&w, &other, false, &as_it_is, 0), NEW);
	talk_packet_fini(&other.p);

	p = data_syn(20);
	assert_int_equal(ct(&w, &p, false, &as_it_is, 0), NEW | REL);
	/* The original tuple is the parent's. */
	assert_int_equal(load_be32(&p.p.key.ct_nw_src), CLIENT);
	assert_int_equal(load_be32(&p.p.key.ct_nw_dst), SERVER);
	assert_int_equal(load_be16(&p.p.key.ct_tp_dst), 21);
	assert_int_equal(load_be32(&p.p.key.ct_mark), 77);
	assert_int_equal(ct(&w, &p, true, &as_it_is, 0), NEW | REL | CT_STATE_DNAT);
	assert_ends(&p, SERVER, 20, CLIENT, 5001);
	assert_int_equal(load_be32(&p.p.key.ct_mark), 77);
	p.p.key.ct_state = 0; /* no parser knows it */
	assert_null(talk_packet_check(&p.p));
	talk_packet_fini(&p.p);

	p = packet(CLIENT, 5001, SERVER, 20, TALK_SYN | TALK_ACK, 50, 7001, NULL);
	assert_int_equal(ct(&w, &p, false, &as_it_is, 0), EST | REL | RPL | CT_STATE_SNAT);
	assert_ends(&p, PUBLIC, 5001, SERVER, 20);
	talk_packet_fini(&p.p);
	world_fini(&w);
}

/* Two come in a burst; both were let pass by the rule for what is expected. */
static void one_connection_for_one_announcement(void **state)
{
	struct packet p, again, other;
	struct world w;

	(void)state;
	world_init(&w);
	announce(&w);
	p = data_syn(20);
	again = data_syn(20);
	other = data_syn(30);
	assert_int_equal(ct(&w, &p, false, &as_it_is, 0), NEW | REL);
	assert_int_equal(ct(&w, &again, false, &as_it_is, 0), NEW | REL);
	assert_int_equal(ct(&w, &other, false, &as_it_is, 0), NEW | REL);
	assert_true(ct(&w, &p, true, &as_it_is, 0) > 0);
	assert_int_equal(ct(&w, &other, true, &as_it_is, 0), -DROP_HELPER_BUSY);
	/* The same SYN sent twice is of the same connection. */
	assert_int_equal(ct(&w, &again, true, &as_it_is, 0), NEW | REL | CT_STATE_DNAT);
	assert_ends(&again, SERVER, 20, CLIENT, 5001);
	talk_packet_fini(&p.p);
	talk_packet_fini(&again.p);
	talk_packet_fini(&other.p);
	/* The other one, sent again, is nobody's. */
	other = data_syn(30);
	assert_int_equal(ct(&w, &other, false, &as_it_is, 0), NEW);
	talk_packet_fini(&other.p);
	world_fini(&w);
}

static void nothing_is_expected_of_a_connection_that_is_gone(void **state)
{
	struct conntrack_filter all = { 0 };
	struct packet p;
	struct world w;

	(void)state;
	world_init(&w);
	announce(&w);
	assert_int_equal(conntrack_flush(w.ct, &all), 1);
	/* Its memory, and what it announced, goes when nobody can hold it any more. */
	for (unsigned i = 0; i < 10; i++) {
		w.now_ns += NS_PER_SEC;
		conntrack_enter(w.t, w.now_ns);
		conntrack_leave(w.t);
		conntrack_tend(w.ct, w.now_ns);
	}
	p = data_syn(20);
	assert_int_equal(ct(&w, &p, false, &as_it_is, 0), NEW);
	talk_packet_fini(&p.p);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_data_connection_is_related),
		cmocka_unit_test(one_connection_for_one_announcement),
		cmocka_unit_test(nothing_is_expected_of_a_connection_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
