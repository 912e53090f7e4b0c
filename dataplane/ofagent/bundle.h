#ifndef DATAPLANE_OFAGENT_BUNDLE_H
#define DATAPLANE_OFAGENT_BUNDLE_H

/* Bundles of one connection (ONF extension 230, the 1.3 experimenter form of OpenFlow 1.4's section
 * 6.8): messages kept until a commit applies all of them or none. */

#include "lib/buf.h"
#include "lib/list.h"
#include "proto/openflow/msg.h"

#define BUNDLES_MAX	    32			/* a connection */
#define BUNDLES_MAX_BYTES   ((size_t)256 << 20) /* a connection, all together */
#define BUNDLES_TOTAL_BYTES ((size_t)512 << 20) /* all connections */

struct datapath;

struct bundle {
	struct list in_bundles;
	uint32_t id;
	uint16_t flags;
	bool is_closed;
	bool is_spoiled;     /* a message that should be in it was refused */
	struct buf messages; /* whole messages, one behind the other */
};

struct bundles {
	struct list list;
	unsigned n;
	size_t n_bytes;
	size_t *total; /* bytes of all connections' */
};

/* Which message of a bundle failed, lent from it until it is discarded. */
struct bundle_failure {
	struct of_error error;
	uint32_t xid;
	const uint8_t *message;
	size_t size;
};

/* TOTAL is lent, shared by all of a switch. */
void bundles_init(struct bundles *b, size_t *total);
void bundles_fini(struct bundles *b);
struct bundle *bundle_find(struct bundles *b, uint32_t id);
/* NULL when there are too many. */
struct bundle *bundle_open(struct bundles *b, uint32_t id, uint16_t flags);
void bundle_discard(struct bundles *b, struct bundle *bundle);
/* Keep a message that was checked; -1 when there is no room. */
int bundle_add(struct bundles *b, struct bundle *bundle, const uint8_t *message, size_t size);
/* Apply all of it at once.  -1 with FAILURE: nothing was changed. */
int bundle_apply(struct bundle *bundle, struct datapath *dp, struct bundle_failure *failure);

#endif
