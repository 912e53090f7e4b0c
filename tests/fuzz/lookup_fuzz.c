/* fuzz: component=dataplane */

/* Any bytes as rules that come and go and keys that are looked up: every class that takes the
 * rules, at every level of the CPU, finds what `linear` finds, built anew and updated.
 *
 *	byte		how many masks there are, 1..16; each is
 *	  byte		  how many words it has, 0..4; each is
 *	    2 bytes	    its place in the key, and its bits (mask_bits())
 *	then steps:
 *	  byte		  what is done: a rule added, removed, or keys looked up
 *	  byte(s)	  mask and rank of the rule, and a byte for each word of its value; or of
 *keys */

#include <stdlib.h>
#include "dataplane/lookup/cpu.h"
#include "dataplane/lookup/lookup_class.h"
#include "dataplane/packet/parse.h"
#include "lib/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_MASKS 16
#define MAX_RULES 200
#define MAX_BURST 8

struct fuzz_rule {
	uint64_t words[4];
	bool is_in;
};

struct fuzz_table {
	struct mask masks[MAX_MASKS];
	unsigned n_masks;
	struct fuzz_rule rules[MAX_RULES]; /* by rank */
	const struct mask *mask_of[MAX_RULES];
	struct lookup_rule now[MAX_RULES];
	unsigned n_now;
	struct lookup_change changes[2 * MAX_RULES]; /* since the look-up was made */
	unsigned n_changes;
	struct lookup *l; /* the chosen class, updated */
};

static uint8_t next(struct cursor *c)
{
	const uint8_t *at = cursor_take(c, 1);

	return at ? *at : 0;
}

/* So many of the first bits of a word in network order, or some in its middle. */
static uint64_t mask_bits(uint8_t b)
{
	if (b < 64)
		return __builtin_bswap64(~0ull << (63 - b));
	if (b < 128)
		return 1ull << (b - 64);
	if (b < 192)
		return __builtin_bswap64(~0u << (b - 128) % 32);
	return ~0ull << (b - 192);
}

/* Values of a byte lie in all bytes of a word, or in one, so that few bytes make many cases. */
static uint64_t value_of(uint8_t b)
{
	return b & 0x80 ? 0x0101010101010101ull * (b & 0x3f)
			: (uint64_t)(b & 7) << (b >> 3 & 15) * 4;
}

static void read_masks(struct fuzz_table *t, struct cursor *c)
{
	t->n_masks = 1 + next(c) % MAX_MASKS;
	for (unsigned i = 0; i < t->n_masks; i++) {
		struct flow_key mask __attribute__((aligned(64))) = { 0 };

		for (unsigned n = next(c) % 5; n > 0; n--) {
			unsigned place = next(c) % KEY_WORDS;

			mask.words[place] = mask_bits(next(c));
		}
		mask_init(&t->masks[i], &mask);
	}
}

static struct lookup_rule rule_of(struct fuzz_table *t, unsigned rank)
{
	return (struct lookup_rule){ .mask = t->mask_of[rank],
				     .words = t->rules[rank].words,
				     .value = &t->rules[rank],
				     .rank = rank };
}

static void note_change(struct fuzz_table *t, unsigned rank, bool is_removal)
{
	if (t->n_changes < ARRAY_LENGTH(t->changes))
		t->changes[t->n_changes++] = (struct lookup_change){ rule_of(t, rank), is_removal };
}

/* Only where there is none of that rank: what older changes name stays as it is. */
static void add_rule(struct fuzz_table *t, struct cursor *c)
{
	const struct mask *m = &t->masks[next(c) % t->n_masks];
	unsigned rank = next(c) % MAX_RULES;
	struct fuzz_rule *r = &t->rules[rank];
	uint64_t words[4] = { 0 };

	for (unsigned i = 0; i < m->n_words; i++)
		words[i] = value_of(next(c)) & m->words[i];
	if (t->mask_of[rank])
		return;
	t->mask_of[rank] = m;
	memcpy(r->words, words, sizeof(words));
	r->is_in = true;
	note_change(t, rank, false);
}

