#include "controller/facts/ovsdb.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/facts/json_split.h"
#include "controller/facts/ovsdb_rows.h"
#include "lib/buf.h"
#include "lib/log.h"

/* The monitor's id, which comes back with its reply. */
#define MONITOR_ID 1

struct ovsdb {
	struct loop *loop;
	const struct ovsdb_dialer *dialer;
	struct addr addr;
	const struct ovsdb_events *events;
	void *arg;

	struct stream *stream; /* NULL: not connected */
	bool is_dialling;
	struct timer timer; /* the next attempt, or the next look for signs of life */
	uint64_t retry_ns;
	uint64_t heard_ns;
	bool is_probed;
	struct json_split split;
	struct buf in; /* the message being received */
	struct ovsdb_rows rows;
	char state[256];
};

static void connection_lost(struct ovsdb *o, const char *why);

const char *ovsdb_state(const struct ovsdb *o)
{
	return o->state;
}

static void dial(struct ovsdb *o)
{
	o->is_dialling = true;
	o->dialer->dial(o->dialer->ctx, &o->addr, o);
}

static int send_text(struct ovsdb *o, const char *text)
{
	return stream_send(o->stream, text, strlen(text));
}

static void send_json(struct ovsdb *o, json_t *msg)
{
	char *text = json_dumps(msg, JSON_COMPACT);

	json_decref(msg);
	if (text)
		send_text(o, text);
	free(text);
}

static void request_monitor(struct ovsdb *o)
{
	send_json(o, json_pack("{s:s, s:[s,n,{s:[{s:[s,s,s,s]}]}], s:i}", "method", "monitor",
			       "params", "Open_vSwitch", "Interface", "columns", "name", "ofport",
			       "external_ids", "error", "id", MONITOR_ID));
}

/* An echo's parameters go back as they came (RFC 7047 section 4.1.11). */
static void answer_echo(struct ovsdb *o, json_t *msg)
{
	json_t *params = json_object_get(msg, "params"), *id = json_object_get(msg, "id");

	send_json(o, json_pack("{s:O?, s:n, s:O?}", "result", params, "error", "id", id));
}

static int handle_update(struct ovsdb *o, const json_t *msg)
{
	const json_t *updates = json_array_get(json_object_get(msg, "params"), 1);

	return ovsdb_rows_update(&o->rows, updates, false, o->events, o->arg);
}

static int handle_reply(struct ovsdb *o, const json_t *msg)
{
	const json_t *error = json_object_get(msg, "error");

	if (json_integer_value(json_object_get(msg, "id")) != MONITOR_ID)
		return 0;
	if (error && !json_is_null(error))
		return -1;
	if (ovsdb_rows_update(&o->rows, json_object_get(msg, "result"), true, o->events, o->arg) <
	    0)
		return -1;
	o->retry_ns = OVSDB_RETRY_MIN_NS;
	snprintf(o->state, sizeof(o->state), "connected");
	return 0;
}

static int handle(struct ovsdb *o, json_t *msg)
{
	const char *method = json_string_value(json_object_get(msg, "method"));

	if (!method)
		return handle_reply(o, msg);
	if (strcmp(method, "echo") == 0)
		answer_echo(o, msg);
	else if (strcmp(method, "update") == 0)
		return handle_update(o, msg);
	return 0;
}

/* O's stream may be closed after a failure. */
static int handle_text(struct ovsdb *o)
{
	json_t *msg =
		json_loadb((const char *)o->in.data, o->in.size, JSON_REJECT_DUPLICATES, NULL);
	int err;

	buf_clear(&o->in);
	if (!msg)
		return -1;
	err = handle(o, msg);
	json_decref(msg);
	return err;
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct ovsdb *o = arg;

	o->heard_ns = loop_now_ns(o->loop);
	o->is_probed = false;
	while (size) {
		bool is_end;
		long n = json_split(&o->split, data, size, &is_end);

		if (n < 0 || o->in.size + n > OVSDB_MAX_MESSAGE) {
			connection_lost(o, "it sent what is not JSON-RPC");
			return;
		}
		buf_add(&o->in, data, n);
		data += n;
		size -= n;
		if (is_end && handle_text(o) < 0) {
			connection_lost(o, "it sent what cannot be understood");
			return;
		}
	}
}

static void on_closed(void *arg, const char *why)
{
	connection_lost(arg, why);
}

static const struct stream_events stream_events = { .data = on_data, .closed = on_closed };

static void look_for_life(struct ovsdb *o)
{
	uint64_t silent_ns = loop_now_ns(o->loop) - o->heard_ns;

	if (silent_ns >= 2 * OVSDB_PROBE_NS) {
		connection_lost(o, "no answer for 10 seconds");
		return;
	}
	if (silent_ns >= OVSDB_PROBE_NS && !o->is_probed) {
		o->is_probed = true;
		send_text(o, "{\"method\":\"echo\",\"params\":[],\"id\":\"echo\"}");
	}
	timer_arm(o->loop, &o->timer, OVSDB_PROBE_NS / 2);
}

static void on_timer(struct timer *t, void *arg)
{
	struct ovsdb *o = arg;

	(void)t;
	if (o->stream)
		look_for_life(o);
	else
		dial(o);
}

static void connection_lost(struct ovsdb *o, const char *why)
{
	snprintf(o->state, sizeof(o->state), "cannot read %.100s: %.100s; trying again",
		 o->addr.text, why);
	log_info("ovsdb %s: %s; trying again in %llu ms", o->addr.text, why,
		 (unsigned long long)(o->retry_ns / NS_PER_MS));
	stream_close(o->stream);
	o->stream = NULL;
	buf_fini(&o->in);
	o->split = (struct json_split){ 0 };
	timer_arm(o->loop, &o->timer, o->retry_ns);
	o->retry_ns = MIN_OF(o->retry_ns * 2, OVSDB_RETRY_MAX_NS);
}

void ovsdb_connected(struct ovsdb *o, struct stream *s, const char *why)
{
	o->is_dialling = false;
	if (!s) {
		connection_lost(o, why);
		return;
	}
	o->stream = s;
	o->heard_ns = loop_now_ns(o->loop);
	o->is_probed = false;
	stream_set_events(s, &stream_events, o);
	request_monitor(o);
	timer_arm(o->loop, &o->timer, OVSDB_PROBE_NS / 2);
}

struct ovsdb *ovsdb_create(struct loop *loop, const struct ovsdb_dialer *dialer,
			   const struct addr *addr, const struct ovsdb_events *events, void *arg)
{
	struct ovsdb *o = xcalloc(1, sizeof(*o));

	o->loop = loop;
	o->dialer = dialer;
	o->addr = *addr;
	o->events = events;
	o->arg = arg;
	o->retry_ns = OVSDB_RETRY_MIN_NS;
	timer_init(&o->timer, on_timer, o);
	snprintf(o->state, sizeof(o->state), "connecting");
	dial(o);
	return o;
}

void ovsdb_destroy(struct ovsdb *o)
{
	if (!o)
		return;
	if (o->is_dialling)
		o->dialer->cancel(o->dialer->ctx, o);
	timer_cancel(o->loop, &o->timer);
	stream_close(o->stream);
	buf_fini(&o->in);
	ovsdb_rows_fini(&o->rows);
	free(o);
}
