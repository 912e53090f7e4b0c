/* Groups from text, in the syntax of ovs-ofctl's add-group and its like:
 *
 *	group_id=1,type=select,selection_method=hash,fields(ip_src,ip_dst),
 *	bucket=weight:5,watch_port:2,actions=output:2,bucket=bucket_id:7,output:3
 *
 * What stands before the first bucket is about the group; in a bucket, what is no option of it is
 * an action. */

#include <stdlib.h>
#include <strings.h>

#include "proto/openflow/field_text.h"
#include "proto/openflow/group.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/port_no.h"

#define BUCKET "bucket="

struct parser {
	struct of_group_mod *gm;
	struct arena *arena;
	struct status *st;
	bool has_group_id, has_type, has_command_bucket_id;
};

/* "key", "key=value", "key:value" or "key(value)". */
struct item {
	const char *text; /* all of it */
	const char *key, *value;
};

static int invalid(struct parser *p, const char *field, const char *why)
{
	return status_set(p->st, STATUS_INVALID_ARGUMENT, field, "%s: %s", field, why);
}

/* The next word of *AT; commas and blanks inside parentheses do not separate. */
static bool next_item(const char **at, struct arena *a, struct item *item)
{
	const char *start = *at + strspn(*at, ", \t\r\n"), *end = start;
	size_t key_size, value_size;
	int depth = 0;

	for (; *end && (depth > 0 || !strchr(", \t\r\n", *end)); end++)
		depth += (*end == '(') - (*end == ')');
	if (end == start)
		return false;
	*at = end;
	item->text = arena_printf(a, "%.*s", (int)(end - start), start);
	key_size = strcspn(item->text, "=:(");
	item->key = arena_printf(a, "%.*s", (int)key_size, start);
	item->value = item->text[key_size] ? item->text + key_size + 1 : "";
	value_size = strlen(item->value);
	if (item->text[key_size] == '(' && value_size && item->value[value_size - 1] == ')')
		item->value = arena_printf(a, "%.*s", (int)value_size - 1, item->value);
	return true;
}

static int parse_number(struct parser *p, const struct item *item, uint64_t max, uint64_t *number)
{
	if (of_number_parse(item->value, strlen(item->value), number) == 0 && *number <= max)
		return 0;
	return status_set(p->st, STATUS_INVALID_ARGUMENT, item->key,
			  "%s: give a number from 0 to %llu", item->key, (unsigned long long)max);
}

static int parse_group_id(struct parser *p, const struct item *item)
{
	uint64_t number = OF_GROUP_ALL;

	if (strcasecmp(item->value, "all") == 0 && p->gm->command != OF_GROUP_DELETE)
		return invalid(p, item->key, "all: only deleting is for all groups");
	if (strcasecmp(item->value, "all") != 0 &&
	    parse_number(p, item, OF_GROUP_MAX, &number) != 0)
		return -1;
	p->gm->group_id = number;
	p->has_group_id = true;
	return 0;
}

static int parse_type(struct parser *p, const struct item *item)
{
	static const struct {
		const char *name;
		uint8_t type;
	} types[] = {
		{ "all", OF_GROUP_ALL_BUCKETS },
		{ "select", OF_GROUP_SELECT },
		{ "indirect", OF_GROUP_INDIRECT },
		{ "ff", OF_GROUP_FAST_FAILOVER },
		{ "fast_failover", OF_GROUP_FAST_FAILOVER },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
		if (strcasecmp(item->value, types[i].name) == 0) {
			p->gm->type = types[i].type;
			p->has_type = true;
			return 0;
		}
	}
	return invalid(p, item->key, "give all, select, indirect or ff");
}

