/* Messages: the headers that all have in common, and finding the kind's own codec (OF 1.3.5
 * section 7.1, 7.3.5 and 7.4). */

#include "proto/openflow/msg.h"

#include "proto/openflow/msg_priv.h"

#define HEADER_SIZE 8

#define N_VERSIONS  3
#define N_TYPES	    36 /* OFPT_* */
#define N_MULTIPART 20 /* OFPMP_* */
#define REQUEST	    0
#define REPLY	    1

enum form {
	FORM_NONE,
	FORM_PLAIN,
	FORM_MULTIPART,
	FORM_EXPERIMENT,
	FORM_MULTIPART_EXPERIMENT,
};

/* The headers of a kind in one version. */
struct wire {
	uint8_t form;	  /* enum form */
	uint8_t type;	  /* OFPT_* */
	uint16_t subtype; /* OFPMP_* */
	uint32_t vendor, exp_type;
};

static const struct of_codec *const codecs[OF_N_KINDS] = {
#define OF_MSG(KIND) [OF_##KIND] = &of_codec_##KIND,
#include "proto/openflow/messages.def"
};

static const char *const kind_names[OF_N_KINDS] = {
#define OF_MSG(KIND) [OF_##KIND] = #KIND,
#include "proto/openflow/messages.def"
};

#define ROW(VERSION)	  (OF_VERSION_##VERSION - OF_VERSION_1_3)
#define ROWS(FROM, TO)	  ROW(FROM)... ROW(TO)
#define OFPT_DIRECTION(D) (OFPT_MULTIPART_REQUEST + (D))
#define EXPERIMENT(V, T)  ((uint64_t)(V) << 32 | (T))

