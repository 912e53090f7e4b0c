/* Making links (links.h).  For each table that rules go on to, the rules are indexed by the bits
 * that a linking rule may know; then each linking rule asks which of them it does not contradict.
 */

#include "dataplane/pipeline/links.h"

#include <stdlib.h>
#include "dataplane/pipeline/pipeline_priv.h"
#include "lib/hmap.h"

#define MAX_RULES      65536  /* of a table that is linked to */
#define MAX_LINKING    262144 /* rules that get links */
#define MAX_WORDS      12     /* of the key, that a table looks at */
#define MAX_MASKS      64     /* of a table */
#define MAX_CANDIDATES 16     /* looked at for one link */
#define NO_TARGET      0

/* What is known of a packet, or what a rule wants: of the words of one table. */
struct facts {
	uint64_t masks[MAX_WORDS], values[MAX_WORDS];
};

/* A rule of the table, in the index of one view. */
struct candidate {
	struct hmap_node node;
	unsigned rule;
};

/* The table as rules see it that know the same bits. */
struct view {
	uint64_t known[MAX_WORDS];
	struct hmap index;
	struct candidate *candidates; /* [n_rules] */
	struct view *next;
};

/* An answer that was given: rules that know the same get the same. */
struct memo {
	struct hmap_node node;
	struct facts facts;
	uint32_t target; /* its number, or NO_TARGET */
};

struct wanted {
	const struct rule *rule;
	unsigned mask; /* number */
	struct facts facts;
};

/* A table that is linked to. */
struct side {
	bool is_usable;
	unsigned n_words, n_masks, n_rules;
	uint8_t places[MAX_WORDS];
	const struct mask *masks[MAX_MASKS];
	struct wanted *rules; /* by rank */
	struct view *views;
	struct hmap memos;
};

struct maker {
	struct tables *tables;
	const struct pipeline *p;
	struct links *links;
	unsigned n_linking;
	struct side *sides[TABLES_N];
};

/* --- the table that is linked to --- */

static int add_places(struct side *s, const struct mask *m)
{
	for (unsigned w = 0; w < m->n_words; w++) {
		unsigned i = 0;

		while (i < s->n_words && s->places[i] != m->places[w])
			i++;
		if (i == MAX_WORDS)
			return -1;
		if (i == s->n_words)
			s->places[s->n_words++] = m->places[w];
	}
	return 0;
}

/* Its number, or -1 if there are too many. */
static int add_mask(struct side *s, const struct mask *m)
{
	unsigned i = 0;

	while (i < s->n_masks && s->masks[i] != m)
		i++;
	if (i == s->n_masks) {
		if (i == MAX_MASKS || add_places(s, m) < 0)
			return -1;
		s->masks[s->n_masks++] = m;
	}
	return i;
}

static void facts_of_rule(const struct side *s, const struct rule *r, struct facts *out)
{
	const struct mask *m = &r->class->shape->mask;

	for (unsigned i = 0; i < s->n_words; i++) {
		out->masks[i] = mask_at(m, s->places[i]);
		out->values[i] = mask_value_at(m, r->words, s->places[i]);
	}
}

static bool is_linkable(const struct compiled_table *ct)
{
	return ct && !ct->clauses && ct->n_rules <= MAX_RULES;
}

static void collect_rules(struct maker *mk, struct side *s, uint8_t id)
{
	struct flow_iter it = tables_from(mk->tables, id, 0);
	const struct flow *f;

	s->rules = xcalloc(mk->p->tables[id]->n_rules, sizeof(*s->rules));
	while ((f = flow_iter_next(&it))) {
		int mask = add_mask(s, &f->rule->class->shape->mask);

		if (mask < 0)
			return;
		s->rules[s->n_rules++] = (struct wanted){ .rule = f->rule, .mask = mask };
	}
	for (unsigned i = 0; i < s->n_rules; i++)
		facts_of_rule(s, s->rules[i].rule, &s->rules[i].facts);
	s->is_usable = true;
}

static struct side *side_get(struct maker *mk, uint8_t id)
{
	struct side *s = mk->sides[id];

	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	mk->sides[id] = s;
	if (is_linkable(mk->p->tables[id]))
		collect_rules(mk, s, id);
	mk->links->is_linked[id] = s->is_usable;
	return s;
}

static void side_destroy(struct side *s)
{
	struct view *next;

	if (!s)
		return;
	for (struct view *v = s->views; v; v = next) {
		next = v->next;
		hmap_fini(&v->index);
		free(v->candidates);
		free(v);
	}
	HMAP_FOREACH_SAFE (n, &s->memos) {
		hmap_remove(&s->memos, n);
		free(container_of(n, struct memo, node));
	}
	hmap_fini(&s->memos);
	free(s->rules);
	free(s);
}

