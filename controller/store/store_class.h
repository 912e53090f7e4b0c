#ifndef CONTROLLER_STORE_STORE_CLASS_H
#define CONTROLLER_STORE_STORE_CLASS_H

/* What a back-end of the store has to do: make records durable in order, and give them back.
 *
 * store.c evaluates transactions, keeps everything in memory and serves all reads; a back-end
 * appends and tells when.  One file each, `REGISTRY_ADD(store_class, store_x)`. */

#include "controller/store/store.h"
#include "lib/registry.h"

/* One version of one key. */
struct store_record {
	int64_t revision;
	uint32_t seq; /* within the revision, from 0 */
	int64_t create_revision;
	bool is_deleted;
	const char *key;
	const uint8_t *value;
	size_t size;
};

/* All that a transaction writes, or forgets: (revision, seq) of versions nobody can read any more.
 */
struct store_batch {
	int64_t revision;  /* the newest after this */
	int64_t compacted; /* history up to here is gone after this */
	const struct store_record *records;
	size_t n_records;
	const struct store_record *forgotten; /* only revision and seq are set */
	size_t n_forgotten;
};

/* Where a back-end puts what it finds when it is opened. */
struct store_loader {
	void (*record)(void *arg, const struct store_record *r); /* ordered by revision and seq */
	void (*position)(void *arg, int64_t revision, int64_t compacted); /* once, last */
	void *arg;
};

/* Embedded first in each back-end. */
struct store_backend {
	const struct store_class *class;
	/* Set by store.c; the back-end calls them later, on the loop's thread. */
	void (*durable)(void *arg, size_t n); /* the oldest N batches are */
	/* The oldest batch and all appended after it are lost; none is reported again. */
	void (*failed)(void *arg, const struct status *why);
	void *arg;
};

struct store_class {
	const char *scheme; /* "sqlite" */
	struct store_backend *(*open)(const char *path, struct loop *loop,
				      const struct store_loader *loader, struct status *st);
	/* BATCH is lent. */
	void (*append)(struct store_backend *b, const struct store_batch *batch);
	/* Reports what was appended, then frees. */
	void (*close)(struct store_backend *b);
};

REGISTRY_DECLARE(store_class);

#endif
