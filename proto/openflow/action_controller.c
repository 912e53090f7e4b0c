/* NXAST_CONTROLLER, and NXAST_CONTROLLER2, which has properties (Open vSwitch's ovs-actions manual,
 * "controller").  The former is sent where it suffices. */

#include "proto/openflow/action_controller.h"

#include "proto/openflow/action_output.h"
#include "proto/openflow/action_priv.h"
#include "proto/openflow/tokens.h"

#define MAX_USERDATA 2048 /* bytes in a text */

/* NXAC2PT_* */
enum property {
	MAX_LEN,
	CONTROLLER_ID,
	REASON,
	USERDATA,
	PAUSE,
	METER_ID,
};

/* Of the packet-in (OF 1.5.1 section 7.4.1; the last two are Open vSwitch's).  In its order of
 * numbers; "action" is what is not said. */
static const char *const reasons[] = { "no_match", "action",	 "invalid_ttl",	  "action_set",
				       "group",	   "packet_out", "explicit_miss", "implicit_miss" };

#define REASON_ACTION 1

struct of_action_controller *of_action_controller(struct arena *a, const void *userdata,
						  uint16_t n_userdata)
{
	struct of_action_controller *c =
		of_action_new(a, &of_action_controller_class, sizeof(*c) + n_userdata);

	c->max_len = OF_CML_NO_BUFFER;
	c->reason = REASON_ACTION;
	c->n_userdata = n_userdata;
	if (n_userdata)
		memcpy(c->userdata, userdata, n_userdata);
	return c;
}

static struct of_action *controller_decode(struct cursor *body, uint8_t version, struct arena *a,
					   struct of_error *err)
{
	struct of_action_controller *c = of_action_controller(a, NULL, 0);

	(void)version;
	c->max_len = cursor_be16(body);
	c->controller_id = cursor_be16(body);
	c->reason = cursor_u8(body);
	if (cursor_u8(body) != 0)
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return &c->base;
}

/* DATA is the property's content; false if its length is wrong or it is not known. */
static bool read_property(uint16_t type, struct cursor *data, struct of_action_controller *c)
{
	switch ((enum property)type) {
	case MAX_LEN:
		c->max_len = cursor_be16(data);
		cursor_take(data, 2);
		break;
	case CONTROLLER_ID:
		c->controller_id = cursor_be16(data);
		cursor_take(data, 2);
		break;
	case REASON:
		c->reason = cursor_u8(data);
		cursor_take(data, 3);
		break;
	case PAUSE:
		c->pause = true;
		break;
	case METER_ID:
		c->meter_id = cursor_be32(data);
		break;
	case USERDATA:
		cursor_take(data, cursor_left(data));
		break;
	default:
		return false;
	}
	return cursor_ok(data) && !cursor_left(data);
}

/* The properties of LIST; the user data is left in USERDATA, lent from it. */
static int read_properties(struct cursor *list, struct of_action_controller *c,
			   struct cursor *userdata, struct of_error *err)
{
	while (cursor_left(list)) {
		uint16_t type = cursor_be16(list), size = cursor_be16(list);
		struct cursor data = cursor_sub(list, size < 4 ? SIZE_MAX : size - 4u);

		cursor_take(list, -size & 7);
		if (!cursor_ok(list))
			return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_LEN);
		if (type == USERDATA)
			*userdata = data;
		if (!read_property(type, &data, c))
			return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_ARGUMENT);
	}
	return 0;
}

static struct of_action *decode_properties(struct cursor *body, uint8_t version, struct arena *a,
					   struct of_error *err)
{
	struct cursor userdata = { 0 };
	struct of_action_controller plain = { .max_len = OF_CML_NO_BUFFER,
					      .reason = REASON_ACTION };
	struct of_action_controller *c;

	(void)version;
	cursor_take(body, 6);
	if (!cursor_ok(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (read_properties(body, &plain, &userdata, err) != 0)
		return NULL;
	c = of_action_controller(a, userdata.at, cursor_left(&userdata));
	c->max_len = plain.max_len;
	c->controller_id = plain.controller_id;
	c->reason = plain.reason;
	c->pause = plain.pause;
	c->meter_id = plain.meter_id;
	return &c->base;
}

static void controller_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_controller *c = (const struct of_action_controller *)act;

	(void)version;
	buf_be16(out, c->max_len);
	buf_be16(out, c->controller_id);
	buf_be8(out, c->reason);
	buf_be8(out, 0);
}

/* SIZE content bytes follow, then padding by end_property(), which the length does not count. */
static void begin_property(struct buf *out, uint16_t type, size_t size)
{
	buf_be16(out, type);
	buf_be16(out, 4 + size);
}

static void end_property(struct buf *out, size_t size)
{
	buf_zeros(out, -(4 + size) & 7);
}

/* Numbers take four bytes, all of which count. */
static void put_number(struct buf *out, uint16_t type, uint32_t left_aligned)
{
	begin_property(out, type, 4);
	buf_be32(out, left_aligned);
}

static void encode_properties(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_controller *c = (const struct of_action_controller *)act;

	(void)version;
	buf_zeros(out, 6);
	if (c->max_len != OF_CML_NO_BUFFER)
		put_number(out, MAX_LEN, (uint32_t)c->max_len << 16);
	if (c->controller_id)
		put_number(out, CONTROLLER_ID, (uint32_t)c->controller_id << 16);
	if (c->reason != REASON_ACTION)
		put_number(out, REASON, (uint32_t)c->reason << 24);
	if (c->n_userdata) {
		begin_property(out, USERDATA, c->n_userdata);
		buf_add(out, c->userdata, c->n_userdata);
		end_property(out, c->n_userdata);
	}
	if (c->pause) {
		begin_property(out, PAUSE, 0);
		end_property(out, 0);
	}
	if (c->meter_id)
		put_number(out, METER_ID, c->meter_id);
}

static const struct of_action_class controller2 = {
	OF_ACTION_NICIRA(NXAST_CONTROLLER2),
	.decode = decode_properties,
	.encode = encode_properties,
};
REGISTRY_ADD(of_action_class, controller2);

static const struct of_action_class *controller_form(const struct of_action *act, uint8_t version)
{
	const struct of_action_controller *c = (const struct of_action_controller *)act;

	(void)version;
	return c->n_userdata || c->pause || c->meter_id ? &controller2
							: &of_action_controller_class;
}

static bool is_plain(const struct of_action_controller *c)
{
	return c->reason == REASON_ACTION && !c->controller_id && !c->n_userdata && !c->pause &&
	       !c->meter_id;
}

static void print_reason(uint8_t reason, struct buf *out)
{
	if (reason < ARRAY_LENGTH(reasons))
		buf_printf(out, "reason=%s,", reasons[reason]);
	else
		buf_printf(out, "reason=%u,", reason);
}

static void controller_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_controller *c = (const struct of_action_controller *)act;