static void toggle_rule(struct fuzz_table *t, struct cursor *c)
{
	unsigned rank = next(c) % MAX_RULES;

	if (!t->mask_of[rank])
		return;
	note_change(t, rank, t->rules[rank].is_in);
	t->rules[rank].is_in = !t->rules[rank].is_in;
}

static void list_rules(struct fuzz_table *t)
{
	t->n_now = 0;
	for (unsigned rank = 0; rank < MAX_RULES; rank++)
		if (t->rules[rank].is_in)
			t->now[t->n_now++] = rule_of(t, rank);
}

/* A key is a rule's, with some words changed. */
static void read_key(struct fuzz_table *t, struct cursor *c, struct flow_key *key)
{
	unsigned rank = next(c) % MAX_RULES;
	const struct mask *m = t->mask_of[rank];

	memset(key, 0, sizeof(*key));
	for (unsigned i = 0; m && i < m->n_words; i++)
		key->words[m->places[i]] = t->rules[rank].words[i];
	for (unsigned n = next(c) % 4; n > 0; n--) {
		unsigned place = next(c) % KEY_WORDS;

		key->words[place] ^= value_of(next(c));
	}
}

static void must_equal(const struct lookup *l, const struct flow_key *keys, uint64_t bitmap,
		       const void *const *want)
{
	const void *got[PACKET_BURST_MAX] = { 0 };

	lookup_find(l, keys, bitmap, got);
	if (memcmp(got, want, sizeof(got)) != 0)
		abort();
}

static void try_classes(struct fuzz_table *t, const struct flow_key *keys, uint64_t bitmap,
			const void *const *want, uint64_t seed)
{
	unsigned n = 0;

	while (n < t->n_now && t->now[n++].mask->n_words)
		;
	REGISTRY_FOREACH (p, lookup_class) {
		struct lookup_shape shape;
		struct lookup *l;
		char reason[96];

		lookup_shape_of(t->now, n, &shape);
		if (!(*p)->cost(&shape, reason, sizeof(reason)))
			continue;
		l = lookup_create(*p, t->now, t->n_now, seed);
		must_equal(l, keys, bitmap, want);
		lookup_destroy(l);
	}
}

/* The chosen one, by update if it can be. */
static void update(struct fuzz_table *t, uint64_t seed)
{
	struct lookup *next_one = NULL, *old = t->l;

	if (old && t->n_changes < ARRAY_LENGTH(t->changes))
		next_one = lookup_update(old, t->changes, t->n_changes);
	t->l = next_one ? next_one : lookup_create(NULL, t->now, t->n_now, seed);
	t->n_changes = 0;
	lookup_destroy(old);
}

static void look(struct fuzz_table *t, struct cursor *c)
{
	static struct flow_key keys[PACKET_BURST_MAX];
	const void *want[PACKET_BURST_MAX] = { 0 };
	unsigned n = 1 + next(c) % MAX_BURST;
	uint64_t bitmap = (1ull << n) - 1, seed = next(c);
	struct lookup *spec;

	for (unsigned i = 0; i < n; i++)
		read_key(t, c, &keys[i]);
	list_rules(t);
	update(t, seed);
	spec = lookup_create(lookup_class_find("linear"), t->now, t->n_now, 0);
	lookup_find(spec, keys, bitmap, want);
	lookup_destroy(spec);
	must_equal(t->l, keys, bitmap, want);
	try_classes(t, keys, bitmap, want, seed);
}

static void run(const uint8_t *data, size_t size)
{
	struct fuzz_table *t = xcalloc(1, sizeof(*t));
	struct cursor c = cursor_of(data, size);
	unsigned n_looks = 0;

	read_masks(t, &c);
	while (cursor_left(&c) && n_looks < 20) {
		switch (next(&c) % 8) {
		case 0:
		case 1:
			toggle_rule(t, &c);
			break;
		case 2:
			look(t, &c);
			n_looks++;
			break;
		default:
			add_rule(t, &c);
			break;
		}
	}
	lookup_destroy(t->l);
	free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static enum cpu_level best;
	static bool is_known;

	if (!is_known)
		best = cpu_level();
	is_known = true;
	if (size > 1024)
		return 0;
	for (unsigned level = CPU_BASE; level <= best; level++) {
		cpu_level_limit(level);
		run(data, size);
	}
	return 0;
}
