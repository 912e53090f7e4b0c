/* fuzz: component=dataplane fakes=tcp_talk,packet_check */

/* Any bytes as what the two ends of a helped connection say, in packets of any size, order and
 * number of segments, through NAT or not.  What passes has right checksums, and what is expected is
 * of the ends themselves. */

#include <stdlib.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/helper.h"
#include "dataplane/conntrack/nat.h"
#include "tests/fakes/dataplane/tcp_talk.h"

#define MAX_PACKETS 16
#define MAX_TEXT    1400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct expect_table *expected;
	struct helpers *helpers;
	struct connection_large c;
	uint32_t seq[2];
};

static void world_init(struct world *w, uint8_t kind)
{
	struct ct_tuple t = { .proto = kind & 1 ? IPPROTO_UDP : IPPROTO_TCP,
			      .family = kind & 2 ? 6 : 4 };
	struct ct_tuple to, reply;

	t.src.bytes[0] = 10;
	t.dst.bytes[0] = 20;
	store_be16(&t.src_port, 5000);
	store_be16(&t.dst_port, kind & 1 ? 69 : 21);
	to = t;
	if (kind & 4)
		memset(to.src.bytes, 200, t.family == 4 ? 4 : 16);
	if (kind & 8)
		to.dst.bytes[1] = 1;
	reply = ct_tuple_reverse(&to);
	w->expected = expect_table_create(1, 16);
	w->helpers = helpers_create(1, w->expected, 1);
	connection_init(&w->c.c, &t, true);
	connection_set_reply(&w->c.c, &reply);
	helpers_attach(w->helpers, &w->c.c, kind & 1 ? 69 : 21);
}

static void check_expected(const struct world *w, bool is_reply)
{
	struct ct_expectation e;
	struct ct_tuple t, other;

	connection_tuple(&w->c.c, is_reply, &t);
	connection_tuple(&w->c.c, !is_reply, &other);
	for (unsigned port = 1000; port < 1100; port++) {
		if (w->c.c.proto == IPPROTO_TCP)
			store_be16(&t.dst_port, port);
		if (!expect_find(w->expected, &t, 1, &e))
			continue;
		if (w->c.c.proto == IPPROTO_TCP && load_be16(&e.reply.src_port) < 1024)
			abort();
		if (memcmp(&e.reply.src, &other.src, 16) || memcmp(&e.reply.dst, &other.dst, 16))
			abort();
	}
}

/* HEAD: direction and flags, how the sequence number goes on, size, segments. */
static void packet(struct world *w, const uint8_t *head, const char *text)
{
	bool is_reply = head[0] & 1;
	struct talk t = { .seq = w->seq[is_reply] + (int8_t)head[1],
			  .ack = w->seq[!is_reply] + (int8_t)head[2],
			  .flags = head[0] & 2 ? TALK_SYN : TALK_ACK,
			  .text = text,
			  .first = head[3] < 54 ? 0 : head[3] };
	struct talk_packet p;
	enum drop_reason why;

	connection_tuple(&w->c.c, is_reply, &t.tuple);
	if (t.tuple.family == 6 && t.first && t.first < 74)
		t.first = 74;
	if (head[0] & 4) {
		t.sack[0] = t.ack + head[3];
		t.sack[1] = t.ack + head[3] + 100;
		t.first = 0;
	}
	p = talk_packet(&t);
	why = helpers_run(w->helpers, &w->c.c, is_reply, !(head[0] & 8), 1, p.m, &p.key, &p.layout);
	if (why == DROP_NONE)
		why = ct_nat_translate(&w->c.c, is_reply, p.m, &p.key, &p.layout);
	if (talk_packet_check(&p))
		abort();
	if (why == DROP_NONE && !head[1])
		w->seq[is_reply] += strlen(text);
	check_expected(w, is_reply);
	talk_packet_fini(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { 0 };

	if (size < 1)
		return 0;
	world_init(&w, *data++);
	size--;
	for (unsigned n = 0; n < MAX_PACKETS && size >= 6; n++) {
		size_t n_text = MIN_OF(MIN_OF(load_be16(data + 4), size - 6), MAX_TEXT);
		char text[MAX_TEXT + 1];

		memcpy(text, data + 6, n_text);
		text[n_text] = '\0';
		packet(&w, data, text);
		data += 6 + n_text;
		size -= 6 + n_text;
	}
	helpers_detach(w.helpers, &w.c.c);
	helpers_destroy(w.helpers);
	expect_table_destroy(w.expected);
	return 0;
}
