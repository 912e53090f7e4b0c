/* Random messages: bytes, struct and text say the same whichever way one goes; and messages cut
 * short never make the codec read beyond their end. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/fakes/proto/of_samples.h"

#define N_MESSAGES 20000
#define SEED	   20240229

static void decode_or_fail(const struct buf *b, struct arena *a, struct of_msg *msg, unsigned i)
{
	struct of_error err;
	char name[96];

	if (of_msg_decode(b->data, b->size, a, msg, &err) == 0)
		return;
	for (size_t k = 0; k < b->size; k++)
		print_error("%02x", b->data[k]);
	fail_msg("\nmessage %u of seed %u: %s", i, SEED, of_error_name(&err, name, sizeof(name)));
}

static void encode_decode_encode_is_equal(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, SEED);
	for (unsigned i = 0; i < N_MESSAGES; i++) {
		struct arena a = ARENA_INIT;
		struct buf first = BUF_INIT, second = BUF_INIT, text = BUF_INIT;
		struct of_msg msg, decoded;

		of_random_msg(&rng, &a, &msg);
		of_msg_encode(&msg, &first);
		decode_or_fail(&first, &a, &decoded, i);
		assert_int_equal(decoded.kind, msg.kind);
		assert_int_equal(decoded.xid, msg.xid);
		of_msg_encode(&decoded, &second);
		if (second.size != first.size) {
			of_msg_print(&msg, &text);
			buf_puts(&text, "\n");
			of_msg_print(&decoded, &text);
			fail_msg("not the same again:\n%s", buf_str(&text));
		}
		assert_memory_equal(second.data, first.data, first.size);
		of_msg_print(&decoded, &text);
		assert_true(text.size > 0);
		buf_fini(&first);
		buf_fini(&second);
		buf_fini(&text);
		arena_clear(&a);
	}
}

static void print_parse_is_equal(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, SEED + 1);
	for (unsigned i = 0; i < N_MESSAGES; i++) {
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct buf text = BUF_INIT;
		struct of_flow_mod fm;
		struct of_match m;
		struct of_instructions ins;

		of_random_match(&rng, &a, &m);
		of_random_instructions(&rng, &a, &m, 3, &ins);
		buf_puts(&text, "table=3,");
		of_match_print(&m, &text);
		buf_puts(&text, " actions=");
		of_instructions_print(&ins, &text);
		if (of_flow_mod_parse(buf_str(&text), 0, &a, &fm, &st) != 0)
			fail_msg("%s: %s", buf_str(&text), st.message);
		if (!of_match_equal(&fm.match, &m) ||
		    !of_instructions_equal(&fm.instructions, &ins))
			fail_msg("%s: another flow", buf_str(&text));
		buf_fini(&text);
		arena_clear(&a);
	}
}

/* SIZE bytes of DATA in memory of exactly that size: either an error, or something that encodes. */
static void try_cut(const uint8_t *data, size_t size, bool is_length_right)
{
	uint8_t *copy = xmemdup(data, size);
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct of_error err;
	struct of_msg msg;
	int rc;

	if (is_length_right && size >= 8)
		store_be16(copy + 2, size);
	rc = of_msg_decode(copy, size, &a, &msg, &err);
	if (!is_length_right)
		assert_int_equal(rc, -1);
	if (rc == 0) {
		of_msg_encode(&msg, &b);
		of_msg_print(&msg, &b);
	}
	buf_fini(&b);
	arena_clear(&a);
	free(copy);
}

static void cut_short_nothing_is_read_beyond(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, SEED + 2);
	for (unsigned i = 0; i < OF_N_KINDS + 100; i++) {
		struct arena a = ARENA_INIT;
		struct buf b = BUF_INIT;
		struct of_msg msg;

		if (i < OF_N_KINDS)
			of_sample(i, of_random_version(&rng, i), &a, &msg);
		else
			of_random_msg(&rng, &a, &msg);
		of_msg_encode(&msg, &b);
		for (size_t size = 0; size < b.size; size++) {
			try_cut(b.data, size, false);
			try_cut(b.data, size, true);
		}
		buf_fini(&b);
		arena_clear(&a);
	}
}

/* The bytes inside a message that no sender writes: lengths, types, masks ... */
static void changed_bytes_do_no_harm(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, SEED + 3);
	for (unsigned i = 0; i < N_MESSAGES; i++) {
		struct arena a = ARENA_INIT;
		struct buf b = BUF_INIT;
		struct of_msg msg;

		of_random_msg(&rng, &a, &msg);
		of_msg_encode(&msg, &b);
		for (unsigned k = 0; k < 3; k++)
			b.data[rng_below(&rng, b.size)] = rng_u64(&rng);
		try_cut(b.data, b.size, true);
		buf_fini(&b);
		arena_clear(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode_decode_encode_is_equal),
		cmocka_unit_test(print_parse_is_equal),
		cmocka_unit_test(cut_short_nothing_is_read_beyond),
		cmocka_unit_test(changed_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
