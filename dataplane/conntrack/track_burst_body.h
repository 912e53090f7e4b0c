/* The stages of tracking a burst (track_burst.c), for one level of CPU; no guard, it is included
 * for each. */

/* The connection of the first word with the right tag in the home bucket of L. */
static CPU_INLINE CPU_BODY_TARGET struct connection *
CPU_BODY_NAME(find)(const struct entries *e, const struct index_table *table,
		    const struct lookup *l)
{
	const struct bucket *home = home_of(table, l);
	uint32_t found = CPU_BODY_NAME(tagged)(home, l->hash & WORD_TAG) & ALL_WORDS;
	struct connection *c;
	uint64_t word;

	if (!found)
		return NULL;
	word = __atomic_load_n(&home->words[__builtin_ctz(found)], __ATOMIC_ACQUIRE);
	c = entry_at(e, (uint32_t)word);
	__builtin_prefetch(c);
	if (unlikely_(word & WORD_NAT))
		__builtin_prefetch((char *)c + 64);
	if (unlikely_((uint32_t)word >= e->stores[1].base)) /* the addresses of IPv6 */
		__builtin_prefetch((char *)c + sizeof(*c));
	return c;
}

/* The connections of the packets of ASKED, which are asked for.  It calls nothing: what the rest
 * calls is compiled for the baseline, and mixing with that is slow. */
static CPU_BODY_TARGET void CPU_BODY_NAME(find_all)(struct work *w, uint64_t asked)
{
	const struct conntrack_thread *t = w->k.t;

	for (; asked; asked &= asked - 1) {
		struct lookup *l = &w->lookups[__builtin_ctzll(asked)];

		l->c = CPU_BODY_NAME(find)(&t->ct->entries, &t->view->tables[0], l);
		if (unlikely_(t->view->n > 1) && !l->c)
			l->c = CPU_BODY_NAME(find)(&t->ct->entries, &t->view->tables[1], l);
	}
}
