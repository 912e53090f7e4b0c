/* Features, configuration and barrier (OF 1.3.5 sections 7.3.1, 7.3.2 and 7.3.8, OF 1.4.1
 * section 7.3.1). */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/msg_priv.h"

const struct of_codec of_codec_FEATURES_REQUEST = { 0 };
const struct of_codec of_codec_GET_CONFIG_REQUEST = { 0 };
const struct of_codec of_codec_BARRIER_REQUEST = { 0 };
const struct of_codec of_codec_BARRIER_REPLY = { 0 };

/* Capabilities that 1.4 brought. */
#define NEWER_CAPABILITIES (OFPC14_BUNDLES | OFPC14_FLOW_MONITORING)

static int decode_features(struct cursor *body, struct arena *a, struct of_msg *msg,
			   struct of_error *err)
{
	struct of_features_reply *f = &msg->features_reply;

	(void)a;
	(void)err;
	f->datapath_id = cursor_be64(body);
	f->n_buffers = cursor_be32(body);
	f->n_tables = cursor_u8(body);
	f->auxiliary_id = cursor_u8(body);
	cursor_take(body, 2);
	f->capabilities = cursor_be32(body);
	cursor_take(body, 4); /* reserved */
	return 0;
}

static void encode_features(const struct of_msg *msg, struct buf *out)
{
	const struct of_features_reply *f = &msg->features_reply;
	uint32_t capabilities = f->capabilities;

	if (msg->version == OF_VERSION_1_3)
		capabilities &= ~(uint32_t)NEWER_CAPABILITIES;
	buf_be64(out, f->datapath_id);
	buf_be32(out, f->n_buffers);
	buf_be8(out, f->n_tables);
	buf_be8(out, f->auxiliary_id);
	buf_zeros(out, 2);
	buf_be32(out, capabilities);
	buf_zeros(out, 4);
}

static void print_features(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = {
		"FLOW_STATS",	"TABLE_STATS", "PORT_STATS",	 "GROUP_STATS",
		NULL,		"IP_REASM",    "QUEUE_STATS",	 NULL,
		"PORT_BLOCKED", "BUNDLES",     "FLOW_MONITORING"
	};
	const struct of_features_reply *f = &msg->features_reply;

	buf_printf(out, "dpid=%016llx n_buffers=%u n_tables=%u auxiliary_id=%u capabilities=",
		   (unsigned long long)f->datapath_id, f->n_buffers, f->n_tables, f->auxiliary_id);
	of_print_bits(f->capabilities, names, ARRAY_LENGTH(names), out);
}

const struct of_codec of_codec_FEATURES_REPLY = {
	.decode = decode_features,
	.encode = encode_features,
	.print = print_features,
};

static int decode_config(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	(void)a;
	msg->config.flags = cursor_be16(body);
	msg->config.miss_send_len = cursor_be16(body);
	if (cursor_ok(body) && msg->config.flags & ~OFPC_FRAG_MASK)
		return of_error_set(err, OFPET_SWITCH_CONFIG_FAILED, OFPSCFC_BAD_FLAGS);
	return 0;
}

static void encode_config(const struct of_msg *msg, struct buf *out)
{
	buf_be16(out, msg->config.flags);
	buf_be16(out, msg->config.miss_send_len);
}

static void print_config(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "normal", "drop", "reassemble", "nx-match" };

	buf_printf(out, "frags=%s miss_send_len=%u", names[msg->config.flags & OFPC_FRAG_MASK],
		   msg->config.miss_send_len);
}

const struct of_codec of_codec_GET_CONFIG_REPLY = {
	.decode = decode_config,
	.encode = encode_config,
	.print = print_config,
};

const struct of_codec of_codec_SET_CONFIG = {
	.decode = decode_config,
	.encode = encode_config,
	.print = print_config,
};
