#ifndef PROTO_OPENFLOW_FIELD_H
#define PROTO_OPENFLOW_FIELD_H

/* The match fields, OXM and NXM, one line each in oxm_fields.def.
 *
 * A value is the field's `n_bytes` bytes in network order; fields narrower than whole bytes
 * are right-aligned (VLAN_PCP: 1 byte, 3 bits), as on the wire. */

#include "lib/util.h"

enum of_field_id {
#define OF_FIELD(ID, ...) OF_FIELD_##ID,
#include "proto/openflow/oxm_fields.def"
#undef OF_FIELD
	OF_N_FIELDS
};

#define OF_FIELD_MAX_BYTES 16

struct of_field {
	enum of_field_id id;
	const char *name;     /* as ovs-ofctl says it: "eth_dst", "nw_src" is an alias of "ipv4_src" */
	const char *alias;    /* second name, or NULL */
	uint32_t oxm_header;  /* class << 16 | field << 9 | n_bytes, without the mask bit */
	uint32_t nxm_header;  /* the same field in NXM form, 0 if none */
	uint32_t experimenter; /* when the class is OFPXMC_EXPERIMENTER */
	uint8_t n_bytes;
	uint8_t n_bits;
	bool is_maskable;
	bool is_settable;
	uint8_t format;       /* enum of_field_format, how text is written */
};

const struct of_field *of_field(enum of_field_id id);
const struct of_field *of_field_by_name(const char *name, size_t size);
/* By OXM or NXM header, mask bit ignored; NULL if unknown. */
const struct of_field *of_field_by_header(uint32_t header, uint32_t experimenter);

#endif
