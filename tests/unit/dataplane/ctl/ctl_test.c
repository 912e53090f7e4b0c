#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ctl/server.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/mods.h"
#include "tests/unit/dataplane/ctl/ask.h"

/* Management requests, through the handlers directly, OpenFlow, and the socket's frames. */

#define ASK_INFO(W) ASK(W, INFO, info, WEFT__SWITCH__V1__INFO_REQUEST__INIT)
#define ASK_ADD(W, ...)                                                                            \
	ASK(W, PORT_ADD, port_add, WEFT__SWITCH__V1__PORT_ADD_REQUEST__INIT, __VA_ARGS__)
#define ASK_DEL(W, ...)                                                                            \
	ASK(W, PORT_DEL, port_del, WEFT__SWITCH__V1__PORT_DEL_REQUEST__INIT, __VA_ARGS__)
#define ASK_FLOWS(W, ...) ASK(W, FLOWS, flows, WEFT__SWITCH__V1__FLOWS_REQUEST__INIT, __VA_ARGS__)
#define ASK_TRACE(W, ...) ASK(W, TRACE, trace, WEFT__SWITCH__V1__TRACE_REQUEST__INIT, __VA_ARGS__)

static void test_info(void **state)
{
	struct of_world *w = *state;
	reply *r;

	of_world_connect(w, 0);
	r = ASK_INFO(w);
	assert_int_equal(r->reply_case, REPLY(INFO));
	assert_int_equal(r->info->datapath_id, 0x1234);
	assert_int_equal(r->info->n_ports, 3);
	assert_int_equal(r->info->n_connections, 1);
	assert_string_equal(r->info->connections[0]->state, "open");
	assert_string_equal(r->info->connections[0]->role, "equal");
	assert_string_equal(r->info->connections[0]->of_version, "1.3");
	done(r);
}

static void test_ports(void **state)
{
	struct of_world *w = *state;
	Weft__Switch__V1__Option mtu = WEFT__SWITCH__V1__OPTION__INIT, *options[] = { &mtu };
	reply *r;

	mtu.key = (char *)"mtu";
	mtu.value = (char *)"9000";
	for (unsigned twice = 0; twice < 2; twice++) {
		r = ASK_ADD(w, it->name = (char *)"vm1", it->type = (char *)"vhost-user",
			    it->n_options = 1, it->options = options);
		assert_int_equal(r->reply_case, REPLY(PORT_ADD));
		assert_int_equal(r->port_add->port->number, 4);
		assert_int_equal(r->port_add->port->mtu, 9000);
		assert_string_equal(r->port_add->port->socket_path, "/run/weft/vm1.sock");
		done(r);
	}
	expect_error(ASK_ADD(w, it->name = (char *)"vm1", it->type = (char *)"tap"), 6, "name");
	expect_error(ASK_ADD(w, it->name = (char *)"", it->type = (char *)"tap"), 3, "name");
	expect_error(ASK_ADD(w, it->name = (char *)"x", it->type = (char *)"tap", it->number = 4),
		     6, "number");
	expect_error(ASK_DEL(w, it->name = (char *)"nobody"), 5, "name");
	expect_error(ASK_DEL(w, it->number = 99), 5, "number");
	r = ASK_DEL(w, it->number = 4);
	assert_int_equal(r->reply_case, REPLY(PORT_DEL));
	done(r);
	r = ASK(w, PORT_LIST, port_list, WEFT__SWITCH__V1__PORT_LIST_REQUEST__INIT);
	assert_int_equal(r->port_list->n_ports, 3);
	assert_string_equal(r->port_list->ports[2]->name, "p3");
	done(r);
	r = ASK(w, PORT_STATS, port_stats, WEFT__SWITCH__V1__PORT_STATS_REQUEST__INIT,
		it->name = (char *)"p2");
	assert_int_equal(r->port_stats->n_ports, 1);
	assert_int_equal(r->port_stats->ports[0]->number, 2);
	done(r);
	expect_error(ASK(w, PORT_STATS, port_stats, WEFT__SWITCH__V1__PORT_STATS_REQUEST__INIT,
			 it->name = (char *)"p99"),
		     5, "name");
}

