/* Loops of groups, through buckets that lead on and buckets that watch. */

#include <stdlib.h>
#include "dataplane/group/groups.h"
#include "proto/openflow/numbers.h"

struct search {
	struct groups *gs;
	struct group **todo;
	unsigned n, room;
};

static void visit(void *ctx, struct group *g)
{
	struct search *s = ctx;

	if (!g || g->visit == s->gs->visit)
		return;
	g->visit = s->gs->visit;
	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 64;
		s->todo = xrealloc(s->todo, s->room * sizeof(*s->todo));
	}
	s->todo[s->n++] = g;
}

static void visit_next(struct search *s, const struct group_version *v)
{
	group_version_each_next(s->gs, v, visit, s);
	for (unsigned i = 0; i < v->n_buckets; i++)
		if (v->configs[i].watch_group != OF_GROUP_ANY)
			visit(s, groups_get(s->gs, v->configs[i].watch_group));
}

bool group_makes_loop(struct groups *gs, const struct group *g, const struct group_version *v)
{
	struct search s = { .gs = gs };
	bool found = false;

	gs->visit++;
	visit_next(&s, v);
	while (s.n && !found) {
		struct group *next = s.todo[--s.n];

		found = next == g;
		visit_next(&s, next->version);
	}
	free(s.todo);
	return found;
}
