#include "controller/southbound/southbound_priv.h"

#include <stdlib.h>

struct sb_conn *sb_find(const struct southbound *sb, uint64_t datapath_id)
{
	struct sb_conn *c;

	LIST_FOREACH (c, &sb->conns, in_southbound) {
		if (c->is_open && c->fact.datapath_id == datapath_id)
			return c;
	}
	return NULL;
}

static void set_changed(void *arg, uint64_t datapath_id)
{
	struct sb_conn *c = sb_find(arg, datapath_id);

	if (c)
		sb_sync_soon(c);
}

struct southbound *southbound_create(const struct southbound_options *options)
{
	struct southbound *sb = xcalloc(1, sizeof(*sb));

	sb->options = *options;
	list_init(&sb->conns);
	list_init(&sb->failed_requests);
	timer_init(&sb->fail_requests, sb_request_fail_deferred, sb);
	flow_sets_listen(options->sets, set_changed, sb);
	return sb;
}

void southbound_destroy(struct southbound *sb)
{
	if (!sb)
		return;
	flow_sets_listen(sb->options.sets, NULL, NULL);
	while (!list_is_empty(&sb->conns))
		sb_conn_lost(container_of(sb->conns.next, struct sb_conn, in_southbound),
			     "the controller stops");
	timer_cancel(sb->options.loop, &sb->fail_requests);
	sb_request_fail_deferred(NULL, sb);
	free(sb);
}

void southbound_accept(void *arg, struct stream *s)
{
	struct southbound *sb = arg;
	struct sb_conn *c = sb_conn_create(sb, s);

	sb->counters.n_accepted++;
	list_insert(&sb->conns, &c->in_southbound);
	sb_handshake_begin(c);
}

bool southbound_is_connected(const struct southbound *sb, uint64_t datapath_id)
{
	return sb_find(sb, datapath_id) != NULL;
}

bool southbound_is_pluggable(const struct southbound *sb, uint64_t datapath_id)
{
	const struct sb_conn *c = sb_find(sb, datapath_id);

	return c && c->fact.is_pluggable;
}

bool southbound_is_idle(const struct southbound *sb)
{
	const struct sb_conn *c;

	LIST_FOREACH (c, &sb->conns, in_southbound) {
		if (!c->is_open || !c->is_synced || c->batch.is_active || c->changes.n ||
		    timer_is_armed(&c->flush))
			return false;
	}
	return true;
}

const struct flow_map *southbound_installed(const struct southbound *sb, uint64_t datapath_id)
{
	const struct sb_conn *c = sb_find(sb, datapath_id);

	return c ? &c->installed : NULL;
}

void southbound_count(const struct southbound *sb, struct southbound_counters *counters)
{
	*counters = sb->counters;
}