static void test_port_pages(void **state)
{
	struct of_world *w = *state;
	unsigned n = 0, n_pages = 0;
	uint64_t after = 0;
	char name[16];

	for (unsigned i = 4; i <= 1500; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		mem_switch_port_add(w->sw, i, name);
	}
	do {
		reply *r = ASK(w, PORT_LIST, port_list, WEFT__SWITCH__V1__PORT_LIST_REQUEST__INIT,
			       it->after = after);

		for (size_t i = 0; i < r->port_list->n_ports; i++)
			assert_int_equal(r->port_list->ports[i]->number, ++n);
		after = r->port_list->next;
		n_pages++;
		done(r);
	} while (after);
	assert_int_equal(n, 1500);
	assert_true(n_pages > 1);
}

static void add_flows(struct of_world *w, unsigned n)
{
	struct of_peer *p = of_world_connect(w, 0);
	char text[100];

	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof(text),
			 "cookie=%u,table=%u,priority=%u,udp,udp_dst=%u,actions=%s", i, i % 2 * 9,
			 i / 4, i, i % 5 ? "output:2" : "drop");
		of_peer_flow_mod(p, 0, text);
	}
	of_peer_barrier(p);
}

static void test_flow_pages(void **state)
{
	struct of_world *w = *state;
	uint8_t times[2000] = { 0 };
	uint64_t after = 0;
	reply *r;

	add_flows(w, 2000);
	do {
		r = ASK_FLOWS(w, it->after = after, it->limit = 300);
		assert_in_range(r->flows->n_flows, 1, 300);
		for (size_t i = 0; i < r->flows->n_flows; i++)
			times[r->flows->flows[i]->cookie]++;
		after = r->flows->next;
		done(r);
	} while (after);
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(times[i], 1);
	r = ASK_FLOWS(w, it->has_table = true, it->table = 9, it->match = (char *)"udp,udp_dst=7");
	assert_int_equal(r->flows->n_flows, 1);
	assert_string_equal(r->flows->flows[0]->match, "udp,tp_dst=7");
	done(r);
	expect_error(ASK_FLOWS(w, it->match = (char *)"nonsense=1"), 3, "nonsense");
	expect_error(ASK_FLOWS(w, it->has_table = true, it->table = 300), 3, "table");
}

static void test_tables(void **state)
{
	struct of_world *w = *state;
	reply *r;

	add_flows(w, 100);
	of_world_receive(w, 1, 1, 2, 4);
	r = ASK(w, TABLES, tables, WEFT__SWITCH__V1__TABLES_REQUEST__INIT);
	assert_int_equal(r->tables->n_tables, 2);
	assert_int_equal(r->tables->tables[0]->id, 0);
	assert_int_equal(r->tables->tables[0]->n_flows, 50);
	assert_int_equal(r->tables->tables[0]->n_lookups, 1);
	assert_int_equal(r->tables->tables[0]->n_matches, 1);
	assert_true(*r->tables->tables[0]->lookup && *r->tables->tables[0]->why);
	assert_true(r->tables->tables[0]->model_cycles > 0);
	assert_true(r->tables->tables[0]->budget_cycles > 0);
	assert_true(r->tables->tables[0]->is_on_worst_way);
	assert_false(r->tables->tables[1]->is_on_worst_way);
	assert_false(r->tables->tables[0]->is_over_budget);
	assert_int_equal(r->tables->tables[1]->id, 9);
	done(r);
}

static void test_drops(void **state)
{
	static const uint8_t runt[] = { 1, 2, 3 };
	struct of_world *w = *state;
	bool saw_flow = false, saw_miss = false, saw_runt = false;
	reply *r;

	add_flows(w, 100);
	of_world_receive(w, 1, 1, 2, 10);   /* an explicit drop */
	of_world_receive(w, 1, 1, 2, 9999); /* no flow */
	mem_switch_receive(w->sw, 1, runt, sizeof(runt));
	r = ASK(w, DROPS, drops, WEFT__SWITCH__V1__DROPS_REQUEST__INIT);
	for (size_t i = 0; i < r->drops->n_drops; i++) {
		const Weft__Switch__V1__Drop *d = r->drops->drops[i];

		assert_int_equal(d->n_packets, 1);
		assert_true(strlen(d->description) > 5);
		if (d->has_flow && d->cookie == 10 && !strcmp(d->match, "udp,tp_dst=10"))
			saw_flow = true;
		else if (!strcmp(d->reason, "table-miss") && d->has_table && d->table == 0)
			saw_miss = true;
		else if (!strcmp(d->reason, "short-ethernet"))
			saw_runt = true;
		else
			fail_msg("unexpected drop %s", d->reason);
	}
	assert_true(saw_flow && saw_miss && saw_runt);
	done(r);
}

