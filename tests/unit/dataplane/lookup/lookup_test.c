/* Every look-up class against `linear`, the specification, on random rules and keys. */

#include "dataplane/lookup/lookup_class.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "dataplane/packet/parse.h"
#include "lib/rng.h"
#include "tests/fakes/dataplane/packets.h"

/* A value with its row in it, as a flow's rule has. */
struct holder {
	uint64_t number;
	uint64_t rank;
	uint64_t words[KEY_WORDS];
};

#define ROW_OFFSET offsetof(struct holder, rank)

struct rules {
	unsigned n;
	struct key_mask *matches;
	struct lookup_rule *rules;
	/* what the rules point to */
	struct mask *masks;
	struct holder *holders; /* two for each: either can be a rule's value */
	bool are_copied;	/* look-ups are not told where rows lie */
};

static struct rules rules_create(unsigned n)
{
	return (struct rules){ .n = n,
			       .matches = xcalloc_lines((n + 1) * sizeof(struct key_mask)),
			       .rules = xcalloc(n + 1, sizeof(struct lookup_rule)),
			       .masks = xcalloc(n + 1, sizeof(struct mask)),
			       .holders = xcalloc(2 * (n + 1), sizeof(struct holder)) };
}

/* Masks that rules really have: some fields whole, some by prefix. */
static void random_mask(struct rng *rng, struct flow_key *mask)
{
	memset(mask, 0, sizeof(*mask));
	if (rng_below(rng, 2))
		memset(&mask->in_port, 0xff, 4);
	if (rng_below(rng, 3) == 0)
		memset(&mask->ipv4_dst, 0xff, 1 + rng_below(rng, 4));
	if (rng_below(rng, 3) == 0)
		memset(mask->eth_dst, 0xff, 6);
	if (rng_below(rng, 3) == 0)
		memset(&mask->tp_dst, 0xff, 2);
	if (rng_below(rng, 4) == 0)
		memset(&mask->reg[rng_below(rng, 16)], 0xff, 4);
	if (rng_below(rng, 4) == 0)
		memset(mask->ipv6_src, 0xff, 16);
	if (rng_below(rng, 6) == 0)
		mask->eth_type = 0xffff;
}

/* The I-th match as a rule. */
static void make_rule(struct rules *r, unsigned i)
{
	const struct key_mask *m = &r->matches[i];
	struct holder *h = &r->holders[2 * i];

	mask_init(&r->masks[i], &m->mask);
	mask_extract(&r->masks[i], &m->key, h->words);
	h->rank = i;
	h[1] = h[0];
	r->rules[i] = (struct lookup_rule){ .mask = &r->masks[i],
					    .words = h->words,
					    .value = h,
					    .rank = i,
					    .row_offset = r->are_copied ? 0 : ROW_OFFSET };
}

/* R with H, which has its row, as its value. */
static void hold(struct lookup_rule *r, const struct holder *h)
{
	r->value = h;
	r->words = h->words;
}

static void random_key(struct rng *rng, struct flow_key *key)
{
	random_packet_key(rng, key);
	store_be32(&key->in_port, rng_below(rng, 3));
	for (unsigned i = 0; i < KEY_N_REGS; i++)
		store_be32(&key->reg[i], rng_below(rng, 2));
}

/* One of many with a mask that only a hash is for: they differ in several places. */
static void match_two_fields(struct key_mask *m, unsigned i)
{
	memset(&m->mask.ipv4_dst, 0xff, 4);
	memset(&m->mask.tp_dst, 0xff, 2);
	store_be32(&m->key.ipv4_dst, i * 0x01000193);
	store_be16(&m->key.tp_dst, i);
}

/* N rules of up to N_MASKS masks; the last may match everything. */
static struct rules random_rules(struct rng *rng, unsigned n, unsigned n_masks)
{
	struct rules r = rules_create(n);
	struct flow_key *masks = xcalloc_lines(n_masks * sizeof(*masks));

