#include "controller/port_states.h"

#include <stdlib.h>
#include "controller/model/report.h"

struct port_states {
	struct engine_node node;
	struct loop *loop;
	struct model *model;
	struct apps *apps;
	struct timer timer;
	uint32_t *changed; /* ids */
	size_t n_changed, capacity;
};

static void add(struct port_states *p, uint32_t id)
{
	if (p->n_changed == p->capacity) {
		p->capacity = MAX_OF(p->capacity * 2, 16u);
		p->changed = xrealloc(p->changed, p->capacity * sizeof(*p->changed));
	}
	p->changed[p->n_changed++] = id;
}

static enum engine_result ports_changed(struct engine_node *self, struct engine_node *input)
{
	struct port_states *p = container_of(self, struct port_states, node);
	const struct model_change *changes;
	size_t n;

	changes = model_changes(input, &n);
	engine_work(self, n);
	for (size_t i = 0; i < n; i++)
		if (changes[i].after)
			add(p, changes[i].r->id);
	if (p->n_changed)
		timer_arm(p->loop, &p->timer, 0);
	return ENGINE_UNCHANGED;
}

/* At the start nothing is acknowledged that the apps would not tell of. */
static bool recompute(struct engine_node *self)
{
	(void)self;
	return false;
}

/* Not within the engine's run: the model's states change. */
static void tell(struct timer *t, void *arg)
{
	struct port_states *p = arg;

	(void)t;
	for (size_t i = 0; i < p->n_changed; i++)
		if (apps_port_phase(p->apps, p->changed[i]) == PORT_PHASE_ACTIVE)
			model_port_acknowledged(p->model, p->changed[i], true, "");
	p->n_changed = 0;
}

static const struct engine_node_class node_class = { .recompute = recompute };

struct port_states *port_states_create(struct loop *loop, struct engine *engine,
				       struct model *model, struct apps *apps)
{
	struct port_states *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->model = model;
	p->apps = apps;
	timer_init(&p->timer, tell, p);
	engine_add(engine, &p->node, &node_class, "port states");
	engine_connect(&p->node, model_node(model, &port_resource), ports_changed);
	return p;
}

void port_states_destroy(struct port_states *p)
{
	if (!p)
		return;
	timer_cancel(p->loop, &p->timer);
	free(p->changed);
	free(p);
}
