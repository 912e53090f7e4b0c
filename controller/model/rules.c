#include "controller/model/rules.h"

#include <stdio.h>
#include <stdlib.h>

/* A rule, found by its id and by what it says. */
struct known {
	struct hmap_node by_id, by_key;
	struct rule_fields f;
	struct buf key;
	size_t index;
};

struct index {
	struct known *known; /* one for each rule */
	struct hmap by_id, by_key;
};

static uint64_t hash_key(const struct buf *key)
{
	return hash_bytes(key->data, key->size);
}

static struct known *find_id(const struct index *x, const char *id)
{
	HMAP_FOREACH_HASH (n, &x->by_id, hash_string(id)) {
		struct known *k = container_of(n, struct known, by_id);

		if (strcmp(*k->f.id, id) == 0)
			return k;
	}
	return NULL;
}

static struct known *find_key(const struct index *x, const struct buf *key)
{
	HMAP_FOREACH_HASH (n, &x->by_key, hash_key(key)) {
		struct known *k = container_of(n, struct known, by_key);

		if (k->key.size == key->size && memcmp(k->key.data, key->data, key->size) == 0)
			return k;
	}
	return NULL;
}

static void index_fini(struct index *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_fini(&x->known[i].key);
	hmap_fini(&x->by_id);
	hmap_fini(&x->by_key);
	free(x->known);
}

static void add_id(struct index *x, struct known *k)
{
	hmap_insert(&x->by_id, &k->by_id, hash_string(*k->f.id));
}

/* Those that are stored: all is in order with them. */
static void index_stored(struct index *x, struct rules rules)
{
	x->known = xcalloc(rules.n + 1, sizeof(*x->known));
	for (size_t i = 0; i < rules.n; i++) {
		struct known *k = &x->known[i];

		k->f = rule_fields_of(rules.list[i]);
		k->index = i;
		rule_key(rules.list[i], &k->key);
		add_id(x, k);
		hmap_insert(&x->by_key, &k->by_key, hash_key(&k->key));
	}
}

/* Rules of a request, one after the other: -1 with ST when one cannot be. */
static int index_given(struct index *x, struct rules rules, const char *path, struct status *st)
{
	char at[FIELD_SIZE];

	x->known = xcalloc(rules.n + 1, sizeof(*x->known));
	for (size_t i = 0; i < rules.n; i++) {
		struct known *k = &x->known[i], *other;

		snprintf(at, sizeof(at), "%s[%zu]", path, i);
		if (rule_check(rules.list[i], at, st) != 0)
			return -1;
		k->f = rule_fields_of(rules.list[i]);
		k->index = i;
		rule_key(rules.list[i], &k->key);
		other = find_key(x, &k->key);
		if (other)
			return status_set(st, STATUS_INVALID_ARGUMENT, at,
					  "%s: says the same as %s[%zu]: give each rule once", at,
					  path, other->index);
		hmap_insert(&x->by_key, &k->by_key, hash_key(&k->key));
		if (!**k->f.id)
			continue;
		other = find_id(x, *k->f.id);
		if (other)
			return status_set(
				st, STATUS_INVALID_ARGUMENT, at,
				"%s.id: \"%s\" is the id of %s[%zu] as well: give another, "
				"or none",
				at, *k->f.id, path, other->index);
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
		old = find_key(before, &k->key);
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
	index_fini(&old, old.known ? before.n : 0);
	index_fini(&new, after.n);
	return rc;
}

static int check_new(const struct index *old, const struct known *k, const char *path,
		     struct status *st)
{
	const struct known *other = find_key(old, &k->key);
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
		rc = check_new(&old, &new.known[i], path, st);
	index_fini(&old, before.n);
	index_fini(&new, added.n);
	return rc;
}
