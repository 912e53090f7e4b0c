/* FTP dialogues, without NAT and through it: what is expected, what is said to the other side, and
 * that both sides agree on sequence numbers.
 *
 *	client 10.0.0.1:5000 --- 192.0.2.1 (source NAT) --- 198.51.100.2:21 server
 *	client 10.0.0.1:5000 --- 192.0.2.9:21 (destination NAT) --- 198.51.100.2:21 server */

#include "dataplane/conntrack/helper.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include "dataplane/conntrack/nat.h"
#include "dataplane/packet/drop.h"
#include "lib/rng.h"
#include "tests/fakes/dataplane/tcp_talk.h"

#define SEC	   NS_PER_SEC
#define CLIENT_ISN 0xffffff00u /* it wraps within the dialogue */
#define SERVER_ISN 1000u

struct world {
	struct expect_table *expected;
	struct helpers *helpers;
	struct connection_large c;
	bool is_translated;
	/* What each end has sent and got, as it counts: client, server. */
	uint32_t sent[2], got[2];
};

static struct ct_tuple ends(uint8_t family)
{
	struct ct_tuple t = { .zone = 5, .proto = IPPROTO_TCP, .family = family };

	if (family == 4) {
		memcpy(t.src.bytes, "\x0a\0\0\x01", 4);
		memcpy(t.dst.bytes, "\xc6\x33\x64\x02", 4);
	} else {
		memcpy(t.src.bytes, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
		memcpy(t.dst.bytes, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
	}
	store_be16(&t.src_port, 5000);
	store_be16(&t.dst_port, 21);
	return t;
}

static enum drop_reason pass(struct world *w, bool is_reply, struct talk_packet *p)
{
	enum drop_reason why =
		helpers_run(w->helpers, &w->c.c, is_reply, true, SEC, p->m, &p->key, &p->layout);

	if (why == DROP_NONE && w->is_translated)
		why = ct_nat_translate(&w->c.c, is_reply, p->m, &p->key, &p->layout);
	return why;
}

static struct talk_packet say(struct world *w, bool is_reply, const char *text, uint8_t flags)
{
	struct talk t = {
		.seq = w->sent[is_reply], .ack = w->got[is_reply], .flags = flags, .text = text
	};

	connection_tuple(&w->c.c, is_reply, &t.tuple);
	return talk_packet(&t);
}

/* TEXT from one end gets to the other as EXPECTED; it acknowledges, and that gets back. */
static void tell(struct world *w, bool is_reply, const char *text, const char *expected)
{
	struct talk_packet p = say(w, is_reply, text, TALK_ACK | TALK_PSH);

	assert_int_equal(pass(w, is_reply, &p), DROP_NONE);
	assert_null(talk_packet_check(&p));
	assert_string_equal(talk_packet_text(&p), expected);
	/* It fits to what the other one has got and sent. */
	assert_int_equal(talk_packet_seq(&p), w->got[!is_reply]);
	assert_int_equal(talk_packet_ack(&p), w->sent[!is_reply]);
	talk_packet_fini(&p);
	w->sent[is_reply] += strlen(text);
	w->got[!is_reply] += strlen(expected);

	p = say(w, !is_reply, NULL, TALK_ACK);
	assert_int_equal(pass(w, !is_reply, &p), DROP_NONE);
	assert_null(talk_packet_check(&p));
	assert_int_equal(talk_packet_ack(&p), w->sent[is_reply]);
	assert_int_equal(helped_ack(&w->c.c, !is_reply, w->got[!is_reply]), w->sent[is_reply]);
	talk_packet_fini(&p);
}

static void shake_hands(struct world *w)
{
	static const uint8_t flags[] = { TALK_SYN, TALK_SYN | TALK_ACK };

	for (unsigned i = 0; i < 2; i++) {
		struct talk_packet p = say(w, i, NULL, flags[i]);

		assert_int_equal(pass(w, i, &p), DROP_NONE);
		assert_null(talk_packet_check(&p));
		talk_packet_fini(&p);
		w->sent[i]++;
		w->got[!i] = w->sent[i];
	}
}

static void world_init(struct world *w, const struct ct_tuple *original,
		       const struct ct_tuple *translated)
{
	struct ct_tuple reply = ct_tuple_reverse(translated);

	memset(w, 0, sizeof(*w));
	w->expected = expect_table_create(1, 0);
	w->helpers = helpers_create(2, w->expected, 4);
	connection_init(&w->c.c, original, true);
	connection_set_reply(&w->c.c, &reply);
	w->is_translated = memcmp(original, translated, sizeof(*original)) != 0;
	w->c.c.mark = 0x11223344;
	w->c.c.label[1] = 0x55;
	helpers_attach(w->helpers, &w->c.c, 21);
	assert_true(w->c.c.flags & CONNECTION_HELPED);
	w->sent[0] = CLIENT_ISN;
	w->sent[1] = SERVER_ISN;
	shake_hands(w);
}

static void plain_world(struct world *w, uint8_t family)
{
	struct ct_tuple t = ends(family);

	world_init(w, &t, &t);
}

/* SUBST stands for the client (source NAT) or the server was meant by it. */
static void source_world(struct world *w, const char *address)
{
	struct ct_tuple t = ends(4), to = t;

	memcpy(to.src.bytes, address, 4);
	world_init(w, &t, &to);
}

static void destination_world(struct world *w)
{
	struct ct_tuple to = ends(4), t = to;

	memcpy(t.dst.bytes, "\xc0\0\x02\x09", 4);
	world_init(w, &t, &to);
}

static void world_fini(struct world *w)
{
	helpers_detach(w->helpers, &w->c.c);
	helpers_destroy(w->helpers);
	expect_table_destroy(w->expected);
}

/* A connection from the end that the packets of IS_REPLY come from, to PORT as that end sees the
 * other; it will be expected if so, and become one to PORT_THERE of the other end itself. */
static bool is_expected(struct world *w, bool is_reply, uint16_t port, uint16_t port_there)
{
	struct ct_tuple t, there, reply, parent;
	struct ct_expectation e;

	connection_tuple(&w->c.c, is_reply, &t);
	connection_tuple(&w->c.c, false, &parent);
	store_be16(&t.src_port, 20);
	store_be16(&t.dst_port, port);
	if (!expect_find(w->expected, &t, SEC, &e))
		return false;
	connection_tuple(&w->c.c, !is_reply, &reply);
	there = reply;
	store_be16(&there.src_port, port_there);
	there.dst_port = 0;
	assert_memory_equal(&e.reply, &there, sizeof(there));
	assert_memory_equal(&e.parent, &parent, sizeof(parent));
	assert_int_equal(e.mark, 0x11223344);
	return true;
}

static void active_without_nat(void **state)
{
	struct world w;

	(void)state;
	plain_world(&w, 4);
	tell(&w, true, "220 ready\r\n", "220 ready\r\n");
	tell(&w, false, "USER anonymous\r\n", "USER anonymous\r\n");
	tell(&w, false, "PORT 10,0,0,1,19,137\r\n", "PORT 10,0,0,1,19,137\r\n");
	assert_true(is_expected(&w, true, 5001, 5001));
	assert_false(is_expected(&w, false, 5001, 5001));
	tell(&w, false, "eprt |1|10.0.0.1|5002| \r\n", "eprt |1|10.0.0.1|5002| \r\n");
	assert_true(is_expected(&w, true, 5002, 5002));
	world_fini(&w);
}

static void passive_without_nat(void **state)
{
	struct world w;

	(void)state;
	plain_world(&w, 4);
	tell(&w, true, "227 Entering Passive Mode (198,51,100,2,195,80).\r\n",
	     "227 Entering Passive Mode (198,51,100,2,195,80).\r\n");
	assert_true(is_expected(&w, false, 50000, 50000));
	tell(&w, true, "227 198,51,100,2,195,81\r\n", "227 198,51,100,2,195,81\r\n");
	assert_true(is_expected(&w, false, 50001, 50001));
	tell(&w, true, "229 Entering Extended Passive Mode (|||50002|)\r\n",
	     "229 Entering Extended Passive Mode (|||50002|)\r\n");
	assert_true(is_expected(&w, false, 50002, 50002));
	world_fini(&w);
}

static void ipv6_without_nat(void **state)
{
	struct world w;

	(void)state;
	plain_world(&w, 6);
	tell(&w, false, "EPRT |2|fd00::1|5001|\r\n", "EPRT |2|fd00::1|5001|\r\n");
	assert_true(is_expected(&w, true, 5001, 5001));
	tell(&w, true, "229 ok (!!!50002!)\r\n", "229 ok (!!!50002!)\r\n");
	assert_true(is_expected(&w, false, 50002, 50002));
	world_fini(&w);
}

/* The text grows, shrinks and keeps its size; all that follows counts on. */
static void active_through_source_nat(void **state)
{
	static const struct {
		const char *address, *port, *eprt;
	} rows[] = {
		{ "\xc0\0\x02\x01", "PORT 192,0,2,1,19,137\r\n", "EPRT |1|192.0.2.1|5002|\r\n" },
		{ "\x01\x01\x01\x01", "PORT 1,1,1,1,19,137\r\n", "EPRT |1|1.1.1.1|5002|\r\n" },
		{ "\x14\0\0\x01", "PORT 20,0,0,1,19,137\r\n", "EPRT |1|20.0.0.1|5002|\r\n" },
		{ "\xc8\xc8\xc8\xc8", "PORT 200,200,200,200,19,137\r\n",
		  "EPRT |1|200.200.200.200|5002|\r\n" },
	};
	struct world w;

	(void)state;
	for (unsigned r = 0; r < ARRAY_LENGTH(rows); r++) {
		source_world(&w, rows[r].address);
		tell(&w, true, "220 ready\r\n", "220 ready\r\n");
		for (unsigned i = 0; i < 30; i++) {
			tell(&w, false, "PORT 10,0,0,1,19,137\r\n", rows[r].port);
			assert_true(is_expected(&w, true, 5001, 5001));
			tell(&w, true, "200 ok\r\n", "200 ok\r\n");
			tell(&w, false, "EPRT |1|10.0.0.1|5002|\r\n", rows[r].eprt);
			assert_true(is_expected(&w, true, 5002, 5002));
			tell(&w, false, "RETR file\r\n", "RETR file\r\n");
			tell(&w, true, "150 comes\r\n226 done\r\n", "150 comes\r\n226 done\r\n");
		}
		world_fini(&w);
	}
}

static void passive_through_source_nat(void **state)
{
	struct world w;

	(void)state;
	source_world(&w, "\xc0\0\x02\x01");
	tell(&w, true, "227 ok (198,51,100,2,195,80)\r\n", "227 ok (198,51,100,2,195,80)\r\n");
	assert_true(is_expected(&w, false, 50000, 50000));
	tell(&w, true, "229 ok (|||50001|)\r\n", "229 ok (|||50001|)\r\n");
	assert_true(is_expected(&w, false, 50001, 50001));
	world_fini(&w);
}

static void passive_through_destination_nat(void **state)
{
	struct world w;

	(void)state;
	destination_world(&w);
	tell(&w, true, "227 ok (198,51,100,2,195,80)\r\n", "227 ok (192,0,2,9,195,80)\r\n");
	assert_true(is_expected(&w, false, 50000, 50000));
	tell(&w, true, "229 ok (|||50001|)\r\n", "229 ok (|||50001|)\r\n");
	assert_true(is_expected(&w, false, 50001, 50001));
	tell(&w, false, "RETR file\r\n", "RETR file\r\n");
	tell(&w, true, "226 done\r\n", "226 done\r\n");
	world_fini(&w);
}

/* Two clients behind one address announce the same port to the same server. */
static void a_port_that_another_client_announced(void **state)
{
	struct ct_tuple t = ends(4), to = t;
	struct connection_large other;
	struct ct_tuple reply;
	struct talk_packet p;
	unsigned high, low;
	struct world w;

	(void)state;
	source_world(&w, "\xc0\0\x02\x01");
	tell(&w, false, "PORT 10,0,0,1,19,137\r\n", "PORT 192,0,2,1,19,137\r\n");
	t.src.bytes[3] = 7;
	memcpy(to.src.bytes, "\xc0\0\x02\x01", 4);
	store_be16(&to.src_port, 6000);
	reply = ct_tuple_reverse(&to);
	connection_init(&other.c, &t, true);
	connection_set_reply(&other.c, &reply);
	helpers_attach(w.helpers, &other.c, 21);
	p = talk_packet(&(struct talk){
		.tuple = t, .seq = 1, .flags = TALK_ACK, .text = "PORT 10,0,0,7,19,137\r\n" });
	assert_int_equal(helpers_run(w.helpers, &other.c, false, true, SEC, p.m, &p.key, &p.layout),
			 DROP_NONE);
	assert_null(talk_packet_check(&p));
	assert_int_equal(sscanf(talk_packet_text(&p), "PORT 192,0,2,1,%u,%u", &high, &low), 2);
	assert_int_not_equal(high * 256 + low, 5001);
	assert_true(high * 256 + low >= 1024);
	/* Each gets its own. */
	assert_true(is_expected(&w, true, 5001, 5001));
	t = reply;
	store_be16(&t.dst_port, high * 256 + low);
	struct ct_expectation e;
	assert_true(expect_find(w.expected, &t, SEC, &e));
	assert_int_equal(e.reply.src.bytes[3], 7);
	assert_int_equal(load_be16(&e.reply.src_port), 5001);
	talk_packet_fini(&p);
	helpers_detach(w.helpers, &other.c);
	assert_false(expect_find(w.expected, &t, SEC, &e));
	world_fini(&w);
}

static void what_is_sent_again_is_rewritten_again(void **state)
{
	static const char *const texts[] = { "PORT 10,0,0,1,19,137\r\n",
					     "PORT 10,0,0,1,19,137\r\nPASV\r\n" };
	struct talk_packet p;
	struct world w;

	(void)state;
	source_world(&w, "\xc8\xc8\xc8\xc8");
	tell(&w, false, "USER x\r\n", "USER x\r\n");
	tell(&w, false, "PORT 10,0,0,1,19,137\r\n", "PORT 200,200,200,200,19,137\r\n");
	tell(&w, false, "NOOP\r\n", "NOOP\r\n");
	w.sent[0] -= strlen(texts[0]) + 6;
	for (unsigned i = 0; i < 2; i++) {
		p = say(&w, false, texts[i], TALK_ACK);
		assert_int_equal(pass(&w, false, &p), DROP_NONE);
		assert_null(talk_packet_check(&p));
		assert_int_equal(
			strncmp(talk_packet_text(&p), "PORT 200,200,200,200,19,137\r\n", 29), 0);
		assert_int_equal(talk_packet_seq(&p), w.got[1] - 29 - 6);
		talk_packet_fini(&p);
	}
	/* All before it, and the line before with it. */
	w.sent[0] -= 8;
	p = say(&w, false, "USER x\r\n", TALK_ACK);
	assert_int_equal(pass(&w, false, &p), DROP_NONE);
	assert_int_equal(talk_packet_seq(&p), w.got[1] - 29 - 6 - 8);
	talk_packet_fini(&p);
	p = say(&w, false, "USER x\r\nPORT 10,0,0,1,19,137\r\n", TALK_ACK);
	assert_int_equal(pass(&w, false, &p), DROP_NONE);
	assert_string_equal(talk_packet_text(&p), "USER x\r\nPORT 200,200,200,200,19,137\r\n");
	talk_packet_fini(&p);
	/* A part of what was rewritten, or other bytes in its place, have no place in what the
	 * server has. */
	p = say(&w, false, "USER x\r\nPORT 10,0", TALK_ACK);
	assert_int_equal(pass(&w, false, &p), DROP_HELPER_REFUSED);
	talk_packet_fini(&p);
	p = say(&w, false, "USER x\r\nPORT 10,0,0,9,19,137\r\n", TALK_ACK);
	assert_int_equal(pass(&w, false, &p), DROP_HELPER_REFUSED);
	talk_packet_fini(&p);
	world_fini(&w);
}

static void selective_acknowledgements(void **state)
{
	struct world w;
	struct talk t = { .flags = TALK_ACK };
	struct talk_packet p;

	(void)state;
	source_world(&w, "\xc8\xc8\xc8\xc8");
	tell(&w, false, "PORT 10,0,0,1,19,137\r\n", "PORT 200,200,200,200,19,137\r\n");
	tell(&w, false, "RETR file\r\n", "RETR file\r\n");
	connection_tuple(&w.c.c, true, &t.tuple);
	t.seq = w.sent[1];
	t.ack = CLIENT_ISN + 1; /* the text is missing, what follows is there */
	t.sack[0] = w.got[1] - 11;
	t.sack[1] = w.got[1];
	p = talk_packet(&t);
	assert_int_equal(pass(&w, true, &p), DROP_NONE);
	assert_null(talk_packet_check(&p));
	assert_int_equal(talk_packet_ack(&p), CLIENT_ISN + 1);
	assert_int_equal(talk_packet_sack(&p, 0), w.sent[0] - 11);
	assert_int_equal(talk_packet_sack(&p, 1), w.sent[0]);
	talk_packet_fini(&p);
	world_fini(&w);
}

/* Nobody is made to connect to others, or to ports of servers; half a line is no line. */
static void hostile_lines(void **state)
{
	static const char *const lines[] = {
		"PORT 10,0,0,2,19,137\r\n",
		"PORT 198,51,100,2,19,137\r\n",
		"PORT 10,0,0,1,0,25\r\n",
		"PORT 10,0,0,1,3,255\r\n",
		"PORT 10,0,0,1,19\r\n",
		"PORT 10,0,0,1,19,137,1\r\n",
		"PORT 10,0,0,1,19,256\r\n",
		"PORT 10,0,0,1,19,-1\r\n",
		"PORT 10,0,0,1,19,0137\r\n",
		"PORT 10,0,0,1,19,137",
		"PORT10,0,0,1,19,137\r\n",
		"XPORT 10,0,0,1,19,137\r\n",
		"PORT 10,0,0,1,19,137 x\r\n",
		"EPRT |1|10.0.0.2|5001|\r\n",
		"EPRT |2|fd00::1|5001|\r\n",
		"EPRT |2|::ffff:10.0.0.1|5001|\r\n",
		"EPRT |1|10.0.0.1|80|\r\n",
		"EPRT |1|10.0.0.1|70000|\r\n",
		"EPRT |1|10.0.0.1|5001\r\n",
		"EPRT |1|10.0.0.1|5001|x\r\n",
		"EPRT ||10.0.0.1|5001|\r\n",
		"EPRT |3|10.0.0.1|5001|\r\n",
		"EPRT 1110.0.0.11500110\r\n",
		"EPRT |1|10.0.0.1.10.0.0.1.10.0.0.1.10.0.0.1.10.0.0.1.10.0.0.1|5001|\r\n",
		"227 ok (10,0,0,1,19,137)\r\n",
		"\r\n\r\n\n\n\r",
		"PORT \r\nEPRT \r\nEPRT |\r\nEPRT |1\r\nEPRT |1|\r\nEPRT |1||\r\n",
	};
	struct ct_expectation e;
	struct ct_tuple t;

	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_LENGTH(lines); i++) {
		struct world w;

		if (i & 1)
			source_world(&w, "\xc8\xc8\xc8\xc8");
		else
			plain_world(&w, 4);
		tell(&w, false, lines[i / 2], lines[i / 2]);
		connection_tuple(&w.c.c, true, &t);
		for (unsigned port = 0; port < 65536; port += port < 6000 ? 1 : 59535) {
			store_be16(&t.dst_port, port);
			assert_false(expect_find(w.expected, &t, SEC, &e));
		}
		world_fini(&w);
	}
}

/* The rest of a line that began in another packet is no line either. */
static void lines_over_packets(void **state)
{
	struct world w;

	(void)state;
	source_world(&w, "\xc8\xc8\xc8\xc8");
	tell(&w, false, "SITE ", "SITE ");
	tell(&w, false, "PORT 10,0,0,1,19,137\r\n", "PORT 10,0,0,1,19,137\r\n");
	assert_false(is_expected(&w, true, 5001, 5001));
	tell(&w, false, "SITE ", "SITE ");
	tell(&w, false, "x\r\nPORT 10,0,0,1,19,137\r\n", "x\r\nPORT 200,200,200,200,19,137\r\n");
	assert_true(is_expected(&w, true, 5001, 5001));
	tell(&w, false, "NOOP\r\nPORT 10,0,0,1,19,138\r\nSI",
	     "NOOP\r\nPORT 200,200,200,200,19,138\r\nSI");
	assert_true(is_expected(&w, true, 5002, 5002));
	tell(&w, false, "TE x\r\n", "TE x\r\n");
	world_fini(&w);
}

static void packets_of_two_segments(void **state)
{
	static const char *const addresses[] = { "\xc8\xc8\xc8\xc8", "\x01\x01\x01\x01" };
	static const char *const texts[] = { "PORT 200,200,200,200,19,137\r\n",
					     "PORT 1,1,1,1,19,137\r\n" };

	(void)state;
	for (unsigned first = 54; first < 54 + 22; first++) {
		for (unsigned i = 0; i < 2; i++) {
			struct talk t = { .flags = TALK_ACK,
					  .text = "PORT 10,0,0,1,19,137\r\n",
					  .first = first };
			struct talk_packet p;
			enum drop_reason why;
			struct world w;

			source_world(&w, addresses[i]);
			t.seq = w.sent[0];
			t.ack = w.got[0];
			connection_tuple(&w.c.c, false, &t.tuple);
			p = talk_packet(&t);
			why = pass(&w, false, &p);
			/* Where there is no room the packet is not sent half changed. */
			if (why == DROP_NONE) {
				assert_null(talk_packet_check(&p));
				assert_string_equal(talk_packet_text(&p), texts[i]);
			} else {
				assert_int_equal(why, DROP_HELPER_REFUSED);
				assert_int_not_equal(first, 54 + 10);
				assert_string_equal(talk_packet_text(&p), t.text);
			}
			talk_packet_fini(&p);
			world_fini(&w);
		}
	}
}

static void padding_and_shared_bytes(void **state)
{
	struct talk t = { .flags = TALK_ACK, .text = "PORT 10,0,0,1,19,137\r\n", .padding = 9 };
	struct talk_packet p;
	struct world w;

	(void)state;
	source_world(&w, "\xc8\xc8\xc8\xc8");
	connection_tuple(&w.c.c, false, &t.tuple);
	t.seq = w.sent[0];
	p = talk_packet(&t);
	rte_mbuf_refcnt_set(p.m, 2);
	assert_int_equal(pass(&w, false, &p), DROP_HELPER_REFUSED);
	rte_mbuf_refcnt_set(p.m, 1);
	assert_int_equal(pass(&w, false, &p), DROP_NONE);
	assert_null(talk_packet_check(&p));
	assert_string_equal(talk_packet_text(&p), "PORT 200,200,200,200,19,137\r\n");
	talk_packet_fini(&p);
	world_fini(&w);
}

static void connections_beyond_the_bound_are_not_read(void **state)
{
	struct expect_table *expected = expect_table_create(1, 0);
	struct helpers *h = helpers_create(2, expected, 2);
	struct ct_tuple t = ends(4);
	struct connection_large c[3];
	struct connection small;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 3; i++) {
			connection_init(&c[i].c, &t, true);
			helpers_attach(h, &c[i].c, 21);
			assert_int_equal(!!(c[i].c.flags & CONNECTION_HELPED), i < 2);
		}
		for (unsigned i = 0; i < 3; i++)
			helpers_detach(h, &c[i].c);
	}
	/* Nor those that no helper is for, or that have no room for it. */
	connection_init(&c[0].c, &t, true);
	helpers_attach(h, &c[0].c, 69);
	assert_false(c[0].c.flags & CONNECTION_HELPED);
	connection_init(&small, &t, false);
	helpers_attach(h, &small, 21);
	assert_false(small.flags & CONNECTION_HELPED);
	helpers_destroy(h);
	expect_table_destroy(expected);
}

