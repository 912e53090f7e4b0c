/* Words for actions that are other actions on the wire: OpenFlow 1.0's, which set_field replaced,
 * the tunnel's number, and a queue with its port.  Also Nicira's actions that set a tunnel. */

#include <stdio.h>
#include <strings.h>

#include "proto/openflow/action_output.h"
#include "proto/openflow/action_priv.h"
#include "proto/openflow/action_queue.h"
#include "proto/openflow/action_reg_move.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/action_vlan.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/port_no.h"

#define VLAN_PRESENT  0x1000
#define ETH_TYPE_VLAN 0x8100

/* A value of the field as a set_field of it. */
static struct of_action *set(const char *name, enum of_field_id id, const char *args,
			     struct arena *a, struct status *st)
{
	const struct of_field *f = of_field(id);
	uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];

	if (of_field_parse(f, name, args, strlen(args), value, mask, st) != 0)
		return NULL;
	if (memcmp(mask, of_field_ones[id], f->n_bytes) != 0)
		return of_action_refuse_text(st, name, args, "give a whole value, without a mask");
	return &of_action_set_field(a, id, value)->base;
}

#define SETS_FIELD(WORD, ID)                                                                       \
	static struct of_action *parse_##WORD(const char *args, struct arena *a,                   \
					      struct status *st)                                   \
	{                                                                                          \
		return set(#WORD, ID, args, a, st);                                                \
	}                                                                                          \
	static const struct of_action_class word_##WORD = {                                        \
		.name = #WORD,                                                                     \
		.type = OF_ACTION_TEXT_ONLY,                                                       \
		.parse = parse_##WORD,                                                             \
	};                                                                                         \
	REGISTRY_ADD(of_action_class, word_##WORD)

SETS_FIELD(mod_dl_src, OF_FIELD_ETH_SRC);
SETS_FIELD(mod_dl_dst, OF_FIELD_ETH_DST);
SETS_FIELD(mod_nw_src, OF_FIELD_IPV4_SRC);
SETS_FIELD(mod_nw_dst, OF_FIELD_IPV4_DST);
SETS_FIELD(mod_nw_ecn, OF_FIELD_IP_ECN);
SETS_FIELD(set_mpls_label, OF_FIELD_MPLS_LABEL);
SETS_FIELD(set_mpls_tc, OF_FIELD_MPLS_TC);
SETS_FIELD(set_vlan_pcp, OF_FIELD_VLAN_PCP);
SETS_FIELD(set_tunnel, OF_FIELD_TUNNEL_ID);
SETS_FIELD(set_tunnel64, OF_FIELD_TUNNEL_ID);

#define OTHER_WORD(WORD, ...)                                                                      \
	static const struct of_action_class word_##WORD = {                                        \
		.name = #WORD,                                                                     \
		.type = OF_ACTION_TEXT_ONLY,                                                       \
		__VA_ARGS__,                                                                       \
	};                                                                                         \
	REGISTRY_ADD(of_action_class, word_##WORD)

/* The whole byte with the DSCP in its upper six bits. */
static struct of_action *parse_tos(const char *args, struct arena *a, struct status *st)
{
	uint64_t tos;

	if (of_action_parse_number("mod_nw_tos", args, UINT8_MAX, &tos, st) != 0)
		return NULL;
	if (tos & 3)
		return of_action_refuse_text(st, "mod_nw_tos", args,
					     "its lower two bits are nw_ecn: give a multiple of 4");
	return &of_action_set_field_u64(a, OF_FIELD_IP_DSCP, tos >> 2)->base;
}
OTHER_WORD(mod_nw_tos, .parse = parse_tos);

static struct of_action *parse_vid(const char *args, struct arena *a, struct status *st)
{
	uint64_t vid;

	if (of_action_parse_number("set_vlan_vid", args, 0xfff, &vid, st) != 0)
		return NULL;
	return &of_action_set_field_u64(a, OF_FIELD_VLAN_VID, VLAN_PRESENT | vid)->base;
}
OTHER_WORD(set_vlan_vid, .parse = parse_vid);

_Thread_local const struct of_match *of_actions_parse_match;

/* Whether packets have a tag for sure after ACTS: by them, or else by the match. */
static bool has_tag(const struct of_actions *acts)
{
	for (unsigned i = acts->n; i > 0; i--) {
		const struct of_action_class *class = acts->list[i - 1]->class;

		if (class == &of_action_pop_vlan_class)
			return false;
		if (class == &of_action_push_vlan_class)
			return true;
	}
	return of_actions_parse_match && of_match_meets(of_actions_parse_match, OF_PREREQ_VLAN);
}

/* Pushes a tag first, if there may be none. */
static int add_to_tag(const struct of_action *act, struct arena *a, struct of_actions *acts)
{
	if (!act)
		return -1;
	if (!has_tag(acts))
		of_actions_add(a, acts, &of_action_push_vlan(a, ETH_TYPE_VLAN)->base);
	of_actions_add(a, acts, act);
	return 0;
}

static int parse_mod_vid(const char *args, struct arena *a, struct of_actions *acts,
			 struct status *st)
{
	return add_to_tag(parse_vid(args, a, st), a, acts);
}
OTHER_WORD(mod_vlan_vid, .parse_list = parse_mod_vid);

static int parse_mod_pcp(const char *args, struct arena *a, struct of_actions *acts,
			 struct status *st)
{
	return add_to_tag(parse_set_vlan_pcp(args, a, st), a, acts);
}
OTHER_WORD(mod_vlan_pcp, .parse_list = parse_mod_pcp);

static struct of_action *parse_strip(const char *args, struct arena *a, struct status *st)
{
	return of_action_pop_vlan_class.parse(args, a, st);
}
OTHER_WORD(strip_vlan, .parse = parse_strip);

/* The protocol tells which of three fields it is; TCP's if nothing does. */
static enum of_field_id transport_field(enum of_field_id tcp, enum of_field_id udp,
					enum of_field_id sctp)
{
	const struct of_match *m = of_actions_parse_match;

	return m && of_match_meets(m, OF_PREREQ_UDP)	? udp
	       : m && of_match_meets(m, OF_PREREQ_SCTP) ? sctp
							: tcp;
}

static struct of_action *parse_tp_src(const char *args, struct arena *a, struct status *st)
{
	return set("mod_tp_src",
		   transport_field(OF_FIELD_TCP_SRC, OF_FIELD_UDP_SRC, OF_FIELD_SCTP_SRC), args, a,
		   st);
}
OTHER_WORD(mod_tp_src, .parse = parse_tp_src);

static struct of_action *parse_tp_dst(const char *args, struct arena *a, struct status *st)
{
	return set("mod_tp_dst",
		   transport_field(OF_FIELD_TCP_DST, OF_FIELD_UDP_DST, OF_FIELD_SCTP_DST), args, a,
		   st);
}
OTHER_WORD(mod_tp_dst, .parse = parse_tp_dst);

static struct of_action *parse_copy(const char *args, struct arena *a, struct status *st)
{
	return of_action_reg_move_class.parse(args, a, st);
}
OTHER_WORD(copy_field, .parse = parse_copy);

/* "PORT:QUEUE", "PORT,QUEUE": the queue, the output, then again the queue before. */
static int parse_enqueue(const char *args, struct arena *a, struct of_actions *acts,
			 struct status *st)
{
	size_t n = strcspn(args, ":,q");
	uint64_t queue;
	uint32_t port;

	if (!args[n] || of_port_no_parse(args, n, &port) != 0 ||
	    of_number_parse(args + n + 1, strlen(args + n + 1), &queue) != 0 || queue > UINT32_MAX)
		return status_set(st, STATUS_INVALID_ARGUMENT, "enqueue",
				  "enqueue: \"%.100s\": write enqueue:PORT:QUEUE", args);
	of_actions_add(a, acts, &of_action_set_queue(a, queue)->base);
	of_actions_add(a, acts, &of_action_output(a, port, 0)->base);
	of_actions_add(a, acts, &of_action_pop_queue(a)->base);
	return 0;
}
OTHER_WORD(enqueue, .parse_list = parse_enqueue);

/* NXAST_SET_TUNNEL and SET_TUNNEL64 (Open vSwitch's ovs-actions manual, "set_tunnel"). */
static struct of_action *decode_tunnel(struct cursor *body, uint8_t version, struct arena *a,
				       struct of_error *err)
{
	(void)version;
	(void)err;
	cursor_take(body, 2);
	return &of_action_set_field_u64(a, OF_FIELD_TUNNEL_ID, cursor_be32(body))->base;
}

static struct of_action *decode_tunnel64(struct cursor *body, uint8_t version, struct arena *a,
					 struct of_error *err)
{
	(void)version;
	(void)err;
	cursor_take(body, 6);
	return &of_action_set_field_u64(a, OF_FIELD_TUNNEL_ID, cursor_be64(body))->base;
}

static const struct of_action_class set_tunnel_nicira = {
	OF_ACTION_NICIRA(NXAST_SET_TUNNEL),
	.decode = decode_tunnel,
};
REGISTRY_ADD(of_action_class, set_tunnel_nicira);

static const struct of_action_class set_tunnel64_nicira = {
	OF_ACTION_NICIRA(NXAST_SET_TUNNEL64),
	.decode = decode_tunnel64,
};
REGISTRY_ADD(of_action_class, set_tunnel64_nicira);
