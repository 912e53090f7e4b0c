#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/loop_uv.h"
#include "lib/stream_uv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#define DEADLINE_NS (100 * NS_PER_SEC)

/* One listener, one connection to it, and what has happened to both. */
struct world {
	struct loop *loop;
	struct addr addr;
	struct stream_listener *listener;
	struct stream *server, *client;
	size_t n_received;
	uint64_t sum;
	bool is_closed, is_drained;
	char why[64];
	struct timer deadline;
};

static void too_late(struct timer *t, void *arg)
{
	struct world *w = arg;

	(void)t;
	loop_uv_stop(w->loop);
	fail_msg("nothing happened for 10 s");
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct world *w = arg;

	for (size_t i = 0; i < size; i++)
		w->sum += data[i];
	w->n_received += size;
	loop_uv_stop(w->loop);
}

static void on_closed(void *arg, const char *why)
{
	struct world *w = arg;

	w->is_closed = true;
	snprintf(w->why, sizeof(w->why), "%s", why);
	loop_uv_stop(w->loop);
}

static void on_drained(void *arg)
{
	struct world *w = arg;

	w->is_drained = true;
	loop_uv_stop(w->loop);
}

static const struct stream_events events = { on_data, on_closed, on_drained };

static void on_accept(void *arg, struct stream *s)
{
	struct world *w = arg;

	w->server = s;
	stream_set_events(s, &events, w);
	loop_uv_stop(w->loop);
}

static void on_dialed(void *arg, struct stream *s, const char *why)
{
	struct world *w = arg;

	w->client = s;
	if (s)
		stream_set_events(s, &events, w);
	else
		snprintf(w->why, sizeof(w->why), "%s", why);
	loop_uv_stop(w->loop);
}

static struct world *world_create(const char *address)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct status st = STATUS_INIT;

	w->loop = loop_uv_create();
	assert_non_null(w->loop);
	timer_init(&w->deadline, too_late, w);
	timer_arm(w->loop, &w->deadline, DEADLINE_NS);
	assert_int_equal(addr_parse(&w->addr, address, "listen", &st), 0);
	w->listener = stream_listen(w->loop, &w->addr, "listen", on_accept, w, &st);
	assert_non_null(w->listener);
	if (stream_listener_port(w->listener)) {
		char text[64];

		snprintf(text, sizeof(text), "127.0.0.1:%u", stream_listener_port(w->listener));
		assert_int_equal(addr_parse(&w->addr, text, "listen", &st), 0);
	}
	return w;
}

static void world_connect(struct world *w)
{
	stream_dial(w->loop, &w->addr, on_dialed, w);
	while (!w->client || !w->server)
		loop_uv_run(w->loop);
}

static void world_destroy(struct world *w)
{
	stream_close(w->client);
	stream_close(w->server);
	stream_listener_close(w->listener);
	loop_uv_destroy(w->loop);
	free(w);
}

static void carries_bytes(const char *address)
{
	struct world *w = world_create(address);

	world_connect(w);
	assert_int_equal(stream_send(w->client, "\1\2\3", 3), 0);
	while (w->n_received < 3)
		loop_uv_run(w->loop);
	assert_int_equal(w->sum, 6);
	stream_close(w->client);
	w->client = NULL;
	while (!w->is_closed)
		loop_uv_run(w->loop);
	assert_string_equal(w->why, "closed by the peer");
	assert_int_equal(stream_send(w->server, "x", 1), -EPIPE);
	world_destroy(w);
}

static void tcp_carries_bytes(void **state)
{
	(void)state;
	carries_bytes("tcp:127.0.0.1:0");
}

static void make_path(char *text, size_t size)
{
	snprintf(text, size, "unix:/tmp/stream_test.%d", (int)getpid());
}

static void unix_carries_bytes_and_leaves_no_socket(void **state)
{
	char text[64];

	(void)state;
	make_path(text, sizeof(text));
	carries_bytes(text);
	assert_int_equal(access(text + 5, F_OK), -1);
}

static void a_stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct status st = STATUS_INIT;
	struct world *w;
	char text[64];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	make_path(text, sizeof(text));
	strcpy(un.sun_path, text + 5);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
	assert_int_equal(access(text + 5, F_OK), 0);
	w = world_create(text);
	assert_null(stream_listen(w->loop, &w->addr, "listen", on_accept, w, &st));
	assert_int_equal(st.code, STATUS_ALREADY_EXISTS);
	assert_non_null(strstr(st.message, "another program listens there"));
	world_destroy(w);
}

