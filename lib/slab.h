#ifndef LIB_SLAB_H
#define LIB_SLAB_H

/* Many objects of one size, as flows and rules are: packed into pages, without what malloc adds to
 * each.  A page that is empty is given back.  All slabs of a process are for one thread. */

#include "lib/list.h"
#include "lib/util.h"

struct slab {
	unsigned size;	       /* of an object, a multiple of the alignment */
	unsigned per_page;     /* objects */
	struct list with_room; /* pages */
	uint64_t n_used;       /* objects, of all pages */
	unsigned n_pages;
};

/* Objects of SIZE bytes, aligned to ALIGNMENT (8, 16 or 64). */
void slab_init(struct slab *s, unsigned size, unsigned alignment);
/* All objects must have been freed. */
void slab_fini(struct slab *s);
void *slab_take(struct slab *s);  /* not zeroed */
void *slab_alloc(struct slab *s); /* zeroed */
void slab_free(struct slab *s, void *p);

#endif
