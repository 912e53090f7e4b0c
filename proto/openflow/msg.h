#ifndef PROTO_OPENFLOW_MSG_H
#define PROTO_OPENFLOW_MSG_H

/* OpenFlow messages as structs (OF 1.3.5 section 7), host byte order, and their one codec:
 * bytes <-> structs <-> text.  Both daemons use it; it knows no sockets.
 *
 * Each kind is one line in messages.def and a codec in msg_NAME.c.  A decoded message lives in
 * the arena it was decoded into; bytes it lends (packet data) live as long as the input. */

#include "lib/arena.h"
#include "lib/buf.h"
#include "proto/openflow/action.h"
#include "proto/openflow/error.h"
#include "proto/openflow/group.h"
#include "proto/openflow/match.h"
#include "proto/openflow/meter.h"
#include "proto/openflow/monitor.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/nx_ct.h"
#include "proto/openflow/port_no.h"
#include "proto/openflow/queue.h"
#include "proto/openflow/table_msg.h"
#include "proto/openflow/tlv_table.h"

enum of_kind {
#define OF_MSG(KIND) OF_##KIND,
#include "proto/openflow/messages.def"
	OF_N_KINDS
};

#define OF_MAX_MESSAGE 65535

struct of_hello {
	uint32_t versions; /* bitmap, bit 4 is 1.3; without an element, all up to the header's */
};

struct of_error_msg {
	struct of_error error;
	const uint8_t *data; /* the start of the message at fault, or text for HELLO_FAILED */
	size_t size;
};

struct of_echo { /* request and reply */
	const uint8_t *data;
	size_t size;
};

struct of_experimenter { /* an experimenter message not known as a kind of its own */
	uint32_t experimenter, exp_type;
	const uint8_t *data;
	size_t size;
};

struct of_features_reply {
	uint64_t datapath_id;
	uint32_t n_buffers;
	uint8_t n_tables, auxiliary_id;
	uint32_t capabilities; /* OFPC_* */
};

struct of_switch_config { /* get-config reply and set-config */
	uint16_t flags; /* OFPC_FRAG_* */
	uint16_t miss_send_len; /* bytes */
};

struct of_port {
	uint32_t port_no;
	uint8_t hw_addr[6];
	char name[16];
	uint32_t config, state; /* OFPPC_*, OFPPS_* */
	uint32_t curr, advertised, supported, peer;
	uint32_t curr_speed, max_speed; /* kbit/s */
};

struct of_port_status {
	uint8_t reason; /* OFPPR_* */
	struct of_port port;
};

struct of_port_mod {
	uint32_t port_no;
	uint8_t hw_addr[6];
	uint32_t config, mask, advertise;
};

struct of_flow_mod {
	uint64_t cookie, cookie_mask;
	uint8_t table_id, command; /* OFPFC_* */
	uint16_t idle_timeout, hard_timeout; /* seconds */
	uint16_t priority;
	uint32_t buffer_id, out_port, out_group;
	uint16_t flags; /* OFPFF_* */
	uint16_t importance; /* since 1.4; who is evicted first */
	struct of_match match;
	struct of_instructions instructions;
};

struct of_packet_in {
	uint32_t buffer_id;
	uint16_t total_len;
	uint8_t reason; /* OFPR_* */
	uint8_t table_id;
	uint64_t cookie;
	struct of_match match; /* in_port, metadata, registers that are not zero */
	const uint8_t *data;
	size_t size;
	/* NX_PACKET_IN2 only: what the `controller` action gave, and what resuming needs */
	const uint8_t *userdata, *continuation;
	size_t userdata_size, continuation_size;
	uint16_t controller_id; /* not on the wire: of the connections that it is for */
};

struct of_packet_out {
	uint32_t buffer_id, in_port;
	struct of_match match; /* 1.5: further pipeline fields; in_port is not in it */
	struct of_actions actions;
	const uint8_t *data;
	size_t size;
};

