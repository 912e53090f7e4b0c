/* Choosing and making a look-up. */

#include "dataplane/lookup/lookup_class.h"

#include <stdio.h>
#include <stdlib.h>
#include "lib/hmap.h"

struct mask_node {
	struct hmap_node node;
	const struct flow_key *mask;
};

static bool is_catch_all(const struct lookup_rule *r)
{
	for (unsigned i = 0; i < KEY_WORDS; i++)
		if (r->match->mask.words[i])
			return false;
	return true;
}

/* Rules after one that matches everything are never found. */
static unsigned n_reachable(const struct lookup_rule *rules, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (is_catch_all(&rules[i]))
			return i + 1;
	return n;
}

static bool add_mask(struct hmap *masks, const struct flow_key *mask)
{
	uint64_t hash = hash_bytes(mask, sizeof(*mask));
	struct mask_node *m;

	HMAP_FOREACH_HASH (n, masks, hash) {
		m = container_of(n, struct mask_node, node);
		if (memcmp(m->mask, mask, sizeof(*mask)) == 0)
			return false;
	}
	m = xmalloc(sizeof(*m));
	m->mask = mask;
	hmap_insert(masks, &m->node, hash);
	return true;
}

void lookup_shape_of(const struct lookup_rule *rules, unsigned n_rules, struct lookup_shape *out)
{
	const struct flow_key *last = NULL;
	struct flow_key all = { 0 };
	struct hmap masks = HMAP_INIT;

	*out = (struct lookup_shape){ .n_rules = n_rules };
	for (unsigned i = 0; i < n_rules; i++) {
		const struct flow_key *mask = &rules[i].match->mask;

		if (is_catch_all(&rules[i])) {
			out->has_catch_all = true;
			continue;
		}
		if (last && memcmp(last, mask, sizeof(*mask)) == 0)
			continue;
		last = mask;
		if (!add_mask(&masks, mask))
			continue;
		out->n_masks++;
		for (unsigned w = 0; w < KEY_WORDS; w++)
			all.words[w] |= mask->words[w];
	}
	for (unsigned w = 0; w < KEY_WORDS; w++)
		out->n_words += all.words[w] != 0;
	HMAP_FOREACH_SAFE (n, &masks) {
		hmap_remove(&masks, n);
		free(container_of(n, struct mask_node, node));
	}
	hmap_fini(&masks);
}

const struct lookup_class *lookup_choose(const struct lookup_shape *shape, char *reason,
					 size_t size)
{
	const struct lookup_class *best = NULL;
	unsigned best_cost = 0;

	REGISTRY_FOREACH (p, lookup_class) {
		char words[96] = "";
		unsigned cost = (*p)->cost(shape, words, sizeof(words));

		if (!cost || (best && cost >= best_cost))
			continue;
		best = *p;
		best_cost = cost;
		snprintf(reason, size, "%s", words);
	}
	assert(best);
	return best;
}

struct lookup *lookup_create(const struct lookup_class *class, const struct lookup_rule *rules,
			     unsigned n_rules, uint64_t seed)
{
	struct lookup_shape shape;
	char reason[96] = "asked for";
	struct lookup *l;

	n_rules = n_reachable(rules, n_rules);
	if (!class) {
		lookup_shape_of(rules, n_rules, &shape);
		class = lookup_choose(&shape, reason, sizeof(reason));
	}
	l = class->build(rules, n_rules, seed);
	l->class = class;
	memcpy(l->reason, reason, sizeof(reason));
	return l;
}

void lookup_destroy(struct lookup *l)
{
	if (l)
		l->class->destroy(l);
}

void lookup_find(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		 const void **out)
{
	if (bitmap)
		l->find(l, keys, bitmap, out);
}

const char *lookup_name(const struct lookup *l)
{
	return l->class->name;
}

const char *lookup_reason(const struct lookup *l)
{
	return l->reason;
}

size_t lookup_bytes(const struct lookup *l)
{
	return l->bytes;
}

unsigned lookup_max_lines(const struct lookup *l)
{
	return l->max_lines;
}

const struct lookup_class *lookup_class_find(const char *name)
{
	REGISTRY_FOREACH (p, lookup_class)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}
