/* The field table, made from oxm_fields.def, and its look-ups by header and by name. */

#include "proto/openflow/field.h"

#include <assert.h>
#include <strings.h>

#define CLASS_EXPERIMENTER  0xffff
#define EXPERIMENTER_ONF    0x4f4e4600u
#define EXPERIMENTER_NICIRA 0x00002320u

/* On the wire an experimenter's id counts as part of the value. */
#define HEADER(NAME, CLASS, FIELD, EXP, BYTES)                                                     \
	((NAME) ? (uint32_t)(CLASS) << 16 | (FIELD) << 9 | ((BYTES) + ((EXP) ? 4 : 0)) : 0)

const struct of_field of_fields[OF_N_FIELDS] = {
#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, EXP, NXM_NAME, NXM_CLASS,        \
		 NXM_FIELD, BYTES, BITS, MASKABLE, SETTABLE, FORMAT, PREREQ)                       \
	[OF_FIELD_##ID] = {                                                                        \
		.id = OF_FIELD_##ID,                                                               \
		.name = NAME,                                                                      \
		.alias = ALIAS,                                                                    \
		.oxm_name = OXM_NAME,                                                              \
		.nxm_name = NXM_NAME,                                                              \
		.oxm_header = HEADER(OXM_NAME, OXM_CLASS, OXM_FIELD, EXP, BYTES),                  \
		.nxm_header = HEADER(NXM_NAME, NXM_CLASS, NXM_FIELD, 0, BYTES),                    \
		.experimenter = EXP,                                                               \
		.n_bytes = BYTES,                                                                  \
		.n_bits = BITS,                                                                    \
		.is_maskable = MASKABLE,                                                           \
		.is_settable = SETTABLE,                                                           \
		.format = OF_FORMAT_##FORMAT,                                                      \
		.prereq = OF_PREREQ_##PREREQ,                                                      \
	},
#include "proto/openflow/oxm_fields.def"
};

/* Byte I of the mask of a field of so many bytes and bits, which are counted from the right. */
#define BITS_BEFORE(I, BYTES) (8 * ((BYTES)-1 - (I)))
#define ONES(I, BYTES, BITS)                                                                       \
	((I) >= (BYTES)			       ? 0x00                                              \
	 : (BITS) >= 8 + BITS_BEFORE(I, BYTES) ? 0xff                                              \
	 : (BITS) <= BITS_BEFORE(I, BYTES)     ? 0x00                                              \
					       : (1u << (BITS) % 8) - 1)

const uint8_t of_field_ones[OF_N_FIELDS][OF_FIELD_MAX_BYTES] = {
#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, EXP, NXM_NAME, NXM_CLASS,        \
		 NXM_FIELD, B, N, MASKABLE, SETTABLE, FORMAT, PREREQ)                              \
	[OF_FIELD_##ID] = { ONES(0, B, N),  ONES(1, B, N),  ONES(2, B, N),  ONES(3, B, N),         \
			    ONES(4, B, N),  ONES(5, B, N),  ONES(6, B, N),  ONES(7, B, N),         \
			    ONES(8, B, N),  ONES(9, B, N),  ONES(10, B, N), ONES(11, B, N),        \
			    ONES(12, B, N), ONES(13, B, N), ONES(14, B, N), ONES(15, B, N) },
#include "proto/openflow/oxm_fields.def"
};

/* A field's other header. */
struct form {
	const char *name; /* NULL: none */
	uint32_t header, experimenter;
	uint8_t since; /* the version that sends it first; 0: none does */
};

