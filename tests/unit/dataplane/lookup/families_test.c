/* Every look-up class against `linear` on every family of rules that it takes, at every level of
 * the CPU, as rules come and go.  A class that is added is tested here without being named. */

#include "dataplane/lookup/lookup_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "dataplane/lookup/cpu.h"
#include "dataplane/packet/parse.h"
#include "tests/fakes/dataplane/rule_sets.h"

#define MAX_CHANGES 12

/* A table whose rules come and go, and its look-up. */
struct table {
	struct rng rng;
	struct rule_set *set;
	struct set_rule **in;	 /* [set->n]: those that it has */
	struct lookup_rule *now; /* these, by rank */
	unsigned n_now;
	const struct lookup_class *class; /* NULL: whichever is chosen */
	struct lookup *l;
	unsigned n_updated;
};

static int by_rank(const void *a, const void *b)
{
	const struct lookup_rule *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static void list(struct table *t)
{
	t->n_now = 0;
	for (unsigned i = 0; i < t->set->n; i++)
		if (t->in[i])
			t->now[t->n_now++] = t->in[i]->rule;
	qsort(t->now, t->n_now, sizeof(*t->now), by_rank);
}

static bool is_suited(const struct lookup_class *class, const struct table *t)
{
	struct lookup_shape shape;
	char reason[96];
	unsigned n = 0;

	while (n < t->n_now && t->now[n++].mask->n_words)
		;
	lookup_shape_of(t->now, n, &shape);
	return class->cost(&shape, reason, sizeof(reason)) != 0;
}

static void compare(struct table *t, unsigned n_bursts)
{
	static struct flow_key keys[PACKET_BURST_MAX];
	struct lookup *spec = lookup_create(lookup_class_find("linear"), t->now, t->n_now, 0);
	const void *want[PACKET_BURST_MAX], *got[PACKET_BURST_MAX];

	for (unsigned b = 0; b < n_bursts; b++) {
		unsigned kind = rng_below(&t->rng, 4);
		uint64_t bitmap = kind == 0   ? UINT64_MAX
				  : kind == 1 ? UINT32_MAX
				  : kind == 2 ? 1ull << rng_below(&t->rng, 64)
					      : rng_u64(&t->rng);

		for (unsigned i = 0; i < PACKET_BURST_MAX; i++) {
			rule_set_key(t->set, &t->rng, &keys[i]);
			want[i] = got[i] = &keys;
		}
		lookup_find(spec, keys, bitmap, want);
		lookup_find(t->l, keys, bitmap, got);
		for (unsigned i = 0; i < PACKET_BURST_MAX; i++)
			if (got[i] != want[i])
				fail_msg("%s (%s) differs from linear: %s, %u rules, packet %u",
					 lookup_name(t->l), cpu_level_name(cpu_level()),
					 t->set->name, t->n_now, i);
	}
	lookup_destroy(spec);
}

/* What lookup_update() does, for a class that would not be chosen. */
static struct lookup *update_by_class(const struct table *t, const struct lookup_change *changes,
				      unsigned n)
{
	struct lookup_change reached[2 * MAX_CHANGES];
	unsigned n_reached = 0;
	struct lookup *l;

	for (unsigned i = 0; i < n; i++) {
		if (changes[i].rule.rank > t->l->catch_all_rank)
			continue;
		if (!changes[i].rule.mask->n_words)
			return NULL;
		reached[n_reached++] = changes[i];
	}
	l = t->class->update(t->l, reached, n_reached);
	for (unsigned i = 0; l && i < n_reached; i++)
		l->shape.n_rules += reached[i].is_removal ? -1 : 1;
	return l;
}

static struct lookup *update(struct table *t, const struct lookup_change *changes, unsigned n)
{
	struct lookup *l = lookup_update(t->l, changes, n);

	if (!l && t->class && t->class->update)
		l = update_by_class(t, changes, n);
	t->n_updated += l != NULL;
	return l;
}

/* Some rules more, less, or replaced; those that went are freed with the look-up that had them. */
static bool step(struct table *t)
{
	struct lookup_change changes[2 * MAX_CHANGES];
	unsigned n = 0, n_gone = 0, n_changes = rng_below(&t->rng, MAX_CHANGES);
	struct set_rule *gone[MAX_CHANGES];
	struct lookup *old = t->l;

	for (unsigned k = 0; k < n_changes; k++) {
		unsigned i = rng_below(&t->rng, t->set->n);
		bool is_replaced = t->in[i] && rng_below(&t->rng, 3) == 0, was_in = t->in[i];

		if (was_in) {
			changes[n++] = (struct lookup_change){ t->in[i]->rule, true };
			gone[n_gone++] = t->in[i];
			t->in[i] = NULL;
		}
		if (!was_in || is_replaced) {
			t->in[i] = rule_set_make(t->set, i);
			changes[n++] = (struct lookup_change){ t->in[i]->rule, false };
		}
	}
	list(t);
	t->l = t->class && !is_suited(t->class, t) ? NULL : update(t, changes, n);
	if (!t->l && (!t->class || is_suited(t->class, t)))
		t->l = lookup_create(t->class, t->now, t->n_now, rng_u64(&t->rng));
	lookup_destroy(old);
	for (unsigned k = 0; k < n_gone; k++)
		free(gone[k]);
	return t->l != NULL;
}

/* Returns whether the class takes such rules at all. */
static bool run(const struct lookup_class *class, unsigned family, unsigned n, uint64_t seed,
		unsigned n_steps, unsigned *n_updated)
{
	struct table t = { .class = class };
	bool is_there;

	rng_seed(&t.rng, seed);
	t.set = rule_set_create(&t.rng, family, n);
	t.in = xcalloc(t.set->n, sizeof(*t.in));
	t.now = xcalloc(t.set->n + 1, sizeof(*t.now));
	for (unsigned i = 0; i < t.set->n; i++)
		if (rng_below(&t.rng, 4))
			t.in[i] = rule_set_make(t.set, i);
	list(&t);
	is_there = !class || is_suited(class, &t);
	if (is_there) {
		t.l = lookup_create(class, t.now, t.n_now, rng_u64(&t.rng));
		compare(&t, 6);
		for (unsigned k = 0; k < n_steps && step(&t); k++)
			compare(&t, 2);
	}
	*n_updated += t.n_updated;
	lookup_destroy(t.l);
	for (unsigned i = 0; i < t.set->n; i++)
		free(t.in[i]);
	free(t.in);
	free(t.now);
	rule_set_destroy(t.set);
	return is_there;
}

static const unsigned sizes[] = { 1, 2, 5, 9, 33, 150, 700 };

static void every_class_on_every_family(void **state)
{
	const enum cpu_level best = cpu_level();

	(void)state;
	for (unsigned level = CPU_BASE; level <= best; level++) {
		cpu_level_limit(level);
		REGISTRY_FOREACH (p, lookup_class) {
			unsigned n_taken = 0, n_updated = 0;

			for (unsigned f = 0; f < rule_set_families(); f++)
				for (unsigned k = 0; k < ARRAY_LENGTH(sizes); k++)
					n_taken += run(*p, f, sizes[k], 100 * f + k, 3, &n_updated);
			print_message("%s at %s: %u sets, %u updates\n", (*p)->name,
				      cpu_level_name(cpu_level()), n_taken, n_updated);
			if (!n_taken || ((*p)->update && !n_updated))
				fail_msg("%s was not tried: there is no family for it", (*p)->name);
		}
	}
	cpu_level_limit(best);
}

/* What the switch does: the cheapest class, updated as long as that may be. */
static void whatever_is_chosen_through_many_changes(void **state)
{
	unsigned n_updated = 0;

	(void)state;
	for (unsigned f = 0; f < rule_set_families(); f++)
		for (unsigned k = 0; k < ARRAY_LENGTH(sizes); k++)
			assert_true(run(NULL, f, sizes[k], 7000 + 100 * f + k, 40, &n_updated));
	print_message("%u updates\n", n_updated);
	assert_true(n_updated > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_on_every_family),
		cmocka_unit_test(whatever_is_chosen_through_many_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
