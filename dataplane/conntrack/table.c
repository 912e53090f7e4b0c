/* Making connections and giving them up: what the index, the entries, the zones and the bound on
 * all of them have to do with it. */

#include "dataplane/conntrack/epoch.h"

void table_enter(struct conntrack_thread *t)
{
	epoch_enter(t);
	t->view = __atomic_load_n(&t->ct->view, __ATOMIC_ACQUIRE);
}

void table_wake(struct conntrack *ct)
{
	if (!__atomic_load_n(&ct->is_waiting, __ATOMIC_SEQ_CST) ||
	    !__atomic_exchange_n(&ct->is_waiting, false, __ATOMIC_SEQ_CST))
		return;
	if (ct->config.wake)
		ct->config.wake(ct->config.wake_arg);
}

struct connection *connection_find(struct conntrack_thread *t, const struct ct_tuple *tuple,
				   bool *is_reply)
{
	struct connection *c;
	struct probe p;

	probe_init(&t->ct->secrets, tuple, &p);
	c = index_find(t, &p, is_reply);
	if (!c || !connection_is_over(t, c))
		return c;
	connection_give_up(t, c, &t->counts.n_expired);
	return NULL;
}

/* One connection more may be made. */
static bool take_credit(struct conntrack_thread *t)
{
	struct conntrack *ct = t->ct;
	int64_t batch = ct->credit_batch, before, got;

	if (!t->credits) {
		before = __atomic_fetch_sub(&ct->room, batch, __ATOMIC_RELAXED);
		got = before <= 0 ? 0 : MIN_OF(before, batch);
		if (got < batch)
			__atomic_fetch_add(&ct->room, batch - got, __ATOMIC_RELAXED);
		t->credits += (int32_t)got;
	}
	if (!t->credits && !evict_one(t))
		return false;
	t->credits--;
	return true;
}

static void give_credit(struct conntrack_thread *t)
{
	int32_t batch = (int32_t)t->ct->credit_batch;

	if (++t->credits <= batch)
		return;
	t->credits -= batch;
	__atomic_fetch_add(&t->ct->room, batch, __ATOMIC_RELAXED);
}

enum drop_reason connection_take(struct conntrack_thread *t, const struct ct_tuple *original,
				 bool is_large, struct connection **c)
{
	struct entries *e = &t->ct->entries;
	uint32_t slot;

	is_large |= original->family == 6;
	if (!zone_enter(t, original->zone))
		return DROP_CONNECTION_ZONE_LIMIT;
	if (!take_credit(t))
		goto full;
	if (!slot_take(t, is_large, &slot)) {
		give_credit(t);
		goto full;
	}
	*c = entry_of_slot(e, &e->stores[is_large], slot);
	connection_init(*c, original, is_large);
	return DROP_NONE;
full:
	zone_leave(t, original->zone);
	count_add(&t->counts.n_refused_full, 1);
	return DROP_CONNECTION_TABLE_FULL;
}

void connection_untake(struct conntrack_thread *t, struct connection *c)
{
	struct entries *e = &t->ct->entries;
	struct store *s = store_of(e, c);

	give_credit(t);
	zone_leave(t, c->zone);
	if (connection_flags(c) &
	    CONNECTION_GONE) { /* others may have met it while it was tentative */
		limbo_add(t, c);
		return;
	}
	if (connection_flags(c) & CONNECTION_HELPED)
		helpers_detach(t->ct->helpers, c);
	slot_give(t, (unsigned)(s - e->stores), entry_slot(e, s, c));
}

static void count_half_open(struct conntrack_thread *t, int more)
{
	int64_t *n = &t->epoch->n_half_open;

	if (more)
		__atomic_store_n(n, *n + more, __ATOMIC_RELAXED);
}

bool connection_publish(struct conntrack_thread *t, struct connection *c)
{
	struct conntrack *ct = t->ct;
	struct store *s = store_of(&ct->entries, c);

	c->used = c->created = t->now;
	c->class = ENTRY_UNBORN;
	slot_set_add(&s->live, entry_slot(&ct->entries, s, c));
	if (!index_insert(t, c)) {
		__atomic_fetch_or(&c->flags, CONNECTION_GONE, __ATOMIC_RELAXED);
		count_half_open(t, entry_unlist(&ct->entries, c));
		return false;
	}
	count_add(&t->counts.n_created, 1);
	count_half_open(t, entry_list(&ct->entries, c));
	entry_due(&ct->entries, c, t->now + connection_looked_at(&ct->policy, c) + 1);
	if (!(connection_status(c) >> 8 & CONNECTION_SEEN_REPLY))
		zone_note(t, c);
	if (__atomic_load_n(&ct->is_empty, __ATOMIC_SEQ_CST) &&
	    __atomic_exchange_n(&ct->is_empty, false, __ATOMIC_SEQ_CST))
		table_wake(ct);
	return true;
}

bool connection_give_up(struct conntrack_thread *t, struct connection *c, uint64_t *count)
{
	uint8_t was = __atomic_fetch_or(&c->flags, CONNECTION_GONE, __ATOMIC_ACQ_REL);

	if (was & CONNECTION_GONE)
		return false;
	index_remove(t, c);
	count_half_open(t, entry_unlist(&t->ct->entries, c));
	zone_leave(t, c->zone);
	give_credit(t);
	limbo_add(t, c);
	count_add(count, 1);
	return true;
}

void connection_used(struct conntrack_thread *t, struct connection *c, uint32_t was)
{
	struct conntrack *ct = t->ct;
	uint32_t is = connection_status(c);

	if (__atomic_load_n(&c->used, __ATOMIC_RELAXED) != t->now)
		__atomic_store_n(&c->used, t->now, __ATOMIC_RELAXED);
	if (!status_matters(was, is))
		return;
	count_half_open(t, entry_list(&ct->entries, c));
	entry_due(&ct->entries, c, t->now + connection_looked_at(&ct->policy, c) + 1);
}
