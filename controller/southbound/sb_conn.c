#include "controller/southbound/southbound_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"

static void destroy(struct sb_conn *c)
{
	flow_map_fini(&c->installed);
	flow_map_fini(&c->refused);
	flow_map_fini(&c->keys);
	flow_changes_fini(&c->changes);
	sb_meters_fini(c);
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c->ports);
	free(c);
}

void sb_conn_hold(struct sb_conn *c)
{
	c->n_busy++;
}

void sb_conn_release(struct sb_conn *c)
{
	if (--c->n_busy == 0 && c->is_dead)
		destroy(c);
}

void sb_conn_lost(struct sb_conn *c, const char *why)
{
	struct southbound *sb = c->sb;

	if (c->is_dead)
		return;
	sb_conn_hold(c);
	c->is_dead = true;
	log_info("switch %s: %s", c->fact.name[0] ? c->fact.name : c->fact.address, why);
	stream_close(c->stream);
	c->stream = NULL;
	list_remove(&c->in_southbound);
	timer_cancel(sb->options.loop, &c->tick);
	timer_cancel(sb->options.loop, &c->flush);
	if (c->is_open)
		sb->counters.n_lost++;
	else
		sb->counters.n_failed++;
	sb_request_close(c, why);
	if (c->is_open) {
		sb_sync_close(c);
		switches_disconnected(sb->options.switches, c->fact.datapath_id, why);
	}
	sb_conn_release(c);
}

uint32_t sb_conn_put(struct sb_conn *c, struct of_msg *m)
{
	m->version = OF_VERSION_1_3;
	if (!m->xid)
		m->xid = ++c->next_xid;
	of_msg_encode(m, &c->out);
	return m->xid;
}

void sb_conn_flush(struct sb_conn *c)
{
	sb_conn_hold(c);
	if (!c->is_dead && c->out.size && stream_send(c->stream, c->out.data, c->out.size) < 0)
		sb_conn_lost(c, "it does not read what it is sent");
	buf_clear(&c->out);
	sb_conn_release(c);
}

uint32_t sb_conn_send(struct sb_conn *c, struct of_msg *m)
{
	uint32_t xid = sb_conn_put(c, m);

	sb_conn_flush(c);
	return xid;
}

static void answer_echo(struct sb_conn *c, const struct of_msg *m)
{
	struct of_msg reply = { .kind = OF_ECHO_REPLY, .xid = m->xid, .echo = m->echo };

	sb_conn_send(c, &reply);
}

static void log_error_msg(struct sb_conn *c, const struct of_msg *m)
{
	char name[128];

	c->sb->counters.n_errors++;
	log_warn("switch %s answers %s", c->fact.name,
		 of_error_name(&m->error.error, name, sizeof(name)));
}

static void packet_in(struct sb_conn *c, const struct of_packet_in *pi)
{
	struct southbound_options *o = &c->sb->options;

	if (o->events->packet_in)
		o->events->packet_in(o->arg, c->fact.datapath_id, pi);
}

static void handle(struct sb_conn *c, const struct of_msg *m)
{
	if (m->kind == OF_ECHO_REQUEST) {
		answer_echo(c, m);
		return;
	}
	if (m->kind == OF_PORT_STATUS) {
		sb_handshake_port_status(c, &m->port_status);
		return;
	}
	if (sb_request_handle(c, m))
		return;
	if (!c->is_open) {
		if (!sb_handshake_handle(c, m) && m->kind == OF_ERROR)
			log_error_msg(c, m);
		return;
	}
	if (m->kind == OF_PACKET_IN) {
		packet_in(c, &m->packet_in);
		return;
	}
	if (!sb_sync_handle(c, m) && m->kind == OF_ERROR)
		log_error_msg(c, m);
}

