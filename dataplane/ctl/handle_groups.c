#include "dataplane/ctl/handler.h"
#include "dataplane/table/group_mod.h"

#define MAX_BUCKETS 256 /* of one group; the count tells of more */

static const char *type_name(uint8_t type)
{
	static const char *const names[OF_N_GROUP_TYPES] = {
		[OF_GROUP_ALL_BUCKETS] = "all",
		[OF_GROUP_SELECT] = "select",
		[OF_GROUP_INDIRECT] = "indirect",
		[OF_GROUP_FAST_FAILOVER] = "fast failover",
	};

	return type < OF_N_GROUP_TYPES ? names[type] : "";
}

static Weft__Switch__V1__Bucket *bucket(struct arena *a, const struct of_bucket *b,
					const struct of_bucket_counter *n)
{
	Weft__Switch__V1__Bucket *m = arena_alloc(a, sizeof(*m));
	struct buf actions = BUF_INIT;

	weft__switch__v1__bucket__init(m);
	m->id = b->id;
	m->weight = b->weight;
	if (b->watch_port != OF_PORT_ANY)
		m->watch = arena_printf(a, "port %u", b->watch_port);
	else if (b->watch_group != OF_GROUP_ANY)
		m->watch = arena_printf(a, "group %u", b->watch_group);
	of_actions_print(&b->actions, &actions);
	m->actions = arena_strdup(a, buf_str(&actions));
	buf_fini(&actions);
	m->n_packets = n->n_packets;
	m->n_bytes = n->n_bytes;
	return m;
}

static Weft__Switch__V1__Group *message(struct ctl_call *call, struct groups *gs,
					const struct group *group)
{
	struct arena *a = &call->arena;
	Weft__Switch__V1__Group *m = arena_alloc(a, sizeof(*m));
	struct of_group_desc desc;
	struct of_group_stats stats;

	group_desc(group, &desc);
	group_stats(gs, group, loop_now_ns(call->ctl->config.loop), a, &stats);
	weft__switch__v1__group__init(m);
	m->id = desc.group_id;
	m->type = (char *)type_name(desc.type);
	m->ref_count = stats.ref_count;
	m->n_packets = stats.n_packets;
	m->n_bytes = stats.n_bytes;
	m->age_ns = stats.duration_sec * NS_PER_SEC + stats.duration_nsec;
	m->bucket_count = desc.n_buckets;
	m->n_buckets = MIN_OF(desc.n_buckets, MAX_BUCKETS);
	m->buckets = arena_alloc(a, m->n_buckets * sizeof(*m->buckets));
	for (unsigned i = 0; i < m->n_buckets; i++)
		m->buckets[i] = bucket(a, &desc.buckets[i], &stats.buckets[i]);
	return m;
}

/* `after` is one more than the id of the last group told, as 0 is an id too. */
static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__GroupsReply out = WEFT__SWITCH__V1__GROUPS_REPLY__INIT;
	struct groups *gs = tables_groups(datapath_tables(call->ctl->config.datapath));
	struct ctl_page page = { .arena = &call->arena };
	uint64_t after = req->groups->after;
	const struct group *g;

	for (g = groups_next(gs, after ? after - 1 : 0, !after); g;
	     g = groups_next(gs, group_id(g), false)) {
		if (!ctl_page_add(&page, &message(call, gs, g)->base)) {
			out.next = after;
			break;
		}
		after = (uint64_t)group_id(g) + 1;
	}
	out.n_groups = page.n;
	out.groups = (Weft__Switch__V1__Group **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_GROUPS, &out);
}

static const struct ctl_handler groups_handler = { WEFT__SWITCH__V1__REQUEST__REQUEST_GROUPS,
						   handle };
REGISTRY_ADD(ctl_handler, groups_handler);
