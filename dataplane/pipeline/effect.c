/* What packets ask of the tables: learn and fin_timeout.  The worker only says what is wanted; the
 * control thread does it (dataplane/learn).  What was asked for a moment ago is not asked again, so
 * the packets of an established flow cost a look into a small cache and no message. */

#include "dataplane/action/action_learn.h"
#include "dataplane/learn/learn.h"
#include "dataplane/pipeline/pipeline_priv.h"

#define TCP_FIN 0x01
#define TCP_RST 0x04

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0xff51afd7ed558ccdull;
	return h ^ h >> 33;
}

/* The place of TAG, or else of what is due to be asked again first among those it may replace. */
static struct asked *place_of(struct pipeline_thread *t, uint64_t tag)
{
	struct asked *set = &t->asked[(tag & (N_ASKED_SETS - 1)) * ASKED_WAYS], *oldest = set;

	for (struct asked *a = set; a < set + ASKED_WAYS; a++) {
		if (a->tag == tag)
			return a;
		if (a->until_ns < oldest->until_ns)
			oldest = a;
	}
	return oldest;
}

void pipeline_effect_lost(struct pipeline_thread *t, const struct pipeline_effect *e)
{
	struct asked *a = place_of(t, e->tag);

	if (a->tag == e->tag)
		a->until_ns = 0;
}

static void ask(struct pipeline_thread *t, enum pipeline_effect_kind kind,
		const struct action_op *op, const struct rule *rule, unsigned i, uint64_t tag)
{
	struct pipeline_effect *e = &t->effects[t->result.n_effects];
	struct asked *asked = place_of(t, tag);

	if (asked->tag == tag && asked->until_ns > t->now_ns)
		return;
	if (t->result.n_effects == MAX_EFFECTS) {
		t->result.n_effects_lost++;
		return;
	}
	t->result.n_effects++;
	*asked = (struct asked){ .tag = tag, .until_ns = t->now_ns + ASK_AGAIN_NS };
	e->kind = kind;
	e->op = op;
	e->rule = rule;
	e->tag = tag;
	e->key = t->keys[i];
}

/* Whether the tables have the flow that packet I teaches, or room for it under the limit. */
static bool may_learn(const struct walk *w, const struct action_learn *learn, unsigned i)
{
	const struct of_action_learn *act = learn->act;
	const struct compiled_table *ct = w->p->tables[act->table_id];
	const struct rule *r;
	const void *found = NULL;
	struct key_mask flow;

	if (!learn->n_learned || __atomic_load_n(learn->n_learned, __ATOMIC_RELAXED) < act->limit)
		return true;
	if (!ct)
		return false;
	action_learn_match(act, &w->t->keys[i], &flow);
	lookup_find(ct->lookup, &flow.key, 1, &found);
	r = found;
	return r && r->cookie == act->cookie && rule_priority(r) == act->priority;
}

static void tell_learned(struct pipeline_thread *t, const struct of_action_learn *act, unsigned i,
			 bool is_learned)
{
	struct buf text = BUF_INIT;

	learn_describe(act, &t->keys[i], is_learned, &text);
	trace_remark(t, buf_str(&text));
	buf_fini(&text);
}

void effect_learn(const struct walk *w, const struct action_op *op, const struct rule *rule,
		  unsigned i)
{
	const struct action_learn *learn = op->owned;
	const struct of_action_learn *act = learn->act;
	struct pipeline_thread *t = w->t;
	struct flow_key *key = &t->keys[i];
	uint64_t epoch = w->p->removals[act->table_id];
	uint64_t tag = action_learn_hash(learn, key, mix(t->seed, epoch));
	bool is_learned = may_learn(w, learn, i);

	if (t->tracer)
		tell_learned(t, act, i, is_learned);
	if (is_learned)
		ask(t, PIPELINE_LEARN, op, rule, i, tag);
	if (!(act->flags & OF_LEARN_WRITE_RESULT) || !act->result.field)
		return;
	if (action_field_is_in_packet(act->result.field) && t->states[i].n_pending)
		emit_settle(t, i);
	action_write_number(&t->batch, i, act->result.field, act->result.ofs, 1, is_learned);
}

void effect_fin_timeout(const struct walk *w, const struct action_op *op, const struct rule *rule,
			unsigned i)
{
	struct pipeline_thread *t = w->t;

	if (!rule || !(load_be16(&t->keys[i].tcp_flags) & (TCP_FIN | TCP_RST)))
		return;
	if (t->tracer)
		trace_remark(t, "the flow's timeouts become shorter");
	ask(t, PIPELINE_FIN_TIMEOUT, op, rule, i, mix(mix(t->seed, rule->rank), (uintptr_t)op));
}
