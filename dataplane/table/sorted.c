/* Flows in the order of look-up (sorted.h). */

#include "dataplane/table/sorted.h"

#include <assert.h>
#include <stdlib.h>

void sorted_fini(struct sorted *s)
{
	for (unsigned i = 0; i < s->n; i++)
		free(s->places[i].chunk);
	free(s->places);
	*s = (struct sorted){ 0 };
}

static bool is_place_of(const struct sorted *s, unsigned place, uint64_t rank)
{
	return place < s->n && s->places[place].rank <= rank &&
	       (place + 1 == s->n || rank < s->places[place + 1].rank);
}

/* The chunk in which RANK is or belongs: the last that does not begin behind it.  N > 0. */
static unsigned place_of(const struct sorted *s, uint64_t rank)
{
	unsigned from = 0, to = s->n;

	if (is_place_of(s, s->hint, rank))
		return s->hint;
	while (to - from > 1) {
		unsigned mid = (from + to) / 2;

		if (s->places[mid].rank <= rank)
			from = mid;
		else
			to = mid;
	}
	return from;
}

/* The first of the chunk's items whose rank is not below RANK; its n if there is none. */
static unsigned item_of(const struct sorted_chunk *c, uint64_t rank)
{
	const struct sorted_item *items = c->items + c->first;
	unsigned from = 0, to = c->n;

	if (!c->n || items[c->n - 1].rank < rank)
		return c->n;
	if (items[0].rank >= rank)
		return 0;
	while (from < to) {
		unsigned mid = (from + to) / 2;

		if (items[mid].rank < rank)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct sorted_chunk *insert_chunk(struct sorted *s, unsigned place, uint64_t rank)
{
	struct sorted_chunk *c = xmalloc(sizeof(*c));

	if (s->n == s->room) {
		s->room = MAX_OF(2 * s->room, 4);
		s->places = xrealloc(s->places, s->room * sizeof(*s->places));
	}
	memmove(&s->places[place + 1], &s->places[place], (s->n - place) * sizeof(*s->places));
	s->n++;
	s->places[place] = (struct sorted_place){ rank, c };
	c->first = c->n = 0;
	return c;
}

/* Make room in the full chunk; returns the place in which RANK belongs now.  Flows that are added
 * one behind the other leave full chunks behind them. */
static unsigned split(struct sorted *s, unsigned place, uint64_t rank)
{
	struct sorted_chunk *c = s->places[place].chunk, *new;
	unsigned n = c->items[c->first + c->n - 1].rank < rank ? 0 : c->n / 2;

	new = insert_chunk(s, place + 1, n ? c->items[c->first + c->n - n].rank : rank);
	memcpy(new->items, &c->items[c->first + c->n - n], n * sizeof(c->items[0]));
	new->n = n;
	c->n -= n;
	return rank < s->places[place + 1].rank ? place : place + 1;
}

void sorted_add(struct sorted *s, struct flow *f, uint64_t rank)
{
	unsigned place = 0, at;
	struct sorted_chunk *c;

	if (s->n)
		place = place_of(s, rank);
	else
		insert_chunk(s, 0, rank);
	if (s->places[place].chunk->n == SORTED_CHUNK)
		place = split(s, place, rank);
	c = s->places[place].chunk;
	s->places[place].rank = MIN_OF(s->places[place].rank, rank);
	s->hint = place;
	if (c->first + c->n == SORTED_CHUNK) {
		memmove(c->items, &c->items[c->first], c->n * sizeof(c->items[0]));
		c->first = 0;
	}
	at = c->first + item_of(c, rank);
	memmove(&c->items[at + 1], &c->items[at], (c->first + c->n - at) * sizeof(c->items[0]));
	c->items[at] = (struct sorted_item){ rank, f };
	c->n++;
}

static void remove_chunk(struct sorted *s, unsigned place)
{
	free(s->places[place].chunk);
	s->n--;
	memmove(&s->places[place], &s->places[place + 1], (s->n - place) * sizeof(*s->places));
	if (!s->n)
		sorted_fini(s);
}

/* Chunks that are nearly empty would make a table of few flows large. */
static void join(struct sorted *s, unsigned place)
{
	struct sorted_chunk *c = s->places[place].chunk, *next;

	if (place + 1 >= s->n)
		return;
	next = s->places[place + 1].chunk;
	if (c->n + next->n > SORTED_CHUNK / 2)
		return;
	memmove(c->items, &c->items[c->first], c->n * sizeof(c->items[0]));
	memcpy(&c->items[c->n], &next->items[next->first], next->n * sizeof(c->items[0]));
	c->first = 0;
	c->n += next->n;
	remove_chunk(s, place + 1);
}

void sorted_remove(struct sorted *s, uint64_t rank)
{
	unsigned place = place_of(s, rank), at;
	struct sorted_chunk *c = s->places[place].chunk;

	at = item_of(c, rank);
	assert(at < c->n && c->items[c->first + at].rank == rank);
	s->hint = place;
	c->n--;
	if (at == 0)
		c->first++;
	else
		memmove(&c->items[c->first + at], &c->items[c->first + at + 1],
			(c->n - at) * sizeof(c->items[0]));
	if (!c->n)
		remove_chunk(s, place);
	else if (c->n < SORTED_CHUNK / 8)
		join(s, place);
}

struct sorted_at sorted_from(const struct sorted *s, uint64_t rank)
{
	struct sorted_at at = { .sorted = s };

	if (!s->n)
		return at;
	at.place = place_of(s, rank);
	at.item = item_of(s->places[at.place].chunk, rank);
	return at;
}

struct flow *sorted_next(struct sorted_at *at)
{
	const struct sorted *s = at->sorted;

	while (at->place < s->n) {
		const struct sorted_chunk *c = s->places[at->place].chunk;

		if (at->item < c->n)
			return c->items[c->first + at->item++].flow;
		at->place++;
		at->item = 0;
	}
	return NULL;
}
