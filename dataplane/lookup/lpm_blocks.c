/* Blocks of a prefix look-up, made from its rules (lpm_priv.h). */

#include "dataplane/lookup/lpm_priv.h"

/* What the keys of an interval of N bits find.  With N_DEEP entries in it, which go on behind these
 * bits, BEST is for those that have none of them. */
struct segment {
	uint32_t start;
	const struct lpm_entry *best;
	struct lpm_entry *const *deep;
	unsigned n_deep;
};

struct segments {
	unsigned offset, n_bits;
	unsigned n;
	bool is_overflowed;
	struct segment all[LPM_MAX_SEGMENTS];
};

/* --- intervals --- */

static bool is_same(const struct segment *a, const struct segment *b)
{
	return a->best == b->best && !a->n_deep && !b->n_deep;
}

/* In ascending order; a later one replaces one with its start. */
static void add_segment(struct segments *s, struct segment seg)
{
	if (s->n && s->all[s->n - 1].start == seg.start)
		s->n--;
	if (s->n && is_same(&s->all[s->n - 1], &seg))
		return;
	if (s->n == LPM_MAX_SEGMENTS)
		s->is_overflowed = true;
	else
		s->all[s->n++] = seg;
}

/* The prefixes that enclose the place that is looked at, outermost first. */
struct enclosing {
	unsigned n;
	struct {
		uint32_t end;
		const struct lpm_entry *best;
	} all[18];
};

static void leave_until(struct segments *s, struct enclosing *in, uint32_t x)
{
	while (in->n > 1 && in->all[in->n - 1].end <= x) {
		uint32_t end = in->all[--in->n].end;

		if (end < 1u << s->n_bits)
			add_segment(s, (struct segment){ end, in->all[in->n - 1].best });
	}
}

/* E's prefix ends within the bits. */
static void enter(struct segments *s, struct enclosing *in, const struct lpm_entry *e, uint32_t x)
{
	uint32_t end = x + (1u << (s->offset + s->n_bits - e->n_bits));
	const struct lpm_entry *best = lpm_better(in->all[in->n - 1].best, e);

	if (in->n > 1 && in->all[in->n - 1].end == end)
		in->n--; /* the same prefix, or the last half of the one around */
	in->all[in->n].end = end;
	in->all[in->n++].best = best;
	add_segment(s, (struct segment){ x, best });
}

/* How many entries from I on have X there and go on behind. */
static unsigned count_deep(const struct segments *s, const struct lpm_range *r, unsigned i,
			   uint32_t x)
{
	unsigned n = 1;

	while (i + n < r->n && lpm_chunk(r->entries[i + n]->bits, s->offset, s->n_bits) == x)
		n++;
	return n;
}

/* False if there are too many. */
static bool find_segments(struct segments *s, unsigned offset, unsigned n_bits,
			  const struct lpm_range *r)
{
	struct enclosing in = { .n = 1, .all = { { 1u << n_bits, r->cover } } };

	s->offset = offset;
	s->n_bits = n_bits;
	s->n = 0;
	s->is_overflowed = false;
	add_segment(s, (struct segment){ 0, r->cover });
	for (unsigned i = 0; i < r->n && !s->is_overflowed; i++) {
		const struct lpm_entry *e = r->entries[i];
		uint32_t x = lpm_chunk(e->bits, offset, n_bits);
		const struct lpm_entry *best;
		unsigned n;

		leave_until(s, &in, x);
		if (e->n_bits <= offset + n_bits) {
			enter(s, &in, e, x);
			continue;
		}
		n = count_deep(s, r, i, x);
		best = in.all[in.n - 1].best;
		add_segment(s, (struct segment){ x, best, &r->entries[i], n });
		if (x + 1 < in.all[in.n - 1].end)
			add_segment(s, (struct segment){ x + 1, best });
		i += n - 1;
	}
	leave_until(s, &in, 1u << n_bits);
	return !s->is_overflowed;
}

/* --- blocks --- */