	r.are_copied = rng_below(rng, 3) == 0;
	for (unsigned i = 0; i < n_masks; i++)
		random_mask(rng, &masks[i]);
	for (unsigned i = 0; i < n; i++) {
		struct key_mask *m = &r.matches[i];

		m->mask = masks[rng_below(rng, n_masks)];
		if (i == n - 1 && rng_below(rng, 2))
			memset(&m->mask, 0, sizeof(m->mask));
		random_key(rng, &m->key);
		for (unsigned w = 0; w < KEY_WORDS; w++)
			m->key.words[w] &= m->mask.words[w];
		make_rule(&r, i);
	}
	free(masks);
	return r;
}

/* Rules of one mask, and a few of others. */
static struct rules random_parts(struct rng *rng, unsigned n)
{
	struct rules r = random_rules(rng, n, 1);

	for (unsigned k = rng_below(rng, 10); k > 0; k--) {
		unsigned i = rng_below(rng, n - 1);
		struct key_mask *m = &r.matches[i];

		memset(&m->mask, 0, sizeof(m->mask));
		random_mask(rng, &m->mask);
		m->mask.metadata |= 1;
		for (unsigned w = 0; w < KEY_WORDS; w++)
			m->key.words[w] &= m->mask.words[w];
		make_rule(&r, i);
	}
	return r;
}

/* N prefixes of one field, or values of a few of its bits. */
static struct rules random_run(struct rng *rng, unsigned n)
{
	unsigned n_bits = 4 + rng_below(rng, 28), min_bits = rng_below(rng, 2) ? n_bits : 1;
	struct rules r = rules_create(n);

	r.are_copied = rng_below(rng, 3) == 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned length = min_bits + rng_below(rng, n_bits + 1 - min_bits);
		uint32_t mask = ~0u << (32 - length);

		store_be32(&r.matches[i].mask.ipv4_dst, mask);
		store_be32(&r.matches[i].key.ipv4_dst, rng_u64(rng) & mask);
		make_rule(&r, i);
	}
	return r;
}

static void rules_free(struct rules *r)
{
	free(r->matches);
	free(r->rules);
	free(r->masks);
	free(r->holders);
}

/* L against linear, built from the N rules R, of whose keys some packets are. */
static void compare_look_up(const struct lookup *l, const struct lookup_rule *r, unsigned n,
			    struct rng *rng, unsigned n_bursts)
{
	struct lookup *spec = lookup_create(lookup_class_find("linear"), r, n, 0);
	static struct flow_key keys[PACKET_BURST_MAX];
	const void *want[PACKET_BURST_MAX], *got[PACKET_BURST_MAX];

	for (unsigned burst = 0; burst < n_bursts; burst++) {
		uint64_t bitmap = rng_below(rng, 3) ? rng_u64(rng) : UINT64_MAX;

		for (unsigned i = 0; i < PACKET_BURST_MAX; i++) {
			random_key(rng, &keys[i]);
			want[i] = got[i] = &keys;
			/* Often take a rule's own key, so that more of them are found. */
			if (n && rng_below(rng, 2)) {
				const struct lookup_rule *own = &r[rng_below(rng, n)];
				const struct mask *m = own->mask;

				for (unsigned k = 0; k < m->n_words; k++) {
					uint64_t *word = &keys[i].words[m->places[k]];

					*word = (*word & ~m->words[k]) | own->words[k];
				}
			}
		}
		lookup_find(spec, keys, bitmap, want);
		lookup_find(l, keys, bitmap, got);
		for (unsigned i = 0; i < PACKET_BURST_MAX; i++)
			if (got[i] != want[i])
				fail_msg("%s differs from linear with %u rules, packet %u",
					 lookup_name(l), n, i);
	}
	lookup_destroy(spec);
}

static void compare(const struct lookup_class *class, const struct rules *r, struct rng *rng)
{
	struct lookup *l = lookup_create(class, r->rules, r->n, rng_u64(rng));

	compare_look_up(l, r->rules, r->n, rng, 8);
	lookup_destroy(l);
}

