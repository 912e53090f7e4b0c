#ifndef PROTO_OPENFLOW_MATCH_BARE_H
#define PROTO_OPENFLOW_MATCH_BARE_H

/* A match without its header, as the Nicira extensions carry one: OXM or NXM TLVs alone. */

#include "proto/openflow/match.h"

/* SIZE bytes of BODY; IS_STRICT as of_match_decode().  -1 with ERR on failure. */
int of_match_decode_bare(struct cursor *body, size_t size, struct arena *a, bool is_strict,
			 struct of_match *m, struct of_error *err);
/* Without padding; returns the bytes appended. */
size_t of_match_encode_bare(const struct of_match *m, uint8_t version, struct buf *out);

#endif
