/* Prefix look-ups (`lpm`, `direct`) against `linear`: prefixes of any field, ranks that follow
 * their lengths or do not, crowds of them, every body, many versions at once. */

#include "dataplane/lookup/lpm_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "dataplane/lookup/cpu.h"
#include "dataplane/packet/parse.h"
#include "lib/rng.h"

#define BURST 32

struct field {
	const char *name;
	unsigned offset, n_bytes;
};

#define FIELD(MEMBER)                                                                              \
	{                                                                                          \
#MEMBER, offsetof(struct flow_key, MEMBER), sizeof(((struct flow_key *)0)->MEMBER) \
	}
static const struct field fields[] = {
	FIELD(ipv4_dst),     FIELD(ipv4_src), FIELD(ipv6_dst),	  FIELD(ipv6_src),  FIELD(eth_dst),
	FIELD(tunnel_id),    FIELD(tp_dst),   FIELD(reg[3]),	  FIELD(nd_target), FIELD(in_port),
	FIELD(tun_ipv6_src), FIELD(arp_sha),  FIELD(ct_ipv6_dst), FIELD(metadata),
};

struct route {
	struct mask mask;
	uint64_t words[KEY_WORDS];
	struct flow_key key;
	uint64_t value; /* what its address stands for */
};

struct table {
	struct field field;
	unsigned n;
	struct route *routes;
	struct lookup_rule *rules; /* by rank */
	unsigned from, to;	   /* lengths of prefixes */
	bool is_unaligned;
	bool has_catch_all; /* the last */
	uint8_t crowd[16];  /* what many begin with */
	unsigned crowd_bits;
};

static void set_bits(uint8_t *p, unsigned n)
{
	memset(p, 0xff, n / 8);
	if (n % 8)
		p[n / 8] = 0xff << (8 - n % 8);
}

/* Often in the crowd, and often with few different bits. */
static void random_bytes(struct rng *rng, const struct table *t, uint8_t *out)
{
	uint8_t mask[16] = { 0 };
	bool is_in_crowd = rng_below(rng, 3) != 0;

	set_bits(mask, t->crowd_bits);
	for (unsigned i = 0; i < t->field.n_bytes; i++) {
		uint8_t byte = rng_below(rng, 3) ? rng_u64(rng) : rng_below(rng, 4) * 0x55;

		out[i] = is_in_crowd ? (t->crowd[i] & mask[i]) | (byte & ~mask[i]) : byte;
	}
}

static void *value_of(const struct table *t, unsigned i)
{
	return (uint8_t *)&t->routes[i].value + t->is_unaligned;
}

static void make_route(struct rng *rng, struct table *t, unsigned i)
{
	struct route *r = &t->routes[i];
	struct flow_key mask = { 0 };

	memset(&r->key, 0, sizeof(r->key));
	if (i < t->n - t->has_catch_all) {
		unsigned length = t->from + rng_below(rng, t->to - t->from + 1);

		random_bytes(rng, t, (uint8_t *)&r->key + t->field.offset);
		set_bits((uint8_t *)&mask + t->field.offset, length);
		memset(&mask.eth_type, 0xff, 2);
		memset(&mask.eth_src, 0xff, 3);
		store_be16(&r->key.eth_type, 0x0800);
		r->key.eth_src[1] = 7;
	}
	for (unsigned w = 0; w < KEY_WORDS; w++)
		r->key.words[w] &= mask.words[w];
	mask_init(&r->mask, &mask);
	mask_extract(&r->mask, &r->key, r->words);
	t->rules[i] = (struct lookup_rule){ &r->mask, r->words, value_of(t, i), i };
}

/* The longest prefix has the least rank, as a routing table's. */
static int by_length(const void *a, const void *b)
{
	const struct lookup_rule *x = a, *y = b;
	unsigned n[2] = { 0 };

	for (unsigned i = 0; i < x->mask->n_words; i++)
		n[0] += __builtin_popcountll(x->mask->words[i]);
	for (unsigned i = 0; i < y->mask->n_words; i++)
		n[1] += __builtin_popcountll(y->mask->words[i]);
	if (n[0] != n[1])
		return n[0] > n[1] ? -1 : 1;
	return x->rank < y->rank ? -1 : 1;
}

