#ifndef DATAPLANE_TABLE_SHAPE_H
#define DATAPLANE_TABLE_SHAPE_H

/* What matches have in common that look at the same bits of the same fields: all but the values.
 * Shapes are few, so a rule keeps a pointer to its shape and the words of the key that its mask
 * looks at; its match is made from these when somebody asks for it. */

#include "dataplane/lookup/mask.h"
#include "dataplane/packet/key_fields.h"
#include "lib/hmap.h"

struct shape {
	struct hmap_node in_shapes;
	unsigned n_refs;
	uint8_t depth, lines; /* enum parse_depth, enum key_lines that the mask looks at */
	/* Two of its fields share bits of the key, so that the words alone do not tell the match:
	 * rules of this shape keep theirs. */
	bool is_ambiguous;
	struct mask mask;
	unsigned n_fields;
	struct of_field_match fields[]; /* without values */
};

struct shapes {
	struct hmap map;
	struct shape *last; /* found */
};

/* The shape of M, of which the caller gets a reference. */
struct shape *shape_get(struct shapes *s, const struct of_match *m);
/* Lent; NULL if no rule has it. */
struct shape *shape_find(struct shapes *s, const struct of_match *m);
struct shape *shape_ref(struct shape *shape);
void shape_unref(struct shapes *s, struct shape *shape);
void shapes_fini(struct shapes *s);

/* Whether two fields of M share bits of the key. */
bool match_is_ambiguous(const struct of_match *m);
/* M, of this shape, as a key: only the words that the mask looks at are set, and as words.  0, or
 * -1 as key_mask_from_match(). */
int shape_words(const struct shape *shape, const struct of_match *m, struct flow_key *key,
		uint64_t *words, struct of_error *err);
/* The match of these words; the fields are in FIELDS, which has room for n_fields.  Not for one
 * that is ambiguous. */
void shape_match(const struct shape *shape, const uint64_t *words, struct of_field_match *fields,
		 struct of_match *out);

#endif