static const struct form forms[OF_N_FIELDS] = {
#define OF_FIELD_FORM(ID, NAME, CLASS, FIELD, EXP, SINCE)                                          \
	[OF_FIELD_##ID] = { NAME, (uint32_t)(CLASS) << 16 | (FIELD) << 9, EXP, SINCE },
#include "proto/openflow/oxm_fields.def"
};

uint32_t of_field_header(const struct of_field *f, uint8_t version, uint32_t *experimenter)
{
	const struct form *form = &forms[f->id];

	if (form->since && version >= form->since) {
		*experimenter = form->experimenter;
		return form->header | (f->n_bytes + (form->experimenter ? 4 : 0));
	}
	*experimenter = f->oxm_header ? f->experimenter : 0;
	return f->oxm_header ? f->oxm_header : f->nxm_header;
}

/* Per class, field number -> id + 1.  A field of another class lands beyond the 128 numbers
 * that there are, in a slot of its own that is never looked up. */
#define SLOTS (128 + 2 * OF_N_FIELDS)
#define SLOT(CONDITION, NUMBER, ID)                                                                \
	[(CONDITION) ? (NUMBER) : 128 + OF_FIELD_##ID] = OF_FIELD_##ID + 1,
#define FORM_SLOT(CONDITION, NUMBER, ID)                                                           \
	[(CONDITION) ? (NUMBER) : 128 + OF_N_FIELDS + OF_FIELD_##ID] = OF_FIELD_##ID + 1,

static_assert(OF_N_FIELDS < 255, "the slots are bytes");

#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, ...)                             \
	SLOT((OXM_CLASS) == 0x8000, OXM_FIELD, ID)
#define OF_FIELD_FORM(ID, NAME, CLASS, FIELD, ...) FORM_SLOT((CLASS) == 0x8000, FIELD, ID)
static const uint8_t by_oxm[SLOTS] = {
#include "proto/openflow/oxm_fields.def"
};

#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, ...)                             \
	SLOT((OXM_CLASS) == 0x8001, OXM_FIELD, ID)
static const uint8_t by_packet_reg[SLOTS] = {
#include "proto/openflow/oxm_fields.def"
};

#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, ...)                             \
	SLOT((OXM_CLASS) == 0x1000, OXM_FIELD, ID)
static const uint8_t by_ericsson[SLOTS] = {
#include "proto/openflow/oxm_fields.def"
};

#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, EXP, ...)                        \
	SLOT((OXM_CLASS) == CLASS_EXPERIMENTER && (EXP) == EXPERIMENTER_ONF, OXM_FIELD, ID)
static const uint8_t by_onf[SLOTS] = {
#include "proto/openflow/oxm_fields.def"
};

#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, EXP, ...)                        \
	SLOT((OXM_CLASS) == CLASS_EXPERIMENTER && (EXP) == EXPERIMENTER_NICIRA, OXM_FIELD, ID)
#define OF_FIELD_FORM(ID, NAME, CLASS, FIELD, EXP, ...)                                            \
	FORM_SLOT((CLASS) == CLASS_EXPERIMENTER && (EXP) == EXPERIMENTER_NICIRA, FIELD, ID)
static const uint8_t by_nicira[SLOTS] = {
#include "proto/openflow/oxm_fields.def"
};

#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, EXP, NXM_NAME, NXM_CLASS,        \
		 NXM_FIELD, ...)                                                                   \
	SLOT((NXM_NAME) != NULL && (NXM_CLASS) == 0x0000, NXM_FIELD, ID)
static const uint8_t by_nxm0[SLOTS] = {
#include "proto/openflow/oxm_fields.def"
};

#define OF_FIELD(ID, NAME, ALIAS, OXM_NAME, OXM_CLASS, OXM_FIELD, EXP, NXM_NAME, NXM_CLASS,        \
		 NXM_FIELD, ...)                                                                   \
	SLOT((NXM_NAME) != NULL && (NXM_CLASS) == 0x0001, NXM_FIELD, ID)
static const uint8_t by_nxm1[SLOTS] = {
#include "proto/openflow/oxm_fields.def"
};

static const uint8_t *table_of_experimenter(uint32_t experimenter)
{
	return experimenter == EXPERIMENTER_ONF	     ? by_onf
	       : experimenter == EXPERIMENTER_NICIRA ? by_nicira
						     : NULL;
}

static const uint8_t *table_of_class(uint16_t class, uint32_t experimenter)
{
	switch (class) {
	case 0x8000:
		return by_oxm;
	case 0x0000:
		return by_nxm0;
	case 0x0001:
		return by_nxm1;
	case 0x8001:
		return by_packet_reg;
	case 0x1000:
		return by_ericsson;
	case CLASS_EXPERIMENTER:
		return table_of_experimenter(experimenter);
	default:
		return NULL;
	}
}

const struct of_field *of_field_by_header(uint32_t header, uint32_t experimenter)
{
	const uint8_t *table = table_of_class(header >> 16, experimenter);
	unsigned slot = table ? table[header >> 9 & 0x7f] : 0;

	return slot ? &of_fields[slot - 1] : NULL;
}

/* Names beyond a field's own four. */
static const struct {
	const char *name;
	enum of_field_id id;
} synonyms[] = {
	{ "ipv4_src", OF_FIELD_IPV4_SRC },
	{ "ipv4_dst", OF_FIELD_IPV4_DST },
};

/* Most differ in their first letter; upper and lower case differ in bit 0x20. */
static bool is_name(const char *candidate, const char *name, size_t size)
{
	return candidate && size && !((candidate[0] ^ name[0]) & ~0x20) &&
	       strncasecmp(candidate, name, size) == 0 && candidate[size] == '\0';
}

/* An alias that several fields share says nothing here. */
static bool is_ambiguous(const char *name, size_t size)
{
	return is_name("tp_src", name, size) || is_name("tp_dst", name, size);
}

const struct of_field *of_field_by_name(const char *name, size_t size)
{
	if (is_ambiguous(name, size))
		return NULL;
	for (const struct of_field *f = of_fields; f < of_fields + OF_N_FIELDS; f++) {
		if (is_name(f->name, name, size) || is_name(f->alias, name, size) ||
		    is_name(f->oxm_name, name, size) || is_name(f->nxm_name, name, size) ||
		    is_name(forms[f->id].name, name, size))
			return f;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(synonyms); i++) {
		if (is_name(synonyms[i].name, name, size))
			return &of_fields[synonyms[i].id];
	}
	return NULL;
}

const struct of_field *of_field_in_action(const char *name, size_t size)
{
	return is_name("in_port", name, size) ? &of_fields[OF_FIELD_IN_PORT_NXM]
					      : of_field_by_name(name, size);
}
