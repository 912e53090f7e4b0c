/* The tables against a naive model: a list of flows, each with its whole match.  Random flow-mods,
 * transactions, timeouts and evictions; after each, the same flows in the same order, and the rule
 * that the compiled look-up finds is the one that a search through the model finds. */

#include "dataplane/table/table_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <malloc.h>
#include <stdio.h>
#include <openflow/openflow-common.h>
#include "dataplane/lookup/lookup.h"
#include "lib/rng.h"
#include "proto/openflow/numbers.h"

#define MAX_FLOWS 400
#define TABLE	  9

struct model_flow {
	struct of_match match; /* owned fields */
	uint16_t priority;
	uint64_t cookie;
	uint32_t port;	 /* that it sends to */
	uint64_t serial; /* in order of coming */
	uint16_t importance;
	uint64_t end_ns; /* of its time; UINT64_MAX: never */
};

struct model {
	unsigned n;
	struct model_flow flows[MAX_FLOWS];
};

struct world {
	struct tables *t;
	struct model now, before; /* before: at the beginning of the transaction */
	uint64_t serial;
	uint64_t now_ns;
	unsigned max_flows; /* of the table; more than these make others go */
	unsigned n_expired, n_evicted, n_refused;
	struct rng rng;
};

static struct of_match copy_match(const struct of_match *m)
{
	struct of_match copy = { m->n, xcalloc(m->n, sizeof(*m->fields)) };

	if (m->n)
		memcpy(copy.fields, m->fields, m->n * sizeof(*m->fields));
	return copy;
}

static void model_clear(struct model *m)
{
	for (unsigned i = 0; i < m->n; i++)
		free(m->flows[i].match.fields);
	m->n = 0;
}

static void model_copy(struct model *to, const struct model *from)
{
	model_clear(to);
	*to = *from;
	for (unsigned i = 0; i < to->n; i++)
		to->flows[i].match = copy_match(&from->flows[i].match);
}

static void model_remove(struct model *m, unsigned i)
{
	free(m->flows[i].match.fields);
	m->flows[i] = m->flows[--m->n];
}

/* Few values, so that flows meet; fields that share bits of the key among them. */
static void random_match(struct rng *rng, struct arena *a, struct of_match *m)
{
	static const uint8_t plain[] = { OF_FIELD_IN_PORT, OF_FIELD_METADATA, OF_FIELD_REG0,
					 OF_FIELD_REG1, OF_FIELD_TUNNEL_ID };

	*m = (struct of_match){ 0 };
	for (unsigned i = 0; i < ARRAY_LENGTH(plain); i++)
		if (rng_below(rng, 4) == 0)
			of_match_set_u64(a, m, plain[i], 1 + rng_below(rng, 3));
	if (rng_below(rng, 3) == 0)
		of_match_set_u64_masked(a, m, OF_FIELD_REG2, rng_below(rng, 4) << 4, 3 << 4);
	if (rng_below(rng, 2) == 0)
		return;
	if (rng_below(rng, 4) == 0) {
		of_match_set_u64(a, m, OF_FIELD_ETH_TYPE, 0x0806);
		of_match_set_u64(a, m, OF_FIELD_ARP_SPA, 0x0a000000 + rng_below(rng, 3));
		return;
	}
	of_match_set_u64(a, m, OF_FIELD_ETH_TYPE, 0x0800);
	of_match_set_u64_masked(a, m, OF_FIELD_IPV4_SRC, 0x0a000000,
				UINT32_MAX << rng_below(rng, 4) & UINT32_MAX);
	if (rng_below(rng, 2)) {
		bool is_tcp = rng_below(rng, 2);

		of_match_set_u64(a, m, OF_FIELD_IP_PROTO, is_tcp ? 6 : 17);
		of_match_set_u64(a, m, is_tcp ? OF_FIELD_TCP_DST : OF_FIELD_UDP_DST,
				 1 + rng_below(rng, 2));
	}
}

static bool passes(const struct model_flow *f, const struct of_flow_mod *fm, bool is_delete)
{
	if ((f->cookie ^ fm->cookie) & fm->cookie_mask)
		return false;
	return !is_delete || fm->out_port == OF_PORT_ANY || f->port == fm->out_port;
}