struct of_flow_removed {
	uint64_t cookie;
	uint16_t priority;
	uint8_t reason; /* OFPRR_* */
	uint8_t table_id;
	uint32_t duration_sec, duration_nsec;
	uint16_t idle_timeout, hard_timeout;
	uint64_t n_packets, n_bytes;
	struct of_match match;
};

struct of_role { /* request and reply */
	uint32_t role; /* OFPCR_ROLE_* */
	uint64_t generation_id;
	uint16_t short_id; /* 1.5; OF_NO_SHORT_ID: undefined */
};

struct of_role_status { /* since 1.4 */
	uint32_t role;
	uint8_t reason; /* OFPCRR_* */
	uint64_t generation_id;
};

/* Asynchronous messages that a controller chooses from, with the bit for a property that a
 * set-async had; one that is absent is left as it was (OF 1.4.1 section 7.3.10). */
enum of_async_kind {
	OF_ASYNC_PACKET_IN,
	OF_ASYNC_PORT_STATUS,
	OF_ASYNC_FLOW_REMOVED,
	OF_ASYNC_ROLE_STATUS,	/* since 1.4 */
	OF_ASYNC_TABLE_STATUS,	/* since 1.4 */
	OF_ASYNC_REQUESTFORWARD, /* since 1.4 */
	OF_ASYNC_FLOW_STATS,	/* 1.5; never sent */
	OF_ASYNC_CONTROLLER_STATUS, /* 1.5 */
	OF_N_ASYNC_KINDS
};

struct of_async_config { /* get-async reply, set-async and NX_SET_ASYNC2 */
	uint32_t mask[OF_N_ASYNC_KINDS][2]; /* of reasons; [0] master or equal, [1] slave */
	uint32_t has[2];		    /* bit per enum of_async_kind; 1.3: the first three */
};

struct of_requestforward { /* since 1.4: a group-mod or meter-mod that another sent */
	const uint8_t *request;
	size_t size;
};

struct of_controller_status { /* 1.5; one connection */
	uint16_t short_id;
	uint32_t role;
	uint8_t reason, channel_status; /* OFPCSR_*, OFPCT_STATUS_* */
	const char *uri;
};

struct of_controller_status_reply {
	bool more;
	unsigned n;
	struct of_controller_status *controllers;
};

/* Multipart: every reply body is an array; `more` is OFPMPF_REPLY_MORE, in a request of table
 * features OFPMPF_REQ_MORE. */
struct of_desc {
	const char *mfr, *hw, *sw, *serial, *dp;
};

struct of_flow_stats_request { /* flow, aggregate and 1.5's flow counts */
	uint8_t table_id;
	uint32_t out_port, out_group;
	uint64_t cookie, cookie_mask;
	struct of_match match;
};

struct of_flow_stats {
	uint8_t table_id;
	uint16_t priority, idle_timeout, hard_timeout, flags;
	uint32_t duration_sec, duration_nsec;
	uint64_t idle_ns; /* since the last packet; told by 1.5 only */
	uint64_t cookie;
	uint64_t n_packets, n_bytes; /* UINT64_MAX: not counted */
	uint16_t importance; /* since 1.4 */
	uint8_t reason;	     /* 1.5's short form (FLOW_COUNTS_REPLY): OFPFSR_* */
	struct of_match match;
	struct of_instructions instructions;
};

struct of_flow_stats_reply {
	bool more;
	unsigned n;
	struct of_flow_stats *stats;
	unsigned n_skipped; /* decoding only: flows with fields or actions that are not spoken */
};

struct of_aggregate_reply {
	uint64_t n_packets, n_bytes;
	uint32_t n_flows;
};

struct of_table_stats {
	uint8_t table_id;
	uint32_t active_count;
	uint64_t lookup_count, matched_count;
};

struct of_table_stats_reply {
	bool more;
	unsigned n;
	struct of_table_stats *stats;
};

struct of_port_stats_request { /* statistics, and since 1.5 description */
	uint32_t port_no; /* OFPP_ANY: all */
};

