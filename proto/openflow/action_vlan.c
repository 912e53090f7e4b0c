/* OFPAT_PUSH_VLAN and OFPAT_POP_VLAN (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_vlan.h"

#include "proto/openflow/field_text.h"
#include "proto/openflow/numbers.h"

#define ETH_TYPE_VLAN 0x8100
#define ETH_TYPE_QINQ 0x88a8

struct of_action_push_vlan *of_action_push_vlan(struct arena *a, uint16_t eth_type)
{
	struct of_action_push_vlan *p = arena_alloc(a, sizeof(*p));

	p->base.class = &of_action_push_vlan_class;
	p->eth_type = eth_type;
	return p;
}

struct of_action_pop_vlan *of_action_pop_vlan(struct arena *a)
{
	struct of_action_pop_vlan *p = arena_alloc(a, sizeof(*p));

	p->base.class = &of_action_pop_vlan_class;
	return p;
}

static bool is_tag_type(uint64_t eth_type)
{
	return eth_type == ETH_TYPE_VLAN || eth_type == ETH_TYPE_QINQ;
}

static struct of_action *decode_push(struct cursor *body, uint8_t version, struct arena *a,
				     struct of_error *err)
{
	uint16_t eth_type = cursor_be16(body);

	(void)version;
	cursor_take(body, 2); /* padding */
	if (cursor_ok(body) && !is_tag_type(eth_type)) {
		of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
		return NULL;
	}
	return &of_action_push_vlan(a, eth_type)->base;
}

static void encode_push(const struct of_action *act, uint8_t version, struct buf *out)
{
	(void)version;
	buf_be16(out, ((const struct of_action_push_vlan *)act)->eth_type);
	buf_zeros(out, 2);
}

static void print_push(const struct of_action *act, struct buf *out)
{
	buf_printf(out, "push_vlan:0x%04x", ((const struct of_action_push_vlan *)act)->eth_type);
}

static struct of_action *parse_push(const char *args, struct arena *a, struct status *st)
{
	uint64_t eth_type;

	if (of_number_parse(args, strlen(args), &eth_type) != 0 || !is_tag_type(eth_type)) {
		status_set(st, STATUS_INVALID_ARGUMENT, "push_vlan",
			   "push_vlan: \"%s\" is no tag's type: write 0x8100 or 0x88a8", args);
		return NULL;
	}
	return &of_action_push_vlan(a, eth_type)->base;
}

static int check_push(const struct of_action *act, struct of_action_scope *scope,
		      struct of_error *err)
{
	(void)act;
	(void)err;
	scope->n_tags++;
	return 0;
}

const struct of_action_class of_action_push_vlan_class = {
	.name = "push_vlan",
	.size = sizeof(struct of_action_push_vlan),
	.type = OFPAT_PUSH_VLAN,
	.decode = decode_push,
	.encode = encode_push,
	.print = print_push,
	.parse = parse_push,
	.check = check_push,
};
REGISTRY_ADD(of_action_class, of_action_push_vlan_class);

static struct of_action *decode_pop(struct cursor *body, uint8_t version, struct arena *a,
				    struct of_error *err)
{
	(void)version;
	(void)err;
	cursor_take(body, 4); /* padding */
	return &of_action_pop_vlan(a)->base;
}

static void encode_pop(const struct of_action *act, uint8_t version, struct buf *out)
{
	(void)version;
	(void)act;
	buf_zeros(out, 4);
}

static void print_pop(const struct of_action *act, struct buf *out)
{
	(void)act;
	buf_puts(out, "pop_vlan");
}

static struct of_action *parse_pop(const char *args, struct arena *a, struct status *st)
{
	if (*args) {
		status_set(st, STATUS_INVALID_ARGUMENT, "pop_vlan", "pop_vlan: takes no argument");
		return NULL;
	}
	return &of_action_pop_vlan(a)->base;
}

/* There must be a tag; what is under it nobody knows, there may be another. */
static int check_pop(const struct of_action *act, struct of_action_scope *scope,
		     struct of_error *err)
{
	(void)act;
	if (!scope->match)
		return 0;
	if (!scope->n_tags)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
	scope->n_tags--;
	return 0;
}

const struct of_action_class of_action_pop_vlan_class = {
	.name = "pop_vlan",
	.size = sizeof(struct of_action_pop_vlan),
	.type = OFPAT_POP_VLAN,
	.decode = decode_pop,
	.encode = encode_pop,
	.print = print_pop,
	.parse = parse_pop,
	.check = check_pop,
};
REGISTRY_ADD(of_action_class, of_action_pop_vlan_class);
