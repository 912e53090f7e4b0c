#ifndef CONTROLLER_STORE_MVCC_H
#define CONTROLLER_STORE_MVCC_H

/* Keys in order, each with its versions, and the log of what was written: the store in memory.
 *
 * Versions above `visible` are written but not yet durable: transactions' compares see them,
 * readers do not, and mvcc_rollback() takes them away. */

#include "controller/store/store_class.h"

struct mvcc_key;

struct mvcc_version {
	struct mvcc_version *older;
	struct mvcc_key *key;
	int64_t revision, create_revision;
	uint32_t seq;
	bool is_deleted;
	size_t size;
	uint8_t value[];
};

#define MVCC_MAX_LEVEL 20

struct mvcc_key {
	struct mvcc_version *newest;
	char *text;
	struct mvcc_key *next[]; /* as many as it has levels */
};

struct mvcc {
	struct mvcc_key *first[MVCC_MAX_LEVEL]; /* a skip list */
	uint64_t random;
	/* Versions in the order they were written, from the oldest revision that is kept. */
	struct mvcc_version **log;
	size_t log_start, log_end, log_capacity;
	int64_t head, visible, compacted;
	size_t n_keys, n_versions;
	size_t log_bytes; /* of the values in the log */
};

void mvcc_init(struct mvcc *m);
void mvcc_fini(struct mvcc *m);

/* R's revision is head or head + 1; create_revision and seq as given. */
void mvcc_append(struct mvcc *m, const struct store_record *r);
/* After loading: no history before COMPACTED is promised. */
void mvcc_position(struct mvcc *m, int64_t revision, int64_t compacted);
void mvcc_show(struct mvcc *m, int64_t revision);
void mvcc_rollback(struct mvcc *m);

/* The version of KEY at revision AT, or NULL if there is none or it is deleted. */
const struct mvcc_version *mvcc_get(const struct mvcc *m, const char *key, int64_t at);
/* The first key that begins with PREFIX and comes after AFTER (NULL: any), or NULL. */
const struct mvcc_key *mvcc_first(const struct mvcc *m, const char *prefix, const char *after);
const struct mvcc_key *mvcc_next(const struct mvcc_key *k, const char *prefix);
const struct mvcc_version *mvcc_at(const struct mvcc_key *k, int64_t at);

/* Index in the log of the first version after REVISION. */
size_t mvcc_log_after(const struct mvcc *m, int64_t revision);
static inline size_t mvcc_log_length(const struct mvcc *m)
{
	return m->log_end - m->log_start;
}
static inline const struct mvcc_version *mvcc_log_at(const struct mvcc *m, size_t i)
{
	return m->log[m->log_start + i];
}

/* Forget what only readers before REVISION could see; FORGOTTEN(ARG, v) for each version before
 * it is freed. */
void mvcc_compact(struct mvcc *m, int64_t revision,
		  void (*forgotten)(void *arg, const struct mvcc_version *v), void *arg);

#endif
