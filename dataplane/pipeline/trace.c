/* Traces: one packet through the very code that workers run, with a recorder in the thread's
 * state.  Its counts are nobody's and its outputs go nowhere. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <stdlib.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/tlv_table.h"

struct pipeline_tracer {
	struct buf *text;		     /* NULL: not wanted */
	const struct pipeline_recorder *rec; /* NULL: not wanted */
	unsigned depth;
};

static void tell(const struct pipeline_tracer *tr, struct pipeline_step *step)
{
	step->depth = tr->depth;
	if (tr->rec)
		tr->rec->step(tr->rec->ctx, step);
}

static void indent(const struct pipeline_tracer *tr, unsigned more)
{
	for (unsigned i = 0; i < tr->depth + more; i++)
		buf_puts(tr->text, "    ");
}

void trace_say(struct pipeline_thread *t, struct pipeline_step *step)
{
	if (t->tracer->text) {
		indent(t->tracer, 1);
		buf_printf(t->tracer->text, "-> %s\n", step->text);
	}
	tell(t->tracer, step);
}

void trace_nested(struct pipeline_thread *t, int by)
{
	t->tracer->depth += by;
}

static void print_instructions(const struct rule *r, struct buf *out)
{
	size_t start = out->size;

	of_instructions_print(rule_instructions(r), out);
	if (out->size == start)
		buf_puts(out, "drop");
}

void trace_matched(struct pipeline_thread *t, const struct rule *r)
{
	struct pipeline_tracer *tr = t->tracer;
	struct buf match = BUF_INIT, actions = BUF_INIT;
	struct of_field_match fields[OF_N_FIELDS];
	struct of_match of_match;
	struct pipeline_step step = {
		.kind = PIPELINE_STEP_MATCHED,
		.table_id = r->table_id,
		.priority = rule_priority(r),
		.has_cookie = true,
		.cookie = r->cookie,
	};

	rule_match(r, fields, &of_match);
	of_match_print(&of_match, &match);
	print_instructions(r, &actions);
	step.match = buf_str(&match);
	step.text = buf_str(&actions);
	if (tr->text) {
		indent(tr, 0);
		buf_printf(tr->text, "table %u: priority %u%s%s, cookie 0x%llx: %s\n", r->table_id,
			   rule_priority(r), *step.match ? ", " : "", step.match,
			   (unsigned long long)r->cookie, step.text);
	}
	tell(tr, &step);
	buf_fini(&match);
	buf_fini(&actions);
}

void trace_missed(struct pipeline_thread *t, uint8_t table_id)
{
	struct pipeline_step step = { .kind = PIPELINE_STEP_MISSED, .table_id = table_id };

	if (t->tracer->text) {
		indent(t->tracer, 0);
		buf_printf(t->tracer->text, "table %u: no flow matches\n", table_id);
	}
	tell(t->tracer, &step);
}

void trace_action(struct pipeline_thread *t, const struct action_op *op)
{
	const struct of_action *acts[1] = { op->act };
	struct of_actions one = { .n = 1, .list = acts };
	struct pipeline_step step = { .kind = PIPELINE_STEP_ACTION };
	struct buf text = BUF_INIT;

	if (!op->act)
		return; /* a meter instruction, which was told with the flow */
	of_actions_print(&one, &text);
	step.text = buf_str(&text);
	if (t->tracer->text) {
		indent(t->tracer, 1);
		buf_printf(t->tracer->text, "%s\n", step.text);
	}
	tell(t->tracer, &step);
	buf_fini(&text);
}

void trace_remark(struct pipeline_thread *t, const char *text)
{
	struct pipeline_step step = { .kind = PIPELINE_STEP_ACTION, .text = text };

	if (t->tracer->text) {
		indent(t->tracer, 1);
		buf_printf(t->tracer->text, "-> %s\n", text);
	}
	tell(t->tracer, &step);
}