/* --- asking --- */

/* Of those bits of VALUES that both MASK, a number, and KNOWN have. */
static uint64_t hash_known(const struct side *s, unsigned mask, const uint64_t *values,
			   const uint64_t *masks, const uint64_t *known)
{
	uint64_t words[MAX_WORDS + 1] = { mask };

	for (unsigned i = 0; i < s->n_words; i++)
		words[i + 1] = values[i] & masks[i] & known[i];
	return hash_bytes(words, (s->n_words + 1) * sizeof(words[0]));
}

static struct view *view_get(struct side *s, const uint64_t *known)
{
	size_t size = s->n_words * sizeof(*known);
	struct view *v = s->views;

	while (v && memcmp(v->known, known, size) != 0)
		v = v->next;
	if (v)
		return v;
	v = xcalloc(1, sizeof(*v));
	memcpy(v->known, known, size);
	v->candidates = xcalloc(s->n_rules, sizeof(*v->candidates));
	for (unsigned i = 0; i < s->n_rules; i++) {
		const struct wanted *r = &s->rules[i];

		v->candidates[i].rule = i;
		hmap_insert(&v->index, &v->candidates[i].node,
			    hash_known(s, r->mask, r->facts.values, r->facts.masks, known));
	}
	v->next = s->views;
	s->views = v;
	return v;
}

static bool contradicts(const struct side *s, const struct facts *known, const struct facts *rule)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < s->n_words; i++)
		diff |= (known->values[i] ^ rule->values[i]) & known->masks[i] & rule->masks[i];
	return diff != 0;
}

static bool is_implied(const struct side *s, const struct facts *known, const struct facts *rule)
{
	uint64_t unknown = 0;

	for (unsigned i = 0; i < s->n_words; i++)
		unknown |= rule->masks[i] & ~known->masks[i];
	return unknown == 0;
}

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* The rules that packets of KNOWN may match, by rank, up to the first that they must.  Returns how
 * many, or -1 if they are too many. */
static int find_candidates(struct side *s, const struct facts *known, unsigned *found)
{
	struct view *v = view_get(s, known->masks);
	unsigned n = 0;

	for (unsigned m = 0; m < s->n_masks; m++) {
		uint64_t masks[MAX_WORDS], hash;

		for (unsigned i = 0; i < s->n_words; i++)
			masks[i] = mask_at(s->masks[m], s->places[i]);
		hash = hash_known(s, m, known->values, masks, known->masks);
		HMAP_FOREACH_HASH (node, &v->index, hash) {
			unsigned rule = container_of(node, struct candidate, node)->rule;

			if (contradicts(s, known, &s->rules[rule].facts))
				continue;
			if (n == MAX_CANDIDATES)
				return -1;
			found[n++] = rule;
		}
	}
	qsort(found, n, sizeof(*found), by_number);
	for (unsigned k = 0; k < n; k++)
		if (is_implied(s, known, &s->rules[found[k]].facts))
			return k + 1;
	return n;
}

/* --- targets --- */

static uint32_t add_target(struct links *l, link_target target)
{
	if (l->n_targets == l->room) {
		l->room = MAX_OF(2 * l->room, 64u);
		l->targets = xrealloc(l->targets, l->room * sizeof(*l->targets));
	}
	l->targets[l->n_targets] = target;
	return l->n_targets++;
}

/* The words that the rules look at beyond what is known; returns how many. */
static unsigned unknown_words(const struct side *s, const struct facts *known,
			      const unsigned *found, unsigned n, uint8_t *words)
{
	unsigned n_words = 0;

	for (unsigned i = 0; i < s->n_words; i++) {
		uint64_t unknown = 0;

		for (unsigned k = 0; k < n; k++)
			unknown |= s->rules[found[k]].facts.masks[i] & ~known->masks[i];
		if (unknown)
			words[n_words++] = i;
	}
	return n_words;
}

static link_target make_choice(struct links *l, const struct side *s, const struct facts *known,
			       const unsigned *found, unsigned n, const uint8_t *words,
			       unsigned n_words)
{
	struct link_choice *c = xcalloc_lines(sizeof(*c) + n_words * sizeof(c->tests[0]));

	c->n_words = n_words;
	for (unsigned w = 0; w < n_words; w++) {
		struct link_test *test = &c->tests[w];

		c->words[w] = s->places[words[w]];
		for (unsigned k = 0; k < LINK_MAX_RULES; k++)
			test->values[k] = 1; /* under the mask 0 */
		for (unsigned k = 0; k < n; k++) {
			const struct facts *f = &s->rules[found[k]].facts;

			test->masks[k] = f->masks[words[w]] & ~known->masks[words[w]];
			test->values[k] = f->values[words[w]] & test->masks[k];
		}
	}
	for (unsigned k = 0; k < n; k++)
		c->rules[k] = s->rules[found[k]].rule;
	if (l->n_choices == l->choices_room) {
		l->choices_room = MAX_OF(2 * l->choices_room, 64u);
		l->choices = xrealloc(l->choices, l->choices_room * sizeof(*l->choices));
	}
	l->choices[l->n_choices++] = c;
	return (link_target)c + 1;
}

