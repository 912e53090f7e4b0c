/* Help made from the verbs: see help.h. */

#include "api/cli/help.h"
#include <stdio.h>

static void option_line(const struct cli_option *o, struct buf *out)
{
	char head[64];
	int n = snprintf(head, sizeof(head), "--%s%s%s", o->name, o->value ? " " : "",
			 o->value ? o->value : "");

	buf_printf(out, "  %-26s%s%s%s\n", head, n > 25 ? "\n                            " : "",
		   o->help, o->is_required ? " (required)" : "");
}

static void option_lines(const struct cli_option *o, struct buf *out)
{
	for (; o && o->name; o++)
		option_line(o, out);
}

void help_verb(const struct cli_verb *verb, struct buf *out)
{
	buf_printf(out, "Usage: weft %s%s%s%s\n\n%s\n", verb->words, verb->operands ? " " : "",
		   verb->operands ? verb->operands : "",
		   verb->options && verb->options->name ? " [OPTION...]" : "", verb->help);
	if (verb->options && verb->options->name) {
		buf_puts(out, "\nOptions:\n");
		option_lines(verb->options, out);
	}
	buf_puts(out, "\nOptions of all commands:\n");
	option_lines(cli_global_options, out);
	if (verb->examples) {
		buf_puts(out, "\nExamples:\n");
		for (const char *line = verb->examples; *line;) {
			int n = strcspn(line, "\n");

			buf_printf(out, "  %.*s\n", n, line);
			line += n + (line[n] == '\n');
		}
	}
}

static bool is_in_group(const struct cli_verb *verb, const char *group)
{
	size_t n = strlen(group);

	return !verb->is_hidden && (n == 0 || (strncmp(verb->words, group, n) == 0 &&
					       (verb->words[n] == ' ' || verb->words[n] == '\0')));
}

void help_group(struct cli *cli, const char *group, struct buf *out)
{
	const struct cli_verb *const *verbs = cli_verbs(cli);
	size_t width = 0;

	buf_printf(out, "Usage: weft %s%sCOMMAND [OPTION...]\n\n", group, *group ? " " : "");
	if (!*group)
		buf_puts(out, "Virtual networks for virtual machines and containers.\n\n");
	for (size_t i = 0; verbs[i]; i++)
		if (is_in_group(verbs[i], group))
			width = MAX_OF(width, strlen(verbs[i]->words));
	buf_puts(out, "Commands:\n");
	for (size_t i = 0; verbs[i]; i++)
		if (is_in_group(verbs[i], group))
			buf_printf(out, "  %-*s  %s\n", (int)width, verbs[i]->words,
				   verbs[i]->help);
	if (*group)
		return;
	buf_puts(out, "\nOptions of all commands:\n");
	option_lines(cli_global_options, out);
	buf_puts(out, "\nweft COMMAND --help tells more, with examples.\n"
		      "Exit status: 0 done, 1 refused, 2 wrong usage, 3 not reachable.\n");
}
