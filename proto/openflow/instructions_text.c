/* Instructions as text: what stands behind "actions=" of a flow.  Actions to apply stand as they
 * are; the other instructions look like actions. */

#include <stdio.h>
#include <strings.h>

#include "proto/openflow/action.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/meter.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/tokens.h"

void of_instructions_print(const struct of_instructions *ins, struct buf *out)
{
	size_t start = out->size;
	const char *comma = "";

	if (ins->has_meter) {
		buf_printf(out, "meter:%u", ins->meter_id);
		comma = ",";
	}
	if (ins->has_apply && ins->apply.n) {
		buf_puts(out, comma);
		of_actions_print(&ins->apply, out);
		comma = ",";
	}
	if (ins->has_clear) {
		buf_printf(out, "%sclear_actions", comma);
		comma = ",";
	}
	if (ins->has_write) {
		buf_printf(out, "%swrite_actions(", comma);
		of_actions_print(&ins->write, out);
		buf_puts(out, ")");
		comma = ",";
	}
	if (ins->has_metadata) {
		buf_printf(out, "%swrite_metadata:%#llx", comma, (unsigned long long)ins->metadata);
		if (ins->metadata_mask != UINT64_MAX)
			buf_printf(out, "/%#llx", (unsigned long long)ins->metadata_mask);
		comma = ",";
	}
	if (ins->has_goto)
		buf_printf(out, "%sgoto_table:%u", comma, ins->goto_table);
	if (out->size == start)
		buf_puts(out, "drop");
}

struct parser {
	struct arena *arena;
	struct of_instructions *ins;
	struct buf apply; /* the items that are actions, with commas */
	struct status *st;
};

/* The arguments of ITEM if it is the instruction NAME: behind ':' or in parentheses, or "". */
static const char *arguments_of(const char *item, size_t size, const char *name, struct arena *a)
{
	size_t n = strlen(name);

	if (size < n || strncasecmp(item, name, n) != 0)
		return NULL;
	if (size == n)
		return "";
	if (item[n] == ':')
		return arena_printf(a, "%.*s", (int)(size - n - 1), item + n + 1);
	if (item[n] == '(' && item[size - 1] == ')')
		return arena_printf(a, "%.*s", (int)(size - n - 2), item + n + 1);
	return NULL;
}

static int claim(struct parser *p, bool *has, const char *name)
{
	if (*has)
		return status_set(p->st, STATUS_INVALID_ARGUMENT, name, "%s: given twice: keep one",
				  name);
	*has = true;
	return 0;
}

static int parse_goto(struct parser *p, const char *args)
{
	uint64_t table;

	if (of_number_parse(args, strlen(args), &table) != 0 || table > OF_TABLE_MAX)
		return status_set(p->st, STATUS_INVALID_ARGUMENT, "goto_table",
				  "goto_table: \"%s\" is no table: give 0 to 254", args);
	p->ins->goto_table = table;
	return claim(p, &p->ins->has_goto, "goto_table");
}

static int parse_metadata(struct parser *p, const char *args)
{
	const char *slash = strchr(args, '/');
	uint64_t value, mask = UINT64_MAX;

	if (of_number_parse(args, slash ? (size_t)(slash - args) : strlen(args), &value) != 0 ||
	    (slash && of_number_parse(slash + 1, strlen(slash + 1), &mask) != 0))
		return status_set(p->st, STATUS_INVALID_ARGUMENT, "write_metadata",
				  "write_metadata: \"%s\": write VALUE or VALUE/MASK", args);
	p->ins->metadata = value & mask;
	p->ins->metadata_mask = mask;
	return claim(p, &p->ins->has_metadata, "write_metadata");
}

static int parse_meter(struct parser *p, const char *args)
{
	uint64_t meter_id;

	if (of_number_parse(args, strlen(args), &meter_id) != 0 || !meter_id ||
	    meter_id > OF_METER_MAX)
		return status_set(p->st, STATUS_INVALID_ARGUMENT, "meter",
				  "meter: \"%.100s\" is no meter: give 1 to %u", args,
				  OF_METER_MAX);
	p->ins->meter_id = meter_id;
	return claim(p, &p->ins->has_meter, "meter");
}

static int parse_item(struct parser *p, const char *item, size_t size)
{
	const char *args;

	args = arguments_of(item, size, "goto_table", p->arena);
	if (args)
		return parse_goto(p, args);
	args = arguments_of(item, size, "write_metadata", p->arena);
	if (args)
		return parse_metadata(p, args);
	/* First it is the instruction, later the action of OpenFlow 1.5. */
	args = p->apply.size ? NULL : arguments_of(item, size, "meter", p->arena);
	if (args)
		return parse_meter(p, args);
	args = arguments_of(item, size, "clear_actions", p->arena);
	if (args)
		return claim(p, &p->ins->has_clear, "clear_actions");
	args = arguments_of(item, size, "write_actions", p->arena);
	if (args) {
		if (claim(p, &p->ins->has_write, "write_actions") != 0)
			return -1;
		return of_actions_parse(args, p->arena, &p->ins->write, p->st);
	}
	args = arguments_of(item, size, "apply_actions", p->arena);
	if (args) {
		item = args;
		size = strlen(args);
	}
	buf_puts(&p->apply, p->apply.size ? "," : "");
	buf_add(&p->apply, item, size);
	return 0;
}

int of_instructions_parse(const char *text, struct arena *a, struct of_instructions *ins,
			  struct status *st)
{
	struct parser p = { .arena = a, .ins = ins, .st = st };
	const char *at = text, *item;
	size_t size;
	int rc = 0;

	*ins = (struct of_instructions){ 0 };
	while (rc == 0 && token_next_item(&at, &item, &size))
		rc = parse_item(&p, item, size);
	if (rc == 0)
		rc = of_actions_parse(buf_str(&p.apply), a, &ins->apply, st);
	ins->has_apply = ins->apply.n > 0;
	buf_fini(&p.apply);
	return rc;
}
