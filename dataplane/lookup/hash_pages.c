/* Pages of a hash table's buckets and their versions (hash_table_priv.h).
 *
 * A version is made from the newest one by copying its array of pages; a page is copied when the
 * version first changes it.  The lineage notes what was replaced by which version, so that neither
 * making a version nor ending one asks every page: a page that version N replaced is that of older
 * versions only, and is freed when the last of these ends. */

#include "dataplane/lookup/hash_table_priv.h"

#include <stdlib.h>
#include "lib/slab.h"

struct replaced {
	uint64_t by; /* version */
	struct hash_page *page;
};

struct hash_lineage {
	uint64_t *versions; /* that there are, ascending */
	unsigned n, room;
	struct replaced *replaced; /* by `by`, ascending; from `first` on */
	unsigned first, n_replaced, replaced_room;
};

static size_t page_bytes(uint32_t n_buckets)
{
	return sizeof(struct hash_page) + n_buckets * sizeof(struct hash_bucket);
}

/* Whole pages come and go by the thousand. */
static struct slab *page_slab(void)
{
	static struct slab s;

	if (!s.size)
		slab_init(&s, page_bytes(HASH_PAGE_BUCKETS), 64);
	return &s;
}

/* Not filled. */
static struct hash_page *page_alloc(uint32_t n_buckets)
{
	return n_buckets == HASH_PAGE_BUCKETS ? slab_take(page_slab())
					      : xmalloc_lines(page_bytes(n_buckets));
}

void hash_page_destroy(struct hash_page *page)
{
	if (page->n_buckets == HASH_PAGE_BUCKETS)
		slab_free(page_slab(), page);
	else
		free(page);
}

struct hash_page *hash_page_create(const struct hash_table *t, uint32_t n_buckets, uint8_t depth)
{
	struct hash_page *page = page_alloc(n_buckets);

	memset(page, 0, page_bytes(n_buckets));
	page->made_by = t->version;
	page->n_buckets = n_buckets;
	page->depth = depth;
	return page;
}

static uint64_t newest_of(const struct hash_lineage *l)
{
	return l->n ? l->versions[l->n - 1] : 0;
}

static void add_version(struct hash_lineage *l, uint64_t version)
{
	if (l->n == l->room) {
		l->room = MAX_OF(2 * l->room, 4u);
		l->versions = xrealloc(l->versions, l->room * sizeof(*l->versions));
	}
	l->versions[l->n++] = version;
}

static void remove_version(struct hash_lineage *l, uint64_t version)
{
	unsigned i = 0;

	while (l->versions[i] != version)
		i++;
	memmove(&l->versions[i], &l->versions[i + 1], (--l->n - i) * sizeof(*l->versions));
}

/* T's version does without PAGE from now on. */
static void leave(const struct hash_table *t, struct hash_page *page)
{
	struct hash_lineage *l = t->lineage;

	if (page->made_by == t->version) {
		hash_page_destroy(page);
		return;
	}
	if (l->n_replaced == l->replaced_room && l->first > l->n_replaced / 2) {
		l->n_replaced -= l->first;
		memmove(l->replaced, l->replaced + l->first, l->n_replaced * sizeof(*l->replaced));
		l->first = 0;
	} else if (l->n_replaced == l->replaced_room) {
		l->replaced_room = MAX_OF(2 * l->replaced_room, 16u);
		l->replaced = xrealloc(l->replaced, l->replaced_room * sizeof(*l->replaced));
	}
	l->replaced[l->n_replaced++] = (struct replaced){ t->version, page };
}

/* Those that are of versions before OLDEST only. */
static void free_before(struct hash_lineage *l, uint64_t oldest)
{
	for (; l->first < l->n_replaced && l->replaced[l->first].by <= oldest; l->first++)
		hash_page_destroy(l->replaced[l->first].page);
	if (l->first == l->n_replaced)
		l->first = l->n_replaced = 0;
}

/* Those of T's pages that were made after version NEWEST. */
static void free_pages(const struct hash_table *t, uint64_t newest)
{
	/* From the end, as a page's first place, which has its depth's bits only, comes last. */
	for (uint32_t place = t->page_mask;; place--) {
		struct hash_page *page = t->pages[place];
		bool is_first = !(place >> page->depth);

		if (is_first && page->made_by > newest)
			hash_page_destroy(page);
		if (!place)
			return;
	}
}

