/* What a switch can do with bundles, and within which times it commits scheduled ones (OF 1.5.1
 * section 7.3.5.20). */

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define PROPERTY_TIME 1

/* Experimenters' properties are skipped. */
static int decode_properties(struct cursor *list, struct of_bundle_features *bf,
			     struct of_error *err)
{
	while (cursor_left(list)) {
		struct of_property p;

		if (of_property_next(list, &p, err) != 0)
			return -1;
		if (p.type == OF_PROPERTY_EXPERIMENTER)
			continue;
		if (p.type != PROPERTY_TIME)
			return of_property_unknown(&p, err);
		cursor_take(&p.body, 4);
		of_time_decode(&p.body, &bf->accuracy);
		of_time_decode(&p.body, &bf->max_future);
		of_time_decode(&p.body, &bf->max_past);
		of_time_decode(&p.body, &bf->timestamp);
		bf->has_time = true;
		if (of_property_end(&p, err) != 0)
			return -1;
	}
	return 0;
}

static void encode_properties(const struct of_bundle_features *bf, struct buf *out)
{
	size_t start;

	if (!bf->has_time)
		return;
	start = of_property_start(out, PROPERTY_TIME);
	buf_zeros(out, 4);
	of_time_encode(&bf->accuracy, out);
	of_time_encode(&bf->max_future, out);
	of_time_encode(&bf->max_past, out);
	of_time_encode(&bf->timestamp, out);
	of_property_finish(out, start);
}

static int decode_request(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	(void)a;
	msg->bundle_features.features = cursor_be32(body);
	cursor_take(body, 4);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_properties(body, &msg->bundle_features, err);
}

static void encode_request(const struct of_msg *msg, struct buf *out)
{
	buf_be32(out, msg->bundle_features.features);
	buf_zeros(out, 4);
	encode_properties(&msg->bundle_features, out);
}

static void print_time(const char *name, const struct of_time *t, struct buf *out)
{
	buf_printf(out, " %s=%llu.%09u", name, (unsigned long long)t->sec, t->nsec);
}

static void print_properties(const struct of_bundle_features *bf, struct buf *out)
{
	if (!bf->has_time)
		return;
	print_time("accuracy", &bf->accuracy, out);
	print_time("max_future", &bf->max_future, out);
	print_time("max_past", &bf->max_past, out);
	print_time("timestamp", &bf->timestamp, out);
}

static void print_request(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "timestamp", "time_set_sched" };

	buf_puts(out, "flags=");
	of_print_bits(msg->bundle_features.features, names, ARRAY_LENGTH(names), out);
	print_properties(&msg->bundle_features, out);
}

const struct of_codec of_codec_BUNDLE_FEATURES_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

static int decode_reply(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	(void)a;
	msg->bundle_features.features = cursor_be16(body);
	cursor_take(body, 6);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_properties(body, &msg->bundle_features, err);
}

static void encode_reply(const struct of_msg *msg, struct buf *out)
{
	buf_be16(out, msg->bundle_features.features);
	buf_zeros(out, 6);
	encode_properties(&msg->bundle_features, out);
}

static void print_reply(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "atomic", "ordered", "time" };

	buf_puts(out, "capabilities=");
	of_print_bits(msg->bundle_features.features, names, ARRAY_LENGTH(names), out);
	print_properties(&msg->bundle_features, out);
}

const struct of_codec of_codec_BUNDLE_FEATURES_REPLY = {
	.decode = decode_reply,
	.encode = encode_reply,
	.print = print_reply,
};
