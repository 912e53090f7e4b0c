/* Matches without a header: the codec of whole ones does the work, on a copy with a header. */

#include "proto/openflow/match_bare.h"

#include <openflow/openflow-common.h>

#include "proto/openflow/numbers.h"

#define HEADER_SIZE 4
#define MAX_SIZE    (UINT16_MAX - HEADER_SIZE)

int of_match_decode_bare(struct cursor *body, size_t size, struct arena *a, bool is_strict,
			 struct of_match *m, struct of_error *err)
{
	size_t length = HEADER_SIZE + size, padded = (length + 7) & ~(size_t)7;
	const uint8_t *tlvs = cursor_take(body, size);
	struct cursor c;
	uint8_t *copy;

	if (!cursor_ok(body) || size > MAX_SIZE)
		return of_error_set(err, OFPET_BAD_MATCH, OFPBMC_BAD_LEN);
	copy = arena_alloc(a, padded);
	c = cursor_of(copy, padded);
	store_be16(copy, OFPMT_OXM);
	store_be16(copy + 2, length);
	memcpy(copy + HEADER_SIZE, tlvs, size);
	return of_match_decode(&c, a, is_strict, m, err);
}

size_t of_match_encode_bare(const struct of_match *m, uint8_t version, struct buf *out)
{
	size_t start = out->size, size;

	of_match_encode(m, version, out);
	size = load_be16(out->data + start + 2) - HEADER_SIZE;
	memmove(out->data + start, out->data + start + HEADER_SIZE, size);
	out->size = start + size;
	return size;
}
