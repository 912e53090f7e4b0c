/* Lists of actions as text: "set_field:10.0.0.1->ip_dst,output:2", items with commas between
 * them, each a name and what its class reads. */

#include <stdio.h>
#include <strings.h>

#include "proto/openflow/action.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/port_no.h"
#include "proto/openflow/tokens.h"

void of_actions_print(const struct of_actions *acts, struct buf *out)
{
	if (acts->n == 0)
		buf_puts(out, "drop");
	for (unsigned i = 0; i < acts->n; i++) {
		if (i > 0)
			buf_puts(out, ",");
		acts->list[i]->class->print(acts->list[i], out);
	}
}

/* "name", "name:args" or "name(args)"; NAME gets the name, the arguments are copied.  With
 * "name(args)->more" they are "args)->more". */
static const char *split_arguments(const char *item, size_t size, char *name, size_t name_room,
				   struct arena *a)
{
	size_t name_size = 0, args_size;
	const char *args;

	while (name_size < size && item[name_size] != ':' && item[name_size] != '(')
		name_size++;
	snprintf(name, name_room, "%.*s", (int)MIN_OF(name_size, name_room), item);
	if (name_size == size)
		return "";
	args = item + name_size + 1;
	args_size = size - name_size - 1;
	if (item[name_size] == '(') {
		if (!memchr(args, ')', args_size))
			return NULL;
		if (args[args_size - 1] == ')')
			args_size--;
	}
	return arena_printf(a, "%.*s", (int)args_size, args);
}

static int add(struct arena *a, struct of_actions *acts, const struct of_action *act)
{
	if (!act)
		return -1;
	of_actions_add(a, acts, act);
	return 0;
}

static int parse_action(const char *item, size_t size, struct arena *a, struct of_actions *acts,
			struct status *st)
{
	char name[64];
	const char *args = split_arguments(item, size, name, sizeof(name), a);
	const struct of_action_class *class = of_action_class_find(name);
	uint32_t port_no;

	if (!args)
		return status_set(st, STATUS_INVALID_ARGUMENT, name, "%s: no ')' at the end", name);
	if (class && class->parse_list)
		return class->parse_list(args, a, acts, st);
	/* "CONTROLLER:128" is an output, "controller(...)" an action of its own. */
	if (class && class->parse)
		return add(a, acts, class->parse(args, a, st));
	if (of_port_no_parse(name, strlen(name), &port_no) == 0)
		return add(a, acts,
			   of_action_output_class.parse(arena_printf(a, "%.*s", (int)size, item), a,
							st));
	return status_set(st, STATUS_INVALID_ARGUMENT, name,
			  "%s: no such action: see \"Actions\" in the manual for the names", name);
}

static bool is_drop(const char *item, size_t size)
{
	return size == 4 && strncasecmp(item, "drop", 4) == 0;
}

static unsigned count_items(const char *text, bool *has_drop)
{
	const char *item;
	unsigned n = 0;
	size_t size;

	*has_drop = false;
	for (; token_next_item(&text, &item, &size); n++)
		*has_drop |= is_drop(item, size);
	return n;
}

/* How deep the call is among actions within actions. */
static _Thread_local unsigned depth;

static int parse_list(const char *text, struct arena *a, struct of_actions *acts, struct status *st)
{
	const char *at = text, *item;
	size_t size;

	while (token_next_item(&at, &item, &size)) {
		if (parse_action(item, size, a, acts, st) != 0)
			return -1;
	}
	return 0;
}

int of_actions_parse(const char *text, struct arena *a, struct of_actions *acts, struct status *st)
{
	bool has_drop;
	unsigned n = count_items(text, &has_drop);
	int rc;

	*acts = (struct of_actions){ 0 };
	if (has_drop && n > 1)
		return status_set(st, STATUS_INVALID_ARGUMENT, "drop",
				  "drop: stands alone: leave the others out");
	if (has_drop || n == 0)
		return 0;
	if (depth >= OF_ACTIONS_MAX_DEPTH)
		return status_set(st, STATUS_INVALID_ARGUMENT, "actions",
				  "actions: more than %d lists within each other",
				  OF_ACTIONS_MAX_DEPTH);
	depth++;
	rc = parse_list(text, a, acts, st);
	depth--;
	return rc;
}
