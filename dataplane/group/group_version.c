/* Making versions of groups: buckets compiled to programs. */

#include "dataplane/group/group_version.h"

#include <stdlib.h>
#include "dataplane/group/group_path.h"
#include "proto/openflow/numbers.h"

static bool has_watch(const struct of_bucket *b)
{
	return b->watch_port != OF_PORT_ANY || b->watch_group != OF_GROUP_ANY;
}

/* The bucket of the version with that id, or NULL. */
static const struct group_bucket *find_bucket(const struct group_version *v, uint32_t id)
{
	for (unsigned i = 0; i < v->n_buckets; i++)
		if (v->configs[i].id == id)
			return &v->buckets[i];
	return NULL;
}

static void name_meters(const struct group_version *v, const struct group_bucket *b, bool is_named)
{
	for (unsigned i = 0; b->program && i < b->program->n_ops; i++)
		if (b->program->ops[i].kind == ACTION_METER)
			v->env->name_meter(v->env->ctx, b->program->ops[i].meter.id, is_named);
}

static void look_at_ops(struct group_version *v, struct group_bucket *b)
{
	for (unsigned i = 0; i < b->program->n_ops; i++) {
		switch (b->program->ops[i].kind) {
		case ACTION_OUTPUT:
		case ACTION_GROUP:
		case ACTION_SET_QUEUE:
			break;
		case ACTION_CHANGE_KEY:
			b->changes_key = true;
			break;
		default:
			b->changes_packet = b->changes_key = true;
		}
	}
	v->depth = MAX_OF(v->depth, b->program->depth);
	v->lines |= b->program->lines;
}

static struct counted *counted_for(const struct group_version *v, const struct group_plan *plan,
				   const struct of_bucket *config)
{
	const struct group_bucket *old =
		plan->keeps_counters && plan->old ? find_bucket(plan->old, config->id) : NULL;

	return old ? counted_ref(old->counted) : counted_create(&v->env->counting);
}

static int init_bucket(struct group_version *v, const struct group_plan *plan,
		       const struct of_bucket *config, struct of_error *err)
{
	struct of_bucket *own = &v->configs[v->n_buckets];
	struct group_bucket *b = &v->buckets[v->n_buckets++];
	struct of_instructions ins = { .has_apply = true, .apply = config->actions };
	struct action_env env = { .refs = &v->env->refs,
				  .is_action_set = true,
				  .n_tables = v->env->n_tables };
	struct action_program *program;

	b->owned = of_instructions_dup(&ins);
	*own = *config;
	own->actions = b->owned->apply;
	v->has_watches |= has_watch(config);
	b->counted = counted_for(v, plan, config);
	if (!b->counted)
		return of_error_set(err, OFPET_GROUP_MOD_FAILED, OFPGMFC_OUT_OF_BUCKETS);
	b->slot = b->counted->slot;
	program = action_compile(&own->actions, &env, err);
	if (!program)
		return -1;
	action_program_order_set(program);
	b->program = program;
	look_at_ops(v, b);
	name_meters(v, b, true);
	return 0;
}

/* Words of the key with a bit in one of the fields. */
static void init_hash(struct group_version *v)
{
	const struct of_match *fields = v->selection_fields;
	struct flow_key mask = { 0 };

	v->hash.seed = v->env->seed ^ v->selection.param * GROUP_HASH_K2;
	if (!fields || !fields->n) {
		v->depth = PARSE_L4;
		v->lines |= KEY_LINE_COMMON | KEY_LINE_V6;
		return;
	}
	for (unsigned i = 0; i < fields->n; i++)
		key_field_set(&mask, fields->fields[i].id, fields->fields[i].mask,
			      fields->fields[i].mask);
	v->hash.words = xcalloc(KEY_WORDS, sizeof(*v->hash.words));
	for (unsigned w = 0; w < KEY_WORDS; w++)
		if (mask.words[w])
			v->hash.words[v->hash.n_words++] =
				(struct group_hash_word){ w, mask.words[w] };
	v->depth = MAX_OF(v->depth, key_mask_depth(&mask));
	v->lines |= key_mask_lines(&mask);
}

struct group_version *group_version_create(const struct groups_env *env,
					   const struct group_plan *plan, struct counted *counted,
					   struct of_error *err)
{
	struct group_version *v = xcalloc(1, sizeof(*v) + plan->n_buckets * sizeof(v->buckets[0]));

	v->configs = xcalloc(plan->n_buckets + 1, sizeof(*v->configs));
	v->n_refs = 1;
	v->env = env;
	v->group_id = plan->group_id;
	v->type = plan->type;
	v->counted = counted_ref(counted);
	v->slot = counted->slot;
	v->selection = *plan->selection;
	if (plan->selection->fields.n) {
		v->selection_fields = of_match_dup(&plan->selection->fields);
		v->selection.fields = *v->selection_fields;
	}
	for (unsigned i = 0; i < plan->n_buckets; i++) {
		if (init_bucket(v, plan, &plan->buckets[i], err) < 0) {
			group_version_unref(v);
			return NULL;
		}
	}
	if (v->type == OF_GROUP_SELECT) {
		init_hash(v);
		group_choice_make(v, plan->old && plan->old->choice ? plan->old : NULL);
	}
	return v;
}

struct group_version *group_version_ref(struct group_version *v)
{
	v->n_refs++;
	return v;
}

static void fini_bucket(const struct group_version *v, struct group_bucket *b)
{
	name_meters(v, b, false);
	action_program_destroy((struct action_program *)b->program);
	counted_unref(b->counted);
	free(b->owned);
}

void group_version_unref(struct group_version *v)
{
	if (--v->n_refs)
		return;
	for (unsigned i = 0; i < v->n_buckets; i++)
		fini_bucket(v, &v->buckets[i]);
	counted_unref(v->counted);
	free(v->selection_fields);
	free(v->hash.words);
	free(v->choice);
	free(v->configs);
	free(v);
}