static bool is_same(const struct model_flow *f, const struct of_flow_mod *fm)
{
	return f->priority == fm->priority && of_match_equal(&f->match, &fm->match);
}

/* No packet comes, so idle flows end as others do. */
static uint64_t end_of(const struct world *w, const struct of_flow_mod *fm)
{
	uint64_t idle_ns =
		fm->idle_timeout ? w->now_ns + fm->idle_timeout * NS_PER_SEC : UINT64_MAX;
	uint64_t hard_ns =
		fm->hard_timeout ? w->now_ns + fm->hard_timeout * NS_PER_SEC : UINT64_MAX;

	return MIN_OF(idle_ns, hard_ns);
}

static bool has_serial(const struct tables *t, uint64_t serial)
{
	struct flow_iter it = tables_from(t, TABLE, 0);
	const struct flow *f;

	while ((f = flow_iter_next(&it)))
		if (flow_serial(f) == serial)
			return true;
	return false;
}

/* The least important, of these the next to end, to some tens of microseconds. */
static uint64_t worth(const struct model_flow *f)
{
	return (uint64_t)f->importance << 48 | f->end_ns >> 16;
}

/* One flow has to go for FM's; of several that are worth the same it may be any, so ask. */
static bool model_evict(struct world *w, const struct of_flow_mod *fm)
{
	uint64_t least = UINT64_MAX;
	struct model *m = &w->now;

	for (unsigned i = 0; i < m->n; i++)
		least = MIN_OF(least, worth(&m->flows[i]));
	if (least >> 48 > fm->importance) {
		w->n_refused++;
		return false;
	}
	for (unsigned i = 0; i < m->n; i++) {
		if (worth(&m->flows[i]) != least || has_serial(w->t, m->flows[i].serial))
			continue;
		model_remove(m, i);
		w->n_evicted++;
		return true;
	}
	fail_msg("a flow that is worth more was evicted");
	return false;
}

static bool model_add(struct world *w, const struct of_flow_mod *fm, uint32_t port)
{
	struct model *m = &w->now;
	bool is_replaced = false;

	for (unsigned i = 0; i < m->n; i++) {
		if (!is_same(&m->flows[i], fm))
			continue;
		model_remove(m, i--);
		is_replaced = true;
	}
	if (!is_replaced && m->n >= w->max_flows && !model_evict(w, fm))
		return false;
	m->flows[m->n++] = (struct model_flow){
		.match = copy_match(&fm->match),
		.priority = fm->priority,
		.cookie = fm->cookie,
		.port = port,
		.serial = ++w->serial,
		.importance = fm->importance,
		.end_ns = end_of(w, fm),
	};
	return true;
}

/* What the flow-mod does to the model, after it was done to the tables; false: it is refused. */
static bool model_mod(struct world *w, const struct of_flow_mod *fm, uint32_t port)
{
	bool is_strict = fm->command == OFPFC_MODIFY_STRICT || fm->command == OFPFC_DELETE_STRICT;
	struct model *m = &w->now;

	if (fm->command == OFPFC_ADD) {
		for (unsigned i = 0; fm->flags & OF_FLOW_CHECK_OVERLAP && i < m->n; i++)
			if (m->flows[i].priority == fm->priority &&
			    of_match_overlaps(&m->flows[i].match, &fm->match))
				return false;
		return model_add(w, fm, port);
	}
	for (unsigned i = 0; i < m->n; i++) {
		struct model_flow *f = &m->flows[i];
		bool is_modify = fm->command == OFPFC_MODIFY || fm->command == OFPFC_MODIFY_STRICT;

		if (!passes(f, fm, !is_modify) ||
		    !(is_strict ? is_same(f, fm) : of_match_covers(&fm->match, &f->match)))
			continue;
		if (is_modify)
			f->port = port;
		else
			model_remove(m, i--);
	}
	return true;
}

