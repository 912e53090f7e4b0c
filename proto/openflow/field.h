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
	OF_N_FIELDS
};

/* The first of the views, which stand in actions only. */
#define OF_FIELD_FIRST_VIEW OF_FIELD_XREG0
#define OF_N_TUN_METADATA   64

#define OF_FIELD_MAX_BYTES 16

/* How a value is written as text. */
enum of_field_format {
	OF_FORMAT_DECIMAL,
	OF_FORMAT_HEX,
	OF_FORMAT_ETHERNET, /* 00:11:22:33:44:55 */
	OF_FORMAT_IPV4,
	OF_FORMAT_IPV6,
	OF_FORMAT_PORT,	       /* a number or LOCAL, CONTROLLER ... */
	OF_FORMAT_FRAG,	       /* no, yes, first, later, not_later */
	OF_FORMAT_TCP_FLAGS,   /* syn|ack, or +syn-ack under a mask */
	OF_FORMAT_TUN_FLAGS,   /* +oam */
	OF_FORMAT_CT_STATE,    /* +trk-new */
	OF_FORMAT_PACKET_TYPE, /* (0,0): name space and type */
};

/* Bits of ct_state. */
enum of_ct_state {
	OF_CT_NEW = 0x01,
	OF_CT_EST = 0x02,
	OF_CT_REL = 0x04,
	OF_CT_RPL = 0x08,
	OF_CT_INV = 0x10,
	OF_CT_TRK = 0x20,
	OF_CT_SNAT = 0x40,
	OF_CT_DNAT = 0x80,
	OF_CT_ALL = 0xff,
};

/* What a match must already say for the field to make sense (OF 1.3.5 section 7.2.3.6). */
enum of_field_prereq {
	OF_PREREQ_NONE,
	OF_PREREQ_IN_PORT,
	OF_PREREQ_VLAN, /* vlan_vid: a tag is present */
	OF_PREREQ_MPLS, /* unicast or multicast */
	OF_PREREQ_PBB,
	OF_PREREQ_CT, /* ct_state: a tracked connection, not an invalid one */
	OF_PREREQ_CT_IPV4,
	OF_PREREQ_CT_IPV6,
	OF_PREREQ_ARP,
	OF_PREREQ_IPV4,
	OF_PREREQ_IPV6,
	OF_PREREQ_IP,  /* either version */
	OF_PREREQ_TCP, /* this and what follows: in the transport header */
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
	uint8_t format; /* enum of_field_format */
	uint8_t prereq; /* enum of_field_prereq */
};

/* Indexed by id. */
extern const struct of_field of_fields[OF_N_FIELDS];

static inline const struct of_field *of_field(enum of_field_id id)
{
	return &of_fields[id];
}

/* Its values are of many sizes on the wire, here the right end of n_bytes; leading zeros of the
 * value, or of the mask, are left out. */
static inline bool of_field_is_variable(const struct of_field *f)
{
	return f->id >= OF_FIELD_TUN_METADATA0 && f->id <= OF_FIELD_TUN_METADATA63;
}

/* Another way to see fields that come before it: a pair of registers, a tag as a whole.  Actions
 * use it as a field; a match never has it, because reading one takes it apart. */
static inline bool of_field_is_view(const struct of_field *f)
{
	return f->id >= OF_FIELD_FIRST_VIEW;
}

/* The header that OpenFlow VERSION sends, with the length and without mask bit; *EXPERIMENTER is
 * its owner in the class OFPXMC_EXPERIMENTER, else 0.  Where there is a standard or OXM form, it
 * is that. */
uint32_t of_field_header(const struct of_field *f, uint8_t version, uint32_t *experimenter);
/* By any of its names: "nw_src", "ip_src", "OXM_OF_IPV4_SRC" ...  SIZE is NAME's length.
 * NULL if unknown.  tp_src, tp_dst depend on the protocol and are not found. */
const struct of_field *of_field_by_name(const char *name, size_t size);
/* The same for actions, where Open vSwitch's "in_port" is OpenFlow 1.0's of 16 bits. */
const struct of_field *of_field_in_action(const char *name, size_t size);
/* By OXM or NXM header, mask bit and length ignored; NULL if unknown. */
const struct of_field *of_field_by_header(uint32_t header, uint32_t experimenter);

/* The all-ones mask of the field's bits, n_bytes long (zeros beyond). */
extern const uint8_t of_field_ones[OF_N_FIELDS][OF_FIELD_MAX_BYTES];

#endif
