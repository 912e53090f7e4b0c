#include "controller/model/rules.h"

#include <stdio.h>
#include <stdlib.h>

/* A rule, found by its id and by what it says. */
struct known {
	struct hmap_node by_id, by_key;
	struct rule_fields f;
	size_t key, key_size; /* in index.keys */
	size_t index;
};

struct index {
	struct known *known; /* one for each rule */
	struct hmap by_id, by_key;
	struct buf keys;
};

static struct known *find_id(const struct index *x, const char *id)
{
	HMAP_FOREACH_HASH (n, &x->by_id, hash_string(id)) {
		struct known *k = container_of(n, struct known, by_id);

		if (strcmp(*k->f.id, id) == 0)
			return k;
	}
	return NULL;
}

/* The one of X that says the same as K of INDEX. */
static struct known *find_same(const struct index *x, const struct index *index,
			       const struct known *k)
{
	const uint8_t *key = index->keys.data + k->key;

	HMAP_FOREACH_HASH (n, &x->by_key, k->by_key.hash) {
		struct known *other = container_of(n, struct known, by_key);

		if (other->key_size == k->key_size &&
		    memcmp(x->keys.data + other->key, key, k->key_size) == 0)
			return other;
	}
	return NULL;
}

static void index_fini(struct index *x)
{
	buf_fini(&x->keys);
	hmap_fini(&x->by_id);
	hmap_fini(&x->by_key);
	free(x->known);
}

static void add_id(struct index *x, struct known *k)
{
	hmap_insert(&x->by_id, &k->by_id, hash_string(*k->f.id));
}

static void begin(struct index *x, struct known *k, struct rules rules, size_t i)
{
	k->f = rule_fields_of(rules.list[i]);
	k->index = i;
	k->key = x->keys.size;
	rule_key(rules.list[i], &x->keys);
	k->key_size = x->keys.size - k->key;
	k->by_key.hash = hash_bytes(x->keys.data + k->key, k->key_size);
}

/* Those that are stored: all is in order with them. */
static void index_stored(struct index *x, struct rules rules)
{
	x->known = xcalloc(rules.n + 1, sizeof(*x->known));
	for (size_t i = 0; i < rules.n; i++) {
		struct known *k = &x->known[i];

		begin(x, k, rules, i);
		add_id(x, k);
		hmap_insert(&x->by_key, &k->by_key, k->by_key.hash);
	}
}

static int said_twice(const struct rule_place *at, const struct known *other, struct status *st)
{
	char path[RULE_PATH_SIZE];

	rule_path(path, at, "%s", "");
	return status_set(st, STATUS_INVALID_ARGUMENT, path,
			  "%s: says the same as %s[%zu]: give each rule once", path, at->list,
			  other->index);
}

static int named_twice(const struct rule_place *at, const struct known *other, struct status *st)
{
	char path[RULE_PATH_SIZE];

	rule_path(path, at, "%s", "");
	return status_set(st, STATUS_INVALID_ARGUMENT, path,
			  "%s.id: \"%s\" is the id of %s[%zu] as well: give another, or none", path,
			  *other->f.id, at->list, other->index);
}

/* Rules of a request, one after the other: -1 with ST when one cannot be. */
static int index_given(struct index *x, struct rules rules, const char *path, struct status *st)
{
	struct rule_place at = { path, 0 };

	x->known = xcalloc(rules.n + 1, sizeof(*x->known));
	for (size_t i = 0; i < rules.n; i++) {
		struct known *k = &x->known[i], *other;

		at.i = i;
		if (rule_check(rules.list[i], &at, st) != 0)
			return -1;
		begin(x, k, rules, i);
		other = find_same(x, x, k);
		if (other)
			return said_twice(&at, other, st);
		hmap_insert(&x->by_key, &k->by_key, k->by_key.hash);
		if (!**k->f.id)
			continue;
		other = find_id(x, *k->f.id);
		if (other)
			return named_twice(&at, other, st);
		add_id(x, k);
	}
	return 0;
}

/* An id that no rule of the set has, from the number. */
static void choose_id(struct model *m, struct index *x, struct known *k)
{
	char id[16];

	do {
		*k->f.number = model_take_id(m);
		snprintf(id, sizeof(id), "r%u", (uint32_t)*k->f.number);
	} while (find_id(x, id));
	text_set(k->f.id, id);
	add_id(x, k);
}

/* Who is still without an id: that of the rule that said the same, unless it is taken. */
static void keep_ids(const struct index *before, struct index *after, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct known *k = &after->known[i], *old;

		if (**k->f.id)
			continue;
		old = find_same(before, after, k);
		if (!old || find_id(after, *old->f.id))
			continue;
		text_set(k->f.id, *old->f.id);
		add_id(after, k);
	}
}

static void number(struct model *m, const struct index *before, struct index *after, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct known *k = &after->known[i];
		const struct known *old = **k->f.id ? find_id(before, *k->f.id) : NULL;

		if (old)
			*k->f.number = *old->f.number;
		else if (**k->f.id)
			*k->f.number = model_take_id(m);
		else
			choose_id(m, after, k);
	}
}

static int check_count(size_t n, size_t max, const char *path, struct status *st)
{
	if (n <= max)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, path, "%s: %zu rules: give at most %zu",
			  path, n, max);
}

int rules_check(struct model *m, struct rules before, struct rules after, size_t max,
		const char *path, struct status *st)
{
	struct index old = { 0 }, new = { 0 };
	int rc;

	if (check_count(after.n, max, path, st) != 0)
		return -1;
	rc = index_given(&new, after, path, st);
	if (rc == 0) {
		index_stored(&old, before);
		keep_ids(&old, &new, after.n);
		number(m, &old, &new, after.n);
	}
	index_fini(&old);
	index_fini(&new);
	return rc;
}

static int check_new(const struct index *old, const struct index *new, const struct known *k,
		     const char *path, struct status *st)
{
	const struct known *other = find_same(old, new, k);
	char at[FIELD_SIZE];

	snprintf(at, sizeof(at), "%s[%zu]", path, k->index);
	if (other)
		return status_set(st, STATUS_ALREADY_EXISTS, at,
				  "%s: rule \"%s\" says the same already", at, *other->f.id);
	if (**k->f.id && find_id(old, *k->f.id))
		return status_set(st, STATUS_ALREADY_EXISTS, at,
				  "%s.id: there is a rule \"%s\" already: give another id, or none",
				  at, *k->f.id);
	return 0;
}

int rules_check_added(struct rules before, struct rules added, size_t max, const char *path,
		      struct status *st)
{
	struct index old = { 0 }, new = { 0 };
	int rc;

	if (check_count(added.n, max, path, st) != 0)
		return -1;
	rc = index_given(&new, added, path, st);
	index_stored(&old, before);
	for (size_t i = 0; rc == 0 && i < added.n; i++)
		rc = check_new(&old, &new, &new.known[i], path, st);
	index_fini(&old);
	index_fini(&new);
	return rc;
}
