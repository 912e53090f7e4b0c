#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/cursor.h"
#include "lib/hmap.h"
#include "lib/list.h"
#include "lib/rng.h"

#include <stdlib.h>

struct item {
	struct hmap_node node;
	struct list link;
	uint64_t key;
	bool is_in;
};

/* The map against an array of booleans, the naive version. */
static void hmap_keeps_what_was_put_in(void **state)
{
	struct item *items = xcalloc(1000, sizeof(*items));
	struct hmap map = HMAP_INIT;
	size_t n_in = 0, n_seen = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int step = 0; step < 20000; step++) {
		struct item *item = &items[rng_below(&rng, 1000)];

		item->key = (item - items) % 700; /* some keys meet */
		if (item->is_in)
			hmap_remove(&map, &item->node);
		else
			hmap_insert(&map, &item->node, hash_bytes(&item->key, 8));
		item->is_in = !item->is_in;
	}
	for (int i = 0; i < 1000; i++) {
		bool found = false;

		HMAP_FOREACH_HASH (node, &map, hash_bytes(&items[i].key, 8))
			found = found || node == &items[i].node;
		assert_int_equal(found, items[i].is_in);
		n_in += items[i].is_in;
	}
	assert_int_equal(map.n, n_in);
	HMAP_FOREACH_SAFE (node, &map) {
		hmap_remove(&map, node);
		n_seen++;
	}
	assert_int_equal(n_seen, n_in);
	assert_int_equal(map.n, 0);
	hmap_fini(&map);
	free(items);
}

static void list_is_a_queue(void **state)
{
	struct item items[3], *item, *next;
	struct list head;
	int i = 0;

	(void)state;
	list_init(&head);
	assert_true(list_is_empty(&head));
	for (i = 0; i < 3; i++)
		list_insert(&head, &items[i].link);
	i = 0;
	LIST_FOREACH (item, &head, link)
		assert_ptr_equal(item, &items[i++]);
	LIST_FOREACH_SAFE (item, next, &head, link)
		list_remove(&item->link);
	assert_true(list_is_empty(&head));
}

static void buf_builds_and_steals(void **state)
{
	struct buf b = BUF_INIT;
	char *s;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	assert_int_equal(b.size, 3890);
	buf_pull(&b, 3886);
	assert_string_equal(buf_str(&b), "999,");
	buf_be16(&b, 0x4142);
	s = buf_steal(&b);
	assert_string_equal(s, "999,AB");
	assert_int_equal(b.size, 0);
	free(s);
}

static void cursor_never_reads_beyond(void **state)
{
	static const uint8_t data[] = { 1, 2, 3, 4, 5 };
	struct cursor c = cursor_of(data, sizeof(data)), sub;

	(void)state;
	assert_int_equal(cursor_be32(&c), 0x01020304);
	sub = c;
	assert_int_equal(cursor_be16(&sub), 0);
	assert_false(cursor_ok(&sub));
	assert_int_equal(cursor_u8(&sub), 0);
	assert_true(cursor_ok(&c));
	assert_int_equal(cursor_u8(&c), 5);
	sub = cursor_sub(&c, 1);
	assert_false(cursor_ok(&sub));
	assert_null(cursor_take(&c, (size_t)-1));
}

static void arena_gives_aligned_zeroed_memory(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t size = 0; size < 9000; size += 37) {
		uint8_t *p = arena_alloc(&a, size);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	arena_clear(&a);
	assert_int_equal(a.total_bytes, 0);
}

static void addresses_are_parsed_or_refused_with_a_remedy(void **state)
{
	static const char *const good[] = { "tcp:127.0.0.1:6653", "127.0.0.1:0", "tcp:[::1]:65535",
					    "localhost:1", "unix:/run/x.sock" };
	static const char *const bad[] = { "",		"tcp:",	       "tcp:127.0.0.1",
					   "1.2.3.4:",	"1.2.3.4:70000", "example.org:80",
					   "unix:",	"tcp:1.2.3.4:5x" };
	struct addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
		struct status st = STATUS_INIT;

		assert_int_equal(addr_parse(&a, good[i], "listen", &st), 0);
		assert_string_equal(a.text, good[i]);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;

		assert_int_equal(addr_parse(&a, bad[i], "listen", &st), -1);
		assert_string_equal(st.field, "listen");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmap_keeps_what_was_put_in),
		cmocka_unit_test(list_is_a_queue),
		cmocka_unit_test(buf_builds_and_steals),
		cmocka_unit_test(cursor_never_reads_beyond),
		cmocka_unit_test(arena_gives_aligned_zeroed_memory),
		cmocka_unit_test(addresses_are_parsed_or_refused_with_a_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