static void test_trace(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	uint8_t frame[256];
	reply *r;

	of_peer_flow_mod(p, 0, "cookie=0x11,priority=3,in_port=1,actions=resubmit(,4)");
	of_peer_flow_mod(p, 0, "cookie=0x12,table=4,priority=2,udp,actions=output:2");
	/* Without a barrier: what is in the tables counts. */
	loop_virtual_settle(w->loop);
	r = ASK_TRACE(w, it->key = (char *)"in_port=1,udp,udp_dst=5");
	assert_int_equal(r->reply_case, REPLY(TRACE));
	assert_int_equal(r->trace->n_steps, 2);
	assert_int_equal(r->trace->steps[0]->cookie, 0x11);
	assert_int_equal(r->trace->steps[1]->table, 4);
	assert_string_equal(r->trace->steps[1]->match, "udp");
	assert_string_equal(r->trace->verdict, "output:2");
	assert_string_equal(r->trace->drop_reason, "");
	assert_true(strlen(r->trace->text) > 20);
	done(r);
	r = ASK_TRACE(w, it->in_port = 2, it->packet.data = frame,
		      it->packet.len = of_frame_udp(frame, 1, 2, 3));
	assert_string_equal(r->trace->verdict, "drop: table-miss");
	assert_string_equal(r->trace->drop_reason, "table-miss");
	done(r);
	/* A packet does not go back by the port it came from. */
	of_peer_flow_mod(p, 0, "priority=9,in_port=1,tcp,actions=output:1,output:2");
	loop_virtual_settle(w->loop);
	r = ASK_TRACE(w, it->key = (char *)"in_port=1,tcp");
	assert_string_equal(r->trace->verdict, "output:2");
	assert_int_equal(r->trace->n_out_ports, 1);
	assert_int_equal(r->trace->out_ports[0], 2);
	done(r);
	assert_int_equal(w->n_sent, 0);
	expect_error(ASK_TRACE(w, it->key = (char *)"in_port=1,nw_dst=10.0.0.1,tcp_dst=x"), 3,
		     "tcp_dst");
	expect_error(ASK_TRACE(w, it->key = (char *)"in_port=1", it->packet.data = frame,
			       it->packet.len = 60),
		     3, "packet");
}

static struct tables *tables_of(struct of_world *w)
{
	return datapath_tables(mem_switch_datapath(w->sw));
}

#define ASK_GROUPS(W, ...)                                                                         \
	ASK(W, GROUPS, groups, WEFT__SWITCH__V1__GROUPS_REQUEST__INIT, __VA_ARGS__)
#define ASK_METERS(W, ...)                                                                         \
	ASK(W, METERS, meters, WEFT__SWITCH__V1__METERS_REQUEST__INIT, __VA_ARGS__)
#define ASK_SNOOP(W, ...) ASK(W, SNOOP, snoop, WEFT__SWITCH__V1__SNOOP_REQUEST__INIT, __VA_ARGS__)

static void test_groups(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	const Weft__Switch__V1__Group *g;
	reply *r = ASK_GROUPS(w);

	assert_int_equal(r->groups->n_groups, 0);
	done(r);
	assert_int_equal(
		mod_group(tables_of(w), OF_GROUP_ADD, "group_id=0,type=indirect,bucket=output:2"),
		0);
	assert_int_equal(mod_group(tables_of(w), OF_GROUP_ADD,
				   "group_id=7,type=ff,bucket=watch_port:1,output:3,"
				   "bucket=watch_group:0,group:0"),
			 0);
	of_peer_flow_mod(p, 0, "udp,actions=group:0");
	of_peer_barrier(p);
	of_world_receive(w, 1, 1, 2, 5);
	r = ASK_GROUPS(w);
	assert_int_equal(r->groups->n_groups, 2);
	g = r->groups->groups[0];
	assert_int_equal(g->id, 0);
	assert_string_equal(g->type, "indirect");
	assert_int_equal(g->ref_count, 2);
	assert_int_equal(g->n_packets, 1);
	assert_int_equal(g->bucket_count, 1);
	assert_string_equal(g->buckets[0]->actions, "output:2");
	assert_string_equal(g->buckets[0]->watch, "");
	assert_int_equal(g->buckets[0]->n_packets, 1);
	g = r->groups->groups[1];
	assert_int_equal(g->id, 7);
	assert_string_equal(g->type, "fast failover");
	assert_int_equal(g->n_packets, 0);
	assert_string_equal(g->buckets[0]->watch, "port 1");
	assert_string_equal(g->buckets[1]->watch, "group 0");
	assert_string_equal(g->buckets[1]->actions, "group:0");
	done(r);
}

