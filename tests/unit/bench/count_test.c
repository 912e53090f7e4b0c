/* What is counted: values in a histogram, packets by their numbers, and the search for a rate. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "lib/rng.h"
#include "tests/bench/tool/histogram.h"
#include "tests/bench/tool/search.h"
#include "tests/bench/tool/sequence.h"

/* --- histogram --- */

static void buckets_have_no_gap(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS; i++) {
		uint64_t upper = histogram_upper(i);

		assert_int_equal(histogram_bucket(upper), i);
		if (i + 1 < HISTOGRAM_N_BUCKETS)
			assert_int_equal(histogram_bucket(upper + 1), i + 1);
	}
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_N_BUCKETS - 1);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void quantiles_are_those_of_the_sorted_values(void **state)
{
	static const double parts[] = { 0, 0.5, 0.9, 0.99, 0.999, 1 };
	enum { N = 20000 };
	struct histogram *h = xmalloc(sizeof(*h)), *half = xmalloc(sizeof(*half));
	uint64_t *values = xcalloc(N, sizeof(*values));
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	histogram_init(h);
	histogram_init(half);
	for (unsigned i = 0; i < N; i++) {
		values[i] = rng_u64(&rng) >> (24 + rng_below(&rng, 38));
		histogram_add(i % 2 ? h : half, values[i]);
	}
	histogram_merge(h, half);
	qsort(values, N, sizeof(*values), compare);
	assert_int_equal(h->n, N);
	assert_int_equal(h->min, values[0]);
	assert_int_equal(h->max, values[N - 1]);
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
		size_t rank = parts[i] * N < 1 ? 0 : (size_t)(parts[i] * N + 0.5) - 1;
		uint64_t got = histogram_quantile(h, parts[i]);

		assert_true(got >= values[rank]);
		assert_true(got <= values[rank] + values[rank] / 64);
	}
	free(values);
	free(half);
	free(h);
}

static void an_empty_histogram_has_no_quantile(void **state)
{
	struct histogram *h = xmalloc(sizeof(*h));

	(void)state;
	histogram_init(h);
	assert_int_equal(histogram_quantile(h, 0.5), 0);
	free(h);
}

/* --- sequence --- */

/* Everything remembered. */
struct model {
	bool *seen;
	uint64_t highest, n_unique, n_reordered, n_duplicated;
};

static void model_add(struct model *m, uint64_t number)
{
	if (m->seen[number]) {
		m->n_duplicated++;
		return;
	}
	m->seen[number] = true;
	m->n_unique++;
	if (m->n_unique > 1 && number < m->highest)
		m->n_reordered++;
	m->highest = MAX_OF(m->highest, number);
}

static void packets_are_counted_as_by_a_full_memory(void **state)
{
	enum { N = 400000 };
	struct model model = { .seen = xcalloc(N, sizeof(bool)) };
	struct sequence *s = xmalloc(sizeof(*s));
	struct rng rng;
	uint64_t at = 0;

	(void)state;
	rng_seed(&rng, 11);
	sequence_init(s);
	while (at < N - 200000) {
		uint64_t number = at, kind = rng_below(&rng, 100), back = rng_below(&rng, 300);

		if (kind < 3)
			at += rng_below(&rng, kind == 0 ? 40 : 3000); /* lost */
		if (kind >= 90)
			number = at - MIN_OF(at, back); /* late or again */
		else
			number = at++;
		sequence_add(s, number);
		model_add(&model, number);
	}
	assert_int_equal(s->n_unique, model.n_unique);
	assert_int_equal(s->n_reordered, model.n_reordered);
	assert_int_equal(s->n_duplicated, model.n_duplicated);
	assert_true(model.n_reordered > 100 && model.n_duplicated > 100);
	sequence_add(s, N); /* a gap longer than the window forgets it */
	sequence_add(s, N - 1);
	assert_int_equal(s->n_unique, model.n_unique + 2);
	assert_int_equal(s->n_reordered, model.n_reordered + 1);
	free(model.seen);
	free(s);
}

static void what_is_older_than_the_window_is_taken_for_new(void **state)
{
	struct sequence *s = xmalloc(sizeof(*s));

	(void)state;
	sequence_init(s);
	sequence_add(s, 0);
	sequence_add(s, 3 * SEQUENCE_WINDOW);
	sequence_add(s, 1);
	assert_int_equal(s->n_unique, 3);
	assert_int_equal(s->n_reordered, 1);
	assert_int_equal(s->n_duplicated, 0);
	free(s);
}

/* --- search --- */

struct path {
	double limit;
	unsigned n, give_up_at;
};

static int try_path(void *arg, double rate)
{
	struct path *p = arg;

	if (++p->n == p->give_up_at)
		return -1;
	return rate <= p->limit;
}

static void the_search_ends_below_the_limit(void **state)
{
	(void)state;
	for (double limit = 1; limit < 1000; limit += 7.3) {
		struct path p = { .limit = limit };
		double found = search_highest(1000, 5, try_path, &p);

		assert_true(found <= limit && found >= limit - 5);
		assert_in_range(p.n, 2, 10); /* 1 + log2(1000 / 5) */
	}
}

static void the_ends_of_the_search(void **state)
{
	struct path all = { .limit = 2000 }, none = { .limit = -1 },
		    stopped = { .limit = 500, .give_up_at = 3 };

	(void)state;
	assert_float_equal(search_highest(1000, 5, try_path, &all), 1000, 0);
	assert_int_equal(all.n, 1);
	assert_float_equal(search_highest(1000, 5, try_path, &none), 0, 0);
	assert_float_equal(search_highest(1000, 5, try_path, &stopped), -1, 0);
	assert_int_equal(stopped.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_have_no_gap),
		cmocka_unit_test(quantiles_are_those_of_the_sorted_values),
		cmocka_unit_test(an_empty_histogram_has_no_quantile),
		cmocka_unit_test(packets_are_counted_as_by_a_full_memory),
		cmocka_unit_test(what_is_older_than_the_window_is_taken_for_new),
		cmocka_unit_test(the_search_ends_below_the_limit),
		cmocka_unit_test(the_ends_of_the_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
