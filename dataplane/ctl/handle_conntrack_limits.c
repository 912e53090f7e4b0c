#include "dataplane/ctl/conntrack_policy.h"
#include "dataplane/ctl/handler.h"

/* How many connections are tracked, and how many may be. */

static void handle_stats(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__ConntrackStatsReply out = WEFT__SWITCH__V1__CONNTRACK_STATS_REPLY__INIT;
	struct conntrack_stats s = conntrack_stats(datapath_conntrack(call->ctl->config.datapath));

	(void)req;
	out.n_connections = s.n_connections;
	out.max_connections = s.max_connections;
	out.n_created = s.n_created;
	out.n_expired = s.n_expired;
	out.n_flushed = s.n_flushed;
	out.n_evicted = s.n_evicted;
	out.n_refused_full = s.n_refused_full;
	out.n_refused_zone = s.n_refused_zone;
	out.n_invalid = s.n_invalid;
	out.n_nat_exhausted = s.n_nat_exhausted;
	out.memory_bytes = s.bytes;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_CONNTRACK_STATS, &out);
}

static const struct ctl_handler stats = { WEFT__SWITCH__V1__REQUEST__REQUEST_CONNTRACK_STATS,
					  handle_stats };
REGISTRY_ADD(ctl_handler, stats);

struct listing {
	struct arena *arena;
	struct ctl_page page;
	uint64_t after; /* one more than the last zone told, as 0 is a zone too */
	bool is_full;
};

static void add_zone(void *ctx, const struct conntrack_zone *z)
{
	struct listing *l = ctx;
	Weft__Switch__V1__ZoneLimit *m;

	if (l->is_full || z->zone < l->after)
		return;
	m = arena_alloc(l->arena, sizeof(*m));
	weft__switch__v1__zone_limit__init(m);
	m->zone = z->zone;
	m->has_limit = z->has_limit;
	m->limit = z->limit;
	m->n_connections = z->n_connections;
	m->n_refused = z->n_refused;
	l->is_full = !ctl_page_add(&l->page, &m->base);
	if (!l->is_full)
		l->after = z->zone + 1u;
}

static void handle_limits(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__ConntrackLimitsReply out = WEFT__SWITCH__V1__CONNTRACK_LIMITS_REPLY__INIT;
	struct conntrack *ct = datapath_conntrack(call->ctl->config.datapath);
	struct listing l = {
		.arena = &call->arena,
		.page = { .arena = &call->arena },
		.after = req->conntrack_limits->after,
	};

	conntrack_each_zone(ct, add_zone, &l);
	out.default_limit = conntrack_default_limit(ct);
	out.next = l.is_full ? l.after : 0;
	out.n_zones = l.page.n;
	out.zones = (Weft__Switch__V1__ZoneLimit **)l.page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_CONNTRACK_LIMITS, &out);
}

static const struct ctl_handler limits = { WEFT__SWITCH__V1__REQUEST__REQUEST_CONNTRACK_LIMITS,
					   handle_limits };
REGISTRY_ADD(ctl_handler, limits);

static int set_limit(struct conntrack *ct, const Weft__Switch__V1__ConntrackSetLimitRequest *in,
		     struct status *st)
{
	if (in->zone > UINT16_MAX)
		return status_set(st, STATUS_INVALID_ARGUMENT, "zone",
				  "zones are 0 to 65535, not %u", in->zone);
	if (in->limit > CONNTRACK_MAX_CONNECTIONS)
		return status_set(st, STATUS_INVALID_ARGUMENT, "limit",
				  "limits are 0 (none) to %u connections, not %u",
				  CONNTRACK_MAX_CONNECTIONS, in->limit);
	if (in->is_deleted && !in->has_zone)
		return status_set(st, STATUS_INVALID_ARGUMENT, "zone",
				  "name the zone whose limit is to be deleted, or set the default "
				  "limit to 0");
	if (in->is_deleted)
		conntrack_delete_zone_limit(ct, in->zone);
	else if (in->has_zone)
		conntrack_set_zone_limit(ct, in->zone, in->limit);
	else
		conntrack_set_default_limit(ct, in->limit);
	return 0;
}

static void handle_set_limit(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__ConntrackSetLimitReply out =
		WEFT__SWITCH__V1__CONNTRACK_SET_LIMIT_REPLY__INIT;
	struct conntrack *ct = datapath_conntrack(call->ctl->config.datapath);
	struct status st = STATUS_INIT;

	if (set_limit(ct, req->conntrack_set_limit, &st) < 0)
		ctl_fail(call, &st);
	else
		ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_CONNTRACK_SET_LIMIT, &out);
}

static const struct ctl_handler set = { WEFT__SWITCH__V1__REQUEST__REQUEST_CONNTRACK_SET_LIMIT,
					handle_set_limit };
REGISTRY_ADD(ctl_handler, set);
