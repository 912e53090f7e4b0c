#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct conf_option options[] = {
	{ .key = "listen", .value = "ADDRESS", .initial = "tcp:127.0.0.1:6654", .is_list = true,
	  .help = "where" },
	{ .key = "workers", .value = "N", .initial = "1", .letter = 'w', .min = 1, .max = 64,
	  .help = "how many" },
	{ .key = "verbose", .letter = 'v', .help = "more" },
	{ .key = "name", .value = "NAME", .help = "who" },
	{ 0 },
};

static struct conf *from_text(const char *text, struct status *st)
{
	*st = STATUS_INIT;
	return conf_parse_text(text, strlen(text), "test.conf", options, st);
}

static struct conf *from_args(struct status *st, int argc, const char **argv)
{
	*st = STATUS_INIT;
	return conf_parse(argc, (char **)(uintptr_t)argv, options, "a test", st);
}

static void defaults_stand_until_a_value_is_given(void **state)
{
	struct status st;
	struct conf *c = from_text("", &st);

	(void)state;
	assert_non_null(c);
	assert_string_equal(conf_text(c, "listen"), "tcp:127.0.0.1:6654");
	assert_int_equal(conf_count(c, "listen"), 1);
	assert_int_equal(conf_number(c, "workers"), 1);
	assert_false(conf_flag(c, "verbose"));
	assert_null(conf_text(c, "name"));
	assert_int_equal(conf_count(c, "name"), 0);
	conf_destroy(c);
}

static void a_file_has_comments_lists_and_flags(void **state)
{
	struct status st;
	struct conf *c = from_text("# a comment\n\n listen = a \nlisten=b\nverbose = true\nworkers=0x10",
				   &st);

	(void)state;
	assert_non_null(c);
	assert_int_equal(conf_count(c, "listen"), 2);
	assert_string_equal(conf_at(c, "listen", 0), "a");
	assert_string_equal(conf_at(c, "listen", 1), "b");
	assert_null(conf_at(c, "listen", 2));
	assert_true(conf_flag(c, "verbose"));
	assert_int_equal(conf_number(c, "workers"), 16);
	conf_destroy(c);
}

static void errors_name_line_and_key(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "x\n", "test.conf:1: expected 'key = value'" },
		{ "\nwrokers = 1\n", "test.conf:2: unknown key 'wrokers'; --help lists the keys" },
		{ "workers = 65", "test.conf:1: workers: '65' is not a number from 1 to 64" },
		{ "workers = 1x", "test.conf:1: workers: '1x' is not a number from 1 to 64" },
		{ "verbose = yes", "test.conf:1: verbose: 'yes' is neither true nor false" },
		{ "workers = 1\nworkers = 2", "test.conf:2: 'workers' is given twice" },
	};
	struct status st;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		assert_null(from_text(cases[i].text, &st));
		assert_string_equal(st.message, cases[i].message);
	}
}

static void the_command_line_wins_over_the_file(void **state)
{
	char path[] = "/tmp/conf_test.XXXXXX";
	int fd = mkstemp(path);
	const char *argv[] = { "/bin/prog", "-c", path, "--listen=x", "word", "--listen", "y", "-v",
			       "--", "--name" };
	struct status st;
	struct conf *c;

	(void)state;
	assert_int_equal(write(fd, "listen = file\nname = f\n", 23), 23);
	close(fd);
	c = from_args(&st, ARRAY_LENGTH(argv), argv);
	unlink(path);
	assert_non_null(c);
	assert_int_equal(conf_count(c, "listen"), 2);
	assert_string_equal(conf_at(c, "listen", 0), "x");
	assert_string_equal(conf_at(c, "listen", 1), "y");
	assert_string_equal(conf_text(c, "name"), "f");
	assert_true(conf_flag(c, "verbose"));
	assert_int_equal(conf_n_words(c), 2);
	assert_string_equal(conf_word(c, 0), "word");
	assert_string_equal(conf_word(c, 1), "--name");
	conf_destroy(c);
}

static void wrong_arguments_are_told(void **state)
{
	static const struct {
		const char *arg, *message;
	} cases[] = {
		{ "--nope", "unknown option '--nope'; --help lists the options" },
		{ "-x", "unknown option '-x'; --help lists the options" },
		{ "--name", "--name needs a value: NAME" },
		{ "-w0", "workers: '0' is not a number from 1 to 64" },
		{ "--config=/nonexistent/f",
		  "config: cannot open /nonexistent/f: No such file or directory" },
	};
	struct status st;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *argv[] = { "prog", cases[i].arg };

		assert_null(from_args(&st, 2, argv));
		assert_string_equal(st.message, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_stand_until_a_value_is_given),
		cmocka_unit_test(a_file_has_comments_lists_and_flags),
		cmocka_unit_test(errors_name_line_and_key),
		cmocka_unit_test(the_command_line_wins_over_the_file),
		cmocka_unit_test(wrong_arguments_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
