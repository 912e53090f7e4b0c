/* Memory of a prefix look-up and its versions (lpm_priv.h).
 *
 * What a version makes and what it replaces is recorded.  A block that version N replaced is that
 * of older versions only, and is free when the last of these has ended.  If the newest ends before
 * older ones, what it made is free, and what it replaced, rules too, is in use again. */

#include "dataplane/lookup/lpm_priv.h"

#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE  ((size_t)2 << 20)
#define FIRST_UNIT 4  /* no block has the number 0 */
#define SLACK	   64 /* bytes behind the last block: finding reads 32 from a slot on */

/* --- the arena --- */

/* Address space; memory comes when it is used. */
static void arena_init(struct lpm_arena *a, size_t bytes)
{
	size_t size = (bytes + SLACK + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	uint8_t *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (p == MAP_FAILED)
		abort();
	before = -(uintptr_t)p & (HUGE_PAGE - 1);
	if (before)
		munmap(p, before);
	munmap(p + before + size, HUGE_PAGE - before);
	a->base = p + before;
	a->mapped_bytes = size;
	if (bytes > 4 * HUGE_PAGE)
		madvise(a->base, size, MADV_HUGEPAGE);
	a->room = MIN_OF((size - SLACK) / LPM_UNIT, LPM_MAX_NUMBER);
	a->n_used = FIRST_UNIT;
}

static void free_block(struct lpm_arena *a, uint32_t block, uint32_t size)
{
	uint32_t *next = (uint32_t *)(a->base + (size_t)block * LPM_UNIT);

	*next = a->free_blocks[size];
	a->free_blocks[size] = block;
	a->n_free += size;
}

static uint32_t take_block(struct lpm_arena *a, uint32_t size)
{
	uint32_t block = a->free_blocks[size];

	if (block) {
		a->free_blocks[size] = *(uint32_t *)(a->base + (size_t)block * LPM_UNIT);
		a->n_free -= size;
		return block;
	}
	if (size > 1 && a->n_used % 2 && a->n_used < a->room)
		free_block(a, a->n_used++, 1);
	if (a->room - a->n_used < size) {
		a->is_full = true;
		return 0;
	}
	block = a->n_used;
	a->n_used += size;
	return block;
}

/* --- records --- */

static void note(struct lpm_lineage *g, struct lpm_record r)
{
	if (g->n_records == g->records_room && g->first_record > g->n_records / 2) {
		g->n_records -= g->first_record;
		memmove(g->records, g->records + g->first_record, g->n_records * sizeof(r));
		g->first_record = 0;
	} else if (g->n_records == g->records_room) {
		g->records_room = MAX_OF(2 * g->records_room, 64u);
		g->records = xrealloc(g->records, g->records_room * sizeof(r));
	}
	g->records[g->n_records++] = r;
}

/* What is of versions before OLDEST only. */
static void free_before(struct lpm_lineage *g, uint64_t oldest)
{
	for (; g->first_record < g->n_records; g->first_record++) {
		const struct lpm_record *r = &g->records[g->first_record];

		if (r->by > oldest)
			break;
		if (r->event == LPM_REPLACED)
			free_block(&g->arena, r->block, r->size);
		else if (r->event == LPM_REMOVED)
			lpm_entry_free(g, r->entry);
	}
	if (g->first_record == g->n_records)
		g->first_record = g->n_records = 0;
}

/* To what the version NEWEST left. */
static void go_back(struct lpm_lineage *g, uint64_t newest)
{
	for (; g->n_records > g->first_record; g->n_records--) {
		const struct lpm_record *r = &g->records[g->n_records - 1];

		if (r->by <= newest)
			break;
		switch (r->event) {
		case LPM_MADE:
			free_block(&g->arena, r->block, r->size);
			break;
		case LPM_REPLACED:
			break;
		case LPM_ADDED:
			lpm_remove_entry(g, r->entry);
			lpm_entry_free(g, r->entry);
			break;
		case LPM_REMOVED:
			lpm_add_entry(g, r->entry);
			break;
		}
	}
}

void lpm_note_rule(struct lpm *l, enum lpm_event event, struct lpm_entry *e)
{
	note(l->lineage, (struct lpm_record){ .by = l->version, .event = event, .entry = e });
}

/* --- blocks --- */

/* The first version's blocks need no record: they end with the lineage. */
static bool is_first(const struct lpm *l)
{
	return l->version == 1;
}

void *lpm_make_block(struct lpm *l, size_t size, uint32_t *block)
{
	struct lpm_arena *a = &l->lineage->arena;
	uint32_t n = size / LPM_UNIT;

	*block = take_block(a, n);
	if (!*block)
		return NULL;
	if (!is_first(l))
		note(l->lineage, (struct lpm_record){ l->version, LPM_MADE, *block, n });
	return a->base + (size_t)*block * LPM_UNIT;
}

static size_t block_size(const struct lpm_arena *a, lpm_slot slot)
{
	const struct lpm_wide *wide;

	switch (lpm_kind_of(slot)) {
	case LPM_SMALL:
		return sizeof(struct lpm_small);
	case LPM_LINE:
		return sizeof(struct lpm_line);
	case LPM_WIDE:
		wide = lpm_block(a, slot);
		return sizeof(*wide) + (wide->last + 1u) * sizeof(wide->lines[0]);
	case LPM_FAN:
		return sizeof(struct lpm_fan);
	case LPM_LEAF:
		break;
	}
	return 0;
}

static void note_replaced(struct lpm *l, uint32_t block, size_t size)
{
	note(l->lineage, (struct lpm_record){ l->version, LPM_REPLACED, block, size / LPM_UNIT });
}

void lpm_replace_block(struct lpm *l, lpm_slot slot)
{
	size_t size = block_size(&l->lineage->arena, slot);

	if (size)
		note_replaced(l, slot >> LPM_KIND_BITS, size);
}

void lpm_replace_unit(struct lpm *l, uint32_t block)
{
	note_replaced(l, block, LPM_UNIT);
}

#define PAGE_BYTES (LPM_PAGE_SLOTS * sizeof(lpm_slot))

lpm_slot *lpm_own_slot(struct lpm *l, uint32_t place)
{
	uint32_t page = place >> LPM_PAGE_SHIFT, block;
	lpm_slot *slots = l->pages[page];

	if (!slots || l->page_versions[page] != l->version) {
		lpm_slot *own = lpm_make_block(l, PAGE_BYTES, &block);

		if (!own)
			return NULL;
		if (slots) {
			memcpy(own, slots, PAGE_BYTES);
			note_replaced(l, ((uint8_t *)slots - l->lineage->arena.base) / LPM_UNIT,
				      PAGE_BYTES);
		}
		l->pages[page] = slots = own;
		l->page_versions[page] = l->version;
	}
	return &slots[place & (LPM_PAGE_SLOTS - 1)];
}

/* --- lineages and versions --- */

struct lpm_lineage *lpm_lineage_create(const struct lpm_place *place, size_t bytes)
{
	struct lpm_lineage *g = xcalloc(1, sizeof(*g));

	arena_init(&g->arena, bytes);
	g->place = *place;
	g->root_bits = MIN_OF(place->n_bits, LPM_ROOT_BITS);
	g->shorts = xcalloc((size_t)2 << g->root_bits, sizeof(g->shorts[0]));
	g->longs = xcalloc((size_t)1 << g->root_bits, sizeof(g->longs[0]));
	slab_init(&g->entries, sizeof(struct lpm_entry), 8);
	return g;
}

static void free_entries(struct lpm_lineage *g)
{
	for (size_t i = 0; i < (size_t)2 << g->root_bits; i++)
		for (struct lpm_entry *e = g->shorts[i], *next; e; e = next) {
			next = e->next;
			lpm_entry_free(g, e);
		}
	for (size_t i = 0; i < (size_t)1 << g->root_bits; i++) {
		for (uint32_t k = 0; k < g->longs[i].n; k++)
			lpm_entry_free(g, g->longs[i].entries[k]);
		free(g->longs[i].entries);
	}
}

void lpm_lineage_destroy(struct lpm_lineage *g)
{
	free_before(g, UINT64_MAX);
	free_entries(g);
	slab_fini(&g->entries);
	munmap(g->arena.base, g->arena.mapped_bytes);
	free(g->shorts);
	free(g->longs);
	free(g->records);
	free(g->versions);
	free(g);
}

static void add_version(struct lpm_lineage *g, uint64_t version)
{
	if (g->n_versions == g->versions_room) {
		g->versions_room = MAX_OF(2 * g->versions_room, 4u);
		g->versions = xrealloc(g->versions, g->versions_room * sizeof(g->versions[0]));
	}
	g->versions[g->n_versions++] = version;
}

static uint64_t newest_of(const struct lpm_lineage *g)
{
	return g->versions[g->n_versions - 1];
}

bool lpm_is_newest(const struct lpm *l)
{
	return l->version == newest_of(l->lineage);
}

struct lpm *lpm_version_create(struct lpm_lineage *g)
{
	struct lpm *l = xcalloc(1, sizeof(*l));

	l->lineage = g;
	l->version = 1;
	l->arena = g->arena.base;
	l->root_bits = g->root_bits;
	l->place = g->place;
	add_version(g, l->version);
	return l;
}

struct lpm *lpm_version_copy(const struct lpm *old)
{
	struct lpm *l = xmemdup(old, sizeof(*old));

	assert(lpm_is_newest(old));
	l->version++;
	add_version(l->lineage, l->version);
	return l;
}

void lpm_version_destroy(struct lpm *l)
{
	struct lpm_lineage *g = l->lineage;
	bool was_newest = lpm_is_newest(l);
	unsigned i = 0;

	while (g->versions[i] != l->version)
		i++;
	memmove(&g->versions[i], &g->versions[i + 1],
		(--g->n_versions - i) * sizeof(g->versions[0]));
	if (!g->n_versions) {
		lpm_lineage_destroy(g);
	} else {
		if (was_newest)
			go_back(g, newest_of(g));
		free_before(g, g->versions[0]);
	}
	free(l);
}
