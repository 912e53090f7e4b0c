/* The learn action as text (Open vSwitch's ovs-actions manual, "learn"): arguments for the flow to
 * be made, and specifications, "FIELD[]", "FIELD[]=FIELD[]", "FIELD=VALUE", "load:...->FIELD[]",
 * "output:FIELD[]". */

#include "proto/openflow/action_learn_text.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/tokens.h"

#define DEFAULT_PRIORITY 0x8000
#define MAX_SPECS	 256

static void print_head(const struct of_action_learn *l, struct buf *out)
{
	buf_printf(out, "learn(table=%u", l->table_id);
	if (l->idle_timeout)
		buf_printf(out, ",idle_timeout=%u", l->idle_timeout);
	if (l->hard_timeout)
		buf_printf(out, ",hard_timeout=%u", l->hard_timeout);
	if (l->fin_idle_timeout)
		buf_printf(out, ",fin_idle_timeout=%u", l->fin_idle_timeout);
	if (l->fin_hard_timeout)
		buf_printf(out, ",fin_hard_timeout=%u", l->fin_hard_timeout);
	if (l->priority != DEFAULT_PRIORITY)
		buf_printf(out, ",priority=%u", l->priority);
	if (l->flags & OF_LEARN_SEND_FLOW_REM)
		buf_puts(out, ",send_flow_rem");
	if (l->flags & OF_LEARN_DELETE_LEARNED)
		buf_puts(out, ",delete_learned");
	if (l->cookie)
		buf_printf(out, ",cookie=%#llx", (unsigned long long)l->cookie);
	if (l->limit)
		buf_printf(out, ",limit=%u", l->limit);
	if (l->result.field) {
		buf_puts(out, ",result_dst=");
		of_subfield_print(&l->result, out);
	}
}

/* The value of a match on a whole field is written as the field's are. */
static void print_match(const struct of_learn_spec *s, struct buf *out)
{
	const struct of_field *f = s->dst.field;

	if (s->src.field) {
		of_subfield_print(&s->dst, out);
		if (s->src.field != f || s->src.ofs != s->dst.ofs) {
			buf_puts(out, "=");
			of_subfield_print(&s->src, out);
		}
	} else if (s->n_bits == f->n_bits) {
		buf_printf(out, "%s=", f->name);
		of_field_print(f, s->value + sizeof(s->value) - f->n_bytes, NULL, out);
	} else {
		of_subfield_print(&s->dst, out);
		buf_puts(out, "=");
		of_wide_print(s->value, sizeof(s->value), out);
	}
}

static void print_spec(const struct of_learn_spec *s, struct buf *out)
{
	if (s->kind == OF_LEARN_MATCH) {
		print_match(s, out);
		return;
	}
	buf_puts(out, s->kind == OF_LEARN_LOAD ? "load:" : "output:");
	if (s->src.field)
		of_subfield_print(&s->src, out);
	else
		of_wide_print(s->value, sizeof(s->value), out);
	if (s->kind == OF_LEARN_LOAD) {
		buf_puts(out, "->");
		of_subfield_print(&s->dst, out);
	}
}

void of_action_learn_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_learn *l = (const struct of_action_learn *)act;

	print_head(l, out);
	for (unsigned i = 0; i < l->n_specs; i++) {
		buf_puts(out, ",");
		print_spec(&l->specs[i], out);
	}
	buf_puts(out, ")");
}

static int fail(struct status *st, const char *what, const char *why)
{
	return status_set(st, STATUS_INVALID_ARGUMENT, "learn", "learn: \"%.100s\": %s", what, why);
}

/* A number that has no more than N_BITS; or, for a whole field, a value as the field's are. */
static int parse_value(const char *text, size_t size, struct of_learn_spec *s, struct status *st)
{
	const struct of_field *f = s->dst.field;
	uint8_t mask[OF_FIELD_MAX_BYTES], value[OF_FIELD_MAX_BYTES];

	if (s->kind == OF_LEARN_MATCH && s->n_bits == f->n_bits) {
		if (of_field_parse(f, f->name, text, size, value, mask, st) != 0)
			return -1;
		memcpy(s->value + sizeof(s->value) - f->n_bytes, value, f->n_bytes);
		return 0;
	}
	if (of_wide_parse(text, size, s->value) != 0 || !of_wide_fits(s->value, s->n_bits))
		return fail(st, text, "no field, and no number that fits its bits");
	return 0;
}

/* SIZE bytes of TEXT: a field's bits, as wide as dst's, or a value for them. */
static int parse_source(const char *text, size_t size, struct of_learn_spec *s, struct status *st)
{
	struct status ignored = { 0 };

	if (of_subfield_parse(&s->src, text, size, "learn", &ignored) != 0) {
		s->src = (struct of_subfield){ 0 };
		return parse_value(text, size, s, st);
	}
	if (s->src.n_bits != s->n_bits)
		return fail(st, text, "the two do not have the same number of bits");
	return 0;
}

