/* NXAST_CLONE (Open vSwitch's ovs-actions manual, "clone"): a padded header, then actions. */

#include "proto/openflow/action_clone.h"

#include "proto/openflow/action_priv.h"

#define PADDING 6

struct of_action_clone *of_action_clone(struct arena *a, const struct of_actions *actions)
{
	struct of_action_clone *c = of_action_new(a, &of_action_clone_class, sizeof(*c));

	c->actions = *actions;
	return c;
}

static struct of_action *clone_decode(struct cursor *body, uint8_t version, struct arena *a,
				      struct of_error *err)
{
	struct of_actions acts;

	cursor_take(body, PADDING);
	if (!cursor_ok(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (of_actions_decode(body, cursor_left(body), version, a, &acts, err) != 0)
		return NULL;
	return &of_action_clone(a, &acts)->base;
}

static void clone_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	buf_zeros(out, PADDING);
	of_actions_encode(&((const struct of_action_clone *)act)->actions, version, out);
}

static void clone_print(const struct of_action *act, struct buf *out)
{
	buf_puts(out, "clone(");
	of_actions_print(&((const struct of_action_clone *)act)->actions, out);
	buf_puts(out, ")");
}

static struct of_action *clone_parse(const char *args, struct arena *a, struct status *st)
{
	struct of_actions acts;

	return of_actions_parse(args, a, &acts, st) == 0 ? &of_action_clone(a, &acts)->base : NULL;
}

static const struct of_actions *clone_nested(const struct of_action *act)
{
	return &((const struct of_action_clone *)act)->actions;
}

static int clone_check(const struct of_action *act, struct of_action_scope *scope,
		       struct of_error *err)
{
	return of_actions_check_nested(clone_nested(act), scope, err);
}

OF_ACTION_CLASS(clone, OF_ACTION_NICIRA(NXAST_CLONE), .nested = clone_nested, .check = clone_check);
