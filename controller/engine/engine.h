#ifndef CONTROLLER_ENGINE_ENGINE_H
#define CONTROLLER_ENGINE_ENGINE_H

/* The incremental engine: desired flows = apps(intent, facts), kept up to date at the cost of
 * what changed.
 *
 * A node holds derived content and has inputs: other nodes.  When an input has changed, the node's
 * handler for that input looks at the input's changes and brings its own content up to date, or
 * answers ENGINE_UNHANDLED, and the node is recomputed in full from its inputs.  Both ways must
 * lead to the same content: engine_check() asserts it, and every simulation calls it.
 *
 * Sources (resources, facts) have no inputs; their owners change them and call engine_touch().  One
 * run serves all that was touched since the last, on the loop's thread, soon after the current
 * event.  Within a run a node is visited after its inputs.
 *
 *	resources: networks ---+
 *	           ports ------+--> app l2 ---+
 *	facts:     switches ---+              +--> flows --> southbound
 *	                       +--> app arp --+
 */

#include "lib/buf.h"
#include "lib/loop.h"

struct engine;
struct engine_node;

enum engine_result {
	ENGINE_UNCHANGED, /* the input's change means nothing to this node */
	ENGINE_UPDATED,	  /* content brought up to date, and changed */
	ENGINE_UNHANDLED, /* recompute me */
};

/* Bring SELF up to date with the changes of INPUT, which INPUT's type knows how to tell.  The
 * other inputs may have changed as well: each handler is called once a run. */
typedef enum engine_result engine_changed_fn(struct engine_node *self, struct engine_node *input);

struct engine_node_class {
	/* Content from the inputs' whole content, as if nothing had been there.  The node's own
	 * list of changes must tell the difference to before (or "everything").  Returns whether
	 * the content differs from before; true is always right.  NULL for sources. */
	bool (*recompute)(struct engine_node *self);
	/* The run is over: forget the list of changes.  NULL: nothing to forget. */
	void (*settle)(struct engine_node *self);
	/* The content as text, the same for the same content whatever way led there: sort.
	 * NULL: no content of its own. */
	void (*dump)(struct engine_node *self, struct buf *out);
};

#define ENGINE_MAX_INPUTS 16

struct engine_input {
	struct engine_node *node;
	engine_changed_fn *changed; /* NULL: always recompute */
};

/* How often, and how much.  Tests assert on differences of these: that a change costs what it
 * touches and not what exists. */
struct engine_counters {
	uint64_t n_handled;    /* handler calls that answered something else than UNHANDLED */
	uint64_t n_recomputed; /* recompute calls */
	uint64_t n_work;       /* items looked at, as told by engine_work() */
};

/* Embed one in the object it keeps up to date; container_of() leads back. */
struct engine_node {
	const struct engine_node_class *class;
	const char *name; /* lent for life */
	struct engine *engine;
	struct engine_counters counters;
	/* the engine's own: */
	struct engine_input inputs[ENGINE_MAX_INPUTS];
	unsigned n_inputs;
	bool is_changed; /* in this run, or touched for the next */
	struct engine_node *next;
};

struct engine *engine_create(struct loop *loop);
/* The nodes are the owners'; none is called back. */
void engine_destroy(struct engine *e);
/* Nodes are added in the order in which they can be computed: inputs first.  A node that is not a
 * source is recomputed in the next run. */
void engine_add(struct engine *e, struct engine_node *node, const struct engine_node_class *class,
		const char *name);
/* NODE depends on INPUT, which was added before it. */
void engine_connect(struct engine_node *node, struct engine_node *input,
		    engine_changed_fn *changed);

/* NODE's content or list of changes has changed: run soon.  Not from a handler. */
void engine_touch(struct engine_node *node);
/* Run now if anything was touched.  Not from a handler. */
void engine_run(struct engine *e);
bool engine_is_settled(const struct engine *e); /* nothing waits for a run */

/* Count N items of work for NODE. */
static inline void engine_work(struct engine_node *node, uint64_t n)
{
	node->counters.n_work += n;
}

/* The sum over all nodes. */
struct engine_counters engine_total(const struct engine *e);

/* All nodes but sources, in order, in full. */
void engine_recompute_all(struct engine *e);
/* Run what waits, then compare the content with a recomputed one.  False if they differ: WHY gets
 * the first node that does and both texts. */
bool engine_check(struct engine *e, struct buf *why);

#endif
