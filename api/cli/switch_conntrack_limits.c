/* `weft switch conntrack stats|limits|timeouts`: how many connections the local switch tracks, how
 * many it may, and for how long. */

#include <inttypes.h>
#include "api/cli/print.h"
#include "api/cli/switch_verbs.h"
#include "api/cli/table.h"

static uint64_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* --- stats --- */

static void print_stats(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const struct {
		const char *key, *text;
	} lines[] = {
		{ "nCreated", "made" },
		{ "nExpired", "ended, or not heard of for too long" },
		{ "nFlushed", "flushed" },
		{ "nEvicted", "given up for newer ones" },
		{ "nRefusedFull", "not made: max-connections are in use" },
		{ "nRefusedZone", "not made: the limit of their zone" },
		{ "nNatExhausted", "not made: no address and port was free for translation" },
		{ "nInvalid", "packets that do not fit their connection, or begin none" },
	};

	buf_printf(out, "%s of at most %" PRIu64 ", %s\n",
		   cli_things_text(arena, number_at(answer, "nConnections"), "connection"),
		   number_at(answer, "maxConnections"),
		   cli_bytes_text(arena, number_at(answer, "memoryBytes")));
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
		buf_printf(out, "%12" PRIu64 "  %s\n", number_at(answer, lines[i].key),
			   lines[i].text);
}

static enum cli_exit run_stats(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__ConntrackStatsRequest stats =
		WEFT__SWITCH__V1__CONNTRACK_STATS_REQUEST__INIT;
	sw_request request = SW_REQUEST(CONNTRACK_STATS, conntrack_stats, &stats);

	return sw_watch(cli, args, &request, NULL, print_stats);
}

static const struct cli_option stats_options[] = { SW_WATCH_OPTIONS, { 0 } };

static const struct cli_verb switch_conntrack_stats = {
	.words = "switch conntrack stats",
	.help = "Count tracked connections: made, ended, given up, refused.",
	.examples = "weft switch conntrack stats --interval 5\n",
	.options = stats_options,
	.run = run_stats,
};
REGISTRY_ADD(cli_verb, switch_conntrack_stats);

/* --- limits --- */

static void print_limits(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const char *const heads[] = { ">ZONE", ">CONNECTIONS", ">LIMIT",
					     "WHOSE", ">REFUSED",     NULL };
	uint64_t initial = number_at(answer, "defaultLimit");
	const json_t *zones = json_object_get(answer, "zones"), *z;
	struct cli_table table;
	size_t i;

	buf_printf(out, "zones without a limit of their own: %s\n",
		   initial ? cli_things_text(arena, initial, "connection") : "no limit");
	if (!json_array_size(zones))
		return;
	cli_table_init(&table, arena, heads);
	json_array_foreach (zones, i, z) {
		uint64_t limit = number_at(z, "limit");
		bool is_own = json_is_true(json_object_get(z, "hasLimit"));

		cli_table_row(&table, (const char *const[]){
					      cli_count_text(arena, number_at(z, "zone")),
					      cli_count_text(arena, number_at(z, "nConnections")),
					      limit ? cli_count_text(arena, limit) : "none",
					      is_own ? "its own" : "default",
					      cli_count_text(arena, number_at(z, "nRefused")),
				      });
	}
	cli_table_format(&table, out);
}

static void print_nothing(struct arena *arena, const json_t *answer, struct buf *out)
{
	(void)arena;
	(void)answer;
	(void)out;
}

static enum cli_exit set_limit(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__ConntrackSetLimitRequest set =
		WEFT__SWITCH__V1__CONNTRACK_SET_LIMIT_REQUEST__INIT;
	sw_request request = SW_REQUEST(CONNTRACK_SET_LIMIT, conntrack_set_limit, &set);
	const char *zone_text = cli_arg(args, "zone"), *text = cli_arg(args, "set");
	struct status st = STATUS_INIT;
	uint64_t zone = 0, limit = 0;

	set.is_deleted = cli_arg(args, "delete") != NULL;
	if (!text == !set.is_deleted)
		status_set(&st, STATUS_INVALID_ARGUMENT, "set",
			   "give --set N, or --delete with --zone, not %s",
			   text ? "both" : "--zone alone");
	else if (set.is_deleted && !zone_text)
		status_set(&st, STATUS_INVALID_ARGUMENT, "zone",
			   "--delete needs --zone; the default limit is taken away with --set 0");
	if (!status_ok(&st) ||
	    (zone_text && cli_number(zone_text, "zone", 0, UINT16_MAX, &zone, &st) < 0) ||
	    (text && cli_number(text, "set", 0, 1 << 26, &limit, &st) < 0)) {
		cli_error(&st);
		return CLI_USAGE;
	}
	set.has_zone = zone_text != NULL;
	set.zone = zone;
	set.limit = limit;
	return sw_run(cli, &request, NULL, print_nothing);
}

static enum cli_exit run_limits(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__ConntrackLimitsRequest limits =
		WEFT__SWITCH__V1__CONNTRACK_LIMITS_REQUEST__INIT;
	sw_request request = SW_REQUEST(CONNTRACK_LIMITS, conntrack_limits, &limits);

	if (args->n_given)
		return set_limit(cli, args);
	return sw_run(cli, &request, &limits.after, print_limits);
}

