#include "tests/fakes/dataplane/rule_sets.h"

#include <stdlib.h>

struct family {
	const char *name;
	unsigned n_masks; /* at most */
	unsigned n_values;
	/* The I-th of N masks. */
	void (*mask)(struct rng *rng, unsigned i, struct flow_key *mask);
	/* By how many leading bits the I-th rule's mask says how good it is; 0: at random. */
	bool is_by_length, has_catch_all;
};

/* --- masks --- */

static uint32_t prefix(unsigned bits)
{
	return bits ? __builtin_bswap32(~0u << (32 - bits)) : 0;
}

static void exact_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)rng, (void)i;
	m->eth_type = 0xffff;
	m->ipv4_src = m->ipv4_dst = UINT32_MAX;
	m->tp_dst = 0xffff;
}

static void one_word_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)rng, (void)i;
	m->metadata = UINT64_MAX;
}

static void mac_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)rng, (void)i;
	memset(m->eth_dst, 0xff, 6);
}

static void port_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)rng, (void)i;
	m->in_port = UINT32_MAX;
}

static void prefix_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)rng;
	m->ipv4_dst = prefix(1 + i % 32);
}

static void typed_prefix_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	prefix_mask(rng, 7 + i % 25, m);
	m->eth_type = 0xffff;
}

static void acl_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)i;
	m->ipv4_src = prefix(rng_below(rng, 33));
	m->ipv4_dst = prefix(rng_below(rng, 33));
	store_be16(&m->tp_dst, 0xffffu << rng_below(rng, 17));
	m->ip_proto = rng_below(rng, 2) ? 0xff : 0;
	m->ip_proto |= !m->ipv4_src && !m->ipv4_dst && !m->tp_dst;
}

static void dense_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)rng;
	m->reg[i % 4] = m->reg[(i + 1) % 4] = UINT32_MAX;
}

static void sparse_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	for (unsigned k = 0; k < 4; k++)
		store_be32(&m->reg[rng_below(rng, KEY_N_REGS)], 1u << rng_below(rng, 32));
	m->reg[i % KEY_N_REGS] |= 1;
}

static void v6_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	unsigned bits = rng_below(rng, 129);

	memset(m->ipv6_dst, 0xff, bits / 8);
	if (bits % 8)
		m->ipv6_dst[bits / 8] = 0xff << (8 - bits % 8);
	if (i % 3 == 0)
		memset(m->ipv6_src, 0xff, 16);
	m->eth_type = 0xffff;
}

/* One bit, far from the others'. */
static void bit_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)rng;
	m->words[i % KEY_WORDS] = 1ull << (i * 7 % 64);
}

static void any_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	for (unsigned w = 0; w < KEY_WORDS; w++)
		if (rng_below(rng, 8) == 0)
			m->words[w] = rng_u64(rng) & rng_u64(rng);
	m->words[i % KEY_WORDS] |= 1;
}

static void all_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	(void)rng, (void)i;
	memset(m, 0xff, sizeof(*m));
}

/* A big exact part beside a few wildcards, as learned and configured flows together. */
static void mixed_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	if (i < 12)
		exact_mask(rng, i, m);
	else
		acl_mask(rng, i, m);
}

#define N_OF_ONE_KIND 58 /* of 60 masks */

/* Very many exact ones, and few of one field that come behind. */
static void exact_and_few_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	if (i < N_OF_ONE_KIND)
		exact_mask(rng, i, m);
	else if (i % 2)
		memset(&m->in_port, 0xff, sizeof(m->in_port));
	else
		memset(&m->ip_proto, 0xff, sizeof(m->ip_proto));
}

/* Routes, and few others that come before. */
static void routes_and_few_mask(struct rng *rng, unsigned i, struct flow_key *m)
{
	if (i < N_OF_ONE_KIND) {
		prefix_mask(rng, i % 32, m);
		return;
	}
	memset(&m->metadata, 0xff, sizeof(m->metadata));
	memset(i % 2 ? &m->in_port : &m->ipv4_src, 0xff, sizeof(m->in_port));
}

static const struct family families[] = {
	{ "exact", 1, 4000, exact_mask, false, true },
	{ "one word", 1, 4000, one_word_mask, false, false },
	{ "MACs", 1, 4000, mac_mask, false, true },
	{ "ports", 1, 200, port_mask, false, false },
	{ "few", 3, 4, acl_mask, false, false },
	{ "prefixes by length", 32, 900, prefix_mask, true, false },
	{ "prefixes, any priority", 32, 900, prefix_mask, false, true },
	{ "typed prefixes", 25, 900, typed_prefix_mask, true, true },
	{ "50 masks", 50, 300, acl_mask, false, true },
	{ "400 masks", 400, 300, acl_mask, false, false },
	{ "mixed", 16, 2000, mixed_mask, false, true },
	{ "exact and few others", 60, 2000, exact_and_few_mask, true, true },
	{ "routes and few others", 60, 900, routes_and_few_mask, true, true },
	{ "registers, dense", 4, 500, dense_mask, false, false },
	{ "registers, sparse", 40, 500, sparse_mask, false, true },
	{ "IPv6", 60, 400, v6_mask, false, true },
	{ "single bits", 90, 300, bit_mask, false, false },
	{ "any bits", 30, 300, any_mask, false, true },
	{ "all bits", 1, 300, all_mask, false, true },
};