/* T, the newest version, ends before older ones: what it and others that have ended made after
 * NEWEST is nobody's, what they replaced of it is in use again. */
static void go_back(const struct hash_table *t, uint64_t newest)
{
	struct hash_lineage *l = t->lineage;

	free_pages(t, newest);
	for (; l->n_replaced > l->first && l->replaced[l->n_replaced - 1].by > newest;
	     l->n_replaced--) {
		struct hash_page *page = l->replaced[l->n_replaced - 1].page;

		if (page->made_by > newest)
			hash_page_destroy(page);
	}
}

void hash_pages_create(struct hash_table *t, uint32_t n_rows)
{
	uint32_t n_buckets = 1, bits = 0;

	/* Half full at most, so that overflowing is rare; a page may get 5 rows a bucket. */
	while (n_buckets < HASH_PAGE_BUCKETS && n_buckets * 4 < n_rows)
		n_buckets *= 2;
	while (bits < HASH_MAX_PAGE_BITS && (uint64_t)n_buckets << bits < n_rows / 4)
		bits++;
	t->bucket_mask = n_buckets - 1;
	t->page_mask = (1u << bits) - 1;
	t->n_pages = 1u << bits;
	t->lineage = xcalloc(1, sizeof(*t->lineage));
	t->version = 1;
	add_version(t->lineage, t->version);
	t->pages = xmalloc(((size_t)1 << bits) * sizeof(t->pages[0]));
	for (uint32_t i = 0; i <= t->page_mask; i++)
		t->pages[i] = hash_page_create(t, n_buckets, bits);
}

bool hash_pages_are_newest(const struct hash_table *t)
{
	return t->version == newest_of(t->lineage);
}

void hash_pages_ref(struct hash_table *t)
{
	assert(hash_pages_are_newest(t));
	t->pages = xmemdup(t->pages, ((size_t)t->page_mask + 1) * sizeof(t->pages[0]));
	t->version++;
	add_version(t->lineage, t->version);
}

void hash_pages_unref(struct hash_table *t)
{
	struct hash_lineage *l = t->lineage;
	bool was_newest = hash_pages_are_newest(t);

	remove_version(l, t->version);
	if (!l->n) {
		free_before(l, UINT64_MAX);
		free_pages(t, 0);
		free(l->replaced);
		free(l->versions);
		free(l);
	} else {
		if (was_newest)
			go_back(t, newest_of(l));
		free_before(l, l->versions[0]);
	}
	free(t->pages);
}

/* All places of the page at PLACE. */
static void put(struct hash_table *t, uint32_t place, uint8_t depth, struct hash_page *page)
{
	uint32_t step = 1u << depth;

	for (uint32_t i = place & (step - 1); i <= t->page_mask; i += step)
		t->pages[i] = page;
}

struct hash_page *hash_pages_own(struct hash_table *t, uint32_t place)
{
	struct hash_page *old = t->pages[place], *page;

	if (old->made_by == t->version)
		return old;
	page = memcpy(page_alloc(old->n_buckets), old, page_bytes(old->n_buckets));
	page->made_by = t->version;
	put(t, place, page->depth, page);
	leave(t, old);
	return page;
}

void hash_pages_replace(struct hash_table *t, uint32_t place, struct hash_page *one)
{
	struct hash_page *old = t->pages[place];

	put(t, place, one->depth, one);
	leave(t, old);
}

/* Twice as many places, each page having twice as many. */
static void double_places(struct hash_table *t)
{
	size_t n = (size_t)t->page_mask + 1;

	t->pages = xrealloc(t->pages, 2 * n * sizeof(t->pages[0]));
	memcpy(t->pages + n, t->pages, n * sizeof(t->pages[0]));
	t->page_mask = 2 * n - 1;
}

void hash_pages_split(struct hash_table *t, uint32_t place, struct hash_page *zero,
		      struct hash_page *one)
{
	struct hash_page *old = t->pages[place];
	uint32_t bit = 1u << old->depth;

	if (bit > t->page_mask)
		double_places(t);
	put(t, place & ~bit, zero->depth, zero);
	put(t, place | bit, one->depth, one);
	t->n_pages++;
	leave(t, old);
}
