/* Lists of actions: bytes, copies and comparison.  What one action is stands in action_NAME.c; here
 * are the headers that all of them have (OF 1.3.5 section 7.2.5). */

#include <openflow/nicira-ext.h>

#include "proto/openflow/action.h"
#include "proto/openflow/action_group.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/numbers.h"

#define HEADER_SIZE 4
#define ALIGNMENT   8

static int bad_action(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_BAD_ACTION, code);
}

/* BODY begins after type and length; what is left of it is for the class. */
static const struct of_action_class *decode_class(uint16_t type, struct cursor *body,
						  uint8_t version, struct of_error *err)
{
	const struct of_action_class *class;
	uint32_t vendor;
	uint16_t subtype;

	if (type != OFPAT_EXPERIMENTER) {
		class = of_action_class_of(type, 0, 0, version);
		if (!class)
			bad_action(err, OFPBAC_BAD_TYPE);
		return class;
	}
	vendor = cursor_be32(body);
	if (!of_action_vendor_is_known(vendor)) {
		bad_action(err, OFPBAC_BAD_EXPERIMENTER);
		return NULL;
	}
	subtype = cursor_be16(body);
	if (!cursor_ok(body)) {
		bad_action(err, OFPBAC_BAD_LEN);
		return NULL;
	}
	class = of_action_class_of(type, vendor, subtype, version);
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
	class = decode_class(type, &body, version, err);
	if (!class)
		return NULL;
	act = class->decode(&body, version, a, err);
	if (act && (!cursor_ok(&body) || cursor_left(&body))) {
		bad_action(err, OFPBAC_BAD_LEN);
		return NULL;
	}
	return act;
}

/* How deep the call is among actions within actions. */
static _Thread_local unsigned depth;

static int decode_list(struct cursor *list, uint8_t version, struct arena *a,
		       struct of_actions *acts, struct of_error *err)
{
	while (cursor_left(list)) {
		const struct of_action *act = decode_action(list, version, a, err);

		if (!act)
			return -1;
		acts->list[acts->n++] = act;
	}
	return 0;
}

int of_actions_decode(struct cursor *c, size_t size, uint8_t version, struct arena *a,
		      struct of_actions *acts, struct of_error *err)
{
	struct cursor list = cursor_sub(c, size);
	int rc;

	*acts = (struct of_actions){ 0 };
	if (!cursor_ok(&list) || size % ALIGNMENT)
		return bad_action(err, OFPBAC_BAD_LEN);
	if (depth >= OF_ACTIONS_MAX_DEPTH)
		return bad_action(err, OFPBAC_TOO_MANY);
	if (size)
		acts->list = arena_alloc(a, size / ALIGNMENT * sizeof(*acts->list));
	depth++;
	rc = decode_list(&list, version, a, acts, err);
	depth--;
	return rc;
}

static void encode_action(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_class *class = act->class;
	size_t start = out->size, size;

	if (class->form)
		class = class->form(act, version);
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

void of_actions_add(struct arena *a, struct of_actions *acts, const struct of_action *act)
{
	if (acts->n >= acts->room) {
		unsigned room = 2 * acts->n + 4;
		const struct of_action **list = arena_alloc(a, room * sizeof(*list));

		if (acts->n)
			memcpy(list, acts->list, acts->n * sizeof(*list));
		acts->list = list;
		acts->room = room;
	}
	acts->list[acts->n++] = act;
}

size_t of_action_size(const struct of_action *act)
{
	return act->class->struct_size ? act->class->struct_size(act) : act->class->size;
}

static size_t round_up(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

size_t of_actions_size(const struct of_actions *acts)
{
	size_t size = round_up(acts->n * sizeof(*acts->list));

	for (unsigned i = 0; i < acts->n; i++) {
		const struct of_action *act = acts->list[i];

		size += round_up(of_action_size(act));
		if (act->class->nested)
			size += of_actions_size(act->class->nested(act));
	}
	return size;
}

/* The action and what is within it. */
static const struct of_action *copy_action(const struct of_action *from, char **memory)
{
	const struct of_actions *nested = from->class->nested ? from->class->nested(from) : NULL;
	struct of_action *to = memcpy(*memory, from, of_action_size(from));

	*memory += round_up(of_action_size(from));
	if (nested) {
		size_t offset = (const char *)nested - (const char *)from;

		*memory = of_actions_copy(nested, (struct of_actions *)((char *)to + offset),
					  *memory);
	}
	return to;
}

char *of_actions_copy(const struct of_actions *acts, struct of_actions *to, char *memory)
{
	to->n = acts->n;
	to->room = 0;
	to->list = (const struct of_action **)memory;
	memory += round_up(acts->n * sizeof(*acts->list));
	for (unsigned i = 0; i < acts->n; i++)
		to->list[i] = copy_action(acts->list[i], &memory);
	return memory;
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

static bool is_equal(const struct of_action *a, const struct of_action *b)
{
	size_t size;

	if (a->class != b->class)
		return false;
	size = of_action_size(a);
	return (size == of_action_size(b) && memcmp(a, b, size) == 0) || is_same_encoding(a, b);
}

bool of_actions_equal(const struct of_actions *a, const struct of_actions *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++) {
		if (!is_equal(a->list[i], b->list[i]))
			return false;
	}
	return true;
}

bool of_actions_output_to(const struct of_actions *acts, uint32_t port_no)
{
	for (unsigned i = 0; i < acts->n; i++) {
		const struct of_action *act = acts->list[i];

		if (act->class == &of_action_output_class &&
		    ((const struct of_action_output *)act)->port == port_no)
			return true;
		if (act->class->nested && of_actions_output_to(act->class->nested(act), port_no))
			return true;
	}
	return false;
}

bool of_actions_group_to(const struct of_actions *acts, uint32_t group_id)
{
	for (unsigned i = 0; i < acts->n; i++) {
		const struct of_action *act = acts->list[i];

		if (act->class == &of_action_group_class &&
		    ((const struct of_action_group *)act)->group_id == group_id)
			return true;
		if (act->class->nested && of_actions_group_to(act->class->nested(act), group_id))
			return true;
	}
	return false;
}
