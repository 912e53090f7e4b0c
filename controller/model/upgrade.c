#include "controller/model/upgrade.h"

#include <stdlib.h>
#include "controller/model/port_security.h"
#include "controller/model/security_group.h"
#include "controller/model/view.h"
#include "lib/log.h"

/* What stores of older versions lack is made while they are loaded, in memory at once, so that the
 * first flows are right, and then in the store. */

#define BATCH 30 /* resources of a transaction */

/* Those that were made or changed, until they are written. */
struct upgrade {
	struct model *model;
	struct resource **list;
	size_t n, capacity;
};

static void add(struct upgrade *u, struct resource *r)
{
	if (u->n == u->capacity) {
		u->capacity = MAX_OF(u->capacity * 2, 64u);
		u->list = xrealloc(u->list, u->capacity * sizeof(*u->list));
	}
	u->list[u->n++] = r;
}

/* A project without its default group gets it. */
static void upgrade_project(struct upgrade *u, const struct resource *project)
{
	struct model *m = u->model;
	char name[NAME_MAX_SIZE];
	ProtobufCMessage *msg;
	struct resource *r;

	if (resource_companion(m, project))
		return;
	msg = companion_create(m, project->class, project->name, name);
	r = resource_create(m, project->class->companion->class, name, resource_id_of(msg));
	resource_load(r, msg, 0);
	add(u, r);
}

static void written(void *arg, const struct status *st)
{
	(void)arg;
	if (!status_ok(st))
		log_warn("an older store could not be brought up to date, and will be at the next "
			 "start: %s",
			 st->message);
}

void upgrade_write(struct upgrade *u)
{
	struct change *c = NULL;

	for (size_t i = 0; i < u->n; i++) {
		struct resource *r = u->list[i];

		if (!c)
			c = change_begin(u->model);
		change_put(c, r->class, r->name, msg_copy(r->head.msg));
		if (i % BATCH != BATCH - 1 && i + 1 < u->n)
			continue;
		change_commit(c, written, NULL);
		c = NULL;
	}
	free(u->list);
	free(u);
}

struct upgrade *upgrade_loaded(struct model *m)
{
	struct upgrade *u = xcalloc(1, sizeof(*u));
	struct resource *r;

	u->model = m;
	LIST_FOREACH (r, &model_set(m, &project_resource)->resources, by_class)
		upgrade_project(u, r);
	LIST_FOREACH (r, &model_set(m, &port_resource)->resources, by_class)
		if (port_security_upgrade((Weft__V1__Port *)r->head.msg))
			add(u, r);
	return u;
}