struct of_port_stats { /* counters that are not kept: UINT64_MAX */
	uint32_t port_no;
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped;
	uint64_t rx_errors, tx_errors, rx_frame_err, rx_over_err, rx_crc_err, collisions;
	uint32_t duration_sec, duration_nsec;
};

struct of_port_stats_reply {
	bool more;
	unsigned n;
	struct of_port_stats *stats;
};

struct of_port_desc_reply {
	bool more;
	unsigned n;
	struct of_port *ports;
};

struct of_multipart_other { /* a request of a type that is not spoken */
	uint16_t type;
	const uint8_t *data;
	size_t size;
};

struct of_time { /* since 1970, or how long */
	uint64_t sec;
	uint32_t nsec;
};

/* Bundles: messages of their own since 1.4, ONF extension 230 in 1.3. */
struct of_bundle_ctrl {
	uint32_t bundle_id;
	uint16_t type; /* OFPBCT_* of openflow-1.4.h */
	uint16_t flags;
	bool has_time; /* 1.5 */
	struct of_time time; /* when to commit */
};

struct of_bundle_features { /* 1.5, request and reply */
	uint32_t features; /* request: 1 timestamp, 2 set the times; reply: OFPBF_* that can be done */
	bool has_time;
	struct of_time accuracy, max_future, max_past; /* of scheduled commits */
	struct of_time timestamp;		       /* now */
};

struct of_bundle_add {
	uint32_t bundle_id;
	uint16_t flags;
	const uint8_t *inner; /* the whole message that is added, header included */
	size_t inner_size;
};

struct of_nx_format { /* NX_SET_PACKET_IN_FORMAT */
	uint32_t format; /* NXPIF_* */
};

struct of_nx_controller_id { /* NX_SET_CONTROLLER_ID */
	uint16_t id;
};

struct of_nx_resume { /* NX_RESUME: a packet-in's properties, given back */
	const uint8_t *data;
	size_t size;
};

struct of_nx_zone { /* NX_CT_FLUSH_ZONE */
	uint16_t zone;
};

/* Weft's own experimenter message: a management request or its reply, switch/v1 packed. */
struct of_weft_mgmt {
	const uint8_t *data;
	size_t size;
};

struct of_msg {
	enum of_kind kind;
	uint8_t version; /* OF_VERSION_*; 0 in a message to encode: 1.3 */
	uint8_t form;	 /* the FORM of messages.def in which it came */
	uint32_t xid;
	union {
		struct of_hello hello;
		struct of_error_msg error;
		struct of_echo echo;
		struct of_experimenter experimenter;
		struct of_features_reply features_reply;
		struct of_switch_config config;
		struct of_port_status port_status;
		struct of_port_mod port_mod;
		struct of_flow_mod flow_mod;
		struct of_packet_in packet_in;
		struct of_packet_out packet_out;
		struct of_flow_removed flow_removed;
		struct of_role role;
		struct of_role_status role_status;
		struct of_async_config async;
		struct of_requestforward requestforward;
		struct of_controller_status controller_status;
		struct of_controller_status_reply controller_status_reply;
		struct of_group_mod group_mod;
		struct of_group_request group_request; /* description and statistics */
		struct of_group_desc_reply group_desc_reply;
		struct of_group_stats_reply group_stats_reply;
		struct of_group_features group_features;
		struct of_meter_config meter_mod;
		struct of_meter_request meter_request; /* configuration and statistics */
		struct of_meter_config_reply meter_config_reply;
		struct of_meter_stats_reply meter_stats_reply;
		struct of_meter_features meter_features;
		struct of_queue_request queue_request;
		struct of_queue_desc_reply queue_desc_reply;
		struct of_queue_stats_reply queue_stats_reply;
		struct of_table_desc table_mod;
		struct of_table_desc_reply table_desc_reply;
		struct of_table_status table_status;
		struct of_table_features_msg table_features;
		struct of_monitor_request monitor_request;
		struct of_monitor_reply monitor_reply;
		struct of_monitor_cancel monitor_cancel;
		struct of_bundle_features bundle_features;
		struct of_tlv_table tlv_table;
		struct of_nx_format nx_format;
		struct of_nx_controller_id nx_controller_id;
		struct of_nx_resume nx_resume;
		struct of_nx_zone nx_zone;
		struct of_nx_ct_flush nx_ct_flush;
		struct of_desc desc;
		struct of_flow_stats_request flow_stats_request;
		struct of_flow_stats_reply flow_stats_reply;
		struct of_aggregate_reply aggregate_reply;
		struct of_table_stats_reply table_stats_reply;
		struct of_port_stats_request port_stats_request;
		struct of_port_stats_reply port_stats_reply;
		struct of_port_desc_reply port_desc_reply;
		struct of_multipart_other multipart_other;
		struct of_bundle_ctrl bundle_ctrl;
		struct of_bundle_add bundle_add;
		struct of_weft_mgmt weft_mgmt;
	};
};