static void random_mod(struct world *w)
{
	static const uint8_t commands[] = {
		OFPFC_ADD,    OFPFC_ADD,	   OFPFC_ADD,
		OFPFC_ADD,    OFPFC_MODIFY,	   OFPFC_MODIFY_STRICT,
		OFPFC_DELETE, OFPFC_DELETE_STRICT, OFPFC_DELETE_STRICT
	};
	struct rng *rng = &w->rng;
	uint32_t port = 1 + rng_below(rng, 4);
	struct of_flow_mod fm = {
		.table_id = TABLE,
		.command = commands[rng_below(rng, 9)],
		.priority = rng_below(rng, 3),
		.cookie = rng_below(rng, 4),
		.cookie_mask = rng_below(rng, 3) ? 0 : 3,
		.flags = rng_below(rng, 8) ? 0 : OF_FLOW_CHECK_OVERLAP,
		.importance = rng_below(rng, 4),
		.idle_timeout = rng_below(rng, 4) ? 0 : 1 + rng_below(rng, 20),
		.hard_timeout = rng_below(rng, 4) ? 0 : 1 + rng_below(rng, 20),
		.buffer_id = OF_NO_BUFFER,
		.out_port = rng_below(rng, 4) ? OF_PORT_ANY : 1 + rng_below(rng, 4),
		.out_group = OF_GROUP_ANY,
	};
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err;
	bool is_done;

	random_match(rng, &a, &fm.match);
	of_instructions_parse(arena_printf(&a, "output:%u", port), &a, &fm.instructions, &st);
	is_done = tables_flow_mod(w->t, &fm, w->now_ns, &err) == 0;
	assert_int_equal(is_done, model_mod(w, &fm, port));
	arena_clear(&a);
}

static int by_rank(const void *a, const void *b)
{
	const struct model_flow *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static void check_flows(struct world *w)
{
	struct flow_iter it = tables_from(w->t, TABLE, 0);
	const struct flow *f;
	unsigned n = 0;

	qsort(w->now.flows, w->now.n, sizeof(w->now.flows[0]), by_rank);
	for (; (f = flow_iter_next(&it)); n++) {
		const struct model_flow *want = &w->now.flows[n];
		struct of_field_match fields[OF_N_FIELDS];
		struct of_match match;

		assert_true(n < w->now.n);
		rule_match(f->rule, fields, &match);
		assert_true(of_match_equal(&match, &want->match));
		assert_int_equal(rule_priority(f->rule), want->priority);
		assert_int_equal(f->rule->cookie, want->cookie);
		assert_int_equal(f->rule->port, want->port);
	}
	assert_int_equal(n, w->now.n);
}

/* A key that a flow of the model, or none, matches. */
static void random_key(struct world *w, struct flow_key *key)
{
	struct arena a = ARENA_INIT;
	struct of_match m;
	struct of_error err;

	memset(key, 0, sizeof(*key));
	random_match(&w->rng, &a, &m);
	assert_int_equal(key_set_match(key, &m, &err), 0);
	store_be32(&key->reg[1], rng_below(&w->rng, 3));
	arena_clear(&a);
}

static bool key_matches(const struct flow_key *key, const struct of_match *m)
{
	struct of_error err;
	struct key_mask km;

	assert_int_equal(key_mask_from_match(m, &km, &err), 0);
	return key_mask_matches(&km, key);
}

static void check_look_up(struct world *w)
{
	struct lookup_rule rules[MAX_FLOWS];
	struct flow_iter it = tables_from(w->t, TABLE, 0);
	struct flow_key keys[16] __attribute__((aligned(64)));
	const void *found[16];
	const struct flow *f;
	struct lookup *l;
	unsigned n = 0;

	while ((f = flow_iter_next(&it)))
		rules[n++] = rule_lookup(f->rule);
	l = lookup_create(NULL, rules, n, rng_u64(&w->rng));
	for (unsigned i = 0; i < ARRAY_LENGTH(keys); i++)
		random_key(w, &keys[i]);
	lookup_find(l, keys, 0xffff, found);
	for (unsigned i = 0; i < ARRAY_LENGTH(keys); i++) {
		const struct rule *r = found[i];
		unsigned k = 0;

		while (k < w->now.n && !key_matches(&keys[i], &w->now.flows[k].match))
			k++;
		assert_int_equal(r != NULL, k < w->now.n);
		if (r)
			assert_int_equal(r->rank & 0xffffffffffff, w->now.flows[k].serial);
	}
	lookup_destroy(l);
}

/* Serials are the tables' own; after an undone transaction they go on from where they were. */
static void transaction(struct world *w)
{
	struct tables_snapshot held;
	bool is_held = rng_below(&w->rng, 2);

	model_copy(&w->before, &w->now);
	if (is_held)
		tables_hold(w->t, &held);
	tables_begin(w->t);
	for (unsigned i = rng_below(&w->rng, 20); i > 0; i--)
		random_mod(w);
	if (rng_below(&w->rng, 2)) {
		tables_commit(w->t, w->now_ns);
	} else {
		tables_rollback(w->t);
		model_copy(&w->now, &w->before);
	}
	if (is_held)
		tables_drop(w->t, &held);
}

static void pass_time(struct world *w)
{
	unsigned n = 0;

	w->now_ns += rng_below(&w->rng, 1000) * NS_PER_MS;
	for (unsigned i = 0; i < w->now.n; i++) {
		if (w->now.flows[i].end_ns > w->now_ns)
			continue;
		model_remove(&w->now, i--);
		n++;
	}
	assert_int_equal(tables_expire(w->t, w->now_ns), n);
	assert_true(tables_next_expiry(w->t) > w->now_ns);
	w->n_expired += n;
}

static void set_room(struct world *w)
{
	struct of_table_desc mod = { .table_id = TABLE, .config = OF_TABLE_EVICTION };
	struct of_error err;

	w->max_flows = MAX_FLOWS / 8;
	tables_set_max_flows(w->t, TABLE, w->max_flows);
	assert_int_equal(tables_table_mod(w->t, &mod, &err), 0);
}

static void tables_equal_the_model(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	(void)state;
	rng_seed(&w->rng, 4);
	w->t = tables_create(NULL);
	w->now_ns = NS_PER_SEC;
	set_room(w);
	for (unsigned i = 0; i < 6000; i++) {
		if (rng_below(&w->rng, 10))
			random_mod(w);
		else
			transaction(w);
		if (rng_below(&w->rng, 10) == 0)
			pass_time(w);
		check_flows(w);
		if (i % 8 == 0)
			check_look_up(w);
	}
	print_message("%u expired, %u evicted, %u refused\n", w->n_expired, w->n_evicted,
		      w->n_refused);
	assert_true(w->n_expired > 100);
	assert_true(w->n_evicted > 100);
	assert_true(w->n_refused > 20);
	model_clear(&w->now);
	model_clear(&w->before);
	tables_destroy(w->t);
	free(w);
}

static void add_many(struct tables *t, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct of_flow_mod fm = { .table_id = TABLE,
					  .priority = 7,
					  .cookie = i,
					  .buffer_id = OF_NO_BUFFER,
					  .out_port = OF_PORT_ANY,
					  .out_group = OF_GROUP_ANY };
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct of_error err;

		of_match_set_u64(&a, &fm.match, OF_FIELD_METADATA, i);
		of_match_set_u64(&a, &fm.match, OF_FIELD_ETH_DST, i);
		of_instructions_parse("output:1", &a, &fm.instructions, &st);
		assert_int_equal(tables_flow_mod(t, &fm, 1, &err), 0);
		arena_clear(&a);
	}
}