static bool is_suited(const struct lookup_class *class, const struct rules *r)
{
	struct lookup_shape shape;
	char reason[96];
	unsigned n = 0;

	while (n < r->n) {
		struct flow_key none = { 0 };

		n++;
		if (memcmp(&r->matches[n - 1].mask, &none, sizeof(none)) == 0)
			break;
	}
	lookup_shape_of(r->rules, n, &shape);
	return class->cost(&shape, reason, sizeof(reason)) != 0;
}

static void every_class_equals_linear(void **state)
{
	static const unsigned sizes[] = { 0, 1, 2, 3, 7, 8, 9, 40, 300, 2000 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	REGISTRY_FOREACH (p, lookup_class) {
		unsigned n_tried = 0;

		for (unsigned round = 0; round < 150; round++) {
			unsigned n = sizes[rng_below(&rng, ARRAY_LENGTH(sizes))];
			struct rules r =
				round % 3 == 0 ? random_run(&rng, n)
				: round % 8 == 1
					? random_parts(&rng, 300)
					: random_rules(&rng, n,
						       1 + rng_below(&rng, 12) * (round & 1));

			if (is_suited(*p, &r)) {
				compare(*p, &r, &rng);
				n_tried++;
			}
			rules_free(&r);
		}
		if (n_tried < 3)
			fail_msg("%s was tried only %u times", (*p)->name, n_tried);
	}
}

/* Whatever is chosen, after any insert or removal. */
static void chosen_class_equals_linear_as_rules_change(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 6);
	for (unsigned round = 0; round < 20; round++) {
		struct rules all = random_rules(&rng, 60, 1 + rng_below(&rng, 8));
		struct rules some = { .matches = all.matches,
				      .rules = xcalloc(60, sizeof(struct lookup_rule)) };
		bool is_in[60] = { false };

		for (unsigned step = 0; step < 40; step++) {
			unsigned k = rng_below(&rng, 60);

			is_in[k] = !is_in[k];
			some.n = 0;
			for (unsigned i = 0; i < 60; i++)
				if (is_in[i])
					some.rules[some.n++] = all.rules[i];
			compare(NULL, &some, &rng);
		}
		free(some.rules);
		rules_free(&all);
	}
}

/* A table whose rules come and go. */
struct living {
	struct rules all;
	bool *is_in;
	struct lookup_rule *now; /* those that are in, by rank */
	unsigned n_now;
	const struct lookup_class *class; /* NULL: the cheapest one */
	struct lookup *look_up;
	unsigned n_updated[2], n_built; /* others, tuple */
};

static void living_list(struct living *v)
{
	v->n_now = 0;
	for (unsigned i = 0; i < v->all.n; i++)
		if (v->is_in[i])
			v->now[v->n_now++] = v->all.rules[i];
}

/* A rule more or less, or one that is replaced: it goes and comes again with another value. */
static unsigned random_change(struct living *v, struct rng *rng, struct lookup_change *c)
{
	unsigned k = rng_below(rng, v->all.n);
	struct lookup_rule *r = &v->all.rules[k];

	if (v->is_in[k] && rng_below(rng, 3) == 0) {
		c[0] = (struct lookup_change){ *r, true };
		hold(r, &v->all.holders[2 * k + (r->value == &v->all.holders[2 * k])]);
		c[1] = (struct lookup_change){ *r, false };
		return 2;
	}
	c[0] = (struct lookup_change){ *r, v->is_in[k] };
	v->is_in[k] = !v->is_in[k];
	return 1;
}

/* The class is not for what a catch-all alone, or nothing, makes of a table. */
static void living_create(struct living *v, uint64_t seed)
{
	bool is_suited = v->n_now && v->now[0].mask->n_words;

	v->look_up = lookup_create(is_suited ? v->class : NULL, v->now, v->n_now, seed);
}

