/* TFTP: the answer to a request comes from another port. */

#include "dataplane/conntrack/helper.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/helper_class.h"
#include "dataplane/conntrack/nat.h"
#include "tests/fakes/dataplane/tcp_talk.h"

#define SEC NS_PER_SEC

static struct ct_tuple ends(void)
{
	struct ct_tuple t = { .src = { { 10, 0, 0, 1 } },
			      .dst = { { 198, 51, 100, 2 } },
			      .proto = IPPROTO_UDP,
			      .family = 4 };

	store_be16(&t.src_port, 4000);
	store_be16(&t.dst_port, 69);
	return t;
}

/* Requests, and what is none. */
static void what_requests_are(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		bool is_reply, is_request;
	} rows[] = {
		{ "\0\1file\0octet", 13, false, true },
		{ "\0\2file\0octet\0blksize\0001024", 26, false, true },
		{ "\0\1file\0octet", 12, false, false },
		{ "\0\1file", 7, false, false },
		{ "\0\1file", 6, false, false },
		{ "\0\3\0\1data\0\0", 10, false, false },
		{ "\0\1\0", 4, false, true },
		{ "\0\1", 2, false, false },
		{ "\0", 1, false, false },
		{ "", 0, false, false },
		{ "\0\1file\0octet", 13, true, false },
	};
	const struct helper_class *class = helper_class_find(69, IPPROTO_UDP);
	struct helper_announcement a;

	(void)state;
	assert_non_null(class);
	assert_null(helper_class_find(69, IPPROTO_TCP));
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(class->parse(rows[i].is_reply, (const uint8_t *)rows[i].bytes,
					      rows[i].size, &a),
				 rows[i].is_request);
}

/* Behind source NAT, the answer comes to the port that stands for the client's. */
static void the_answer_comes_through_nat(void **state)
{
	struct expect_table *expected = expect_table_create(1, 0);
	struct helpers *h = helpers_create(2, expected, 0);
	struct ct_tuple t = ends(), to = t, reply, answer;
	struct ct_expectation e;
	struct connection_large c;
	struct talk_packet p;

	(void)state;
	to.src.bytes[0] = 192;
	store_be16(&to.src_port, 1069);
	reply = ct_tuple_reverse(&to);
	connection_init(&c.c, &t, true);
	connection_set_reply(&c.c, &reply);
	helpers_attach(h, &c.c, 69);
	/* As text ends at a zero, the request's bytes are put behind a text of their size. */
	p = talk_packet(&(struct talk){ .tuple = t, .text = "..file.octet." });
	memcpy(rte_pktmbuf_mtod_offset(p.m, uint8_t *, p.layout.l4 + 8), "\0\1file\0octet", 13);
	assert_int_equal(helpers_run(h, &c.c, false, true, SEC, p.m, &p.key, &p.layout), DROP_NONE);
	talk_packet_fini(&p);

	answer = reply;
	store_be16(&answer.src_port, 33000);
	assert_true(expect_find(expected, &answer, SEC, &e));
	assert_memory_equal(&e.parent, &t, sizeof(t));
	assert_memory_equal(&e.reply.src, &t.src, sizeof(t.src));
	assert_int_equal(e.reply.src_port, t.src_port);
	/* What it would be translated to. */
	helpers_detach(h, &c.c);
	assert_false(expect_find(expected, &answer, SEC, &e));
	helpers_destroy(h);
	expect_table_destroy(expected);
}

static bool all_is_free(void *ctx, const struct ct_tuple *reply)
{
	(void)ctx, (void)reply;
	return true;
}

/* The connection that comes is translated as its parent, whatever its rule's nat says. */
static void expected_connections_follow_their_parent(void **state)
{
	struct ct_nat nat = { .is_source = true,
			      .has_range = true,
			      .family = 4,
			      .min_address = { { 8, 8, 8, 8 } },
			      .max_address = { { 8, 8, 8, 8 } } };
	struct ct_expectation e = { .original = { .src = { { 198, 51, 100, 2 } },
						  .dst = { { 192, 0, 0, 1 } },
						  .dst_port = 77,
						  .proto = IPPROTO_UDP,
						  .family = 4 } };
	struct ct_tuple t = e.original, reply;
	struct connection_large c;

	(void)state;
	t.src_port = 0x1234;
	e.reply = ct_tuple_reverse(&e.original);
	e.reply.src = (struct ct_address){ { 10, 0, 0, 1 } };
	e.reply.src_port = 99;
	connection_init(&c.c, &t, true);
	assert_true(ct_nat_choose_expected(&e, &nat, 1, &c.c, all_is_free, NULL));
	connection_tuple(&c.c, true, &reply);
	e.reply.dst_port = 0x1234;
	assert_memory_equal(&reply, &e.reply, sizeof(reply));
	assert_int_equal(c.c.flags & CONNECTION_NAT, CONNECTION_DNAT);
	/* If that is not translated, the rule decides. */
	e.reply = ct_tuple_reverse(&e.original);
	connection_init(&c.c, &t, true);
	assert_true(ct_nat_choose_expected(&e, &nat, 1, &c.c, all_is_free, NULL));
	connection_tuple(&c.c, true, &reply);
	assert_int_equal(reply.dst.bytes[0], 8);
	assert_int_equal(c.c.flags & CONNECTION_NAT, CONNECTION_SNAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_requests_are),
		cmocka_unit_test(the_answer_comes_through_nat),
		cmocka_unit_test(expected_connections_follow_their_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
