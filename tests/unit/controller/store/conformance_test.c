/* What every back-end of the store promises, run on each: the same tests with a store in SQLite
 * on the real loop and with one in memory. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <errno.h>
#include "controller/store/store.h"
#include "controller/store/store_mem.h"
#include "lib/buf.h"
#include "lib/loop_uv.h"

#define PATIENCE_NS (100 * NS_PER_SEC)

struct fixture {
	const char *scheme;
	struct loop *loop;
	struct store *store;
	struct store_mem_disk *disk;
	char dir[32];
	char uri[64];
	struct store_options options;
	/* the last transaction's */
	struct store_result result;
	unsigned n_done;
	/* what a watch saw */
	struct buf seen;
	bool is_compacted;
};

static void stop(struct timer *t, void *arg)
{
	(void)t;
	loop_uv_stop(arg);
}

/* Let the loop turn until *N reaches WANTED, which even a busy machine does within 100 s. */
static void turn_until(struct fixture *f, const unsigned *n, unsigned wanted)
{
	uint64_t end = loop_now_ns(f->loop) + PATIENCE_NS;
	struct timer t;

	timer_init(&t, stop, f->loop);
	while (*n < wanted && loop_now_ns(f->loop) < end) {
		timer_arm(f->loop, &t, NS_PER_MS);
		loop_uv_run(f->loop);
	}
	timer_cancel(f->loop, &t);
	assert_true(*n >= wanted);
}

static void turn(struct fixture *f, unsigned n_ms)
{
	struct timer t;

	timer_init(&t, stop, f->loop);
	timer_arm(f->loop, &t, n_ms * NS_PER_MS);
	loop_uv_run(f->loop);
}

/* Until the watch has told WANTED, and nothing behind it. */
static void assert_seen(struct fixture *f, const char *wanted)
{
	uint64_t end = loop_now_ns(f->loop) + PATIENCE_NS;

	while (f->seen.size < strlen(wanted) && loop_now_ns(f->loop) < end)
		turn(f, 1);
	turn(f, 5);
	assert_string_equal(buf_str(&f->seen), wanted);
}