static int parse_load(const char *value, struct of_learn_spec *s, struct status *st)
{
	const char *arrow = strstr(value, "->");

	if (!arrow)
		return fail(st, value, "write load:VALUE->FIELD[BITS] or load:FIELD[BITS]->...");
	if (of_subfield_parse(&s->dst, arrow + 2, strlen(arrow + 2), "learn", st) != 0)
		return -1;
	if (!s->dst.field->is_settable)
		return fail(st, arrow + 2, "this field cannot be set");
	s->kind = OF_LEARN_LOAD;
	s->n_bits = s->dst.n_bits;
	return parse_source(value, arrow - value, s, st);
}

static int parse_spec(const char *key, const char *value, struct of_learn_spec *s,
		      struct status *st)
{
	*s = (struct of_learn_spec){ 0 };
	if (strcmp(key, "load") == 0)
		return parse_load(value, s, st);
	if (strcmp(key, "output") == 0) {
		s->kind = OF_LEARN_OUTPUT;
		if (of_subfield_parse(&s->src, value, strlen(value), "learn", st) != 0)
			return -1;
		s->n_bits = s->src.n_bits;
		return 0;
	}
	if (of_subfield_parse(&s->dst, key, strlen(key), "learn", st) != 0)
		return -1;
	s->n_bits = s->dst.n_bits;
	if (*value)
		return parse_source(value, strlen(value), s, st);
	s->src = s->dst;
	return 0;
}

/* Where a number of the flow goes, and its greatest; false if KEY is none. */
static bool find_number(struct of_action_learn *l, const char *key, void **to, unsigned *size)
{
	const struct {
		const char *name;
		void *to;
		unsigned size;
	} numbers[] = {
		{ "table", &l->table_id, 1 },
		{ "priority", &l->priority, 2 },
		{ "idle_timeout", &l->idle_timeout, 2 },
		{ "hard_timeout", &l->hard_timeout, 2 },
		{ "fin_idle_timeout", &l->fin_idle_timeout, 2 },
		{ "fin_hard_timeout", &l->fin_hard_timeout, 2 },
		{ "cookie", &l->cookie, 8 },
		{ "limit", &l->limit, 4 },
	};

	for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++) {
		if (strcmp(numbers[i].name, key) == 0) {
			*to = numbers[i].to;
			*size = numbers[i].size;
			return true;
		}
	}
	return false;
}

static int parse_number(const char *key, const char *value, void *to, unsigned size,
			struct status *st)
{
	uint64_t max = size == 1 ? OF_TABLE_MAX : size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1;
	uint64_t number;

	if (of_action_parse_number(key, value, max, &number, st) != 0)
		return -1;
	if (size == 1)
		*(uint8_t *)to = number;
	else if (size == 2)
		*(uint16_t *)to = number;
	else if (size == 4)
		*(uint32_t *)to = number;
	else
		*(uint64_t *)to = number;
	return 0;
}

static int parse_result(const char *value, struct of_action_learn *l, struct status *st)
{
	if (of_subfield_parse(&l->result, value, strlen(value), "learn", st) != 0)
		return -1;
	if (l->result.n_bits != 1 || !l->result.field->is_settable)
		return fail(st, value, "the result is one bit of a field that can be set");
	l->flags |= OF_LEARN_WRITE_RESULT;
	return 0;
}

/* An argument of the flow: 1 if it was one, 0 if not, -1 with ST. */
static int parse_argument(const char *key, const char *value, struct of_action_learn *l,
			  struct status *st)
{
	unsigned size;
	void *to;

	if (find_number(l, key, &to, &size))
		return parse_number(key, value, to, size, st) == 0 ? 1 : -1;
	if (strcmp(key, "result_dst") == 0)
		return parse_result(value, l, st) == 0 ? 1 : -1;
	if (strcmp(key, "send_flow_rem") == 0)
		l->flags |= OF_LEARN_SEND_FLOW_REM;
	else if (strcmp(key, "delete_learned") == 0)
		l->flags |= OF_LEARN_DELETE_LEARNED;
	else
		return 0;
	return 1;
}

struct of_action *of_action_learn_parse(const char *args, struct arena *a, struct status *st)
{
	struct of_action_learn *plain = of_action_learn(a, NULL, 0), *l;
	struct of_learn_spec *specs = arena_alloc(a, MAX_SPECS * sizeof(*specs));
	const char *at = args;
	char *key, *value;
	unsigned n = 0;

	while (token_next_argument(&at, a, &key, &value)) {
		int rc = parse_argument(key, value, plain, st);

		if (rc == 0 && n == MAX_SPECS) {
			fail(st, key, "more than 256 specifications");
			return NULL;
		}
		if (rc < 0 || (rc == 0 && parse_spec(key, value, &specs[n++], st) != 0))
			return NULL;
	}
	l = of_action_learn(a, specs, n);
	memcpy(l, plain, offsetof(struct of_action_learn, n_specs));
	return &l->base;
}
