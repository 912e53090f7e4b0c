#ifndef PROTO_OPENFLOW_TABLE_FEATURES_PROPS_H
#define PROTO_OPENFLOW_TABLE_FEATURES_PROPS_H

/* What the properties of table features say, as sets (OF 1.3.5 section 7.3.5.5.2, OF 1.5.1 section
 * 7.3.5.18.2).  A switch fills a struct of_table_abilities and writes the properties; on a request
 * it reads them back and sees what it is asked to do. */

#include "lib/arena.h"
#include "lib/buf.h"
#include "proto/openflow/error.h"
#include "proto/openflow/field.h"
#include "proto/openflow/table_msg.h"

struct of_field_set {
	uint64_t bits[(OF_N_FIELDS + 63) / 64];
};

static inline void of_field_set_add(struct of_field_set *s, enum of_field_id id)
{
	s->bits[id / 64] |= 1ull << id % 64;
}

static inline bool of_field_set_has(const struct of_field_set *s, enum of_field_id id)
{
	return s->bits[id / 64] >> id % 64 & 1;
}

struct of_table_set {
	uint64_t bits[4]; /* tables 0 to 254 */
};

static inline void of_table_set_add(struct of_table_set *s, uint8_t table_id)
{
	s->bits[table_id / 64] |= 1ull << table_id % 64;
}

static inline bool of_table_set_has(const struct of_table_set *s, uint8_t table_id)
{
	return s->bits[table_id / 64] >> table_id % 64 & 1;
}

/* What flows can do; those of table-miss may differ. */
struct of_flow_abilities {
	uint32_t instructions; /* bit per OFPIT_* */
	struct of_table_set next_tables;
	uint32_t write_actions, apply_actions; /* bit per OFPAT_* */
	struct of_field_set write_setfield, apply_setfield;
	struct of_field_set write_copyfield, apply_copyfield; /* since 1.5 */
};

struct of_table_abilities {
	struct of_flow_abilities flow, miss;
	struct of_field_set match;     /* can be matched */
	struct of_field_set mask;      /* of these, under any mask */
	struct of_field_set wildcard;  /* of these, may be left out */
	struct of_table_set sync_from; /* since 1.4: none if empty */
	bool is_ethernet_only;	       /* since 1.5: the packet types are Ethernet alone */
};

/* Properties of VERSION, in A; those of table-miss only where they differ. */
void of_table_abilities_write(const struct of_table_abilities *ab, uint8_t version, struct arena *a,
			      struct of_table_features *t);
/* What T's properties say.  Table-miss properties that are absent are as those of flows.  -1 with
 * ERR: unknown or repeated properties, wrong lengths, unknown fields or tables (OFPBPC_*), or
 * properties that must be there and are not (OFPTFFC_BAD_FEATURES, before 1.5 OFPTFFC_EPERM). */
int of_table_abilities_read(const struct of_table_features *t, uint8_t version,
			    struct of_table_abilities *ab, struct of_error *err);

/* How many of the N tables, from the first, fit into one message. */
unsigned of_table_features_fits(const struct of_table_features *tables, unsigned n);
/* Several lines, in the words of ovs-ofctl's dump-table-features, the last without line feed. */
void of_table_features_print(const struct of_table_features *t, uint8_t version, struct buf *out);

#endif