	if (is_plain(c)) {
		buf_printf(out, "CONTROLLER:%u", c->max_len);
		return;
	}
	buf_puts(out, "controller(");
	if (c->reason != REASON_ACTION)
		print_reason(c->reason, out);
	if (c->max_len != OF_CML_NO_BUFFER)
		buf_printf(out, "max_len=%u,", c->max_len);
	if (c->controller_id)
		buf_printf(out, "id=%u,", c->controller_id);
	if (c->n_userdata) {
		buf_puts(out, "userdata=");
		of_hex_print(c->userdata, c->n_userdata, out);
		buf_puts(out, ",");
	}
	if (c->pause)
		buf_puts(out, "pause,");
	if (c->meter_id)
		buf_printf(out, "meter_id=%u,", c->meter_id);
	out->data[out->size - 1] = ')'; /* for the last comma */
}

static int parse_reason(const char *text, uint8_t *reason)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(reasons); i++) {
		if (strcmp(text, reasons[i]) == 0) {
			*reason = i;
			return 0;
		}
	}
	return -1;
}

/* One argument into PLAIN, or the user data into DATA of *N bytes. */
static int parse_argument(const char *key, const char *value, struct of_action_controller *plain,
			  uint8_t *data, int *n, struct status *st)
{
	uint64_t number = 0;
	int rc = 0;

	if (strcmp(key, "reason") == 0) {
		rc = parse_reason(value, &plain->reason);
	} else if (strcmp(key, "userdata") == 0) {
		*n = of_hex_parse(value, data, MAX_USERDATA);
		rc = *n < 0 ? -1 : 0;
	} else if (strcmp(key, "pause") == 0) {
		plain->pause = true;
	} else if (strcmp(key, "max_len") == 0) {
		rc = of_action_parse_number("max_len", value, UINT16_MAX, &number, st);
		plain->max_len = number;
	} else if (strcmp(key, "id") == 0) {
		rc = of_action_parse_number("id", value, UINT16_MAX, &number, st);
		plain->controller_id = number;
	} else if (strcmp(key, "meter_id") == 0) {
		rc = of_action_parse_number("meter_id", value, UINT32_MAX, &number, st);
		plain->meter_id = number;
	} else {
		rc = -1;
	}
	if (rc != 0)
		of_action_refuse_text(st, "controller", key,
				      "give reason=, max_len=, id=, userdata=, meter_id= or pause");
	return rc;
}

/* What a plain output to the controller does becomes one. */
static struct of_action *controller_parse(const char *args, struct arena *a, struct status *st)
{
	struct of_action_controller plain = { .max_len = OF_CML_NO_BUFFER,
					      .reason = REASON_ACTION };
	struct of_action_controller *c;
	uint8_t data[MAX_USERDATA];
	char *key, *value;
	int n = 0;

	if (*args && args[strspn(args, "0123456789")] == '\0')
		return of_action_output_class.parse(arena_printf(a, "CONTROLLER:%s", args), a, st);
	while (token_next_argument(&args, a, &key, &value)) {
		if (parse_argument(key, value, &plain, data, &n, st) != 0)
			return NULL;
	}
	plain.n_userdata = n;
	if (is_plain(&plain))
		return &of_action_output(a, OF_PORT_CONTROLLER, plain.max_len)->base;
	c = of_action_controller(a, data, n);
	c->max_len = plain.max_len;
	c->controller_id = plain.controller_id;
	c->reason = plain.reason;
	c->pause = plain.pause;
	c->meter_id = plain.meter_id;
	return &c->base;
}

static size_t controller_size(const struct of_action *act)
{
	const struct of_action_controller *c = (const struct of_action_controller *)act;

	return sizeof(*c) + c->n_userdata;
}

OF_ACTION_CLASS(controller, OF_ACTION_NICIRA(NXAST_CONTROLLER), .form = controller_form,
		.struct_size = controller_size);
