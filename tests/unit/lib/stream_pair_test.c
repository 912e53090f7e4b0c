#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"

/* A pair, and what each end has heard. */
struct side {
	struct stream *stream;
	struct buf got;
	unsigned n_events, n_closed, n_drained;
	bool closes_on_data;
};

struct world {
	struct loop *loop;
	struct stream_pair *pair;
	struct side side[2];
};

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct side *s = arg;

	s->n_events++;
	buf_add(&s->got, data, size);
	if (s->closes_on_data)
		stream_close(s->stream);
}

static void on_closed(void *arg, const char *why)
{
	struct side *s = arg;

	s->n_closed++;
	buf_puts(&s->got, why);
}

static void on_drained(void *arg)
{
	((struct side *)arg)->n_drained++;
}

static const struct stream_events events = { on_data, on_closed, on_drained };

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct stream *ends[2];

	w->loop = loop_virtual_create();
	w->pair = stream_pair_create(w->loop, ends);
	for (unsigned i = 0; i < 2; i++) {
		w->side[i].stream = ends[i];
		stream_set_events(ends[i], &events, &w->side[i]);
	}
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < 2; i++) {
		stream_close(w->side[i].stream);
		buf_fini(&w->side[i].got);
	}
	assert_true(stream_pair_is_closed(w->pair));
	stream_pair_release(w->pair);
	loop_virtual_destroy(w->loop);
	free(w);
	return 0;
}

static void test_order_and_drained(void **state)
{
	struct world *w = *state;

	assert_int_equal(stream_send(w->side[0].stream, "one ", 4), 0);
	assert_int_equal(stream_send(w->side[0].stream, "two", 3), 0);
	assert_int_equal(w->side[1].n_events, 0);
	loop_virtual_settle(w->loop);
	assert_string_equal(buf_str(&w->side[1].got), "one two");
	assert_int_equal(w->side[0].n_drained, 1);
	assert_int_equal(w->side[0].stream->n_pending_bytes, 0);
}

static void test_delay_and_pieces(void **state)
{
	struct world *w = *state;

	stream_pair_set_delay(w->pair, 5 * NS_PER_MS);
	stream_pair_set_piece(w->pair, 3);
	assert_int_equal(stream_send(w->side[1].stream, "12345678", 8), 0);
	loop_virtual_run_for(w->loop, 4 * NS_PER_MS);
	assert_int_equal(w->side[0].n_events, 0);
	loop_virtual_run_for(w->loop, 1 * NS_PER_MS);
	assert_int_equal(w->side[0].n_events, 3);
	assert_string_equal(buf_str(&w->side[0].got), "12345678");
}

static void test_slow_reader_is_felt(void **state)
{
	struct world *w = *state;
	char block[100] = { 0 };

	w->side[0].stream->max_pending_bytes = 150;
	stream_set_reading(w->side[1].stream, false);
	assert_int_equal(stream_send(w->side[0].stream, block, 100), 0);
	assert_int_equal(stream_send(w->side[0].stream, block, 100), -ENOBUFS);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	assert_int_equal(w->side[1].n_events, 0);
	assert_int_equal(w->side[0].stream->n_pending_bytes, 100);
	stream_set_reading(w->side[1].stream, true);
	loop_virtual_settle(w->loop);
	assert_int_equal(w->side[1].got.size, 100);

	stream_pair_stall(w->pair, 1, true);
	assert_int_equal(stream_send(w->side[0].stream, block, 100), 0);
	loop_virtual_settle(w->loop);
	assert_int_equal(w->side[1].got.size, 100);
	stream_pair_stall(w->pair, 1, false);
	loop_virtual_settle(w->loop);
	assert_int_equal(w->side[1].got.size, 200);
}

static void test_close_delivers_what_was_sent(void **state)
{
	struct world *w = *state;

	assert_int_equal(stream_send(w->side[0].stream, "last.", 5), 0);
	stream_close(w->side[0].stream);
	loop_virtual_settle(w->loop);
	assert_string_equal(buf_str(&w->side[1].got), "last.closed by the peer");
	assert_int_equal(w->side[1].n_closed, 1);
	assert_int_equal(stream_send(w->side[1].stream, "x", 1), -EPIPE);
	loop_virtual_settle(w->loop);
	assert_int_equal(w->side[1].n_closed, 1);
	assert_int_equal(w->side[0].n_closed, 0);
}

static void test_break_loses_what_is_under_way(void **state)
{
	struct world *w = *state;

	assert_int_equal(stream_send(w->side[0].stream, "lost", 4), 0);
	stream_pair_break(w->pair, "cable cut");
	assert_int_equal(stream_send(w->side[0].stream, "x", 1), -EPIPE);
	loop_virtual_settle(w->loop);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(w->side[i].n_closed, 1);
		assert_string_equal(buf_str(&w->side[i].got), "cable cut");
	}
}

static void test_closing_in_the_event(void **state)
{
	struct world *w = *state;

	w->side[1].closes_on_data = true;
	stream_pair_set_piece(w->pair, 1);
	assert_int_equal(stream_send(w->side[0].stream, "abc", 3), 0);
	loop_virtual_settle(w->loop);
	assert_int_equal(w->side[1].n_events, 1);
	assert_int_equal(w->side[0].n_closed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_and_drained, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delay_and_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_reader_is_felt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close_delivers_what_was_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_break_loses_what_is_under_way, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_closing_in_the_event, setup, teardown),
	};

	return cmocka_run_group_tests_name("stream_pair", tests, NULL, NULL);
}
