/* What only a store on a disk can get wrong: death at any moment, no space, another owner, a path
 * that is none. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "controller/store/store.h"
#include "lib/buf.h"
#include "lib/loop_uv.h"
#include "lib/rng.h"

#define KEYS_PER_TXN 3

static char dir[32];
static char uri[64];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/weft-store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(uri, sizeof(uri), "sqlite:%s/db", dir);
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* The process that will be killed: writes for ever and tells each acknowledged number. */
struct victim {
	struct store *store;
	unsigned next;
	int out;
};

struct numbered {
	struct victim *victim;
	unsigned number;
};

static void write_next(struct victim *v);

static void acknowledged(void *arg, const struct store_result *result)
{
	struct numbered *n = arg;

	if (!status_ok(&result->status) ||
	    write(n->victim->out, &n->number, sizeof(n->number)) != sizeof(n->number))
		_exit(1);
	write_next(n->victim);
	free(n);
}

static void write_next(struct victim *v)
{
	struct numbered *n = xmalloc(sizeof(*n));
	char keys[KEYS_PER_TXN][32], value[300];
	struct store_op ops[KEYS_PER_TXN];
	struct store_txn txn = { .then = ops, .n_then = KEYS_PER_TXN };

	*n = (struct numbered){ v, v->next++ };
	memset(value, 'v', sizeof(value));
	for (unsigned i = 0; i < KEYS_PER_TXN; i++) {
		snprintf(keys[i], sizeof(keys[i]), "%08u/%u", n->number, i);
		ops[i] = (struct store_op){ STORE_PUT, keys[i], value, sizeof(value) };
	}
	store_txn(v->store, &txn, acknowledged, n);
}

static void be_killed(int out, unsigned first)
{
	struct loop *loop = loop_uv_create();
	struct status st = STATUS_INIT;
	struct victim v = { store_open(uri, loop, NULL, &st), first, out };

	if (!v.store)
		_exit(2);
	for (unsigned i = 0; i < 20; i++)
		write_next(&v);
	loop_uv_run(loop);
	_exit(3);
}

/* Returns one more than the highest number acknowledged before the kill. */
static unsigned kill_after(unsigned n_acknowledged, unsigned first, bool *is_acknowledged)
{
	unsigned number, n = 0, highest = first;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		be_killed(fds[1], first);
	}
	close(fds[1]);
	while (read(fds[0], &number, sizeof(number)) == sizeof(number)) {
		is_acknowledged[number] = true;
		highest = MAX_OF(highest, number + 1);
		if (++n == n_acknowledged)
			kill(pid, SIGKILL);
	}
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return highest;
}

static bool count_key(void *arg, const struct store_kv *kv)
{
	unsigned *counts = arg;

	assert_int_equal(kv->size, 300);
	counts[strtoul(kv->key, NULL, 10)]++;
	return true;
}

static void test_kill(void **state)
{
	enum { ROUNDS = 12, MAX = 20000 };
	bool *is_acknowledged = xcalloc(MAX, sizeof(bool));
	unsigned first = 0;
	struct rng rng;

	(void)state;
	rng_seed_from_system(&rng);
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned *counts = xcalloc(MAX, sizeof(*counts));
		struct status st = STATUS_INIT;
		struct loop *loop;
		struct store *s;

		first = kill_after(1 + rng_below(&rng, 400), first, is_acknowledged);
		loop = loop_uv_create();
		s = store_open(uri, loop, NULL, &st);
		assert_non_null(s);
		assert_int_equal(store_list(s, "", NULL, 0, count_key, counts), 0);
		for (unsigned i = 0; i < MAX; i++) {
			if (is_acknowledged[i])
				assert_int_equal(counts[i], KEYS_PER_TXN);
			else if (counts[i])
				assert_int_equal(counts[i], KEYS_PER_TXN); /* never torn */
		}
		store_close(s);
		loop_uv_destroy(loop);
		free(counts);
		first += 64; /* beyond what was in flight */
	}
	free(is_acknowledged);
}

struct outcome {
	struct loop *loop;
	unsigned n_ok, n_failed, n_left;
	struct status status;
};

static void count_outcome(void *arg, const struct store_result *result)
{
	struct outcome *o = arg;

	if (status_ok(&result->status)) {
		o->n_ok++;
	} else {
		o->n_failed++;
		o->status = result->status;
	}
	if (--o->n_left == 0)
		loop_uv_stop(o->loop);
}

/* N transactions, each of one key with a value of 4 kB, all at once. */
static struct outcome write_some(struct store *s, struct loop *loop, const char *prefix, unsigned n)
{
	struct outcome o = { .loop = loop, .n_left = n };
	char key[32], value[4096] = "";