/* A message that cannot be decoded is answered with the specified error, as a switch would be. */
static void refuse(struct sb_conn *c, const struct of_msg *m, const struct of_error *err,
		   const uint8_t *data, size_t size)
{
	struct of_msg reply = {
		.kind = OF_ERROR,
		.xid = m->xid,
		.error = { .error = *err, .data = data, .size = MIN_OF(size, 64) },
	};
	char name[128];

	log_warn("switch %s sends what cannot be understood: %s",
		 c->fact.name[0] ? c->fact.name : c->fact.address,
		 of_error_name(err, name, sizeof(name)));
	if (m->kind != OF_ERROR)
		sb_conn_send(c, &reply);
}

static void receive(struct sb_conn *c, const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct of_msg m = { 0 };
	struct of_error err = { 0 };

	if (data[0] != OF_VERSION_1_3 && data[1] != 0)
		sb_conn_lost(c, "it speaks another version than OpenFlow 1.3: configure the switch "
				"for OpenFlow13");
	else if (of_msg_decode(data, size, &arena, &m, &err) < 0)
		refuse(c, &m, &err, data, size);
	else
		handle(c, &m);
	arena_clear(&arena);
}

/* Handles what is whole and returns how many bytes that was. */
static size_t receive_whole(struct sb_conn *c, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (!c->is_dead && at < size) {
		long n = of_msg_size(data + at, size - at);

		if (n < 0)
			sb_conn_lost(c, "it sends what is not OpenFlow");
		if (n <= 0)
			break;
		receive(c, data + at, n);
		at += n;
	}
	return at;
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct sb_conn *c = arg;
	size_t n;

	sb_conn_hold(c);
	c->heard_ns = loop_now_ns(c->sb->options.loop);
	c->is_probed = false;
	if (c->in.size) {
		buf_add(&c->in, data, size);
		n = receive_whole(c, c->in.data, c->in.size);
		buf_pull(&c->in, n);
	} else {
		n = receive_whole(c, data, size);
		buf_add(&c->in, data + n, size - n);
	}
	sb_conn_release(c);
}

static void on_closed(void *arg, const char *why)
{
	sb_conn_lost(arg, why);
}

static const struct stream_events stream_events = { .data = on_data, .closed = on_closed };

static void look_for_life(struct sb_conn *c, uint64_t now_ns)
{
	const struct southbound_timing *t = &c->sb->options.timing;

	if (!c->is_open && now_ns - c->accepted_ns >= t->handshake_ns) {
		sb_conn_lost(c, "it does not answer the handshake");
	} else if (now_ns - c->heard_ns >= 2 * t->probe_ns) {
		sb_conn_lost(c, "no sign of life");
	} else if (now_ns - c->heard_ns >= t->probe_ns && !c->is_probed &&
		   c->answered & SB_ASK_HELLO) {
		c->is_probed = true;
		sb_conn_send(c, &(struct of_msg){ .kind = OF_ECHO_REQUEST });
	}
}

static void on_tick(struct timer *t, void *arg)
{
	struct sb_conn *c = arg;

	sb_conn_hold(c);
	timer_arm(c->sb->options.loop, t, c->sb->options.timing.probe_ns / 2);
	look_for_life(c, loop_now_ns(c->sb->options.loop));
	if (!c->is_dead)
		sb_request_tick(c);
	if (!c->is_dead)
		sb_sync_tick(c);
	sb_conn_release(c);
}

struct sb_conn *sb_conn_create(struct southbound *sb, struct stream *s)
{
	struct sb_conn *c = xcalloc(1, sizeof(*c));

	c->sb = sb;
	c->stream = s;
	c->accepted_ns = c->heard_ns = loop_now_ns(sb->options.loop);
	snprintf(c->fact.address, sizeof(c->fact.address), "%s", s->peer);
	list_init(&c->requests);
	list_init(&c->in_southbound);
	sb_sync_init(c);
	timer_init(&c->tick, on_tick, c);
	timer_arm(sb->options.loop, &c->tick, sb->options.timing.probe_ns / 2);
	stream_set_events(s, &stream_events, c);
	return c;
}