static struct table table_create(struct rng *rng, unsigned n)
{
	struct table t = { .field = fields[rng_below(rng, ARRAY_LENGTH(fields))], .n = n };
	unsigned n_bits = t.field.n_bytes * 8;

	t.routes = xcalloc_lines(n * sizeof(*t.routes));
	t.rules = xcalloc(n, sizeof(*t.rules));
	t.from = rng_below(rng, n_bits);
	t.to = t.from + rng_below(rng, n_bits + 1 - t.from);
	if (rng_below(rng, 3) == 0) {
		t.from = 0;
		t.to = n_bits;
	}
	t.is_unaligned = rng_below(rng, 4) == 0;
	t.has_catch_all = rng_below(rng, 2);
	t.crowd_bits = rng_below(rng, n_bits - 4);
	for (unsigned i = 0; i < sizeof(t.crowd); i++)
		t.crowd[i] = rng_u64(rng);
	for (unsigned i = 0; i < n; i++)
		make_route(rng, &t, i);
	if (rng_below(rng, 2)) {
		qsort(t.rules, n - t.has_catch_all, sizeof(*t.rules), by_length);
		for (unsigned i = 0; i < n; i++)
			t.rules[i].rank = i;
	}
	return t;
}

static void table_free(struct table *t)
{
	free(t->routes);
	free(t->rules);
}

static void random_key(struct rng *rng, const struct table *t, struct flow_key *key)
{
	const struct route *r = &t->routes[rng_below(rng, t->n)];
	uint8_t *p = (uint8_t *)key + t->field.offset;

	for (unsigned w = 0; w < KEY_WORDS; w++)
		key->words[w] = rng_u64(rng);
	random_bytes(rng, t, p);
	if (rng_below(rng, 3)) {
		/* The route's own, and its neighbours. */
		for (unsigned i = 0; i < r->mask.n_words; i++) {
			uint64_t *word = &key->words[r->mask.places[i]];

			*word = (*word & ~r->mask.words[i]) | r->words[i];
		}
		if (rng_below(rng, 4) == 0)
			p[rng_below(rng, t->field.n_bytes)] ^= 1 << rng_below(rng, 8);
		if (rng_below(rng, 4) == 0)
			p[t->field.n_bytes - 1] += rng_below(rng, 2) ? 1 : -1;
	}
	if (rng_below(rng, 10)) {
		store_be16(&key->eth_type, 0x0800);
		key->eth_src[0] = key->eth_src[2] = 0;
		key->eth_src[1] = 7;
	}
}

static void compare(struct rng *rng, const struct table *t, const struct lookup *l,
		    const struct lookup *spec, unsigned n_bursts)
{
	static struct flow_key keys[PACKET_BURST_MAX];
	const void *want[PACKET_BURST_MAX], *got[PACKET_BURST_MAX];

	for (unsigned burst = 0; burst < n_bursts; burst++) {
		uint64_t bitmap = rng_below(rng, 3) ? rng_u64(rng) : UINT64_MAX;

		for (unsigned i = 0; i < PACKET_BURST_MAX; i++) {
			random_key(rng, t, &keys[i]);
			want[i] = got[i] = keys;
		}
		lookup_find(spec, keys, bitmap, want);
		lookup_find(l, keys, bitmap, got);
		for (unsigned i = 0; i < PACKET_BURST_MAX; i++)
			if (got[i] != want[i])
				fail_msg("%s of %s, %u rules of %u to %u bits: packet %u differs",
					 lookup_name(l), t->field.name, t->n, t->from, t->to, i);
	}
}

