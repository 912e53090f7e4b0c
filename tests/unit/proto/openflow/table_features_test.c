/* Properties of table features as sets: what is written is read, in each version what it can say;
 * and what is wrong with a property gets its error. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/openflow/msg.h"
#include "tests/fakes/proto/of_samples.h"
#include "tests/unit/proto/openflow/hex.h"

#define N_RANDOM 300

static void read_or_fail(const struct of_table_features *t, uint8_t version,
			 struct of_table_abilities *ab)
{
	struct of_error err;
	char name[96];

	if (of_table_abilities_read(t, version, ab, &err) != 0)
		fail_msg("%s", of_error_name(&err, name, sizeof(name)));
}

static void what_is_written_is_read(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 20240303);
	for (unsigned i = 0; i < N_RANDOM; i++) {
		uint8_t version = OF_VERSION_1_3 + i % 3;
		struct of_table_abilities ab, again;
		struct of_table_features t = { 0 };
		struct arena a = ARENA_INIT;

		of_random_table_abilities(&rng, &ab);
		if (version >= OF_VERSION_1_5) {
			of_field_set_add(&ab.flow.write_copyfield, OF_FIELD_REG0);
			of_field_set_add(&ab.miss.apply_copyfield, OF_FIELD_ETH_SRC);
			ab.is_ethernet_only = true;
		}
		if (version >= OF_VERSION_1_4)
			of_table_set_add(&ab.sync_from, 7);
		of_table_abilities_write(&ab, version, &a, &t);
		read_or_fail(&t, version, &again);
		assert_memory_equal(&again, &ab, sizeof(ab));
		arena_clear(&a);
	}
}

static bool has_property(const struct of_table_features *t, uint16_t type)
{
	for (unsigned i = 0; i < t->n_properties; i++) {
		if (t->properties[i].type == type)
			return true;
	}
	return false;
}

static void a_version_says_no_more_than_it_knows(void **state)
{
	struct of_table_abilities ab = { .is_ethernet_only = true };
	struct of_table_features t = { 0 };
	struct arena a = ARENA_INIT;

	(void)state;
	of_table_set_add(&ab.sync_from, 7);
	of_field_set_add(&ab.flow.write_copyfield, OF_FIELD_REG0);
	ab.miss = ab.flow;
	of_table_abilities_write(&ab, OF_VERSION_1_3, &a, &t);
	assert_int_equal(t.n_properties, 8); /* those that must be there, empty as they are */
	of_table_abilities_write(&ab, OF_VERSION_1_4, &a, &t);
	assert_int_equal(t.n_properties, 9);
	assert_true(has_property(&t, 16));
	of_table_abilities_write(&ab, OF_VERSION_1_5, &a, &t);
	assert_int_equal(t.n_properties, 11);
	assert_true(has_property(&t, 18) && has_property(&t, 22));
	arena_clear(&a);
}

static void table_miss_is_as_flows_unless_said(void **state)
{
	struct of_table_abilities ab = { 0 }, again;
	struct of_table_features t = { 0 };
	struct arena a = ARENA_INIT;

	(void)state;
	ab.flow.instructions = 0x3e;
	ab.miss.instructions = 0x02;
	ab.flow.apply_actions = ab.miss.apply_actions = 1;
	of_table_abilities_write(&ab, OF_VERSION_1_3, &a, &t);
	assert_true(has_property(&t, 1));
	assert_false(has_property(&t, 7));
	read_or_fail(&t, OF_VERSION_1_3, &again);
	assert_int_equal(again.miss.instructions, 0x02);
	assert_int_equal(again.miss.apply_actions, 1);
	arena_clear(&a);
}

#define PROP "OFPET_BAD_PROPERTY/OFPBPC_"

