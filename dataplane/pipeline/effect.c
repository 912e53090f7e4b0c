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

static struct asked *set_of(struct pipeline_thread *t, uint64_t tag)
{
	return &t->asked[(tag & (N_ASKED_SETS - 1)) * ASKED_WAYS];
}

/* The place of TAG, or NULL. */
static struct asked *find_place(struct pipeline_thread *t, uint64_t tag)
{
	struct asked *set = set_of(t, tag);

	for (struct asked *a = set; a < set + ASKED_WAYS; a++)
		if (a->tag == tag)
			return a;
	return NULL;
}

/* The place of TAG, or else of what is due to be asked again first among those it may replace. */
static struct asked *place_of(struct pipeline_thread *t, uint64_t tag)
{
	struct asked *found = find_place(t, tag), *set = set_of(t, tag), *oldest = set;

	if (found)
		return found;
	for (struct asked *a = set; a < set + ASKED_WAYS; a++)
		if (a->until_ns < oldest->until_ns)
			oldest = a;
	return oldest;
}

/* Whether what TAG stands for was asked for a moment ago. */
static inline bool is_asked(struct pipeline_thread *t, uint64_t tag)
{
	const struct asked *set = set_of(t, tag);
	bool is_asked = false;

	for (unsigned i = 0; i < ASKED_WAYS; i++)
		is_asked |= (set[i].tag == tag) & (set[i].until_ns > t->now_ns);
	return is_asked;
}

void pipeline_effect_lost(struct pipeline_thread *t, const struct pipeline_effect *e)
{
	struct asked *a = find_place(t, e->tag);

	if (a)
		a->until_ns = 0;
}

static void ask(struct pipeline_thread *t, enum pipeline_effect_kind kind,
		const struct action_op *op, const struct rule *rule, unsigned i, uint64_t tag)
{
	struct pipeline_effect *e = &t->effects[t->result.n_effects];

	if (is_asked(t, tag))
		return;
	if (t->result.n_effects == MAX_EFFECTS) {
		t->result.n_effects_lost++;
		return;
	}
	t->result.n_effects++;
	*place_of(t, tag) = (struct asked){ .tag = tag, .until_ns = t->now_ns + ASK_AGAIN_NS };
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

/* Of the tags of what ACT teaches as long as no flow is removed from its table. */
static uint64_t lesson_seed(const struct walk *w, const struct of_action_learn *act)
{
	return mix(w->t->seed, w->p->removals[act->table_id]);
}

void effect_learn(const struct walk *w, const struct action_op *op, const struct rule *rule,
		  unsigned i)
{
	const struct action_learn *learn = op->owned;
	const struct of_action_learn *act = learn->act;
	struct pipeline_thread *t = w->t;
	bool is_learned = may_learn(w, learn, i);

	if (t->tracer)
		tell_learned(t, act, i, is_learned);
	if (is_learned)
		ask(t, PIPELINE_LEARN, op, rule, i,
		    action_learn_hash(learn, &t->keys[i], lesson_seed(w, act)));
	if (!(act->flags & OF_LEARN_WRITE_RESULT) || !act->result.field)
		return;
	if (action_field_is_in_packet(act->result.field) && t->states[i].n_pending)
		emit_settle(t, i);
	action_write_number(&t->batch, i, act->result.field, act->result.ofs, 1, is_learned);
}

void effect_learn_aside(const struct walk *w, const struct action_op *op, const struct rule *rule,
			uint64_t bitmap)
{
	const struct action_learn *learn = op->owned;
	uint64_t seed = lesson_seed(w, learn->act), tags[PACKET_BURST_MAX];

	for (uint64_t b = bitmap; b; b &= b - 1) {
		unsigned i = __builtin_ctzll(b);

		tags[i] = action_learn_hash(learn, &w->t->keys[i], seed);
		__builtin_prefetch(set_of(w->t, tags[i]));
	}
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		if (!is_asked(w->t, tags[i]) && may_learn(w, learn, i))
			ask(w->t, PIPELINE_LEARN, op, rule, i, tags[i]);
	}
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
