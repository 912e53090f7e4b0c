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
	struct kept *told;    /* by snoop_next() last: the search goes on there; NULL: none */
	size_t n_bytes;
	uint64_t last; /* number given */
	uint64_t until_ns;
};

static size_t bytes_of(const struct kept *k)
{
	return sizeof(*k) + k->m.size;
}

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

	s->n_bytes -= bytes_of(k);
	if (s->told == k)
		s->told = NULL;
	list_remove(&k->node);
	free(k);
}

static void forget_all(struct snoop *s)
{
	while (!list_is_empty(&s->messages))
		forget_oldest(s);
}

void snoop_stop(struct datapath *dp)
{
	if (!dp->snoop)
		return;
	forget_all(dp->snoop);
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
	/* The numbers go on, so that whoever comes back with an old one is told what is new. */
	if (loop_now_ns(dp->loop) > s->until_ns) {
		forget_all(s);
		return;
	}
	while (s->n_bytes + sizeof(*k) + size > SNOOP_MAX_BYTES && !list_is_empty(&s->messages))
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
	s->n_bytes += bytes_of(k);
	list_insert(&s->messages, &k->node);
}

bool snoop_next(const struct datapath *dp, uint64_t after, struct snoop_message *out)
{
	struct snoop *s = dp->snoop;
	struct list *at;

	if (!s || s->last <= after)
		return false;
	at = s->told && s->told->m.number <= after ? &s->told->node : s->messages.next;
	for (; at != &s->messages; at = at->next) {
		struct kept *k = container_of(at, struct kept, node);

		if (k->m.number > after) {
			s->told = k;
			*out = k->m;
			return true;
		}
	}
	return false;
}
