/* fuzz: component=dataplane */

/* A controller that sends any bytes, in pieces, in OpenFlow 1.3, 1.4 or 1.5: the connection answers
 * or ends, another one works on, and packets go through whatever tables came of it. */

#include <stdlib.h>

#include "dataplane/ctl/mem_switch.h"
#include "lib/log.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "proto/openflow/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	struct stream_pair *pair;
	struct stream *stream;
	struct buf in;
	uint8_t version;
};

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	buf_add(&((struct peer *)arg)->in, data, size);
}

static void on_closed(void *arg, const char *why)
{
	(void)arg, (void)why;
}

static const struct stream_events peer_events = { .data = on_data, .closed = on_closed };

static void send_kind(struct peer *p, enum of_kind kind, uint32_t xid)
{
	struct of_msg m = { .kind = kind, .version = p->version, .xid = xid };
	struct buf b = BUF_INIT;

	m.hello.versions = 1u << p->version;
	of_msg_encode(&m, &b);
	stream_send(p->stream, b.data, b.size);
	buf_fini(&b);
}

static void connect_peer(struct peer *p, uint8_t version, struct loop *loop, struct mem_switch *sw)
{
	struct stream *ends[2];

	*p = (struct peer){ .pair = stream_pair_create(loop, ends),
			    .stream = ends[1],
			    .version = version };
	stream_set_events(p->stream, &peer_events, p);
	mem_switch_connect(sw, ends[0]);
	send_kind(p, OF_HELLO, 1);
}

static void peer_fini(struct peer *p)
{
	stream_close(p->stream);
	stream_pair_release(p->pair);
	buf_fini(&p->in);
}

/* What the switch says must be messages, whatever it was told. */
static void check_answers(struct peer *p)
{
	struct cursor c = cursor_of(p->in.data, p->in.size);

	while (cursor_left(&c)) {
		long n = of_msg_size(c.at, cursor_left(&c));

		/* Our hello comes before the version is agreed. */
		if (n <= 0 || (c.at[1] != OFPT_HELLO && c.at[0] != p->version))
			abort();
		cursor_take(&c, n);
	}
}

static void packets(struct mem_switch *sw)
{
	static const uint8_t frame[60] = { 2, 0,  0, 0,	 0, 2,	2,  0, 0, 0, 0,	 1, 8, 0, 0x45, 0,
					   0, 40, 0, 0,	 0, 0,	64, 6, 0, 0, 10, 0, 0, 1, 10,	0,
					   0, 2,  0, 80, 0, 81, 0,  0, 0, 0, 0,	 0, 0, 0, 0x50 };

	for (uint32_t port = 1; port <= 3; port++)
		mem_switch_receive(sw, port, frame, sizeof(frame));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loop *loop = loop_virtual_create();
	struct mem_switch *sw = mem_switch_create(&(struct mem_switch_config){ .loop = loop });
	struct peer hostile, witness;

	log_set_level("error");
	for (uint32_t port = 1; port <= 3; port++)
		mem_switch_port_add(sw, port, (char[]){ 'p', '0' + port, 0 });
	/* The version is that of the input's first message, so that corpora of each work. */
	connect_peer(&hostile, size > 1 && data[1] >= 4 && data[1] <= 6 ? data[1] : 4, loop, sw);
	connect_peer(&witness, OF_VERSION_1_5, loop, sw);
	loop_virtual_settle(loop);
	if (size)
		stream_pair_set_piece(hostile.pair, data[0]);
	if (size > 1)
		stream_send(hostile.stream, data + 1, size - 1);
	loop_virtual_settle(loop);
	packets(sw);
	loop_virtual_run_for(loop, 3 * NS_PER_SEC);
	packets(sw);
	check_answers(&hostile);
	witness.in.size = 0;
	send_kind(&witness, OF_BARRIER_REQUEST, 9);
	loop_virtual_settle(loop);
	check_answers(&witness);
	if (witness.in.size < 8)
		abort();
	mem_switch_destroy(sw);
	peer_fini(&hostile);
	peer_fini(&witness);
	loop_virtual_destroy(loop);
	return 0;
}
