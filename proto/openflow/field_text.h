#ifndef PROTO_OPENFLOW_FIELD_TEXT_H
#define PROTO_OPENFLOW_FIELD_TEXT_H

/* One field's value as text, in ovs-ofctl's syntax.  Used by matches and by set_field. */

#include "lib/buf.h"
#include "lib/status.h"
#include "proto/openflow/field.h"

/* "10.0.0.0/8", "0x1/0xff", "+syn-ack" ...: SIZE bytes of TEXT.  VALUE and MASK get the field's
 * n_bytes bytes, zero beyond; MASK all ones where none is given.  Value bits outside the mask
 * are cleared.  -1 with ST naming KEY, the word the user wrote. */
int of_field_parse(const struct of_field *f, const char *key, const char *text, size_t size,
		   uint8_t *value, uint8_t *mask, struct status *st);
/* MASK NULL: a value alone, not a match. */
void of_field_print(const struct of_field *f, const uint8_t *value, const uint8_t *mask,
		    struct buf *out);
/* The right-aligned number of a field of up to 64 bits. */
uint64_t of_field_u64(const struct of_field *f, const uint8_t *bytes);
void of_field_store_u64(const struct of_field *f, uint8_t *bytes, uint64_t number);
/* Whether NUMBER has no bit beyond the field's. */
bool of_field_fits(const struct of_field *f, uint64_t number);
/* SIZE bytes of TEXT, decimal or 0x hexadecimal, nothing else.  -1 if it is none. */
int of_number_parse(const char *text, size_t size, uint64_t *number);
/* Numbers of up to 16 bytes, right-aligned in them: "0x..." in hexadecimal digits, or decimal up
 * to 64 bits.  -1 if it is none. */
int of_wide_parse(const char *text, size_t size, uint8_t bytes[OF_FIELD_MAX_BYTES]);
/* "0x12ab", no leading zeros, "0" alone. */
void of_wide_print(const uint8_t *bytes, unsigned n_bytes, struct buf *out);
/* Whether only the low N_BITS are set. */
bool of_wide_fits(const uint8_t bytes[OF_FIELD_MAX_BYTES], unsigned n_bits);

#endif