static uint32_t make_target(struct maker *mk, struct side *s, const struct facts *known)
{
	unsigned found[MAX_CANDIDATES], n_words;
	int n = find_candidates(s, known, found);
	uint8_t words[MAX_WORDS];

	if (n < 0 || n > LINK_MAX_RULES)
		return NO_TARGET;
	if (n == 0)
		return add_target(mk->links, 0);
	if (n == 1 && is_implied(s, known, &s->rules[found[0]].facts))
		return add_target(mk->links, (link_target)s->rules[found[0]].rule);
	n_words = unknown_words(s, known, found, n, words);
	if (n_words > LINK_MAX_WORDS)
		return NO_TARGET;
	return add_target(mk->links, make_choice(mk->links, s, known, found, n, words, n_words));
}

static uint32_t target_for(struct maker *mk, struct side *s, const struct facts *known)
{
	uint64_t hash = hash_bytes(known, sizeof(*known));
	struct memo *m;

	HMAP_FOREACH_HASH (n, &s->memos, hash) {
		m = container_of(n, struct memo, node);
		if (!memcmp(&m->facts, known, sizeof(*known)))
			return m->target;
	}
	m = xcalloc(1, sizeof(*m));
	m->facts = *known;
	m->target = make_target(mk, s, known);
	hmap_insert(&s->memos, &m->node, hash);
	return m->target;
}

/* --- the rules that link --- */

/* What is known of R's packets when they go on, as far as the other side looks at it. */
static void know(const struct side *s, const struct rule *r, struct facts *out)
{
	const struct mask *m = &r->class->shape->mask;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < s->n_words; i++) {
		out->masks[i] = mask_at(m, s->places[i]);
		out->values[i] = mask_value_at(m, r->words, s->places[i]);
		for (unsigned k = 0; k < r->n_written; k++) {
			if (r->written[k] != s->places[i])
				continue;
			out->values[i] = (out->values[i] & ~r->plain.masks[k]) | r->plain.values[k];
			out->masks[i] |= r->plain.masks[k];
		}
	}
	/* Nobody asks for the other bits, and without them more rules know the same. */
	for (unsigned i = 0; i < s->n_words; i++) {
		uint64_t asked = 0;

		for (unsigned k = 0; k < s->n_masks; k++)
			asked |= mask_at(s->masks[k], s->places[i]);
		out->masks[i] &= asked;
		out->values[i] &= asked;
	}
}

static void link_rule(struct maker *mk, struct rule *r)
{
	struct side *s = side_get(mk, r->goto_table);
	uint32_t target = NO_TARGET;
	struct facts known;

	if (s->is_usable && mk->n_linking++ < MAX_LINKING) {
		know(s, r, &known);
		target = target_for(mk, s, &known);
	}
	mk->links->n_into[r->goto_table] += target != NO_TARGET;
	__atomic_store_n(&r->link, target ? (uint64_t)mk->links->serial << 32 | target : 0,
			 __ATOMIC_RELAXED);
}

static void link_table(struct maker *mk, uint8_t id)
{
	struct flow_iter it = tables_from(mk->tables, id, 0);
	const struct flow *f;

	while ((f = flow_iter_next(&it)))
		if (f->rule->is_plain && f->rule->has_goto)
			link_rule(mk, f->rule);
}

struct links *links_create(struct tables *tables, const struct pipeline *p)
{
	static uint32_t last_serial;
	struct maker mk = { .tables = tables, .p = p, .links = xcalloc(1, sizeof(*mk.links)) };
	struct links *l = mk.links;

	l->n_refs = 1;
	l->serial = ++last_serial ? last_serial : ++last_serial;
	add_target(l, NO_TARGET); /* the number that means none */
	for (unsigned id = 0; id < TABLES_N; id++) {
		if (!p->tables[id])
			continue;
		l->generations[id] = p->tables[id]->generation;
		if (p->tables[id]->n_linking)
			link_table(&mk, id);
	}
	for (unsigned id = 0; id < TABLES_N; id++)
		side_destroy(mk.sides[id]);
	return l;
}

void links_unref(struct links *l)
{
	if (!l || --l->n_refs)
		return;
	for (unsigned i = 0; i < l->n_choices; i++)
		free(l->choices[i]);
	free(l->choices);
	free(l->targets);
	free(l);
}