static int parse_command_bucket_id(struct parser *p, const struct item *item)
{
	bool is_remove = p->gm->command == OF_GROUP_REMOVE_BUCKET;
	uint64_t number;

	if (strcasecmp(item->value, "first") == 0)
		number = OF_BUCKET_FIRST;
	else if (strcasecmp(item->value, "last") == 0)
		number = OF_BUCKET_LAST;
	else if (strcasecmp(item->value, "all") == 0 && is_remove)
		number = OF_BUCKET_ALL;
	else if (of_number_parse(item->value, strlen(item->value), &number) != 0 ||
		 number > OF_BUCKET_MAX)
		return invalid(p, item->key,
			       is_remove ? "give a bucket's number, first, last or all"
					 : "give a bucket's number, first or last");
	p->gm->command_bucket_id = number;
	p->has_command_bucket_id = true;
	return 0;
}

static int parse_method(struct parser *p, const struct item *item)
{
	if (strcmp(item->value, "hash") != 0 && strcmp(item->value, "dp_hash") != 0)
		return invalid(p, item->key, "give hash or dp_hash");
	strcpy(p->gm->selection.method, item->value);
	return 0;
}

/* A field whose value says which of its bits count; alone, all of them. */
static int parse_field(struct parser *p, const struct item *item)
{
	static const uint8_t zeros[OF_FIELD_MAX_BYTES];
	const struct of_field *f = of_field_by_name(item->key, strlen(item->key));
	uint8_t mask[OF_FIELD_MAX_BYTES], ones[OF_FIELD_MAX_BYTES];
	struct of_match *fields = &p->gm->selection.fields;

	if (!f)
		return invalid(p, item->key, "no such field: see \"Fields\" in the manual");
	if (of_match_find(fields, f->id))
		return invalid(p, item->key, "is there twice: leave one out");
	memcpy(mask, of_field_ones[f->id], sizeof(mask));
	if (*item->value &&
	    of_field_parse(f, item->key, item->value, strlen(item->value), mask, ones, p->st) != 0)
		return -1;
	if (*item->value && memcmp(ones, of_field_ones[f->id], f->n_bytes) != 0)
		return invalid(p, item->key, "is a mask itself here: leave the second one out");
	if (memcmp(mask, zeros, f->n_bytes) == 0)
		return invalid(p, item->key, "is a mask here: set at least one bit");
	if (!f->is_maskable && memcmp(mask, of_field_ones[f->id], f->n_bytes) != 0)
		return invalid(p, item->key, "counts as a whole: leave the value out");
	of_match_set(p->arena, fields, f->id, mask, mask);
	return 0;
}

static int parse_fields(struct parser *p, const struct item *item)
{
	const char *at = item->value;
	struct item field;

	while (next_item(&at, p->arena, &field)) {
		if (parse_field(p, &field) != 0)
			return -1;
	}
	return 0;
}

static bool is_about_bucket(const struct of_group_mod *gm)
{
	return gm->command == OF_GROUP_INSERT_BUCKET || gm->command == OF_GROUP_REMOVE_BUCKET;
}

/* Whether the command takes a whole group: its type, method and buckets. */
static bool is_whole(const struct of_group_mod *gm)
{
	return !is_about_bucket(gm) && gm->command != OF_GROUP_DELETE;
}

static int parse_group_word(struct parser *p, const struct item *item)
{
	static const struct {
		const char *key;
		int (*parse)(struct parser *p, const struct item *item);
	} of_whole[] = {
		{ "type", parse_type },
		{ "selection_method", parse_method },
		{ "fields", parse_fields },
	};

	if (strcasecmp(item->key, "group_id") == 0)
		return parse_group_id(p, item);
	if (strcasecmp(item->key, "command_bucket_id") == 0)
		return is_about_bucket(p->gm)
			       ? parse_command_bucket_id(p, item)
			       : invalid(p, item->key, "is for inserting and removing buckets");
	for (size_t i = 0; i < ARRAY_LENGTH(of_whole); i++) {
		if (strcasecmp(item->key, of_whole[i].key) != 0)
			continue;
		return is_whole(p->gm) ? of_whole[i].parse(p, item)
				       : invalid(p, item->key, "is not for this command");
	}
	if (strcasecmp(item->key, "selection_method_param") == 0)
		return is_whole(p->gm) ? parse_number(p, item, UINT64_MAX, &p->gm->selection.param)
				       : invalid(p, item->key, "is not for this command");
	return invalid(p, item->key, "no such word of a group: see \"Groups\" in the manual");
}

