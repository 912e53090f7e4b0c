#include <stdio.h>

#include "dataplane/ctl/handler.h"
#include "proto/openflow/numbers.h"

/* A trace is as long as the tables make it; what goes beyond a reply is cut, and says so. */
#define MAX_STEPS 200
#define MAX_TEXT  (24u << 10)
#define MAX_WORDS 512 /* of a step's match and actions */

struct tracing {
	struct ctl_call *call;
	Weft__Switch__V1__TraceReply out;
	Weft__Switch__V1__TraceStep *steps[MAX_STEPS];
	uint32_t ports[MAX_STEPS];
	struct buf verdict;
};

static char *words(struct arena *a, const char *text)
{
	return arena_printf(a, "%.*s", MAX_WORDS, text ? text : "");
}

static void add_step(struct tracing *t, const struct pipeline_step *step)
{
	struct arena *a = &t->call->arena;
	Weft__Switch__V1__TraceStep *s;

	if (t->out.n_steps == MAX_STEPS)
		return;
	s = arena_alloc(a, sizeof(*s));
	weft__switch__v1__trace_step__init(s);
	s->table = step->table_id;
	s->depth = step->depth;
	s->has_match = step->kind == PIPELINE_STEP_MATCHED;
	if (s->has_match) {
		s->priority = step->priority;
		s->cookie = step->cookie;
		s->match = words(a, step->match);
		s->actions = words(a, step->text);
	}
	t->steps[t->out.n_steps++] = s;
}

static void add_verdict(struct tracing *t, const char *what)
{
	if (t->verdict.size < MAX_WORDS)
		buf_printf(&t->verdict, "%s%s", t->verdict.size ? ", " : "", what);
}

static void on_step(void *ctx, const struct pipeline_step *step)
{
	struct tracing *t = ctx;
	char port[32];

	switch (step->kind) {
	case PIPELINE_STEP_MATCHED:
	case PIPELINE_STEP_MISSED:
		add_step(t, step);
		break;
	case PIPELINE_STEP_ACTION:
	case PIPELINE_STEP_GROUP:
	case PIPELINE_STEP_METER:
		break;
	case PIPELINE_STEP_OUTPUT:
		if (step->reason != DROP_NONE)
			break; /* back to where it came from, or to a port that is not there */
		snprintf(port, sizeof(port), "output:%u", step->port);
		add_verdict(t, port);
		if (t->out.n_out_ports < MAX_STEPS)
			t->ports[t->out.n_out_ports++] = step->port;
		break;
	case PIPELINE_STEP_PUNTED:
		t->out.is_punted = true;
		add_verdict(t, "controller");
		break;
	case PIPELINE_STEP_DROPPED:
		t->out.drop_reason = (char *)drop_reason_name(step->reason);
		break;
	}
}

static int run(struct ctl_call *call, const Weft__Switch__V1__TraceRequest *in, struct tracing *t,
	       struct buf *text, struct status *st)
{
	const struct pipeline *p = datapath_current(call->ctl->config.datapath);
	struct pipeline_recorder rec = { on_step, t };
	uint64_t now_ns = loop_now_ns(call->ctl->config.loop);
	struct of_match m = { 0 };

	if (in->packet.len && *in->key)
		return status_set(st, STATUS_INVALID_ARGUMENT, "packet",
				  "give either a packet's bytes or its fields, not both");
	if (in->packet.len) {
		pipeline_trace(p, in->packet.data, in->packet.len, in->in_port, now_ns, text, &rec);
		return 0;
	}
	if (of_match_parse(in->key, &call->arena, &m, st) < 0)
		return -1;
	return pipeline_trace_match(p, &m, now_ns, text, &rec, st);
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	struct tracing t = { .call = call, .out = WEFT__SWITCH__V1__TRACE_REPLY__INIT };
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT;

	if (run(call, req->trace, &t, &text, &st) < 0) {
		ctl_fail(call, &st);
		goto out;
	}
	/* A drop is the verdict only if nothing left: a copy may have. */
	if (!t.verdict.size)
		buf_printf(&t.verdict, "drop: %s", t.out.drop_reason);
	else
		t.out.drop_reason = (char *)protobuf_c_empty_string;
	t.out.steps = t.steps;
	t.out.out_ports = t.ports;
	t.out.verdict = (char *)buf_str(&t.verdict);
	if (text.size > MAX_TEXT) {
		text.size = MAX_TEXT;
		buf_puts(&text, "\n... (cut: the trace is longer than 24 KiB)\n");
	}
	t.out.text = (char *)buf_str(&text);
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_TRACE, &t.out);
out:
	buf_fini(&t.verdict);
	buf_fini(&text);
}

static const struct ctl_handler trace = { WEFT__SWITCH__V1__REQUEST__REQUEST_TRACE, handle };
REGISTRY_ADD(ctl_handler, trace);