/* By version, kind and form: what an encoder writes. */
static const struct wire wires[N_VERSIONS][OF_N_KINDS][OF_N_FORMS] = {
#define OF_PLAIN(KIND, TYPE, FROM, TO) [ROWS(FROM, TO)][OF_##KIND][0] = { FORM_PLAIN, TYPE },
#define OF_MULTIPART(KIND, DIRECTION, TYPE, FROM, TO)                                              \
	[ROWS(FROM, TO)][OF_##KIND][0] = { FORM_MULTIPART, OFPT_DIRECTION(DIRECTION), TYPE },
#define OF_EXPERIMENT(KIND, FORM, VENDOR, EXP_TYPE, FROM, TO)                                      \
	[ROWS(FROM, TO)][OF_##KIND][FORM] = { FORM_EXPERIMENT, OFPT_EXPERIMENTER, 0, VENDOR,       \
					      EXP_TYPE },
#define OF_MULTIPART_EXPERIMENT(KIND, DIRECTION, FORM, VENDOR, EXP_TYPE, FROM, TO)                 \
	[ROWS(FROM, TO)][OF_##KIND][FORM] = { FORM_MULTIPART_EXPERIMENT,                           \
					      OFPT_DIRECTION(DIRECTION), OFPMP_EXPERIMENTER,       \
					      VENDOR, EXP_TYPE },
#include "proto/openflow/messages.def"
};

/* The other way: kinds by version and number, one more than the kind; 0 is none. */
static const uint8_t plain_kinds[N_VERSIONS][N_TYPES] = {
#define OF_PLAIN(KIND, TYPE, FROM, TO) [ROWS(FROM, TO)][TYPE] = OF_##KIND + 1,
#include "proto/openflow/messages.def"
};

static const uint8_t multipart_kinds[N_VERSIONS][2][N_MULTIPART] = {
#define OF_MULTIPART(KIND, DIRECTION, TYPE, FROM, TO)                                              \
	[ROWS(FROM, TO)][DIRECTION][TYPE] = OF_##KIND + 1,
#include "proto/openflow/messages.def"
};

/* HELLO and the like of other versions are read as the nearest. */
static unsigned row_of(uint8_t version)
{
	return MAX_OF(MIN_OF(version, OF_VERSION_1_5), OF_VERSION_1_3) - OF_VERSION_1_3;
}

const char *of_kind_name(enum of_kind kind)
{
	return (unsigned)kind < OF_N_KINDS ? kind_names[kind] : "?";
}

bool of_kind_is_in(enum of_kind kind, uint8_t version)
{
	const struct wire *w = wires[row_of(version)][kind];

	if (kind == OF_EXPERIMENTER || kind == OF_MULTIPART_OTHER)
		return true;
	for (unsigned i = 0; i < OF_N_FORMS; i++) {
		if (w[i].form != FORM_NONE)
			return true;
	}
	return false;
}

static enum of_kind plain_kind(unsigned row, uint8_t type)
{
	if (type >= N_TYPES || !plain_kinds[row][type])
		return OF_N_KINDS;
	return plain_kinds[row][type] - 1;
}

static enum of_kind multipart_kind(unsigned row, unsigned direction, uint16_t type)
{
	if (type >= N_MULTIPART || !multipart_kinds[row][direction][type])
		return OF_N_KINDS;
	return multipart_kinds[row][direction][type] - 1;
}

/* Sets kind and form, if the version has it. */
static void set_kind(struct of_msg *msg, unsigned from, unsigned to, enum of_kind kind,
		     unsigned form)
{
	unsigned row = row_of(msg->version);

	if (row >= from && row <= to) {
		msg->kind = kind;
		msg->form = form;
	}
}

static void set_experiment_kind(struct of_msg *msg, uint32_t vendor, uint32_t exp_type)
{
	switch (EXPERIMENT(vendor, exp_type)) {
#define OF_EXPERIMENT(KIND, FORM, VENDOR, EXP_TYPE, FROM, TO)                                      \
	case EXPERIMENT(VENDOR, EXP_TYPE):                                                         \
		set_kind(msg, ROW(FROM), ROW(TO), OF_##KIND, FORM);                                \
		break;
#include "proto/openflow/messages.def"
	}
}

static void set_multipart_experiment_kind(struct of_msg *msg, unsigned direction, uint32_t vendor,
					  uint32_t exp_type)
{
	(void)msg, (void)direction, (void)vendor, (void)exp_type; /* there may be none */
#define OF_MULTIPART_EXPERIMENT(KIND, DIRECTION, FORM, VENDOR, EXP_TYPE, FROM, TO)                 \
	if (direction == (DIRECTION) && vendor == (VENDOR) && exp_type == (EXP_TYPE))              \
		set_kind(msg, ROW(FROM), ROW(TO), OF_##KIND, FORM);
#include "proto/openflow/messages.def"
}

/* If it is one of an experimenter's that is known, its header is consumed too. */
static void find_multipart(unsigned direction, uint16_t type, struct cursor *body,
			   struct of_msg *msg)
{
	struct cursor inner = *body;
	uint32_t vendor, exp_type;

	if (type != OFPMP_EXPERIMENTER) {
		msg->kind = multipart_kind(row_of(msg->version), direction, type);
		return;
	}
	vendor = cursor_be32(&inner);
	exp_type = cursor_be32(&inner);
	if (cursor_ok(&inner))
		set_multipart_experiment_kind(msg, direction, vendor, exp_type);
	if (msg->kind != OF_N_KINDS)
		*body = inner;
}

/* All multipart messages that are arrays begin with `more`. */
static int decode_multipart(uint8_t type, struct cursor *body, struct of_msg *msg,
			    struct of_error *err)
{
	unsigned direction = type - OFPT_MULTIPART_REQUEST;
	uint16_t subtype = cursor_be16(body), flags = cursor_be16(body);

	cursor_take(body, 4);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	find_multipart(direction, subtype, body, msg);
	if (msg->kind == OF_N_KINDS && direction == REPLY)
		return of_bad_request(err, OFPBRC_BAD_MULTIPART);
	if (msg->kind == OF_N_KINDS) {
		msg->kind = OF_MULTIPART_OTHER;
		msg->multipart_other.type = subtype;
	}
	if (codecs[msg->kind]->is_array)
		msg->flow_stats_reply.more = flags & OFPMPF_REPLY_MORE;
	else if (direction == REQUEST && flags & OFPMPF_REQ_MORE)
		return of_bad_request(err, OFPBRC_MULTIPART_BUFFER_OVERFLOW);
	return 0;
}

static int decode_experimenter(struct cursor *body, struct of_msg *msg, struct of_error *err)
{
	uint32_t vendor = cursor_be32(body), exp_type = cursor_be32(body);

	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	set_experiment_kind(msg, vendor, exp_type);
	if (msg->kind == OF_N_KINDS) {
		msg->kind = OF_EXPERIMENTER;
		msg->experimenter.experimenter = vendor;
		msg->experimenter.exp_type = exp_type;
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
	msg->kind = plain_kind(row_of(msg->version), type);
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
	enum of_kind kind = plain_kind(0, type);

	if (version >= OF_VERSION_1_3 && version <= OF_VERSION_1_5)
		return true;
	return version > 0 && kind != OF_N_KINDS && codecs[kind]->is_any_version;
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

static struct wire wire_of(const struct of_codec *codec, const struct of_msg *msg)
{
	if (msg->kind == OF_EXPERIMENTER)
		return (struct wire){ FORM_EXPERIMENT, OFPT_EXPERIMENTER, 0,
				      msg->experimenter.experimenter, msg->experimenter.exp_type };
	if (msg->kind == OF_MULTIPART_OTHER)
		return (struct wire){ FORM_MULTIPART, OFPT_MULTIPART_REQUEST,
				      msg->multipart_other.type };
	return wires[row_of(msg->version)][msg->kind][codec->form ? codec->form(msg) : 0];
}

static void encode_headers(const struct of_codec *codec, const struct wire *w,
			   const struct of_msg *msg, struct buf *out)
{
	buf_be8(out, msg->version);
	buf_be8(out, w->type);
	buf_be16(out, 0);
	buf_be32(out, msg->xid);
	if (w->form == FORM_MULTIPART || w->form == FORM_MULTIPART_EXPERIMENT) {
		buf_be16(out, w->subtype);
		buf_be16(out,
			 codec->is_array && msg->flow_stats_reply.more ? OFPMPF_REPLY_MORE : 0);
		buf_zeros(out, 4);
	}
	if (w->form == FORM_EXPERIMENT || w->form == FORM_MULTIPART_EXPERIMENT) {
		buf_be32(out, w->vendor);
		buf_be32(out, w->exp_type);
	}
}

int of_msg_encode(const struct of_msg *msg, struct buf *out)
{
	const struct of_codec *codec = codecs[msg->kind];
	size_t start = out->size;
	struct of_msg copy;
	struct wire w;

	if (!msg->version) {
		copy = *msg;
		copy.version = OF_VERSION_1_3;
		msg = &copy;
	}
	w = wire_of(codec, msg);
	if (w.form == FORM_NONE)
		return -1;
	encode_headers(codec, &w, msg, out);
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

void of_print_inner(const uint8_t *data, size_t size, struct buf *out)
{
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg inner;

	/* No message nests; a hostile peer's are not followed. */
	if (of_msg_decode(data, size, &a, &inner, &err) == 0 && inner.kind != OF_BUNDLE_ADD &&
	    inner.kind != OF_REQUESTFORWARD)
		of_msg_print(&inner, out);
	else
		of_print_hex(data, size, out);
	arena_clear(&a);
}

void of_print_reason(const char *prefix, unsigned reason, const char *const *names,
		     unsigned n_names, struct buf *out)
{
	buf_puts(out, prefix);
	if (reason < n_names && names[reason])
		buf_puts(out, names[reason]);
	else
		buf_printf(out, "%u", reason);
}

void of_counter_print(const char *name, uint64_t n, struct buf *out)
{
	if (n == UINT64_MAX)
		buf_printf(out, "%s=?", name);
	else
		buf_printf(out, "%s=%llu", name, (unsigned long long)n);
}

int of_count_entries(const struct cursor *body, size_t entry_size, unsigned *n,
		     struct of_error *err)
{
	if (cursor_left(body) % entry_size)
		return of_bad_request(err, OFPBRC_BAD_LEN);
	*n = cursor_left(body) / entry_size;
	return 0;
}
