/* Parsing of the command line: see args.h. */

#include "api/cli/args.h"
#include <errno.h>
#include <stdlib.h>

const struct cli_option cli_global_options[] = {
	{ .name = "server",
	  .value = "HOST:PORT",
	  .help = "the controller's gRPC address (default 127.0.0.1:50051, or $WEFT_SERVER)" },
	{ .name = "project",
	  .value = "PROJECT",
	  .help = "the tenant (default $WEFT_PROJECT)",
	  .choices = "@projects" },
	{ .name = "output",
	  .value = "table|json|yaml",
	  .help = "how results are printed (default table); also -o",
	  .choices = "table json yaml" },
	{ .name = "socket",
	  .value = "PATH",
	  .help = "the local switch, for `weft switch` "
		  "(default /run/weft/dataplane.sock, or $WEFT_SOCKET)" },
	{ .name = "help", .help = "how to use it; also -h" },
	{ .name = "version", .help = "the program's version" },
	{ 0 },
};

struct parser {
	struct cli *cli;
	struct cli_parsed *p;
	struct status *st;
	char **argv;
	int argc, at;
};

static const struct cli_option *find_option(const struct cli_option *options, const char *name,
					    size_t length)
{
	for (const struct cli_option *o = options; o && o->name; o++)
		if (strlen(o->name) == length && strncmp(o->name, name, length) == 0)
			return o;
	return NULL;
}

static int set_format(struct cli *cli, const char *value, struct status *st)
{
	static const char *const names[] = { "table", "json", "yaml" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			cli->format = (enum cli_format)i;
			return 0;
		}
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, "output",
			  "--output takes table, json or yaml, not '%s'", value);
}

static int set_global(struct parser *ps, const struct cli_option *o, const char *value)
{
	struct cli *cli = ps->cli;

	if (strcmp(o->name, "server") == 0)
		cli->server = value;
	else if (strcmp(o->name, "project") == 0)
		cli->project = value;
	else if (strcmp(o->name, "socket") == 0)
		cli->socket = value;
	else if (strcmp(o->name, "help") == 0)
		ps->p->wants_help = true;
	else if (strcmp(o->name, "version") == 0)
		ps->p->wants_version = true;
	else
		return set_format(cli, value, ps->st);
	return 0;
}

/* "-o" and "-h" are the only short forms. */
static const char *long_name(const char *arg)
{
	if (strcmp(arg, "-o") == 0)
		return "output";
	if (strcmp(arg, "-h") == 0)
		return "help";
	return strncmp(arg, "--", 2) == 0 ? arg + 2 : NULL;
}

static void give(struct parser *ps, const struct cli_option *o, const char *value)
{
	struct cli_args *a = &ps->p->args;

	a->given[a->n_given++] = (struct cli_arg){ .option = o, .value = value };
}

/* argv[at] is an option: take it and its value. */
static int parse_option(struct parser *ps)
{
	const char *arg = ps->argv[ps->at++], *name = long_name(arg), *value = "";
	const struct cli_verb *verb = ps->p->verb;
	const struct cli_option *o;
	bool is_global = false;
	size_t length;

	if (!name)
		return status_set(ps->st, STATUS_INVALID_ARGUMENT, NULL, "unknown option %s", arg);
	length = strcspn(name, "=");
	o = verb ? find_option(verb->options, name, length) : NULL;
	if (!o) {
		o = find_option(cli_global_options, name, length);
		is_global = true;
	}
	if (!o)
		return status_set(ps->st, STATUS_INVALID_ARGUMENT, NULL, "unknown option %s", arg);
	if (!o->value && name[length] == '=')
		return status_set(ps->st, STATUS_INVALID_ARGUMENT, o->name, "--%s takes no value",
				  o->name);
	if (o->value && name[length] == '=')
		value = name + length + 1;
	else if (o->value && ps->at < ps->argc)
		value = ps->argv[ps->at++];
	else if (o->value)
		return status_set(ps->st, STATUS_INVALID_ARGUMENT, o->name,
				  "--%s needs a value: --%s %s", o->name, o->name, o->value);
	if (is_global)
		return set_global(ps, o, value);
	give(ps, o, value);
	return 0;
}

