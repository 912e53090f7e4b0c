/* Whether actions make sense on the packets that a flow matches: each field that one uses is there,
 * by the match or by what was pushed before it (OF 1.3.5 section 6.4, "inconsistent match"). */

#include "proto/openflow/action.h"

#define ETH_TYPE_IPV4		0x0800
#define ETH_TYPE_ARP		0x0806
#define ETH_TYPE_IPV6		0x86dd
#define ETH_TYPE_MPLS		0x8847
#define ETH_TYPE_MPLS_MULTICAST 0x8848
#define ETH_TYPE_PBB		0x88e7

/* Of a packet of this type, of which nothing more is known. */
static bool type_meets(uint16_t eth_type, enum of_field_prereq prereq)
{
	switch (prereq) {
	case OF_PREREQ_MPLS:
		return eth_type == ETH_TYPE_MPLS || eth_type == ETH_TYPE_MPLS_MULTICAST;
	case OF_PREREQ_PBB:
		return eth_type == ETH_TYPE_PBB;
	case OF_PREREQ_ARP:
		return eth_type == ETH_TYPE_ARP;
	case OF_PREREQ_IPV4:
		return eth_type == ETH_TYPE_IPV4;
	case OF_PREREQ_IPV6:
		return eth_type == ETH_TYPE_IPV6;
	case OF_PREREQ_IP:
		return eth_type == ETH_TYPE_IPV4 || eth_type == ETH_TYPE_IPV6;
	default:
		return false;
	}
}

bool of_action_scope_meets(const struct of_action_scope *scope, enum of_field_prereq prereq)
{
	switch (prereq) {
	case OF_PREREQ_NONE:
	case OF_PREREQ_IN_PORT: /* every packet has one */
		return true;
	case OF_PREREQ_VLAN:
		return !scope->match || scope->n_tags > 0;
	case OF_PREREQ_CT:
	case OF_PREREQ_CT_IPV4:
	case OF_PREREQ_CT_IPV6: /* what ct actions did before is not known here */
		return true;
	default:
		break;
	}
	if (!scope->match)
		return true;
	if (scope->is_changed)
		return type_meets(scope->eth_type, prereq);
	return of_match_meets(scope->match, prereq);
}

void of_action_scope_change(struct of_action_scope *scope, uint16_t eth_type)
{
	scope->is_changed = true;
	scope->eth_type = eth_type;
}

int of_action_check_field(const struct of_field *f, const struct of_action_scope *scope,
			  struct of_error *err)
{
	enum of_field_prereq prereq =
		f->id == OF_FIELD_VLAN_VID ? OF_PREREQ_VLAN : (enum of_field_prereq)f->prereq;

	if (of_action_scope_meets(scope, prereq))
		return 0;
	return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
}

static int check_list(const struct of_actions *acts, struct of_action_scope *scope,
		      struct of_error *err)
{
	for (unsigned i = 0; i < acts->n; i++) {
		const struct of_action *act = acts->list[i];

		if (act->class->check && act->class->check(act, scope, err) != 0)
			return -1;
	}
	return 0;
}

int of_actions_check_nested(const struct of_actions *acts, const struct of_action_scope *scope,
			    struct of_error *err)
{
	struct of_action_scope within = *scope;

	return check_list(acts, &within, err);
}

int of_actions_check(const struct of_actions *acts, const struct of_match *match,
		     struct of_error *err)
{
	struct of_action_scope scope = {
		.match = match,
		.n_tags = match && of_match_meets(match, OF_PREREQ_VLAN),
	};

	return check_list(acts, &scope, err);
}
