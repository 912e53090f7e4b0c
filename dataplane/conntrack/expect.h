#ifndef DATAPLANE_CONNTRACK_EXPECT_H
#define DATAPLANE_CONNTRACK_EXPECT_H

/* Connections that are announced within other ones (an FTP data connection, by a line of the
 * control connection), until their first packet comes or they are given up.
 *
 * Any thread may look: it takes no lock, and where nothing is expected it reads one word.  Those
 * that announce and take, rarely, exclude each other by a lock that is held for some hundred
 * cycles and that nobody waits for: they fail with -EBUSY, and the packet is to be sent again. */

#include "dataplane/conntrack/tuple.h"

struct expect_table;

#define EXPECT_DEFAULT_MAX 4096u /* expectations; a zone may have a quarter of them */
#define EXPECT_SECONDS	   300	 /* that an announced connection may take to come */

struct ct_expectation {
	struct ct_tuple original; /* of its first packet as it comes in; src_port 0: any */
	/* Of the packets that answer.  Not the reverse of the original: it is translated, as its
	 * parent is.  dst_port 0: the port that the first packet came from. */
	struct ct_tuple reply;
	struct ct_tuple parent; /* the original tuple of the connection that announced it */
	uint32_t mark;		/* the parent's, network order */
	uint32_t id;		/* of the table: set by expect_add(), for expect_take() */
	uint8_t label[16];	/* the parent's */
};

/* MAX 0: EXPECT_DEFAULT_MAX.  SEED is a secret. */
struct expect_table *expect_table_create(uint64_t seed, uint32_t max);
void expect_table_destroy(struct expect_table *t);

/* Whether a packet of TUPLE, of no connection that is known, is expected; *OUT gets a copy. */
bool expect_find(const struct expect_table *t, const struct ct_tuple *tuple, uint64_t now_ns,
		 struct ct_expectation *out);
/* It has come, and E is gone: no other connection comes by it.  False: somebody else took it, or it
 * was given up, or this is a bad moment; then the connection must not be made as an expected one.
 */
bool expect_take(struct expect_table *t, const struct ct_expectation *e);

/* Expect E until EXPECT_SECONDS from now.  One of the same parent and original tuple is replaced.
 * Sets e->id.  -EEXIST: another parent expects the same; -ENOSPC; -EBUSY. */
int expect_add(struct expect_table *t, struct ct_expectation *e, uint64_t now_ns);
/* It is not expected any more; those that are gone already are left alone. */
void expect_cancel(struct expect_table *t, uint32_t id);

#endif
