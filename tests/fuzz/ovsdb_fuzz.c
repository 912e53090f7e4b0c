/* fuzz: component=controller */

/* Bytes from a bad OVSDB server, in pieces: it is understood or left, and what is told is
 * consistent: an interface that goes had come. */

#include <stdlib.h>

#include "controller/facts/ovsdb.h"
#include "lib/log.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct server {
	struct ovsdb *dialling;
	long n_interfaces;
};

static void dial(void *ctx, const struct addr *addr, struct ovsdb *o)
{
	(void)addr;
	((struct server *)ctx)->dialling = o;
}

static void cancel(void *ctx, struct ovsdb *o)
{
	(void)o;
	((struct server *)ctx)->dialling = NULL;
}

static void told(void *arg, const struct ovsdb_interface *i)
{
	struct server *s = arg;

	if (!i->name || !i->iface_id || !i->error)
		abort();
	s->n_interfaces++;
}

static void gone(void *arg, const char *name, const char *iface_id)
{
	struct server *s = arg;

	if (!name || !iface_id || s->n_interfaces <= 0)
		abort();
}

static void ignore_data(void *arg, const uint8_t *data, size_t size)
{
	(void)arg, (void)data, (void)size;
}

static void note_closed(void *arg, const char *why)
{
	(void)why;
	*(bool *)arg = true;
}

static const struct ovsdb_events events = { .interface = told, .interface_gone = gone };
static const struct stream_events server_events = { .data = ignore_data, .closed = note_closed };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loop *loop = loop_virtual_create();
	struct server s = { 0 };
	struct ovsdb_dialer dialer = { .dial = dial, .cancel = cancel, .ctx = &s };
	struct addr addr = { .text = "unix:/db.sock" };
	struct ovsdb *o = ovsdb_create(loop, &dialer, &addr, &events, &s);
	struct stream *ends[2];
	struct stream_pair *pair = stream_pair_create(loop, ends);
	bool is_closed = false;

	log_set_level("error");
	stream_set_events(ends[1], &server_events, &is_closed);
	ovsdb_connected(s.dialling, ends[0], NULL);
	s.dialling = NULL;
	stream_pair_set_piece(pair, size ? 1 + data[0] % 64 : 1);
	for (size_t at = 0; at < size && !is_closed; at += 256) {
		stream_send(ends[1], data + at, MIN_OF(size - at, 256));
		loop_virtual_run_for(loop, NS_PER_MS);
	}
	stream_close(ends[1]);
	stream_pair_release(pair);
	ovsdb_destroy(o);
	loop_virtual_settle(loop);
	loop_virtual_destroy(loop);
	return 0;
}
