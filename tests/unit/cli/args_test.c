/* The command line's parser: verbs of several words, options anywhere, what is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "api/cli/args.h"

#define PARSE(...) parse((const char *[]){ "weft", __VA_ARGS__, NULL })

static struct cli cli;
static struct cli_parsed parsed;
static struct status st;

static int parse(const char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	arena_clear(&cli.arena);
	cli = (struct cli){ 0 };
	st = STATUS_INIT;
	return cli_parse(&cli, argc, (char **)argv, &parsed, &st);
}

static int reset(void **state)
{
	(void)state;
	arena_clear(&cli.arena);
	cli = (struct cli){ 0 };
	return 0;
}

static void finds_verbs_and_operands(void **state)
{
	(void)state;
	assert_int_equal(PARSE("port", "create", "web1", "--network", "blue"), 0);
	assert_string_equal(parsed.verb->words, "port create");
	assert_int_equal(parsed.args.n_words, 1);
	assert_string_equal(parsed.args.words[0], "web1");
	assert_string_equal(cli_arg(&parsed.args, "network"), "blue");
	assert_int_equal(PARSE("switch", "port", "stats"), 0);
	assert_string_equal(parsed.verb->words, "switch port stats");
}

static void takes_global_options_anywhere(void **state)
{
	(void)state;
	assert_int_equal(
		PARSE("--server", "h:1", "network", "-o", "json", "list", "--project=acme"), 0);
	assert_string_equal(cli.server, "h:1");
	assert_string_equal(cli.project, "acme");
	assert_int_equal(cli.format, CLI_JSON);
	assert_string_equal(parsed.verb->words, "network list");
	assert_int_equal(PARSE("network", "list", "-h"), 0);
	assert_true(parsed.wants_help);
}

static void tells_how_far_words_led(void **state)
{
	(void)state;
	assert_int_equal(PARSE("switch", "port"), 0);
	assert_null(parsed.verb);
	assert_string_equal(parsed.group, "switch port");
}

static void keeps_lists_in_order(void **state)
{
	(void)state;
	assert_int_equal(PARSE("switch", "port", "add", "p1", "--type", "tap", "--option", "a=1",
			       "--option=b=2"),
			 0);
	assert_int_equal(cli_arg_count(&parsed.args, "option"), 2);
	assert_string_equal(cli_arg_at(&parsed.args, "option", 0), "a=1");
	assert_string_equal(cli_arg_at(&parsed.args, "option", 1), "b=2");
	assert_int_equal(cli_args_check(parsed.verb, &parsed.args, &st), 0);
}

static void takes_dashes_after_two_dashes(void **state)
{
	(void)state;
	assert_int_equal(PARSE("switch", "port", "del", "--", "--odd"), 0);
	assert_string_equal(parsed.args.words[0], "--odd");
}

static void refuses(void **state)
{
	(void)state;
	assert_int_equal(PARSE("prot", "list"), -1);
	assert_string_equal(st.message, "unknown command 'prot'");
	assert_int_equal(PARSE("port", "creat"), -1);
	assert_string_equal(st.message, "unknown command 'port creat'");
	assert_int_equal(PARSE("port", "list", "--nettwork", "x"), -1);
	assert_string_equal(st.message, "unknown option --nettwork");
	assert_int_equal(PARSE("port", "list", "-x"), -1);
	assert_int_equal(PARSE("port", "list", "--project"), -1);
	assert_string_equal(st.message, "--project needs a value: --project PROJECT");
	assert_int_equal(PARSE("port", "list", "-o", "xml"), -1);
	assert_string_equal(st.message, "--output takes table, json or yaml, not 'xml'");
	assert_int_equal(PARSE("port", "list", "--help=yes"), -1);
}

static void checks_operands_and_required_options(void **state)
{
	(void)state;
	assert_int_equal(PARSE("switch", "port", "add", "p1"), 0);
	assert_int_equal(cli_args_check(parsed.verb, &parsed.args, &st), -1);
	assert_string_equal(st.message, "--type TYPE is required");
	assert_int_equal(PARSE("switch", "port", "del"), 0);
	assert_int_equal(cli_args_check(parsed.verb, &parsed.args, &st), -1);
	assert_string_equal(st.message, "NAME is missing");
	assert_int_equal(PARSE("switch", "port", "del", "a", "b"), 0);
	assert_int_equal(cli_args_check(parsed.verb, &parsed.args, &st), -1);
	assert_string_equal(st.message, "unexpected 'b'");
	assert_int_equal(PARSE("switch", "port", "add", "p1", "--type", "tap", "--type", "null"),
			 0);
	assert_int_equal(cli_args_check(parsed.verb, &parsed.args, &st), -1);
	assert_string_equal(st.message, "--type is given more than once");
}

static void reads_numbers(void **state)
{
	uint64_t v;

	(void)state;
	st = STATUS_INIT;
	assert_int_equal(cli_number("65279", "number", 1, 65279, &v, &st), 0);
	assert_int_equal(v, 65279);
	assert_int_equal(cli_number("0", "number", 1, 65279, &v, &st), -1);
	assert_string_equal(st.message, "--number takes a number from 1 to 65279, not '0'");
	assert_int_equal(cli_number("-1", "number", 0, 9, &v, &st), -1);
	assert_int_equal(cli_number("1x", "number", 0, 9, &v, &st), -1);
	assert_int_equal(cli_number("", "number", 0, 9, &v, &st), -1);
	assert_int_equal(cli_number("99999999999999999999999", "number", 0, UINT64_MAX, &v, &st),
			 -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(finds_verbs_and_operands, reset),
		cmocka_unit_test_teardown(takes_global_options_anywhere, reset),
		cmocka_unit_test_teardown(tells_how_far_words_led, reset),
		cmocka_unit_test_teardown(keeps_lists_in_order, reset),
		cmocka_unit_test_teardown(takes_dashes_after_two_dashes, reset),
		cmocka_unit_test_teardown(refuses, reset),
		cmocka_unit_test_teardown(checks_operands_and_required_options, reset),
		cmocka_unit_test_teardown(reads_numbers, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