static const struct lookup_class *class_for(const struct lookup_rule *rules, unsigned n)
{
	struct lookup_shape shape;

	lookup_shape_of(rules, n, &shape);
	return shape.run_bits ? lookup_class_find("lpm") : NULL;
}

static void every_body_equals_linear(void **state)
{
	static const unsigned sizes[] = { 2, 3, 5, 12, 60, 400, 3000 };
	unsigned n_tried = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 41);
	for (unsigned round = 0; round < 400; round++) {
		struct table t = table_create(&rng, sizes[rng_below(&rng, ARRAY_LENGTH(sizes))]);
		const struct lookup_class *class = class_for(t.rules, t.n);
		struct lookup *spec = lookup_create(lookup_class_find("linear"), t.rules, t.n, 0);

		for (unsigned level = 0; class && level < CPU_N_LEVELS; level++) {
			struct lookup *l;

			if (cpu_level_limit(level) != level)
				continue;
			l = lookup_create(class, t.rules, t.n, 0);
			compare(&rng, &t, l, spec, t.n > 1000 ? 2 : 8);
			lookup_destroy(l);
			n_tried++;
		}
		lookup_destroy(spec);
		table_free(&t);
	}
	cpu_level_limit(CPU_AVX512);
	assert_true(n_tried > 200);
}

/* --- versions --- */

#define N_VERSIONS 5

struct version {
	struct lookup *look_up, *spec;
};

static void version_end(struct version *v)
{
	lookup_destroy(v->look_up);
	lookup_destroy(v->spec);
	*v = (struct version){ 0 };
}

static struct lookup *spec_of(const struct table *t, const bool *is_in)
{
	struct lookup_rule *rules = xcalloc(t->n, sizeof(*rules));
	struct lookup *l;
	unsigned n = 0;

	for (unsigned i = 0; i < t->n; i++)
		if (is_in[i])
			rules[n++] = t->rules[i];
	l = lookup_create(lookup_class_find("linear"), rules, n, 0);
	free(rules);
	return l;
}

static struct lookup *build(const struct table *t, const bool *is_in)
{
	struct lookup_rule *rules = xcalloc(t->n, sizeof(*rules));
	const struct lookup_class *class;
	struct lookup *l = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < t->n; i++)
		if (is_in[i])
			rules[n++] = t->rules[i];
	class = n ? class_for(rules, n) : NULL;
	if (class)
		l = lookup_create(class, rules, n, 0);
	free(rules);
	return l;
}

/* Up to 30 rules come or go, the catch-all stays. */
static struct lookup *next(struct rng *rng, const struct table *t, bool *is_in,
			   const struct lookup *old)
{
	struct lookup_change changes[30];
	unsigned n = rng_below(rng, 30) + 1;

	for (unsigned i = 0; i < n; i++) {
		unsigned k = rng_below(rng, t->n - 1);

		changes[i] = (struct lookup_change){ t->rules[k], is_in[k] };
		is_in[k] = !is_in[k];
	}
	return old->class->update(old, changes, n);
}

/* Whether the newest version can be what the rules in IS_IN are. */
static void change_versions(struct rng *rng, struct table *t, unsigned *n_updated)
{
	struct version v[N_VERSIONS] = { 0 };
	bool *is_in = xcalloc(t->n, sizeof(*is_in)), *before = xcalloc(t->n, sizeof(*before));
	unsigned newest = 0;

	for (unsigned i = 0; i < t->n; i++)
		is_in[i] = i == t->n - 1 || rng_below(rng, 2);
	v[0] = (struct version){ build(t, is_in), spec_of(t, is_in) };
	for (unsigned step = 0; step < 30 && v[0].look_up; step++) {
		unsigned to = (newest + 1 + rng_below(rng, N_VERSIONS - 1)) % N_VERSIONS;
		struct lookup *l;

		memcpy(before, is_in, t->n);
		version_end(&v[to]);
		l = next(rng, t, is_in, v[newest].look_up);
		if (l && rng_below(rng, 3)) {
			v[to] = (struct version){ l, spec_of(t, is_in) };
			newest = to;
			++*n_updated;
		} else {
			memcpy(is_in, before, t->n); /* it ends before the others do */
			lookup_destroy(l);
		}
		for (unsigned i = 0; i < N_VERSIONS; i++)
			if (v[i].look_up)
				compare(rng, t, v[i].look_up, v[i].spec, 1);
		if (!v[0].look_up)
			v[0] = (struct version){ build(t, is_in), spec_of(t, is_in) };
		if (v[0].look_up && rng_below(rng, 8) == 0)
			break;
	}
	for (unsigned i = 0; i < N_VERSIONS; i++)
		version_end(&v[i]);
	free(is_in);
	free(before);
}