unsigned rule_set_families(void)
{
	return ARRAY_LENGTH(families);
}

/* --- keys --- */

/* Few distinct parts, so that prefixes nest and masks overlap. */
static void random_value(struct rng *rng, struct flow_key *key)
{
	for (unsigned w = 0; w < KEY_WORDS; w++)
		key->words[w] =
			rng_below(rng, 3) ? rng_u64(rng) & 0x0303030303030303 : rng_u64(rng);
	store_be32(&key->ipv4_src, 0x0a000000 | rng_below(rng, 1 << (1 + rng_below(rng, 24))));
	store_be32(&key->ipv4_dst, 0x0a000000 | rng_below(rng, 1 << (1 + rng_below(rng, 24))));
	store_be16(&key->eth_type, rng_below(rng, 4) ? 0x0800 : 0x86dd);
	store_be32(&key->in_port, rng_below(rng, 300));
	store_be64(&key->metadata, rng_below(rng, 5000));
	store_be16(&key->tp_dst, rng_below(rng, 100));
	key->ip_proto = rng_below(rng, 2) ? 6 : 17;
}

void rule_set_key(const struct rule_set *s, struct rng *rng, struct flow_key *key)
{
	unsigned kind = rng_below(rng, 8), i;
	const struct mask *m;

	random_value(rng, key);
	if (!s->n || kind == 0)
		return;
	i = rng_below(rng, s->n);
	m = &s->masks[s->rules[i].mask];
	if (kind < 3)
		*key = s->values[s->rules[i].value];
	for (unsigned k = 0; k < m->n_words; k++) {
		uint64_t *word = &key->words[m->places[k]];

		*word = (*word & ~m->words[k]) |
			(s->values[s->rules[i].value].words[m->places[k]] & m->words[k]);
	}
	if (kind < 6 || !m->n_words)
		return;
	i = rng_below(rng, m->n_words);
	for (unsigned bit = rng_below(rng, 64);; bit = (bit + 1) % 64) {
		if (!(m->words[i] >> bit & 1))
			continue;
		key->words[m->places[i]] ^= 1ull << bit;
		return;
	}
}

/* --- sets --- */

static unsigned n_bits(const struct mask *m)
{
	unsigned n = 0;

	for (unsigned k = 0; k < m->n_words; k++)
		n += __builtin_popcountll(m->words[k]);
	return n;
}

static void make_masks(struct rng *rng, const struct family *f, struct rule_set *s)
{
	for (unsigned i = 0; i < s->n_masks; i++) {
		struct flow_key mask __attribute__((aligned(64))) = { 0 };

		f->mask(rng, i, &mask);
		mask_init(&s->masks[i], &mask);
	}
}

static bool is_taken(const struct rule_set *s, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (s->rules[k].rank == s->rules[i].rank)
			return true;
	return false;
}

/* A rule's rank is the mask's length or anything, and a number that makes it different. */
static void make_rules(struct rng *rng, const struct family *f, struct rule_set *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		unsigned mask = rng_below(rng, s->n_masks);
		uint64_t length = 512 - n_bits(&s->masks[mask]);

		s->rules[i].mask = mask;
		s->rules[i].value = rng_below(rng, s->n_values);
		do {
			s->rules[i].rank = (f->is_by_length ? length << 32 : 0) |
					   rng_below(rng, f->is_by_length ? 1 << 30 : 1ull << 40);
		} while (is_taken(s, i));
	}
}

/* One that matches everything, not always behind all others. */
static void add_catch_all(struct rng *rng, struct rule_set *s)
{
	struct flow_key none __attribute__((aligned(64))) = { 0 };

	mask_init(&s->masks[s->n_masks], &none);
	s->rules[s->n].mask = s->n_masks++;
	s->rules[s->n].value = 0;
	s->rules[s->n++].rank = rng_below(rng, 4) ? 1ull << 60 : rng_below(rng, 1ull << 41);
}

struct rule_set *rule_set_create(struct rng *rng, unsigned family, unsigned n)
{
	const struct family *f = &families[family];
	struct rule_set *s = xcalloc(1, sizeof(*s));

	s->name = f->name;
	s->n_masks = f->n_masks;
	s->masks = xcalloc(f->n_masks + 1, sizeof(*s->masks));
	s->n_values = f->n_values;
	s->values = xcalloc_lines(f->n_values * sizeof(*s->values));
	s->n = n;
	s->rules = xcalloc(n + 1, sizeof(*s->rules));
	make_masks(rng, f, s);
	for (unsigned i = 0; i < f->n_values; i++)
		random_value(rng, &s->values[i]);
	make_rules(rng, f, s);
	if (f->has_catch_all)
		add_catch_all(rng, s);
	return s;
}

void rule_set_destroy(struct rule_set *s)
{
	free(s->masks);
	free(s->values);
	free(s->rules);
	free(s);
}

struct set_rule *rule_set_make(const struct rule_set *s, unsigned i)
{
	const struct mask *m = &s->masks[s->rules[i].mask];
	struct set_rule *r = xcalloc(1, sizeof(*r) + m->n_words * sizeof(r->words[0]));

	mask_extract(m, &s->values[s->rules[i].value], r->words);
	r->rule = (struct lookup_rule){
		.mask = m, .words = r->words, .value = r, .rank = s->rules[i].rank
	};
	return r;
}
