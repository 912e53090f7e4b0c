/* `weft __complete WORD...`: what may stand in place of the last word, one candidate a line.
 * Called by the shell's completion; silent when something is wrong. */

#include <stdio.h>
#include "api/cli/args.h"
#include "api/cli/client.h"
#include "api/cli/ctl_client.h"
#include "api/cli/print.h"
#include "api/cli/resource.h"

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void candidate(const char *text, const char *typed)
{
	if (begins(text, typed))
		printf("%s\n", text);
}

static void complete_words(struct arena *arena, const char *words, const char *typed)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		candidate(arena_printf(arena, "%.*s", (int)n, words), typed);
		words += n + (words[n] == ' ');
	}
}

/* The last parts of the names that a List method tells. */
static void complete_resources(struct cli *cli, const struct cli_args *args, const char *noun,
			       const char *typed)
{
	struct status st = STATUS_INIT;

	for (size_t i = 0; i < weft_schema.n_services; i++) {
		const struct api_service *s = &weft_schema.services[i];
		const char *type = resource_type(&cli->arena, s), *parent;
		const struct api_method *m;
		json_t *request, *rows, *row;
		size_t k;

		if (strcmp(resource_noun(&cli->arena, type), noun) != 0)
			continue;
		m = api_schema_method(&weft_schema,
				      arena_printf(&cli->arena, "%s/List%s", s->name,
						   resource_plural(&cli->arena, type)));
		parent = m ? resource_name(cli, args, m, NULL, &st) : NULL;
		if (!parent)
			return;
		request = *parent ? json_pack("{s:s}", "parent", parent) : json_object();
		rows = client_list(cli, m, request, &st);
		json_array_foreach (rows, k, row)
			candidate(print_value(&cli->arena, row, "name/"), typed);
		json_decref(rows);
		json_decref(request);
	}
}

static void complete_switch(struct cli *cli, bool is_ports, const char *typed)
{
	Weft__Switch__V1__PortListRequest ports = WEFT__SWITCH__V1__PORT_LIST_REQUEST__INIT;
	Weft__Switch__V1__PortTypesRequest types = WEFT__SWITCH__V1__PORT_TYPES_REQUEST__INIT;
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	struct status st = STATUS_INIT;
	struct ctl_client *c = ctl_client_open(cli->socket, &st);
	Weft__Switch__V1__Reply *reply;

	if (!c)
		return;
	request.request_case = is_ports ? WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_LIST
					: WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_TYPES;
	if (is_ports)
		request.port_list = &ports;
	else
		request.port_types = &types;
	reply = ctl_client_call(c, &request, &st);
	ctl_client_close(c);
	if (!reply)
		return;
	if (reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_PORT_LIST)
		for (size_t i = 0; i < reply->port_list->n_ports; i++)
			candidate(reply->port_list->ports[i]->name, typed);
	if (reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_PORT_TYPES)
		for (size_t i = 0; i < reply->port_types->n_types; i++)
			candidate(reply->port_types->types[i]->type, typed);
	weft__switch__v1__reply__free_unpacked(reply, NULL);
}

/* CHOICES as cli_option tells them. */
static void complete_choices(struct cli *cli, const struct cli_args *args, const char *choices,
			     const char *typed)
{
	if (!choices)
		return;
	if (choices[0] != '@')
		complete_words(&cli->arena, choices, typed);
	else if (begins(choices, "@switch-ports") || begins(choices, "@port-types"))
		complete_switch(cli, begins(choices, "@switch"), typed);
	else
		complete_resources(
			cli, args,
			arena_printf(&cli->arena, "%.*s", (int)strlen(choices) - 2, choices + 1),
			typed);
}

static void complete_options(const struct cli_option *o, const char *typed)
{
	for (; o && o->name; o++) {
		char text[64];

		snprintf(text, sizeof(text), "--%s", o->name);
		candidate(text, typed);
	}
}

/* The next word of every verb that begins with GROUP, each once: verbs are sorted. */
static void complete_verbs(struct cli *cli, const char *group, const char *typed)
{
	const struct cli_verb *const *verbs = cli_verbs(cli);
	const char *last = "";
	size_t n = strlen(group);

	for (; *verbs; verbs++) {
		const char *rest = (*verbs)->words, *word;

		if ((*verbs)->is_hidden || !begins(rest, group) || (n && rest[n] != ' '))
			continue;
		rest += n ? n + 1 : 0;
		word = arena_printf(&cli->arena, "%.*s", (int)strcspn(rest, " "), rest);
		if (strcmp(word, last) != 0)
			candidate(word, typed);
		last = word;
	}
}

/* The option whose value TYPED is, if the word before is one that takes a value. */
static const struct cli_option *option_before(const struct cli_verb *verb, const char *before)
{
	const struct cli_option *lists[] = { verb ? verb->options : NULL, cli_global_options };

	if (strcmp(before, "-o") == 0)
		before = "--output";
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
		for (const struct cli_option *o = lists[i]; o && o->name; o++)
			if (o->value && begins(before, "--") && strcmp(before + 2, o->name) == 0)
				return o;
	return NULL;
}

static enum cli_exit run_complete(struct cli *cli, const struct cli_args *args)
{
	size_t n = args->n_words;
	const char *typed = n ? args->words[n - 1] : "";
	const char *before = n > 1 ? args->words[n - 2] : "";
	const struct cli_option *o;
	struct status st = STATUS_INIT;
	struct cli_parsed p;
	const char **argv = arena_alloc(&cli->arena, (n + 2) * sizeof(*argv));

	/* What stands before the word, parsed as far as it goes. */
	argv[0] = "weft";
	for (size_t i = 0; i + 1 < n; i++)
		argv[i + 1] = args->words[i];
	cli_parse(cli, n ? n : 1, (char **)argv, &p, &st);
	o = option_before(p.verb, before);
	if (o) {
		complete_choices(cli, &p.args, o->choices, typed);
		return CLI_OK;
	}
	if (typed[0] == '-') {
		complete_options(p.verb ? p.verb->options : NULL, typed);
		complete_options(cli_global_options, typed);
		return CLI_OK;
	}
	if (p.args.n_words == 0)
		complete_verbs(cli, p.group, typed);
	if (p.verb && p.args.n_words < p.verb->max_words)
		complete_choices(cli, &p.args, p.verb->completes, typed);
	return CLI_OK;
}

static const struct cli_verb complete = {
	.words = "__complete",
	.help = "For the shell's completion.",
	.max_words = 1000,
	.run = run_complete,
	.is_hidden = true,
};
REGISTRY_ADD(cli_verb, complete);