static void versions_equal_linear(void **state)
{
	unsigned n_updated = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 43);
	for (unsigned round = 0; round < 150; round++) {
		struct table t = table_create(&rng, 10 + rng_below(&rng, round % 10 ? 300 : 3000));

		change_versions(&rng, &t, &n_updated);
		table_free(&t);
	}
	print_message("updated: %u\n", n_updated);
	assert_true(n_updated > 300);
}

/* Leaves of versions that are gone must be free again: what a table needs does not grow. */
static void memory_comes_back(void **state)
{
	struct rng rng;
	struct table t;
	struct lookup *l;
	bool *is_in;
	size_t bytes;

	(void)state;
	rng_seed(&rng, 47);
	do {
		t = table_create(&rng, 2000);
		is_in = xcalloc(t.n, sizeof(*is_in));
		memset(is_in, true, t.n);
		l = t.to - t.from < 10 ? NULL : build(&t, is_in);
		if (!l) {
			table_free(&t);
			free(is_in);
		}
	} while (!l);
	bytes = lookup_bytes(l);
	for (unsigned step = 0; step < 3000; step++) {
		struct lookup_change c[2];
		unsigned k = rng_below(&rng, t.n - 1);
		struct lookup *changed;

		c[0] = (struct lookup_change){ t.rules[k], true };
		c[1] = (struct lookup_change){ t.rules[k], false };
		changed = l->class->update(l, c, 2);
		assert_non_null(changed);
		lookup_destroy(l);
		l = changed;
	}
	assert_in_range(lookup_bytes(l), bytes / 2, bytes * 2);
	lookup_destroy(l);
	table_free(&t);
	free(is_in);
}

/* --- direct --- */

static void numbered_ports_index_an_array(void **state)
{
	struct flow_key mask = { 0 }, keys[BURST] = { 0 };
	struct mask m;
	uint64_t words[300][KEY_WORDS];
	struct lookup_rule rules[300];
	const void *found[BURST];
	struct lookup *l;

	(void)state;
	memset(&mask.reg[6], 0xff, 4);
	mask_init(&m, &mask);
	for (unsigned i = 0; i < 300; i++) {
		struct flow_key key = { 0 };

		store_be32(&key.reg[6], i + 1);
		mask_extract(&m, &key, words[i]);
		rules[i] = (struct lookup_rule){ &m, words[i], words[i], i };
	}
	l = lookup_create(NULL, rules, 300, 1);
	assert_string_equal(lookup_name(l), "direct");
	assert_string_equal(lookup_reason(l), "300 values of 9 bits of reg6");
	assert_int_equal(lookup_max_lines(l), 1);
	for (unsigned i = 0; i < BURST; i++)
		store_be32(&keys[i].reg[6], i * 10);
	store_be32(&keys[5].reg[6], 0x10000001);
	lookup_find(l, keys, UINT32_MAX, found);
	for (unsigned i = 0; i < BURST; i++)
		assert_ptr_equal(found[i],
				 i == 0 || i == 5 || i * 10 > 300 ? NULL : words[i * 10 - 1]);
	lookup_destroy(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_body_equals_linear),
		cmocka_unit_test(versions_equal_linear),
		cmocka_unit_test(memory_comes_back),
		cmocka_unit_test(numbered_ports_index_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