static void open_store(struct fixture *f)
{
	struct status st = STATUS_INIT;

	f->store = store_open(f->uri, f->loop, &f->options, &st);
	if (!f->store)
		fail_msg("%s", st.message);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->scheme = *state;
	strcpy(f->dir, "/tmp/weft-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->loop = loop_uv_create();
	if (strcmp(f->scheme, "mem") == 0) {
		f->disk = store_mem_disk_create("d");
		snprintf(f->uri, sizeof(f->uri), "mem:d");
	} else {
		snprintf(f->uri, sizeof(f->uri), "sqlite:%s/db", f->dir);
	}
	open_store(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[64];

	store_close(f->store);
	store_mem_disk_destroy(f->disk);
	loop_uv_destroy(f->loop);
	buf_fini(&f->seen);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void done(void *arg, const struct store_result *result)
{
	struct fixture *f = arg;

	f->result = *result;
	f->n_done++;
}

static void submit(struct fixture *f, const struct store_compare *c, const struct store_op *op)
{
	struct store_txn txn = { .compares = c, .n_compares = c != NULL, .then = op, .n_then = 1 };

	store_txn(f->store, &txn, done, f);
}

static int64_t run(struct fixture *f, const struct store_compare *c, const struct store_op *op)
{
	unsigned n = f->n_done;

	submit(f, c, op);
	assert_int_equal(f->n_done, n); /* never from within the call */
	turn_until(f, &f->n_done, n + 1);
	assert_int_equal(f->result.status.code, STATUS_OK);
	return f->result.revision;
}

static struct store_op put_op(const char *key, const char *value)
{
	return (struct store_op){ STORE_PUT, key, value, strlen(value) };
}

static int64_t put(struct fixture *f, const char *key, const char *value)
{
	struct store_op op = put_op(key, value);

	return run(f, NULL, &op);
}

static int64_t del(struct fixture *f, const char *key)
{
	struct store_op op = { STORE_DELETE, key };

	return run(f, NULL, &op);
}

static void assert_value(struct fixture *f, const char *key, int64_t at, const char *value)
{
	struct store_kv kv;

	if (!value) {
		assert_false(store_get(f->store, key, at, &kv));
		return;
	}
	assert_true(store_get(f->store, key, at, &kv));
	assert_int_equal(kv.size, strlen(value));
	assert_memory_equal(kv.value, value, kv.size);
}

static bool add_key(void *arg, const struct store_kv *kv)
{
	buf_printf(arg, "%s=%.*s ", kv->key, (int)kv->size, (const char *)kv->value);
	return true;
}

static void assert_list(struct fixture *f, const char *prefix, const char *after, int64_t at,
			const char *expected)
{
	struct buf out = BUF_INIT;

	assert_int_equal(store_list(f->store, prefix, after, at, add_key, &out), 0);
	assert_string_equal(buf_str(&out), expected);
	buf_fini(&out);
}

static void reopen(struct fixture *f)
{
	store_close(f->store);
	open_store(f);
}

static void test_put_get_delete(void **state)
{
	struct fixture *f = *state;
	struct store_kv kv;

	assert_int_equal(put(f, "a", "1"), 1);
	assert_int_equal(put(f, "a", "2"), 2);
	assert_int_equal(put(f, "b", ""), 3);
	assert_value(f, "a", 0, "2");
	assert_value(f, "a", 1, "1");
	assert_value(f, "b", 2, NULL);
	assert_value(f, "b", 0, "");
	assert_true(store_get(f->store, "a", 0, &kv));
	assert_int_equal(kv.create_revision, 1);
	assert_int_equal(kv.mod_revision, 2);
	assert_int_equal(del(f, "a"), 4);
	assert_value(f, "a", 0, NULL);
	assert_value(f, "a", 3, "2");
	/* made anew, it is another one */
	put(f, "a", "3");
	assert_true(store_get(f->store, "a", 0, &kv));
	assert_int_equal(kv.create_revision, 5);
	assert_int_equal(store_revision(f->store), 5);
}

static void test_delete_of_nothing_is_no_revision(void **state)
{
	struct fixture *f = *state;

	put(f, "a", "1");
	assert_int_equal(del(f, "b"), 1);
	assert_int_equal(store_revision(f->store), 1);
}

static void test_list(void **state)
{
	struct fixture *f = *state;

	put(f, "p/b", "2");
	put(f, "p/a", "1");
	put(f, "p/c", "3");
	put(f, "q", "4");
	assert_list(f, "p/", NULL, 0, "p/a=1 p/b=2 p/c=3 ");
	assert_list(f, "p/", "p/a", 0, "p/b=2 p/c=3 ");
	assert_list(f, "p/", "p/bb", 0, "p/c=3 ");
	assert_list(f, "", NULL, 2, "p/a=1 p/b=2 ");
	assert_list(f, "x", NULL, 0, "");
	del(f, "p/b");
	put(f, "p/a", "9");
	assert_list(f, "p/", NULL, 0, "p/a=9 p/c=3 ");
	assert_list(f, "p/", NULL, 4, "p/a=1 p/b=2 p/c=3 ");
	assert_int_equal(store_list(f->store, "", NULL, 7, add_key, NULL), -EINVAL);
}

static void test_compares(void **state)
{
	struct fixture *f = *state;
	struct store_compare absent = { STORE_IS_ABSENT, "k" }, present = { STORE_IS_PRESENT, "k" };
	struct store_compare at = { STORE_MOD_REVISION, "k", 1 };
	struct store_op op = put_op("k", "1"), other = put_op("else", "x");
	struct store_txn txn = { &absent, 1, &op, 1, &other, 1 };

	run(f, &present, &op);
	assert_false(f->result.compared);
	assert_int_equal(store_revision(f->store), 0);
	assert_int_equal(run(f, &absent, &op), 1);
	assert_true(f->result.compared);
	run(f, &at, &op);
	assert_true(f->result.compared);
	run(f, &at, &op);
	assert_false(f->result.compared);
	store_txn(f->store, &txn, done, f);
	turn_until(f, &f->n_done, f->n_done + 1);
	assert_false(f->result.compared);
	assert_int_equal(f->result.revision, 3);
	assert_value(f, "else", 0, "x");
}

/* The second compare sees what the first wrote, although it is not durable yet; readers do not. */
static void test_pipelined(void **state)
{
	struct fixture *f = *state;
	struct store_compare absent = { STORE_IS_ABSENT, "k" };
	struct store_op op = put_op("k", "1"), op2 = put_op("k", "2");

	submit(f, &absent, &op);
	submit(f, &absent, &op2);
	assert_value(f, "k", 0, NULL);
	assert_int_equal(store_revision(f->store), 0);
	turn_until(f, &f->n_done, 2);
	assert_false(f->result.compared);
	assert_value(f, "k", 0, "1");
}

static void test_many_ops_are_one_revision(void **state)
{
	struct fixture *f = *state;
	struct store_op ops[STORE_MAX_OPS + 1];
	char keys[STORE_MAX_OPS + 1][8];
	struct store_txn txn = { .then = ops, .n_then = STORE_MAX_OPS };

	for (unsigned i = 0; i <= STORE_MAX_OPS; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%u", i);
		ops[i] = put_op(keys[i], "v");
	}
	store_txn(f->store, &txn, done, f);
	turn_until(f, &f->n_done, 1);
	assert_int_equal(f->result.revision, 1);
	assert_int_equal(store_revision(f->store), 1);
	txn.n_then++;
	store_txn(f->store, &txn, done, f);
	turn_until(f, &f->n_done, 2);
	assert_int_equal(f->result.status.code, STATUS_INVALID_ARGUMENT);
	assert_int_equal(store_revision(f->store), 1);
}

static void on_event(void *arg, const struct store_event *e)
{
	struct fixture *f = arg;

	buf_printf(&f->seen, "%lld%s%s=%.*s%s", (long long)e->revision,
		   e->kind == STORE_EVENT_DELETE ? "-"
		   : e->is_new			 ? "+"
						 : "~",
		   e->kv.key, (int)e->kv.size, (const char *)e->kv.value, e->is_last ? ";" : ",");
}

static void on_compacted(void *arg)
{
	((struct fixture *)arg)->is_compacted = true;
}

static const struct store_watch_events watch_events = { on_event, on_compacted };

static void test_watch(void **state)
{
	struct fixture *f = *state;
	struct store_op ops[] = { put_op("w/a", "3"), put_op("w/c", "3"), put_op("x", "3") };
	struct store_txn txn = { .then = ops, .n_then = 3 };
	struct store_watch *w;

	put(f, "w/a", "1");
	put(f, "w/b", "2");
	w = store_watch(f->store, "w/", 1, &watch_events, f);
	assert_int_equal(f->seen.size, 0);
	store_txn(f->store, &txn, done, f);
	turn_until(f, &f->n_done, 3);
	del(f, "w/b");
	put(f, "y", "no");
	assert_seen(f, "2+w/b=2;3~w/a=3,3+w/c=3;4-w/b=2;");
	store_watch_cancel(w);
	put(f, "w/z", "z");
	assert_seen(f, "2+w/b=2;3~w/a=3,3+w/c=3;4-w/b=2;");
}

static void test_compaction(void **state)
{
	struct fixture *f = *state;

	put(f, "a", "1");
	put(f, "b", "1");
	put(f, "a", "2");
	del(f, "b");
	put(f, "a", "3");
	store_compact(f->store, 4);
	assert_int_equal(store_oldest(f->store), 4);
	assert_value(f, "a", 4, "2");
	assert_value(f, "a", 3, NULL);
	assert_list(f, "", NULL, 4, "a=2 ");
	assert_int_equal(store_list(f->store, "", NULL, 3, add_key, NULL), -ESTALE);
	store_watch(f->store, "", 3, &watch_events, f);
	for (unsigned ms = 0; ms < 100000 && !f->is_compacted; ms++)
		turn(f, 1);
	assert_true(f->is_compacted);
	put(f, "c", "1"); /* takes the compaction along */
	reopen(f);
	assert_int_equal(store_oldest(f->store), 4);
	assert_list(f, "", NULL, 4, "a=2 ");
	assert_list(f, "", NULL, 0, "a=3 c=1 ");
	store_watch(f->store, "", 4, &watch_events, f);
	assert_seen(f, "5~a=3;6+c=1;");
}

static void test_history_is_bounded(void **state)
{
	struct fixture *f = *state;
	char value[16];

	f->options.n_history = 10;
	reopen(f);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(value, sizeof(value), "%u", i);
		put(f, "a", value);
	}
	assert_true(store_oldest(f->store) >= 38);
	assert_value(f, "a", 0, "49");
	put(f, "b", "last");
	reopen(f);
	assert_true(store_oldest(f->store) >= 38);
	assert_value(f, "a", 0, "49");
	assert_int_equal(put(f, "c", ""), 52);
}

static void test_reopen(void **state)
{
	struct fixture *f = *state;

	put(f, "a", "1");
	put(f, "b", "2");
	put(f, "a", "3");
	del(f, "b");
	reopen(f);
	assert_int_equal(store_revision(f->store), 4);
	assert_list(f, "", NULL, 0, "a=3 ");
	assert_list(f, "", NULL, 2, "a=1 b=2 ");
	store_watch(f->store, "", 2, &watch_events, f);
	assert_seen(f, "3~a=3;4-b=2;");
	assert_int_equal(put(f, "b", "new"), 5);
}

/* What was called is finished by closing; nothing is acknowledged twice or not at all. */
static void test_close_finishes(void **state)
{
	struct fixture *f = *state;
	struct store_op op = put_op("a", "1");

	for (unsigned i = 0; i < 200; i++)
		submit(f, NULL, &op);
	reopen(f);
	assert_int_equal(f->n_done, 200);
	assert_int_equal(f->result.status.code, STATUS_OK);
	assert_int_equal(store_revision(f->store), 200);
}

struct each_order {
	struct fixture *f;
	unsigned number;
	unsigned *next;
};

static void in_order(void *arg, const struct store_result *result)
{
	struct each_order *o = arg;

	assert_int_equal(*o->next, o->number);
	(*o->next)++;
	done(o->f, result);
}

static void test_acknowledged_in_order(void **state)
{
	struct fixture *f = *state;
	struct each_order orders[300];
	struct store_compare never = { STORE_IS_PRESENT, "nothing" };
	struct store_op op = put_op("a", "1");
	unsigned next = 0;

	for (unsigned i = 0; i < 300; i++) {
		struct store_txn txn = { &never, i % 3 == 1, &op, 1 };

		orders[i] = (struct each_order){ f, i, &next };
		store_txn(f->store, &txn, in_order, &orders[i]);
	}
	turn_until(f, &next, 300);
	assert_int_equal(store_revision(f->store), 200);
}

#define SUITE(SCHEME)                                                                              \
	cmocka_unit_test_prestate_setup_teardown(test_put_get_delete, setup, teardown, SCHEME),    \
		cmocka_unit_test_prestate_setup_teardown(test_delete_of_nothing_is_no_revision,    \
							 setup, teardown, SCHEME),                 \
		cmocka_unit_test_prestate_setup_teardown(test_list, setup, teardown, SCHEME),      \
		cmocka_unit_test_prestate_setup_teardown(test_compares, setup, teardown, SCHEME),  \
		cmocka_unit_test_prestate_setup_teardown(test_pipelined, setup, teardown, SCHEME), \
		cmocka_unit_test_prestate_setup_teardown(test_many_ops_are_one_revision, setup,    \
							 teardown, SCHEME),                        \
		cmocka_unit_test_prestate_setup_teardown(test_watch, setup, teardown, SCHEME),     \
		cmocka_unit_test_prestate_setup_teardown(test_compaction, setup, teardown,         \
							 SCHEME),                                  \
		cmocka_unit_test_prestate_setup_teardown(test_history_is_bounded, setup, teardown, \
							 SCHEME),                                  \
		cmocka_unit_test_prestate_setup_teardown(test_reopen, setup, teardown, SCHEME),    \
		cmocka_unit_test_prestate_setup_teardown(test_close_finishes, setup, teardown,     \
							 SCHEME),                                  \
		cmocka_unit_test_prestate_setup_teardown(test_acknowledged_in_order, setup,        \
							 teardown, SCHEME)

int main(void)
{
	static char mem[] = "mem", sqlite[] = "sqlite";
	const struct CMUnitTest tests[] = { SUITE(mem), SUITE(sqlite) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
