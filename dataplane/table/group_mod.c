/* Group-mods (group_mod.h). */

#include "dataplane/table/group_mod.h"

#include <openflow/openflow-common.h>
#include "dataplane/group/group_path.h"
#include "dataplane/table/refs.h"
#include "dataplane/table/tables_priv.h"
#include "dataplane/table/tlv_table.h"

static int fail(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_GROUP_MOD_FAILED, code);
}

/* --- what undoing and finishing need --- */

static void nothing(struct tables *t, void *group, void *old, uint64_t now_ns)
{
	(void)t;
	(void)group;
	(void)old;
	(void)now_ns;
}

static void undo_add(struct tables *t, void *group, void *old)
{
	(void)old;
	group_unlink(tables_groups(t), group);
	group_destroy(tables_groups(t), group);
}

static void drop_version(struct group_version *v)
{
	group_path_forget(v);
	group_version_unref(v);
}

static void undo_modify(struct tables *t, void *group, void *old)
{
	drop_version(group_swap(tables_groups(t), group, old));
}

static void commit_modify(struct tables *t, void *group, void *old, uint64_t now_ns)
{
	(void)t;
	(void)group;
	(void)now_ns;
	drop_version(old);
}

static void undo_delete(struct tables *t, void *group, void *old)
{
	(void)old;
	group_link(tables_groups(t), group);
}

static void commit_delete(struct tables *t, void *group, void *old, uint64_t now_ns)
{
	(void)old;
	(void)now_ns;
	group_destroy(tables_groups(t), group);
}

static const struct tables_undo added = { undo_add, nothing };
static const struct tables_undo modified = { undo_modify, commit_modify };
static const struct tables_undo deleted = { undo_delete, commit_delete };

/* --- the commands --- */

static int add(struct tables *t, const struct of_group_mod *gm, uint64_t now_ns,
	       struct of_error *err)
{
	struct groups *gs = tables_groups(t);
	struct group *g;

	if (groups_get(gs, gm->group_id))
		return fail(err, OFPGMFC_GROUP_EXISTS);
	g = group_create(gs, gm, now_ns, err);
	if (!g)
		return -1;
	/* Groups may watch an id that was deleted and is added again. */
	if (group_makes_loop(gs, g, g->version)) {
		group_destroy(gs, g);
		return fail(err, OFPGMFC_LOOP);
	}
	group_link(gs, g);
	tables_note(t, &added, g, NULL);
	return 0;
}

typedef struct group_version *next_fn(struct groups *gs, const struct group *g,
				      const struct of_group_mod *gm, struct of_error *err);

static int change(struct tables *t, const struct of_group_mod *gm, next_fn *next,
		  struct of_error *err)
{
	struct groups *gs = tables_groups(t);
	struct group *g = groups_get(gs, gm->group_id);
	struct group_version *v;

	if (!g)
		return fail(err, gm->group_id > OF_GROUP_MAX ? OFPGMFC_INVALID_GROUP
							     : OFPGMFC_UNKNOWN_GROUP);
	v = next(gs, g, gm, err);
	if (!v)
		return -1;
	tables_note(t, &modified, g, group_swap(gs, g, v));
	return 0;
}

static void take_out(struct tables *t, struct group *g)
{
	refs_remove_flows(t, ACTION_GROUP, g->id, OFPRR_GROUP_DELETE);
	group_unlink(tables_groups(t), g);
	tables_note(t, &deleted, g, NULL);
}

/* Those that lead on before those that they lead to: there are no loops, so each round takes out
 * some. */
static void delete_all(struct tables *t)
{
	struct groups *gs = tables_groups(t);

	while (gs->n) {
		for (uint32_t i = 0; i < gs->slots.n_slots; i++) {
			struct group *g = groups_at(gs, i);

			if (g && !g->n_groups)
				take_out(t, g);
		}
	}
}

static int delete (struct tables *t, const struct of_group_mod *gm, struct of_error *err)
{
	struct group *g = groups_get(tables_groups(t), gm->group_id);

	if (gm->group_id == OF_GROUP_ALL) {
		delete_all(t);
		return 0;
	}
	if (gm->group_id > OF_GROUP_MAX)
		return fail(err, OFPGMFC_INVALID_GROUP);
	if (!g)
		return 0;
	if (g->n_groups)
		return fail(err, OFPGMFC_CHAINED_GROUP);
	take_out(t, g);
	return 0;
}

static int apply(struct tables *t, const struct of_group_mod *gm, uint64_t now_ns,
		 struct of_error *err)
{
	switch (gm->command) {
	case OF_GROUP_ADD:
		return add(t, gm, now_ns, err);
	case OF_GROUP_MODIFY:
		return change(t, gm, group_modified, err);
	case OF_GROUP_DELETE:
		return delete (t, gm, err);
	case OF_GROUP_INSERT_BUCKET:
		return change(t, gm, group_with_buckets, err);
	case OF_GROUP_REMOVE_BUCKET:
		return change(t, gm, group_without_buckets, err);
	case OF_GROUP_ADD_OR_MODIFY:
		if (groups_get(tables_groups(t), gm->group_id))
			return change(t, gm, group_modified, err);
		return add(t, gm, now_ns, err);
	default:
		return fail(err, OFPGMFC_BAD_COMMAND);
	}
}

/* Each command fails, if it does, before it has changed anything. */
int tables_group_mod(struct tables *t, const struct of_group_mod *gm, uint64_t now_ns,
		     struct of_error *err)
{
	tables_use(t);
	if (apply(t, gm, now_ns, err) < 0)
		return -1;
	tables_settle(t, now_ns);
	return 0;
}
