/* Messages: the headers that all have in common, and finding the kind's own codec (OF 1.3.5
 * section 7.1, 7.3.5 and 7.4). */

#include "proto/openflow/msg.h"

#include "proto/openflow/msg_priv.h"

#define HEADER_SIZE 8

static const struct of_codec *const codecs[OF_N_KINDS] = {
#define OF_MSG(KIND, ...) [OF_##KIND] = &of_codec_##KIND,
#include "proto/openflow/messages.def"
#undef OF_MSG
};

static const char *const kind_names[OF_N_KINDS] = {
#define OF_MSG(KIND, ...) [OF_##KIND] = #KIND,
#include "proto/openflow/messages.def"
#undef OF_MSG
};

const char *of_kind_name(enum of_kind kind)
{
	return (unsigned)kind < OF_N_KINDS ? kind_names[kind] : "?";
}

/* Messages without further headers by their type; OF_N_KINDS is none. */
static enum of_kind plain_kind(uint8_t type)
{
	static const enum of_kind kinds[] = {
		[OFPT_HELLO] = OF_HELLO,
		[OFPT_ERROR] = OF_ERROR,
		[OFPT_ECHO_REQUEST] = OF_ECHO_REQUEST,
		[OFPT_ECHO_REPLY] = OF_ECHO_REPLY,
		[OFPT_EXPERIMENTER] = OF_N_KINDS,
		[OFPT_FEATURES_REQUEST] = OF_FEATURES_REQUEST,
		[OFPT_FEATURES_REPLY] = OF_FEATURES_REPLY,
		[OFPT_GET_CONFIG_REQUEST] = OF_GET_CONFIG_REQUEST,
		[OFPT_GET_CONFIG_REPLY] = OF_GET_CONFIG_REPLY,
		[OFPT_SET_CONFIG] = OF_SET_CONFIG,
		[OFPT_PACKET_IN] = OF_PACKET_IN,
		[OFPT_FLOW_REMOVED] = OF_FLOW_REMOVED,
		[OFPT_PORT_STATUS] = OF_PORT_STATUS,
		[OFPT_PACKET_OUT] = OF_PACKET_OUT,
		[OFPT_FLOW_MOD] = OF_FLOW_MOD,
		[OFPT_GROUP_MOD] = OF_N_KINDS,
		[OFPT_PORT_MOD] = OF_PORT_MOD,
		[OFPT_TABLE_MOD] = OF_N_KINDS,
		[OFPT_MULTIPART_REQUEST] = OF_N_KINDS,
		[OFPT_MULTIPART_REPLY] = OF_N_KINDS,
		[OFPT_BARRIER_REQUEST] = OF_BARRIER_REQUEST,
		[OFPT_BARRIER_REPLY] = OF_BARRIER_REPLY,
		[OFPT_QUEUE_GET_CONFIG_REQUEST] = OF_N_KINDS,
		[OFPT_QUEUE_GET_CONFIG_REPLY] = OF_N_KINDS,
		[OFPT_ROLE_REQUEST] = OF_ROLE_REQUEST,
		[OFPT_ROLE_REPLY] = OF_ROLE_REPLY,
		[OFPT_GET_ASYNC_REQUEST] = OF_GET_ASYNC_REQUEST,
		[OFPT_GET_ASYNC_REPLY] = OF_GET_ASYNC_REPLY,
		[OFPT_SET_ASYNC] = OF_SET_ASYNC,
	};

	return type < ARRAY_LENGTH(kinds) ? kinds[type] : OF_N_KINDS;
}

/* The kind with further headers, or OF_N_KINDS. */
static enum of_kind find_kind(enum of_form form, uint8_t type, uint32_t vendor, uint32_t subtype)
{
	for (enum of_kind kind = 0; kind < OF_N_KINDS; kind++) {
		const struct of_codec *codec = codecs[kind];

		if (codec->form == form && codec->type == type && codec->vendor == vendor &&
		    codec->subtype == subtype && kind != OF_MULTIPART_OTHER &&
		    kind != OF_EXPERIMENTER)
			return kind;
	}
	return OF_N_KINDS;
}

/* All multipart replies that are arrays begin with `more`. */
static int decode_multipart(uint8_t type, struct cursor *body, struct of_msg *msg,
			    struct of_error *err)
{
	uint16_t subtype = cursor_be16(body), flags = cursor_be16(body);

	cursor_take(body, 4);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (type == OFPT_MULTIPART_REQUEST && flags & OFPMPF_REQ_MORE)
		return of_bad_request(err, OFPBRC_MULTIPART_BUFFER_OVERFLOW);
	msg->kind = find_kind(OF_FORM_MULTIPART, type, 0, subtype);
	if (msg->kind == OF_N_KINDS && type == OFPT_MULTIPART_REPLY)
		return of_bad_request(err, OFPBRC_BAD_MULTIPART);
	if (msg->kind == OF_N_KINDS) {
		msg->kind = OF_MULTIPART_OTHER;
		msg->multipart_other.type = subtype;
	}
	if (codecs[msg->kind]->is_array)
		msg->flow_stats_reply.more = flags & OFPMPF_REPLY_MORE;
	return 0;
}

