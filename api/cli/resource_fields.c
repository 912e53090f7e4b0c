/* Options for the fields of a message, and JSON from what was given: see resource.h.
 *
 * Names and shapes that read badly when they are derived stand in the table below. */

#include <ctype.h>
#include <stdlib.h>
#include "api/cli/resource.h"

enum shape { AS_DERIVED, AS_ADDRESS, AS_POOL, AS_NETWORK, AS_GROUP, AS_PAIR };

static const struct polish {
	const char *field;
	const char *option; /* NULL: derived */
	const char *value;
	enum shape shape;
} polishes[] = {
	{ "mac_address", "mac", "MAC", AS_DERIVED },
	{ "ip_addresses", "ip", "ADDRESS", AS_ADDRESS },
	{ "gateway_ip", "gateway", "ADDRESS", AS_DERIVED },
	{ "allocation_pools", "pool", "FIRST-LAST", AS_POOL },
	{ "network", "network", "NETWORK", AS_NETWORK },
	{ "cidr", "cidr", "PREFIX", AS_DERIVED },
	{ "security_groups", "security-group", "GROUP", AS_GROUP },
	{ "allowed_address_pairs", "allowed-address", "PREFIX[,MAC]", AS_PAIR },
};

/* Fields of requests and resources that are no options: names, and what verbs set themselves. */
static const char *const not_options[] = {
	"name", "parent", "update_mask", "page_size", "page_token",
};

static const struct polish *polish_of(const char *field)
{
	for (size_t i = 0; i < ARRAY_LENGTH(polishes); i++)
		if (strcmp(polishes[i].field, field) == 0)
			return &polishes[i];
	return NULL;
}

static bool is_option(const struct api_message *m, unsigned i)
{
	const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];

	for (size_t k = 0; k < ARRAY_LENGTH(not_options); k++)
		if (strcmp(f->name, not_options[k]) == 0)
			return false;
	if (m->fields[i].is_output_only)
		return false;
	if (f->type == PROTOBUF_C_TYPE_MESSAGE && f->label != PROTOBUF_C_LABEL_REPEATED)
		return false;
	return f->type != PROTOBUF_C_TYPE_MESSAGE || m->fields[i].is_map || polish_of(f->name);
}

/* "display_name" is --display-name; repeated "labels" is --label. */
static const char *option_name(struct arena *arena, const ProtobufCFieldDescriptor *f)
{
	const struct polish *p = polish_of(f->name);
	char *name;
	size_t n;

	if (p && p->option)
		return p->option;
	name = arena_strdup(arena, f->name);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
	n = strlen(name);
	if (f->label == PROTOBUF_C_LABEL_REPEATED && n && name[n - 1] == 's')
		name[n - 1] = '\0';
	return name;
}

/* ANTI_SPOOFING_ON of enum AntiSpoofing is "on"; VHOST_USER is "vhost-user". */
static const char *enum_word(struct arena *arena, const ProtobufCEnumDescriptor *e,
			     const char *value)
{
	size_t skip = 0;
	char *word;

	/* The initial value, X_UNSPECIFIED, tells the prefix. */
	for (unsigned i = 0; i < e->n_values; i++) {
		const char *end = strstr(e->values[i].name, "UNSPECIFIED");

		if (end && strncmp(value, e->values[i].name, end - e->values[i].name) == 0)
			skip = end - e->values[i].name;
	}
	word = arena_strdup(arena, value + skip);
	for (char *c = word; *c; c++)
		*c = *c == '_' ? '-' : tolower((unsigned char)*c);
	return word;
}

static const char *enum_words(struct arena *arena, const ProtobufCEnumDescriptor *e, char between)
{
	const char *all = "";

	for (unsigned i = 0; i < e->n_values; i++)
		if (!strstr(e->values[i].name, "UNSPECIFIED"))
			all = arena_printf(arena, "%s%.*s%s", all, *all ? 1 : 0, &between,
					   enum_word(arena, e, e->values[i].name));
	return all;
}

