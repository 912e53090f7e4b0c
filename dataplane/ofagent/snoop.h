#ifndef DATAPLANE_OFAGENT_SNOOP_H
#define DATAPLANE_OFAGENT_SNOOP_H

/* A look over the shoulder of every OpenFlow connection: the last messages that went by, kept only
 * while somebody asks for them.  Bounded; the connections are never slowed. */

#include "dataplane/ofagent/datapath.h"

#define SNOOP_MAX_BYTES ((size_t)4 << 20) /* of memory for messages; the oldest give way */
#define SNOOP_LISTEN_NS (10 * NS_PER_SEC) /* not asked for so long: nothing is kept any more */

struct snoop_message {
	uint64_t number;  /* ascending by one, from 1 on */
	uint64_t time_ns; /* the loop's clock */
	const char *peer;
	bool is_sent; /* by the switch */
	const uint8_t *data;
	size_t size;
};

/* Keep from now on; to be called again before SNOOP_LISTEN_NS have passed, or what was kept is
 * forgotten.  Returns the number of the latest message. */
uint64_t snoop_listen(struct datapath *dp);
/* The first message kept that comes after number AFTER, lent until the loop's next turn; false:
 * none yet. */
bool snoop_next(const struct datapath *dp, uint64_t after, struct snoop_message *out);

/* For connections: a message went by.  All is lent. */
void snoop_note(struct datapath *dp, const char *peer, bool is_sent, const uint8_t *data,
		size_t size);
/* For datapath_destroy(). */
void snoop_stop(struct datapath *dp);

#endif
