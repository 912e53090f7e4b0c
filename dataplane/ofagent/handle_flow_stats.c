#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/flow_walk.h"
#include "dataplane/ofagent/handler.h"
#include "proto/openflow/numbers.h"

/* Flow and aggregate statistics (OF 1.3.5 sections 7.3.5.2 and 7.3.5.3), as dumps: a million flows
 * are told a mebibyte at a time. */

#define FLOWS_PER_MESSAGE 1024
#define ROOM		  (OF_MAX_MESSAGE - 16) /* behind the multipart header */

struct flow_dump {
	struct dump dump;
	uint32_t xid;
	struct flow_walk walk;
	struct of_match *match; /* owned; walk.filter points to it */
	struct of_aggregate_reply sum;
};

/* One step of a flow dump: messages being filled. */
struct filling {
	struct conn *c;
	struct flow_dump *d;
	uint64_t now_ns;
	size_t step_bytes, message_bytes;
	unsigned n;
	struct arena matches;
	struct of_flow_stats stats[FLOWS_PER_MESSAGE];
};

static void flush(struct filling *f, bool more)
{
	conn_send(f->c, &(struct of_msg){
				.kind = OF_FLOW_STATS_REPLY,
				.xid = f->d->xid,
				.flow_stats_reply = { .more = more, .n = f->n, .stats = f->stats },
			});
	f->step_bytes += f->message_bytes;
	f->message_bytes = 0;
	f->n = 0;
}

static bool add_flow(void *ctx, const struct flow *flow)
{
	struct filling *f = ctx;
	struct of_flow_stats *s = &f->stats[f->n];
	size_t size;

	if (f->step_bytes >= DUMP_STEP_BYTES)
		return false;
	flow_stats(f->c->dp->tables, flow, f->now_ns, &f->matches, s);
	size = of_flow_stats_size(s, OF_VERSION_1_3);
	if (f->n == FLOWS_PER_MESSAGE - 1 || f->message_bytes + size > ROOM) {
		struct of_flow_stats keep = *s;

		flush(f, true);
		f->stats[0] = keep;
	}
	f->message_bytes += size;
	f->n++;
	return true;
}

static bool flow_step(struct conn *c, struct dump *dump)
{
	struct flow_dump *d = container_of(dump, struct flow_dump, dump);
	struct filling *f = xcalloc(1, sizeof(*f));
	bool is_over;

	f->c = c;
	f->d = d;
	f->now_ns = loop_now_ns(c->dp->loop);
	is_over = flow_walk_step(&d->walk, c->dp->tables, UINT32_MAX, add_flow, f);
	if (is_over || f->n)
		flush(f, !is_over);
	arena_clear(&f->matches);
	free(f);
	return is_over;
}

struct summing {
	struct tables *tables;
	struct of_aggregate_reply *sum;
};

static bool sum_flow(void *ctx, const struct flow *flow)
{
	struct summing *s = ctx;
	struct counter n = flow_counts(s->tables, flow);

	s->sum->n_flows++;
	s->sum->n_packets += n.n_packets;
	s->sum->n_bytes += n.n_bytes;
	return true;
}

static bool aggregate_step(struct conn *c, struct dump *dump)
{
	struct flow_dump *d = container_of(dump, struct flow_dump, dump);
	struct summing s = { c->dp->tables, &d->sum };

	if (!flow_walk_step(&d->walk, c->dp->tables, DUMP_STEP_FLOWS, sum_flow, &s))
		return false;
	conn_send(c, &(struct of_msg){ .kind = OF_AGGREGATE_REPLY,
				       .xid = d->xid,
				       .aggregate_reply = d->sum });
	return true;
}

static void flow_dump_fini(struct dump *dump)
{
	free(container_of(dump, struct flow_dump, dump)->match);
}

static int start(struct conn *c, const struct of_msg *m, struct of_error *err,
		 bool (*step)(struct conn *c, struct dump *d))
{
	const struct of_flow_stats_request *req = &m->flow_stats_request;
	struct flow_dump *d;

	if (req->table_id >= TABLES_N && req->table_id != OF_TABLE_ALL)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_TABLE_ID);
	d = xcalloc(1, sizeof(*d));
	d->dump.step = step;
	d->dump.fini = flow_dump_fini;
	d->xid = m->xid;
	d->match = of_match_dup(&req->match);
	d->walk.filter = (struct flow_filter){
		.table_id = req->table_id,
		.out_port = req->out_port,
		.out_group = req->out_group,
		.cookie = req->cookie,
		.cookie_mask = req->cookie_mask,
		.match = d->match,
	};
	dump_start(c, &d->dump);
	return 0;
}

static int handle_flow_stats(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return start(c, m, err, flow_step);
}

static const struct of_handler flow_stats_handler = { OF_FLOW_STATS_REQUEST,
						      .handle = handle_flow_stats };
REGISTRY_ADD(of_handler, flow_stats_handler);

static int handle_aggregate(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return start(c, m, err, aggregate_step);
}

static const struct of_handler aggregate = { OF_AGGREGATE_REQUEST, .handle = handle_aggregate };
REGISTRY_ADD(of_handler, aggregate);
