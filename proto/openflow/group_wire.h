#ifndef PROTO_OPENFLOW_GROUP_WIRE_H
#define PROTO_OPENFLOW_GROUP_WIRE_H

/* For the msg_group*.c files: buckets and properties of groups as bytes. */

#include "lib/cursor.h"
#include "proto/openflow/group.h"

/* All of LIST is buckets of a group of TYPE, with actions of OpenFlow VERSION; IS_NEW: in the form
 * of 1.5.  In the older one they get their places as ids.  -1 with ERR (OFPGMFC_BAD_BUCKET,
 * OFPGMFC_BAD_WATCH, OFPBPC_*, OFPBAC_* ...). */
int of_buckets_decode(struct cursor *list, uint8_t version, bool is_new, uint8_t type,
		      struct arena *a, unsigned *n, struct of_bucket **buckets,
		      struct of_error *err);
void of_buckets_encode(const struct of_bucket *buckets, unsigned n, uint8_t version, bool is_new,
		       uint8_t type, struct buf *out);

/* All of LIST is properties of a group of TYPE (since 1.5). */
int of_group_properties_decode(struct cursor *list, uint8_t type, struct arena *a,
			       struct of_group_selection *selection, struct of_error *err);
void of_group_properties_encode(const struct of_group_selection *selection, uint8_t version,
				struct buf *out);

static inline int of_bad_group(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_GROUP_MOD_FAILED, code);
}

#endif
