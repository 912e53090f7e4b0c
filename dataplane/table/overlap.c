/* Overlapping flows (OFPFF_CHECK_OVERLAP, OF 1.3.5 section 6.4): those of the same priority that
 * some packet matches as well.
 *
 * Most flows need not be looked at.  Of a class whose mask looks at no more than the new flow's,
 * the only rule that can overlap is the one with the new flow's own words under that mask, and it
 * is looked up.  Only classes that look at something that the new flow does not are gone through.
 */

#include "dataplane/table/tables_priv.h"

static bool is_within(const struct mask *narrow, const struct flow_key *wide)
{
	for (unsigned i = 0; i < narrow->n_words; i++)
		if (narrow->words[i] & ~wide->words[narrow->places[i]])
			return false;
	return true;
}

static bool rule_overlaps(const struct rule *r, const struct key_mask *km)
{
	const struct mask *mask = &r->class->shape->mask;
	uint64_t diff = 0;

	for (unsigned i = 0; i < mask->n_words; i++) {
		unsigned w = mask->places[i];

		diff |= (r->words[i] ^ km->key.words[w]) & mask->words[i] & km->mask.words[w];
	}
	return diff == 0;
}

static uint64_t first_rank(uint16_t priority)
{
	return (uint64_t)(0xffff - priority) << 48;
}

static bool class_overlaps_all(const struct table *table, const struct key_mask *km,
			       uint16_t priority)
{
	struct sorted_at at = sorted_from(&table->sorted, first_rank(priority));
	const struct flow *f;

	while ((f = sorted_next(&at)) && rule_priority(f->rule) == priority)
		if (rule_overlaps(f->rule, km))
			return true;
	return false;
}

bool tables_overlaps(struct tables *t, uint8_t table_id, const struct of_match *match,
		     uint16_t priority)
{
	const struct table *table = &t->tables[table_id];
	uint64_t words[KEY_WORDS];
	struct of_error err;
	struct key_mask km;
	bool is_wider = false;

	if (key_mask_from_match(match, &km, &err) < 0)
		return false; /* it is refused anyway */
	HMAP_FOREACH_HASH (n, &table->by_priority, priority) {
		const struct rule_class *c = container_of(n, struct rule_class, by_priority);

		if (!c->n_linked)
			continue;
		if (!is_within(&c->shape->mask, &km.mask)) {
			is_wider = true;
			continue;
		}
		mask_extract(&c->shape->mask, &km.key, words);
		if (tables_find_words(t, c, words))
			return true;
	}
	return is_wider && class_overlaps_all(table, &km, priority);
}