/* The next version, and whether the one before is still what it was. */
static void living_step(struct living *v, struct rng *rng)
{
	struct lookup_rule *before = xmemdup(v->now, (v->n_now + 1) * sizeof(*before));
	unsigned n_before = v->n_now, n = 0;
	struct lookup *old = v->look_up;
	struct lookup_change changes[40];

	for (unsigned k = rng_below(rng, 20); k > 0; k--)
		n += random_change(v, rng, &changes[n]);
	living_list(v);
	v->look_up = lookup_update(old, changes, n);
	if (v->look_up) {
		v->n_updated[strcmp(lookup_name(v->look_up), "tuple") == 0]++;
		assert_true(strlen(lookup_reason(v->look_up)) > 0);
	} else {
		v->n_built++;
		living_create(v, rng_u64(rng));
	}
	compare_look_up(v->look_up, v->now, v->n_now, rng, 2);
	compare_look_up(old, before, n_before, rng, 1);
	lookup_destroy(old);
	free(before);
}

/* Some rules have the key and the mask of others, some match everything. */
static struct rules rules_of_a_living_table(struct rng *rng, unsigned n, unsigned n_masks)
{
	struct rules r = random_rules(rng, n, n_masks);
	bool has_doubles = rng_below(rng, 2), has_catch_alls = rng_below(rng, 2);

	for (unsigned i = 1; i < n; i++) {
		struct key_mask *m = &r.matches[i];

		if (has_doubles && rng_below(rng, 30) == 0)
			*m = r.matches[rng_below(rng, i)];
		if (has_catch_alls && rng_below(rng, 100) == 0) {
			memset(m, 0, sizeof(*m));
		} else if (!has_doubles) {
			/* A field that no random mask has, so that all keys are different. */
			store_be64(&m->key.tunnel_id, i);
			memset(&m->mask.tunnel_id, 0xff, 8);
		}
		make_rule(&r, i);
	}
	return r;
}

static void updated_equals_linear(void **state)
{
	unsigned n_updated[2] = { 0 }, n_built = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 11);
	for (unsigned round = 0; round < 60; round++) {
		unsigned n = 20 + rng_below(&rng, 600);
		struct living v = {
			.all = rules_of_a_living_table(&rng, n,
						       1 + rng_below(&rng, 10) * (round & 1)),
			.is_in = xcalloc(n, 1),
			.now = xcalloc(n + 1, sizeof(struct lookup_rule)),
			.class = round % 3 == 1 ? lookup_class_find("tuple") : NULL,
		};

		for (unsigned i = 0; i < n; i++)
			v.is_in[i] = rng_below(&rng, 4) == 0;
		living_list(&v);
		living_create(&v, 1);
		for (unsigned step = 0; step < 40; step++)
			living_step(&v, &rng);
		n_updated[0] += v.n_updated[0];
		n_updated[1] += v.n_updated[1];
		n_built += v.n_built;
		lookup_destroy(v.look_up);
		free(v.now);
		free(v.is_in);
		rules_free(&v.all);
	}
	print_message("updated: %u tuple, %u others; built anew: %u\n", n_updated[1], n_updated[0],
		      n_built);
	assert_true(n_updated[0] > 300);
	assert_true(n_updated[1] > 300);
	assert_true(n_built > 100);
}

/* A large table in several versions at once, which end in any order, some of them unused. */
#define N_LARGE	   12000
#define N_VERSIONS 6
#define N_STEPS	   400

struct version {
	struct lookup *look_up;
	unsigned *numbers; /* by rule, what it finds; 0: nothing */
};

/* By number; the first is none. */
static struct holder numbered[N_LARGE + N_STEPS * 200];

static const void *number_value(unsigned n)
{
	return n ? &numbered[n] : NULL;
}

/* R with a value that has not been one before. */
static void set_number(struct lookup_rule *r, unsigned n)
{
	struct holder *h = &numbered[n];

	assert_true(n < ARRAY_LENGTH(numbered));
	*h = (struct holder){ .number = n, .rank = r->rank };
	memcpy(h->words, r->words, r->mask->n_words * sizeof(h->words[0]));
	hold(r, h);
}

