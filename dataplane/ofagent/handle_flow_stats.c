#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/flow_walk.h"
#include "dataplane/ofagent/handler.h"
#include "proto/openflow/numbers.h"

/* Flow and aggregate statistics (OF 1.3.5 sections 7.3.5.2 and 7.3.5.3), as dumps: a million flows
 * are told a mebibyte at a time. */

struct flow_dump {
	struct dump dump;
	enum of_kind kind; /* FLOW_STATS_REPLY or FLOW_COUNTS_REPLY */
	uint32_t xid;
	struct flow_walk walk;
	struct of_match *match; /* owned; walk.filter points to it */
	struct of_aggregate_reply sum;
};

/* One step of a flow dump: flows are encoded one by one into the message that goes next. */
struct filling {
	struct conn *c;
	struct flow_dump *d;
	uint64_t now_ns;
	size_t step_bytes;
	struct arena arena;
	struct buf message;
};

#define MULTIPART_FLAGS_AT 10

static void begin(struct filling *f)
{
	struct of_msg m = { .kind = f->d->kind, .version = f->c->version, .xid = f->d->xid };

	m.flow_stats_reply.more = true;
	buf_clear(&f->message);
	of_msg_encode(&m, &f->message);
}

static void flush(struct filling *f, bool more)
{
	if (!more)
		store_be16(f->message.data + MULTIPART_FLAGS_AT, 0);
	f->step_bytes += f->message.size;
	conn_send_encoded(f->c, &f->message);
	begin(f);
}

static void encode(struct filling *f, const struct of_flow_stats *s)
{
	if (f->d->kind == OF_FLOW_COUNTS_REPLY)
		of_flow_counts_encode(s, &f->message);
	else
		of_flow_stats_encode(s, f->c->version, &f->message);
}

static bool add_flow(void *ctx, const struct flow *flow)
{
	struct filling *f = ctx;
	size_t before = f->message.size;
	struct of_flow_stats s;

	if (f->step_bytes >= DUMP_STEP_BYTES)
		return false;
	flow_stats(f->c->dp->tables, flow, f->now_ns, &f->arena, &s);
	encode(f, &s);
	if (f->message.size > OF_MAX_MESSAGE) {
		f->message.size = before;
		flush(f, true);
		encode(f, &s);
	}
	arena_reset(&f->arena);
	return true;
}

static bool flow_step(struct conn *c, struct dump *dump)
{
	struct flow_dump *d = container_of(dump, struct flow_dump, dump);
	struct filling f = { .c = c, .d = d, .now_ns = loop_now_ns(c->dp->loop) };
	bool is_over;

	begin(&f);
	is_over = flow_walk_step(&d->walk, c->dp->tables, UINT32_MAX, add_flow, &f);
	flush(&f, !is_over);
	arena_clear(&f.arena);
	buf_fini(&f.message);
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

static int start(struct conn *c, const struct of_msg *m, struct of_error *err, enum of_kind kind,
		 bool (*step)(struct conn *c, struct dump *d))
{
	const struct of_flow_stats_request *req = &m->flow_stats_request;
	struct flow_dump *d;

	if (req->table_id >= TABLES_N && req->table_id != OF_TABLE_ALL)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_BAD_TABLE_ID);
	d = xcalloc(1, sizeof(*d));
	d->dump.step = step;
	d->dump.fini = flow_dump_fini;
	d->kind = kind;
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
	return start(c, m, err, OF_FLOW_STATS_REPLY, flow_step);
}

static const struct of_handler flow_stats_handler = { OF_FLOW_STATS_REQUEST,
						      .handle = handle_flow_stats };
REGISTRY_ADD(of_handler, flow_stats_handler);

/* 1.5 has the counters without the instructions too. */
static int handle_flow_counts(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return start(c, m, err, OF_FLOW_COUNTS_REPLY, flow_step);
}

static const struct of_handler flow_counts_handler = { OF_FLOW_COUNTS_REQUEST,
						       .handle = handle_flow_counts };
REGISTRY_ADD(of_handler, flow_counts_handler);

static int handle_aggregate(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	return start(c, m, err, OF_AGGREGATE_REPLY, aggregate_step);
}

static const struct of_handler aggregate = { OF_AGGREGATE_REQUEST, .handle = handle_aggregate };
REGISTRY_ADD(of_handler, aggregate);
