#ifndef PROTO_OPENFLOW_SUBFIELD_H
#define PROTO_OPENFLOW_SUBFIELD_H

/* Some consecutive bits of a field, as the Nicira actions name them: "NXM_NX_REG0[0..15]",
 * "reg0[3]", "eth_src[]". */

#include "lib/buf.h"
#include "lib/cursor.h"
#include "lib/status.h"
#include "proto/openflow/error.h"
#include "proto/openflow/field.h"

struct of_subfield {
	const struct of_field *field;
	uint16_t ofs; /* of the lowest bit, 0 being the field's least significant */
	uint16_t n_bits;
	uint32_t zero; /* no padding, which hashes would see */
};

/* The field's header as Nicira's actions carry it: NXM where there is one.  0 if that takes more
 * than four bytes, as experimenters' do. */
uint32_t of_subfield_header(const struct of_subfield *sf);
/* HEADER from the wire.  -1 with ERR (BAD_SET_TYPE, BAD_SET_LEN) if there are no such bits. */
int of_subfield_init(struct of_subfield *sf, uint32_t header, unsigned ofs, unsigned n_bits,
		     struct of_error *err);
/* A header of four or eight bytes, whose field SF gets; -1 with ERR (BAD_SET_TYPE, BAD_LEN). */
int of_subfield_read(struct of_subfield *sf, struct cursor *c, struct of_error *err);
/* The bits; -1 with ERR (BAD_SET_LEN) if the field does not have them. */
int of_subfield_set_bits(struct of_subfield *sf, unsigned ofs, unsigned n_bits,
			 struct of_error *err);
/* Appends the header, NXM for VERSION 0, else as OpenFlow VERSION has it. */
void of_subfield_write(const struct of_subfield *sf, uint8_t version, struct buf *out);
/* SF with the whole of the field. */
struct of_subfield of_subfield_whole(enum of_field_id id);
/* SIZE bytes of TEXT; ACTION names the action in ST's message. */
int of_subfield_parse(struct of_subfield *sf, const char *text, size_t size, const char *action,
		      struct status *st);
void of_subfield_print(const struct of_subfield *sf, struct buf *out);

#endif
