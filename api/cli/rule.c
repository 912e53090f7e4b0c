/* Rules on the command line: see rule.h. */

#include "api/cli/rule.h"
#include <stdio.h>
#include "api/cli/print.h"
#include "api/cli/resource.h"

static int set_direction(const struct cli_args *args, json_t *rule, struct status *st)
{
	bool is_ingress = cli_arg(args, "ingress"), is_egress = cli_arg(args, "egress");

	if (is_ingress == is_egress)
		return status_set(st, STATUS_INVALID_ARGUMENT, "direction",
				  "tell the direction with --ingress or --egress");
	json_object_set_new(rule, "direction", json_string(is_ingress ? "INGRESS" : "EGRESS"));
	return 0;
}

static void set_ports(struct arena *arena, const struct cli_args *args, json_t *rule)
{
	const char *at = cli_arg(args, "ports");
	json_t *ports = json_array();

	while (at && *at) {
		size_t n = strcspn(at, ",");

		json_array_append_new(ports, json_string(arena_printf(arena, "%.*s", (int)n, at)));
		at += n + (at[n] == ',');
	}
	if (json_array_size(ports))
		json_object_set(rule, "ports", ports);
	json_decref(ports);
}

static int set_number(const struct cli_args *args, const char *option, const char *field,
		      json_t *rule, struct status *st)
{
	uint64_t value;

	if (!cli_arg(args, option))
		return 0;
	if (cli_number(cli_arg(args, option), option, 0, 255, &value, st) != 0)
		return -1;
	json_object_set_new(rule, field, json_integer(value));
	return 0;
}

static int set_ethertype(const struct cli_args *args, json_t *rule, struct status *st)
{
	const char *text = cli_arg(args, "ethertype");

	if (!text)
		return 0;
	if (strcmp(text, "ipv4") != 0 && strcmp(text, "ipv6") != 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "ethertype",
				  "--ethertype takes ipv4 or ipv6, not '%s'", text);
	json_object_set_new(rule, "ethertype", json_string(text[3] == '4' ? "IPV4" : "IPV6"));
	return 0;
}

static int set_group(struct cli *cli, const struct cli_args *args, const char *option,
		     const char *collection, const char *field, json_t *rule, struct status *st)
{
	const char *name = cli_arg(args, option);

	if (!name)
		return 0;
	name = resource_in_project(cli, collection, name, st);
	if (!name)
		return -1;
	json_object_set_new(rule, field, json_string(name));
	return 0;
}

static int set_action(struct arena *arena, const struct cli_args *args, json_t *rule,
		      struct status *st)
{
	const char *text = cli_arg(args, "action");
	char *value;

	if (!text)
		return 0;
	if (strcmp(text, "allow") != 0 && strcmp(text, "deny") != 0 && strcmp(text, "pass") != 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "action",
				  "--action takes allow, deny or pass, not '%s'", text);
	value = arena_strdup(arena, text);
	for (char *c = value; *c; c++)
		*c -= 'a' - 'A';
	json_object_set_new(rule, "action", json_string(value));
	return 0;
}

static void set_texts(const struct cli_args *args, json_t *rule)
{
	static const char *const texts[][2] = {
		{ "protocol", "protocol" },	      { "remote", "remotePrefix" },
		{ "remote-ports", "remoteSelector" }, { "id", "id" },
		{ "description", "description" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		if (cli_arg(args, texts[i][0]))
			json_object_set_new(rule, texts[i][1],
					    json_string(cli_arg(args, texts[i][0])));
	if (cli_arg(args, "log"))
		json_object_set_new(rule, "log", json_true());
}

json_t *rule_of_args(struct cli *cli, const struct cli_args *args, struct status *st)
{
	json_t *rule = json_object();

	set_texts(args, rule);
	set_ports(&cli->arena, args, rule);
	if (set_direction(args, rule, st) == 0 && set_ethertype(args, rule, st) == 0 &&
	    set_action(&cli->arena, args, rule, st) == 0 &&
	    set_number(args, "icmp-type", "icmpType", rule, st) == 0 &&
	    set_number(args, "icmp-code", "icmpCode", rule, st) == 0 &&
	    set_group(cli, args, "remote-group", "securityGroups", "remoteGroup", rule, st) == 0 &&
	    set_group(cli, args, "address-group", "addressGroups", "addressGroup", rule, st) == 0)
		return rule;
	json_decref(rule);
	return NULL;
}

json_t *rules_of_file(const char *file, struct status *st)
{
	json_error_t why;
	json_t *all =
		strcmp(file, "-") == 0 ? json_loadf(stdin, 0, &why) : json_load_file(file, 0, &why);
	json_t *rules = json_is_object(all) ? json_object_get(all, "rules") : all;

	if (!all)
		status_set(st, STATUS_INVALID_ARGUMENT, "file", "--file %s: %s", file, why.text);
	else if (!json_is_array(rules))
		status_set(st, STATUS_INVALID_ARGUMENT, "file",
			   "--file %s: give an array of rules, as in `weft security-group get NAME "
			   "-o json`",
			   file);
	rules = json_is_array(rules) ? json_incref(rules) : NULL;
	json_decref(all);
	return rules;
}

/* "tcp 80,443", "icmp type 8", "IPV6". */
static const char *traffic_text(struct arena *arena, const json_t *rule)
{
	const char *protocol = print_value(arena, rule, "protocol");
	const char *ports = print_value(arena, rule, "ports");
	const char *type = print_value(arena, rule, "icmpType");
	const char *code = print_value(arena, rule, "icmpCode");
	const char *version = print_value(arena, rule, "ethertype");

	if (!*protocol)
		return strncmp(version, "IPV", 3) == 0 ? version : "any";
	return arena_printf(arena, "%s%s%s%s%s%s%s", protocol, *ports ? " " : "", ports,
			    *type ? " type " : "", type, *code ? " code " : "", code);
}

static const char *remote_text(struct arena *arena, const json_t *rule)
{
	static const struct {
		const char *path, *before;
	} remotes[] = {
		{ "remotePrefix", "" },
		{ "remoteGroup/", "group " },
		{ "addressGroup/", "addresses " },
		{ "remoteSelector", "ports " },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(remotes); i++) {
		const char *value = print_value(arena, rule, remotes[i].path);

		if (*value)
			return arena_printf(arena, "%s%s", remotes[i].before, value);
	}
	return "anywhere";
}

void rules_print(struct cli *cli, const json_t *resource)
{
	json_t *rules = json_object_get(resource, "rules"), *rows = json_array(), *rule;
	size_t i;

	json_array_foreach (rules, i, rule) {
		json_t *row = json_copy(rule);

		if (cli->format == CLI_TABLE) {
			json_object_set_new(row, "traffic",
					    json_string(traffic_text(&cli->arena, rule)));
			json_object_set_new(row, "remote",
					    json_string(remote_text(&cli->arena, rule)));
		}
		json_array_append_new(rows, row);
	}
	resource_print_list(cli, "Rule", rows);
	json_decref(rows);
}
