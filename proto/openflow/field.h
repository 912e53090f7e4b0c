#ifndef PROTO_OPENFLOW_FIELD_H
#define PROTO_OPENFLOW_FIELD_H

/* The match fields, OXM and NXM, one entry each in oxm_fields.def.
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

/* How a value is written as text. */
enum of_field_format {
	OF_FORMAT_DECIMAL,
	OF_FORMAT_HEX,
	OF_FORMAT_ETHERNET,  /* 00:11:22:33:44:55 */
	OF_FORMAT_IPV4,
	OF_FORMAT_IPV6,
	OF_FORMAT_PORT,      /* a number or LOCAL, CONTROLLER ... */
	OF_FORMAT_FRAG,      /* no, yes, first, later, not_later */
	OF_FORMAT_TCP_FLAGS, /* syn|ack, or +syn-ack under a mask */
};

/* What a match must already say for the field to make sense (OF 1.3.5 section 7.2.3.6). */
enum of_field_prereq {
	OF_PREREQ_NONE,
	OF_PREREQ_VLAN, /* vlan_vid: a tag is present */
	OF_PREREQ_ARP,
	OF_PREREQ_IPV4,
	OF_PREREQ_IPV6,
	OF_PREREQ_IP, /* either version */
	OF_PREREQ_TCP,
	OF_PREREQ_UDP,
	OF_PREREQ_SCTP,
	OF_PREREQ_ICMPV4,
	OF_PREREQ_ICMPV6,
	OF_PREREQ_ND, /* ICMPv6 type 135 or 136, code 0 or not matched */
	OF_PREREQ_ND_SOLICIT,
	OF_PREREQ_ND_ADVERT,
};

struct of_field {
	enum of_field_id id;
	const char *name;      /* in actions, as ovs-ofctl says it: "eth_dst", "ip_src" */
	const char *alias;     /* a second name, or NULL; the parser knows more of them */
	const char *oxm_name;  /* "OXM_OF_ETH_DST", or NULL */
	const char *nxm_name;  /* "NXM_OF_ETH_DST", or NULL */
	uint32_t oxm_header;   /* class << 16 | field << 9 | length, no mask bit; 0 if none */
	uint32_t nxm_header;   /* the same field in NXM form, 0 if none */
	uint32_t experimenter; /* when the OXM class is OFPXMC_EXPERIMENTER; the length counts it */
	uint8_t n_bytes;
	uint8_t n_bits;
	bool is_maskable;
	bool is_settable;
	uint8_t format;        /* enum of_field_format */
	uint8_t prereq;        /* enum of_field_prereq */
};

/* Indexed by id. */
extern const struct of_field of_fields[OF_N_FIELDS];

static inline const struct of_field *of_field(enum of_field_id id)
{
	return &of_fields[id];
}

/* By any of its names: "nw_src", "ip_src", "OXM_OF_IPV4_SRC" ...  SIZE is NAME's length.
 * NULL if unknown.  tp_src, tp_dst depend on the protocol and are not found. */
const struct of_field *of_field_by_name(const char *name, size_t size);
/* By OXM or NXM header, mask bit and length ignored; NULL if unknown. */
const struct of_field *of_field_by_header(uint32_t header, uint32_t experimenter);

/* The all-ones mask of the field's bits, n_bytes long (zeros beyond). */
extern const uint8_t of_field_ones[OF_N_FIELDS][OF_FIELD_MAX_BYTES];

#endif
