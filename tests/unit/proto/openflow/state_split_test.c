/* Long lists of groups, meters, tables and flow updates in several messages: none is too long,
 * none has room for one entry more, and together they are the list. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/fakes/proto/of_samples.h"

#define N 3000

struct list {
	struct arena arena;
	struct of_msg msg; /* of the kind and version, with the whole list */
	unsigned form;	   /* of flow updates */
};

/* How many fit of those from FROM on; and the message with these. */
static unsigned part(const struct list *l, unsigned from, unsigned n, struct of_msg *msg)
{
	uint8_t version = l->msg.version;

	*msg = l->msg;
	switch (msg->kind) {
	case OF_GROUP_DESC_REPLY:
		msg->group_desc_reply.groups += from;
		msg->group_desc_reply.n =
			n ? n : of_group_desc_fits(msg->group_desc_reply.groups, N - from, version);
		return msg->group_desc_reply.n;
	case OF_GROUP_STATS_REPLY:
		msg->group_stats_reply.stats += from;
		msg->group_stats_reply.n =
			n ? n : of_group_stats_fits(msg->group_stats_reply.stats, N - from);
		return msg->group_stats_reply.n;
	case OF_METER_CONFIG_REPLY:
		msg->meter_config_reply.meters += from;
		msg->meter_config_reply.n =
			n ? n : of_meter_config_fits(msg->meter_config_reply.meters, N - from);
		return msg->meter_config_reply.n;
	case OF_METER_STATS_REPLY:
		msg->meter_stats_reply.stats += from;
		msg->meter_stats_reply.n =
			n ? n : of_meter_stats_fits(msg->meter_stats_reply.stats, N - from);
		return msg->meter_stats_reply.n;
	case OF_TABLE_FEATURES_REPLY:
		msg->table_features.tables += from;
		msg->table_features.n =
			n ? n : of_table_features_fits(msg->table_features.tables, N - from);
		return msg->table_features.n;
	default:
		msg->monitor_reply.updates += from;
		msg->monitor_reply.n = n ? n
					 : of_flow_updates_fits(msg->monitor_reply.updates,
								N - from, l->form, version);
		return msg->monitor_reply.n;
	}
}

static unsigned n_decoded(const struct of_msg *msg)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct of_msg decoded;
	struct of_error err;
	unsigned n;

	assert_int_equal(of_msg_encode(msg, &b), 0);
	assert_true(b.size <= OF_MAX_MESSAGE);
	assert_int_equal(of_msg_decode(b.data, b.size, &a, &decoded, &err), 0);
	n = decoded.group_desc_reply.n; /* all of these begin with `more` and the number */
	if (msg->kind == OF_MONITOR_REPLY)
		n = decoded.monitor_reply.n;
	buf_fini(&b);
	arena_clear(&a);
	return n;
}

static void check(struct list *l)
{
	struct buf b = BUF_INIT;
	unsigned n_parts = 0;

	for (unsigned from = 0, n; from < N; from += n, n_parts++) {
		struct of_msg msg;

		n = part(l, from, 0, &msg);
		assert_true(n > 0);
		assert_int_equal(n_decoded(&msg), n);
		if (from + n < N) {
			part(l, from, n + 1, &msg);
			assert_int_equal(of_msg_encode(&msg, &b), -1);
		}
	}
	assert_true(n_parts > 1);
	buf_fini(&b);
	arena_clear(&l->arena);
}

static struct list list_of(enum of_kind kind, uint8_t version)
{
	return (struct list){ .msg = { .kind = kind, .version = version } };
}

#define ALLOC(L, MEMBER) ((MEMBER) = arena_alloc(&(L)->arena, N * sizeof(*(MEMBER))))

static void groups(void **state)
{
	(void)state;
	for (uint8_t v = OF_VERSION_1_3; v <= OF_VERSION_1_5; v++) {
		struct list l = list_of(OF_GROUP_DESC_REPLY, v);
		struct rng rng;

		rng_seed(&rng, v);
		ALLOC(&l, l.msg.group_desc_reply.groups);
		for (unsigned i = 0; i < N; i++) {
			struct of_group_mod gm;

			of_random_group_mod(&rng, &l.arena, v, &gm);
			l.msg.group_desc_reply.groups[i] =
				(struct of_group_desc){ gm.type, gm.group_id, gm.n_buckets,
							gm.buckets, gm.selection };
		}
		check(&l);
	}
}

