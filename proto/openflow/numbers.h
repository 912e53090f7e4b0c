#ifndef PROTO_OPENFLOW_NUMBERS_H
#define PROTO_OPENFLOW_NUMBERS_H

/* Numbers of OpenFlow 1.3.5 that the headers of <openflow/> do not give: there, port numbers are
 * OpenFlow 1.0's and message, multipart and action types are missing. */

/* Versions on the wire (ofp_header.version). */
#define OF_VERSION_1_3 0x04
#define OF_VERSION_1_4 0x05
#define OF_VERSION_1_5 0x06

/* Reserved ports (section 7.2.1); ordinary ones are 1 to OF_PORT_MAX. */
enum of_port_no {
	OF_PORT_MAX = 0xffffff00,
	OF_PORT_IN_PORT = 0xfffffff8,
	OF_PORT_TABLE = 0xfffffff9,
	OF_PORT_NORMAL = 0xfffffffa,
	OF_PORT_FLOOD = 0xfffffffb,
	OF_PORT_ALL = 0xfffffffc,
	OF_PORT_CONTROLLER = 0xfffffffd,
	OF_PORT_LOCAL = 0xfffffffe,
	OF_PORT_ANY = 0xffffffff,
};

#define OF_NO_SHORT_ID	 0xffff /* of a controller */
#define OF_NO_BUFFER	 0xffffffffu
#define OF_GROUP_ANY	 0xffffffffu
#define OF_TABLE_MAX	 0xfe
#define OF_TABLE_ALL	 0xff
#define OF_CML_MAX	 0xffe5 /* greatest max_len of an output to the controller */
#define OF_CML_NO_BUFFER 0xffff /* the whole packet */

/* ofp_type (section 7.1). */
enum of_type {
	OFPT_HELLO = 0,
	OFPT_ERROR = 1,
	OFPT_ECHO_REQUEST = 2,
	OFPT_ECHO_REPLY = 3,
	OFPT_EXPERIMENTER = 4,
	OFPT_FEATURES_REQUEST = 5,
	OFPT_FEATURES_REPLY = 6,
	OFPT_GET_CONFIG_REQUEST = 7,
	OFPT_GET_CONFIG_REPLY = 8,
	OFPT_SET_CONFIG = 9,
	OFPT_PACKET_IN = 10,
	OFPT_FLOW_REMOVED = 11,
	OFPT_PORT_STATUS = 12,
	OFPT_PACKET_OUT = 13,
	OFPT_FLOW_MOD = 14,
	OFPT_GROUP_MOD = 15,
	OFPT_PORT_MOD = 16,
	OFPT_TABLE_MOD = 17,
	OFPT_MULTIPART_REQUEST = 18,
	OFPT_MULTIPART_REPLY = 19,
	OFPT_BARRIER_REQUEST = 20,
	OFPT_BARRIER_REPLY = 21,
	OFPT_QUEUE_GET_CONFIG_REQUEST = 22,
	OFPT_QUEUE_GET_CONFIG_REPLY = 23,
	OFPT_ROLE_REQUEST = 24,
	OFPT_ROLE_REPLY = 25,
	OFPT_GET_ASYNC_REQUEST = 26,
	OFPT_GET_ASYNC_REPLY = 27,
	OFPT_SET_ASYNC = 28,
	OFPT_METER_MOD = 29,
	OFPT_ROLE_STATUS = 30,	      /* since 1.4 */
	OFPT_TABLE_STATUS = 31,	      /* since 1.4 */
	OFPT_REQUESTFORWARD = 32,     /* since 1.4 */
	OFPT_BUNDLE_CONTROL = 33,     /* since 1.4 */
	OFPT_BUNDLE_ADD_MESSAGE = 34, /* since 1.4 */
	OFPT_CONTROLLER_STATUS = 35,  /* 1.5 */
};

/* ofp_multipart_type (section 7.3.5). */
enum of_multipart_type {
	OFPMP_DESC = 0,
	OFPMP_FLOW = 1,
	OFPMP_AGGREGATE = 2,
	OFPMP_TABLE = 3,
	OFPMP_PORT_STATS = 4,
	OFPMP_QUEUE = 5,
	OFPMP_GROUP = 6,
	OFPMP_GROUP_DESC = 7,
	OFPMP_GROUP_FEATURES = 8,
	OFPMP_METER = 9,
	OFPMP_METER_CONFIG = 10,
	OFPMP_METER_FEATURES = 11,
	OFPMP_TABLE_FEATURES = 12,
	OFPMP_PORT_DESC = 13,
	OFPMP_TABLE_DESC = 14,	      /* since 1.4 */
	OFPMP_QUEUE_DESC = 15,	      /* since 1.4 */
	OFPMP_FLOW_MONITOR = 16,      /* since 1.4 */
	OFPMP_FLOW_STATS = 17,	      /* 1.5; OFPMP_FLOW is there OFPMP_FLOW_DESC */
	OFPMP_CONTROLLER_STATUS = 18, /* 1.5 */
	OFPMP_BUNDLE_FEATURES = 19,   /* 1.5 */
	OFPMP_EXPERIMENTER = 0xffff,
};
#define OFPMPF_REQ_MORE	  1
#define OFPMPF_REPLY_MORE 1

