/* Shapes of matches (shape.h). */

#include "dataplane/table/shape.h"

#include <assert.h>
#include <stdlib.h>

static bool has_fields_of(const struct shape *shape, const struct of_match *m)
{
	if (shape->n_fields != m->n)
		return false;
	for (unsigned i = 0; i < m->n; i++) {
		const struct of_field_match *a = &shape->fields[i], *b = &m->fields[i];

		if (a->id != b->id || memcmp(a->mask, b->mask, sizeof(a->mask)) != 0)
			return false;
	}
	return true;
}

static uint64_t hash_of(const struct of_match *m)
{
	struct {
		uint32_t id;
		uint8_t mask[OF_FIELD_MAX_BYTES];
	} fields[OF_N_FIELDS];

	for (unsigned i = 0; i < m->n; i++) {
		fields[i].id = m->fields[i].id;
		memcpy(fields[i].mask, m->fields[i].mask, sizeof(fields[i].mask));
	}
	return hash_bytes(fields, m->n * sizeof(fields[0]));
}

static unsigned count_bits(const struct flow_key *mask)
{
	unsigned n = 0;

	for (unsigned w = 0; w < KEY_WORDS; w++)
		n += __builtin_popcountll(mask->words[w]);
	return n;
}

/* The mask in the key; whether two fields share bits of it. */
static bool make_mask(const struct of_match *m, struct flow_key *mask)
{
	unsigned n_bits = 0;

	memset(mask, 0, sizeof(*mask));
	for (unsigned i = 0; i < m->n; i++) {
		const struct of_field_match *f = &m->fields[i];
		struct flow_key one = { 0 };

		if (!key_place(f->id)->size)
			continue;
		key_field_set(&one, f->id, f->mask, f->mask);
		key_field_set(mask, f->id, f->mask, f->mask);
		n_bits += count_bits(&one);
	}
	return n_bits != count_bits(mask);
}

bool match_is_ambiguous(const struct of_match *m)
{
	struct flow_key mask;

	return make_mask(m, &mask);
}

static struct shape *create(const struct of_match *m)
{
	struct shape *shape = xcalloc(1, sizeof(*shape) + m->n * sizeof(shape->fields[0]));
	struct flow_key mask;

	shape->is_ambiguous = make_mask(m, &mask);
	mask_init(&shape->mask, &mask);
	shape->depth = key_mask_depth(&mask);
	shape->lines = key_mask_lines(&mask);
	shape->n_fields = m->n;
	for (unsigned i = 0; i < m->n; i++) {
		shape->fields[i].id = m->fields[i].id;
		memcpy(shape->fields[i].mask, m->fields[i].mask, sizeof(m->fields[i].mask));
	}
	return shape;
}

static struct shape *find(struct shapes *s, const struct of_match *m, uint64_t hash)
{
	HMAP_FOREACH_HASH (n, &s->map, hash) {
		struct shape *shape = container_of(n, struct shape, in_shapes);

		if (has_fields_of(shape, m))
			return shape;
	}
	return NULL;
}

struct shape *shape_find(struct shapes *s, const struct of_match *m)
{
	struct shape *shape = s->last;

	if (shape && has_fields_of(shape, m))
		return shape;
	shape = find(s, m, hash_of(m));
	if (shape)
		s->last = shape;
	return shape;
}

struct shape *shape_get(struct shapes *s, const struct of_match *m)
{
	struct shape *shape = shape_find(s, m);

	if (!shape) {
		shape = create(m);
		hmap_insert(&s->map, &shape->in_shapes, hash_of(m));
		s->last = shape;
	}
	return shape_ref(shape);
}

struct shape *shape_ref(struct shape *shape)
{
	shape->n_refs++;
	return shape;
}

void shape_unref(struct shapes *s, struct shape *shape)
{
	if (--shape->n_refs)
		return;
	if (s->last == shape)
		s->last = NULL;
	hmap_remove(&s->map, &shape->in_shapes);
	free(shape);
}

void shapes_fini(struct shapes *s)
{
	assert(s->map.n == 0);
	hmap_fini(&s->map);
}

int shape_words(const struct shape *shape, const struct of_match *m, struct flow_key *key,
		uint64_t *words, struct of_error *err)
{
	const struct mask *mask = &shape->mask;

	for (unsigned i = 0; i < mask->n_words; i++)
		key->words[mask->places[i]] = 0;
	if (key_set_match(key, m, err) < 0)
		return -1;
	for (unsigned i = 0; i < mask->n_words; i++)
		words[i] = key->words[mask->places[i]];
	return 0;
}

void shape_match(const struct shape *shape, const uint64_t *words, struct of_field_match *fields,
		 struct of_match *out)
{
	const struct mask *mask = &shape->mask;
	struct flow_key key;

	for (unsigned i = 0; i < mask->n_words; i++)
		key.words[mask->places[i]] = words[i];
	*out = (struct of_match){ .n = shape->n_fields, .fields = fields };
	memcpy(fields, shape->fields, shape->n_fields * sizeof(*fields));
	for (unsigned i = 0; i < shape->n_fields; i++) {
		struct of_field_match *f = &fields[i];

		if (!key_place(f->id)->size)
			continue;
		key_field_get(&key, f->id, f->value);
		for (unsigned b = 0; b < OF_FIELD_MAX_BYTES; b++)
			f->value[b] &= f->mask[b];
	}
}
