/* Choosing and making a look-up. */

#include "dataplane/lookup/lookup_class.h"

#include <stdio.h>
#include <stdlib.h>
#include "lib/hmap.h"
#include "dataplane/lookup/parts.h"

/* An update shares with what was built long ago; when all of it has changed so many times over,
 * building anew gives the better look-up. */
#define MAX_CHANGES_PER_RULE 4
#define MIN_UPDATES	     64

struct mask_node {
	struct hmap_node node;
	const struct mask *mask;
};

static bool is_catch_all(const struct lookup_rule *r)
{
	return r->mask->n_words == 0;
}

/* Rules after one that matches everything are never found. */
static unsigned n_reachable(const struct lookup_rule *rules, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (is_catch_all(&rules[i]))
			return i + 1;
	return n;
}

static bool add_mask(struct hmap *masks, const struct lookup_rule *r)
{
	struct mask_node *m;

	HMAP_FOREACH_HASH (n, masks, r->mask->hash) {
		m = container_of(n, struct mask_node, node);
		if (mask_equal(m->mask, r->mask))
			return false;
	}
	m = xmalloc(sizeof(*m));
	m->mask = r->mask;
	hmap_insert(masks, &m->node, r->mask->hash);
	return true;
}

#define MAX_RUN_MASKS (LPM_MAX_BITS + 1)

static void find_run(const struct lookup_rule *rules, unsigned n, struct lookup_shape *out)
{
	struct lpm_place place;

	if (!n || out->n_masks > MAX_RUN_MASKS || !lpm_place_of(rules, n, &place))
		return;
	out->run_first = place.word * 64 + place.shift;
	out->run_bits = place.n_bits;
}

static struct lookup_part part_of(const struct lookup_rule *rules, unsigned n)
{
	struct lookup_shape shape;

	lookup_shape_of(rules, n, &shape);
	return (struct lookup_part){ .n_rules = shape.n_rules,
				     .n_masks = shape.n_masks,
				     .n_words = shape.n_words,
				     .run_first = shape.run_first,
				     .run_bits = shape.run_bits };
}

static void find_parts(const struct lookup_rule *rules, unsigned n, struct lookup_shape *out)
{
	struct lookup_parts parts;

	if (out->run_bits || out->n_masks < 2 || !lookup_parts_of(rules, n, &parts))
		return;
	out->big = part_of(parts.rules, parts.n_big);
	out->small = part_of(parts.rules + parts.n_big, parts.n_small);
	lookup_parts_fini(&parts);
}

void lookup_shape_of(const struct lookup_rule *rules, unsigned n_rules, struct lookup_shape *out)
{
	const struct mask *last = NULL;
	bool is_used[KEY_WORDS] = { false };
	struct hmap masks = HMAP_INIT;

	*out = (struct lookup_shape){ .n_rules = n_rules };
	for (unsigned i = 0; i < n_rules; i++) {
		const struct mask *mask = rules[i].mask;

		if (is_catch_all(&rules[i])) {
			out->has_catch_all = true;
			continue;
		}
		if (mask == last || !add_mask(&masks, &rules[i]))
			continue;
		last = mask;
		out->n_masks++;
		for (unsigned w = 0; w < mask->n_words; w++)
			is_used[mask->places[w]] = true;
	}
	for (unsigned w = 0; w < KEY_WORDS; w++)
		out->n_words += is_used[w];
	find_run(rules, n_rules - out->has_catch_all, out);
	find_parts(rules, n_rules - out->has_catch_all, out);
	HMAP_FOREACH_SAFE (n, &masks) {
		hmap_remove(&masks, n);
		free(container_of(n, struct mask_node, node));
	}
	hmap_fini(&masks);
}

/* A look-up whose rules change keeps its class until another is clearly better, and that is asked
 * only after so many changes that building anew is little in comparison. */
#define IS_CLEARLY_BETTER(COST, OLD) ((COST) + (COST) / 4 + 4 < (OLD))
#define CHECKS_PER_RULE		     8

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

/* Buckets and rules: of 4,096 they fill the L2 cache, of 32,768 they are in the L3, of 262,144 in
 * memory (`lookup_bench exact` on an Emerald Rapids). */
