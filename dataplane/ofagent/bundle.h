#ifndef DATAPLANE_OFAGENT_BUNDLE_H
#define DATAPLANE_OFAGENT_BUNDLE_H

/* Bundles of one connection (OF 1.4.1 section 6.8, OF 1.5.1 section 6.9, and ONF extension 230, the
 * form of 1.3): messages kept until a commit applies all of them or none. */

#include "dataplane/ofagent/datapath.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "proto/openflow/msg.h"

#define BUNDLES_MAX	    32			/* a connection */
#define BUNDLES_MAX_BYTES   ((size_t)256 << 20) /* a connection, all together */
#define BUNDLES_TOTAL_BYTES ((size_t)512 << 20) /* all connections */
#define BUNDLE_IDLE_NS	    (10 * NS_PER_SEC)	/* without a message to it: dropped */
#define BUNDLE_FUTURE_NS    (60 * NS_PER_SEC)	/* a commit may be scheduled so far ahead */
#define BUNDLE_PAST_NS	    (1 * NS_PER_SEC)	/* and so late */
#define BUNDLE_MAX_OUTS	    4096		/* packet-outs in one */

struct conn;

struct bundle {
	struct list in_bundles;
	struct bundles *bundles;
	uint32_t id;
	uint16_t flags;
	bool is_closed;
	bool is_spoiled;   /* a message that should be in it was refused */
	bool is_scheduled; /* its commit has come and its time has not, or the workers are to see it
			    */
	struct buf messages; /* whole messages, one behind the other */
	unsigned n_outs;     /* packet-outs among them */
	struct timer timer;  /* it is idle too long; or the time of its commit has come */
	uint32_t xid;	     /* of the open request, then of a scheduled commit */
	struct datapath_wait wait;
	uint8_t quote[64]; /* the beginning of that request, for an error */
	uint8_t quote_size;
};

struct bundles {
	struct list list;
	struct conn *conn;
	struct loop *loop;
	unsigned n;
	size_t n_bytes;
	size_t *total; /* bytes of all connections' */
	/* TIMER of a bundle; set by the handlers. */
	timer_fn *due;
};

/* Which message of a bundle failed, lent from it until it is discarded. */
struct bundle_failure {
	struct of_error error;
	uint32_t xid;
	const uint8_t *message;
	size_t size;
};

/* TOTAL is lent, shared by all of a switch. */
void bundles_init(struct bundles *b, struct conn *conn, struct loop *loop, size_t *total,
		  timer_fn *due);
void bundles_fini(struct bundles *b);
struct bundle *bundle_find(struct bundles *b, uint32_t id);
/* NULL when there are too many. */
struct bundle *bundle_open(struct bundles *b, uint32_t id, uint16_t flags);
/* It was used: its idle time begins anew. */
void bundle_touch(struct bundle *bundle);
void bundle_discard(struct bundle *bundle);
/* Keep a message that was checked; -1 when there is no room. */
int bundle_add(struct bundle *bundle, const uint8_t *message, size_t size);
/* Apply all of it at once.  -1 with FAILURE: nothing was changed. */
int bundle_apply(struct bundle *bundle, struct bundle_failure *failure);
/* Whether messages of that kind may be in one. */
bool bundle_takes(enum of_kind kind);

/* handle_bundle.c: a bundle has been idle too long, or its time has come. */
void bundle_due(struct timer *t, void *arg);

#endif
