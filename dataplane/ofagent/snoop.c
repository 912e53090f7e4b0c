#include "dataplane/ofagent/snoop.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/datapath_priv.h"

struct kept {
	struct list node;
	struct snoop_message m;
	char peer[160];
	uint8_t data[];
};

struct snoop {
	struct list messages; /* the oldest first */
	size_t n_bytes;
	uint64_t last; /* number given */
	uint64_t until_ns;
};

uint64_t snoop_listen(struct datapath *dp)
{
	if (!dp->snoop) {
		dp->snoop = xcalloc(1, sizeof(*dp->snoop));
		list_init(&dp->snoop->messages);
	}
	dp->snoop->until_ns = loop_now_ns(dp->loop) + SNOOP_LISTEN_NS;
	return dp->snoop->last;
}

static void forget_oldest(struct snoop *s)
{
	struct kept *k = container_of(s->messages.next, struct kept, node);

	s->n_bytes -= k->m.size;
	list_remove(&k->node);
	free(k);
}

void snoop_stop(struct datapath *dp)
{
	if (!dp->snoop)
		return;
	while (!list_is_empty(&dp->snoop->messages))
		forget_oldest(dp->snoop);
	free(dp->snoop);
	dp->snoop = NULL;
}

void snoop_note(struct datapath *dp, const char *peer, bool is_sent, const uint8_t *data,
		size_t size)
{
	struct snoop *s = dp->snoop;
	struct kept *k;

	if (!s)
		return;
	if (loop_now_ns(dp->loop) > s->until_ns) {
		snoop_stop(dp);
		return;
	}
	while (s->n_bytes + size > SNOOP_MAX_BYTES && !list_is_empty(&s->messages))
		forget_oldest(s);
	k = xmalloc(sizeof(*k) + size);
	snprintf(k->peer, sizeof(k->peer), "%s", peer);
	memcpy(k->data, data, size);
	k->m = (struct snoop_message){ .number = ++s->last,
				       .time_ns = loop_now_ns(dp->loop),
				       .peer = k->peer,
				       .is_sent = is_sent,
				       .data = k->data,
				       .size = size };
	s->n_bytes += size;
	list_insert(&s->messages, &k->node);
}

bool snoop_next(const struct datapath *dp, uint64_t after, struct snoop_message *out)
{
	struct kept *k;

	if (!dp->snoop || dp->snoop->last <= after)
		return false;
	LIST_FOREACH (k, &dp->snoop->messages, node) {
		if (k->m.number > after) {
			*out = k->m;
			return true;
		}
	}
	return false;
}