static lpm_slot leaf(const struct lpm *l, const struct lpm_entry *best)
{
	return best ? best->leaf : l->lineage->otherwise;
}

static lpm_slot slot_of(struct lpm *l, const struct segments *s, const struct segment *seg)
{
	if (!seg->n_deep)
		return leaf(l, seg->best);
	return lpm_build(l, s->offset + s->n_bits,
			 (struct lpm_range){ seg->deep, seg->n_deep, seg->best });
}

static void fill(struct lpm *l, const struct segments *s, unsigned from, unsigned n,
		 uint16_t *bounds, lpm_slot *slots, unsigned n_bounds)
{
	for (unsigned i = 0; i <= n_bounds; i++) {
		if (i && i < n)
			bounds[i - 1] = s->all[from + i].start;
		else if (i)
			bounds[i - 1] = UINT16_MAX;
		slots[i] = i < n ? slot_of(l, s, &s->all[from + i]) : slots[n - 1];
	}
}

static lpm_slot make_small(struct lpm *l, const struct segments *s)
{
	uint32_t block;
	struct lpm_small *b = lpm_make_block(l, sizeof(*b), &block);

	if (!b)
		return 0;
	b->unused = 0;
	fill(l, s, 0, s->n, b->bounds, b->slots, LPM_SMALL_BOUNDS);
	return lpm_slot_of(LPM_SMALL, block);
}

static lpm_slot make_line(struct lpm *l, const struct segments *s)
{
	uint32_t block;
	struct lpm_line *b = lpm_make_block(l, sizeof(*b), &block);

	if (!b)
		return 0;
	fill(l, s, 0, s->n, b->bounds, b->slots, LPM_LINE_BOUNDS);
	return lpm_slot_of(LPM_LINE, block);
}

static lpm_slot make_wide(struct lpm *l, const struct segments *s)
{
	unsigned per_line = LPM_LINE_BOUNDS + 1, n_lines = (s->n + per_line - 1) / per_line;
	struct lpm_wide *b;
	uint32_t block;

	b = lpm_make_block(l, sizeof(*b) + n_lines * sizeof(b->lines[0]), &block);
	if (!b)
		return 0;
	b->last = n_lines - 1;
	memset(b->bounds, 0xff, sizeof(b->bounds));
	for (unsigned i = 0; i < n_lines; i++) {
		unsigned from = i * per_line;

		if (i)
			b->bounds[i - 1] = s->all[from].start;
		fill(l, s, from, MIN_OF(s->n - from, per_line), b->lines[i].bounds,
		     b->lines[i].slots, LPM_LINE_BOUNDS);
	}
	return lpm_slot_of(LPM_WIDE, block);
}

static lpm_slot make_fan(struct lpm *l, unsigned offset, const struct lpm_range *r)
{
	struct segments s;
	struct lpm_fan *b;
	uint32_t block;
	unsigned k = 0;

	find_segments(&s, offset, LPM_FAN_BITS, r);
	b = lpm_make_block(l, sizeof(*b), &block);
	if (!b)
		return 0;
	for (unsigned i = 0; i < ARRAY_LENGTH(b->slots); i++) {
		bool is_start = k < s.n && s.all[k].start == i;

		b->slots[i] = is_start ? slot_of(l, &s, &s.all[k]) : b->slots[i - 1];
		k += is_start;
	}
	return lpm_slot_of(LPM_FAN, block);
}

lpm_slot lpm_build(struct lpm *l, unsigned offset, struct lpm_range range)
{
	struct segments s;

	if (!range.n)
		return leaf(l, range.cover);
	if (!find_segments(&s, offset, 16, &range) ||
	    (s.n > LPM_LINE_BOUNDS + 1 && offset + LPM_FAN_BITS >= l->place.n_bits))
		return make_fan(l, offset, &range);
	if (s.n == 1)
		return slot_of(l, &s, &s.all[0]);
	if (s.n <= LPM_SMALL_BOUNDS + 1)
		return make_small(l, &s);
	if (s.n <= LPM_LINE_BOUNDS + 1)
		return make_line(l, &s);
	return make_wide(l, &s);
}