/* The first sentence of a comment, in lower case, without its marks. */
static const char *first_sentence(struct arena *arena, const char *comment)
{
	const char *end;
	char *text, *to;

	end = strstr(comment, ". ");
	if (!end)
		end = strstr(comment, ".\n");
	if (!end)
		end = comment + strlen(comment) - (*comment && comment[strlen(comment) - 1] == '.');
	text = to = arena_printf(arena, "%.*s", (int)(end - comment), comment);
	for (char *c = text; *c; c++)
		if (*c != '`')
			*to++ = *c == '\n' ? ' ' : *c;
	*to = '\0';
	if (isupper((unsigned char)text[0]) && !isupper((unsigned char)text[1]))
		text[0] = tolower((unsigned char)text[0]);
	return text;
}

static const char *value_word(struct arena *arena, const struct api_message *m, unsigned i)
{
	const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
	const struct polish *p = polish_of(f->name);

	if (p)
		return p->value;
	if (m->fields[i].is_map)
		return "KEY=VALUE";
	switch (f->type) {
	case PROTOBUF_C_TYPE_ENUM:
		return enum_words(arena, f->descriptor, '|');
	case PROTOBUF_C_TYPE_BOOL:
		return NULL;
	case PROTOBUF_C_TYPE_STRING:
		return "TEXT";
	default:
		return "N";
	}
}

static const char *choices_of(const char *field)
{
	if (strcmp(field, "network") == 0)
		return "@networks";
	return strcmp(field, "security_groups") == 0 ? "@security-groups" : NULL;
}

/* A message that is no list is given member by member: --limit-packets-per-second of `limits`. */
static bool has_members(const struct api_message *m, unsigned i)
{
	const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];

	return strcmp(f->name, "limits") == 0 && f->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* --limit-packets-per-second */
static const char *member_option(struct arena *arena, const ProtobufCFieldDescriptor *f)
{
	return arena_printf(arena, "limit-%s", option_name(arena, f));
}

static void add_member_options(struct arena *arena, const struct api_message *m,
			       struct cli_option *options, size_t *n)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++)
		options[(*n)++] = (struct cli_option){
			.name = member_option(arena, &m->descriptor->fields[i]),
			.value = "N",
			.help = first_sentence(arena, m->fields[i].comment),
		};
}

static void add_body_options(struct arena *arena, const struct api_message *m, bool is_create,
			     struct cli_option *options, size_t *n)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];

		if (has_members(m, i))
			add_member_options(arena, api_schema_message(&weft_schema, f->descriptor),
					   options, n);
		if (!is_option(m, i) || (is_create && strcmp(f->name, "etag") == 0))
			continue;
		options[(*n)++] = (struct cli_option){
			.name = option_name(arena, f),
			.value = value_word(arena, m, i),
			.help = first_sentence(arena, m->fields[i].comment),
			.choices = f->type == PROTOBUF_C_TYPE_ENUM
					   ? enum_words(arena, f->descriptor, ' ')
					   : choices_of(f->name),
			.is_list = f->label == PROTOBUF_C_LABEL_REPEATED,
			.is_required = is_create && m->fields[i].is_required,
		};
	}
}

const struct api_message *resource_body(const struct api_method *method, const char **field)
{
	const struct api_message *input = api_schema_message(&weft_schema, method->input);
	const ProtobufCFieldDescriptor *f;

	if (method->n_routes == 0 || method->routes[0].body[0] == '\0' ||
	    strcmp(method->routes[0].body, "*") == 0)
		return NULL;
	f = protobuf_c_message_descriptor_get_field_by_name(method->input, method->routes[0].body);
	if (!f)
		return NULL;
	*field = input->fields[f - method->input->fields].json_name;
	return api_schema_message(&weft_schema, f->descriptor);
}

/* The collections in the method's path that are no part of the operand: "--network" of subnets.
 * --project is an option that all verbs have. */
