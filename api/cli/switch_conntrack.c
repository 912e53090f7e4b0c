/* `weft switch conntrack list|flush`: the connections that the local switch tracks. */

#include "api/cli/switch_conntrack.h"

#include <stdio.h>
#include "api/cli/message_json.h"
#include "api/cli/print.h"

static int read_number(const struct cli_args *args, const char *name, uint32_t *value,
		       struct status *st)
{
	const char *text = cli_arg(args, name);
	uint64_t n = 0;

	if (text && cli_number(text, name, 0, UINT16_MAX, &n, st) < 0)
		return -1;
	*value = n;
	return 0;
}

static char *text_of(const struct cli_args *args, const char *name)
{
	const char *text = cli_arg(args, name);

	return (char *)(text ? text : "");
}

int sw_connection_filter_read(const struct cli_args *args, sw_connection_filter *filter,
			      bool *is_empty, struct status *st)
{
	static const char *const names[] = { "zone",  "proto", "src",  "dst",  "sport",
					     "dport", "state", "mark", "label" };

	weft__switch__v1__connection_filter__init(filter);
	filter->has_zone = cli_arg(args, "zone") != NULL;
	filter->protocol = text_of(args, "proto");
	filter->state = text_of(args, "state");
	filter->source = text_of(args, "src");
	filter->destination = text_of(args, "dst");
	filter->mark = text_of(args, "mark");
	filter->label = text_of(args, "label");
	*is_empty = true;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		*is_empty &= !cli_arg(args, names[i]);
	if (read_number(args, "zone", &filter->zone, st) < 0 ||
	    read_number(args, "sport", &filter->source_port, st) < 0 ||
	    read_number(args, "dport", &filter->destination_port, st) < 0)
		return -1;
	return 0;
}

/* --- list --- */

/* A list may have a million lines: each page is printed when it comes. */
struct listing {
	const struct cli *cli;
	void (*line)(const sw_connection *c, struct buf *out); /* NULL: a table, JSON, YAML */
	size_t widths[16];
	uint64_t n, n_left;
};

/* One value as JSON in a line, which YAML reads as well. */
static void put_value(struct listing *l, const sw_connection *c, struct buf *out)
{
	json_t *value = message_json(&c->base);
	char *text = json_dumps(value, JSON_COMPACT);

	if (l->cli->format == CLI_YAML)
		buf_printf(out, "- %s\n", text);
	else
		buf_printf(out, "%s\n    %s", l->n ? "," : "", text);
	free(text);
	json_decref(value);
}

static void put_page(struct listing *l, const Weft__Switch__V1__ConntrackListReply *r, size_t n,
		     struct buf *out)
{
	static const char *const heads[] = SW_CONNECTION_HEADS;
	struct arena arena = ARENA_INIT;
	struct cli_table table;

	cli_table_init(&table, &arena, heads);
	for (size_t i = 0; i < n; i++, l->n++) {
		if (l->cli->format != CLI_TABLE)
			put_value(l, r->connections[i], out);
		else if (l->line)
			l->line(r->connections[i], out);
		else
			sw_connection_row(&table, r->connections[i]);
	}
	if (table.n_rows)
		cli_table_format_part(&table, l->widths, out);
	arena_clear(&arena);
}

static bool on_page(void *ctx, const sw_reply *reply, uint64_t *next)
{
	const Weft__Switch__V1__ConntrackListReply *r = reply->conntrack_list;
	struct listing *l = ctx;
	size_t n = MIN_OF(r->n_connections, l->n_left);
	struct buf out = BUF_INIT;

	put_page(l, r, n, &out);
	l->n_left -= n;
	fputs(buf_str(&out), stdout);
	buf_fini(&out);
	*next = r->next;
	return l->n_left && fflush(stdout) == 0;
}

static int read_form(const struct cli_args *args, struct listing *l, struct status *st)
{
	const char *form = cli_arg(args, "lines");

	if (form && strcmp(form, "conntrack") == 0)
		l->line = sw_connection_as_conntrack;
	else if (form && strcmp(form, "ovs") == 0)
		l->line = sw_connection_as_ovs;
	else if (form)
		return status_set(st, STATUS_INVALID_ARGUMENT, "lines",
				  "--lines takes conntrack or ovs, not '%.20s'", form);
	return 0;
}

