/* The body of merged_find.c, compiled for each CPU_BODY; see cpu.h. */

/* Keys of CHUNK, a bit each, that have what is fixed in P; their hashes. */
static CPU_INLINE CPU_BODY_TARGET uint32_t CPU_BODY_NAME(hash_chunk)(const struct merged_part *p,
								     const struct chunk *c,
								     uint32_t *hashes)
{
	uint32_t bits = 0;

	for (unsigned at = 0; at < MERGED_CHUNK; at += 16) {
		v16 diff = { 0 }, hash = { 0 };

		for (unsigned i = 0; i < p->n_fixed; i++) {
			const struct merged_lane *l = &p->fixed[i];

			diff |= (*(const v16 *)&c->lanes[l->lane][at] & l->mask) ^ l->value;
		}
		for (unsigned i = 0; i < p->n_hashed; i++) {
			const struct merged_lane *l = &p->hashed[i];

			hash += (*(const v16 *)&c->lanes[l->lane][at] & l->mask) * l->value;
		}
		*(v16 *)&hashes[at] = hash;
		bits |= CPU_BODY_NAME(zeros16)(&diff) << at;
	}
	return bits;
}

/* What part P may have for the keys of the chunk: a bit for each key whose bucket says that a rule
 * has its hash; their leaves, which come to the cache. */
static CPU_INLINE CPU_BODY_TARGET uint32_t CPU_BODY_NAME(select)(const struct merged *m,
								 const struct merged_part *p,
								 const struct chunk *c,
								 uint32_t *leaves)
{
	uint32_t hashes[MERGED_CHUNK] __attribute__((aligned(64)));
	uint32_t bits, selected;

	bits = CPU_BODY_NAME(hash_chunk)(p, c, hashes) & c->all;
	if (!bits)
		return 0;
	selected = CPU_BODY_NAME(look_in_buckets)(p, hashes, bits, leaves);
	for (bits = selected; bits; bits &= bits - 1) {
		const uint8_t *block = m->data + (size_t)(leaves[__builtin_ctz(bits)] >> 8) * 64;

		__builtin_prefetch(block);
		for (unsigned i = 0; i < p->n_compared; i++)
			__builtin_prefetch(block + sizeof(struct merged_block) + i * 64);
	}
	return selected;
}

static CPU_INLINE CPU_BODY_TARGET uint32_t CPU_BODY_NAME(compare)(const struct merged_part *p,
								  const struct merged_block *b,
								  const struct chunk *c, unsigned k,
								  unsigned n)
{
	v8 diff = { 0 };

	for (unsigned i = 0; i < n; i++)
		diff |= (*(const v8 *)b->lanes[i].values ^ c->lanes[p->compared[i]][k]) &
			*(const v8 *)b->lanes[i].masks;
	return CPU_BODY_NAME(zeros8)(&diff);
}

/* The leaves of the keys SELECTED, N lanes to be compared. */
static CPU_INLINE CPU_BODY_TARGET void CPU_BODY_NAME(find_in)(const struct merged *m,
							      const struct merged_part *p,
							      struct chunk *c, uint32_t selected,
							      const uint32_t *leaves, unsigned n)
{
	unsigned step = block_lines(p) * 64;

	for (; selected; selected &= selected - 1) {
		unsigned k = __builtin_ctz(selected);
		const uint8_t *at = m->data + (size_t)(leaves[k] >> 8) * 64;
		uint64_t best = c->ranks[k];

		for (unsigned left = leaves[k] & 0xff;; at += step) {
			const struct merged_block *b = (const struct merged_block *)at;
			uint32_t equal = CPU_BODY_NAME(compare)(p, b, c, k, n);

			if (equal) {
				take_better(c, k, b, __builtin_ctz(equal));
				break;
			}
			if (!--left || b->ranks[BLOCK_RULES - 1] >= best)
				break;
		}
	}
}

static CPU_INLINE CPU_BODY_TARGET void
CPU_BODY_NAME(find_selected)(const struct merged *m, const struct merged_part *p, struct chunk *c,
			     uint32_t selected, const uint32_t *leaves)
{
	switch (p->n_compared) {
	case 2:
		CPU_BODY_NAME(find_in)(m, p, c, selected, leaves, 2);
		break;
	case 3:
		CPU_BODY_NAME(find_in)(m, p, c, selected, leaves, 3);
		break;
	case 4:
		CPU_BODY_NAME(find_in)(m, p, c, selected, leaves, 4);
		break;
	default:
		CPU_BODY_NAME(find_in)(m, p, c, selected, leaves, p->n_compared);
	}
}

/* While the leaves of one part come, the next part's buckets are looked at. */
static CPU_INLINE CPU_BODY_TARGET void CPU_BODY_NAME(find_chunk)(const struct merged *m,
								 struct chunk *c)
{
	uint32_t leaves[2][MERGED_CHUNK] __attribute__((aligned(64)));
	uint32_t next = 0;

	if (m->n_parts)
		next = CPU_BODY_NAME(select)(m, &m->parts[0], c, leaves[0]);
	for (unsigned i = 0; i < m->n_parts; i++) {
		const struct merged_part *p = &m->parts[i];
		uint32_t selected = next, looking;

		looking = CPU_BODY_NAME(worse)(c->ranks, p->min_rank);
		if (!(looking & c->all))
			return;
		if (i + 1 < m->n_parts)
			next = CPU_BODY_NAME(select)(m, p + 1, c, leaves[(i + 1) & 1]);
		CPU_BODY_NAME(find_selected)(m, p, c, selected & looking, leaves[i & 1]);
	}
}

static CPU_BODY_TARGET void CPU_BODY_NAME(merged_find)(const struct lookup *l,
						       const struct flow_key *keys, uint64_t bitmap,
						       const void **out)
{
	const struct merged *m = container_of(l, struct merged, base);
	uint8_t places[PACKET_BURST_MAX];
	unsigned n = bitmap_places(bitmap, places);
	struct chunk c;

	for (unsigned at = 0; at < n; at += MERGED_CHUNK) {
		unsigned n_keys = MIN_OF(n - at, (unsigned)MERGED_CHUNK);

		start_chunk(m, n_keys, &c);
		CPU_BODY_NAME(load_lanes)(m, keys, places + at, n_keys, &c);
		CPU_BODY_NAME(find_chunk)(m, &c);
		for (unsigned k = 0; k < n_keys; k++)
			out[places[at + k]] = *c.found[k];
	}
}