static void add_path_options(const struct api_method *method, struct cli_option *options, size_t *n)
{
	const char *path = method->n_routes ? method->routes[0].path : "";

	if (!strstr(path, "networks/*/") && !strstr(path, "networks/*}/"))
		return;
	options[(*n)++] = (struct cli_option){
		.name = "network",
		.value = "NETWORK",
		.help = "the network it belongs to",
		.choices = "@networks",
	};
}

/* Of the request itself: validate_only, filter, etag ... */
static void add_request_options(struct arena *arena, const struct api_message *m,
				struct cli_option *options, size_t *n)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		size_t length = strlen(f->name);
		bool is_id = length > 3 && strcmp(f->name + length - 3, "_id") == 0 &&
			     strcmp(f->name, "request_id") != 0;

		if (!is_option(m, i) || is_id)
			continue;
		options[(*n)++] = (struct cli_option){
			.name = option_name(arena, f),
			.value = value_word(arena, m, i),
			.help = first_sentence(arena, m->fields[i].comment),
		};
	}
}

const struct cli_option *resource_options(struct arena *arena, const struct api_method *method)
{
	const struct api_message *input = api_schema_message(&weft_schema, method->input), *body;
	/* Room for members of messages as well. */
	size_t n = 0, max = 8 + input->descriptor->n_fields;
	struct cli_option *options;
	const char *field;

	body = resource_body(method, &field);
	if (body)
		max += body->descriptor->n_fields;
	options = arena_alloc(arena, max * sizeof(*options));
	add_path_options(method, options, &n);
	if (body)
		add_body_options(arena, body, strncmp(method->name, "Create", 6) == 0, options, &n);
	add_request_options(arena, input, options, &n);
	return options;
}

static json_t *number_value(const char *text, const char *option, struct status *st)
{
	long long v;
	char *end;

	v = strtoll(text, &end, 0);
	if (end == text || *end) {
		status_set(st, STATUS_INVALID_ARGUMENT, option, "--%s takes a number, not '%s'",
			   option, text);
		return NULL;
	}
	return json_integer(v);
}

static json_t *enum_value(struct arena *arena, const ProtobufCEnumDescriptor *e, const char *text,
			  const char *option, struct status *st)
{
	for (unsigned i = 0; i < e->n_values; i++)
		if (!strstr(e->values[i].name, "UNSPECIFIED") &&
		    strcmp(enum_word(arena, e, e->values[i].name), text) == 0)
			return json_string(e->values[i].name);
	status_set(st, STATUS_INVALID_ARGUMENT, option, "--%s takes %s, not '%s'", option,
		   enum_words(arena, e, ','), text);
	return NULL;
}

static json_t *pool_value(const char *text, struct status *st)
{
	const char *dash = strchr(text, '-');

	if (dash)
		return json_pack("{s:s#, s:s}", "first", text, (int)(dash - text), "last",
				 dash + 1);
	status_set(st, STATUS_INVALID_ARGUMENT, "pool", "--pool takes FIRST-LAST, not '%s'", text);
	return NULL;
}

/* 10.0.0.100,00:00:5e:00:01:0a */
static json_t *pair_value(const char *text)
{
	const char *comma = strchr(text, ',');

	if (!comma)
		return json_pack("{s:s}", "ipPrefix", text);
	return json_pack("{s:s#, s:s}", "ipPrefix", text, (int)(comma - text), "macAddress",
			 comma + 1);
}

static json_t *one_value(struct cli *cli, const ProtobufCFieldDescriptor *f, const char *option,
			 const char *text, struct status *st)
{
	const struct polish *p = polish_of(f->name);
	const char *name;

	switch (p ? p->shape : AS_DERIVED) {
	case AS_ADDRESS:
		return json_pack("{s:s}", "address", text);
	case AS_POOL:
		return pool_value(text, st);
	case AS_NETWORK:
		name = resource_in_project(cli, "networks", text, st);
		return name ? json_string(name) : NULL;
	case AS_GROUP:
		name = resource_in_project(cli, "securityGroups", text, st);
		return name ? json_string(name) : NULL;
	case AS_PAIR:
		return pair_value(text);
	case AS_DERIVED:
		break;
	}
	switch (f->type) {
	case PROTOBUF_C_TYPE_ENUM:
		return enum_value(&cli->arena, f->descriptor, text, option, st);
	case PROTOBUF_C_TYPE_BOOL:
		return json_true();
	case PROTOBUF_C_TYPE_STRING:
		return json_string(text);
	default:
		return number_value(text, option, st);
	}
}

