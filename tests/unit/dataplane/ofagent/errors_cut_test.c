#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/handler.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/error_rows.h"

/* Each sample of a message (tests/golden) cut off at each multiple of four bytes and with zeros
 * behind it, its header's length made right, and sent to a switch: either it is a whole message
 * still, which is so if its parts can be written again to the same bytes, or exactly one error
 * comes, quoting it, and nothing has changed.  So too with each byte overwritten, as far as the
 * codec does not take that for another message. */

#define HEADER_SIZE 8

static bool is_only_sent(uint8_t type)
{
	static const uint8_t types[] = { 6, 8, 10, 11, 12, 19, 21, 23, 25, 27, 30, 31, 32, 35 };

	return memchr(types, type, sizeof(types));
}

/* Those whose last parts may be missing: read, they say the same as with none or with defaults. */
static bool ends_in_options(enum of_kind kind)
{
	return kind == OF_HELLO || kind == OF_PORT_MOD;
}

/* Whether it is a message that a switch takes, by the codec's word and by its own bytes. */
static bool is_whole(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct buf again = BUF_INIT;
	struct of_error err;
	struct of_msg m;
	bool is_right = of_msg_decode(data, size, &a, &m, &err) == 0 && of_handler_find(m.kind);

	if (is_right && !ends_in_options(m.kind)) {
		if (of_msg_encode(&m, &again) < 0 || again.size != size ||
		    memcmp(again.data, data, size) != 0)
			fail_msg("version %u: %s of %zu bytes is taken and is no whole message",
				 data[0], of_kind_name(m.kind), size);
	}
	buf_fini(&again);
	arena_clear(&a);
	return is_right;
}

static void send_wrong(struct of_peer *p, const uint8_t *data, size_t size)
{
	const struct of_msg *m;

	of_peer_send_bytes(p, data, size);
	m = of_peer_expect(p, OF_ERROR);
	assert_int_equal(m->xid, load_be32(data + 4));
	assert_int_equal(m->error.size, MIN_OF(size, (size_t)64));
	assert_memory_equal(m->error.data, data, m->error.size);
	if (is_only_sent(data[1])) {
		assert_int_equal(m->error.error.type, OFPET_BAD_REQUEST);
		assert_int_equal(m->error.error.code, OFPBRC_BAD_TYPE);
	}
	of_peer_expect_nothing(p);
}

/* A message that cannot be added opens and spoils its bundle. */
static bool is_bundle_add(const struct buf *whole)
{
	if (whole->data[1] != OFPT_EXPERIMENTER)
		return whole->data[1] == OFPT_BUNDLE_ADD_MESSAGE;
	return load_be32(whole->data + 8) == OF_ONF_ID &&
	       load_be32(whole->data + 12) == OF_EXP_BUNDLE_ADD;
}

/* PART is sent if no switch takes it; 1 if so. */
static unsigned try(struct of_peer *p, const struct buf *part)
{
	if (!is_only_sent(part->data[1]) && is_whole(part->data, part->size))
		return 0;
	send_wrong(p, part->data, part->size);
	return 1;
}

/* Up to its whole length, and with more behind it. */
static unsigned cut(struct of_peer *p, const struct buf *whole)
{
	struct buf part = BUF_INIT;
	unsigned n = 0;

	for (size_t size = HEADER_SIZE; size <= whole->size + 8; size += 4) {
		buf_clear(&part);
		buf_add(&part, whole->data, MIN_OF(size, whole->size));
		buf_zeros(&part, size - part.size);
		store_be16(part.data + 2, size);
		n += try(p, &part);
	}
	buf_fini(&part);
	return n;
}

static bool is_taken(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg m;
	bool is = of_msg_decode(data, size, &a, &m, &err) == 0;

	arena_clear(&a);
	return is;
}

/* With each byte of its body overwritten; what the codec takes then may be right. */
static unsigned overwrite(struct of_peer *p, const struct buf *whole, uint8_t with)
{
	struct buf part = BUF_INIT;
	unsigned n = 0;

	for (size_t at = HEADER_SIZE; at < whole->size; at++) {
		buf_clear(&part);
		buf_add(&part, whole->data, whole->size);
		part.data[at] = with;
		if (is_taken(part.data, part.size))
			continue;
		send_wrong(p, part.data, part.size);
		n++;
	}
	buf_fini(&part);
	return n;
}

/* How many wrong messages were made of it. */
static unsigned spoil(struct of_peer *p, const struct buf *whole)
{
	struct buf before = BUF_INIT, after = BUF_INIT;
	unsigned n;

	error_rows_dump(p, !is_bundle_add(whole), &before);
	n = cut(p, whole) + overwrite(p, whole, 0xff) + overwrite(p, whole, 0);
	error_rows_dump(p, !is_bundle_add(whole), &after);
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.data, after.data, after.size);
	buf_fini(&before);
	buf_fini(&after);
	return n;
}

static void read_hex(const char *line, struct buf *out)
{
	unsigned byte;

	buf_clear(out);
	for (; sscanf(line, "%2x", &byte) == 1; line += 2)
		buf_be8(out, byte);
}

static void run(void **state, const char *path, uint8_t version)
{
	struct of_peer *p = of_world_connect_version(*state, 0, version);
	FILE *f = fopen(path, "r");
	struct buf whole = BUF_INIT;
	unsigned n_messages = 0, n_wrong = 0;
	size_t room = 0;
	char *line = NULL;

	assert_non_null(f);
	while (getline(&line, &room, f) > 0) {
		if (strncmp(line, "hex: ", 5) != 0)
			continue;
		read_hex(line + 5, &whole);
		n_wrong += spoil(p, &whole);
		n_messages++;
	}
	assert_false(p->is_closed);
	assert_true(n_messages > 50);
	assert_true(n_wrong > 1500);
	free(line);
	fclose(f);
	buf_fini(&whole);
}

static void test_cut_1_3(void **state)
{
	run(state, "tests/golden/messages-1.3.txt", OF_VERSION_1_3);
}

static void test_cut_1_4(void **state)
{
	run(state, "tests/golden/messages-1.4.txt", OF_VERSION_1_4);
}

static void test_cut_1_5(void **state)
{
	run(state, "tests/golden/messages-1.5.txt", OF_VERSION_1_5);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_cut_1_3), TEST(test_cut_1_4),
					    TEST(test_cut_1_5) };

	return cmocka_run_group_tests_name("errors_cut", tests, NULL, NULL);
}
