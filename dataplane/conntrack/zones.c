/* Zones: how many connections each has, and how many it may have. */

#include "dataplane/conntrack/priv.h"

static uint32_t limit_of(const struct conntrack *ct, const struct zone *z)
{
	if (__atomic_load_n(&z->has_limit, __ATOMIC_RELAXED))
		return __atomic_load_n(&z->limit, __ATOMIC_RELAXED);
	return __atomic_load_n(&ct->default_limit, __ATOMIC_RELAXED);
}

static bool is_half_open(const struct conntrack *ct, uint32_t ref, uint16_t zone)
{
	const struct connection *c = entry_at(&ct->entries, ref);
	const struct store *s = store_of_ref(&ct->entries, ref);

	return slot_set_has(&s->live, (ref - s->base) >> s->ref_shift) && c->zone == zone &&
	       __atomic_load_n(&c->class, __ATOMIC_RELAXED) == ENTRY_HALF_OPEN;
}

/* One of the zone's own half-open connections goes, the oldest first of those that are noted.  Each
 * note is looked at once. */
static bool displace(struct conntrack_thread *t, struct zone *z, uint16_t zone)
{
	for (unsigned i = 0; i < ZONE_N_HALF_OPEN; i++) {
		uint32_t at = __atomic_fetch_add(&z->n_tried, 1, __ATOMIC_RELAXED);
		uint32_t *place = &z->half_open[at % ZONE_N_HALF_OPEN];
		uint32_t ref = __atomic_load_n(place, __ATOMIC_RELAXED);

		if (ref)
			ref = __atomic_exchange_n(place, 0, __ATOMIC_ACQUIRE);
		if (ref && is_half_open(t->ct, ref, zone) &&
		    connection_give_up(t, entry_at(&t->ct->entries, ref), &t->counts.n_evicted))
			return true;
	}
	return false;
}

void zone_settle(struct conntrack_thread *t)
{
	if (t->zone_delta)
		__atomic_fetch_add(&t->ct->zones[t->zone].n, (uint32_t)t->zone_delta,
				   __ATOMIC_RELAXED);
	t->zone_delta = 0;
}

/* DELTA connections more in ZONE.  One without a limit hears of it when the burst is over. */
static void count(struct conntrack_thread *t, uint16_t zone, int32_t delta)
{
	if (t->zone != zone)
		zone_settle(t);
	t->zone = zone;
	t->zone_delta += delta;
}

/* Who gave up connections may have told it before who made them. */
static uint32_t n_of(const struct zone *z)
{
	uint32_t n = __atomic_load_n(&z->n, __ATOMIC_RELAXED);

	return (int32_t)n < 0 ? 0 : n;
}

bool zone_enter(struct conntrack_thread *t, uint16_t zone)
{
	struct zone *z = &t->ct->zones[zone];
	uint32_t limit = limit_of(t->ct, z);
	uint32_t n;

	if (!limit) {
		count(t, zone, 1);
		return true;
	}
	zone_settle(t);
	n = __atomic_add_fetch(&z->n, 1, __ATOMIC_RELAXED);
	if ((int32_t)n < 0 || n <= limit || displace(t, z, zone))
		return true;
	__atomic_fetch_sub(&z->n, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&z->n_refused, 1, __ATOMIC_RELAXED);
	count_add(&t->counts.n_refused_zone, 1);
	return false;
}

void zone_leave(struct conntrack_thread *t, uint16_t zone)
{
	count(t, zone, -1);
	if (limit_of(t->ct, &t->ct->zones[zone]))
		zone_settle(t);
}

void zone_note(struct conntrack_thread *t, const struct connection *c)
{
	struct zone *z = &t->ct->zones[c->zone];
	uint32_t at;

	if (!limit_of(t->ct, z))
		return;
	at = __atomic_fetch_add(&z->n_pushed, 1, __ATOMIC_RELAXED) % ZONE_N_HALF_OPEN;
	__atomic_store_n(&z->half_open[at], entry_ref(&t->ct->entries, c), __ATOMIC_RELEASE);
}

void conntrack_set_zone_limit(struct conntrack *ct, uint16_t zone, uint32_t limit)
{
	struct zone *z = &ct->zones[zone];

	__atomic_store_n(&z->limit, limit, __ATOMIC_RELAXED);
	__atomic_store_n(&z->has_limit, true, __ATOMIC_RELEASE);
}

void conntrack_delete_zone_limit(struct conntrack *ct, uint16_t zone)
{
	__atomic_store_n(&ct->zones[zone].has_limit, false, __ATOMIC_RELAXED);
}

void conntrack_set_default_limit(struct conntrack *ct, uint32_t limit)
{
	__atomic_store_n(&ct->default_limit, limit, __ATOMIC_RELAXED);
}

uint32_t conntrack_default_limit(const struct conntrack *ct)
{
	return __atomic_load_n(&ct->default_limit, __ATOMIC_RELAXED);
}

void conntrack_each_zone(struct conntrack *ct,
			 void (*cb)(void *ctx, const struct conntrack_zone *z), void *ctx)
{
	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		struct zone *z = &ct->zones[i];
		struct conntrack_zone told = {
			.zone = (uint16_t)i,
			.has_limit = z->has_limit,
			.limit = limit_of(ct, z),
			.n_connections = n_of(z),
			.n_refused = __atomic_load_n(&z->n_refused, __ATOMIC_RELAXED),
		};

		if (told.n_connections || told.has_limit)
			cb(ctx, &told);
	}
}
