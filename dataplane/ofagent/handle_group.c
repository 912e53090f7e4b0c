#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"
#include "dataplane/ofagent/listing.h"
#include "dataplane/table/group_mod.h"

/* Group-mod, and what groups are, count and can (OF 1.3.5 sections 6.5, 7.3.5.8 to 7.3.5.10).  The
 * tables judge a change; the workers see it when they are compiled next. */

static int handle_group_mod(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct datapath *dp = c->dp;

	if (tables_group_mod(dp->tables, &m->group_mod, loop_now_ns(dp->loop), err) < 0)
		return -1;
	datapath_changed(dp);
	async_requestforward(c, m);
	return 0;
}

static const struct of_handler group_mod = {
	OF_GROUP_MOD,
	.is_write = true,
	.handle = handle_group_mod,
};
REGISTRY_ADD(of_handler, group_mod);

/* The group with the smallest id from FROM on. */
static const struct group *next_group(struct conn *c, uint64_t from)
{
	const struct groups *gs = tables_groups(c->dp->tables);

	if (from > UINT32_MAX)
		return NULL;
	return groups_next(gs, from ? from - 1 : 0, !from);
}

static uint64_t fill_desc(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			  void *entry)
{
	const struct group *g = next_group(c, from);

	(void)a, (void)only;
	if (!g)
		return UINT64_MAX;
	group_desc(g, entry);
	return group_id(g);
}

static uint64_t fill_stats(struct conn *c, uint64_t from, uint32_t only, struct arena *a,
			   void *entry)
{
	const struct group *g = next_group(c, from);

	(void)only;
	if (!g)
		return UINT64_MAX;
	group_stats(tables_groups(c->dp->tables), g, loop_now_ns(c->dp->loop), a, entry);
	return group_id(g);
}

static const struct listing_class desc_listing = {
	OF_GROUP_DESC_REPLY,
	sizeof(struct of_group_desc),
	fill_desc,
};
static const struct listing_class stats_listing = {
	OF_GROUP_STATS_REPLY,
	sizeof(struct of_group_stats),
	fill_stats,
};

/* A group that is not there makes the list empty. */
static int list(struct conn *c, const struct of_msg *m, const struct listing_class *class)
{
	uint32_t id = m->group_request.group_id;

	if (id == OF_GROUP_ALL || id == OF_GROUP_ANY)
		listing_start(c, m->xid, class, 0, OF_GROUP_MAX, 0);
	else
		listing_start(c, m->xid, class, id, id, 0);
	return 0;
}

/* OpenFlow 1.3 and 1.4 ask for all of them: their request has no body. */
static int handle_desc(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	return list(c, m, &desc_listing);
}

static const struct of_handler group_desc_request = { OF_GROUP_DESC_REQUEST,
						      .handle = handle_desc };
REGISTRY_ADD(of_handler, group_desc_request);

static int handle_stats(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	return list(c, m, &stats_listing);
}

static const struct of_handler group_stats_request = { OF_GROUP_STATS_REQUEST,
						       .handle = handle_stats };
REGISTRY_ADD(of_handler, group_stats_request);

static int handle_features(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct of_msg reply = { .kind = OF_GROUP_FEATURES_REPLY, .xid = m->xid };

	(void)err;
	groups_features(&reply.group_features);
	conn_send(c, &reply);
	return 0;
}

static const struct of_handler group_features_request = { OF_GROUP_FEATURES_REQUEST,
							  .handle = handle_features };
REGISTRY_ADD(of_handler, group_features_request);
