/* Versions of a hash table's buckets (hash_table_priv.h).
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
	uint32_t place;
	struct hash_bucket *page;
};

struct hash_lineage {
	uint64_t *versions; /* that there are, ascending */
	unsigned n, room;
	struct replaced *replaced; /* by `by`, ascending; from `first` on */
	unsigned first, n_replaced, replaced_room;
};

/* Pages of PAGE_BUCKETS come and go by the thousand. */
static struct slab *page_slab(void)
{
	static struct slab s;

	if (!s.size)
		slab_init(&s, PAGE_BUCKETS * sizeof(struct hash_bucket), 64);
	return &s;
}

/* Not zeroed. */
static struct hash_bucket *page_create(uint32_t n_buckets)
{
	return n_buckets == PAGE_BUCKETS ? slab_take(page_slab())
					 : xmalloc_lines(n_buckets * sizeof(struct hash_bucket));
}

static void page_free(struct hash_bucket *page, uint32_t n_buckets)
{
	if (n_buckets == PAGE_BUCKETS)
		slab_free(page_slab(), page);
	else
		free(page);
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

static void note_replaced(struct hash_lineage *l, struct replaced r)
{
	if (l->n_replaced == l->replaced_room && l->first > l->n_replaced / 2) {
		l->n_replaced -= l->first;
		memmove(l->replaced, l->replaced + l->first, l->n_replaced * sizeof(r));
		l->first = 0;
	} else if (l->n_replaced == l->replaced_room) {
		l->replaced_room = MAX_OF(2 * l->replaced_room, 16u);
		l->replaced = xrealloc(l->replaced, l->replaced_room * sizeof(r));
	}
	l->replaced[l->n_replaced++] = r;
}

/* Those that are of versions before OLDEST only. */
static void free_before(struct hash_table *t, uint64_t oldest)
{
	struct hash_lineage *l = t->lineage;

	for (; l->first < l->n_replaced && l->replaced[l->first].by <= oldest; l->first++)
		page_free(l->replaced[l->first].page, hash_page_buckets(t));
	if (l->first == l->n_replaced)
		l->first = l->n_replaced = 0;
}

/* The newest version ends before older ones: what it and others that have ended made after NEWEST
 * is nobody's, what they replaced of it is in use again. */
static void go_back(struct hash_table *t, uint64_t newest)
{
	struct hash_lineage *l = t->lineage;

	for (; l->n_replaced > l->first && l->replaced[l->n_replaced - 1].by > newest;
	     l->n_replaced--) {
		const struct replaced *r = &l->replaced[l->n_replaced - 1];

		/* The one that replaced it, and for which it stands in from now on. */
		page_free(t->pages[r->place], hash_page_buckets(t));
		t->pages[r->place] = r->page;
	}
}

static uint32_t n_pages(const struct hash_table *t)
{
	return (t->bucket_mask + 1) / hash_page_buckets(t);
}

void hash_pages_create(struct hash_table *t, uint32_t n_buckets)
{
	bool is_paged = n_buckets > MAX_UNPAGED;
	uint32_t n = is_paged ? n_buckets >> PAGE_SHIFT : 1;
	uint32_t page_buckets = is_paged ? PAGE_BUCKETS : n_buckets;

	t->bucket_mask = n_buckets - 1;
	t->lineage = xcalloc(1, sizeof(*t->lineage));
	t->version = 1;
	add_version(t->lineage, t->version);
	t->pages = xmalloc(n * sizeof(t->pages[0]));
	for (uint32_t i = 0; i < n; i++) {
		t->pages[i] = page_create(page_buckets);
		memset(t->pages[i], 0, page_buckets * sizeof(struct hash_bucket));
		t->pages[i]->version = t->version;
	}
	t->buckets = is_paged ? NULL : t->pages[0];
}

bool hash_pages_are_newest(const struct hash_table *t)
{
	return t->version == newest_of(t->lineage);
}

void hash_pages_ref(struct hash_table *t)
{
	assert(hash_pages_are_newest(t));
	t->pages = xmemdup(t->pages, n_pages(t) * sizeof(t->pages[0]));
	t->version++;
	add_version(t->lineage, t->version);
}

void hash_pages_unref(struct hash_table *t)
{
	struct hash_lineage *l = t->lineage;
	bool was_newest = hash_pages_are_newest(t);

	remove_version(l, t->version);
	if (!l->n) {
		free_before(t, UINT64_MAX);
		for (uint32_t i = 0, n = n_pages(t); i < n; i++)
			page_free(t->pages[i], hash_page_buckets(t));
		free(l->replaced);
		free(l->versions);
		free(l);
	} else {
		if (was_newest)
			go_back(t, newest_of(l));
		free_before(t, l->versions[0]);
	}
	free(t->pages);
}

struct hash_bucket *hash_pages_own(struct hash_table *t, uint32_t at)
{
	uint32_t place = at / hash_page_buckets(t);
	struct hash_bucket *page = t->pages[place];
	uint32_t n = hash_page_buckets(t);

	if (page->version != t->version) {
		note_replaced(t->lineage, (struct replaced){ t->version, place, page });
		page = memcpy(page_create(n), page, n * sizeof(*page));
		page->version = t->version;
		t->pages[place] = page;
		if (t->buckets)
			t->buckets = page;
	}
	return page + at % n;
}
