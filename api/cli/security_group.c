/* `weft security-group add-rule`, `remove-rule`, `replace-rules` and `list-rules`. */

#include <stdio.h>
#include "api/cli/client.h"
#include "api/cli/print.h"
#include "api/cli/resource.h"
#include "api/cli/rule.h"

#define METHOD(NAME) api_schema_method(&weft_schema, "/weft.v1.SecurityGroupService/" NAME)

static const struct resource_extra security_group_create = {
	.words = "security-group create",
	.examples = "weft security-group create web --project acme\n"
		    "weft security-group create fast --project acme --stateful stateless\n",
};
REGISTRY_ADD(resource_extra, security_group_create);

/* REQUEST, given, gets the name; the group's rules are printed.  NULL REQUEST: ST tells why. */
static enum cli_exit call(struct cli *cli, const struct cli_args *args,
			  const struct api_method *method, json_t *request, struct status *st)
{
	const char *name =
		request ? resource_in_project(cli, "securityGroups", args->words[0], st) : NULL;
	json_t *group;

	if (!name) {
		json_decref(request);
		cli_error(st);
		return CLI_USAGE;
	}
	json_object_set_new(request, "name", json_string(name));
	group = client_call(cli, method, request, st);
	json_decref(request);
	if (!group)
		return cli_error(st);
	rules_print(cli, group);
	json_decref(group);
	return CLI_OK;
}

static enum cli_exit run_add(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	json_t *rule = rule_of_args(cli, args, &st), *request = NULL;

	if (rule)
		request = json_pack("{s:[o]}", "rules", rule);
	return call(cli, args, METHOD("AddRules"), request, &st);
}

static enum cli_exit run_remove(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	json_t *ids = json_array();

	for (size_t i = 1; i < args->n_words; i++)
		json_array_append_new(ids, json_string(args->words[i]));
	return call(cli, args, METHOD("RemoveRules"), json_pack("{s:o}", "ruleIds", ids), &st);
}

static enum cli_exit run_replace(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	json_t *rules = rules_of_file(cli_arg(args, "file"), &st), *request = NULL;

	if (rules)
		request = json_pack("{s:o}", "rules", rules);
	return call(cli, args, METHOD("ReplaceRules"), request, &st);
}

static enum cli_exit run_list(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;

	return call(cli, args, METHOD("GetSecurityGroup"), json_object(), &st);
}

static const struct cli_option add_options[] = {
	RULE_OPTIONS,
	{ .name = "remote-group",
	  .value = "GROUP",
	  .help = "the other end has this security group",
	  .choices = "@security-groups" },
	{ 0 },
};

static const struct cli_verb add_rule = {
	.words = "security-group add-rule",
	.operands = "NAME",
	.help = "Allow some traffic; takes effect at once.",
	.examples = "weft security-group add-rule web --ingress --protocol tcp --ports 80,443 "
		    "--remote 10.0.0.0/8\n"
		    "weft security-group add-rule db --ingress --protocol tcp --ports 5432 "
		    "--remote-group web\n"
		    "weft security-group add-rule web --ingress --protocol icmp --icmp-type 8\n",
	.options = add_options,
	.min_words = 1,
	.max_words = 1,
	.completes = "@security-groups",
	.run = run_add,
};
REGISTRY_ADD(cli_verb, add_rule);

static const struct cli_verb remove_rule = {
	.words = "security-group remove-rule",
	.operands = "NAME RULE...",
	.help = "Take rules back, by their ids; takes effect at once, also on connections there "
		"are.",
	.examples = "weft security-group remove-rule web r17 ssh\n",
	.min_words = 2,
	.max_words = 1000,
	.completes = "@security-groups",
	.run = run_remove,
};
REGISTRY_ADD(cli_verb, remove_rule);

static const struct cli_option replace_options[] = {
	{ .name = "file",
	  .value = "FILE",
	  .help = "the rules as JSON; - is standard input",
	  .is_required = true },
	{ 0 },
};

static const struct cli_verb replace_rules = {
	.words = "security-group replace-rules",
	.operands = "NAME",
	.help = "Make the rules of a file all the rules there are, at once.",
	.examples = "weft security-group get web -o json >web.json\n"
		    "weft security-group replace-rules web --file web.json\n",
	.options = replace_options,
	.min_words = 1,
	.max_words = 1,
	.completes = "@security-groups",
	.run = run_replace,
};
REGISTRY_ADD(cli_verb, replace_rules);

static const struct cli_verb list_rules = {
	.words = "security-group list-rules",
	.operands = "NAME",
	.help = "List the rules of a security group.",
	.examples = "weft security-group list-rules default\n",
	.min_words = 1,
	.max_words = 1,
	.completes = "@security-groups",
	.run = run_list,
};
REGISTRY_ADD(cli_verb, list_rules);