static void check_version(const struct version *v, const struct rules *all, struct rng *rng)
{
	struct flow_key keys[32];
	const void *found[32];
	unsigned k[32];

	for (unsigned round = 0; round < 40; round++) {
		for (unsigned i = 0; i < 32; i++) {
			k[i] = rng_below(rng, all->n);
			keys[i] = all->matches[k[i]].key;
		}
		lookup_find(v->look_up, keys, UINT32_MAX, found);
		for (unsigned i = 0; i < 32; i++)
			assert_ptr_equal(found[i], number_value(v->numbers[k[i]]));
	}
}

static void version_end(struct version *v)
{
	lookup_destroy(v->look_up);
	free(v->numbers);
	*v = (struct version){ 0 };
}

/* Some rules more, less or of another value. */
static struct version next_version(const struct version *old, struct rules *all, struct rng *rng,
				   unsigned *number)
{
	struct version v = { .numbers = xmemdup(old->numbers, all->n * sizeof(*v.numbers)) };
	struct lookup_change changes[200];
	unsigned n = 0;

	while (n < 100) {
		unsigned k = rng_below(rng, all->n);
		struct lookup_rule r = all->rules[k];

		if (v.numbers[k]) {
			hold(&r, number_value(v.numbers[k]));
			changes[n++] = (struct lookup_change){ r, true };
		}
		if (!v.numbers[k] || rng_below(rng, 2)) {
			v.numbers[k] = ++*number;
			set_number(&r, v.numbers[k]);
			changes[n++] = (struct lookup_change){ r, false };
		} else {
			v.numbers[k] = 0;
		}
	}
	v.look_up = lookup_update(old->look_up, changes, n);
	return v;
}

static void versions_end_in_any_order(void **state)
{
	struct rules all = rules_create(N_LARGE);
	struct version v[N_VERSIONS] = { 0 };
	unsigned newest = 0, number = N_LARGE;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	v[0].numbers = xcalloc(N_LARGE, sizeof(*v[0].numbers));
	for (unsigned i = 0; i < N_LARGE; i++) {
		match_two_fields(&all.matches[i], i);
		make_rule(&all, i);
		set_number(&all.rules[i], v[0].numbers[i] = i + 1);
	}
	v[0].look_up = lookup_create(lookup_class_find("exact"), all.rules, N_LARGE, 3);
	for (unsigned step = 0; step < N_STEPS; step++) {
		unsigned to = rng_below(&rng, N_VERSIONS);
		struct version next;

		if (to == newest)
			continue;
		version_end(&v[to]);
		next = next_version(&v[newest], &all, &rng, &number);
		assert_non_null(next.look_up);
		check_version(&next, &all, &rng);
		if (rng_below(&rng, 4) == 0) {
			version_end(&next);
		} else {
			v[to] = next;
			newest = to;
		}
		for (unsigned i = 0; i < N_VERSIONS; i++)
			if (v[i].look_up)
				check_version(&v[i], &all, &rng);
	}
	for (unsigned i = 0; i < N_VERSIONS; i++)
		version_end(&v[i]);
	rules_free(&all);
}

/* Of rules with one key and mask those that come after the best wait for its going. */
static void a_shadowed_rule_comes_back(void **state)
{
	struct rules r = rules_create(1000);
	struct lookup_change change;
	struct lookup *l, *next;
	const void *found[1];
	unsigned k = 0;

	(void)state;
	for (unsigned i = 0; i < r.n; i++) {
		match_two_fields(&r.matches[i], i < 20 ? 0 : i);
		make_rule(&r, i);
		set_number(&r.rules[i], i + 1);
	}
	l = lookup_create(lookup_class_find("exact"), r.rules, r.n, 3);
	for (; k < 20; k++) {
		lookup_find(l, &r.matches[0].key, 1, found);
		assert_ptr_equal(found[0], number_value(k + 1));
		change = (struct lookup_change){ r.rules[k], true };
		next = lookup_update(l, &change, 1);
		assert_non_null(next);
		assert_null(lookup_update(l, &change, 1)); /* not another beside it */
		lookup_destroy(l);
		l = next;
	}
	lookup_find(l, &r.matches[0].key, 1, found);
	assert_null(found[0]);
	lookup_destroy(l);
	rules_free(&r);
}

