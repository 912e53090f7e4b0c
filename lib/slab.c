/* Objects of one size (slab.h).  A page is aligned to its size, so an object's page is found by its
 * address; so is the extent of many pages that it is part of, which is what the system is asked for
 * and given back: each giving back interrupts the CPUs on which packets are forwarded.  With the
 * address sanitizer each object is malloc's, so that it sees misuse. */

#include "lib/slab.h"

#include <assert.h>
#include <stdlib.h>
#include "lib/hugemem.h"

#define PAGE_BYTES   65536u
#define EXTENT_PAGES 32u
#define EXTENT_BYTES (PAGE_BYTES * EXTENT_PAGES) /* a huge page: packets read objects at random */
#define HEAD_BYTES   128u
#define SPARE_PAGES  1 /* kept though empty, so that one flow's coming and going costs no page */

struct free_object {
	struct free_object *next;
};

struct page {
	struct list in_slab; /* while it has room */
	struct free_object *free;
	unsigned n_used;
	unsigned n_touched; /* objects that were ever used; those behind are not linked */
};

/* In the head of its first page, behind that page's own. */
struct extent {
	struct list in_extents; /* while it has free pages */
	uint32_t free_pages;	/* bits */
};

struct first_page {
	struct page page;
	struct extent extent;
};

static_assert(sizeof(struct first_page) <= HEAD_BYTES, "the head fits");
static_assert(EXTENT_BYTES == HUGE_BYTES, "an extent is one huge page");

void slab_init(struct slab *s, unsigned size, unsigned alignment)
{
	*s = (struct slab){ .size = (size + alignment - 1) & ~(alignment - 1) };
	s->per_page = (PAGE_BYTES - HEAD_BYTES) / s->size;
	assert(s->per_page);
	list_init(&s->with_room);
}

#ifdef __SANITIZE_ADDRESS__

void slab_fini(struct slab *s)
{
	assert(!s->n_used);
}

void *slab_take(struct slab *s)
{
	s->n_used++;
	return xmalloc_lines(s->size);
}

void slab_free(struct slab *s, void *p)
{
	s->n_used--;
	free(p);
}

#else

/* Empty extents that are kept: each that goes back to the system interrupts the other CPUs, whose
 * address translations have to be flushed. */
#define MAX_EMPTY 16

/* Of all slabs; those with a free page. */
static struct list extents = { &extents, &extents };
static unsigned n_empty;

static struct extent *extent_create(void)
{
	struct first_page *first = huge_map(EXTENT_BYTES);
	struct extent *e = &first->extent;

	e->free_pages = UINT32_MAX;
	list_insert(&extents, &e->in_extents);
	n_empty++;
	return e;
}

static struct page *page_map(void)
{
	struct extent *e = list_is_empty(&extents)
				   ? extent_create()
				   : container_of(extents.next, struct extent, in_extents);
	unsigned i = __builtin_ctz(e->free_pages);

	n_empty -= e->free_pages == UINT32_MAX;
	e->free_pages &= e->free_pages - 1;
	if (!e->free_pages)
		list_remove(&e->in_extents);
	return (struct page *)((char *)container_of(e, struct first_page, extent) + i * PAGE_BYTES);
}

/* P's memory is not zero. */
static void page_unmap(struct page *p)
{
	char *base = (char *)((uintptr_t)p & ~(uintptr_t)(EXTENT_BYTES - 1));
	struct extent *e = &((struct first_page *)base)->extent;

	if (!e->free_pages)
		list_insert(extents.next, &e->in_extents);
	e->free_pages |= 1u << ((char *)p - base) / PAGE_BYTES;
	if (e->free_pages != UINT32_MAX)
		return;
	list_remove(&e->in_extents);
	if (n_empty < MAX_EMPTY) {
		list_insert(&extents, &e->in_extents);
		n_empty++;
		return;
	}
	huge_unmap(base, EXTENT_BYTES);
}

static struct page *page_create(struct slab *s)
{
	struct page *p = page_map();

	p->free = NULL;
	p->n_used = p->n_touched = 0;
	list_insert(&s->with_room, &p->in_slab);
	s->n_pages++;
	return p;
}

static void page_destroy(struct slab *s, struct page *p)
{
	list_remove(&p->in_slab);
	s->n_pages--;
	page_unmap(p);
}

void slab_fini(struct slab *s)
{
	struct page *p, *next;

	assert(!s->n_used);
	LIST_FOREACH_SAFE (p, next, &s->with_room, in_slab)
		page_destroy(s, p);
}

void *slab_take(struct slab *s)
{
	struct page *p = list_is_empty(&s->with_room)
				 ? page_create(s)
				 : container_of(s->with_room.next, struct page, in_slab);
	void *object = p->free;

	if (object)
		p->free = p->free->next;
	else
		object = (char *)p + HEAD_BYTES + (size_t)p->n_touched++ * s->size;
	s->n_used++;
	if (++p->n_used == s->per_page)
		list_remove(&p->in_slab);
	return object;
}

void slab_free(struct slab *s, void *object)
{
	struct page *p = (struct page *)((uintptr_t)object & ~(uintptr_t)(PAGE_BYTES - 1));
	struct free_object *f = object;

	f->next = p->free;
	p->free = f;
	s->n_used--;
	if (p->n_used-- == s->per_page)
		list_insert(s->with_room.next, &p->in_slab);
	else if (!p->n_used && s->n_pages > SPARE_PAGES)
		page_destroy(s, p);
}

#endif

void *slab_alloc(struct slab *s)
{
	return memset(slab_take(s), 0, s->size);
}
