/* The bookkeeping of learned flows (learned.h). */

#include "dataplane/table/learned.h"

#include <stdlib.h>
#include <openflow/openflow-common.h>
#include "dataplane/action/action_extension.h"
#include "dataplane/action/action_learn.h"
#include "dataplane/table/tables_priv.h"

struct learn_count {
	struct hmap_node in_counts;
	struct list in_orphans; /* empty: it is not there */
	struct learned *learned;
	uint64_t cookie;
	uint8_t table_id;
	uint32_t n_flows;    /* atomic: read by workers */
	unsigned n_refs;     /* learn actions with a limit */
	unsigned n_teachers; /* flows whose learn actions say delete_learned */
};

void learned_init(struct learned *l)
{
	*l = (struct learned){ .counts = HMAP_INIT };
	list_init(&l->orphans);
}

void learned_fini(struct learned *l)
{
	HMAP_FOREACH_SAFE (n, &l->counts) {
		hmap_remove(&l->counts, n);
		free(container_of(n, struct learn_count, in_counts));
	}
	hmap_fini(&l->counts);
}

static uint64_t hash_of(uint8_t table_id, uint64_t cookie)
{
	uint64_t words[2] = { table_id, cookie };

	return hash_bytes(words, sizeof(words));
}

static struct learn_count *find(struct tables *t, uint8_t table_id, uint64_t cookie)
{
	HMAP_FOREACH_HASH (n, &t->learned.counts, hash_of(table_id, cookie)) {
		struct learn_count *c = container_of(n, struct learn_count, in_counts);

		if (c->table_id == table_id && c->cookie == cookie)
			return c;
	}
	return NULL;
}

static uint32_t count_flows(struct tables *t, uint8_t table_id, uint64_t cookie)
{
	struct sorted_at at = sorted_from(&t->tables[table_id].sorted, 0);
	const struct flow *f;
	uint32_t n = 0;

	while ((f = sorted_next(&at)))
		n += f->rule->cookie == cookie;
	return n;
}

static struct learn_count *find_or_create(struct tables *t, uint8_t table_id, uint64_t cookie)
{
	struct learn_count *c = find(t, table_id, cookie);

	if (c)
		return c;
	c = xcalloc(1, sizeof(*c));
	c->learned = &t->learned;
	c->table_id = table_id;
	c->cookie = cookie;
	c->n_flows = count_flows(t, table_id, cookie);
	list_init(&c->in_orphans);
	hmap_insert(&t->learned.counts, &c->in_counts, hash_of(table_id, cookie));
	return c;
}

static void free_unused(struct learn_count *c)
{
	if (c->n_refs || c->n_teachers || !list_is_empty(&c->in_orphans))
		return;
	hmap_remove(&c->learned->counts, &c->in_counts);
	free(c);
}

struct learn_count *learned_ref(struct tables *t, uint8_t table_id, uint64_t cookie,
				const uint32_t **n)
{
	struct learn_count *c = find_or_create(t, table_id, cookie);

	c->n_refs++;
	*n = &c->n_flows;
	return c;
}

void learned_unref(struct learn_count *c)
{
	c->n_refs--;
	free_unused(c);
}

uint32_t learned_number(struct tables *t, uint8_t table_id, uint64_t cookie)
{
	const struct learn_count *c = find(t, table_id, cookie);

	return c ? c->n_flows : count_flows(t, table_id, cookie);
}

static void count_rule(struct tables *t, const struct rule *r, int by)
{
	struct learn_count *c = t->learned.counts.n ? find(t, r->table_id, r->cookie) : NULL;

	if (c)
		__atomic_store_n(&c->n_flows, c->n_flows + by, __ATOMIC_RELAXED);
}

bool learned_is_clause(const struct action_program *p)
{
	for (unsigned i = 0; p && i < p->n_ops; i++)
		if (p->ops[i].kind == ACTION_EXTENSION &&
		    p->ops[i].extension == ACTION_EXT_CONJUNCTION)
			return true;
	return false;
}

bool learned_teaches(const struct action_program *p)
{
	for (unsigned i = 0; p && i < p->n_ops; i++) {
		const struct action_op *op = &p->ops[i];

		if (op->kind != ACTION_EXTENSION)
			continue;
		if (op->extension == ACTION_EXT_LEARN &&
		    ((const struct action_learn *)op->owned)->act->flags & OF_LEARN_DELETE_LEARNED)
			return true;
		if (op->extension == ACTION_EXT_CLONE &&
		    learned_teaches(((const struct action_clone *)op->owned)->program))
			return true;
	}
	return false;
}

