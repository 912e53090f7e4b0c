/* Golden files: what people write, bytes on the wire, and what is printed, side by side.
 *
 * tests/golden/flows.txt has flow-mods by their text, messages-VERSION.txt one sample of each kind
 * of message.  Blocks are made anew and compared with the file; every hex must decode, and encode
 * again to itself.  With --write the files are written instead: read the difference. */

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/openflow/msg.h"
#include "tests/fakes/proto/of_samples.h"

#define FLOWS "tests/golden/flows.txt"

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b = BUF_INIT;
	char chunk[4096];
	size_t n;

	if (!f)
		return xstrdup("");
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_steal(&b);
}

static void add_hex(struct buf *out, const struct buf *bytes)
{
	for (size_t i = 0; i < bytes->size; i++)
		buf_printf(out, "%02x", bytes->data[i]);
}

/* "hex:" and "text:" of MSG, after checking that its bytes mean the same again. */
static void add_block(struct buf *out, const struct of_msg *msg)
{
	struct buf bytes = BUF_INIT, again = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg decoded;
	char name[96];

	of_msg_encode(msg, &bytes);
	if (of_msg_decode(bytes.data, bytes.size, &a, &decoded, &err) != 0)
		fail_msg("%s: %s", of_kind_name(msg->kind),
			 of_error_name(&err, name, sizeof(name)));
	assert_int_equal(decoded.kind, msg->kind);
	of_msg_encode(&decoded, &again);
	assert_int_equal(again.size, bytes.size);
	assert_memory_equal(again.data, bytes.data, bytes.size);
	buf_puts(out, "hex: ");
	add_hex(out, &bytes);
	buf_puts(out, "\ntext: ");
	of_msg_print(&decoded, out);
	buf_puts(out, "\n");
	buf_fini(&bytes);
	buf_fini(&again);
	arena_clear(&a);
}

static void add_flow(struct buf *out, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_msg msg = { .kind = OF_FLOW_MOD, .version = OF_VERSION_1_3 };

	if (of_flow_mod_parse(text, 0, &a, &msg.flow_mod, &st) != 0)
		fail_msg("%s: %s", text, st.message);
	buf_printf(out, "flow: %s\n", text);
	add_block(out, &msg);
	arena_clear(&a);
}

/* The file as it should be: hex and text of each flow made anew, all else kept. */
static char *make_flows(const char *old)
{
	struct buf out = BUF_INIT;
	char *copy = xstrdup(old), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "flow: ", 6) == 0)
			add_flow(&out, line + 6);
		else if (strncmp(line, "hex:", 4) != 0 && strncmp(line, "text:", 5) != 0 &&
			 (*line || rest))
			buf_printf(&out, "%s\n", line);
	}
	free(copy);
	return buf_steal(&out);
}

static char *make_messages(uint8_t version)
{
	struct buf out = BUF_INIT;

	buf_printf(
		&out,
		"# One sample of each kind of message of OpenFlow 1.%u, made in\n"
		"# tests/fakes/proto/of_samples.c.  `make golden` writes this file anew; read the\n"
		"# difference.\n",
		version - 1);
	for (enum of_kind kind = 0; kind < OF_N_KINDS; kind++) {
		struct arena a = ARENA_INIT;
		struct of_msg msg;

		if (!of_kind_is_in(kind, version))
			continue;
		of_sample(kind, version, &a, &msg);
		buf_puts(&out, "\n");
		add_block(&out, &msg);
		arena_clear(&a);
	}
	return buf_steal(&out);
}

static char *make_1_3(const char *old)
{
	(void)old;
	return make_messages(OF_VERSION_1_3);
}

static char *make_1_4(const char *old)
{
	(void)old;
	return make_messages(OF_VERSION_1_4);
}

static char *make_1_5(const char *old)
{
	(void)old;
	return make_messages(OF_VERSION_1_5);
}

static const struct {
	const char *path;
	char *(*make)(const char *old);
} files[] = {
	{ FLOWS, make_flows },
	{ "tests/golden/messages-1.3.txt", make_1_3 },
	{ "tests/golden/messages-1.4.txt", make_1_4 },
	{ "tests/golden/messages-1.5.txt", make_1_5 },
};

static void compare(const char *path, char *(*make)(const char *old))
{
	char *old = read_file(path), *new = make(old);

	if (strcmp(old, new) != 0)
		print_error(
			"%s is not what the codec makes: run `make golden`, read the difference\n",
			path);
	assert_string_equal(old, new);
	free(old);
	free(new);
}

static void files_are_as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
		compare(files[i].path, files[i].make);
}

/* What is printed can be written: the match and actions of each flow's text give the same bytes. */
static void printed_flows_parse_again(void **state)
{
	char *file = read_file(FLOWS), *rest = file, *line;
	unsigned n = 0;

	(void)state;
	while ((line = strsep(&rest, "\n")) != NULL) {
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct of_flow_mod fm, again;
		struct buf text = BUF_INIT;

		if (strncmp(line, "flow: ", 6) != 0)
			continue;
		assert_int_equal(of_flow_mod_parse(line + 6, 0, &a, &fm, &st), 0);
		of_match_print(&fm.match, &text);
		buf_printf(&text, " table=%u actions=", fm.table_id);
		of_instructions_print(&fm.instructions, &text);
		if (of_flow_mod_parse(buf_str(&text), 0, &a, &again, &st) != 0)
			fail_msg("%s: %s", buf_str(&text), st.message);
		assert_true(of_match_equal(&fm.match, &again.match));
		assert_true(of_instructions_equal(&fm.instructions, &again.instructions));
		buf_fini(&text);
		arena_clear(&a);
		n++;
	}
	free(file);
	assert_true(n > 20);
}

static int write_file(const char *path, char *(*make)(const char *old))
{
	char *old = read_file(path), *new = make(old);
	FILE *f = fopen(path, "w");

	if (!f || fputs(new, f) == EOF || fclose(f) == EOF) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	free(old);
	free(new);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_as_written),
		cmocka_unit_test(printed_flows_parse_again),
	};

	if (argc > 1 && strcmp(argv[1], "--write") == 0) {
		int rc = 0;

		for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
			rc |= write_file(files[i].path, files[i].make);
		return rc;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
