#ifndef DATAPLANE_CONNTRACK_INDEX_PRIV_H
#define DATAPLANE_CONNTRACK_INDEX_PRIV_H

/* What index.c and grow.c share. */

#include "dataplane/conntrack/priv.h"

#define MAX_PATH     64 /* buckets that a word may go past: the table is as good as full then */
#define CROWDED_PATH 3	/* rare before the table is to grow */

/* A word that was put in, and the bucket that it should be in. */
struct index_claim {
	const struct index_table *table;
	uint32_t home, at;
	uint64_t *word, value;
};

/* False: no room. */
bool index_claim(const struct index_table *table, uint64_t hash, uint64_t value,
		 struct index_claim *claim);
void index_unpass(const struct index_table *table, uint32_t home, uint32_t at);
bool index_remove_from(const struct index_table *table, uint64_t hash, uint32_t ref, bool is_reply);
uint64_t index_hash_of(const struct index_secrets *s, const struct connection *c, bool is_reply);

#endif
