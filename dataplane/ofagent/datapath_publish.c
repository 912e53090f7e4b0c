#include <stdlib.h>

#include "dataplane/ofagent/datapath_priv.h"

/* From tables to workers.  Flow-mods change the tables at once; compiling them waits until
 * somebody needs it (a barrier, a packet-out, a trace) or the loop has nothing else to do, so that
 * a burst of a thousand messages is compiled once.  The snapshot that was replaced is released, and
 * barriers are answered, when the workers have left it behind; nothing here waits. */

/* Compiling by ourselves takes at most a fifth of the time: 4 parts of rest to 1 of work. */
#define REST 4

/* Linking waits until the tables have rested for a moment, and takes at most a twentieth of the
 * time. */
#define LINK_DELAY_NS (20 * NS_PER_MS)
#define LINK_REST     20

/* What is due when the workers have passed a token. */
struct grace {
	struct list in_graces;
	struct datapath *dp;
	struct list waits;
	struct pipeline *replaced; /* or NULL */
};

static void grace_free(struct grace *g)
{
	pipeline_release(g->replaced);
	list_remove(&g->in_graces);
	free(g);
}

/* Rules freed in one turn of the loop, some 0.2 ms. */
#define CLEANED_AT_ONCE 2048

static void on_clean(struct timer *t, void *arg)
{
	struct datapath *dp = arg;

	if (tables_clean(dp->tables, CLEANED_AT_ONCE))
		timer_arm(dp->loop, t, 0);
}

static void on_seen(void *arg)
{
	struct datapath *dp = ((struct grace *)arg)->dp;
	struct grace *g = arg;

	while (!list_is_empty(&g->waits)) {
		struct datapath_wait *w =
			container_of(g->waits.next, struct datapath_wait, in_grace);

		list_remove(&w->in_grace);
		w->done(w->arg);
	}
	grace_free(g);
	if (!timer_is_armed(&dp->clean))
		timer_arm(dp->loop, &dp->clean, 0);
}

static struct grace *grace_begin(struct datapath *dp, struct pipeline *replaced)
{
	struct grace *g = xcalloc(1, sizeof(*g));

	g->dp = dp;
	g->replaced = replaced;
	list_init(&g->waits);
	list_insert(&dp->graces, &g->in_graces);
	return g;
}

static struct pipeline *compile(struct datapath *dp)
{
	struct pipeline_port *ports = xcalloc(dp->n_ports, sizeof(*ports));
	uint64_t began_ns = loop_now_ns(dp->loop);
	struct pipeline *p;

	for (unsigned i = 0; i < dp->n_ports; i++)
		ports[i] = (struct pipeline_port){ dp->ports[i].port_no, dp->ports[i].config,
						   dp->ports[i].state };
	p = pipeline_compile(dp->tables, ports, dp->n_ports, dp->pipeline);
	free(ports);
	dp->compiled_ns = loop_now_ns(dp->loop);
	dp->compile_cost_ns = dp->compiled_ns - began_ns;
	return p;
}

static void link_tables(struct datapath *dp)
{
	uint64_t began_ns = loop_now_ns(dp->loop);

	pipeline_link(dp->pipeline);
	dp->link_cost_ns = loop_now_ns(dp->loop) - began_ns;
}

static void link_later(struct datapath *dp)
{
	if (pipeline_wants_links(dp->pipeline) && !timer_is_armed(&dp->link))
		timer_arm(dp->loop, &dp->link, LINK_DELAY_NS + LINK_REST * dp->link_cost_ns);
}

static void publish(struct datapath *dp, bool is_linking)
{
	struct pipeline *old = dp->pipeline;
	uint64_t token;

	timer_cancel(dp->loop, &dp->publish);
	dp->pipeline = compile(dp);
	if (is_linking)
		link_tables(dp);
	dp->is_changed = false;
	token = dp->ops->publish(dp->arg, dp->pipeline);
	datapath_budget_check(dp);
	link_later(dp);
	if (old)
		dp->ops->when_seen(dp->arg, token, on_seen, grace_begin(dp, old));
}

static void on_publish(struct timer *t, void *arg)
{
	(void)t;
	publish(arg, false);
}

static void on_link(struct timer *t, void *arg)
{
	(void)t;
	publish(arg, true);
}

void datapath_changed(struct datapath *dp)
{
	uint64_t rest_ns = REST * dp->compile_cost_ns;
	uint64_t since_ns = loop_now_ns(dp->loop) - dp->compiled_ns;

	dp->is_changed = true;
	if (!timer_is_armed(&dp->publish))
		timer_arm(dp->loop, &dp->publish, since_ns < rest_ns ? rest_ns - since_ns : 0);
}

const struct pipeline *datapath_current(struct datapath *dp)
{
	if (dp->is_changed)
		publish(dp, false);
	return dp->pipeline;
}

void datapath_wait_init(struct datapath_wait *w)
{
	list_init(&w->in_grace);
}

void datapath_wait_seen(struct datapath *dp, struct datapath_wait *w, void (*done)(void *arg),
			void *arg)
{
	struct grace *g;

	datapath_current(dp);
	g = grace_begin(dp, NULL);
	w->done = done;
	w->arg = arg;
	list_insert(&g->waits, &w->in_grace);
	dp->ops->when_seen(dp->arg, dp->ops->token(dp->arg), on_seen, g);
}

void datapath_wait_cancel(struct datapath_wait *w)
{
	list_remove(&w->in_grace);
}

void datapath_publish_init(struct datapath *dp)
{
	list_init(&dp->graces);
	timer_init(&dp->publish, on_publish, dp);
	timer_init(&dp->clean, on_clean, dp);
	timer_init(&dp->link, on_link, dp);
	publish(dp, false);
}

void datapath_publish_fini(struct datapath *dp)
{
	timer_cancel(dp->loop, &dp->publish);
	timer_cancel(dp->loop, &dp->clean);
	timer_cancel(dp->loop, &dp->link);
	while (!list_is_empty(&dp->graces))
		grace_free(container_of(dp->graces.next, struct grace, in_graces));
	pipeline_release(dp->pipeline);
}
