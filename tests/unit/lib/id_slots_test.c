/* Slots against a plain list of names: an id keeps its slot while it is named, no two share one,
 * and ids are in order. */

#include "lib/id_slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "lib/rng.h"

#define N_IDS 40

struct model {
	unsigned n_names;
	struct id_slot *slot;
	uint32_t number;
};

static void check(const struct id_slots *s, const struct model *model)
{
	uint32_t n = 0;

	for (uint32_t id = 0; id < N_IDS; id++) {
		struct id_slot *found = id_slots_find(s, id * 7);

		if (!model[id].n_names) {
			assert_null(found);
			continue;
		}
		assert_ptr_equal(found, model[id].slot);
		assert_int_equal(found->slot, model[id].number);
		assert_ptr_equal(s->by_slot[found->slot], found);
		assert_ptr_equal(s->by_id[n++], found);
	}
	assert_int_equal(s->n, n);
	assert_true(s->n_slots <= N_IDS);
}

static void an_id_keeps_its_slot(void **state)
{
	struct model model[N_IDS] = { { 0 } };
	struct id_slots s = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned step = 0; step < 20000; step++) {
		struct model *m = &model[rng_below(&rng, N_IDS)];

		if (rng_below(&rng, 2)) {
			struct id_slot *slot = id_slots_name(&s, (m - model) * 7);

			if (!m->n_names++) {
				m->slot = slot;
				m->number = slot->slot;
				assert_null(slot->thing);
			}
		} else if (m->n_names) {
			m->n_names--;
			id_slots_unname(&s, m->slot);
		}
		if (step % 16 == 0)
			check(&s, model);
	}
	assert_int_equal(id_slots_place(&s, UINT32_MAX), s.n);
	id_slots_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_keeps_its_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