/* --- changes --- */

static void replace_all(struct lpm *l, lpm_slot slot);

/* Slots behind the last repeat it. */
static void replace_slots(struct lpm *l, const lpm_slot *slots, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (i == 0 || slots[i] != slots[i - 1])
			replace_all(l, slots[i]);
}

/* The block and those that it leads to. */
static void replace_all(struct lpm *l, lpm_slot slot)
{
	const void *block = lpm_block(&l->lineage->arena, slot);
	const struct lpm_wide *wide = block;

	switch (lpm_kind_of(slot)) {
	case LPM_LEAF:
		return;
	case LPM_SMALL:
		replace_slots(l, ((const struct lpm_small *)block)->slots, LPM_SMALL_BOUNDS + 1);
		break;
	case LPM_LINE:
		replace_slots(l, ((const struct lpm_line *)block)->slots, LPM_LINE_BOUNDS + 1);
		break;
	case LPM_WIDE:
		for (unsigned i = 0; i <= wide->last; i++)
			replace_slots(l, wide->lines[i].slots, LPM_LINE_BOUNDS + 1);
		break;
	case LPM_FAN:
		replace_slots(l, ((const struct lpm_fan *)block)->slots, 1 << LPM_FAN_BITS);
		break;
	}
	lpm_replace_block(l, slot);
}

#define MIN_FAN 64 /* rules; for fewer, after some were removed, a fan is made anew */

/* Of RANGE at OFFSET those that match some key whose next 8 bits are C: those that go on behind
 * them, and the best of the others. */
static struct lpm_range narrow(const struct lpm_range *r, unsigned offset, uint32_t c)
{
	struct lpm_range out = { .cover = r->cover };

	for (unsigned i = 0; i < r->n; i++) {
		const struct lpm_entry *e = r->entries[i];
		uint32_t x = lpm_chunk(e->bits, offset, LPM_FAN_BITS);

		if (x > c)
			break;
		if (e->n_bits > offset + LPM_FAN_BITS) {
			if (x == c && !out.n++)
				out.entries = &r->entries[i];
		} else if (c - x < 1u << (offset + LPM_FAN_BITS - e->n_bits)) {
			out.cover = lpm_better(out.cover, e);
		}
	}
	return out;
}

static lpm_slot rebuild_fan(struct lpm *l, lpm_slot slot, unsigned offset,
			    const struct lpm_range *range, const struct lpm_entry *e)
{
	const struct lpm_fan *old = lpm_block(&l->lineage->arena, slot);
	uint32_t c = lpm_chunk(e->bits, offset, LPM_FAN_BITS), block;
	struct lpm_fan *b;
	lpm_slot part;

	part = lpm_rebuild(l, old->slots[c], offset + LPM_FAN_BITS, narrow(range, offset, c), e);
	if (part == old->slots[c])
		return slot;
	b = lpm_make_block(l, sizeof(*b), &block);
	if (!b)
		return slot;
	*b = *old;
	b->slots[c] = part;
	lpm_replace_block(l, slot);
	return lpm_slot_of(LPM_FAN, block);
}

lpm_slot lpm_rebuild(struct lpm *l, lpm_slot slot, unsigned offset, struct lpm_range range,
		     const struct lpm_entry *e)
{
	if (lpm_kind_of(slot) == LPM_FAN && range.n >= MIN_FAN && e->n_bits > offset + LPM_FAN_BITS)
		return rebuild_fan(l, slot, offset, &range, e);
	replace_all(l, slot);
	return lpm_build(l, offset, range);
}

/* --- the worst case --- */

unsigned lpm_max_lines(const struct lpm *l)
{
	unsigned n_bits = l->place.n_bits - l->root_bits;

	/* The root, and for 8 bits a fan, or for 16 a wide block of which two lines are read. */
	return 1 + (n_bits + LPM_FAN_BITS - 1) / LPM_FAN_BITS;
}