/* One property, of 1.3 unless said. */
static const struct error_case {
	const char *what;
	uint16_t type;
	const char *body;
	const char *error;
	uint8_t version;
} cases[] = {
	{ "unknown type", 9, "", PROP "BAD_TYPE", OF_VERSION_1_3 },
	{ "a type of 1.4 in 1.3", 16, "", PROP "BAD_TYPE", OF_VERSION_1_3 },
	{ "a type of 1.5 in 1.4", 22, "", PROP "BAD_TYPE", OF_VERSION_1_4 },
	{ "an experimenter's", 0xfffe, "", PROP "BAD_EXPERIMENTER", OF_VERSION_1_3 },
	{ "an experimenter's of table-miss", 0xffff, "", PROP "BAD_EXPERIMENTER", OF_VERSION_1_3 },
	{ "instruction cut off", 0, "0001", PROP "BAD_LEN", OF_VERSION_1_3 },
	{ "instruction of length 2", 0, "0001 0002", PROP "BAD_LEN", OF_VERSION_1_3 },
	{ "instruction beyond the end", 0, "0001 0008", PROP "BAD_LEN", OF_VERSION_1_3 },
	{ "instruction 32", 0, "0020 0004", PROP "BAD_VALUE", OF_VERSION_1_3 },
	{ "table 255", 2, "ff", PROP "BAD_VALUE", OF_VERSION_1_3 },
	{ "field cut off", 8, "8000", PROP "BAD_LEN", OF_VERSION_1_3 },
	{ "unknown field", 8, "8000fe04", PROP "BAD_VALUE", OF_VERSION_1_3 },
	{ "mask of a field to set", 12, "8000070c", PROP "BAD_VALUE", OF_VERSION_1_3 },
	{ "packet type of another field", 22, "80000004 00000000", PROP "BAD_VALUE",
	  OF_VERSION_1_5 },
	{ "packet type cut off", 22, "80005804", PROP "BAD_LEN", OF_VERSION_1_5 },
	{ "one alone", 0, "", "OFPET_TABLE_FEATURES_FAILED/OFPTFFC_BAD_FEATURES", OF_VERSION_1_3 },
};

static void errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct error_case *c = &cases[i];
		struct of_table_abilities ab;
		struct buf b = BUF_INIT;
		struct of_table_property p = { .type = c->type };
		struct of_table_features t = { .n_properties = 1, .properties = &p };
		struct of_error err;
		char name[96];

		add_hex(&b, c->body);
		p.data = b.data;
		p.size = b.size;
		if (of_table_abilities_read(&t, c->version, &ab, &err) == 0)
			fail_msg("%s: accepted", c->what);
		if (strcmp(of_error_name(&err, name, sizeof(name)), c->error) != 0)
			fail_msg("%s: %s, want %s", c->what, name, c->error);
		buf_fini(&b);
	}
}

static void a_repeated_property(void **state)
{
	struct of_table_property p[] = { { .type = 2 }, { .type = 2 } };
	struct of_table_features t = { .n_properties = 2, .properties = p };
	struct of_table_abilities ab;
	struct of_error err;

	(void)state;
	assert_int_equal(of_table_abilities_read(&t, OF_VERSION_1_3, &ab, &err), -1);
	assert_int_equal(err.type, OFPET_BAD_PROPERTY);
	assert_int_equal(err.code, OFPBPC_DUP_TYPE);
}

static void none_in_1_5_says_nothing(void **state)
{
	struct of_table_features t = { 0 };
	struct of_table_abilities ab;
	struct of_error err;

	(void)state;
	assert_int_equal(of_table_abilities_read(&t, OF_VERSION_1_5, &ab, &err), 0);
	assert_int_equal(of_table_abilities_read(&t, OF_VERSION_1_4, &ab, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_version_says_no_more_than_it_knows),
		cmocka_unit_test(table_miss_is_as_flows_unless_said),
		cmocka_unit_test(errors),
		cmocka_unit_test(a_repeated_property),
		cmocka_unit_test(none_in_1_5_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
