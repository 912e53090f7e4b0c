#ifndef PROTO_OPENFLOW_ACTION_ENCAP_H
#define PROTO_OPENFLOW_ACTION_ENCAP_H

/* NXAST_ENCAP, NXAST_DECAP, NXAST_DEC_NSH_TTL and NXAST_DELETE_FIELD: headers that the switch does
 * not work with, understood so that they can be refused or passed on.  Text:
 * "encap(nsh(md_type=1))", "decap()", "dec_nsh_ttl", "delete_field:tun_metadata0". */

#include "proto/openflow/action.h"
#include "proto/openflow/field.h"

struct of_action_encap {
	struct of_action base;
	uint16_t header_size;
	uint32_t packet_type;  /* of the new header */
	uint16_t n_properties; /* bytes */
	uint8_t properties[];  /* class 16 bits, type 8, length 8 and so on, each padded to 8 */
};

struct of_action_decap {
	struct of_action base;
	uint32_t packet_type; /* of what is within; 0xfffe (0, OFPHTN_USE_NEXT_PROTO): by the header
			       */
};

/* It has no argument. */
struct of_action_dec_nsh_ttl {
	struct of_action base;
};

struct of_action_delete_field {
	struct of_action base;
	const struct of_field *field; /* one of tun_metadata0 and so on */
};

struct of_action_encap *of_action_encap(struct arena *a, uint32_t packet_type,
					const void *properties, uint16_t n_properties);
struct of_action_decap *of_action_decap(struct arena *a, uint32_t packet_type);
struct of_action_dec_nsh_ttl *of_action_dec_nsh_ttl(struct arena *a);
struct of_action_delete_field *of_action_delete_field(struct arena *a, enum of_field_id id);
extern const struct of_action_class of_action_encap_class;
extern const struct of_action_class of_action_decap_class;
extern const struct of_action_class of_action_dec_nsh_ttl_class;
extern const struct of_action_class of_action_delete_field_class;

#endif