static int check_group(struct parser *p)
{
	const struct of_group_selection *s = &p->gm->selection;

	if (!p->has_group_id)
		return invalid(p, "group_id", "missing: say which group");
	if (is_whole(p->gm) && !p->has_type)
		return invalid(p, "type", "missing: give all, select, indirect or ff");
	if (s->method[0] && p->gm->type != OF_GROUP_SELECT)
		return invalid(p, "selection_method", "is for select groups: say type=select");
	if (s->fields.n && strcmp(s->method, "hash") != 0)
		return invalid(p, "fields", "need selection_method=hash");
	if (s->param && !s->method[0])
		return invalid(p, "selection_method_param", "needs selection_method=");
	if (p->gm->command == OF_GROUP_INSERT_BUCKET && !p->has_command_bucket_id)
		return invalid(p, "command_bucket_id", "missing: say after which bucket to insert");
	return 0;
}

static bool is_port(uint32_t port_no)
{
	return (port_no > 0 && port_no <= OF_PORT_MAX) || port_no == OF_PORT_ANY ||
	       port_no == OF_PORT_CONTROLLER || port_no == OF_PORT_LOCAL;
}

/* 1: it is an action. */
static int parse_bucket_word(struct parser *p, const struct item *item, struct of_bucket *b)
{
	uint64_t number;

	if (strcasecmp(item->key, "weight") == 0) {
		if (parse_number(p, item, UINT16_MAX, &number) != 0)
			return -1;
		b->weight = number;
	} else if (strcasecmp(item->key, "watch_port") == 0) {
		if (of_port_no_parse(item->value, strlen(item->value), &b->watch_port) != 0 ||
		    !is_port(b->watch_port))
			return invalid(p, item->key, "give a port's number");
	} else if (strcasecmp(item->key, "watch_group") == 0) {
		if (parse_number(p, item, OF_GROUP_MAX, &number) != 0)
			return -1;
		b->watch_group = number;
	} else if (strcasecmp(item->key, "bucket_id") == 0) {
		if (parse_number(p, item, OF_BUCKET_MAX, &number) != 0)
			return -1;
		b->id = number;
	} else {
		return 1;
	}
	return 0;
}

static bool is_actions(const struct item *item)
{
	return strcasecmp(item->key, "actions") == 0 || strcasecmp(item->key, "action") == 0;
}

static int check_bucket(struct parser *p, const struct of_bucket *b)
{
	bool is_watching = b->watch_port != OF_PORT_ANY || b->watch_group != OF_GROUP_ANY;
	struct of_error err;
	char name[96];

	if (of_actions_check(&b->actions, NULL, &err) != 0)
		return status_set(p->st, STATUS_INVALID_ARGUMENT, "actions",
				  "actions: one of them cannot be done (%s): correct its argument",
				  of_error_name(&err, name, sizeof(name)));
	if (p->gm->command == OF_GROUP_INSERT_BUCKET)
		return 0;
	if (p->gm->type != OF_GROUP_SELECT && b->weight)
		return invalid(p, "weight", "only buckets of select groups have one: leave it out");
	if (p->gm->type == OF_GROUP_FAST_FAILOVER && !is_watching)
		return invalid(p, "bucket",
			       "of a fast failover group: give watch_port or "
			       "watch_group");
	if ((p->gm->type == OF_GROUP_ALL_BUCKETS || p->gm->type == OF_GROUP_INDIRECT) &&
	    is_watching)
		return invalid(p, "watch_port",
			       "and watch_group are for select and fast failover "
			       "groups");
	return 0;
}

