#include "controller/engine/engine.h"

#include <assert.h>
#include <stdlib.h>

struct engine {
	struct loop *loop;
	struct timer timer;
	struct engine_node *first, **end; /* in the order of computation */
	bool is_running;
	bool is_pending;
};

static void on_timer(struct timer *t, void *arg)
{
	(void)t;
	engine_run(arg);
}

struct engine *engine_create(struct loop *loop)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->loop = loop;
	e->end = &e->first;
	timer_init(&e->timer, on_timer, e);
	return e;
}

void engine_destroy(struct engine *e)
{
	if (!e)
		return;
	timer_cancel(e->loop, &e->timer);
	free(e);
}

static void schedule(struct engine *e)
{
	e->is_pending = true;
	if (!timer_is_armed(&e->timer))
		timer_arm(e->loop, &e->timer, 0);
}

void engine_add(struct engine *e, struct engine_node *node, const struct engine_node_class *class,
		const char *name)
{
	*node = (struct engine_node){ .class = class, .name = name, .engine = e };
	/* A node that was never computed has to be: as if its inputs had all changed. */
	node->is_changed = class->recompute != NULL;
	*e->end = node;
	e->end = &node->next;
	if (node->is_changed)
		schedule(e);
}

void engine_connect(struct engine_node *node, struct engine_node *input, engine_changed_fn *changed)
{
	struct engine_node *n = input;

	assert(node->n_inputs < ENGINE_MAX_INPUTS);
	while (n && n != node)
		n = n->next;
	assert(n); /* the input was added first */
	node->inputs[node->n_inputs++] = (struct engine_input){ input, changed };
}

void engine_touch(struct engine_node *node)
{
	assert(!node->engine->is_running);
	node->is_changed = true;
	schedule(node->engine);
}

static bool recompute(struct engine_node *node)
{
	node->counters.n_recomputed++;
	return node->class->recompute(node);
}

/* Returns whether the node's content has changed. */
static bool update(struct engine_node *node)
{
	bool is_changed = false;

	for (unsigned i = 0; i < node->n_inputs; i++) {
		const struct engine_input *in = &node->inputs[i];
		enum engine_result result = ENGINE_UNHANDLED;

		if (!in->node->is_changed)
			continue;
		if (in->changed)
			result = in->changed(node, in->node);
		if (result == ENGINE_UNHANDLED)
			return recompute(node);
		node->counters.n_handled++;
		is_changed |= result == ENGINE_UPDATED;
	}
	return is_changed;
}

static void settle(struct engine *e)
{
	for (struct engine_node *n = e->first; n; n = n->next) {
		if (n->is_changed && n->class->settle)
			n->class->settle(n);
		n->is_changed = false;
	}
}

void engine_run(struct engine *e)
{
	assert(!e->is_running);
	if (!e->is_pending)
		return;
	e->is_pending = false;
	timer_cancel(e->loop, &e->timer);
	e->is_running = true;
	for (struct engine_node *n = e->first; n; n = n->next) {
		if (!n->class->recompute && n->n_inputs == 0)
			continue;
		if (n->is_changed)
			recompute(n);
		else
			n->is_changed = update(n);
	}
	settle(e);
	e->is_running = false;
}

bool engine_is_settled(const struct engine *e)
{
	return !e->is_pending;
}

struct engine_counters engine_total(const struct engine *e)
{
	struct engine_counters sum = { 0 };

	for (const struct engine_node *n = e->first; n; n = n->next) {
		sum.n_handled += n->counters.n_handled;
		sum.n_recomputed += n->counters.n_recomputed;
		sum.n_work += n->counters.n_work;
	}
	return sum;
}

void engine_recompute_all(struct engine *e)
{
	engine_run(e);
	e->is_running = true;
	for (struct engine_node *n = e->first; n; n = n->next)
		if (n->class->recompute)
			n->is_changed = recompute(n);
	settle(e);
	e->is_running = false;
}

static void dump_node(struct engine_node *n, struct buf *out)
{
	buf_printf(out, "== %s\n", n->name);
	if (n->class->dump)
		n->class->dump(n, out);
}

static size_t count_nodes(const struct engine *e)
{
	size_t n_nodes = 0;

	for (const struct engine_node *n = e->first; n; n = n->next)
		n_nodes++;
	return n_nodes;
}

bool engine_check(struct engine *e, struct buf *why)
{
	struct buf *before;
	size_t i = 0, n_nodes;
	bool is_same = true;

	engine_run(e);
	n_nodes = count_nodes(e);
	before = xcalloc(MAX_OF(n_nodes, 1u), sizeof(*before));
	for (struct engine_node *n = e->first; n; n = n->next)
		dump_node(n, &before[i++]);
	engine_recompute_all(e);
	i = 0;
	for (struct engine_node *n = e->first; n; n = n->next, i++) {
		struct buf after = BUF_INIT;

		dump_node(n, &after);
		if (is_same && (after.size != before[i].size ||
				memcmp(after.data, before[i].data, after.size) != 0)) {
			is_same = false;
			buf_printf(why, "node %s differs\nincremental:\n%s\nrecomputed:\n%s\n",
				   n->name, buf_str(&before[i]), buf_str(&after));
		}
		buf_fini(&after);
		buf_fini(&before[i]);
	}
	free(before);
	return is_same;
}
