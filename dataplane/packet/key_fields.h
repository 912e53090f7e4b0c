#ifndef DATAPLANE_PACKET_KEY_FIELDS_H
#define DATAPLANE_PACKET_KEY_FIELDS_H

/* Where each OpenFlow field lives in the flow key, and matches as (key, mask). */

#include "proto/openflow/error.h"
#include "proto/openflow/match.h"
#include "dataplane/packet/key.h"
#include "dataplane/packet/parse.h"

/* A field is N_BITS bits, the lowest at bit SHIFT, of the SIZE-byte big-endian number at
 * OFFSET in the key. */
struct key_place {
	uint16_t offset;
	uint8_t size; /* 0: the key has no such field */
	uint8_t shift;
	uint8_t n_bits;
	uint8_t depth; /* enum parse_depth from which on it is there */
};

const struct key_place *key_place(enum of_field_id id);

/* Where the options of tunnels are, tun_metadata0 and so on: each switch says it for itself. */
struct key_options {
	struct key_place places[OF_N_TUN_METADATA];
};

/* The SIZE bytes at OFFSET of the key's tun_metadata; 0 bytes: the option is not there. */
struct key_place key_option_place(unsigned offset, unsigned size);
/* From now on all that this thread does with fields is for the switch of O, which lives as long;
 * NULL: one without options, as at first.  Returns what was before. */
const struct key_options *key_options_use(const struct key_options *o);
/* The field's bytes, as in of_field_match: n_bytes, right-aligned. */
void key_field_get(const struct flow_key *key, enum of_field_id id, void *value);
/* Only the bits of MASK change; MASK NULL: all of the field's. */
void key_field_set(struct flow_key *key, enum of_field_id id, const void *value, const void *mask);

/* 0, or -1 with ERR when no packet can be told to match (a field the key has not: BAD_FIELD;
 * a value that does not fit: BAD_VALUE). */
int key_mask_from_match(const struct of_match *m, struct key_mask *out, struct of_error *err);
/* Only the key, and of it only the bits that M looks at. */
int key_set_match(struct flow_key *key, const struct of_match *m, struct of_error *err);
/* The fields of KEY that tell of its packet: those whose prerequisites hold and, of those that the
 * pipeline itself knows, the ones not zero.  All lines of KEY are looked at. */
void match_from_key(const struct flow_key *key, struct arena *a, struct of_match *out);
/* What a packet-in's match has: in_port and the pipeline's fields that are not zero (OF 1.3.5
 * section 7.4.1).  LINES (enum key_lines): those of KEY that are filled. */
void match_from_pipeline(const struct flow_key *key, unsigned lines, struct arena *a,
			 struct of_match *out);
/* Whether KEY is of a packet for which fields with this prerequisite make sense. */
bool key_has_prereq(const struct flow_key *key, enum of_field_prereq prereq);
/* How deep a packet must be parsed for MASK to be looked at, and which lines of its key
 * (enum key_lines). */
enum parse_depth key_mask_depth(const struct flow_key *mask);
unsigned key_mask_lines(const struct flow_key *mask);
/* The line that the field is in. */
unsigned key_field_line(enum of_field_id id);

#endif