static const struct cli_option limits_options[] = {
	{ .name = "set",
	  .value = "N",
	  .help = "let there be so many connections, 0 (no limit) to 67108864" },
	{ .name = "zone",
	  .value = "ZONE",
	  .help = "in this zone, 0 to 65535 (default: in each zone without a limit of its own)" },
	{ .name = "delete", .help = "the zone has no limit of its own any more" },
	{ 0 },
};

static const struct cli_verb switch_conntrack_limits = {
	.words = "switch conntrack limits",
	.help = "Show how many connections each zone has and may have, or set that.",
	.examples = "weft switch conntrack limits\n"
		    "weft switch conntrack limits --zone 5 --set 10000\n"
		    "weft switch conntrack limits --zone 5 --delete\n",
	.options = limits_options,
	.run = run_limits,
};
REGISTRY_ADD(cli_verb, switch_conntrack_limits);

/* --- timeouts --- */

static void print_policy(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const char *const heads[] = { "STATE", ">SECONDS", ">DEFAULT", "WHEN", NULL };
	const json_t *t;
	struct cli_table table;
	size_t i;

	cli_table_init(&table, arena, heads);
	json_array_foreach (json_object_get(answer, "timeouts"), i, t)
		cli_table_row(&table, (const char *const[]){
					      print_value(arena, t, "state"),
					      cli_count_text(arena, number_at(t, "seconds")),
					      cli_count_text(arena, number_at(t, "defaultSeconds")),
					      print_value(arena, t, "description"),
				      });
	cli_table_format(&table, out);
	buf_printf(out, "\nTCP packets from the middle of an unknown connection %s\n",
		   json_is_true(json_object_get(answer, "isStrict")) ? "are invalid (strict)"
								     : "begin one");
	buf_printf(out, "TCP packets outside of the window %s\n",
		   json_is_true(json_object_get(answer, "isLiberal"))
			   ? "are let pass, but for resets (liberal)"
			   : "are invalid");
}

/* "tcp-established=3600" or "tcp-established=default" */
static int read_timeout(struct arena *arena, const char *word, Weft__Switch__V1__StateTimeout *t,
			struct status *st)
{
	const char *equals = strchr(word, '=');
	uint64_t seconds = 0;

	weft__switch__v1__state_timeout__init(t);
	if (!equals)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
				  "'%.40s': give STATE=SECONDS, like tcp-established=3600, or "
				  "STATE=default",
				  word);
	t->state = arena_printf(arena, "%.*s", (int)(equals - word), word);
	if (strcmp(equals + 1, "default") != 0 &&
	    cli_number(equals + 1, t->state, 1, 31536000, &seconds, st) < 0)
		return -1;
	t->seconds = seconds;
	return 0;
}

/* --NAME on|off; 0, or -1 with ST. */
static int read_switch(const struct cli_args *args, const char *name, protobuf_c_boolean *is_given,
		       protobuf_c_boolean *value, struct status *st)
{
	const char *text = cli_arg(args, name);

	*is_given = text != NULL;
	*value = text && strcmp(text, "on") == 0;
	if (text && !*value && strcmp(text, "off") != 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, name,
				  "--%s takes on or off, not '%.20s'", name, text);
	return 0;
}

static int read_policy(struct arena *arena, const struct cli_args *args,
		       Weft__Switch__V1__ConntrackPolicyRequest *policy, struct status *st)
{
	policy->n_timeouts = args->n_words;
	policy->timeouts = arena_alloc(arena, (args->n_words + 1) * sizeof(*policy->timeouts));
	for (size_t i = 0; i < args->n_words; i++) {
		policy->timeouts[i] = arena_alloc(arena, sizeof(*policy->timeouts[i]));
		if (read_timeout(arena, args->words[i], policy->timeouts[i], st) < 0)
			return -1;
	}
	if (read_switch(args, "strict", &policy->set_strict, &policy->is_strict, st) < 0)
		return -1;
	return read_switch(args, "liberal", &policy->set_liberal, &policy->is_liberal, st);
}

static enum cli_exit run_timeouts(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__ConntrackPolicyRequest policy =
		WEFT__SWITCH__V1__CONNTRACK_POLICY_REQUEST__INIT;
	sw_request request = SW_REQUEST(CONNTRACK_POLICY, conntrack_policy, &policy);
	struct status st = STATUS_INIT;

	if (read_policy(&cli->arena, args, &policy, &st) < 0) {
		cli_error(&st);
		return CLI_USAGE;
	}
	return sw_run(cli, &request, NULL, print_policy);
}

static const struct cli_option timeouts_options[] = {
	{ .name = "strict",
	  .value = "MODE",
	  .help = "on: a TCP packet from the middle of an unknown connection is invalid; off: it "
		  "begins one",
	  .choices = "on off" },
	{ .name = "liberal",
	  .value = "MODE",
	  .help = "on: TCP packets outside of the window are let pass, but for resets; off: they "
		  "are invalid",
	  .choices = "on off" },
	{ 0 },
};

static const struct cli_verb switch_conntrack_timeouts = {
	.words = "switch conntrack timeouts",
	.operands = "[STATE=SECONDS|STATE=default]...",
	.help = "Show how long connections are remembered in each state, or set that.",
	.examples = "weft switch conntrack timeouts\n"
		    "weft switch conntrack timeouts tcp-established=86400 udp=default\n"
		    "weft switch conntrack timeouts --liberal on\n",
	.options = timeouts_options,
	.max_words = 32,
	.run = run_timeouts,
};
REGISTRY_ADD(cli_verb, switch_conntrack_timeouts);
