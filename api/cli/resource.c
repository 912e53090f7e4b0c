/* Verbs made from the API's schema: see resource.h. */

#include "api/cli/resource.h"
#include <ctype.h>
#include <stdio.h>
#include "api/cli/client.h"

static enum cli_exit run_create(struct cli *cli, const struct cli_args *args);
static enum cli_exit run_get(struct cli *cli, const struct cli_args *args);
static enum cli_exit run_list(struct cli *cli, const struct cli_args *args);
static enum cli_exit run_update(struct cli *cli, const struct cli_args *args);
static enum cli_exit run_delete(struct cli *cli, const struct cli_args *args);

static const struct kind {
	const char *prefix; /* of the method's name */
	const char *word;
	const char *operands;
	const char *says; /* in help, for the first word of the method's comment */
	enum cli_exit (*run)(struct cli *cli, const struct cli_args *args);
} kinds[] = {
	{ "Create", "create", "NAME", "Create", run_create },
	{ "Get", "get", "NAME", "Show", run_get },
	{ "List", "list", NULL, "List", run_list },
	{ "Update", "update", "NAME", "Change", run_update },
	{ "Delete", "delete", "NAME", "Delete", run_delete },
};

const char *resource_type(struct arena *arena, const struct api_service *service)
{
	const char *dot = strrchr(service->name, '.');
	const char *name = dot ? dot + 1 : service->name;
	size_t n = strlen(name);

	if (n <= 7 || strcmp(name + n - 7, "Service") != 0)
		return "";
	return arena_printf(arena, "%.*s", (int)n - 7, name);
}

const char *resource_noun(struct arena *arena, const char *type)
{
	char *noun = arena_alloc(arena, 2 * strlen(type) + 1), *to = noun;

	for (const char *c = type; *c; c++) {
		if (isupper((unsigned char)*c) && c != type)
			*to++ = '-';
		*to++ = tolower((unsigned char)*c);
	}
	return noun;
}

const char *resource_plural(struct arena *arena, const char *type)
{
	size_t n = strlen(type);

	if (n && type[n - 1] == 'y')
		return arena_printf(arena, "%.*sies", (int)n - 1, type);
	return arena_printf(arena, "%ss", type);
}

/* The type that METHOD of KIND is about, or NULL: CreateNetwork of NetworkService. */
static const char *type_of(struct arena *arena, const struct api_method *method,
			   const struct kind **kind)
{
	const struct api_service *s = api_schema_service(&weft_schema, method->service);
	const char *type = s ? resource_type(arena, s) : "";

	for (size_t i = 0; *type && i < ARRAY_LENGTH(kinds); i++) {
		size_t k = strlen(kinds[i].prefix);
		bool is_list = strcmp(kinds[i].prefix, "List") == 0;

		if (strncmp(method->name, kinds[i].prefix, k) != 0 ||
		    strcmp(method->name + k, is_list ? resource_plural(arena, type) : type) != 0)
			continue;
		*kind = &kinds[i];
		return type;
	}
	return NULL;
}

static const char *verb_type(struct cli *cli, const struct cli_args *args)
{
	const struct kind *kind;

	return type_of(&cli->arena, args->verb->method, &kind);
}

size_t resource_max_verbs(void)
{
	size_t n = 0;

	for (size_t i = 0; i < weft_schema.n_services; i++)
		n += weft_schema.services[i].n_methods;
	return n;
}

static const struct resource_extra *extra_of(const char *words)
{
	REGISTRY_FOREACH (e, resource_extra)
		if (strcmp((*e)->words, words) == 0)
			return *e;
	return NULL;
}

static const struct cli_option *join_options(struct arena *arena, const struct cli_option *a,
					     const struct cli_option *b)
{
	struct cli_option *all;
	size_t n = 0, m = 0;

	while (a[n].name)
		n++;
	while (b && b[m].name)
		m++;
	all = arena_alloc(arena, (n + m + 1) * sizeof(*all));
	memcpy(all, a, n * sizeof(*all));
	if (m)
		memcpy(all + n, b, m * sizeof(*all));
	return all;
}

/* "Creates a network.  ..." is "Create a network." */
static const char *help_of(struct arena *arena, const struct kind *kind, const char *comment)
{
	const char *rest = comment + strcspn(comment, " "), *end = strchr(rest, '.');

	return arena_printf(arena, "%s%.*s.", kind->says,
			    (int)(end ? end - rest : (long)strlen(rest)), rest);
}

static const struct cli_verb *make_verb(struct arena *arena, const struct api_method *method,
					const struct kind *kind, const char *words,
					const char *noun)
{
	const struct resource_extra *extra = extra_of(words);
	struct cli_verb *verb = arena_alloc(arena, sizeof(*verb));

	*verb = (struct cli_verb){
		.words = words,
		.operands = kind->operands,
		.help = help_of(arena, kind, method->comment),
		.examples = extra ? extra->examples : NULL,
		.options = join_options(arena, resource_options(arena, method),
					extra ? extra->options : NULL),
		.min_words = kind->operands != NULL,
		.max_words = kind->operands != NULL,
		.completes = kind->operands && strcmp(kind->prefix, "Create") != 0
				     ? arena_printf(arena, "@%ss", noun)
				     : NULL,
		.run = kind->run,
		.method = method,
	};
	return verb;
}

static bool has_verb(const struct cli_verb **verbs, size_t n, const char *words)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(verbs[i]->words, words) == 0)
			return true;
	return false;
}