static void a_file_that_is_no_socket_stays(void **state)
{
	struct loop *loop = loop_uv_create();
	struct status st = STATUS_INIT;
	struct addr addr;
	char text[64];
	FILE *f;

	(void)state;
	make_path(text, sizeof(text));
	f = fopen(text + 5, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(addr_parse(&addr, text, "listen", &st), 0);
	assert_null(stream_listen(loop, &addr, "listen", on_accept, NULL, &st));
	assert_int_equal(access(text + 5, F_OK), 0);
	unlink(text + 5);
	loop_uv_destroy(loop);
}

static void a_slow_reader_bounds_memory(void **state)
{
	struct world *w = world_create("tcp:127.0.0.1:0");
	static char megabyte[1 << 20];
	size_t n_sent = 0;

	(void)state;
	world_connect(w);
	stream_set_reading(w->server, false);
	w->client->max_pending_bytes = 8 << 20;
	memset(megabyte, 1, sizeof(megabyte));
	while (stream_send(w->client, megabyte, sizeof(megabyte)) == 0)
		n_sent += sizeof(megabyte);
	assert_true(w->client->n_pending_bytes <= w->client->max_pending_bytes);
	stream_set_reading(w->server, true);
	while (w->n_received < n_sent || !w->is_drained)
		loop_uv_run(w->loop);
	assert_int_equal(w->sum, n_sent);
	world_destroy(w);
}

static void close_delivers_what_was_sent(void **state)
{
	struct world *w = world_create("tcp:127.0.0.1:0");
	static char data[4 << 20];

	(void)state;
	world_connect(w);
	memset(data, 1, sizeof(data));
	assert_int_equal(stream_send(w->client, data, sizeof(data)), 0);
	stream_close(w->client);
	w->client = NULL;
	while (!w->is_closed)
		loop_uv_run(w->loop);
	assert_int_equal(w->n_received, sizeof(data));
	world_destroy(w);
}

/* ASan's leak check sees a stream that is forgotten. */
static void a_loop_ends_while_a_close_waits_for_the_peer(void **state)
{
	struct world *w = world_create("tcp:127.0.0.1:0");
	static char data[16 << 20];

	(void)state;
	world_connect(w);
	assert_int_equal(strncmp(w->server->peer, "tcp:127.0.0.1:", 14), 0);
	assert_string_not_equal(w->server->peer, w->addr.text);
	stream_set_reading(w->server, false);
	assert_int_equal(stream_send(w->client, data, sizeof(data)), 0);
	assert_true(w->client->n_pending_bytes > 0);
	world_destroy(w);
}

static void dialing_nobody_is_told_later(void **state)
{
	struct world *w = world_create("tcp:127.0.0.1:0");
	struct stream_dial *d;

	(void)state;
	stream_listener_close(w->listener);
	w->listener = NULL;
	d = stream_dial(w->loop, &w->addr, on_dialed, w);
	stream_dial_cancel(d);
	stream_dial(w->loop, &w->addr, on_dialed, w);
	assert_string_equal(w->why, "");
	while (!w->why[0])
		loop_uv_run(w->loop);
	assert_null(w->client);
	assert_string_equal(w->why, "connection refused");
	world_destroy(w);
}

struct order {
	struct loop *loop;
	struct timer timers[4];
	char fired[8];
	size_t n;
};

static void note(struct timer *t, void *arg)
{
	struct order *o = arg;

	o->fired[o->n++] = 'a' + (t - o->timers);
	if (o->n == 3)
		loop_uv_stop(o->loop);
}

static void timers_fire_in_order(void **state)
{
	struct order o = { .loop = loop_uv_create() };

	(void)state;
	for (int i = 0; i < 4; i++)
		timer_init(&o.timers[i], note, &o);
	timer_arm(o.loop, &o.timers[0], 3 * NS_PER_MS);
	timer_arm(o.loop, &o.timers[1], 0);
	timer_arm(o.loop, &o.timers[2], 0);
	timer_arm(o.loop, &o.timers[3], NS_PER_MS);
	timer_cancel(o.loop, &o.timers[3]);
	timer_cancel(o.loop, &o.timers[3]);
	loop_uv_run(o.loop);
	assert_string_equal(o.fired, "bca");
	assert_false(timer_is_armed(&o.timers[0]));
	loop_uv_destroy(o.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order),
		cmocka_unit_test(tcp_carries_bytes),
		cmocka_unit_test(unix_carries_bytes_and_leaves_no_socket),
		cmocka_unit_test(a_stale_socket_is_replaced_and_a_live_one_is_not),
		cmocka_unit_test(a_file_that_is_no_socket_stays),
		cmocka_unit_test(a_slow_reader_bounds_memory),
		cmocka_unit_test(close_delivers_what_was_sent),
		cmocka_unit_test(a_loop_ends_while_a_close_waits_for_the_peer),
		cmocka_unit_test(dialing_nobody_is_told_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