unsigned lookup_waiting_cycles(unsigned n)
{
	return n > 1 << 18 ? 70 : n > 1 << 15 ? 22 : n > 1 << 12 ? 6 : 0;
}

/* Others need not survive the class's build. */
static bool is_for(const struct lookup_class *class, const struct lookup_shape *shape)
{
	char reason[96];

	return class->cost(shape, reason, sizeof(reason)) > 0;
}

struct lookup *lookup_create(const struct lookup_class *class, const struct lookup_rule *rules,
			     unsigned n_rules, uint64_t seed)
{
	struct lookup_shape shape;
	char reason[96] = "asked for";
	const struct lookup_class *chosen;
	struct lookup *l;

	n_rules = n_reachable(rules, n_rules);
	lookup_shape_of(rules, n_rules, &shape);
	assert((!class || is_for(class, &shape)) && "the class asked for is not for these rules");
	chosen = class ? class : lookup_choose(&shape, reason, sizeof(reason));
	l = chosen->build(rules, n_rules, seed);
	l->class = chosen;
	l->is_asked_for = class != NULL;
	l->shape = shape;
	l->catch_all_rank = shape.has_catch_all ? rules[n_rules - 1].rank : UINT64_MAX;
	l->n_built = n_rules;
	l->next_check = n_rules / CHECKS_PER_RULE + 1;
	memcpy(l->reason, reason, sizeof(reason));
	return l;
}

/* REACHED gets those of N changes that a look-up with a catch-all of rank LAST notices; returns how
 * many, or -1 if the catch-all itself changes. */
static int reached_changes(const struct lookup_change *changes, unsigned n, uint64_t last,
			   struct lookup_change *reached)
{
	int n_reached = 0;

	for (unsigned i = 0; i < n; i++) {
		if (changes[i].rule.rank > last)
			continue;
		if (is_catch_all(&changes[i].rule))
			return -1;
		reached[n_reached++] = changes[i];
	}
	return n_reached;
}

/* Whether the class suits the rules still. */
static bool is_suited(struct lookup *l)
{
	const struct lookup_class *best;
	char reason[96];
	unsigned cost;

	if (l->is_asked_for || l->n_changed < l->next_check)
		return true;
	l->next_check = l->n_changed + l->shape.n_rules / CHECKS_PER_RULE + 1;
	cost = l->class->cost(&l->shape, reason, sizeof(reason));
	if (!cost)
		return false;
	best = lookup_choose(&l->shape, reason, sizeof(reason));
	return best == l->class ||
	       !IS_CLEARLY_BETTER(best->cost(&l->shape, reason, sizeof(reason)), cost);
}

static struct lookup *update(const struct lookup *old, const struct lookup_change *changes,
			     unsigned n)
{
	struct lookup *l = old->class->update(old, changes, n);

	if (!l)
		return NULL;
	for (unsigned i = 0; i < n; i++)
		l->shape.n_rules += changes[i].is_removal ? -1 : 1;
	l->n_changed += n;
	if (is_suited(l))
		return l;
	lookup_destroy(l);
	return NULL;
}

struct lookup *lookup_update(const struct lookup *old, const struct lookup_change *changes,
			     unsigned n)
{
	struct lookup_change *reached;
	struct lookup *l = NULL;
	int n_reached;

	if (!old->class->update ||
	    old->n_changed + n >
		    MAX_OF(old->n_built, old->shape.n_rules) * MAX_CHANGES_PER_RULE + MIN_UPDATES)
		return NULL;
	reached = xcalloc(n, sizeof(*reached));
	n_reached = reached_changes(changes, n, old->catch_all_rank, reached);
	if (n_reached >= 0)
		l = update(old, reached, n_reached);
	free(reached);
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

/* The numbers in it change with every update, and are seldom asked for. */
const char *lookup_reason(const struct lookup *l)
{
	char *reason = ((struct lookup *)l)->reason;

	if (!l->is_asked_for)
		l->class->cost(&l->shape, reason, sizeof(l->reason));
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

unsigned lookup_cycles(const struct lookup *l)
{
	char reason[96];

	return l->class->cost(&l->shape, reason, sizeof(reason));
}

const struct lookup_class *lookup_class_find(const char *name)
{
	REGISTRY_FOREACH (p, lookup_class)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}