	for (unsigned i = 0; i < n; i++) {
		struct store_op op = { STORE_PUT, key, value, sizeof(value) };
		struct store_txn txn = { .then = &op, .n_then = 1 };

		snprintf(key, sizeof(key), "%s%u", prefix, i);
		store_txn(s, &txn, count_outcome, &o);
	}
	loop_uv_run(loop);
	return o;
}

static bool count_all(void *arg, const struct store_kv *kv)
{
	(void)kv;
	(*(unsigned *)arg)++;
	return true;
}

static unsigned n_keys(struct store *s, const char *prefix)
{
	unsigned n = 0;

	assert_int_equal(store_list(s, prefix, NULL, 0, count_all, &n), 0);
	return n;
}

/* A file system of 600 kB of our own, of which BALLAST leaves nothing. */
static void mount_small(void)
{
	if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		fail_msg("no mount namespace: run the tests as root (%s)", strerror(errno));
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("weft-test", dir, "tmpfs", 0, "size=600k"), 0);
}

static void fill_disk(const char *path)
{
	char block[4096] = "";
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) == sizeof(block))
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void test_disk_full(void **state)
{
	struct loop *loop = loop_uv_create();
	struct status st = STATUS_INIT;
	struct outcome o;
	char ballast[64];
	struct store *s;
	unsigned n_first;

	(void)state;
	mount_small();
	s = store_open(uri, loop, NULL, &st);
	assert_non_null(s);
	o = write_some(s, loop, "a", 10);
	assert_int_equal(o.n_ok, 10);
	snprintf(ballast, sizeof(ballast), "%s/ballast", dir);
	fill_disk(ballast);
	o = write_some(s, loop, "b", 200);
	assert_true(o.n_failed > 0);
	assert_int_equal(o.status.code, STATUS_RESOURCE_EXHAUSTED);
	assert_non_null(strstr(o.status.message, "no space left"));
	/* what failed is not seen, what was acknowledged is */
	n_first = o.n_ok;
	assert_int_equal(n_keys(s, "a"), 10);
	assert_int_equal(n_keys(s, "b"), n_first);
	/* and when space returns, it goes on */
	assert_int_equal(unlink(ballast), 0);
	o = write_some(s, loop, "c", 5);
	assert_int_equal(o.n_ok, 5);
	store_close(s);
	s = store_open(uri, loop, NULL, &st);
	assert_non_null(s);
	assert_int_equal(n_keys(s, "a"), 10);
	assert_int_equal(n_keys(s, "b"), n_first);
	assert_int_equal(n_keys(s, "c"), 5);
	store_close(s);
	loop_uv_destroy(loop);
	assert_int_equal(umount2(dir, MNT_DETACH), 0);
}

static void assert_refused(const char *which, enum status_code code, const char *words)
{
	struct loop *loop = loop_uv_create();
	struct status st = STATUS_INIT;

	assert_null(store_open(which, loop, NULL, &st));
	assert_int_equal(st.code, code);
	if (!strstr(st.message, words))
		fail_msg("\"%s\" does not say \"%s\"", st.message, words);
	assert_string_equal(st.field, "store");
	loop_uv_destroy(loop);
}

static void test_two_owners(void **state)
{
	struct loop *loop = loop_uv_create();
	struct status st = STATUS_INIT;
	struct store *s = store_open(uri, loop, NULL, &st);
	pid_t pid;
	int status;

	(void)state;
	assert_non_null(s);
	pid = fork();
	if (pid == 0) {
		assert_refused(uri, STATUS_UNAVAILABLE, "in use by another process");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(write_some(s, loop, "a", 1).n_ok, 1);
	store_close(s);
	loop_uv_destroy(loop);
}

static void test_not_openable(void **state)
{
	char bad[96], path[64];
	int fd;

	(void)state;
	snprintf(bad, sizeof(bad), "sqlite:%s/none/db", dir);
	assert_refused(bad, STATUS_UNAVAILABLE, "No such file or directory");
	assert_refused("sqlite:", STATUS_UNAVAILABLE, "cannot open");
	assert_refused("sqlite:/", STATUS_UNAVAILABLE, "cannot open");
	assert_refused("oracle:x", STATUS_INVALID_ARGUMENT, "sqlite:");
	assert_refused("/just/a/path", STATUS_INVALID_ARGUMENT, "KIND:PATH");
	snprintf(path, sizeof(path), "%s/text", dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(write(fd, "this is no database at all\n", 27), 27);
	close(fd);
	snprintf(bad, sizeof(bad), "sqlite:%s", path);
	assert_refused(bad, STATUS_DATA_LOSS, "is not a store");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_owners, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_openable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