static size_t bytes_used(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static long resident_kb(void)
{
	long pages = 0, ignored;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &ignored, &pages), 2);
	fclose(f);
	return pages * 4;
}

/* What a flow costs without its place in a look-up: to stay under 400 MB with one for a million. */
static void a_flow_is_small(void **state)
{
	const unsigned n = 100000;
	struct tables *t = tables_create(NULL);
	struct of_flow_mod all = { .table_id = TABLE,
				   .command = OFPFC_DELETE,
				   .buffer_id = OF_NO_BUFFER,
				   .out_port = OF_PORT_ANY,
				   .out_group = OF_GROUP_ANY };
	size_t before, kept;
	struct of_error err;
	long resident;

	(void)state;
	add_many(t, 10);
	before = bytes_used();
	resident = resident_kb();
	add_many(t, n);
	resident = resident_kb() - resident;
	print_message("%ld bytes a flow\n", resident * 1024 / n);
#ifndef __SANITIZE_ADDRESS__
	assert_true(resident * 1024 / n < 290);
#endif
	assert_int_equal(tables_flow_mod(t, &all, 1, &err), 0);
	kept = bytes_used();
	/* Arrays that grew stay, memory of flows does not. */
	assert_true(kept < before + n * 40);
	tables_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_equal_the_model),
		cmocka_unit_test(a_flow_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
