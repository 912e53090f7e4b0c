/* Heaps of flows (heap.h). */

#include "dataplane/table/heap.h"

#include <stdlib.h>

static uint32_t *place_of(const struct flow_heap *h, struct flow *f)
{
	return (uint32_t *)((char *)f + h->place_offset);
}

static void put(struct flow_heap *h, uint32_t place, struct heap_item item)
{
	h->items[place - 1] = item;
	*place_of(h, item.flow) = place;
}

static uint32_t sift_up(struct flow_heap *h, uint32_t place)
{
	struct heap_item item = h->items[place - 1];

	for (; place > 1 && h->items[place / 2 - 1].key > item.key; place /= 2)
		put(h, place, h->items[place / 2 - 1]);
	put(h, place, item);
	return place;
}

static void sift_down(struct flow_heap *h, uint32_t place)
{
	struct heap_item item = h->items[place - 1];

	for (uint32_t child; (child = place * 2) <= h->n; place = child) {
		if (child < h->n && h->items[child].key < h->items[child - 1].key)
			child++;
		if (h->items[child - 1].key >= item.key)
			break;
		put(h, place, h->items[child - 1]);
	}
	put(h, place, item);
}

void heap_add(struct flow_heap *h, struct flow *f, uint64_t key)
{
	if (h->n == h->room) {
		h->room = MAX_OF(2 * h->room, 64u);
		h->items = xrealloc(h->items, h->room * sizeof(*h->items));
	}
	h->items[h->n++] = (struct heap_item){ key, f };
	sift_up(h, h->n);
}

void heap_remove(struct flow_heap *h, struct flow *f)
{
	uint32_t place = *place_of(h, f);

	if (!place)
		return;
	*place_of(h, f) = 0;
	if (place == h->n--)
		return;
	put(h, place, h->items[h->n]);
	sift_down(h, sift_up(h, place));
}

void heap_fini(struct flow_heap *h)
{
	free(h->items);
	h->items = NULL;
	h->n = h->room = 0;
}
