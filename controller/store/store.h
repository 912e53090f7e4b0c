#ifndef CONTROLLER_STORE_STORE_H
#define CONTROLLER_STORE_STORE_H

/* The store: keys and values with revisions, durable, in memory for reading.
 *
 * A transaction compares, then writes all of its operations or those of its other branch.  Each
 * that writes gets the next revision; what it wrote is seen by get, list and watch as a whole, when
 * it is durable and not before.  What its callback acknowledged survives the end of the process
 * at any moment.
 *
 * Keys are texts of up to 1 KiB, ordered by bytes.  All calls are on the loop's thread, and
 * callbacks come later, never from within a call.  The history is kept for watches and for lists
 * that continue at one revision, bounded, see store_options. */

#include "lib/loop.h"
#include "lib/status.h"

struct store;

#define STORE_MAX_KEY 1024
#define STORE_MAX_OPS 512	 /* of a branch */
#define STORE_MAX_TXN (4u << 20) /* bytes of keys and values */

struct store_options {
	/* How many revisions of history are kept; 0: 10,000. */
	uint32_t n_history;
};

/* URI "sqlite:PATH", or "mem:" for simulations.  NULL with ST filled: one line with its remedy.
 * OPTIONS may be NULL. */
struct store *store_open(const char *uri, struct loop *loop, const struct store_options *options,
			 struct status *st);
/* Transactions that wait are finished first; their callbacks are called. */
void store_close(struct store *s);

/* Lent until the next return to the loop. */
struct store_kv {
	const char *key;
	const uint8_t *value;
	size_t size;
	int64_t create_revision, mod_revision;
};

/* The newest durable revision; 0: nothing was ever written. */
int64_t store_revision(const struct store *s);
/* The oldest revision that can still be read and watched from. */
int64_t store_oldest(const struct store *s);

/* AT: a revision, or 0 for the newest.  Returns whether there is such a key.  An AT that is
 * compacted answers false. */
bool store_get(struct store *s, const char *key, int64_t at, struct store_kv *kv);

/* Keys that begin with PREFIX and come after AFTER (NULL: all), in order, at revision AT (0: the
 * newest).  EACH returns false to stop.  Returns 0, or -ESTALE if AT is compacted, or -EINVAL if
 * it has not been yet.  EACH may not write to the store. */
typedef bool store_each_fn(void *arg, const struct store_kv *kv);
int store_list(struct store *s, const char *prefix, const char *after, int64_t at,
	       store_each_fn *each, void *arg);

enum store_compare_kind {
	STORE_IS_ABSENT, /* no such key */
	STORE_IS_PRESENT,
	STORE_MOD_REVISION, /* its mod_revision is `revision` */
};

struct store_compare {
	enum store_compare_kind kind;
	const char *key;
	int64_t revision;
};

enum store_op_kind { STORE_PUT, STORE_DELETE };

struct store_op {
	enum store_op_kind kind;
	const char *key;   /* deleting what is not there is no error */
	const void *value; /* STORE_PUT */
	size_t size;
};

/* COMPARES all hold: THEN is done, otherwise ORELSE.  All is lent for the call. */
struct store_txn {
	const struct store_compare *compares;
	size_t n_compares;
	const struct store_op *then;
	size_t n_then;
	const struct store_op *orelse;
	size_t n_orelse;
};

struct store_result {
	struct status status; /* OK: durable */
	bool compared;	      /* whether THEN was done */
	int64_t revision;     /* of this transaction; the store's if it wrote nothing */
};

typedef void store_done_fn(void *arg, const struct store_result *result);

/* DONE is called once, later, in the order of the calls.  Compares see the transactions before this
 * one, also those that are not durable yet.  When one fails because the store cannot write
 * (RESOURCE_EXHAUSTED: no space; UNAVAILABLE), all that were called before its DONE fail
 * alike: nothing is built on what is lost.  Calls from within DONE or later are tried anew.  A
 * transaction too large is INVALID_ARGUMENT, alone. */
void store_txn(struct store *s, const struct store_txn *txn, store_done_fn *done, void *arg);

enum store_event_kind { STORE_EVENT_PUT, STORE_EVENT_DELETE };

struct store_event {
	enum store_event_kind kind;
	int64_t revision;
	struct store_kv kv; /* PUT: the new one; DELETE: the one that was */
	bool is_new;	    /* PUT: there was no such key */
	bool is_last;	    /* of this revision, for this watch */
};

struct store_watch;

struct store_watch_events {
	/* In the order of revisions; those of a revision in one go. */
	void (*event)(void *arg, const struct store_event *event);
	/* What was asked for is compacted: the watch is over.  List and watch anew. */
	void (*compacted)(void *arg);
};

/* Changes after revision FROM of keys that begin with PREFIX.  Events come later and may cancel the
 * watch.  A watch does not keep history from being compacted: one that asks for too old a FROM
 * ends with compacted(). */
struct store_watch *store_watch(struct store *s, const char *prefix, int64_t from,
				const struct store_watch_events *events, void *arg);
void store_watch_cancel(struct store_watch *w); /* NULL is allowed */

/* Forget history up to and including REVISION.  The store does so itself beyond n_history. */
void store_compact(struct store *s, int64_t revision);

#endif
