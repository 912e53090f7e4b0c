#ifndef CONTROLLER_FACTS_JSON_SPLIT_H
#define CONTROLLER_FACTS_JSON_SPLIT_H

/* Finds where a JSON object ends in a stream of bytes, without parsing it: JSON-RPC over a stream
 * (RFC 7047 section 4) has no other framing.  Works byte by byte over any number of pieces. */

#include "lib/util.h"

struct json_split {
	unsigned depth;
	bool is_in_string, is_escaped;
};

/* How many of the SIZE bytes belong to the current object, which is complete if *IS_END.  -1: the
 * bytes cannot begin an object, or it nests deeper than 64. */
long json_split(struct json_split *s, const uint8_t *data, size_t size, bool *is_end);

#endif