size_t resource_add_verbs(struct arena *arena, const struct cli_verb **verbs, size_t n)
{
	const struct kind *kind;
	size_t before = n;

	for (size_t i = 0; i < weft_schema.n_services; i++) {
		const struct api_service *s = &weft_schema.services[i];

		for (size_t k = 0; k < s->n_methods; k++) {
			const char *type = type_of(arena, &s->methods[k], &kind), *noun, *words;

			if (!type)
				continue;
			noun = resource_noun(arena, type);
			words = arena_printf(arena, "%s %s", noun, kind->word);
			if (!has_verb(verbs, before, words))
				verbs[n++] = make_verb(arena, &s->methods[k], kind, words, noun);
		}
	}
	return n - before;
}

/* Field NAME of REQUEST by its .proto name. */
static void set_text(json_t *request, const struct api_method *method, const char *field,
		     const char *value)
{
	const struct api_message *m = api_schema_message(&weft_schema, method->input);

	for (unsigned i = 0; i < m->descriptor->n_fields; i++)
		if (strcmp(m->descriptor->fields[i].name, field) == 0)
			json_object_set_new(request, m->fields[i].json_name, json_string(value));
}

static bool is_kind(const struct api_method *method, const char *prefix)
{
	return strncmp(method->name, prefix, strlen(prefix)) == 0;
}

/* The body of Create and Update, into REQUEST. */
static int set_body(struct cli *cli, const struct cli_args *args, const struct api_method *method,
		    const char *name, json_t *request, struct status *st)
{
	const struct api_message *body;
	const char *field, *mask = "";
	json_t *resource;

	body = resource_body(method, &field);
	if (!body)
		return 0;
	resource = json_object();
	json_object_set_new(request, field, resource);
	if (resource_set_fields(cli, args, body, resource, &mask, st) < 0)
		return -1;
	if (!is_kind(method, "Update"))
		return 0;
	if (!*mask)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
				  "nothing to change. See: weft %s --help", args->verb->words);
	json_object_set_new(resource, "name", json_string(name));
	json_object_set_new(request, "updateMask", json_string(mask));
	return 0;
}

json_t *resource_request(struct cli *cli, const struct cli_args *args,
			 const struct api_method *method, struct status *st)
{
	const struct api_message *input = api_schema_message(&weft_schema, method->input);
	const char *operand = args->n_words ? args->words[0] : NULL, *name;
	bool is_create = is_kind(method, "Create");
	json_t *request;

	name = resource_name(cli, args, method, is_create ? NULL : operand, st);
	if (!name)
		return NULL;
	request = json_object();
	if (is_create || is_kind(method, "List"))
		set_text(request, method, "parent", name);
	else
		set_text(request, method, "name", name);
	if (is_create) {
		char *field = arena_printf(&cli->arena, "%s_id",
					   resource_noun(&cli->arena, verb_type(cli, args)));

		for (char *c = field; *c; c++)
			*c = *c == '-' ? '_' : *c;
		set_text(request, method, field, operand);
	}
	if (set_body(cli, args, method, name, request, st) < 0 ||
	    resource_set_fields(cli, args, input, request, NULL, st) < 0) {
		json_decref(request);
		return NULL;
	}
	return request;
}

static enum cli_exit answer_of(struct cli *cli, const struct cli_args *args, json_t **answer)
{
	struct status st = STATUS_INIT;
	json_t *request = resource_request(cli, args, args->verb->method, &st);

	*answer = NULL;
	if (!request) {
		cli_error(&st);
		return CLI_USAGE;
	}
	*answer = client_call(cli, args->verb->method, request, &st);
	json_decref(request);
	return *answer ? CLI_OK : cli_error(&st);
}

static enum cli_exit run_and_print(struct cli *cli, const struct cli_args *args)
{
	const struct resource_extra *extra = extra_of(args->verb->words);
	enum cli_exit status;
	json_t *answer;

	status = answer_of(cli, args, &answer);
	if (!answer)
		return status;
	if (extra && extra->after)
		status = extra->after(cli, args, answer);
	else
		resource_print(cli, verb_type(cli, args), answer);
	json_decref(answer);
	return status;
}

static enum cli_exit run_create(struct cli *cli, const struct cli_args *args)
{
	return run_and_print(cli, args);
}

static enum cli_exit run_update(struct cli *cli, const struct cli_args *args)
{
	return run_and_print(cli, args);
}

static enum cli_exit run_get(struct cli *cli, const struct cli_args *args)
{
	enum cli_exit status;
	json_t *answer;

	status = answer_of(cli, args, &answer);
	if (answer)
		resource_print_value(cli, answer);
	json_decref(answer);
	return status;
}

static enum cli_exit run_delete(struct cli *cli, const struct cli_args *args)
{
	enum cli_exit status;
	json_t *answer;

	status = answer_of(cli, args, &answer);
	json_decref(answer);
	return status;
}

static enum cli_exit run_list(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	json_t *request = resource_request(cli, args, args->verb->method, &st), *rows;

	if (!request) {
		cli_error(&st);
		return CLI_USAGE;
	}
	rows = client_list(cli, args->verb->method, request, &st);
	json_decref(request);
	if (!rows)
		return cli_error(&st);
	resource_print_list(cli, verb_type(cli, args), rows);
	json_decref(rows);
	return CLI_OK;
}
