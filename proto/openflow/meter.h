#ifndef PROTO_OPENFLOW_METER_H
#define PROTO_OPENFLOW_METER_H

/* Meter messages as structs (OF 1.3.5 sections 7.3.4.4 and 7.3.5.11 to 7.3.5.13); host byte
 * order. */

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/status.h"

#define OF_METER_MAX	    0xffff0000u
#define OF_METER_SLOWPATH   0xfffffffdu
#define OF_METER_CONTROLLER 0xfffffffeu
#define OF_METER_ALL	    0xffffffffu

enum of_meter_command { OF_METER_ADD, OF_METER_MODIFY, OF_METER_DELETE };

enum of_meter_flag {
	OF_METER_KBPS = 1 << 0,
	OF_METER_PKTPS = 1 << 1,
	OF_METER_BURST = 1 << 2,
	OF_METER_STATS = 1 << 3,
};

/* What a meter action may be part of (OFPMFF_* of OF 1.5.1 section 7.3.5.15). */
enum of_meter_feature {
	OF_METER_ACTION_SET = 1 << 0,
	OF_METER_ANY_POSITION = 1 << 1,
	OF_METER_MULTI_LIST = 1 << 2,
};

enum of_meter_band_type {
	OF_BAND_DROP = 1,
	OF_BAND_DSCP_REMARK = 2,
	OF_BAND_EXPERIMENTER = 0xffff, /* decoded for its error only */
};

struct of_meter_band {
	uint16_t type;
	uint32_t rate;	     /* kbit/s or packets/s */
	uint32_t burst_size; /* kbit or packets */
	uint8_t prec_level;  /* DSCP_REMARK: steps of drop precedence */
};

struct of_meter_config {  /* METER_MOD, and one meter of METER_CONFIG_REPLY */
	uint16_t command; /* METER_MOD only */
	uint16_t flags;	  /* enum of_meter_flag */
	uint32_t meter_id;
	unsigned n_bands;
	struct of_meter_band *bands;
};

/* METER_CONFIG_REQUEST and METER_STATS_REQUEST. */
struct of_meter_request {
	uint32_t meter_id; /* OF_METER_ALL: every one */
};

struct of_meter_config_reply {
	bool more;
	unsigned n;
	struct of_meter_config *meters;
};

struct of_band_counter {
	uint64_t n_packets, n_bytes;
};

struct of_meter_stats {
	uint32_t meter_id;
	uint32_t flow_count; /* in 1.5 ref_count */
	uint64_t n_packets, n_bytes;
	uint32_t duration_sec, duration_nsec;
	unsigned n_bands;
	struct of_band_counter *bands;
};

struct of_meter_stats_reply {
	bool more;
	unsigned n;
	struct of_meter_stats *stats;
};

struct of_meter_features {
	uint32_t max_meters;
	uint32_t band_types;   /* bit per type */
	uint32_t capabilities; /* enum of_meter_flag */
	uint8_t max_bands, max_color;
	uint32_t features; /* 1.5: OFPMFF_* */
};

/* How many of the N, from the first, fit into one reply: split a long list with it, `more` set
 * in all parts but the last. */
unsigned of_meter_config_fits(const struct of_meter_config *meters, unsigned n);
unsigned of_meter_stats_fits(const struct of_meter_stats *stats, unsigned n);

/* ovs-ofctl's syntax: "meter=1,kbps,burst,stats,bands=type=drop,rate=1000,burst_size=100". */
int of_meter_mod_parse(const char *text, uint16_t command, struct arena *a,
		       struct of_meter_config *m, struct status *st);
/* As of ovs-ofctl's dump-meters, meter-stats and meter-features, without the last line feed. */
void of_meter_config_print(const struct of_meter_config *m, struct buf *out);
void of_meter_stats_print(const struct of_meter_stats *m, struct buf *out);
void of_meter_features_print(const struct of_meter_features *f, uint8_t version, struct buf *out);
/* "meter", SEPARATOR, and a number, all, controller or slowpath. */
void of_meter_id_print(uint32_t meter_id, char separator, struct buf *out);

#endif
