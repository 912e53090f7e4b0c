/* Hybrids: what they are made of, and that their parts decide by rank, whatever comes and goes. */

#include "dataplane/lookup/lookup_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "lib/rng.h"

#define N_ROUTES 2000
#define N_OTHERS 20
#define N	 (N_ROUTES + N_OTHERS)
#define BURST	 32

/* A value with its row in it, as a flow's rule has. */
struct holder {
	uint64_t number;
	uint64_t rank;
	uint64_t words[KEY_WORDS];
};

struct table {
	struct mask masks[N];
	struct holder holders[N];
	struct flow_key keys[N];
	struct lookup_rule rules[N]; /* by rank */
	bool is_in[N];
};

enum order { BEFORE, BEHIND, BETWEEN };

/* Routes of 10.0.0.0/8, or flows to its addresses; the others are of any mask. */
static void set_match(struct rng *rng, struct flow_key *key, struct flow_key *mask, bool is_route,
		      bool is_exact)
{
	unsigned length = is_exact ? 32 : 12 + rng_below(rng, 21);

	store_be32(&key->ipv4_dst, 0x0a000000 | rng_below(rng, 1 << 24));
	store_be16(&key->eth_type, 0x0800);
	if (is_route) {
		store_be32(&mask->ipv4_dst, UINT32_MAX << (32 - length));
		memset(&mask->eth_type, 0xff, 2);
		return;
	}
	store_be16(&key->tp_dst, rng_below(rng, 4));
	store_be32(&key->in_port, rng_below(rng, 4));
	if (rng_below(rng, 2))
		memset(&mask->tp_dst, 0xff, 2);
	if (rng_below(rng, 2))
		memset(&mask->in_port, 0xff, 4);
	if (rng_below(rng, 2))
		store_be32(&mask->ipv4_dst, 0xfffff000);
	mask->ip_proto = 0xff;
}

static struct table *table_create(struct rng *rng, enum order order, bool is_exact, bool has_rows)
{
	struct table *t = xcalloc_lines(sizeof(*t));

	for (unsigned i = 0; i < N; i++) {
		bool is_route = order == BEFORE	  ? i >= N_OTHERS
				: order == BEHIND ? i < N_ROUTES
						  : i % (N / N_OTHERS) != 0;
		struct flow_key mask __attribute__((aligned(64))) = { 0 };
		struct holder *h = &t->holders[i];

		set_match(rng, &t->keys[i], &mask, is_route, is_exact);
		mask_init(&t->masks[i], &mask);
		mask_extract(&t->masks[i], &t->keys[i], h->words);
		h->rank = i;
		t->rules[i] =
			(struct lookup_rule){ .mask = &t->masks[i],
					      .words = h->words,
					      .value = h,
					      .rank = i,
					      .row_offset = has_rows ? offsetof(struct holder, rank)
								     : 0 };
		t->is_in[i] = true;
	}
	return t;
}

static struct lookup *create(const struct table *t, const char *class)
{
	struct lookup_rule *rules = xcalloc(N, sizeof(*rules));
	struct lookup *l;
	unsigned n = 0;

	for (unsigned i = 0; i < N; i++)
		if (t->is_in[i])
			rules[n++] = t->rules[i];
	l = lookup_create(class ? lookup_class_find(class) : NULL, rules, n, 1);
	free(rules);
	return l;
}

static void compare(struct rng *rng, const struct table *t, const struct lookup *l)
{
	static struct flow_key keys[BURST];
	const void *want[BURST], *got[BURST];
	struct lookup *spec = create(t, "linear");

	for (unsigned burst = 0; burst < 8; burst++) {
		for (unsigned i = 0; i < BURST; i++) {
			keys[i] = t->keys[rng_below(rng, N)];
			store_be16(&keys[i].tp_dst, rng_below(rng, 4));
			store_be32(&keys[i].in_port, rng_below(rng, 4));
			keys[i].ip_proto = rng_below(rng, 4) ? 0 : 1;
		}
		lookup_find(spec, keys, UINT32_MAX, want);
		lookup_find(l, keys, UINT32_MAX, got);
		for (unsigned i = 0; i < BURST; i++)
			assert_ptr_equal(got[i], want[i]);
	}
	lookup_destroy(spec);
}

/* One rule comes or goes. */
static struct lookup *next(struct rng *rng, struct table *t, struct lookup *l)
{
	unsigned k = rng_below(rng, N);
	struct lookup_change c = { t->rules[k], t->is_in[k] };
	struct lookup *changed = lookup_update(l, &c, 1);

	t->is_in[k] = !t->is_in[k];
	if (!changed)
		changed = create(t, "hybrid");
	lookup_destroy(l);
	return changed;
}

static void parts_decide_by_rank(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned round = 0; round < 6; round++) {
		struct table *t = table_create(&rng, round % 3, round < 3, true);
		struct lookup *l = create(t, "hybrid");

		compare(&rng, t, l);
		for (unsigned step = 0; step < 60; step++) {
			l = next(&rng, t, l);
			assert_string_equal(lookup_name(l), "hybrid");
			compare(&rng, t, l);
		}
		lookup_destroy(l);
		free(t);
	}
}

/* Without rows nothing tells the ranks of what two parts found. */
static void interleaved_rules_without_rows_are_no_hybrid(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 9);
	for (unsigned order = BEFORE; order <= BETWEEN; order++) {
		struct table *t = table_create(&rng, order, true, false);
		struct lookup *l = create(t, NULL);

		if (order == BETWEEN)
			assert_string_not_equal(lookup_name(l), "hybrid");
		compare(&rng, t, l);
		lookup_destroy(l);
		free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_decide_by_rank),
		cmocka_unit_test(interleaved_rules_without_rows_are_no_hybrid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