void trace_output(struct pipeline_thread *t, uint32_t port, enum drop_reason verdict)
{
	struct pipeline_step step = { .kind = PIPELINE_STEP_OUTPUT,
				      .port = port,
				      .reason = verdict };

	if (t->tracer->text) {
		indent(t->tracer, 1);
		if (verdict == DROP_NONE)
			buf_printf(t->tracer->text, "-> sent to port %u\n", port);
		else
			buf_printf(t->tracer->text, "-> not sent to port %u: %s\n", port,
				   drop_reason_text(verdict));
	}
	tell(t->tracer, &step);
}

void trace_punt(struct pipeline_thread *t, uint8_t reason)
{
	static const char *const names[] = {
		[OFPR_NO_MATCH] = "table-miss flow",
		[OFPR_ACTION] = "action",
		[OFPR_INVALID_TTL] = "invalid TTL",
		[OFPR_ACTION_SET] = "action set",
		[OFPR_GROUP] = "group",
		[OFPR_PACKET_OUT] = "packet-out",
	};
	struct pipeline_step step = { .kind = PIPELINE_STEP_PUNTED, .text = "action" };

	if (reason < ARRAY_LENGTH(names))
		step.text = names[reason];
	if (t->tracer->text) {
		indent(t->tracer, 1);
		buf_printf(t->tracer->text, "-> sent to the controller (%s)\n", step.text);
	}
	tell(t->tracer, &step);
}

void trace_dropped(struct pipeline_thread *t, enum drop_reason reason, const struct rule *r)
{
	struct pipeline_step step = {
		.kind = PIPELINE_STEP_DROPPED,
		.reason = reason,
		.table_id = r ? r->table_id : 0,
		.has_cookie = r != NULL,
		.cookie = r ? r->cookie : 0,
		.text = drop_reason_text(reason),
	};

	if (t->tracer->text)
		buf_printf(t->tracer->text, "dropped: %s. %s\n", drop_reason_name(reason),
			   drop_reason_text(reason));
	tell(t->tracer, &step);
}

void pipeline_trace(const struct pipeline *p, const void *data, size_t size, uint32_t in_port,
		    uint64_t now_ns, struct buf *text, const struct pipeline_recorder *rec)
{
	struct pipeline_tracer tracer = { .text = text, .rec = rec };
	struct counter_block *counts = counters_scratch_create();
	struct pipeline_thread *t = thread_create(&heap_packet_ops, counts);
	struct rte_mbuf *m = heap_packet_create(data, size);
	const struct pipeline_result *res;

	t->tracer = &tracer;
	if (tables_conntrack(p->made_from))
		t->connections = conntrack_thread_create(tables_conntrack(p->made_from));
	res = pipeline_run(p, t, &m, 1, in_port, now_ns);
	for (unsigned i = 0; i < res->n_out; i++)
		heap_packet_destroy(res->pkts[i]);
	for (unsigned i = 0; i < res->n_punts; i++)
		heap_packet_destroy(res->punts[i].pkt);
	conntrack_thread_destroy(t->connections);
	thread_destroy(t);
	counters_scratch_destroy(counts);
}

int pipeline_trace_match(const struct pipeline *p, const struct of_match *m, uint64_t now_ns,
			 struct buf *text, const struct pipeline_recorder *rec, struct status *st)
{
	struct key_mask km;
	struct of_error err;
	struct buf packet = BUF_INIT;
	char name[80];

	tables_use(p->made_from);
	if (key_mask_from_match(m, &km, &err) < 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "packet",
				  "no packet can look like this (%s)",
				  of_error_name(&err, name, sizeof(name)));
	if (!of_match_find(m, OF_FIELD_IP_TTL))
		km.key.ip_ttl = 64;
	packet_compose(&km.key, 0, &packet);
	pipeline_trace(p, packet.data, packet.size, load_be32(&km.key.in_port), now_ns, text, rec);
	buf_fini(&packet);
	return 0;
}
