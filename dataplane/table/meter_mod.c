/* Meter-mods (meter_mod.h). */

#include "dataplane/table/meter_mod.h"

#include <openflow/openflow-common.h>
#include "dataplane/table/refs.h"
#include "dataplane/table/tables_priv.h"

static int fail(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_METER_MOD_FAILED, code);
}

/* --- what undoing and finishing need --- */

static void nothing(struct tables *t, void *meter, void *old, uint64_t now_ns)
{
	(void)t;
	(void)meter;
	(void)old;
	(void)now_ns;
}

static void undo_add(struct tables *t, void *meter, void *old)
{
	(void)old;
	meter_unlink(tables_meters(t), meter);
	meter_destroy(tables_meters(t), meter);
}

static void undo_modify(struct tables *t, void *meter, void *old)
{
	meter_version_destroy(meter_swap(tables_meters(t), meter, old));
}

static void commit_modify(struct tables *t, void *meter, void *old, uint64_t now_ns)
{
	(void)t;
	(void)meter;
	(void)now_ns;
	meter_version_destroy(old);
}

static void undo_delete(struct tables *t, void *meter, void *old)
{
	(void)old;
	meter_link(tables_meters(t), meter);
}

static void commit_delete(struct tables *t, void *meter, void *old, uint64_t now_ns)
{
	(void)old;
	(void)now_ns;
	meter_destroy(tables_meters(t), meter);
}

static const struct tables_undo added = { undo_add, nothing };
static const struct tables_undo modified = { undo_modify, commit_modify };
static const struct tables_undo deleted = { undo_delete, commit_delete };

/* --- the commands --- */

static int add(struct tables *t, const struct of_meter_config *mod, uint64_t now_ns,
	       struct of_error *err)
{
	struct meters *ms = tables_meters(t);
	struct meter *m;

	if (meter_check(mod, err) < 0)
		return -1;
	if (meters_get(ms, mod->meter_id))
		return fail(err, OFPMMFC_METER_EXISTS);
	m = meter_create(ms, mod, now_ns, err);
	if (!m)
		return -1;
	meter_link(ms, m);
	tables_note(t, &added, m, NULL);
	return 0;
}

static int modify(struct tables *t, const struct of_meter_config *mod, uint64_t now_ns,
		  struct of_error *err)
{
	struct meters *ms = tables_meters(t);
	struct meter *m = meters_get(ms, mod->meter_id);
	struct meter_version *v;

	if (meter_check(mod, err) < 0)
		return -1;
	if (!m)
		return fail(err, OFPMMFC_UNKNOWN_METER);
	v = meter_version_create(m, mod, now_ns, err);
	if (!v)
		return -1;
	tables_note(t, &modified, m, meter_swap(ms, m, v));
	return 0;
}

static void take_out(struct tables *t, struct meter *m)
{
	refs_remove_flows(t, ACTION_METER, m->id, OFPRR_METER_DELETE);
	meter_unlink(tables_meters(t), m);
	tables_note(t, &deleted, m, NULL);
}

static int delete (struct tables *t, const struct of_meter_config *mod, struct of_error *err)
{
	struct meters *ms = tables_meters(t);
	struct meter *m = meters_get(ms, mod->meter_id);

	if (mod->meter_id == OF_METER_ALL) {
		for (uint32_t i = 0; i < ms->slots.n_slots; i++)
			if (ms->slots.by_slot[i] && ms->slots.by_slot[i]->thing)
				take_out(t, ms->slots.by_slot[i]->thing);
		return 0;
	}
	if (m) {
		take_out(t, m);
		return 0;
	}
	if (!mod->meter_id ||
	    (mod->meter_id > OF_METER_MAX && mod->meter_id != OF_METER_CONTROLLER &&
	     mod->meter_id != OF_METER_SLOWPATH))
		return fail(err, OFPMMFC_INVALID_METER);
	return 0;
}

static int apply(struct tables *t, const struct of_meter_config *mod, uint64_t now_ns,
		 struct of_error *err)
{
	switch (mod->command) {
	case OF_METER_ADD:
		return add(t, mod, now_ns, err);
	case OF_METER_MODIFY:
		return modify(t, mod, now_ns, err);
	case OF_METER_DELETE:
		return delete (t, mod, err);
	default:
		return fail(err, OFPMMFC_BAD_COMMAND);
	}
}

/* Each command fails, if it does, before it has changed anything. */
int tables_meter_mod(struct tables *t, const struct of_meter_config *mod, uint64_t now_ns,
		     struct of_error *err)
{
	if (apply(t, mod, now_ns, err) < 0)
		return -1;
	tables_settle(t, now_ns);
	return 0;
}
