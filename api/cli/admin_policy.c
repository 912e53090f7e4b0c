/* `weft admin-policy add-rule`, `remove-rule` and `list-rules`: the policy is read, changed and
 * written back, unless somebody else was faster. */

#include <stdio.h>
#include "api/cli/client.h"
#include "api/cli/print.h"
#include "api/cli/resource.h"
#include "api/cli/rule.h"

#define METHOD(NAME) api_schema_method(&weft_schema, "/weft.v1.AdminPolicyService/" NAME)

static const struct resource_extra admin_policy_create = {
	.words = "admin-policy create",
	.examples = "weft admin-policy create no-telnet --tier 0 --priority 10\n"
		    "weft admin-policy create prod --tier 1 --subject 'labels.env = prod'\n",
};
REGISTRY_ADD(resource_extra, admin_policy_create);

static json_t *get_policy(struct cli *cli, const char *operand, struct status *st)
{
	const char *name =
		strchr(operand, '/')
			? operand
			: arena_printf(&cli->arena, "infrastructure/adminPolicies/%s", operand);
	json_t *request = json_pack("{s:s}", "name", name);
	json_t *policy = client_call(cli, METHOD("GetAdminPolicy"), request, st);

	json_decref(request);
	return policy;
}

/* Write POLICY's rules back; its etag sees to it that nothing is lost.  POLICY is given. */
static enum cli_exit put_rules(struct cli *cli, json_t *policy, struct status *st)
{
	json_t *request =
		json_pack("{s:{s:O, s:O, s:O}, s:s}", "adminPolicy", "name",
			  json_object_get(policy, "name"), "etag", json_object_get(policy, "etag"),
			  "rules", json_object_get(policy, "rules"), "updateMask", "rules");
	json_t *after = client_call(cli, METHOD("UpdateAdminPolicy"), request, st);

	json_decref(request);
	json_decref(policy);
	if (!after)
		return cli_error(st);
	rules_print(cli, after);
	json_decref(after);
	return CLI_OK;
}

static json_t *rules_of(json_t *policy)
{
	if (!json_object_get(policy, "rules"))
		json_object_set_new(policy, "rules", json_array());
	return json_object_get(policy, "rules");
}

/* The place of rule ID; -1 with ST: there is none. */
static int place_of(const json_t *rules, const char *id, struct status *st)
{
	const json_t *rule;
	size_t i;

	json_array_foreach (rules, i, rule)
		if (strcmp(json_string_value(json_object_get(rule, "id")), id) == 0)
			return i;
	return status_set(st, STATUS_NOT_FOUND, "rule", "the policy has no rule '%s'", id);
}

static enum cli_exit run_add(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	json_t *rule = rule_of_args(cli, args, &st), *policy;
	int place = -1;

	if (!rule) {
		cli_error(&st);
		return CLI_USAGE;
	}
	policy = get_policy(cli, args->words[0], &st);
	if (policy)
		place = cli_arg(args, "before")
				? place_of(rules_of(policy), cli_arg(args, "before"), &st)
				: (int)json_array_size(rules_of(policy));
	if (place < 0) {
		json_decref(rule);
		json_decref(policy);
		return cli_error(&st);
	}
	json_array_insert_new(rules_of(policy), place, rule);
	return put_rules(cli, policy, &st);
}

static enum cli_exit run_remove(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	json_t *policy = get_policy(cli, args->words[0], &st);

	for (size_t i = 1; policy && i < args->n_words; i++) {
		int place = place_of(rules_of(policy), args->words[i], &st);

		if (place < 0) {
			json_decref(policy);
			return cli_error(&st);
		}
		json_array_remove(rules_of(policy), place);
	}
	return policy ? put_rules(cli, policy, &st) : cli_error(&st);
}

static enum cli_exit run_list(struct cli *cli, const struct cli_args *args)
{
	struct status st = STATUS_INIT;
	json_t *policy = get_policy(cli, args->words[0], &st);

	if (!policy)
		return cli_error(&st);
	rules_print(cli, policy);
	json_decref(policy);
	return CLI_OK;
}

static const struct cli_option add_options[] = {
	{ .name = "action",
	  .value = "allow|deny|pass",
	  .help = "what to do with it; pass: the next tier decides",
	  .choices = "allow deny pass",
	  .is_required = true },
	RULE_OPTIONS,
	{ .name = "remote-ports",
	  .value = "SELECTOR",
	  .help = "the other end is a port that this selects: 'labels.role = monitor'" },
	{ .name = "before",
	  .value = "RULE",
	  .help = "put it before this rule (default: at the end)" },
	{ 0 },
};

static const struct cli_verb add_rule = {
	.words = "admin-policy add-rule",
	.operands = "NAME",
	.help = "Decide about some traffic, above the tenants' security groups.",
	.examples = "weft admin-policy add-rule no-telnet --action deny --ingress --protocol tcp "
		    "--ports 23 --log\n"
		    "weft admin-policy add-rule prod --action pass --ingress "
		    "--remote-ports 'labels.role = monitor'\n",
	.options = add_options,
	.min_words = 1,
	.max_words = 1,
	.completes = "@admin-policys",
	.run = run_add,
};
REGISTRY_ADD(cli_verb, add_rule);

static const struct cli_verb remove_rule = {
	.words = "admin-policy remove-rule",
	.operands = "NAME RULE...",
	.help = "Take rules of an admin policy back, by their ids.",
	.examples = "weft admin-policy remove-rule no-telnet r21\n",
	.min_words = 2,
	.max_words = 1000,
	.completes = "@admin-policys",
	.run = run_remove,
};
REGISTRY_ADD(cli_verb, remove_rule);

static const struct cli_verb list_rules = {
	.words = "admin-policy list-rules",
	.operands = "NAME",
	.help = "List the rules of an admin policy, in the order they are asked.",
	.min_words = 1,
	.max_words = 1,
	.completes = "@admin-policys",
	.run = run_list,
};
REGISTRY_ADD(cli_verb, list_rules);
