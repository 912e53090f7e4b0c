/* Finding in a prefix look-up, for one CPU level: lpm_find.c includes it for each.
 *
 * All packets' slots of the root are fetched, then all their blocks, then these are compared with.
 * Leaf, small and line are one case, without a branch.  Packets at a wide block or a fan are
 * gathered and taken on until they are at one of the three. */

/* Behind how many bounds of its block packet K is. */
static CPU_INLINE CPU_BODY_TARGET unsigned
CPU_BODY_NAME(count_bounds)(const uint8_t *block, uint16_t x, enum lpm_kind kind)
{
	return __builtin_popcount(CPU_BODY_NAME(at_most)(block, x) & bound_bits[kind]);
}

static CPU_INLINE CPU_BODY_TARGET const uint8_t *CPU_BODY_NAME(line_in_wide)(const uint8_t *block,
									     uint16_t x)
{
	const struct lpm_wide *wide = (const struct lpm_wide *)block;
	uint32_t bits = CPU_BODY_NAME(at_most)(block, x) | CPU_BODY_NAME(at_most)(block + 32, x)
								   << 16;

	return (const uint8_t *)&wide->lines[__builtin_popcount(bits & ((1u << wide->last) - 1))];
}

/* The N packets NUMBERS of the burst, which are at wide blocks or fans. */
static CPU_INLINE CPU_BODY_TARGET void CPU_BODY_NAME(take_on)(const struct lpm *l, struct burst *b,
							      uint8_t *numbers, unsigned n,
							      bool is_narrow)
{
	while (n) {
		unsigned n_left = 0;

		for (unsigned i = 0; i < n; i++) {
			unsigned k = numbers[i];

			if (b->kinds[k] == LPM_FAN) {
				b->offsets[k] += LPM_FAN_BITS;
				numbers[n_left] = k;
				n_left += go_to_block(l, b, k, is_narrow);
				continue;
			}
			b->blocks[k] = CPU_BODY_NAME(line_in_wide)(b->blocks[k],
								   chunk_at(b, k, is_narrow));
			b->kinds[k] = LPM_LINE;
			__builtin_prefetch(b->blocks[k]);
		}
		n = n_left;
	}
}

/* The N packets NUMBERS from their slots to those behind the next block; returns how many of them
 * are no leaves, and puts these in front. */
static CPU_INLINE CPU_BODY_TARGET unsigned CPU_BODY_NAME(step)(const struct lpm *l, struct burst *b,
							       uint8_t *numbers, unsigned n,
							       bool is_narrow)
{
	uint8_t taken_on[PACKET_BURST_MAX];
	unsigned n_taken_on = 0, n_left = 0;

	for (unsigned i = 0; i < n; i++) {
		taken_on[n_taken_on] = numbers[i];
		n_taken_on += go_to_block(l, b, numbers[i], is_narrow);
	}
	CPU_BODY_NAME(take_on)(l, b, taken_on, n_taken_on, is_narrow);
	for (unsigned i = 0; i < n; i++) {
		unsigned k = numbers[i];
		enum lpm_kind kind = b->kinds[k];
		unsigned at =
			CPU_BODY_NAME(count_bounds)(b->blocks[k], chunk_at(b, k, is_narrow), kind);

		b->blocks[k] += slots_at[kind] + at * sizeof(lpm_slot);
		if (is_narrow)
			continue;
		b->offsets[k] += 16;
		numbers[n_left] = k;
		n_left += lpm_kind_of(slot_at(b->blocks[k])) != LPM_LEAF;
	}
	return n_left;
}

static CPU_INLINE CPU_BODY_TARGET void
CPU_BODY_NAME(find)(const struct lookup *base, const struct flow_key *keys, uint64_t bitmap,
		    const void **out, unsigned n_common, bool is_root, bool is_narrow)
{
	const struct lpm *l = container_of(base, struct lpm, base);
	uint8_t numbers[PACKET_BURST_MAX];
	struct burst b;

	b.n = bitmap_places(bitmap, b.places);
	start(l, &b, keys, n_common, is_narrow);
	for (unsigned k = 0; k < b.n && !is_root; k++)
		numbers[k] = k;
	for (unsigned n = is_root ? 0 : b.n; n;)
		n = CPU_BODY_NAME(step)(l, &b, numbers, n, is_narrow);
	put(l, &b, out);
}

#define LPM_FIND(NAME, N_COMMON, IS_ROOT, IS_NARROW)                                               \
	static CPU_BODY_TARGET void CPU_BODY_NAME(NAME)(const struct lookup *base,                 \
							const struct flow_key *keys,               \
							uint64_t bitmap, const void **out)         \
	{                                                                                          \
		CPU_BODY_NAME(find)(base, keys, bitmap, out, N_COMMON, IS_ROOT, IS_NARROW);        \
	}
#define LPM_ANY container_of(base, struct lpm, base)->place.n_common
LPM_FIND(find_root_any, LPM_ANY, true, true)
LPM_FIND(find_root_1, 1, true, true)
LPM_FIND(find_root_2, 2, true, true)
LPM_FIND(find_narrow_any, LPM_ANY, false, true)
LPM_FIND(find_narrow_1, 1, false, true)
LPM_FIND(find_narrow_2, 2, false, true)
LPM_FIND(find_wide, LPM_ANY, false, false)
#undef LPM_FIND
#undef LPM_ANY
