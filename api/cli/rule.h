#ifndef API_CLI_RULE_H
#define API_CLI_RULE_H

/* Rules of security groups and admin policies on the command line: options, JSON, tables. */

#include <jansson.h>
#include "api/cli/cli.h"

/* Options that both kinds of rule have: an initializer's elements. */
/* clang-format off */
#define RULE_OPTIONS                                                                               \
	{ .name = "ingress", .help = "traffic to the port" },                                      \
	{ .name = "egress", .help = "traffic from the port" },                                     \
	{ .name = "protocol", .value = "NAME|NUMBER",                                              \
	  .help = "tcp, udp, icmp, icmpv6, sctp ... (default any)",                                \
	  .choices = "tcp udp icmp icmpv6 sctp" },                                                 \
	{ .name = "ports", .value = "LIST",                                                        \
	  .help = "destination ports: 80,443,8000-8080 (default any)" },                           \
	{ .name = "icmp-type", .value = "N", .help = "type of ICMP" },                             \
	{ .name = "icmp-code", .value = "N", .help = "code of ICMP" },                             \
	{ .name = "ethertype", .value = "ipv4|ipv6", .help = "one version of IP (default both)",   \
	  .choices = "ipv4 ipv6" },                                                                \
	{ .name = "remote", .value = "PREFIX",                                                     \
	  .help = "the other end: 10.0.0.0/8, 2001:db8::1 (default anywhere)" },                   \
	{ .name = "address-group", .value = "GROUP", .help = "the other end is in this address group", \
	  .choices = "@address-groups" },                                                          \
	{ .name = "id", .value = "ID", .help = "the rule's id (default: one is chosen)" },         \
	{ .name = "description", .value = "TEXT", .help = "what the rule is for" },                \
	{ .name = "log", .help = "report what the rule decides about" }
/* clang-format on */

/* The rule that ARGS say; NULL with ST. */
json_t *rule_of_args(struct cli *cli, const struct cli_args *args, struct status *st);
/* The rules in FILE ("-": standard input), JSON: an array of them, or an object with `rules`; NULL
 * with ST. */
json_t *rules_of_file(const char *file, struct status *st);
/* Print RESOURCE's rules, one a line. */
void rules_print(struct cli *cli, const json_t *resource);

#endif
