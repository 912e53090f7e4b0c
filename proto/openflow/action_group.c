/* OFPAT_GROUP (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_group.h"

#include "proto/openflow/field_text.h"
#include "proto/openflow/group.h"
#include "proto/openflow/numbers.h"

struct of_action_group *of_action_group(struct arena *a, uint32_t group_id)
{
	struct of_action_group *g = arena_alloc(a, sizeof(*g));

	g->base.class = &of_action_group_class;
	g->group_id = group_id;
	return g;
}

static struct of_action *decode(struct cursor *body, uint8_t version, struct arena *a,
				struct of_error *err)
{
	uint32_t group_id = cursor_be32(body);

	(void)version;
	if (cursor_ok(body) && group_id > OF_GROUP_MAX) {
		of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_GROUP);
		return NULL;
	}
	return &of_action_group(a, group_id)->base;
}

static void encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	(void)version;
	buf_be32(out, ((const struct of_action_group *)act)->group_id);
}

static void print(const struct of_action *act, struct buf *out)
{
	buf_printf(out, "group:%u", ((const struct of_action_group *)act)->group_id);
}

static struct of_action *parse(const char *args, struct arena *a, struct status *st)
{
	uint64_t group_id;

	if (of_number_parse(args, strlen(args), &group_id) != 0 || group_id > OF_GROUP_MAX) {
		status_set(st, STATUS_INVALID_ARGUMENT, "group",
			   "group: \"%s\" is no group: give a number from 0 to %u", args,
			   OF_GROUP_MAX);
		return NULL;
	}
	return &of_action_group(a, group_id)->base;
}

const struct of_action_class of_action_group_class = {
	.name = "group",
	.size = sizeof(struct of_action_group),
	.type = OFPAT_GROUP,
	.decode = decode,
	.encode = encode,
	.print = print,
	.parse = parse,
};
REGISTRY_ADD(of_action_class, of_action_group_class);