static void group_stats(void **state)
{
	struct list l = list_of(OF_GROUP_STATS_REPLY, OF_VERSION_1_3);

	(void)state;
	ALLOC(&l, l.msg.group_stats_reply.stats);
	for (unsigned i = 0; i < N; i++) {
		struct of_group_stats *g = &l.msg.group_stats_reply.stats[i];

		g->n_buckets = i % 7;
		g->buckets = arena_alloc(&l.arena, 7 * sizeof(*g->buckets));
	}
	check(&l);
}

static void meters(void **state)
{
	struct list l = list_of(OF_METER_CONFIG_REPLY, OF_VERSION_1_4);

	(void)state;
	ALLOC(&l, l.msg.meter_config_reply.meters);
	for (unsigned i = 0; i < N; i++) {
		struct of_meter_config *m = &l.msg.meter_config_reply.meters[i];

		m->n_bands = 1 + i % 5;
		m->bands = arena_alloc(&l.arena, 5 * sizeof(*m->bands));
		for (unsigned k = 0; k < m->n_bands; k++)
			m->bands[k].type = OF_BAND_DROP;
	}
	check(&l);
}

static void meter_stats(void **state)
{
	struct list l = list_of(OF_METER_STATS_REPLY, OF_VERSION_1_5);

	(void)state;
	ALLOC(&l, l.msg.meter_stats_reply.stats);
	for (unsigned i = 0; i < N; i++) {
		struct of_meter_stats *m = &l.msg.meter_stats_reply.stats[i];

		m->n_bands = i % 3;
		m->bands = arena_alloc(&l.arena, 3 * sizeof(*m->bands));
	}
	check(&l);
}

static void table_features(void **state)
{
	struct list l = list_of(OF_TABLE_FEATURES_REPLY, OF_VERSION_1_3);
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	ALLOC(&l, l.msg.table_features.tables);
	for (unsigned i = 0; i < N; i++) {
		struct of_table_features *t = &l.msg.table_features.tables[i];
		struct of_table_abilities ab;

		t->table_id = i % OF_TABLE_MAX;
		of_random_table_abilities(&rng, &ab);
		of_table_abilities_write(&ab, OF_VERSION_1_3, &l.arena, t);
	}
	check(&l);
}

static void flow_updates(void **state)
{
	static const struct {
		uint8_t version, form;
	} cases[] = {
		{ OF_VERSION_1_3, OF_MONITOR_ONF },
		{ OF_VERSION_1_3, OF_MONITOR_NICIRA },
	};

	(void)state;
	for (size_t c = 0; c < ARRAY_LENGTH(cases); c++) {
		struct list l = list_of(OF_MONITOR_REPLY, cases[c].version);

		l.form = l.msg.monitor_reply.form = cases[c].form;
		ALLOC(&l, l.msg.monitor_reply.updates);
		for (unsigned i = 0; i < N; i++) {
			struct of_flow_update *u = &l.msg.monitor_reply.updates[i];

			u->event = i % 5 ? OF_UPDATE_ADDED : OF_UPDATE_ABBREV;
			for (unsigned reg = 0; reg < i % 9; reg++)
				of_match_set_u64(&l.arena, &u->match, OF_FIELD_REG0 + reg, reg);
		}
		check(&l);
	}
}

/* A group of which neither description nor statistics fit. */
static void a_group_too_large(void **state)
{
	struct of_bucket b = { .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY };
	struct of_group_desc g = { .type = OF_GROUP_SELECT };
	struct arena a = ARENA_INIT;

	(void)state;
	g.buckets = arena_alloc(&a, 5000 * sizeof(*g.buckets));
	for (unsigned i = 0; i < 5000; i++)
		g.buckets[i] = b;
	g.n_buckets = 1000;
	assert_false(of_group_desc_is_too_large(&g));
	g.n_buckets = 4092;
	assert_false(of_group_desc_is_too_large(&g)); /* 16 bytes each, in all versions */
	g.n_buckets = 4093;
	assert_true(of_group_desc_is_too_large(&g));
	g.n_buckets = 2700;
	for (unsigned i = 0; i < g.n_buckets; i++) /* 24 bytes in 1.5 */
		g.buckets[i].watch_port = 1;
	assert_false(of_group_desc_is_too_large(&g));
	g.n_buckets = 2800;
	for (unsigned i = 0; i < g.n_buckets; i++)
		g.buckets[i].watch_port = 1;
	assert_true(of_group_desc_is_too_large(&g));
	arena_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),
		cmocka_unit_test(group_stats),
		cmocka_unit_test(meters),
		cmocka_unit_test(meter_stats),
		cmocka_unit_test(table_features),
		cmocka_unit_test(flow_updates),
		cmocka_unit_test(a_group_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
