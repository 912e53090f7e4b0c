/* Modification of ports (OF 1.3.5 section 7.3.4.3, OF 1.4.1 section 7.3.4.3: properties). */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

/* Ports are of Ethernet: properties of others cannot be set. */
static int decode_properties(struct cursor *list, struct of_port_mod *pm, struct of_error *err)
{
	bool has_ethernet = false;

	while (cursor_left(list)) {
		struct of_property p;

		if (of_property_next(list, &p, err) != 0)
			return -1;
		if (p.type != OFPPMPT14_ETHERNET)
			return of_property_unknown(&p, err);
		if (has_ethernet)
			return of_bad_property(err, OFPBPC_DUP_TYPE);
		has_ethernet = true;
		pm->advertise = cursor_be32(&p.body);
		if (of_property_end(&p, err) != 0)
			return -1;
	}
	return 0;
}

static int decode_mod(struct cursor *body, struct arena *a, struct of_msg *msg,
		      struct of_error *err)
{
	struct of_port_mod *pm = &msg->port_mod;

	(void)a;
	pm->port_no = cursor_be32(body);
	cursor_take(body, 4);
	cursor_copy(body, pm->hw_addr, sizeof(pm->hw_addr));
	cursor_take(body, 2);
	pm->config = cursor_be32(body);
	pm->mask = cursor_be32(body);
	if (msg->version == OF_VERSION_1_3) {
		pm->advertise = cursor_be32(body);
		cursor_take(body, 4);
	}
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if ((pm->config | pm->mask) & ~OFPPC11_ALL)
		return of_error_set(err, OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_CONFIG);
	return msg->version == OF_VERSION_1_3 ? 0 : decode_properties(body, pm, err);
}

static void encode_mod(const struct of_msg *msg, struct buf *out)
{
	const struct of_port_mod *pm = &msg->port_mod;
	size_t start;

	buf_be32(out, pm->port_no);
	buf_zeros(out, 4);
	buf_add(out, pm->hw_addr, sizeof(pm->hw_addr));
	buf_zeros(out, 2);
	buf_be32(out, pm->config);
	buf_be32(out, pm->mask);
	if (msg->version == OF_VERSION_1_3) {
		buf_be32(out, pm->advertise);
		buf_zeros(out, 4);
		return;
	}
	start = of_property_start(out, OFPPMPT14_ETHERNET);
	buf_be32(out, pm->advertise);
	of_property_finish(out, start);
}

static void print_mod(const struct of_msg *msg, struct buf *out)
{
	const struct of_port_mod *pm = &msg->port_mod;

	buf_puts(out, "port=");
	of_port_no_print(pm->port_no, out);
	buf_puts(out, " addr=");
	of_hw_addr_print(pm->hw_addr, out);
	buf_puts(out, " config=");
	of_port_config_print(pm->config, out);
	buf_puts(out, " mask=");
	of_port_config_print(pm->mask, out);
	of_port_features_print("advertise", pm->advertise, out);
}

const struct of_codec of_codec_PORT_MOD = {
	.decode = decode_mod,
	.encode = encode_mod,
	.print = print_mod,
};
