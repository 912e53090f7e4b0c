#ifndef PROTO_OPENFLOW_TABLE_MSG_H
#define PROTO_OPENFLOW_TABLE_MSG_H

/* Messages about tables as a whole: OFPT_TABLE_MOD, OFPMP_TABLE_DESC, OFPT_TABLE_STATUS (OF 1.4.1
 * sections 7.3.4.3, 7.3.5.17 and 7.4.6) and OFPMP_TABLE_FEATURES (OF 1.3.5 section 7.3.5.5). */

#include "lib/util.h"

enum of_table_config {
	OF_TABLE_EVICTION = 1 << 2,
	OF_TABLE_VACANCY = 1 << 3,
};

enum of_eviction_flag {
	OF_EVICT_OTHER = 1 << 0,
	OF_EVICT_IMPORTANCE = 1 << 1,
	OF_EVICT_LIFETIME = 1 << 2,
};

struct of_table_desc { /* TABLE_MOD, one table of TABLE_DESC_REPLY, and in TABLE_STATUS */
	uint8_t table_id;
	uint32_t config; /* enum of_table_config; 1.3: OFPTC_* deprecated bits */
	bool has_eviction;
	uint32_t eviction_flags; /* enum of_eviction_flag */
	bool has_vacancy;
	uint8_t vacancy_down, vacancy_up, vacancy; /* percent free */
};

struct of_table_desc_reply {
	bool more;
	unsigned n;
	struct of_table_desc *tables;
};

enum of_table_status_reason { OF_TABLE_VACANCY_DOWN = 3, OF_TABLE_VACANCY_UP = 4 };

struct of_table_status {
	uint8_t reason;
	struct of_table_desc table;
};

/* One property: its body, without header and padding. */
struct of_table_property {
	uint16_t type; /* OFPTFPT_* */
	const uint8_t *data;
	size_t size;
};

struct of_table_features {
	uint8_t table_id;
	uint8_t command;   /* 1.5: OFPTFC_* */
	uint32_t features; /* 1.5: OFPTFF_* */
	char name[32];
	uint64_t metadata_match, metadata_write;
	uint32_t capabilities; /* 1.5; before: config */
	uint32_t max_entries;
	unsigned n_properties;
	struct of_table_property *properties; /* as they came; see table_features_*() */
};

struct of_table_features_msg { /* request and reply */
	bool more;
	unsigned n;
	struct of_table_features *tables;
};

#endif
