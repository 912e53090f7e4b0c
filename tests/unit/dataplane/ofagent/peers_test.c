#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/ctl/mem_switch.h"
#include "dataplane/ofagent/conn.h"
#include "dataplane/ofagent/peers.h"
#include "lib/loop_uv.h"
#include "lib/stream_uv.h"

/* Listening and dialling, with real sockets in a folder of the test's own. */

struct world {
	struct loop *loop;
	struct mem_switch *sw;
	struct peers *peers;
	char folder[64], path[96], address[128];
	struct timer deadline, poll;
	bool (*done)(struct world *w);
	/* a controller's side */
	struct stream_listener *controller;
	struct stream *accepted[100];
	unsigned n_accepted;
	uint64_t closed_ns, accepted_ns;
	struct stream *dialled[PEERS_MAX_ACCEPTED + 8];
	unsigned n_dialled, n_refused;
};

static void on_deadline(struct timer *t, void *arg)
{
	(void)t;
	(void)arg;
	fail_msg("nothing happened for 10 s");
}

static void on_poll(struct timer *t, void *arg)
{
	struct world *w = arg;

	if (w->done(w))
		loop_uv_stop(w->loop);
	else
		timer_arm(w->loop, t, NS_PER_MS);
}

static void run_until(struct world *w, bool (*done)(struct world *w))
{
	w->done = done;
	timer_arm(w->loop, &w->deadline, 100 * NS_PER_SEC);
	timer_arm(w->loop, &w->poll, 0);
	loop_uv_run(w->loop);
	timer_cancel(w->loop, &w->deadline);
	timer_cancel(w->loop, &w->poll);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	snprintf(w->folder, sizeof(w->folder), "/tmp/weft-peers.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/of.sock", w->folder);
	snprintf(w->address, sizeof(w->address), "unix:%s", w->path);
	w->loop = loop_uv_create();
	w->sw = mem_switch_create(&(struct mem_switch_config){ .loop = w->loop });
	w->peers = peers_create(w->loop, mem_switch_datapath(w->sw));
	timer_init(&w->deadline, on_deadline, w);
	timer_init(&w->poll, on_poll, w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	peers_destroy(w->peers);
	for (unsigned i = 0; i < w->n_accepted; i++)
		stream_close(w->accepted[i]);
	for (unsigned i = 0; i < w->n_dialled; i++)
		stream_close(w->dialled[i]);
	if (w->controller)
		stream_listener_close(w->controller);
	mem_switch_destroy(w->sw);
	loop_uv_destroy(w->loop);
	unlink(w->path);
	assert_int_equal(rmdir(w->folder), 0);
	free(w);
	return 0;
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	(void)arg, (void)data, (void)size;
}

static void on_closed(void *arg, const char *why)
{
	(void)why;
	((struct world *)arg)->n_refused++;
}

static const struct stream_events events = { .data = on_data, .closed = on_closed };

static void on_accept(void *arg, struct stream *s)
{
	struct world *w = arg;

	stream_set_events(s, &events, w);
	w->accepted_ns = loop_now_ns(w->loop);
	w->accepted[w->n_accepted++] = s;
}

static void listen_as_controller(struct world *w)
{
	struct status st = STATUS_INIT;
	struct addr addr;

	assert_int_equal(addr_parse(&addr, w->address, "test", &st), 0);
	w->controller = stream_listen(w->loop, &addr, "test", on_accept, w, &st);
	assert_non_null(w->controller);
}

static bool one_accepted(struct world *w)
{
	return w->n_accepted == 1;
}

static bool two_accepted(struct world *w)
{
	return w->n_accepted == 2;
}

static void test_dial_and_first_retry(void **state)
{
	struct world *w = *state;
	struct status st = STATUS_INIT;
	struct peers_target t;

	listen_as_controller(w);
	assert_int_equal(peers_dial(w->peers, w->address, &st), 0);
	run_until(w, one_accepted);
	assert_true(peers_target_at(w->peers, 0, &t));
	assert_false(peers_target_at(w->peers, 1, &t));
	stream_close(w->accepted[0]);
	w->accepted[0] = NULL;
	w->closed_ns = loop_now_ns(w->loop);
	run_until(w, two_accepted);
	/* Promised: within 200 ms; a busy machine may add much to that. */
	assert_in_range(w->accepted_ns - w->closed_ns, 50 * NS_PER_MS, 20 * NS_PER_SEC);
}

static bool has_failed(struct world *w)
{
	struct peers_target t;

	return peers_target_at(w->peers, 0, &t) && *t.last_error;
}

static void test_controller_that_comes_later(void **state)
{
	struct world *w = *state;
	struct status st = STATUS_INIT;

	assert_int_equal(peers_dial(w->peers, w->address, &st), 0);
	run_until(w, has_failed);
	listen_as_controller(w);
	run_until(w, one_accepted);
}

static void on_dialled(void *arg, struct stream *s, const char *why)
{
	struct world *w = arg;

	if (!s)
		fail_msg("%s", why);
	stream_set_events(s, &events, w);
	w->dialled[w->n_dialled++] = s;
}

static bool all_dialled_and_some_refused(struct world *w)
{
	return w->n_dialled == ARRAY_LENGTH(w->dialled) && w->n_refused == 8;
}

static void test_too_many_connections(void **state)
{
	struct world *w = *state;
	struct status st = STATUS_INIT;
	struct conn *c = NULL;
	struct addr addr;
	unsigned n = 0;

	assert_int_equal(peers_listen(w->peers, w->address, &st), 0);
	assert_int_equal(addr_parse(&addr, w->address, "test", &st), 0);
	for (unsigned i = 0; i < ARRAY_LENGTH(w->dialled); i++)
		stream_dial(w->loop, &addr, on_dialled, w);
	run_until(w, all_dialled_and_some_refused);
	while ((c = conn_next(mem_switch_datapath(w->sw), c)))
		n++;
	assert_int_equal(n, PEERS_MAX_ACCEPTED);
}

/* --- who gets a place when all are taken --- */

static void say_hello(struct stream *s)
{
	static const uint8_t hello[] = { 4, 0, 0, 8, 0, 0, 0, 1 };

	assert_int_equal(stream_send(s, hello, sizeof(hello)), 0);
}

static unsigned n_in_state(struct world *w, enum conn_state state)
{
	struct conn_info info;
	struct conn *c = NULL;
	unsigned n = 0;

	while ((c = conn_next(mem_switch_datapath(w->sw), c))) {
		conn_info_get(c, &info);
		n += info.state == state;
	}
	return n;
}

static bool all_are_open(struct world *w)
{
	return n_in_state(w, CONN_OPEN) == PEERS_MAX_ACCEPTED;
}

static bool all_places_are_dialled(struct world *w)
{
	return w->n_dialled == PEERS_MAX_ACCEPTED;
}

static bool one_more_is_dialled(struct world *w)
{
	return w->n_dialled == PEERS_MAX_ACCEPTED + 1 &&
	       n_in_state(w, CONN_OPEN) + n_in_state(w, CONN_HELLO) == PEERS_MAX_ACCEPTED;
}

static void dial(struct world *w, const char *address)
{
	struct status st = STATUS_INIT;
	struct addr addr;

	assert_int_equal(addr_parse(&addr, address, "test", &st), 0);
	stream_dial(w->loop, &addr, on_dialled, w);
}

static bool one_is_refused(struct world *w)
{
	return w->n_refused == 1;
}

/* One host holds all places with hellos said: its next is refused, another host's gets in. */
static void test_greedy_host(void **state)
{
	struct world *w = *state;
	struct status st = STATUS_INIT;
	char tcp[64];

	assert_int_equal(peers_listen(w->peers, w->address, &st), 0);
	assert_int_equal(peers_listen(w->peers, "tcp:127.0.0.1:0", &st), 0);
	for (unsigned i = 0; i < PEERS_MAX_ACCEPTED; i++)
		dial(w, w->address);
	run_until(w, all_places_are_dialled);
	for (unsigned i = 0; i < w->n_dialled; i++)
		say_hello(w->dialled[i]);
	run_until(w, all_are_open);
	dial(w, w->address);
	run_until(w, one_is_refused);
	assert_int_equal(n_in_state(w, CONN_OPEN), PEERS_MAX_ACCEPTED);
	w->n_dialled--;
	stream_close(w->dialled[w->n_dialled]);
	snprintf(tcp, sizeof(tcp), "tcp:127.0.0.1:%u", peers_listener_port(w->peers, 1));
	dial(w, tcp);
	run_until(w, one_more_is_dialled);
	say_hello(w->dialled[PEERS_MAX_ACCEPTED]);
	run_until(w, all_are_open);
	assert_int_equal(w->n_refused, 2);
}

static bool one_is_open(struct world *w)
{
	return n_in_state(w, CONN_OPEN) == 1;
}

static bool all_came(struct world *w)
{
	return w->n_dialled == PEERS_MAX_ACCEPTED + 1 && w->n_refused == 1;
}

/* All places taken by mutes: a controller takes the place of the one that came first. */
static void test_mutes_make_room(void **state)
{
	struct world *w = *state;
	struct status st = STATUS_INIT;

	assert_int_equal(peers_listen(w->peers, w->address, &st), 0);
	for (unsigned i = 0; i < PEERS_MAX_ACCEPTED; i++)
		dial(w, w->address);
	run_until(w, all_places_are_dialled);
	dial(w, w->address);
	run_until(w, all_came);
	say_hello(w->dialled[PEERS_MAX_ACCEPTED]);
	run_until(w, one_is_open);
	assert_int_equal(n_in_state(w, CONN_HELLO), PEERS_MAX_ACCEPTED - 1);
}

/* --- auxiliary connections --- */

static bool three_accepted(struct world *w)
{
	return w->n_accepted == 3;
}

static bool all_three_are_open(struct world *w)
{
	return n_in_state(w, CONN_OPEN) == 3;
}

static bool none_is_left(struct world *w)
{
	return !conn_next(mem_switch_datapath(w->sw), NULL);
}

static void test_auxiliary_connections(void **state)
{
	struct world *w = *state;
	struct status st = STATUS_INIT;
	struct conn *c = NULL;
	struct conn_info info;
	unsigned ids = 0;

	listen_as_controller(w);
	peers_set_auxiliary(w->peers, 2);
	assert_int_equal(peers_dial(w->peers, w->address, &st), 0);
	run_until(w, one_accepted);
	say_hello(w->accepted[0]);
	run_until(w, three_accepted);
	say_hello(w->accepted[1]);
	say_hello(w->accepted[2]);
	run_until(w, all_three_are_open);
	while ((c = conn_next(mem_switch_datapath(w->sw), c))) {
		conn_info_get(c, &info);
		ids |= 1u << info.auxiliary_id;
		assert_int_equal(info.version, 4);
	}
	assert_int_equal(ids, 7);
	/* They end with the main one. */
	stream_close(w->accepted[0]);
	w->accepted[0] = NULL;
	run_until(w, none_is_left);
}

static void test_bad_addresses(void **state)
{
	struct world *w = *state;
	struct status st = STATUS_INIT;

	assert_int_equal(peers_listen(w->peers, "nonsense", &st), -1);
	assert_string_equal(st.field, "listen");
	st = STATUS_INIT;
	assert_int_equal(peers_dial(w->peers, "tcp:here:1", &st), -1);
	assert_string_equal(st.field, "controller");
	st = STATUS_INIT;
	assert_int_equal(peers_listen(w->peers, "ssl:127.0.0.1:0", &st), -1);
	assert_string_equal(st.field, "certificate");
	st = STATUS_INIT;
	assert_int_equal(peers_dial(w->peers, "ssl:unix:/tmp/x", &st), -1);
	assert_string_equal(st.field, "controller");
	st = STATUS_INIT;
	assert_int_equal(peers_listen(w->peers, "tcp:127.0.0.1:0", &st), 0);
	assert_int_not_equal(peers_listener_port(w->peers, 0), 0);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dial_and_first_retry), TEST(test_controller_that_comes_later),
		TEST(test_too_many_connections), TEST(test_greedy_host),
		TEST(test_mutes_make_room),	 TEST(test_auxiliary_connections),
		TEST(test_bad_addresses),
	};

	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