/* What a connection announced first is given up for what it announces now. */
static void announcements_of_one_connection_are_bounded(void **state)
{
	struct world w;

	(void)state;
	plain_world(&w, 4);
	for (unsigned i = 0; i < 10; i++) {
		char line[64];

		snprintf(line, sizeof(line), "PORT 10,0,0,1,20,%u\r\n", i);
		tell(&w, false, line, line);
	}
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(is_expected(&w, true, 20 * 256 + i, 20 * 256 + i), i >= 6);
	world_fini(&w);
}

#define N_LINES 2000

/* The server's end on another thread: it acknowledges what it may have got, for as long as it is
 * asked to. */
struct server {
	struct world *w;
	bool is_over; /* atomic */
};

static void *acknowledge(void *ctx)
{
	struct server *server = ctx;
	struct world *w = server->w;
	uint32_t ack = w->got[1];

	while (!__atomic_load_n(&server->is_over, __ATOMIC_RELAXED)) {
		struct talk t = { .seq = w->sent[1], .ack = ++ack, .flags = TALK_ACK };
		struct talk_packet p;
		enum drop_reason why;

		connection_tuple(&w->c.c, true, &t.tuple);
		p = talk_packet(&t);
		helped_ack(&w->c.c, true, ack);
		why = pass(w, true, &p);
		assert(why == DROP_NONE || why == DROP_HELPER_BUSY);
		assert(!talk_packet_check(&p));
		talk_packet_fini(&p);
	}
	return NULL;
}

