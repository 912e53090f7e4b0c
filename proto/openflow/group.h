#ifndef PROTO_OPENFLOW_GROUP_H
#define PROTO_OPENFLOW_GROUP_H

/* Group messages as structs, one form for all versions (OF 1.3.5 sections 7.3.4.2 and 7.3.5.8 to
 * 7.3.5.10, OF 1.5.1 section 7.3.4.3); host byte order. */

#include "proto/openflow/action.h"

#define OF_GROUP_MAX 0xffffff00u
#define OF_GROUP_ALL 0xfffffffcu

enum of_group_type {
	OF_GROUP_ALL_BUCKETS,
	OF_GROUP_SELECT,
	OF_GROUP_INDIRECT,
	OF_GROUP_FAST_FAILOVER,
	OF_N_GROUP_TYPES
};

enum of_group_command {
	OF_GROUP_ADD,
	OF_GROUP_MODIFY,
	OF_GROUP_DELETE,
	OF_GROUP_INSERT_BUCKET, /* 1.5, and the Nicira extension */
	OF_GROUP_REMOVE_BUCKET = 5,
	OF_GROUP_ADD_OR_MODIFY = 0x8000, /* the Nicira extension */
};

/* Buckets get their ids from the controller in 1.5, from the codec (their place) before. */
#define OF_BUCKET_MAX	0xffffff00u
#define OF_BUCKET_FIRST 0xfffffffdu
#define OF_BUCKET_LAST	0xfffffffeu
#define OF_BUCKET_ALL	0xffffffffu

struct of_bucket {
	uint32_t id;
	uint16_t weight;      /* select groups */
	uint32_t watch_port;  /* OF_PORT_ANY: none */
	uint32_t watch_group; /* OF_GROUP_ANY: none */
	struct of_actions actions;
};

/* How a select group picks a bucket: NTRSELMETH's "selection_method" property; by default over
 * the L2 to L4 fields that the packet has. */
struct of_group_selection {
	char method[16]; /* "", "hash", "dp_hash" */
	uint64_t param;
	struct of_match fields; /* hash: over these, their masks saying which bits */
};

struct of_group_mod {
	uint16_t command; /* enum of_group_command */
	uint8_t type;	  /* enum of_group_type */
	uint32_t group_id;
	uint32_t command_bucket_id; /* insert and remove: OF_BUCKET_* or an id */
	unsigned n_buckets;
	struct of_bucket *buckets;
	struct of_group_selection selection;
};

/* GROUP_DESC_REQUEST and GROUP_STATS_REQUEST. */
struct of_group_request {
	uint32_t group_id; /* OF_GROUP_ALL: every one */
};

struct of_group_desc {
	uint8_t type;
	uint32_t group_id;
	unsigned n_buckets;
	struct of_bucket *buckets;
	struct of_group_selection selection;
};

struct of_group_desc_reply {
	bool more;
	unsigned n;
	struct of_group_desc *groups;
};

struct of_bucket_counter {
	uint64_t n_packets, n_bytes;
};

struct of_group_stats {
	uint32_t group_id;
	uint32_t ref_count; /* flows and groups that lead here */
	uint64_t n_packets, n_bytes;
	uint32_t duration_sec, duration_nsec;
	unsigned n_buckets;
	struct of_bucket_counter *buckets;
};

struct of_group_stats_reply {
	bool more;
	unsigned n;
	struct of_group_stats *stats;
};

struct of_group_features {
	uint32_t types;	       /* bit per enum of_group_type */
	uint32_t capabilities; /* OFPGFC_* */
	uint32_t max_groups[OF_N_GROUP_TYPES];
	uint32_t actions[OF_N_GROUP_TYPES]; /* bit per OFPAT_* */
};

/* Bytes of one description on the wire. */
size_t of_group_desc_size(const struct of_group_desc *g, uint8_t version);
/* Whether its description or statistics would not fit into one message of some version: such a
 * group cannot be told of, and is refused with OFPGMFC_OUT_OF_BUCKETS. */
bool of_group_desc_is_too_large(const struct of_group_desc *g);
/* How many of the N, from the first, fit into one reply: split a long list with it, `more` set
 * in all parts but the last. */
unsigned of_group_desc_fits(const struct of_group_desc *groups, unsigned n, uint8_t version);
unsigned of_group_stats_fits(const struct of_group_stats *stats, unsigned n);

/* ovs-ofctl's syntax: "group_id=1,type=select,bucket=weight:1,output:1,bucket=...".  -1 with ST
 * naming the word at fault. */
int of_group_mod_parse(const char *text, uint16_t command, struct arena *a, struct of_group_mod *gm,
		       struct status *st);
/* "ADD group_id=1,type=all,bucket=actions=output:1": as ovs-ofctl's ofp-print for a message of
 * VERSION, which says whether buckets are shown with their ids (since 1.5). */
void of_group_mod_print(const struct of_group_mod *gm, uint8_t version, struct buf *out);
/* One line as of ovs-ofctl's dump-groups and dump-group-stats, without line feed. */
void of_group_desc_print(const struct of_group_desc *g, uint8_t version, struct buf *out);
void of_group_stats_print(const struct of_group_stats *g, struct buf *out);
void of_group_features_print(const struct of_group_features *f, struct buf *out);
/* A number, ALL or ANY. */
void of_group_id_print(uint32_t group_id, struct buf *out);

#endif
