#ifndef LIB_LIST_H
#define LIB_LIST_H

/* Intrusive doubly linked ring.  A head and a removed node point to themselves. */

#include <sys/queue.h> /* DPDK includes it, and it has another LIST_FOREACH */
#include "lib/util.h"

struct list {
	struct list *prev, *next;
};

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

/* Put NODE before AT: at the tail if AT is the head. */
static inline void list_insert(struct list *at, struct list *node)
{
	node->prev = at->prev;
	node->next = at;
	at->prev->next = node;
	at->prev = node;
}

static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#undef LIST_FOREACH
#define LIST_FOREACH(VAR, HEAD, MEMBER)                                                            \
	for ((VAR) = container_of((HEAD)->next, __typeof__(*(VAR)), MEMBER);                       \
	     &(VAR)->MEMBER != (HEAD);                                                             \
	     (VAR) = container_of((VAR)->MEMBER.next, __typeof__(*(VAR)), MEMBER))

/* VAR may be removed and freed in the body. */
#undef LIST_FOREACH_SAFE
#define LIST_FOREACH_SAFE(VAR, NEXT, HEAD, MEMBER)                                                 \
	for ((VAR) = container_of((HEAD)->next, __typeof__(*(VAR)), MEMBER),                       \
	    (NEXT) = container_of((VAR)->MEMBER.next, __typeof__(*(VAR)), MEMBER);                 \
	     &(VAR)->MEMBER != (HEAD); (VAR) = (NEXT),                                             \
	    (NEXT) = container_of((VAR)->MEMBER.next, __typeof__(*(VAR)), MEMBER))

#endif
