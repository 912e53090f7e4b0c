/* Lists of actions as text: "set_field:10.0.0.1->ip_dst,output:2", items with commas between
 * them, each a name and what its class reads. */

#include <stdio.h>
#include <strings.h>

#include "proto/openflow/action.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/port_no.h"
#include "proto/openflow/tokens.h"

#define MAX_DEPTH 16 /* of actions within actions; input chooses it */

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

/* "name", "name:args" or "name(args)"; NAME gets the name, the arguments are copied. */
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
		if (args_size == 0 || args[args_size - 1] != ')')
			return NULL;
		args_size--;
	}
	return arena_printf(a, "%.*s", (int)args_size, args);
}

static const struct of_action *parse_action(const char *item, size_t size, struct arena *a,
					    struct status *st)
{
	char name[64];
	const char *args = split_arguments(item, size, name, sizeof(name), a);
	const struct of_action_class *class = of_action_class_find(name);
	uint32_t port_no;

	if (!args) {
		status_set(st, STATUS_INVALID_ARGUMENT, name, "%s: no ')' at the end", name);
		return NULL;
	}
	if (class)
		return class->parse(args, a, st);
	if (of_port_no_parse(name, strlen(name), &port_no) == 0)
		return of_action_output_class.parse(arena_printf(a, "%.*s", (int)size, item), a,
						    st);
	status_set(st, STATUS_INVALID_ARGUMENT, name,
		   "%s: no such action: see \"Actions\" in the manual for the names", name);
	return NULL;
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

int of_actions_parse(const char *text, struct arena *a, struct of_actions *acts, struct status *st)
{
	const char *at = text, *item;
	bool has_drop;
	unsigned n = count_items(text, &has_drop);
	size_t size;

	*acts = (struct of_actions){ 0 };
	if (has_drop && n > 1)
		return status_set(st, STATUS_INVALID_ARGUMENT, "drop",
				  "drop: stands alone: leave the others out");
	if (has_drop || n == 0)
		return 0;
	acts->list = arena_alloc(a, n * sizeof(*acts->list));
	while (token_next_item(&at, &item, &size)) {
		const struct of_action *act = parse_action(item, size, a, st);

		if (!act)
			return -1;
		acts->list[acts->n++] = act;
	}
	return 0;
}

