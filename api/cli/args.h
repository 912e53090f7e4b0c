#ifndef API_CLI_ARGS_H
#define API_CLI_ARGS_H

/* From the words of a command line to a verb and its arguments.  Called by cli_main() and by
 * completion; prints nothing. */

#include "api/cli/cli.h"

struct cli_parsed {
	const struct cli_verb *verb; /* NULL: `group` says how far the words led */
	const char *group;	     /* "port" of "weft port"; "" if no word was given */
	struct cli_args args;
	bool wants_help, wants_version;
};

/* Global options go into CLI, wherever they stand.  0, or -1 with ST: an unknown verb or option,
 * a value that is missing.  Required options and the number of operands are not looked at: see
 * cli_args_check(). */
int cli_parse(struct cli *cli, int argc, char **argv, struct cli_parsed *p, struct status *st);
int cli_args_check(const struct cli_verb *verb, const struct cli_args *args, struct status *st);

#endif