static json_t *map_value(struct cli *cli, const struct cli_args *args, const char *option,
			 struct status *st)
{
	json_t *map = json_object();

	for (size_t i = 0; i < cli_arg_count(args, option); i++) {
		const char *text = cli_arg_at(args, option, i), *equals = strchr(text, '=');

		if (!equals && *text) {
			status_set(st, STATUS_INVALID_ARGUMENT, option,
				   "--%s takes KEY=VALUE, not '%s'", option, text);
			json_decref(map);
			return NULL;
		}
		if (*text)
			json_object_set_new(
				map, arena_printf(&cli->arena, "%.*s", (int)(equals - text), text),
				json_string(equals + 1));
	}
	return map;
}

/* An empty value empties the list: --ip "". */
static json_t *list_value(struct cli *cli, const struct cli_args *args,
			  const ProtobufCFieldDescriptor *f, const char *option, struct status *st)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cli_arg_count(args, option); i++) {
		const char *text = cli_arg_at(args, option, i);
		json_t *v = *text ? one_value(cli, f, option, text, st) : NULL;

		if (*text && !v) {
			json_decref(list);
			return NULL;
		}
		if (v)
			json_array_append_new(list, v);
	}
	return list;
}

static void add_to_mask(struct cli *cli, const char **mask, const char *json_name)
{
	if (mask)
		*mask = arena_printf(&cli->arena, "%s%s%s", *mask, **mask ? "," : "", json_name);
}

/* The members of message field I that ARGS give; each is a path of the mask. */
static int set_members(struct cli *cli, const struct cli_args *args, const struct api_message *m,
		       unsigned i, json_t *object, const char **mask, struct status *st)
{
	const struct api_message *sub =
		api_schema_message(&weft_schema, m->descriptor->fields[i].descriptor);
	json_t *value = json_object();

	for (unsigned k = 0; k < sub->descriptor->n_fields; k++) {
		const char *option = member_option(&cli->arena, &sub->descriptor->fields[k]);
		json_t *v;

		if (cli_arg_count(args, option) == 0)
			continue;
		v = number_value(cli_arg(args, option), option, st);
		if (!v) {
			json_decref(value);
			return -1;
		}
		json_object_set_new(value, sub->fields[k].json_name, v);
		add_to_mask(cli, mask,
			    arena_printf(&cli->arena, "%s.%s", m->fields[i].json_name,
					 sub->fields[k].json_name));
	}
	if (json_object_size(value))
		json_object_set(object, m->fields[i].json_name, value);
	json_decref(value);
	return 0;
}

int resource_set_fields(struct cli *cli, const struct cli_args *args, const struct api_message *m,
			json_t *object, const char **mask, struct status *st)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		const char *option, *json_name = m->fields[i].json_name;
		json_t *v;

		if (has_members(m, i) && set_members(cli, args, m, i, object, mask, st) != 0)
			return -1;
		if (!is_option(m, i))
			continue;
		option = option_name(&cli->arena, f);
		if (cli_arg_count(args, option) == 0)
			continue;
		if (m->fields[i].is_map)
			v = map_value(cli, args, option, st);
		else if (f->label == PROTOBUF_C_LABEL_REPEATED)
			v = list_value(cli, args, f, option, st);
		else
			v = one_value(cli, f, option, cli_arg(args, option), st);
		if (!v)
			return -1;
		json_object_set_new(object, json_name, v);
		if (strcmp(f->name, "etag") != 0)
			add_to_mask(cli, mask, json_name);
	}
	return 0;
}
