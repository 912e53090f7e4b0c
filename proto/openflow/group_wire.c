/* Buckets as bytes: with fixed members until OpenFlow 1.4 (OF 1.3.5 section 7.3.4.2), with an id
 * and properties since 1.5 (OF 1.5.1 section 7.3.4.3). */

#include "proto/openflow/group_wire.h"

#include <openflow/openflow-1.5.h>
#include <stdlib.h>

#include "proto/openflow/numbers.h"
#include "proto/openflow/property.h"

#define OLD_HEADER_SIZE 16
#define NEW_HEADER_SIZE 8
#define ALIGNMENT	8

static bool is_port(uint32_t port_no)
{
	return (port_no > 0 && port_no <= OF_PORT_MAX) || port_no == OF_PORT_LOCAL ||
	       port_no == OF_PORT_CONTROLLER || port_no == OF_PORT_ANY;
}

static int check_bucket(const struct of_bucket *b, struct of_error *err)
{
	if (!is_port(b->watch_port))
		return of_bad_group(err, OFPGMFC_BAD_WATCH);
	if (b->watch_group > OF_GROUP_MAX && b->watch_group != OF_GROUP_ANY)
		return of_bad_group(err, OFPGMFC_BAD_WATCH);
	return of_actions_check(&b->actions, NULL, err);
}

/* BODY begins after the length. */
static int decode_old(struct cursor *body, uint8_t version, struct arena *a, struct of_bucket *b,
		      struct of_error *err)
{
	b->weight = cursor_be16(body);
	b->watch_port = cursor_be32(body);
	b->watch_group = cursor_be32(body);
	cursor_take(body, 4);
	return of_actions_decode(body, cursor_left(body), version, a, &b->actions, err);
}

static int decode_property(struct of_property *p, struct of_bucket *b, struct of_error *err)
{
	switch (p->type) {
	case OFPGBPT15_WEIGHT:
		b->weight = cursor_be16(&p->body);
		if (cursor_left(&p->body)) /* its padding, which some count in the length */
			cursor_take(&p->body, 2);
		break;
	case OFPGBPT15_WATCH_PORT:
		b->watch_port = cursor_be32(&p->body);
		break;
	case OFPGBPT15_WATCH_GROUP:
		b->watch_group = cursor_be32(&p->body);
		break;
	default:
		return of_property_unknown(p, err);
	}
	return of_property_end(p, err);
}

static int decode_properties(struct cursor *list, struct of_bucket *b, struct of_error *err)
{
	unsigned seen = 0;

	while (cursor_left(list)) {
		struct of_property p;

		if (of_property_next(list, &p, err) != 0 || decode_property(&p, b, err) != 0)
			return -1;
		if (seen & 1u << p.type)
			return of_bad_property(err, OFPBPC_DUP_TYPE);
		seen |= 1u << p.type;
	}
	return 0;
}

static int decode_new(struct cursor *body, uint8_t version, uint8_t type, struct arena *a,
		      struct of_bucket *b, struct of_error *err)
{
	uint16_t actions_size = cursor_be16(body);

	b->id = cursor_be32(body);
	b->weight = type == OF_GROUP_SELECT;
	b->watch_port = OF_PORT_ANY;
	b->watch_group = OF_GROUP_ANY;
	if (actions_size > cursor_left(body) || b->id > OF_BUCKET_MAX)
		return of_bad_group(err, OFPGMFC_BAD_BUCKET);
	if (of_actions_decode(body, actions_size, version, a, &b->actions, err) != 0)
		return -1;
	return decode_properties(body, b, err);
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sorted, because a message may hold 8,000 buckets. */
static int check_ids(const struct of_bucket *buckets, unsigned n, struct arena *a,
		     struct of_error *err)
{
	uint32_t *ids = arena_alloc(a, (n + 1) * sizeof(*ids));

	for (unsigned i = 0; i < n; i++)
		ids[i] = buckets[i].id;
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (unsigned i = 1; i < n; i++) {
		if (ids[i] == ids[i - 1])
			return of_bad_group(err, OFPGMFC_BAD_BUCKET);
	}
	return 0;
}

int of_buckets_decode(struct cursor *list, uint8_t version, bool is_new, uint8_t type,
		      struct arena *a, unsigned *n, struct of_bucket **buckets,
		      struct of_error *err)
{
	size_t header_size = is_new ? NEW_HEADER_SIZE : OLD_HEADER_SIZE;
	size_t max_n = cursor_left(list) / header_size;

	*n = 0;
	*buckets = NULL;
	if (cursor_left(list)) /* one more: what is left may be less than a bucket */
		*buckets = arena_alloc(a, (max_n + 1) * sizeof(**buckets));
	while (cursor_left(list)) {
		struct of_bucket *b = &(*buckets)[*n];
		uint16_t size = cursor_be16(list);
		struct cursor body = cursor_sub(list, size < 2 ? 0 : size - 2);

		if (!cursor_ok(&body) || size < header_size || size % ALIGNMENT)
			return of_bad_group(err, OFPGMFC_BAD_BUCKET);
		b->id = *n;
		if (is_new ? decode_new(&body, version, type, a, b, err)
			   : decode_old(&body, version, a, b, err))
			return -1;
		if (check_bucket(b, err) != 0)
			return -1;
		++*n;
	}
	return is_new ? check_ids(*buckets, *n, a, err) : 0;
}

static void encode_old(const struct of_bucket *b, uint8_t version, struct buf *out)
{
	size_t start = out->size;

	buf_be16(out, 0);
	buf_be16(out, b->weight);
	buf_be32(out, b->watch_port);
	buf_be32(out, b->watch_group);
	buf_zeros(out, 4);
	of_actions_encode(&b->actions, version, out);
	store_be16(out->data + start, out->size - start);
}

static void put_property(struct buf *out, uint16_t type, uint32_t value)
{
	size_t start = of_property_start(out, type);

	buf_be32(out, value);
	of_property_finish(out, start);
}

static void encode_new(const struct of_bucket *b, uint8_t version, uint8_t type, struct buf *out)
{
	size_t start = out->size;

	buf_zeros(out, 4);
	buf_be32(out, b->id);
	of_actions_encode(&b->actions, version, out);
	store_be16(out->data + start + 2, out->size - start - NEW_HEADER_SIZE);
	if (type == OF_GROUP_SELECT || b->weight)
		put_property(out, OFPGBPT15_WEIGHT, (uint32_t)b->weight << 16);
	if (b->watch_port != OF_PORT_ANY)
		put_property(out, OFPGBPT15_WATCH_PORT, b->watch_port);
	if (b->watch_group != OF_GROUP_ANY)
		put_property(out, OFPGBPT15_WATCH_GROUP, b->watch_group);
	store_be16(out->data + start, out->size - start);
}

void of_buckets_encode(const struct of_bucket *buckets, unsigned n, uint8_t version, bool is_new,
		       uint8_t type, struct buf *out)
{
	for (unsigned i = 0; i < n; i++) {
		if (is_new)
			encode_new(&buckets[i], version, type, out);
		else
			encode_old(&buckets[i], version, out);
	}
}
