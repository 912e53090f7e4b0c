#ifndef DATAPLANE_OFAGENT_LISTING_H
#define DATAPLANE_OFAGENT_LISTING_H

/* A multipart reply that is a list of things with numbers: groups, meters, queues, ports.  It is
 * told in parts that fit a message, as a dump (dump.h), so that a long one costs no memory; what
 * comes or goes meanwhile may or may not be in it, everything else is in it once. */

#include "dataplane/ofagent/dump.h"
#include "proto/openflow/msg.h"

struct conn;
struct listing;

struct listing_class {
	enum of_kind kind; /* its reply begins { bool more; unsigned n; ENTRY *entries; } */
	size_t entry_size;
	/* Fill in the entry of the first thing at FROM or behind it, in A; returns its place, or
	 * UINT64_MAX when there is none.  ONLY is listing_start()'s. */
	uint64_t (*fill)(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			 void *entry);
	unsigned per_step; /* entries that are filled in and, if they fit, sent at once; 0: 64 */
};

/* Tell those from place FIRST to LAST, both included; ONLY is for the class to choose by. */
void listing_start(struct conn *c, uint32_t xid, const struct listing_class *class, uint64_t first,
		   uint64_t last, uint32_t only);

#endif
