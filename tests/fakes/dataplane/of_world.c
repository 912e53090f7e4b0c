#include "tests/fakes/dataplane/of_world.h"

#include "dataplane/ofagent/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "proto/openflow/numbers.h"

static void on_transmit(void *arg, uint32_t port, const uint8_t *data, size_t size)
{
	struct of_world *w = arg;
	struct of_sent *s = &w->sent[w->n_sent % ARRAY_LENGTH(w->sent)];

	w->n_sent++;
	s->port = port;
	s->size = size;
	memcpy(s->data, data, MIN_OF(size, sizeof(s->data)));
}

int of_world_setup(void **state)
{
	struct of_world *w = xcalloc(1, sizeof(*w));

	w->loop = loop_virtual_create();
	w->sw = mem_switch_create(&(struct mem_switch_config){
		.loop = w->loop, .datapath_id = 0x1234, .transmit = on_transmit, .arg = w });
	for (unsigned i = 1; i <= 3; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%u", i);
		assert_int_equal(mem_switch_port_add(w->sw, i, name), i);
	}
	loop_virtual_settle(w->loop);
	*state = w;
	return 0;
}

static void peer_fini(struct of_peer *p)
{
	stream_close(p->stream);
	stream_pair_release(p->pair);
	arena_clear(&p->arena);
	buf_fini(&p->in);
	buf_fini(&p->msg_bytes);
}

int of_world_teardown(void **state)
{
	struct of_world *w = *state;

	mem_switch_destroy(w->sw);
	for (unsigned i = 0; i < OF_WORLD_PEERS; i++)
		peer_fini(&w->peers[i]);
	loop_virtual_destroy(w->loop);
	free(w);
	return 0;
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	buf_add(&((struct of_peer *)arg)->in, data, size);
}

static void on_closed(void *arg, const char *why)
{
	struct of_peer *p = arg;

	p->is_closed = true;
	snprintf(p->why, sizeof(p->why), "%s", why);
}

static const struct stream_events peer_events = { .data = on_data, .closed = on_closed };

/* Peer I anew; its switch's end is in *END. */
static struct of_peer *make_peer(struct of_world *w, unsigned i, struct stream **end)
{
	struct of_peer *p = &w->peers[i];
	struct stream *ends[2];

	peer_fini(p);
	*p = (struct of_peer){ .world = w, .xid = 100 * (i + 1), .version = OF_VERSION_1_3 };
	p->pair = stream_pair_create(w->loop, ends);
	p->stream = ends[1];
	stream_set_events(p->stream, &peer_events, p);
	*end = ends[0];
	return p;
}

struct of_peer *of_world_connect_silent(struct of_world *w, unsigned i)
{
	struct stream *end;
	struct of_peer *p = make_peer(w, i, &end);

	mem_switch_connect(w->sw, end);
	return p;
}

struct of_peer *of_world_connect_auxiliary(struct of_world *w, unsigned i, struct conn *main,
					   uint8_t id)
{
	struct stream *end;
	struct of_peer *p = make_peer(w, i, &end);
	struct conn_info info;

	conn_info_get(main, &info);
	p->version = info.version;
	conn_create_auxiliary(main, id, end, NULL, NULL);
	of_peer_send(p, (struct of_msg){ .kind = OF_HELLO, .hello.versions = 1u << p->version });
	of_peer_expect(p, OF_HELLO);
	return p;
}

struct of_peer *of_world_connect(struct of_world *w, unsigned i)
{
	return of_world_connect_version(w, i, OF_VERSION_1_3);
}

struct of_peer *of_world_connect_version(struct of_world *w, unsigned i, uint8_t version)
{
	struct of_peer *p = of_world_connect_silent(w, i);

	p->version = version;
	of_peer_send(p, (struct of_msg){ .kind = OF_HELLO, .hello.versions = 1u << version });
	of_peer_expect(p, OF_HELLO);
	return p;
}

void of_peer_send_bytes(struct of_peer *p, const void *data, size_t size)
{
	assert_int_equal(stream_send(p->stream, data, size), 0);
}

uint32_t of_peer_send(struct of_peer *p, struct of_msg m)
{
	struct buf b = BUF_INIT;

	m.version = p->version;
	m.xid = ++p->xid;
	of_msg_encode(&m, &b);
	of_peer_send_bytes(p, b.data, b.size);
	buf_fini(&b);
	return m.xid;
}

uint32_t of_peer_send_kind(struct of_peer *p, enum of_kind kind)
{
	return of_peer_send(p, (struct of_msg){ .kind = kind });
}