static void test_group_pages(void **state)
{
	struct of_world *w = *state;
	uint64_t after = 0, n_pages = 0;
	struct buf text = BUF_INIT;
	unsigned n = 0;

	buf_puts(&text, "group_id=5,type=select");
	for (unsigned i = 0; i < 300; i++)
		buf_printf(&text, ",bucket=weight:%u,output:%u", i + 1, i % 3 + 1);
	assert_int_equal(mod_group(tables_of(w), OF_GROUP_ADD, buf_str(&text)), 0);
	for (unsigned i = 0; i < 1000; i++) {
		buf_clear(&text);
		buf_printf(&text, "group_id=%u,type=all,bucket=output:1,bucket=output:2", 10 + i);
		assert_int_equal(mod_group(tables_of(w), OF_GROUP_ADD, buf_str(&text)), 0);
	}
	do {
		reply *r = ASK_GROUPS(w, it->after = after);

		for (size_t i = 0; i < r->groups->n_groups; i++, n++)
			assert_int_equal(r->groups->groups[i]->id, n ? 9 + n : 5);
		if (!after) {
			assert_int_equal(r->groups->groups[0]->bucket_count, 300);
			assert_int_equal(r->groups->groups[0]->n_buckets, 256);
			assert_int_equal(r->groups->groups[0]->buckets[255]->weight, 256);
		}
		after = r->groups->next;
		n_pages++;
		done(r);
	} while (after);
	assert_int_equal(n, 1001);
	assert_true(n_pages > 1);
	buf_fini(&text);
}

static void test_meters(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	const Weft__Switch__V1__Meter *m;
	uint64_t after = 0;
	unsigned n = 0;
	char text[100];
	reply *r;

	assert_int_equal(mod_meter(tables_of(w), OF_METER_ADD,
				   "meter=1,pktps,burst,stats,bands=type=drop,rate=1,burst_size=2,"
				   "type=dscp_remark,rate=10,burst_size=20,prec_level=1"),
			 0);
	assert_int_equal(mod_meter(tables_of(w), OF_METER_ADD,
				   "meter=controller,kbps,bands=type=drop,rate=100"),
			 0);
	of_peer_flow_mod(p, 0, "udp,actions=meter:1,output:2");
	of_peer_barrier(p);
	for (unsigned i = 0; i < 5; i++)
		of_world_receive(w, 1, 1, 2, 5);
	r = ASK_METERS(w);
	assert_int_equal(r->meters->n_meters, 2);
	m = r->meters->meters[0];
	assert_int_equal(m->id, 1);
	assert_string_equal(m->unit, "packets");
	assert_string_equal(m->name, "");
	assert_int_equal(m->flow_count, 1);
	assert_int_equal(m->n_packets, 5);
	assert_int_equal(m->n_bands, 2);
	assert_string_equal(m->bands[0]->type, "drop");
	assert_int_equal(m->bands[0]->rate, 1);
	assert_int_equal(m->bands[0]->burst_size, 2);
	assert_true(m->bands[0]->n_packets > 0);
	assert_string_equal(m->bands[1]->type, "dscp remark");
	assert_int_equal(m->bands[1]->prec_level, 1);
	m = r->meters->meters[1];
	assert_string_equal(m->name, "controller");
	assert_string_equal(m->unit, "kbit");
	done(r);
	for (unsigned i = 2; i <= 2000; i++) {
		snprintf(text, sizeof(text), "meter=%u,kbps,bands=type=drop,rate=%u", i, i);
		assert_int_equal(mod_meter(tables_of(w), OF_METER_ADD, text), 0);
	}
	do {
		r = ASK_METERS(w, it->after = after);
		for (size_t i = 0; i < r->meters->n_meters && n < 2000; i++)
			assert_int_equal(r->meters->meters[i]->id, ++n);
		after = r->meters->next;
		done(r);
	} while (after);
	assert_int_equal(n, 2000);
}

