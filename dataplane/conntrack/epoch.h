#ifndef DATAPLANE_CONNTRACK_EPOCH_H
#define DATAPLANE_CONNTRACK_EPOCH_H

/* When nobody holds what was given up any more.  A thread that enters notes the epoch.  What is out
 * of the index is stamped with the epoch, which then goes on by one: who enters afterwards cannot
 * find it, so it is free when all who are inside have noted a later epoch than its stamp.  A thread
 * that is outside holds nothing up. */

#include "dataplane/conntrack/priv.h"

static inline void epoch_enter(struct conntrack_thread *t)
{
	uint64_t now = __atomic_load_n(&t->ct->epoch, __ATOMIC_ACQUIRE);

	/* No later load may come before this store. */
	__atomic_exchange_n(&t->epoch->epoch, now, __ATOMIC_SEQ_CST);
}

static inline void epoch_leave(struct conntrack_thread *t)
{
	__atomic_store_n(&t->epoch->epoch, 0, __ATOMIC_RELEASE);
}

/* What was taken out before this call is free when epoch_oldest() is greater. */
static inline uint64_t epoch_stamp(struct conntrack *ct)
{
	return __atomic_fetch_add(&ct->epoch, 1, __ATOMIC_SEQ_CST);
}

static inline uint64_t epoch_oldest(const struct conntrack *ct)
{
	uint32_t n = __atomic_load_n(&ct->n_slots, __ATOMIC_ACQUIRE);
	uint64_t oldest = UINT64_MAX;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t e = __atomic_load_n(&ct->epochs[i].epoch, __ATOMIC_SEQ_CST);

		if (e && e < oldest)
			oldest = e;
	}
	return oldest;
}

/* --- limbo.c: connections that are given up --- */

void limbo_add(struct conntrack_thread *t, struct connection *c);
/* What is in it can be waited for. */
void limbo_close(struct conntrack_thread *t);
/* Those that nobody holds are T's to use. */
void limbo_reap(struct conntrack_thread *t);
/* A place for a connection; false: there is none. */
bool slot_take(struct conntrack_thread *t, bool is_large, uint32_t *slot);
void slot_give(struct conntrack_thread *t, unsigned store, uint32_t slot);
/* All that T has for itself goes back, what is in limbo to the control thread. */
void limbo_hand_over(struct conntrack_thread *t);

#endif
