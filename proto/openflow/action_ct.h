#ifndef PROTO_OPENFLOW_ACTION_CT_H
#define PROTO_OPENFLOW_ACTION_CT_H

/* NXAST_CT, NXAST_CT_CLEAR and, within the former, NXAST_NAT: connection tracking (Open vSwitch's
 * ovs-actions manual).  Text: "ct(commit,zone=5,nat(src=10.0.0.1),exec(set_field:1->ct_mark))",
 * "ct_clear". */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"

#define OF_CT_NO_RECIRCULATION 0xff
#define OF_CT_COMMIT	       0x1 /* of flags: NX_CT_F_COMMIT ... */
#define OF_CT_FORCE	       0x2

struct of_action_ct {
	struct of_action base;
	uint16_t flags;
	uint16_t zone;		     /* where zone_src has no field */
	struct of_subfield zone_src; /* of 16 bits; field NULL: the number above */
	uint8_t recirc_table;	     /* OF_CT_NO_RECIRCULATION: no */
	uint16_t alg;		     /* port of the protocol that helps: 21 FTP, 69 TFTP; 0 none */
	struct of_actions actions;   /* nat, and set_field, load and move to ct_mark and ct_label */
};

#define OF_NAT_SRC	  0x01 /* of flags: NX_NAT_F_SRC ... */
#define OF_NAT_DST	  0x02
#define OF_NAT_PERSISTENT 0x04
#define OF_NAT_HASH	  0x08
#define OF_NAT_RANDOM	  0x10

struct of_action_nat {
	struct of_action base;
	uint16_t flags;
	uint8_t family; /* 0: no addresses, else 4 or 6 */
	bool has_max_address, has_min_port, has_max_port;
	uint8_t min_address[16], max_address[16]; /* network order; the first 4 bytes of IPv4's */
	uint16_t min_port, max_port;
};

/* It has no argument. */
struct of_action_ct_clear {
	struct of_action base;
};

struct of_action_ct *of_action_ct(struct arena *a, uint16_t flags, uint16_t zone);
struct of_action_nat *of_action_nat(struct arena *a, uint16_t flags);
struct of_action_ct_clear *of_action_ct_clear(struct arena *a);
extern const struct of_action_class of_action_ct_class;
extern const struct of_action_class of_action_nat_class;
extern const struct of_action_class of_action_ct_clear_class;

#endif