static void test_snoop(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	reply *r = ASK_SNOOP(w, it->from_now = true);
	uint64_t after = r->snoop->next;

	assert_int_equal(r->snoop->n_messages, 0);
	done(r);
	of_peer_barrier(p);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	r = ASK_SNOOP(w, it->after = after);
	assert_int_equal(r->snoop->n_messages, 2);
	assert_int_equal(r->snoop->messages[0]->number, after + 1);
	assert_false(r->snoop->messages[0]->is_sent);
	assert_true(r->snoop->messages[1]->is_sent);
	assert_true(r->snoop->messages[0]->time_ns >= NS_PER_SEC);
	assert_int_equal(r->snoop->messages[0]->data.len, 8);
	assert_int_equal(r->snoop->messages[0]->data.data[1], OFPT_BARRIER_REQUEST);
	assert_true(strlen(r->snoop->messages[0]->peer) > 0);
	assert_int_equal(r->snoop->next, after + 2);
	done(r);
	r = ASK_SNOOP(w, it->after = after + 2);
	assert_int_equal(r->snoop->n_messages, 0);
	assert_int_equal(r->snoop->next, after + 2);
	done(r);
}

/* A long message is cut, and many come in pages. */
static void test_snoop_pages(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	static const uint8_t data[50000];
	reply *r = ASK_SNOOP(w, it->from_now = true);
	uint64_t after = r->snoop->next;
	unsigned n = 0, n_pages = 0;

	done(r);
	of_peer_send(p, (struct of_msg){ .kind = OF_ECHO_REQUEST,
					 .echo = { .data = data, .size = sizeof(data) } });
	of_peer_expect(p, OF_ECHO_REPLY);
	for (unsigned i = 0; i < 500; i++)
		of_peer_barrier(p);
	do {
		r = ASK_SNOOP(w, it->after = after);
		for (size_t i = 0; i < r->snoop->n_messages; i++, n++) {
			const Weft__Switch__V1__SnoopedMessage *m = r->snoop->messages[i];

			assert_int_equal(m->number, ++after);
			assert_int_equal(m->data.len, n < 2 ? 40000 : 8);
		}
		n_pages += r->snoop->n_messages > 0;
		assert_int_equal(r->snoop->next, after);
		done(r);
	} while (n < 1002 && n_pages < 1000);
	assert_true(n_pages > 2);
}

static void test_nonsense(void **state)
{
	static const uint8_t bytes[] = { 0xff, 0xff, 0xff };
	static const uint8_t later[] = { 0xfa, 0x3f, 0 }; /* a request of field 1023 */
	struct of_world *w = *state;
	reply *r = NULL;

	ctl_request(mem_switch_ctl(w->sw), bytes, sizeof(bytes), on_reply, &r);
	expect_error(r, 3, "");
	r = NULL;
	ctl_request(mem_switch_ctl(w->sw), later, sizeof(later), on_reply, &r);
	expect_error(r, 12, "");
	r = NULL;
	ctl_request(mem_switch_ctl(w->sw), NULL, 0, on_reply, &r);
	expect_error(r, 12, "");
}

static size_t pack_info(uint8_t *out)
{
	Weft__Switch__V1__InfoRequest body = WEFT__SWITCH__V1__INFO_REQUEST__INIT;
	request req = WEFT__SWITCH__V1__REQUEST__INIT;

	req.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_INFO;
	req.info = &body;
	return weft__switch__v1__request__pack(&req, out);
}