/* Does "GROUP WORD" begin a verb?  Sets *IS_VERB if it is one. */
static bool extends(const struct cli_verb *const *verbs, const char *text,
		    const struct cli_verb **verb)
{
	size_t length = strlen(text);
	bool found = false;

	*verb = NULL;
	for (; *verbs; verbs++) {
		if (strncmp((*verbs)->words, text, length) != 0)
			continue;
		if ((*verbs)->words[length] == '\0')
			*verb = *verbs;
		found |= (*verbs)->words[length] == '\0' || (*verbs)->words[length] == ' ';
	}
	return found;
}

/* A word: part of the verb's name as long as it fits, an operand after that. */
static int parse_word(struct parser *ps, const struct cli_verb *const *verbs, bool *in_verb)
{
	const char *word = ps->argv[ps->at++];
	struct cli_parsed *p = ps->p;
	const struct cli_verb *verb;

	if (*in_verb) {
		const char *text =
			p->group[0] ? arena_printf(&ps->cli->arena, "%s %s", p->group, word) : word;

		if (extends(verbs, text, &verb)) {
			p->group = text;
			p->verb = p->args.verb = verb;
			return 0;
		}
		*in_verb = false;
		if (!p->verb)
			return status_set(ps->st, STATUS_INVALID_ARGUMENT, NULL,
					  "unknown command '%s'", text);
	}
	p->args.words[p->args.n_words++] = word;
	return 0;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct cli_parsed *p, struct status *st)
{
	const struct cli_verb *const *verbs = cli_verbs(cli);
	struct parser ps = { .cli = cli, .p = p, .st = st, .argv = argv, .argc = argc, .at = 1 };
	bool in_verb = true, only_words = false;

	*p = (struct cli_parsed){ .group = "" };
	p->args.words = arena_alloc(&cli->arena, (argc + 1) * sizeof(*p->args.words));
	p->args.given = arena_alloc(&cli->arena, (argc + 1) * sizeof(*p->args.given));
	while (ps.at < argc) {
		const char *arg = argv[ps.at];
		int rc;

		/* Completion takes its words as they are. */
		if (!only_words &&
		    (strcmp(arg, "--") == 0 || strcmp(p->group, "__complete") == 0)) {
			ps.at += strcmp(arg, "--") == 0;
			only_words = true;
			continue;
		}
		rc = !only_words && arg[0] == '-' && arg[1] ? parse_option(&ps)
							    : parse_word(&ps, verbs, &in_verb);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int cli_args_check(const struct cli_verb *verb, const struct cli_args *args, struct status *st)
{
	for (const struct cli_option *o = verb->options; o && o->name; o++) {
		size_t n = cli_arg_count(args, o->name);

		if (o->is_required && n == 0)
			return status_set(st, STATUS_INVALID_ARGUMENT, o->name,
					  "--%s %s is required", o->name, o->value);
		if (!o->is_list && n > 1)
			return status_set(st, STATUS_INVALID_ARGUMENT, o->name,
					  "--%s is given more than once", o->name);
	}
	if (args->n_words < verb->min_words)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "%s is missing",
				  verb->operands);
	if (args->n_words > verb->max_words)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "unexpected '%s'",
				  args->words[verb->max_words]);
	return 0;
}

size_t cli_arg_count(const struct cli_args *args, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < args->n_given; i++)
		n += strcmp(args->given[i].option->name, name) == 0;
	return n;
}

const char *cli_arg_at(const struct cli_args *args, const char *name, size_t at)
{
	for (size_t i = 0; i < args->n_given; i++)
		if (strcmp(args->given[i].option->name, name) == 0 && at-- == 0)
			return args->given[i].value;
	return NULL;
}

const char *cli_arg(const struct cli_args *args, const char *name)
{
	size_t n = cli_arg_count(args, name);

	return n ? cli_arg_at(args, name, n - 1) : NULL;
}

int cli_number(const char *text, const char *field, uint64_t min, uint64_t max, uint64_t *value,
	       struct status *st)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || v < min || v > max)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "--%s takes a number from %llu to %llu, not '%s'", field,
				  (unsigned long long)min, (unsigned long long)max, text);
	*value = v;
	return 0;
}
