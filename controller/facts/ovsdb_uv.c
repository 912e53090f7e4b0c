#include "controller/facts/ovsdb.h"

#include <stdlib.h>

#include "lib/list.h"
#include "lib/stream_uv.h"

/* One dial under way. */
struct attempt {
	struct list node;
	struct ovsdb *o;
	struct stream_dial *dial;
};

struct ovsdb_uv {
	struct ovsdb_dialer dialer;
	struct loop *loop;
	struct list attempts;
};

static void dialled(void *arg, struct stream *s, const char *why)
{
	struct attempt *a = arg;
	struct ovsdb *o = a->o;

	list_remove(&a->node);
	free(a);
	ovsdb_connected(o, s, why);
}

static void dial(void *ctx, const struct addr *addr, struct ovsdb *o)
{
	struct ovsdb_uv *u = ctx;
	struct attempt *a = xcalloc(1, sizeof(*a));

	a->o = o;
	list_insert(&u->attempts, &a->node);
	a->dial = stream_dial(u->loop, addr, dialled, a);
}

static void cancel(void *ctx, struct ovsdb *o)
{
	struct ovsdb_uv *u = ctx;
	struct attempt *a, *next;

	LIST_FOREACH_SAFE (a, next, &u->attempts, node) {
		if (a->o != o)
			continue;
		stream_dial_cancel(a->dial);
		list_remove(&a->node);
		free(a);
	}
}

struct ovsdb_uv *ovsdb_uv_create(struct loop *loop)
{
	struct ovsdb_uv *u = xcalloc(1, sizeof(*u));

	u->loop = loop;
	u->dialer = (struct ovsdb_dialer){ .dial = dial, .cancel = cancel, .ctx = u };
	list_init(&u->attempts);
	return u;
}

void ovsdb_uv_destroy(struct ovsdb_uv *u)
{
	free(u);
}

const struct ovsdb_dialer *ovsdb_uv_dialer(struct ovsdb_uv *u)
{
	return &u->dialer;
}
