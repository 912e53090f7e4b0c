/* Filters of flows (flow_test.h). */

#include "dataplane/table/flow_test.h"

#include "proto/openflow/numbers.h"

void flow_test_init(struct flow_test *t, const struct flow_filter *filter)
{
	struct of_error err;

	memset(t, 0, sizeof(*t));
	t->filter = filter;
	t->has_match = filter->match && filter->match->n;
	if (!t->has_match)
		return;
	t->is_never = key_mask_from_match(filter->match, &t->match, &err) < 0;
	t->is_ambiguous = match_is_ambiguous(filter->match);
}

/* Whether the shape looks at all that the filter's match looks at. */
static bool has_fields(const struct shape *shape, const struct of_match *m)
{
	for (unsigned i = 0, j = 0; i < m->n; i++) {
		const struct of_field_match *wide = &m->fields[i];

		while (j < shape->n_fields && shape->fields[j].id < wide->id)
			j++;
		if (j == shape->n_fields || shape->fields[j].id != wide->id)
			return false;
		for (unsigned b = 0; b < OF_FIELD_MAX_BYTES; b++)
			if (wide->mask[b] & ~shape->fields[j].mask[b])
				return false;
	}
	return true;
}

static void look_at_shape(struct flow_test *t, const struct shape *shape)
{
	const struct mask *mask = &shape->mask;

	t->shape = shape;
	t->may_pass = has_fields(shape, t->filter->match);
	t->n_words = 0;
	for (unsigned i = 0; i < mask->n_words && t->may_pass; i++) {
		unsigned w = mask->places[i];

		if (!t->match.mask.words[w])
			continue;
		t->words[t->n_words].index = i;
		t->words[t->n_words].mask = t->match.mask.words[w];
		t->words[t->n_words++].value = t->match.key.words[w];
	}
}

static bool match_passes(struct flow_test *t, const struct rule *r)
{
	const struct shape *shape = r->class->shape;
	uint64_t diff = 0;

	if (t->is_never)
		return false;
	if (t->is_ambiguous || shape->is_ambiguous) {
		struct of_field_match fields[OF_N_FIELDS];
		struct of_match match;

		rule_match(r, fields, &match);
		return of_match_covers(t->filter->match, &match);
	}
	if (t->shape != shape)
		look_at_shape(t, shape);
	if (!t->may_pass)
		return false;
	for (unsigned i = 0; i < t->n_words; i++)
		diff |= (r->words[t->words[i].index] & t->words[i].mask) ^ t->words[i].value;
	return diff == 0;
}

static bool effect_passes(struct flow_test *t, const struct effect *x)
{
	const struct flow_filter *f = t->filter;
	const struct of_instructions *ins = x->instructions;

	if (t->effect == x)
		return t->effect_passes;
	t->effect = x;
	t->effect_passes =
		(f->out_port == OF_PORT_ANY || of_instructions_output_to(ins, f->out_port)) &&
		(f->out_group == OF_GROUP_ANY || of_instructions_group_to(ins, f->out_group));
	return t->effect_passes;
}

bool flow_passes(struct flow_test *t, const struct rule *r)
{
	const struct flow_filter *f = t->filter;

	if ((r->cookie ^ f->cookie) & f->cookie_mask)
		return false;
	if (t->has_match && !match_passes(t, r))
		return false;
	return (f->out_port == OF_PORT_ANY && f->out_group == OF_GROUP_ANY) ||
	       effect_passes(t, r->effect);
}