uint32_t of_peer_flow_mod(struct of_peer *p, uint8_t command, const char *text)
{
	struct of_msg m = { .kind = OF_FLOW_MOD };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	uint32_t xid;

	if (of_flow_mod_parse(text, command, &a, &m.flow_mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	xid = of_peer_send(p, m);
	arena_clear(&a);
	return xid;
}

const struct of_msg *of_peer_next(struct of_peer *p)
{
	long size = of_msg_size(p->in.data, p->in.size);
	struct of_error err;

	assert_true(size >= 0);
	if (!size)
		return NULL;
	arena_clear(&p->arena);
	buf_clear(&p->msg_bytes);
	buf_add(&p->msg_bytes, p->in.data, size);
	buf_pull(&p->in, size);
	if (of_msg_decode(p->msg_bytes.data, size, &p->arena, &p->msg, &err) < 0)
		fail_msg("the switch sent a message that cannot be decoded");
	return &p->msg;
}

const struct of_msg *of_peer_expect(struct of_peer *p, enum of_kind kind)
{
	const struct of_msg *m;
	struct buf text = BUF_INIT;

	do {
		loop_virtual_settle(p->world->loop);
		m = of_peer_next(p);
	} while (m && m->kind == OF_ECHO_REQUEST && kind != OF_ECHO_REQUEST &&
		 of_peer_send_kind(p, OF_ECHO_REPLY));
	if (!m)
		fail_msg("expected %s, nothing came", of_kind_name(kind));
	if (m->kind == kind)
		return m;
	of_msg_print(m, &text);
	fail_msg("expected %s, got %s", of_kind_name(kind), buf_str(&text));
	return NULL;
}

static void expect_error(struct of_peer *p, uint32_t xid, struct of_error want)
{
	const struct of_msg *m = of_peer_expect(p, OF_ERROR);
	char got_name[80], want_name[80];

	of_error_name(&m->error.error, got_name, sizeof(got_name));
	of_error_name(&want, want_name, sizeof(want_name));
	assert_string_equal(got_name, want_name);
	assert_int_equal(m->xid, xid);
}

void of_peer_expect_error(struct of_peer *p, uint32_t xid, uint16_t type, uint16_t code)
{
	expect_error(p, xid, (struct of_error){ type, code, 0 });
}

void of_peer_expect_onf_error(struct of_peer *p, uint32_t xid, uint16_t code)
{
	struct of_error want;

	of_error_set(&want, OFPET_BUNDLE_FAILED, code);
	expect_error(p, xid, want);
}

void of_peer_expect_nothing(struct of_peer *p)
{
	struct buf text = BUF_INIT;
	const struct of_msg *m;

	loop_virtual_settle(p->world->loop);
	m = of_peer_next(p);
	if (!m)
		return;
	of_msg_print(m, &text);
	fail_msg("expected nothing, got %s", buf_str(&text));
}

void of_peer_barrier(struct of_peer *p)
{
	uint32_t xid = of_peer_send_kind(p, OF_BARRIER_REQUEST);

	assert_int_equal(of_peer_expect(p, OF_BARRIER_REPLY)->xid, xid);
}

const char *of_peer_flows(struct of_peer *p, struct buf *out)
{
	const struct of_msg *m;

	buf_clear(out);
	of_peer_send(p, (struct of_msg){ .kind = OF_FLOW_STATS_REQUEST,
					 .flow_stats_request = { .table_id = OF_TABLE_ALL,
								 .out_port = OF_PORT_ANY,
								 .out_group = OF_GROUP_ANY } });
	do {
		m = of_peer_expect(p, OF_FLOW_STATS_REPLY);
		for (unsigned i = 0; i < m->flow_stats_reply.n; i++) {
			const struct of_flow_stats *s = &m->flow_stats_reply.stats[i];

			buf_printf(out, "table=%u priority=%u ", s->table_id, s->priority);
			of_match_print(&s->match, out);
			buf_puts(out, " actions=");
			of_instructions_print(&s->instructions, out);
			buf_puts(out, "\n");
		}
	} while (m->flow_stats_reply.more);
	return buf_str(out);
}

size_t of_frame_udp(uint8_t *frame, uint8_t from, uint8_t to, uint16_t port)
{
	static const uint8_t ip[] = { 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0 };

	memset(frame, 0, 60);
	frame[0] = frame[6] = 0x02;
	frame[5] = to;
	frame[11] = from;
	store_be16(frame + 12, 0x0800);
	memcpy(frame + 14, ip, sizeof(ip));
	frame[29] = from;
	frame[30] = 10;
	frame[33] = to;
	store_be16(frame + 34, port);
	store_be16(frame + 36, port);
	store_be16(frame + 38, 12);
	return 60;
}

void of_world_receive(struct of_world *w, uint32_t in_port, uint8_t from, uint8_t to, uint16_t port)
{
	uint8_t frame[256];
	size_t size = of_frame_udp(frame, from, to, port);

	mem_switch_receive(w->sw, in_port, frame, size);
	loop_virtual_settle(w->loop);
}