/* SIZE is the length of the first whole message in DATA: 0 if more bytes are needed, -1 if
 * the header's length is below 8. */
long of_msg_size(const uint8_t *data, size_t size);
/* One whole message.  0, or -1 with ERR being what the peer is to be told.  On failure
 * kind, version and xid are still right when the header was. */
int of_msg_decode(const uint8_t *data, size_t size, struct arena *a, struct of_msg *msg,
		  struct of_error *err);
/* Appends one message.  -1, and nothing appended, if its version has no such message or if it
 * would be larger than OF_MAX_MESSAGE; a long reply is the caller's to split: see
 * of_flow_stats_fits(). */
int of_msg_encode(const struct of_msg *msg, struct buf *out);
/* How many of the N flows at STATS fit, from the first, into one reply: split a long list with
 * it, `more` set in all parts but the last.  Other arrays: OF_MAX_*_PER_REPLY. */
unsigned of_flow_stats_fits(const struct of_flow_stats *stats, unsigned n, uint8_t version);
/* Bytes of one entry on the wire. */
size_t of_flow_stats_size(const struct of_flow_stats *fs, uint8_t version);
/* Append one entry of FLOW_STATS_REPLY. */
void of_flow_stats_encode(const struct of_flow_stats *fs, uint8_t version, struct buf *out);
/* Append one entry of FLOW_COUNTS_REPLY, which 1.5 alone has. */
void of_flow_counts_encode(const struct of_flow_stats *fs, struct buf *out);
#define OF_MAX_TABLES_PER_REPLY ((OF_MAX_MESSAGE - 16) / 24)
#define OF_MAX_PORT_STATS_PER_REPLY ((OF_MAX_MESSAGE - 16) / 120)
#define OF_MAX_PORT_DESCS_PER_REPLY ((OF_MAX_MESSAGE - 16) / 72)
#define OF_MAX_QUEUE_DESCS_PER_REPLY ((OF_MAX_MESSAGE - 16) / 48)
#define OF_MAX_QUEUE_STATS_PER_REPLY ((OF_MAX_MESSAGE - 16) / 48)
/* One line of text per message, for logs and snooping; flow stats one line a flow. */
void of_msg_print(const struct of_msg *msg, struct buf *out);
const char *of_kind_name(enum of_kind kind);
/* Whether OpenFlow VERSION has messages of this kind. */
bool of_kind_is_in(enum of_kind kind, uint8_t version);

/* ovs-ofctl's flow syntax: "table=0,priority=10,tcp actions=output:2"; COMMAND is OFPFC_*.
 * -1 with ST naming the word at fault. */
int of_flow_mod_parse(const char *text, uint8_t command, struct arena *a, struct of_flow_mod *fm,
		      struct status *st);
/* "ADD table:1 priority=10,tcp actions=output:2", as ovs-ofctl's ofp-print. */
void of_flow_mod_print(const struct of_flow_mod *fm, struct buf *out);
/* One line as of ovs-ofctl's dump-flows, without line feed. */
void of_flow_stats_print(const struct of_flow_stats *fs, struct buf *out);
#endif
