#ifndef PROTO_OPENFLOW_MATCH_H
#define PROTO_OPENFLOW_MATCH_H

/* A flow match: which fields must have which bits (OF 1.3.5 section 7.2.3). */

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/cursor.h"
#include "lib/status.h"
#include "proto/openflow/error.h"
#include "proto/openflow/field.h"

struct of_field_match {
	enum of_field_id id;
	uint8_t value[OF_FIELD_MAX_BYTES]; /* zero where the mask is, and beyond n_bytes */
	uint8_t mask[OF_FIELD_MAX_BYTES];  /* all of the field's bits: exact; never none */
};

/* Sorted by id, each field once.  Canonical: two equal matches are equal bytes. */
struct of_match {
	unsigned n;
	struct of_field_match *fields;
};

const struct of_field_match *of_match_find(const struct of_match *m, enum of_field_id id);
bool of_match_equal(const struct of_match *a, const struct of_match *b);
uint64_t of_match_hash(const struct of_match *m);
/* Whether every packet that B matches, A matches too (non-strict flow-mods). */
bool of_match_covers(const struct of_match *a, const struct of_match *b);
/* Whether some packet matches both (CHECK_OVERLAP). */
bool of_match_overlaps(const struct of_match *a, const struct of_match *b);
/* A copy in one allocation; free() frees it. */
struct of_match *of_match_dup(const struct of_match *m);

/* Whether M says what a field with this prerequisite needs. */
bool of_match_meets(const struct of_match *m, enum of_field_prereq prereq);

/* Building: adds or replaces one field, in MATCH's arena.  MASK NULL: exact. */
void of_match_set(struct arena *a, struct of_match *m, enum of_field_id id, const void *value,
		  const void *mask);
/* The value right-aligned in the field; for fields of up to 64 bits. */
void of_match_set_u64(struct arena *a, struct of_match *m, enum of_field_id id, uint64_t value);
void of_match_set_u64_masked(struct arena *a, struct of_match *m, enum of_field_id id,
			     uint64_t value, uint64_t mask);

/* An ofp_match as in OpenFlow 1.3 with its padding.  Checks fields, masks, prerequisites and
 * repeats; on failure returns -1 with ERR filled (OFPET_BAD_MATCH ...).  STRICT false skips
 * prerequisites (packet-in contexts and the like). */
int of_match_decode(struct cursor *c, struct arena *a, bool is_strict, struct of_match *m,
		    struct of_error *err);
/* In the form of OpenFlow VERSION: some fields were experimental in 1.3. */
void of_match_encode(const struct of_match *m, uint8_t version, struct buf *out);

/* ovs-ofctl's syntax: "in_port=1,tcp,nw_dst=10.0.0.0/8"; "priority=..." is the caller's.
 * The parser returns -1 with ST naming the field at fault. */
int of_match_parse(const char *text, struct arena *a, struct of_match *m, struct status *st);
void of_match_print(const struct of_match *m, struct buf *out);

#endif
