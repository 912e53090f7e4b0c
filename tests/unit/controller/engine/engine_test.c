/* The engine: what is called when, what it costs, and that incremental equals recomputed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "controller/engine/engine.h"
#include "lib/loop_virtual.h"
#include "lib/rng.h"

#define N 50

/* A source of numbers, and a node that has the sum of each residue modulo 5. */
struct numbers {
	struct engine_node node;
	int value[N];
	int before[N];
	bool is_changed[N];
};

struct sums {
	struct engine_node node;
	struct numbers *numbers;
	long sum[5];
	bool is_refusing; /* answers UNHANDLED */
	bool is_wrong;	  /* forgets to update */
};

/* A node whose content is whether the first sum is even. */
struct parity {
	struct engine_node node;
	struct sums *sums;
	bool is_even;
	unsigned n_calls;
};

struct world {
	struct loop *loop;
	struct engine *engine;
	struct numbers numbers;
	struct sums sums;
	struct parity parity;
};

static void settle_numbers(struct engine_node *node)
{
	struct numbers *n = container_of(node, struct numbers, node);

	memset(n->is_changed, 0, sizeof(n->is_changed));
}

static enum engine_result numbers_changed(struct engine_node *self, struct engine_node *input)
{
	struct sums *s = container_of(self, struct sums, node);
	struct numbers *n = container_of(input, struct numbers, node);

	if (s->is_refusing)
		return ENGINE_UNHANDLED;
	for (unsigned i = 0; i < N; i++) {
		if (!n->is_changed[i])
			continue;
		engine_work(self, 1);
		if (!s->is_wrong)
			s->sum[i % 5] += n->value[i] - n->before[i];
	}
	return ENGINE_UPDATED;
}

static bool recompute_sums(struct engine_node *self)
{
	struct sums *s = container_of(self, struct sums, node);

	memset(s->sum, 0, sizeof(s->sum));
	for (unsigned i = 0; i < N; i++) {
		engine_work(self, 1);
		s->sum[i % 5] += s->numbers->value[i];
	}
	return true;
}

static void dump_sums(struct engine_node *self, struct buf *out)
{
	struct sums *s = container_of(self, struct sums, node);

	for (unsigned i = 0; i < 5; i++)
		buf_printf(out, "%ld ", s->sum[i]);
}

static enum engine_result sums_changed(struct engine_node *self, struct engine_node *input)
{
	struct parity *p = container_of(self, struct parity, node);
	bool is_even = container_of(input, struct sums, node)->sum[0] % 2 == 0;

	p->n_calls++;
	if (is_even == p->is_even)
		return ENGINE_UNCHANGED;
	p->is_even = is_even;
	return ENGINE_UPDATED;
}

static bool recompute_parity(struct engine_node *self)
{
	struct parity *p = container_of(self, struct parity, node);

	p->is_even = p->sums->sum[0] % 2 == 0;
	return true;
}

static void dump_parity(struct engine_node *self, struct buf *out)
{
	buf_puts(out, container_of(self, struct parity, node)->is_even ? "even" : "odd");
}

static const struct engine_node_class numbers_class = { .settle = settle_numbers };
static const struct engine_node_class sums_class = { recompute_sums, NULL, dump_sums };
static const struct engine_node_class parity_class = { recompute_parity, NULL, dump_parity };

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->loop = loop_virtual_create();
	w->engine = engine_create(w->loop);
	w->sums.numbers = &w->numbers;
	w->parity.sums = &w->sums;
	engine_add(w->engine, &w->numbers.node, &numbers_class, "numbers");
	engine_add(w->engine, &w->sums.node, &sums_class, "sums");
	engine_add(w->engine, &w->parity.node, &parity_class, "parity");
	engine_connect(&w->sums.node, &w->numbers.node, numbers_changed);
	engine_connect(&w->parity.node, &w->sums.node, sums_changed);
	loop_virtual_settle(w->loop);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	engine_destroy(w->engine);
	loop_virtual_destroy(w->loop);
	free(w);
	return 0;
}

static void set(struct world *w, unsigned i, int value)
{
	if (!w->numbers.is_changed[i])
		w->numbers.before[i] = w->numbers.value[i];
	w->numbers.is_changed[i] = true;
	w->numbers.value[i] = value;
	engine_touch(&w->numbers.node);
}

static void test_a_change_costs_what_it_touches(void **state)
{
	struct world *w = *state;
	struct engine_counters before = w->sums.node.counters;

	assert_int_equal(before.n_recomputed, 1); /* when it was new */
	set(w, 10, 7);
	set(w, 10, 8);
	set(w, 11, 1);
	assert_false(engine_is_settled(w->engine));
	loop_virtual_settle(w->loop);
	assert_true(engine_is_settled(w->engine));
	assert_int_equal(w->sums.sum[0], 8);
	assert_int_equal(w->sums.node.counters.n_work - before.n_work, 2);
	assert_int_equal(w->sums.node.counters.n_handled - before.n_handled, 1);
	assert_int_equal(w->sums.node.counters.n_recomputed, before.n_recomputed);
	/* nothing was touched: nothing is done */
	before = engine_total(w->engine);
	engine_run(w->engine);
	assert_int_equal(engine_total(w->engine).n_work, before.n_work);
}

static void test_unhandled_is_recomputed(void **state)
{
	struct world *w = *state;

	w->sums.is_refusing = true;
	set(w, 5, 3);
	loop_virtual_settle(w->loop);
	assert_int_equal(w->sums.sum[0], 3);
	assert_int_equal(w->sums.node.counters.n_recomputed, 2);
	assert_false(w->parity.is_even);
	assert_int_equal(w->parity.n_calls, 1); /* by its handler all the same */
}

static void test_incremental_equals_recomputed(void **state)
{
	struct world *w = *state;
	struct buf why = BUF_INIT;
	struct rng rng;

	rng_seed(&rng, 7);
	for (unsigned round = 0; round < 200; round++) {
		for (uint64_t n = rng_below(&rng, 4); n; n--)
			set(w, rng_below(&rng, N), rng_below(&rng, 1000));
		assert_true(engine_check(w->engine, &why));
	}
	/* and a handler that does wrong is found */
	w->sums.is_wrong = true;
	set(w, 0, 12345);
	assert_false(engine_check(w->engine, &why));
	assert_non_null(strstr(buf_str(&why), "node sums differs"));
	buf_fini(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_change_costs_what_it_touches, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_unhandled_is_recomputed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_incremental_equals_recomputed, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
