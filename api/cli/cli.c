/* The program `weft`: from a command line to a verb and an exit status.  See cli.h. */

#include "api/cli/cli.h"
#include <stdio.h>
#include <stdlib.h>
#include "api/cli/args.h"
#include "api/cli/client.h"
#include "api/cli/help.h"
#include "api/cli/resource.h"

static int by_words(const void *a, const void *b)
{
	return strcmp((*(const struct cli_verb *const *)a)->words,
		      (*(const struct cli_verb *const *)b)->words);
}

/* Verbs of the registry, then those of the schema that nobody wrote by hand. */
const struct cli_verb *const *cli_verbs(struct cli *cli)
{
	size_t n = 0;

	if (cli->verbs)
		return cli->verbs;
	REGISTRY_FOREACH (v, cli_verb)
		n++;
	cli->verbs = arena_alloc(&cli->arena, (n + resource_max_verbs() + 1) * sizeof(*cli->verbs));
	n = 0;
	REGISTRY_FOREACH (v, cli_verb)
		cli->verbs[n++] = *v;
	n += resource_add_verbs(&cli->arena, cli->verbs, n);
	qsort(cli->verbs, n, sizeof(*cli->verbs), by_words);
	return cli->verbs;
}

enum cli_exit cli_error(const struct status *st)
{
	fprintf(stderr, "weft: %s\n", st->message);
	if (st->code == STATUS_UNAVAILABLE || st->code == STATUS_DEADLINE_EXCEEDED)
		return CLI_UNREACHABLE;
	return CLI_REFUSED;
}

static enum cli_exit usage_error(const struct cli_parsed *p, const struct status *st)
{
	const char *words = p->verb ? p->verb->words : p->group;

	fprintf(stderr, "weft: %s. See: weft %s%s--help\n", st->message, words, *words ? " " : "");
	return CLI_USAGE;
}

static void print_help(struct cli *cli, const struct cli_parsed *p, FILE *to)
{
	struct buf out = BUF_INIT;

	if (p->verb)
		help_verb(p->verb, &out);
	else
		help_group(cli, p->group, &out);
	fputs(buf_str(&out), to);
	buf_fini(&out);
}

static enum cli_exit run(struct cli *cli, int argc, char **argv)
{
	struct status st = STATUS_INIT;
	struct cli_parsed p;

	if (cli_parse(cli, argc, argv, &p, &st) < 0)
		return usage_error(&p, &st);
	if (p.wants_version) {
		printf("weft %s\n", WEFT_VERSION);
		return CLI_OK;
	}
	if (p.wants_help) {
		print_help(cli, &p, stdout);
		return CLI_OK;
	}
	if (!p.verb) {
		print_help(cli, &p, stderr);
		return CLI_USAGE;
	}
	if (cli_args_check(p.verb, &p.args, &st) < 0)
		return usage_error(&p, &st);
	return p.verb->run(cli, &p.args);
}

static const char *from_environment(const char *name, const char *initial)
{
	const char *value = getenv(name);

	return value && *value ? value : initial;
}

enum cli_exit cli_main(int argc, char **argv)
{
	struct cli cli = {
		.server = from_environment("WEFT_SERVER", "127.0.0.1:50051"),
		.project = from_environment("WEFT_PROJECT", NULL),
		.socket = from_environment("WEFT_SOCKET", "/run/weft/dataplane.sock"),
	};
	enum cli_exit status = run(&cli, argc, argv);

	client_close(&cli);
	arena_clear(&cli.arena);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr,
			"weft: cannot write the result: standard output is closed or full\n");
		return CLI_REFUSED;
	}
	return status;
}
