/* `weft switch groups|meters`: look into the local switch. */

#include <inttypes.h>
#include "api/cli/print.h"
#include "api/cli/switch_verbs.h"
#include "api/cli/table.h"

static uint64_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_bucket(struct arena *arena, const json_t *b, bool has_weight, struct buf *out)
{
	const char *watch = print_value(arena, b, "watch");

	buf_printf(out, "  bucket %" PRIu64, number_at(b, "id"));
	if (has_weight)
		buf_printf(out, ", weight %" PRIu64, number_at(b, "weight"));
	if (*watch)
		buf_printf(out, ", watches %s", watch);
	buf_printf(out, "  -> %s  [%" PRIu64 " packets]\n", print_value(arena, b, "actions"),
		   number_at(b, "nPackets"));
}

static void print_groups(struct arena *arena, const json_t *answer, struct buf *out)
{
	const json_t *groups = json_object_get(answer, "groups"), *g, *b;
	size_t i, k;

	if (!json_array_size(groups))
		buf_puts(out, "no groups\n");
	json_array_foreach(groups, i, g)
	{
		const char *type = print_value(arena, g, "type");
		const json_t *buckets = json_object_get(g, "buckets");

		buf_printf(out,
			   "group %" PRIu64 ", %s, used by %" PRIu64 "  [%" PRIu64 " packets]\n",
			   number_at(g, "id"), type, number_at(g, "refCount"),
			   number_at(g, "nPackets"));
		json_array_foreach(buckets, k, b)
			print_bucket(arena, b, strcmp(type, "select") == 0, out);
		if (number_at(g, "bucketCount") > json_array_size(buckets))
			buf_printf(out, "  and %" PRIu64 " more buckets\n",
				   number_at(g, "bucketCount") - json_array_size(buckets));
	}
}

static enum cli_exit run_groups(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__GroupsRequest groups = WEFT__SWITCH__V1__GROUPS_REQUEST__INIT;
	sw_request request = SW_REQUEST(GROUPS, groups, &groups);

	(void)args;
	return sw_run(cli, &request, &groups.after, print_groups);
}

static const struct cli_verb switch_groups = {
	.words = "switch groups",
	.help = "List the groups of the local switch: buckets, what they watch, packets.",
	.run = run_groups,
};
REGISTRY_ADD(cli_verb, switch_groups);

static const char *meter_name(struct arena *arena, const json_t *m)
{
	const char *name = print_value(arena, m, "name");

	return *name ? name : arena_printf(arena, "%" PRIu64, number_at(m, "id"));
}

static const char *rate_text(struct arena *arena, const json_t *m, const json_t *band)
{
	return arena_printf(arena, "%" PRIu64 " %s/s", number_at(band, "rate"),
			    print_value(arena, m, "unit"));
}

/* A remarking band adds its level to the drop precedence. */
static const char *band_text(struct arena *arena, const json_t *band)
{
	const char *type = print_value(arena, band, "type");
	uint64_t level = number_at(band, "precLevel");

	return level ? arena_printf(arena, "%s +%" PRIu64, type, level) : type;
}

/* The meter's own columns stand before its first band; BAND may be NULL: it has none. */
static void add_band(struct cli_table *table, struct arena *arena, const json_t *m,
		     const json_t *band, bool is_first)
{
	cli_table_row(table,
		      (const char *const[]){
			      is_first ? meter_name(arena, m) : "",
			      is_first ? cli_count_text(arena, number_at(m, "flowCount")) : "",
			      is_first ? cli_count_text(arena, number_at(m, "nPackets")) : "",
			      band ? band_text(arena, band) : "-",
			      band ? rate_text(arena, m, band) : "",
			      band ? cli_count_text(arena, number_at(band, "burstSize")) : "",
			      band ? cli_count_text(arena, number_at(band, "nPackets")) : "",
		      });
}

static void print_meters(struct arena *arena, const json_t *answer, struct buf *out)
{
	static const char *const heads[] = { ">METER", ">FLOWS", ">PACKETS",  "BAND",
					     ">RATE",  ">BURST", ">EXCEEDED", NULL };
	const json_t *meters = json_object_get(answer, "meters"), *m, *bands, *b;
	struct cli_table table;
	size_t i, k;

	if (!json_array_size(meters)) {
		buf_puts(out, "no meters\n");
		return;
	}
	cli_table_init(&table, arena, heads);
	json_array_foreach(meters, i, m)
	{
		bands = json_object_get(m, "bands");
		if (!json_array_size(bands))
			add_band(&table, arena, m, NULL, true);
		json_array_foreach(bands, k, b) add_band(&table, arena, m, b, k == 0);
	}
	cli_table_format(&table, out);
}

static enum cli_exit run_meters(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__MetersRequest meters = WEFT__SWITCH__V1__METERS_REQUEST__INIT;
	sw_request request = SW_REQUEST(METERS, meters, &meters);

	(void)args;
	return sw_run(cli, &request, &meters.after, print_meters);
}

static const struct cli_verb switch_meters = {
	.words = "switch meters",
	.help = "List the meters of the local switch: bands, rates, packets that exceeded them.",
	.run = run_meters,
};
REGISTRY_ADD(cli_verb, switch_meters);
