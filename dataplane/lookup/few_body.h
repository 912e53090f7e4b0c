/* Finding among few rules, for one CPU level: lookup_few.c includes it for each. */

static CPU_INLINE CPU_BODY_TARGET void CPU_BODY_NAME(find_n)(const struct lookup *l,
							     const struct flow_key *keys,
							     uint64_t bitmap, const void **out,
							     unsigned n_groups, unsigned n_words)
{
	const struct few *f = container_of(l, struct few, base);
	uint8_t places[PACKET_BURST_MAX];
	unsigned n = bitmap_places(bitmap, places);

	for (unsigned k = 0; k < n; k++) {
		const struct flow_key *key = &keys[places[k]];
		uint64_t bits = CPU_BODY_NAME(match)(f, key, n_groups, n_words);

		out[places[k]] = bits ? f->values[__builtin_ctzll(bits)] : NULL;
	}
}

#define FEW_FIND(NAME, N_GROUPS, N_WORDS)                                                          \
	static CPU_BODY_TARGET void CPU_BODY_NAME(NAME)(const struct lookup *l,                    \
							const struct flow_key *keys,               \
							uint64_t bitmap, const void **out)         \
	{                                                                                          \
		CPU_BODY_NAME(find_n)(l, keys, bitmap, out, N_GROUPS, N_WORDS);                    \
	}
#define FEW_WORDS container_of(l, struct few, base)->n_words
FEW_FIND(find_1, 1, FEW_WORDS)
FEW_FIND(find_2, 2, FEW_WORDS)
FEW_FIND(find_3, 3, FEW_WORDS)
FEW_FIND(find_4, 4, FEW_WORDS)
FEW_FIND(find_5, 5, FEW_WORDS)
FEW_FIND(find_6, 6, FEW_WORDS)
FEW_FIND(find_7, 7, FEW_WORDS)
FEW_FIND(find_8, 8, FEW_WORDS)
FEW_FIND(find_1_1, 1, 1)
FEW_FIND(find_1_2, 1, 2)
FEW_FIND(find_1_3, 1, 3)
FEW_FIND(find_1_4, 1, 4)
#undef FEW_FIND
#undef FEW_WORDS