/* ofp_action_type (section 7.2.5), those that are spoken. */
enum of_action_type {
	OFPAT_OUTPUT = 0,
	OFPAT_COPY_TTL_OUT = 11,
	OFPAT_COPY_TTL_IN = 12,
	OFPAT_SET_MPLS_TTL = 15,
	OFPAT_DEC_MPLS_TTL = 16,
	OFPAT_PUSH_VLAN = 17,
	OFPAT_POP_VLAN = 18,
	OFPAT_PUSH_MPLS = 19,
	OFPAT_POP_MPLS = 20,
	OFPAT_SET_QUEUE = 21,
	OFPAT_GROUP = 22,
	OFPAT_SET_NW_TTL = 23,
	OFPAT_DEC_NW_TTL = 24,
	OFPAT_SET_FIELD = 25,
	OFPAT_PUSH_PBB = 26,
	OFPAT_POP_PBB = 27,
	OFPAT_COPY_FIELD = 28, /* since 1.5 */
	OFPAT_METER = 29,      /* since 1.5 */
	OFPAT_EXPERIMENTER = 0xffff,
};

/* nx_action_subtype of NX_VENDOR_ID, those that are spoken. */
enum of_nx_action_subtype {
	NXAST_RESUBMIT = 1,
	NXAST_SET_TUNNEL = 2,
	NXAST_POP_QUEUE = 5,
	NXAST_REG_MOVE = 6,
	NXAST_REG_LOAD = 7,
	NXAST_NOTE = 8,
	NXAST_SET_TUNNEL64 = 9,
	NXAST_MULTIPATH = 10,
	NXAST_BUNDLE = 12,
	NXAST_BUNDLE_LOAD = 13,
	NXAST_RESUBMIT_TABLE = 14,
	NXAST_OUTPUT_REG = 15,
	NXAST_LEARN = 16,
	NXAST_EXIT = 17,
	NXAST_FIN_TIMEOUT = 19,
	NXAST_CONTROLLER = 20,
	NXAST_DEC_TTL_CNT_IDS = 21,
	NXAST_STACK_PUSH = 27,
	NXAST_STACK_POP = 28,
	NXAST_SAMPLE = 29,
	NXAST_OUTPUT_REG2 = 32,
	NXAST_REG_LOAD2 = 33,
	NXAST_CONJUNCTION = 34,
	NXAST_CT = 35,
	NXAST_NAT = 36,
	NXAST_CONTROLLER2 = 37,
	NXAST_SAMPLE2 = 38,
	NXAST_OUTPUT_TRUNC = 39,
	NXAST_SAMPLE3 = 41,
	NXAST_CLONE = 42,
	NXAST_CT_CLEAR = 43,
	NXAST_RESUBMIT_TABLE_CT = 44,
	NXAST_LEARN2 = 45,
	NXAST_ENCAP = 46,
	NXAST_DECAP = 47,
	NXAST_DEC_NSH_TTL = 48,
	NXAST_CHECK_PKT_LARGER = 49,
	NXAST_DELETE_FIELD = 50,
};

/* ofp_flow_mod_flags (section 7.3.4.1). */
enum of_flow_mod_flag {
	OF_FLOW_SEND_REMOVED = 1 << 0,
	OF_FLOW_CHECK_OVERLAP = 1 << 1,
	OF_FLOW_RESET_COUNTS = 1 << 2,
	OF_FLOW_NO_PACKET_COUNTS = 1 << 3,
	OF_FLOW_NO_BYTE_COUNTS = 1 << 4,
};

/* ofp_controller_role (section 7.3.9). */
enum of_role_kind {
	OF_ROLE_NOCHANGE,
	OF_ROLE_EQUAL,
	OF_ROLE_MASTER,
	OF_ROLE_SLAVE,
};

/* Experimenter ids and types. */
#define OF_ONF_ID	    0x4f4e4600u
#define OF_NICIRA_ID	    0x00002320u
#define OF_WEFT_ID	    0x00574654u /* "\0WFT" */
#define OF_EXP_BUNDLE_CTRL  2300
#define OF_EXP_BUNDLE_ADD   2301
#define OF_EXP_WEFT_REQUEST 1
#define OF_EXP_WEFT_REPLY   2

/* Flow monitors: the ONF's extension 187, and Nicira's. */
#define OF_EXP_ONF_MONITOR	   1870
#define OF_EXP_ONF_MONITOR_CANCEL  1870
#define OF_EXP_ONF_MONITOR_PAUSED  1871
#define OF_EXP_ONF_MONITOR_RESUMED 1872
#define OF_EXP_NX_MONITOR	   2

/* Messages of OF_NICIRA_ID. */
enum of_nx_message {
	NXT_SET_PACKET_IN_FORMAT = 16,
	NXT_SET_CONTROLLER_ID = 20,
	NXT_FLOW_MONITOR_CANCEL = 21,
	NXT_FLOW_MONITOR_PAUSED = 22,
	NXT_FLOW_MONITOR_RESUMED = 23,
	NXT_TLV_TABLE_MOD = 24,
	NXT_TLV_TABLE_REQUEST = 25,
	NXT_TLV_TABLE_REPLY = 26,
	NXT_SET_ASYNC_CONFIG2 = 27,
	NXT_RESUME = 28,
	NXT_CT_FLUSH_ZONE = 29,
	NXT_PACKET_IN2 = 30,
	NXT_GROUP_MOD = 31,
	NXT_CT_FLUSH = 32,
};

#endif
