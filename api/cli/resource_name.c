/* Names of resources from operands and options: see resource.h.
 *
 * A method's REST path tells how its resource is named: {name=projects/STAR/networks/STAR}. */

#include "api/cli/resource.h"
#include "api/rest/template.h"

/* "network" for "networks": the option that tells the segment behind a collection. */
static const char *option_of(struct arena *arena, const char *collection)
{
	return arena_printf(arena, "%.*s", (int)strlen(collection) - 1, collection);
}

static const char *segment_value(struct cli *cli, const struct cli_args *args,
				 const char *collection, struct status *st)
{
	const char *option = option_of(&cli->arena, collection), *value;

	if (strcmp(option, "project") == 0) {
		if (!cli->project)
			status_set(st, STATUS_INVALID_ARGUMENT, option,
				   "--project PROJECT is required, or set WEFT_PROJECT");
		return cli->project;
	}
	value = cli_arg(args, option);
	if (!value)
		status_set(st, STATUS_INVALID_ARGUMENT, option, "--%s is required", option);
	return value;
}

static const struct path_variable *name_variable(const struct path_template *t)
{
	return t->n_variables ? &t->variables[0] : NULL;
}

const char *resource_name(struct cli *cli, const struct cli_args *args,
			  const struct api_method *method, const char *operand, struct status *st)
{
	const struct path_variable *v;
	const char *name = "", *collection = "";
	struct path_template t;

	if (operand && strchr(operand, '/'))
		return operand;
	if (path_template_parse(&t, &cli->arena, method->routes[0].path, st) < 0)
		return NULL;
	v = name_variable(&t);
	for (unsigned i = 0; v && i < v->n; i++) {
		const struct path_segment *s = &t.segments[v->first + i];
		const char *text = s->text;

		if (s->kind != SEGMENT_LITERAL && operand && i + 1 == v->n)
			text = operand;
		else if (s->kind != SEGMENT_LITERAL)
			text = segment_value(cli, args, collection, st);
		if (!text)
			return NULL;
		collection = text;
		name = arena_printf(&cli->arena, "%s%s%s", name, *name ? "/" : "", text);
	}
	return name;
}

const char *resource_in_project(struct cli *cli, const char *collection, const char *value,
				struct status *st)
{
	if (strchr(value, '/'))
		return value;
	if (!cli->project) {
		status_set(st, STATUS_INVALID_ARGUMENT, "project",
			   "--project PROJECT is required, or set WEFT_PROJECT");
		return NULL;
	}
	return arena_printf(&cli->arena, "projects/%s/%s/%s", cli->project, collection, value);
}