static const char *choice(struct rules *r)
{
	const char *name;
	struct lookup *l;

	for (unsigned i = 0; i < r->n; i++)
		make_rule(r, i);
	l = lookup_create(NULL, r->rules, r->n, 1);
	name = lookup_name(l);
	assert_true(strlen(lookup_reason(l)) > 0);
	lookup_destroy(l);
	return name;
}

static void the_cheapest_class_is_chosen(void **state)
{
	struct rules r;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 8);
	r = random_rules(&rng, 1000, 1);
	memset(&r.matches[0].mask, 0, KEY_BYTES);
	r.n = 0;
	assert_string_equal(choice(&r), "none");
	r.n = 20;
	assert_string_equal(choice(&r), "catch-all");
	for (unsigned i = 0; i < 1000; i++) {
		memset(&r.matches[i], 0, sizeof(r.matches[i]));
		match_two_fields(&r.matches[i], i);
	}
	r.n = 2;
	assert_string_equal(choice(&r), "few");
	r.n = 1000;
	assert_string_equal(choice(&r), "exact");
	memset(&r.matches[999], 0, sizeof(r.matches[999]));
	assert_string_equal(choice(&r), "exact");
	memset(&r.matches[20].mask.ipv4_src, 0xff, 4);
	/* Which is cheaper depends on what the CPU has. */
	assert_true(strcmp(choice(&r), "hybrid") == 0 || strcmp(choice(&r), "merged") == 0);
	for (unsigned i = 0; i < 1000; i += 2)
		memset(&r.matches[i].mask.ipv4_src, 0xff, 4);
	assert_string_equal(choice(&r), "merged");
	rules_free(&r);
}

/* A class that is asked for by name, and is not for the rules, is not built at all. */
static void is_refused(const char *class, const struct rules *r)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit none = { 0 };

		setrlimit(RLIMIT_CORE, &none);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		lookup_create(lookup_class_find(class), r->rules, r->n, 1);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
		fail_msg("%s takes %u rules that it is not for", class, r->n);
}

static void classes_refuse_other_rules(void **state)
{
	struct rules r = rules_create(100);

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		match_two_fields(&r.matches[i], i);
		memset(&r.matches[i].mask.ipv4_src, i % 2 ? 0xff : 0, 4);
		make_rule(&r, i);
	}
	r.n = 100;
	is_refused("none", &r);
	is_refused("catch-all", &r);
	is_refused("few", &r);
	is_refused("exact", &r);
	is_refused("lpm", &r);
	is_refused("direct", &r);
	is_refused("hybrid", &r);
	r.n = 0;
	is_refused("few", &r);
	is_refused("exact", &r);
	is_refused("tuple", &r);
	is_refused("lpm", &r);
	is_refused("hybrid", &r);
	rules_free(&r);
}

/* All keys in one bucket would be found too, only slower; with a keyed hash, no set of keys
 * chosen beforehand comes near. */
static void sequential_keys_spread(void **state)
{
	struct rules r = rules_create(20000);

	(void)state;
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct lookup *l;

		for (unsigned i = 0; i < r.n; i++) {
			memset(&r.matches[i].mask.ipv4_dst, 0xff, 4);
			store_be32(&r.matches[i].key.ipv4_dst, i << (4 * seed % 16));
			make_rule(&r, i);
		}
		l = lookup_create(lookup_class_find("exact"), r.rules, r.n, seed * 77);
		assert_in_range(lookup_max_lines(l), 2, 8);
		lookup_destroy(l);
	}
	rules_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_equals_linear),
		cmocka_unit_test(chosen_class_equals_linear_as_rules_change),
		cmocka_unit_test(updated_equals_linear),
		cmocka_unit_test(versions_end_in_any_order),
		cmocka_unit_test(a_shadowed_rule_comes_back),
		cmocka_unit_test(the_cheapest_class_is_chosen),
		cmocka_unit_test(classes_refuse_other_rules),
		cmocka_unit_test(sequential_keys_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