static int decode_experimenter(struct cursor *body, struct of_msg *msg, struct of_error *err)
{
	uint32_t vendor = cursor_be32(body), subtype = cursor_be32(body);

	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	msg->kind = find_kind(OF_FORM_EXPERIMENTER, OFPT_EXPERIMENTER, vendor, subtype);
	if (msg->kind == OF_N_KINDS) {
		msg->kind = OF_EXPERIMENTER;
		msg->experimenter.experimenter = vendor;
		msg->experimenter.exp_type = subtype;
	}
	return 0;
}

/* The headers after the first; sets the kind. */
static int decode_kind(uint8_t type, struct cursor *body, struct of_msg *msg, struct of_error *err)
{
	if (type == OFPT_MULTIPART_REQUEST || type == OFPT_MULTIPART_REPLY)
		return decode_multipart(type, body, msg, err);
	if (type == OFPT_EXPERIMENTER)
		return decode_experimenter(body, msg, err);
	msg->kind = plain_kind(type);
	return msg->kind == OF_N_KINDS ? of_bad_request(err, OFPBRC_BAD_TYPE) : 0;
}

long of_msg_size(const uint8_t *data, size_t size)
{
	long length;

	if (size < 4)
		return 0;
	length = load_be16(data + 2);
	if (length < HEADER_SIZE)
		return -1;
	return (size_t)length <= size ? length : 0;
}

/* No OpenFlow has version 0. */
static bool is_version_right(uint8_t version, uint8_t type)
{
	enum of_kind kind = plain_kind(type);

	return version == OF_VERSION_1_3 ||
	       (version > 0 && kind != OF_N_KINDS && codecs[kind]->is_any_version);
}

int of_msg_decode(const uint8_t *data, size_t size, struct arena *a, struct of_msg *msg,
		  struct of_error *err)
{
	struct cursor body = cursor_of(data, size);
	uint8_t version = cursor_u8(&body), type = cursor_u8(&body);
	uint16_t length = cursor_be16(&body);
	const struct of_codec *codec;

	*msg = (struct of_msg){ .kind = OF_N_KINDS, .version = version };
	msg->xid = cursor_be32(&body);
	if (!cursor_ok(&body) || length != size)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (!is_version_right(version, type))
		return of_bad_request(err, OFPBRC_BAD_VERSION);
	if (decode_kind(type, &body, msg, err) != 0)
		return -1;
	codec = codecs[msg->kind];
	if (codec->decode && codec->decode(&body, a, msg, err) != 0)
		return -1;
	if (!cursor_ok(&body) || cursor_left(&body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return 0;
}

static void encode_form(const struct of_codec *codec, const struct of_msg *msg, struct buf *out)
{
	if (codec->form == OF_FORM_MULTIPART) {
		buf_be16(out, msg->kind == OF_MULTIPART_OTHER ? msg->multipart_other.type
							      : codec->subtype);
		buf_be16(out,
			 codec->is_array && msg->flow_stats_reply.more ? OFPMPF_REPLY_MORE : 0);
		buf_zeros(out, 4);
	} else if (codec->form == OF_FORM_EXPERIMENTER) {
		bool is_unknown = msg->kind == OF_EXPERIMENTER;

		buf_be32(out, is_unknown ? msg->experimenter.experimenter : codec->vendor);
		buf_be32(out, is_unknown ? msg->experimenter.exp_type : codec->subtype);
	}
}

int of_msg_encode(const struct of_msg *msg, struct buf *out)
{
	const struct of_codec *codec = codecs[msg->kind];
	size_t start = out->size;
	struct of_msg copy;

	if (!msg->version) {
		copy = *msg;
		copy.version = OF_VERSION_1_3;
		msg = &copy;
	}
	buf_be8(out, msg->version);
	buf_be8(out, codec->type);
	buf_be16(out, 0);
	buf_be32(out, msg->xid);
	encode_form(codec, msg, out);
	if (codec->encode)
		codec->encode(msg, out);
	if (out->size - start > OF_MAX_MESSAGE) {
		out->size = start;
		return -1;
	}
	store_be16(out->data + start + 2, out->size - start);
	return 0;
}

void of_msg_print(const struct of_msg *msg, struct buf *out)
{
	const struct of_codec *codec = codecs[msg->kind];

	buf_printf(out, "%s (xid=0x%x)", of_kind_name(msg->kind), msg->xid);
	if (codec->print) {
		buf_puts(out, ": ");
		codec->print(msg, out);
	}
}

const uint8_t *of_take_rest(struct cursor *body, size_t *size)
{
	*size = cursor_left(body);
	return cursor_take(body, *size);
}

void of_print_string(const char *s, struct buf *out)
{
	buf_puts(out, "\"");
	for (; s && *s; s++)
		buf_be8(out, *s >= ' ' && *s <= '~' ? *s : '?');
	buf_puts(out, "\"");
}

void of_print_hex(const uint8_t *data, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size; i++)
		buf_printf(out, "%02x", data[i]);
}

void of_print_bits(uint32_t flags, const char *const *names, unsigned n_names, struct buf *out)
{
	const char *bar = "";

	if (!flags)
		buf_puts(out, "0");
	for (unsigned i = 0; i < 32; i++) {
		if (!(flags >> i & 1))
			continue;
		buf_puts(out, bar);
		if (i < n_names && names[i])
			buf_puts(out, names[i]);
		else
			buf_printf(out, "0x%x", 1u << i);
		bar = "|";
	}
}
