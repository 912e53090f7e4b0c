/* fuzz: component=dataplane */

/* A management client that sends any bytes, as a request (first byte even) or as frames: each
 * request is answered once with a reply that unpacks. */

#include <stdlib.h>

#include "dataplane/ctl/mem_switch.h"
#include "dataplane/ctl/server.h"
#include "dataplane/ofagent/snoop.h"
#include "dataplane/table/group_mod.h"
#include "dataplane/table/meter_mod.h"
#include "lib/log.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "proto/switch/v1/switch.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reply(void *arg, const uint8_t *reply, size_t size)
{
	Weft__Switch__V1__Reply *r = weft__switch__v1__reply__unpack(NULL, size, reply);
	unsigned *n = arg;

	if (!r || size > CTL_MAX_REPLY || r->reply_case == WEFT__SWITCH__V1__REPLY__REPLY__NOT_SET)
		abort();
	weft__switch__v1__reply__free_unpacked(r, NULL);
	(*n)++;
}

static void as_request(struct loop *loop, struct mem_switch *sw, const uint8_t *data, size_t size)
{
	unsigned n_replies = 0;

	ctl_request(mem_switch_ctl(sw), data, size, check_reply, &n_replies);
	loop_virtual_settle(loop);
	if (n_replies != 1)
		abort();
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	buf_add(arg, data, size);
}

static void on_closed(void *arg, const char *why)
{
	(void)arg, (void)why;
}

static const struct stream_events client_events = { .data = on_data, .closed = on_closed };

static void as_frames(struct loop *loop, struct mem_switch *sw, const uint8_t *data, size_t size)
{
	struct ctl_server *server = ctl_server_create_unbound(loop, mem_switch_ctl(sw));
	struct buf in = BUF_INIT;
	struct stream *ends[2];
	struct stream_pair *pair = stream_pair_create(loop, ends);
	unsigned n_replies = 0;

	stream_pair_set_piece(pair, 7);
	stream_set_events(ends[1], &client_events, &in);
	ctl_server_accept(server, ends[0]);
	stream_send(ends[1], data, size);
	loop_virtual_settle(loop);
	for (size_t at = 0; at < in.size; at += 4 + load_be32(in.data + at)) {
		if (in.size - at < 4 || in.size - at - 4 < load_be32(in.data + at))
			abort();
		check_reply(&n_replies, in.data + at + 4, load_be32(in.data + at));
	}
	stream_close(ends[1]);
	loop_virtual_settle(loop);
	ctl_server_destroy(server);
	stream_pair_release(pair);
	buf_fini(&in);
}

/* A port, a group, a meter and a message that went by: something to be told. */
static void furnish(struct mem_switch *sw)
{
	static const uint8_t hello[] = { 4, 0, 0, 8, 0, 0, 0, 1 };
	struct datapath *dp = mem_switch_datapath(sw);
	struct tables *t = datapath_tables(dp);
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err = { 0 };
	struct of_group_mod group;
	struct of_meter_config meter;

	mem_switch_port_add(sw, 1, "p1");
	if (of_group_mod_parse("group_id=1,type=select,bucket=weight:2,output:1", OF_GROUP_ADD, &a,
			       &group, &st) < 0 ||
	    tables_group_mod(t, &group, 0, &err) < 0 ||
	    of_meter_mod_parse("meter=1,kbps,bands=type=drop,rate=1", OF_METER_ADD, &a, &meter,
			       &st) < 0 ||
	    tables_meter_mod(t, &meter, 0, &err) < 0)
		abort();
	arena_clear(&a);
	snoop_listen(dp);
	snoop_note(dp, "tcp:192.0.2.1:1", false, hello, sizeof(hello));
}

/* Tracked connections of two zones: a TCP connection's SYN, and a datagram. */
static void connect_hosts(struct loop *loop, struct mem_switch *sw)
{
	static const char *const flows[] = {
		"tcp,actions=ct(commit,zone=5,exec(load:7->NXM_NX_CT_MARK[]))",
		"udp,actions=ct(commit,nat(src=192.0.2.1))"
	};
	uint8_t frame[60] = { 2,  0,  0, 0,  0, 2,  2, 0, 0, 0,	 0, 1, 8,    0,	 0x45, 0, 0,
			      40, 0,  0, 0,  0, 64, 6, 0, 0, 10, 0, 0, 1,    10, 0,    0, 2,
			      0,  80, 0, 81, 0, 0,  0, 0, 0, 0,	 0, 0, 0x50, 2,	 1,    0 };
	struct datapath *dp = mem_switch_datapath(sw);

	for (unsigned i = 0; i < ARRAY_LENGTH(flows); i++) {
		struct of_error err = { 0 };
		struct status st = STATUS_INIT;
		struct arena a = ARENA_INIT;
		struct of_flow_mod fm;

		if (of_flow_mod_parse(flows[i], 0, &a, &fm, &st) < 0 ||
		    tables_flow_mod(datapath_tables(dp), &fm, 0, &err) < 0)
			abort();
		arena_clear(&a);
	}
	datapath_current(dp);
	loop_virtual_settle(loop);
	mem_switch_receive(sw, 1, frame, sizeof(frame));
	frame[23] = 17;
	frame[39] = 20; /* of UDP, the length */
	memset(frame + 40, 0, 20);
	mem_switch_receive(sw, 1, frame, sizeof(frame));
	if (conntrack_stats(datapath_conntrack(dp)).n_connections != 2)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loop *loop = loop_virtual_create();
	struct mem_switch *sw = mem_switch_create(&(struct mem_switch_config){ .loop = loop });

	log_set_level("error");
	furnish(sw);
	connect_hosts(loop, sw);
	if (size && data[0] % 2 == 0)
		as_request(loop, sw, data + 1, size - 1);
	else if (size)
		as_frames(loop, sw, data + 1, size - 1);
	mem_switch_destroy(sw);
	loop_virtual_destroy(loop);
	return 0;
}