static void test_in_an_openflow_message(void **state)
{
	struct of_world *w = *state;
	struct of_peer *p = of_world_connect(w, 0);
	uint8_t packed[64];
	size_t size = pack_info(packed);
	const struct of_msg *m;
	uint32_t xid;
	reply *r;

	xid = of_peer_send(
		p, (struct of_msg){ .kind = OF_WEFT_REQUEST, .weft_mgmt = { packed, size } });
	m = of_peer_expect(p, OF_WEFT_REPLY);
	assert_int_equal(m->xid, xid);
	r = weft__switch__v1__reply__unpack(NULL, m->weft_mgmt.size, m->weft_mgmt.data);
	assert_non_null(r);
	assert_int_equal(r->info->datapath_id, 0x1234);
	done(r);
}

/* A client of the socket's protocol, over a stream pair. */
struct client {
	struct stream *stream;
	struct buf in;
	bool is_closed;
};

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	buf_add(&((struct client *)arg)->in, data, size);
}

static void on_closed(void *arg, const char *why)
{
	(void)why;
	((struct client *)arg)->is_closed = true;
}

static const struct stream_events client_events = { .data = on_data, .closed = on_closed };

static void test_frames(void **state)
{
	static const uint8_t too_long[] = { 0x7f, 0, 0, 0 };
	struct of_world *w = *state;
	struct ctl_server *s = ctl_server_create_unbound(w->loop, mem_switch_ctl(w->sw));
	struct client c = { 0 };
	struct stream *ends[2];
	struct stream_pair *pair = stream_pair_create(w->loop, ends);
	uint8_t frame[64];
	size_t size = pack_info(frame + 4), at = 0;
	unsigned n = 0;

	c.stream = ends[1];
	stream_set_events(ends[1], &client_events, &c);
	ctl_server_accept(s, ends[0]);
	stream_pair_set_piece(pair, 3);
	store_be32(frame, size);
	for (unsigned i = 0; i < 5; i++)
		stream_send(c.stream, frame, 4 + size);
	loop_virtual_settle(w->loop);
	while (at < c.in.size) {
		reply *r = weft__switch__v1__reply__unpack(NULL, load_be32(c.in.data + at),
							   c.in.data + at + 4);

		assert_non_null(r);
		assert_int_equal(r->reply_case, REPLY(INFO));
		done(r);
		at += 4 + load_be32(c.in.data + at);
		n++;
	}
	assert_int_equal(n, 5);
	stream_send(c.stream, too_long, sizeof(too_long));
	loop_virtual_settle(w->loop);
	assert_true(c.is_closed);
	stream_close(c.stream);
	stream_pair_release(pair);
	ctl_server_destroy(s);
	buf_fini(&c.in);
}

/* A client that asks and does not read: the server stops reading, so what it holds is bounded. */
static void test_client_that_does_not_read(void **state)
{
	struct of_world *w = *state;
	struct ctl_server *s = ctl_server_create_unbound(w->loop, mem_switch_ctl(w->sw));
	struct client c = { 0 };
	struct stream *ends[2];
	struct stream_pair *pair = stream_pair_create(w->loop, ends);
	uint8_t frame[64];
	size_t size = pack_info(frame + 4), n_replies = 0;

	c.stream = ends[1];
	stream_set_events(ends[1], &client_events, &c);
	ctl_server_accept(s, ends[0]);
	stream_pair_stall(pair, 1, true);
	store_be32(frame, size);
	for (unsigned i = 0; i < 10000; i++)
		stream_send(c.stream, frame, 4 + size);
	loop_virtual_settle(w->loop);
	assert_true(c.stream->n_pending_bytes > 9900 * (4 + size));
	assert_true(ends[0]->n_pending_bytes < 1000);
	stream_pair_stall(pair, 1, false);
	loop_virtual_settle(w->loop);
	for (size_t at = 0; at < c.in.size; at += 4 + load_be32(c.in.data + at))
		n_replies++;
	assert_int_equal(n_replies, 10000);
	stream_close(c.stream);
	stream_pair_release(pair);
	ctl_server_destroy(s);
	buf_fini(&c.in);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_info),	TEST(test_ports),
		TEST(test_port_pages),	TEST(test_tables),
		TEST(test_flow_pages),	TEST(test_drops),
		TEST(test_trace),	TEST(test_groups),
		TEST(test_group_pages), TEST(test_meters),
		TEST(test_snoop),	TEST(test_snoop_pages),
		TEST(test_nonsense),	TEST(test_in_an_openflow_message),
		TEST(test_frames),	TEST(test_client_that_does_not_read),
	};

	return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