static void count_teacher(struct tables *t, const struct of_action_learn *learn, int by)
{
	struct learn_count *c;

	if (!(learn->flags & OF_LEARN_DELETE_LEARNED))
		return;
	c = find_or_create(t, learn->table_id, learn->cookie);
	c->n_teachers += by;
	if (!c->n_teachers && list_is_empty(&c->in_orphans))
		list_insert(&t->learned.orphans, &c->in_orphans);
}

static void count_teachers(struct tables *t, const struct action_program *p, int by)
{
	for (unsigned i = 0; p && i < p->n_ops; i++) {
		const struct action_op *op = &p->ops[i];

		if (op->kind != ACTION_EXTENSION)
			continue;
		if (op->extension == ACTION_EXT_LEARN)
			count_teacher(t, ((const struct action_learn *)op->owned)->act, by);
		else if (op->extension == ACTION_EXT_CLONE)
			count_teachers(t, ((const struct action_clone *)op->owned)->program, by);
	}
}

/* A count that comes into being for NEW's actions has seen NEW itself already. */
void learned_touch(struct tables *t, const struct rule *old, const struct rule *new)
{
	if (old)
		count_rule(t, old, -1);
	if (new)
		count_rule(t, new, 1);
	if (new &&new->effect->teaches)
		count_teachers(t, new->apply, 1);
	if (old && old->effect->teaches)
		count_teachers(t, old->apply, -1);
}

/* Removing moves what comes behind, so the place is found anew. */
static void remove_at(struct tables *t, const struct sorted *sorted, struct sorted_at *at,
		      struct flow *f)
{
	uint64_t rank = f->rule->rank;

	journal_removed(t, f, OFPRR_DELETE);
	*at = sorted_from(sorted, rank);
}

static bool remove_flows(struct tables *t, const struct learn_count *c)
{
	struct sorted *sorted = &t->tables[c->table_id].sorted;
	struct sorted_at at = sorted_from(sorted, 0);
	bool is_any = false;
	struct flow *f;

	while ((f = sorted_next(&at))) {
		if (f->rule->cookie != c->cookie)
			continue;
		remove_at(t, sorted, &at, f);
		is_any = true;
	}
	return is_any;
}

bool learned_sweep(struct tables *t)
{
	bool is_any = false;

	while (!list_is_empty(&t->learned.orphans)) {
		struct learn_count *c =
			container_of(t->learned.orphans.next, struct learn_count, in_orphans);

		list_remove(&c->in_orphans);
		list_init(&c->in_orphans);
		if (!c->n_teachers && c->n_flows)
			is_any |= remove_flows(t, c);
		free_unused(c);
	}
	return is_any;
}

uint64_t tables_removals(const struct tables *t, uint8_t table_id)
{
	return t->tables[table_id].n_removals;
}

bool tables_has_flow(struct tables *t, uint8_t table_id, const struct of_match *match,
		     uint16_t priority)
{
	return tables_find(t, table_id, match, priority) != NULL;
}

static void again(struct tables *t, struct flow *f)
{
	timeouts_remove(t, f);
	timeouts_add(t, f);
}

bool tables_refresh(struct tables *t, const struct of_flow_mod *fm, uint64_t now_ns)
{
	struct flow *f = tables_find(t, fm->table_id, &fm->match, fm->priority);

	if (!f || f->rule->cookie != fm->cookie ||
	    !of_instructions_equal(rule_instructions(f->rule), &fm->instructions))
		return false;
	f->refreshed_ds = (now_ns - f->created_ns) / (NS_PER_SEC / 10);
	again(t, f);
	return true;
}

static bool shorten(uint16_t *timeout, uint16_t to)
{
	if (!to || (*timeout && *timeout <= to))
		return false;
	*timeout = to;
	return true;
}

bool tables_shorten(struct tables *t, const struct rule *r, uint16_t idle, uint16_t hard)
{
	struct flow *f = tables_find_words(t, r->class, r->words);
	bool is_shorter;

	if (!f || f->rule != r)
		return false;
	is_shorter = shorten(&f->idle_timeout, idle);
	is_shorter |= shorten(&f->hard_timeout, hard);
	if (is_shorter)
		again(t, f);
	return is_shorter;
}