static int parse_bucket(struct parser *p, const char *text, struct of_bucket *b)
{
	struct buf actions = BUF_INIT;
	bool has_actions = false;
	struct item item;
	int rc = 0;

	*b = (struct of_bucket){
		.id = OF_BUCKET_ALL,
		.weight = p->gm->type == OF_GROUP_SELECT && is_whole(p->gm),
		.watch_port = OF_PORT_ANY,
		.watch_group = OF_GROUP_ANY,
	};
	while (rc >= 0 && next_item(&text, p->arena, &item)) {
		rc = parse_bucket_word(p, &item, b);
		if (rc == 1) {
			buf_printf(&actions, "%s,", is_actions(&item) ? item.value : item.text);
			has_actions = true;
		}
	}
	if (rc >= 0 && !has_actions)
		rc = invalid(p, "bucket", "say what to do, \"actions=drop\" at the least");
	if (rc >= 0)
		rc = of_actions_parse(buf_str(&actions), p->arena, &b->actions, p->st);
	buf_fini(&actions);
	return rc < 0 ? -1 : check_bucket(p, b);
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Buckets without an id get the lowest that are free. */
static int assign_ids(struct parser *p)
{
	struct of_group_mod *gm = p->gm;
	uint32_t *ids = arena_alloc(p->arena, (gm->n_buckets + 1) * sizeof(*ids)), next = 0;
	unsigned n = 0, i = 0;

	for (unsigned k = 0; k < gm->n_buckets; k++) {
		if (gm->buckets[k].id != OF_BUCKET_ALL)
			ids[n++] = gm->buckets[k].id;
	}
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (unsigned k = 1; k < n; k++) {
		if (ids[k] == ids[k - 1])
			return invalid(p, "bucket_id", "two buckets have the same: change one");
	}
	for (unsigned k = 0; k < gm->n_buckets; k++) {
		if (gm->buckets[k].id != OF_BUCKET_ALL)
			continue;
		for (; i < n && ids[i] == next; i++)
			next++;
		gm->buckets[k].id = next++;
	}
	return 0;
}

static unsigned count_buckets(const char *text)
{
	unsigned n = 0;

	while ((text = strstr(text, BUCKET)) != NULL) {
		text += strlen(BUCKET);
		n++;
	}
	return n;
}

/* TEXT begins with "bucket=". */
static int parse_buckets(struct parser *p, const char *text)
{
	struct of_group_mod *gm = p->gm;

	if (gm->command == OF_GROUP_DELETE || gm->command == OF_GROUP_REMOVE_BUCKET)
		return invalid(p, "bucket", "is not for this command");
	gm->buckets = arena_alloc(p->arena, count_buckets(text) * sizeof(*gm->buckets));
	while (*text) {
		const char *start = text + strlen(BUCKET), *end = strstr(start, BUCKET);
		size_t size = end ? (size_t)(end - start) : strlen(start);

		if (parse_bucket(p, arena_printf(p->arena, "%.*s", (int)size, start),
				 &gm->buckets[gm->n_buckets]) != 0)
			return -1;
		gm->n_buckets++;
		text = start + size;
	}
	return 0;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, ", \t\r\n")] == '\0';
}

int of_group_mod_parse(const char *text, uint16_t command, struct arena *a, struct of_group_mod *gm,
		       struct status *st)
{
	struct parser p = { .gm = gm, .arena = a, .st = st };
	const char *buckets = strstr(text, BUCKET);
	const char *head = buckets ? arena_printf(a, "%.*s", (int)(buckets - text), text) : text;
	struct item item;

	*gm = (struct of_group_mod){
		.command = command,
		.group_id = OF_GROUP_ALL,
		.command_bucket_id = OF_BUCKET_ALL,
	};
	if (command == OF_GROUP_DELETE && is_blank(text))
		return 0;
	while (next_item(&head, a, &item)) {
		if (parse_group_word(&p, &item) != 0)
			return -1;
	}
	if (check_group(&p) != 0 || (buckets && parse_buckets(&p, buckets) != 0))
		return -1;
	if (is_whole(gm) && gm->type == OF_GROUP_INDIRECT && gm->n_buckets != 1)
		return invalid(&p, "bucket", "an indirect group has just one");
	return assign_ids(&p);
}
