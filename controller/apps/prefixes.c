/* A binary tree with one-child chains left out (a Patricia trie), one for each version of IP.  A
 * node that carries nothing itself is a fork. */

#include "controller/apps/prefixes.h"

#include <stdlib.h>

/* How often a node was given a bit. */
struct count {
	uint16_t bit;
	uint32_t n;
};

struct node {
	struct intent_prefix prefix;
	struct node *child[2];
	unsigned n_counts;
	struct count *counts;
	uint32_t all[PREFIXES_WORDS]; /* with the bits of those above */
};

struct prefixes {
	struct node *root[2];
	prefixes_changed_fn *changed;
	void *arg;
	size_t n;
	uint64_t n_told;
};

struct prefixes *prefixes_create(prefixes_changed_fn *changed, void *arg)
{
	struct prefixes *t = xcalloc(1, sizeof(*t));

	t->changed = changed;
	t->arg = arg;
	return t;
}

static void free_node(struct node *node)
{
	if (!node)
		return;
	free_node(node->child[0]);
	free_node(node->child[1]);
	free(node->counts);
	free(node);
}

void prefixes_destroy(struct prefixes *t)
{
	if (!t)
		return;
	free_node(t->root[0]);
	free_node(t->root[1]);
	free(t);
}

static unsigned bit_at(const struct intent_prefix *p, unsigned at)
{
	return p->bytes[at / 8] >> (7 - at % 8) & 1;
}

/* How many leading bits A and B share, LIMIT at most. */
static unsigned shared_length(const struct intent_prefix *a, const struct intent_prefix *b,
			      unsigned limit)
{
	unsigned at = 0;

	while (at + 8 <= limit && a->bytes[at / 8] == b->bytes[at / 8])
		at += 8;
	while (at < limit && bit_at(a, at) == bit_at(b, at))
		at++;
	return at;
}

static bool covers(const struct intent_prefix *a, const struct intent_prefix *b)
{
	return a->length <= b->length && shared_length(a, b, a->length) == a->length;
}

static struct node *create_node(const struct intent_prefix *p, unsigned length)
{
	struct node *node = xcalloc(1, sizeof(*node));

	node->prefix = *p;
	node->prefix.length = length;
	for (unsigned at = length; at < 128; at++)
		node->prefix.bytes[at / 8] &= ~(0x80 >> at % 8);
	return node;
}

static void tell(struct prefixes *t, const struct node *node, bool is_gone)
{
	t->n_told++;
	t->changed(t->arg, &node->prefix, is_gone ? NULL : node->all);
}

/* The bits of those above NODE are ABOVE: bring it and what is below up to date. */
static void settle(struct prefixes *t, struct node *node, const uint32_t above[PREFIXES_WORDS],
		   bool is_new)
{
	uint32_t all[PREFIXES_WORDS];

	memcpy(all, above, sizeof(all));
	for (unsigned i = 0; i < node->n_counts; i++)
		all[node->counts[i].bit / 32] |= 1u << node->counts[i].bit % 32;
	if (!is_new && memcmp(all, node->all, sizeof(all)) == 0)
		return;
	memcpy(node->all, all, sizeof(all));
	if (node->n_counts)
		tell(t, node, false);
	for (unsigned i = 0; i < 2; i++) {
		if (node->child[i])
			settle(t, node->child[i], node->all, false);
	}
}

/* Where the node of P is or would be: *AT is NULL, or P's own node, or one that P's comes above.
 * ABOVE gets the bits of those above it. */
static struct node **descend(struct prefixes *t, const struct intent_prefix *p,
			     uint32_t above[PREFIXES_WORDS])
{
	struct node **at = &t->root[p->is_ipv6];

	memset(above, 0, PREFIXES_WORDS * sizeof(*above));
	while (*at && (*at)->prefix.length < p->length && covers(&(*at)->prefix, p)) {
		memcpy(above, (*at)->all, PREFIXES_WORDS * sizeof(*above));
		at = &(*at)->child[bit_at(p, (*at)->prefix.length)];
	}
	return at;
}

static bool is_at(const struct node *node, const struct intent_prefix *p)
{
	return node && node->prefix.length == p->length && covers(&node->prefix, p);
}

static struct node *insert(struct node **at, const struct intent_prefix *p,
			   const uint32_t above[PREFIXES_WORDS])
{
	struct node *node = create_node(p, p->length), *other = *at, *fork;
	unsigned n_shared;

	memcpy(node->all, above, sizeof(node->all));
	*at = node;
	if (!other)
		return node;
	n_shared = shared_length(p, &other->prefix, MIN_OF(p->length, other->prefix.length));
	if (n_shared == p->length) {
		node->child[bit_at(&other->prefix, n_shared)] = other;
		return node;
	}
	fork = create_node(p, n_shared);
	memcpy(fork->all, above, sizeof(fork->all));
	fork->child[bit_at(p, n_shared)] = node;
	fork->child[bit_at(&other->prefix, n_shared)] = other;
	*at = fork;
	return node;
}

static struct count *find_count(const struct node *node, unsigned bit)
{
	for (unsigned i = 0; i < node->n_counts; i++) {
		if (node->counts[i].bit == bit)
			return &node->counts[i];
	}
	return NULL;
}

void prefixes_add(struct prefixes *t, const struct intent_prefix *p, unsigned bit)
{
	uint32_t above[PREFIXES_WORDS];
	struct node **at = descend(t, p, above);
	struct node *node = is_at(*at, p) ? *at : insert(at, p, above);
	struct count *count = find_count(node, bit);

	if (count) {
		count->n++;
		return;
	}
	node->counts = xrealloc(node->counts, (node->n_counts + 1) * sizeof(*node->counts));
	node->counts[node->n_counts++] = (struct count){ bit, 1 };
	t->n += node->n_counts == 1;
	settle(t, node, above, node->n_counts == 1);
}

/* A node that carries nothing is needed only as a fork of two. */
static void remove_if_idle(struct node **at)
{
	struct node *node = *at;

	if (node->n_counts || (node->child[0] && node->child[1]))
		return;
	*at = node->child[0] ? node->child[0] : node->child[1];
	free(node->counts);
	free(node);
}

/* The fork above a node that went may be idle now. */
static void tidy(struct prefixes *t, const struct intent_prefix *p)
{
	struct node **at = &t->root[p->is_ipv6], **parent = NULL;

	while (*at && (*at)->prefix.length < p->length && covers(&(*at)->prefix, p)) {
		parent = at;
		at = &(*at)->child[bit_at(p, (*at)->prefix.length)];
	}
	if (is_at(*at, p))
		remove_if_idle(at);
	if (parent)
		remove_if_idle(parent);
}

void prefixes_remove(struct prefixes *t, const struct intent_prefix *p, unsigned bit)
{
	uint32_t above[PREFIXES_WORDS];
	struct node **at = descend(t, p, above);
	struct count *count = is_at(*at, p) ? find_count(*at, bit) : NULL;
	struct node *node = *at;

	if (!count || --count->n)
		return;
	*count = node->counts[--node->n_counts];
	if (!node->n_counts) {
		t->n--;
		tell(t, node, true);
	}
	settle(t, node, above, false);
	tidy(t, p);
}

size_t prefixes_n(const struct prefixes *t)
{
	return t->n;
}

uint64_t prefixes_n_told(const struct prefixes *t)
{
	return t->n_told;
}