/* What is dropped as the other thread is at it is sent again. */
static void both_directions_at_once(void **state)
{
	struct server server;
	struct talk_packet p;
	pthread_t thread;
	struct world w;

	(void)state;
	source_world(&w, "\xc8\xc8\xc8\xc8");
	server = (struct server){ .w = &w };
	assert_int_equal(pthread_create(&thread, NULL, acknowledge, &server), 0);
	for (unsigned i = 0; i < N_LINES;) {
		static const char line[] = "PORT 10,0,0,1,19,137\r\n";
		static const char heard[] = "PORT 200,200,200,200,19,137\r\n";
		struct talk t = { .seq = w.sent[0], .ack = SERVER_ISN + 1, .flags = TALK_ACK };

		t.text = line;
		connection_tuple(&w.c.c, false, &t.tuple);
		p = talk_packet(&t);
		if (pass(&w, false, &p) == DROP_NONE) {
			assert_null(talk_packet_check(&p));
			assert_int_equal(talk_packet_seq(&p),
					 CLIENT_ISN + 1 + i * (uint32_t)strlen(heard));
			w.sent[0] += strlen(line);
			i++;
		}
		talk_packet_fini(&p);
	}
	__atomic_store_n(&server.is_over, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(active_without_nat),
		cmocka_unit_test(passive_without_nat),
		cmocka_unit_test(ipv6_without_nat),
		cmocka_unit_test(active_through_source_nat),
		cmocka_unit_test(passive_through_source_nat),
		cmocka_unit_test(passive_through_destination_nat),
		cmocka_unit_test(a_port_that_another_client_announced),
		cmocka_unit_test(what_is_sent_again_is_rewritten_again),
		cmocka_unit_test(selective_acknowledgements),
		cmocka_unit_test(hostile_lines),
		cmocka_unit_test(lines_over_packets),
		cmocka_unit_test(packets_of_two_segments),
		cmocka_unit_test(padding_and_shared_bytes),
		cmocka_unit_test(connections_beyond_the_bound_are_not_read),
		cmocka_unit_test(announcements_of_one_connection_are_bounded),
		cmocka_unit_test(both_directions_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
