/* Look-ups that are read by several threads while another makes version after version of them: what
 * is found is what `linear` finds in the same version, and nothing that is freed is read.  To be
 * run with sanitizers as well (make check-asan, make check-tsan). */

#include "dataplane/lookup/lookup_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "dataplane/packet/parse.h"
#include "tests/fakes/dataplane/readers.h"
#include "tests/fakes/dataplane/rule_sets.h"

#define MAX_CHANGES 20
#define N_STEPS	    40

/* What is published; rules that the next version has no more are freed with this one, as versions
 * end in their order. */
struct version {
	struct lookup *l, *spec;
	struct set_rule *gone[MAX_CHANGES];
	unsigned n_gone;
};

struct reader_state {
	struct rng rng;
	struct flow_key keys[PACKET_BURST_MAX];
} __attribute__((aligned(64)));

struct table {
	struct rng rng;
	struct rule_set *set;
	struct set_rule **in;
	struct lookup_rule *now;
	unsigned n_now;
	struct version *newest;
	unsigned n_updated;
	struct reader_state states[READERS];
};

static bool read_once(void *ctx, unsigned i, const void *published)
{
	const void *want[PACKET_BURST_MAX] = { 0 }, *got[PACKET_BURST_MAX] = { 0 };
	const struct version *v = published;
	struct table *t = ctx;
	struct reader_state *s = &t->states[i];

	for (unsigned k = 0; k < 32; k++)
		rule_set_key(t->set, &s->rng, &s->keys[k]);
	lookup_find(v->l, s->keys, UINT32_MAX, got);
	lookup_find(v->spec, s->keys, UINT32_MAX, want);
	return memcmp(got, want, sizeof(got)) == 0;
}

static void version_free(void *published)
{
	struct version *v = published;

	lookup_destroy(v->l);
	lookup_destroy(v->spec);
	for (unsigned i = 0; i < v->n_gone; i++)
		free(v->gone[i]);
	free(v);
}

static int by_rank(const void *a, const void *b)
{
	const struct lookup_rule *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* From the rules that are in now; L NULL: built anew. */
static struct version *version_create(struct table *t, struct lookup *l)
{
	struct version *v = xcalloc(1, sizeof(*v));

	t->n_now = 0;
	for (unsigned i = 0; i < t->set->n; i++)
		if (t->in[i])
			t->now[t->n_now++] = t->in[i]->rule;
	qsort(t->now, t->n_now, sizeof(*t->now), by_rank);
	v->l = l ? l : lookup_create(NULL, t->now, t->n_now, rng_u64(&t->rng));
	v->spec = lookup_create(lookup_class_find("linear"), t->now, t->n_now, 0);
	return v;
}

/* A rule more, less or replaced. */
static unsigned change(struct table *t, struct lookup_change *changes)
{
	unsigned i = rng_below(&t->rng, t->set->n), n = 0;
	bool was_in = t->in[i], is_replaced = was_in && rng_below(&t->rng, 3) == 0;

	if (was_in) {
		changes[n++] = (struct lookup_change){ t->in[i]->rule, true };
		t->newest->gone[t->newest->n_gone++] = t->in[i];
		t->in[i] = NULL;
	}
	if (!was_in || is_replaced) {
		t->in[i] = rule_set_make(t->set, i);
		changes[n++] = (struct lookup_change){ t->in[i]->rule, false };
	}
	return n;
}

static bool publish_next(struct table *t, struct readers *r)
{
	struct lookup_change changes[2 * MAX_CHANGES];
	unsigned n = 0;
	struct lookup *l;

	for (unsigned k = 1 + rng_below(&t->rng, MAX_CHANGES); k > 0; k--)
		n += change(t, &changes[n]);
	l = lookup_update(t->newest->l, changes, n);
	t->n_updated += l != NULL;
	t->newest = version_create(t, l);
	return readers_publish(r, t->newest);
}

static unsigned run(unsigned family, unsigned n)
{
	struct table *t = xcalloc_lines(sizeof(*t));
	unsigned n_updated, n_steps = 0;
	struct readers *r;

	rng_seed(&t->rng, 31 * family + n);
	for (unsigned i = 0; i < READERS; i++)
		rng_seed(&t->states[i].rng, 1000 * family + i);
	t->set = rule_set_create(&t->rng, family, n);
	t->in = xcalloc(t->set->n, sizeof(*t->in));
	t->now = xcalloc(t->set->n, sizeof(*t->now));
	for (unsigned i = 0; i < t->set->n; i++)
		if (rng_below(&t->rng, 2))
			t->in[i] = rule_set_make(t->set, i);
	t->newest = version_create(t, NULL);
	r = readers_start(t->newest, read_once, version_free, t);
	while (n_steps < N_STEPS && publish_next(t, r))
		n_steps++;
	if (!readers_stop(r))
		fail_msg("%s of %u rules: a reader found another rule than linear", t->set->name,
			 n);
	n_updated = t->n_updated;
	for (unsigned i = 0; i < t->set->n; i++)
		free(t->in[i]);
	free(t->in);
	free(t->now);
	rule_set_destroy(t->set);
	free(t);
	return n_updated;
}

static void readers_find_what_linear_finds(void **state)
{
	unsigned n_updated = 0;

	(void)state;
	for (unsigned f = 0; f < rule_set_families(); f++)
		n_updated += run(f, f % 2 ? 160 : 300);
	print_message("%u versions made from the one before\n", n_updated);
	assert_true(n_updated > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_find_what_linear_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