static enum cli_exit run_list(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__ConntrackListRequest list =
		WEFT__SWITCH__V1__CONNTRACK_LIST_REQUEST__INIT;
	sw_request request = SW_REQUEST(CONNTRACK_LIST, conntrack_list, &list);
	struct listing l = { .cli = cli, .n_left = UINT64_MAX };
	struct status st = STATUS_INIT;
	sw_connection_filter filter;
	enum cli_exit rc;
	bool is_empty;

	if (sw_connection_filter_read(args, &filter, &is_empty, &st) < 0 ||
	    read_form(args, &l, &st) < 0)
		return cli_error(&st);
	if (cli_arg(args, "limit") &&
	    cli_number(cli_arg(args, "limit"), "limit", 1, UINT32_MAX, &l.n_left, &st) < 0)
		return cli_error(&st);
	list.filter = &filter;
	if (cli->format == CLI_JSON)
		fputs("{\n  \"connections\": [", stdout);
	else if (cli->format == CLI_YAML)
		fputs("connections:\n", stdout);
	rc = sw_each_page(cli, &request, &list.after, on_page, &l);
	if (cli->format == CLI_JSON)
		fputs(l.n ? "\n  ]\n}\n" : "]\n}\n", stdout);
	else if (!l.n && rc == CLI_OK && cli->format == CLI_TABLE && !l.line)
		fputs(is_empty ? "no connections\n" : "no such connections\n", stdout);
	return rc;
}

static const struct cli_option list_options[] = {
	SW_CONNECTION_OPTIONS,
	{ .name = "lines",
	  .value = "FORM",
	  .help = "one line each as `conntrack -L` (conntrack) or `ovs-appctl "
		  "dpctl/dump-conntrack` (ovs) prints it",
	  .choices = "conntrack ovs" },
	{ .name = "limit", .value = "N", .help = "end after so many" },
	{ 0 },
};

static const struct cli_verb switch_conntrack_list = {
	.words = "switch conntrack list",
	.help = "List the connections that the local switch tracks.",
	.examples = "weft switch conntrack list --zone 5 --proto tcp --dport 22\n"
		    "weft switch conntrack list --src 10.0.0.0/24 --lines conntrack\n",
	.options = list_options,
	.run = run_list,
};
REGISTRY_ADD(cli_verb, switch_conntrack_list);

/* --- flush --- */

static void print_flushed(struct arena *arena, const json_t *answer, struct buf *out)
{
	uint64_t n = json_integer_value(json_object_get(answer, "nFlushed"));

	buf_printf(out, "%s forgotten\n", cli_things_text(arena, n, "connection"));
}

static enum cli_exit run_flush(struct cli *cli, const struct cli_args *args)
{
	Weft__Switch__V1__ConntrackFlushRequest flush =
		WEFT__SWITCH__V1__CONNTRACK_FLUSH_REQUEST__INIT;
	sw_request request = SW_REQUEST(CONNTRACK_FLUSH, conntrack_flush, &flush);
	struct status st = STATUS_INIT;
	sw_connection_filter filter;
	bool is_empty;

	flush.all = cli_arg(args, "all") != NULL;
	if (sw_connection_filter_read(args, &filter, &is_empty, &st) == 0) {
		if (is_empty && !flush.all)
			status_set(&st, STATUS_INVALID_ARGUMENT, "all",
				   "say which connections to forget, like --zone 5, or --all");
		else if (!is_empty && flush.all)
			status_set(&st, STATUS_INVALID_ARGUMENT, "all",
				   "--all forgets every connection: leave it or the other options "
				   "out");
	}
	if (!status_ok(&st)) {
		cli_error(&st);
		return CLI_USAGE;
	}
	flush.filter = &filter;
	return sw_run(cli, &request, NULL, print_flushed);
}

static const struct cli_option flush_options[] = {
	SW_CONNECTION_OPTIONS,
	{ .name = "all", .help = "every connection of every zone" },
	{ 0 },
};

static const struct cli_verb switch_conntrack_flush = {
	.words = "switch conntrack flush",
	.help = "Forget tracked connections: their next packets are new ones again.",
	.examples = "weft switch conntrack flush --zone 5 --src 10.0.0.7\n"
		    "weft switch conntrack flush --all\n",
	.options = flush_options,
	.run = run_flush,
};
REGISTRY_ADD(cli_verb, switch_conntrack_flush);
