/* Lists of actions: bytes, text, comparison.  What one action is stands in action_NAME.c; here
 * are the headers that all of them have (OF 1.3.5 section 7.2.5). */

#include <openflow/nicira-ext.h>
#include <stdio.h>
#include <strings.h>

#include "proto/openflow/action.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/port_no.h"
#include "proto/openflow/tokens.h"

#define HEADER_SIZE 4
#define ALIGNMENT   8

static int bad_action(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_BAD_ACTION, code);
}

const struct of_action_class *of_action_class_find(const char *name)
{
	REGISTRY_FOREACH (p, of_action_class) {
		if ((*p)->name && strcasecmp((*p)->name, name) == 0)
			return *p;
	}
	return NULL;
}

static const struct of_action_class *find_standard(uint16_t type)
{
	REGISTRY_FOREACH (p, of_action_class) {
		if ((*p)->type == type)
			return *p;
	}
	return NULL;
}

static const struct of_action_class *find_experimenter(uint32_t vendor, uint16_t subtype)
{
	REGISTRY_FOREACH (p, of_action_class) {
		if ((*p)->type == OFPAT_EXPERIMENTER && (*p)->vendor == vendor &&
		    (*p)->subtype == subtype)
			return *p;
	}
	return NULL;
}

static bool is_vendor_known(uint32_t vendor)
{
	REGISTRY_FOREACH (p, of_action_class) {
		if ((*p)->type == OFPAT_EXPERIMENTER && (*p)->vendor == vendor)
			return true;
	}
	return false;
}

/* BODY begins after type and length; what is left of it is for the class. */
static const struct of_action_class *decode_class(uint16_t type, struct cursor *body,
						  struct of_error *err)
{
	const struct of_action_class *class;
	uint32_t vendor;
	uint16_t subtype;

	if (type != OFPAT_EXPERIMENTER) {
		class = find_standard(type);
		if (!class)
			bad_action(err, OFPBAC_BAD_TYPE);
		return class;
	}
	vendor = cursor_be32(body);
	if (!is_vendor_known(vendor)) {
		bad_action(err, OFPBAC_BAD_EXPERIMENTER);
		return NULL;
	}
	subtype = cursor_be16(body);
	if (!cursor_ok(body)) {
		bad_action(err, OFPBAC_BAD_LEN);
		return NULL;
	}
	class = find_experimenter(vendor, subtype);
	if (!class)
		bad_action(err, OFPBAC_BAD_EXP_TYPE);
	return class;
}

static const struct of_action *decode_action(struct cursor *c, uint8_t version, struct arena *a,
					     struct of_error *err)
{
	uint16_t type = cursor_be16(c), size = cursor_be16(c);
	const struct of_action_class *class;
	struct of_action *act;
	struct cursor body;

	if (!cursor_ok(c) || size < ALIGNMENT || size % ALIGNMENT) {
		bad_action(err, OFPBAC_BAD_LEN);
		return NULL;
	}
	body = cursor_sub(c, size - HEADER_SIZE);
	if (!cursor_ok(&body)) {
		bad_action(err, OFPBAC_BAD_LEN);
		return NULL;
	}
	class = decode_class(type, &body, err);
	if (!class)
		return NULL;
	act = class->decode(&body, version, a, err);
	if (act && (!cursor_ok(&body) || cursor_left(&body))) {
		bad_action(err, OFPBAC_BAD_LEN);
		return NULL;
	}
	return act;
}

int of_actions_decode(struct cursor *c, size_t size, uint8_t version, struct arena *a,
		      struct of_actions *acts, struct of_error *err)
{
	struct cursor list = cursor_sub(c, size);

	*acts = (struct of_actions){ 0 };
	if (!cursor_ok(&list) || size % ALIGNMENT)
		return bad_action(err, OFPBAC_BAD_LEN);
	if (size)
		acts->list = arena_alloc(a, size / ALIGNMENT * sizeof(*acts->list));
	while (cursor_left(&list)) {
		const struct of_action *act = decode_action(&list, version, a, err);

		if (!act)
			return -1;
		acts->list[acts->n++] = act;
	}
	return 0;
}

static void encode_action(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_class *class = act->class;
	size_t start = out->size, size;

	buf_be16(out, class->type);
	buf_be16(out, 0);
	if (class->type == OFPAT_EXPERIMENTER) {
		buf_be32(out, class->vendor);
		buf_be16(out, class->subtype);
	}
	class->encode(act, version, out);
	size = out->size - start;
	buf_zeros(out, -size & (ALIGNMENT - 1));
	store_be16(out->data + start + 2, out->size - start);
}

void of_actions_encode(const struct of_actions *acts, uint8_t version, struct buf *out)
{
	for (unsigned i = 0; i < acts->n; i++)
		encode_action(acts->list[i], version, out);
}

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

void of_actions_add(struct arena *a, struct of_actions *acts, const struct of_action *act)
{
	const struct of_action **list = arena_alloc(a, (acts->n + 1) * sizeof(*list));

	if (acts->n)
		memcpy(list, acts->list, acts->n * sizeof(*list));
	list[acts->n++] = act;
	acts->list = list;
}

/* By bytes on the wire, because structs may have padding. */
static bool is_same_encoding(const struct of_action *a, const struct of_action *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	bool is_same;

	encode_action(a, OF_VERSION_1_3, &x);
	encode_action(b, OF_VERSION_1_3, &y);
	is_same = x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
	buf_fini(&x);
	buf_fini(&y);
	return is_same;
}

bool of_actions_equal(const struct of_actions *a, const struct of_actions *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++) {
		const struct of_action *x = a->list[i], *y = b->list[i];

		if (x->class != y->class)
			return false;
		if (memcmp(x, y, x->class->size) != 0 && !is_same_encoding(x, y))
			return false;
	}
	return true;
}

/* Fragments after the first have no transport header. */
static bool is_beyond_first_fragment(const struct of_match *m, enum of_field_prereq prereq)
{
	const struct of_field_match *frag = of_match_find(m, OF_FIELD_IP_FRAG);

	return prereq >= OF_PREREQ_TCP && frag && frag->value[0] & NX_IP_FRAG_LATER;
}

int of_action_check_field(const struct of_field *f, const struct of_action_scope *scope,
			  struct of_error *err)
{
	bool is_vlan = f->prereq == OF_PREREQ_VLAN || f->id == OF_FIELD_VLAN_VID;

	if (!scope->match)
		return 0;
	if (is_vlan ? scope->n_tags > 0
		    : of_match_meets(scope->match, f->prereq) &&
			      !is_beyond_first_fragment(scope->match, f->prereq))
		return 0;
	return bad_action(err, OFPBAC_MATCH_INCONSISTENT);
}

int of_actions_check(const struct of_actions *acts, const struct of_match *match,
		     struct of_error *err)
{
	struct of_action_scope scope = {
		.match = match,
		.n_tags = match && of_match_meets(match, OF_PREREQ_VLAN),
	};

	for (unsigned i = 0; i < acts->n; i++) {
		const struct of_action *act = acts->list[i];

		if (act->class->check && act->class->check(act, &scope, err) != 0)
			return -1;
	}
	return 0;
}
