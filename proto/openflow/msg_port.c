/* Ports: description and status (OF 1.3.5 sections 7.2.1, 7.3.5.7 and 7.4.3, OF 1.4.1 section
 * 7.2.1: properties). */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define MIN_SIZE_1_3 64
#define MIN_SIZE_1_4 40

void of_hw_addr_print(const uint8_t *a, struct buf *out)
{
	buf_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
}

void of_port_config_print(uint32_t config, struct buf *out)
{
	static const char *const names[] = { "PORT_DOWN", NULL,	    "NO_RECV",	   NULL,
					     NULL,	  "NO_FWD", "NO_PACKET_IN" };

	of_print_bits(config, names, ARRAY_LENGTH(names), out);
}

/* Up to the state, in all versions alike. */
static void decode_head(struct cursor *c, struct of_port *port)
{
	cursor_copy(c, port->hw_addr, sizeof(port->hw_addr));
	cursor_take(c, 2);
	cursor_copy(c, port->name, sizeof(port->name));
	/* A string: what stands behind its end does not count. */
	port->name[sizeof(port->name) - 1] = '\0';
	memset(port->name + strlen(port->name), 0, sizeof(port->name) - strlen(port->name));
	port->config = cursor_be32(c);
	port->state = cursor_be32(c);
}

static void decode_ethernet(struct cursor *c, struct of_port *port)
{
	port->curr = cursor_be32(c);
	port->advertised = cursor_be32(c);
	port->supported = cursor_be32(c);
	port->peer = cursor_be32(c);
	port->curr_speed = cursor_be32(c);
	port->max_speed = cursor_be32(c);
}

/* Of optical ports, pipelines and experimenters nothing is kept. */
static int decode_properties(struct cursor *list, struct of_port *port, struct of_error *err)
{
	while (cursor_left(list)) {
		struct of_property p;

		if (of_property_next(list, &p, err) != 0)
			return -1;
		if (p.type != OFPPDPT14_ETHERNET)
			continue;
		cursor_take(&p.body, 4);
		decode_ethernet(&p.body, port);
		if (of_property_end(&p, err) != 0)
			return -1;
	}
	return 0;
}

int of_port_decode(struct cursor *c, uint8_t version, struct of_port *port, struct of_error *err)
{
	struct cursor entry = *c;
	uint16_t size;

	cursor_take(&entry, 4);
	size = version >= OF_VERSION_1_4 ? cursor_be16(&entry) : MIN_SIZE_1_3;
	entry = cursor_sub(c, size);
	port->port_no = cursor_be32(&entry);
	cursor_take(&entry, 4);
	decode_head(&entry, port);
	if (version == OF_VERSION_1_3)
		decode_ethernet(&entry, port);
	if (!cursor_ok(&entry))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return decode_properties(&entry, port, err);
}

static void encode_ethernet(const struct of_port *port, struct buf *out)
{
	buf_be32(out, port->curr);
	buf_be32(out, port->advertised);
	buf_be32(out, port->supported);
	buf_be32(out, port->peer);
	buf_be32(out, port->curr_speed);
	buf_be32(out, port->max_speed);
}

static void encode_property(const struct of_port *port, struct buf *out)
{
	size_t start = of_property_start(out, OFPPDPT14_ETHERNET);

	buf_zeros(out, 4);
	encode_ethernet(port, out);
	of_property_finish(out, start);
}

void of_port_encode(const struct of_port *port, uint8_t version, struct buf *out)
{
	size_t start = out->size;

	buf_be32(out, port->port_no);
	buf_zeros(out, 4);
	buf_add(out, port->hw_addr, sizeof(port->hw_addr));
	buf_zeros(out, 2);
	buf_add(out, port->name, sizeof(port->name));
	buf_be32(out, port->config);
	buf_be32(out, port->state);
	if (version == OF_VERSION_1_3) {
		encode_ethernet(port, out);
		return;
	}
	encode_property(port, out);
	store_be16(out->data + start + 4, out->size - start);
}

void of_port_features_print(const char *name, uint32_t features, struct buf *out)
{
	static const char *const names[] = {
		"10MB-HD", "10MB-FD",  "100MB-HD",   "100MB-FD",	"1GB-HD", "1GB-FD",
		"10GB-FD", "40GB-FD",  "100GB-FD",   "1TB-FD",		"OTHER",  "COPPER",
		"FIBER",   "AUTO_NEG", "AUTO_PAUSE", "AUTO_PAUSE_ASYM",
	};

	buf_printf(out, " %s=", name);
	of_print_bits(features, names, ARRAY_LENGTH(names), out);
}

void of_port_print(const struct of_port *port, struct buf *out)
{
	static const char *const states[] = { "LINK_DOWN", "BLOCKED", "LIVE" };

	of_port_no_print(port->port_no, out);
	buf_puts(out, " ");
	of_print_string(port->name, out);
	buf_puts(out, " addr=");
	of_hw_addr_print(port->hw_addr, out);
	buf_puts(out, " config=");
	of_port_config_print(port->config, out);
	buf_puts(out, " state=");
	of_print_bits(port->state, states, ARRAY_LENGTH(states), out);
	of_port_features_print("curr", port->curr, out);
	of_port_features_print("advertised", port->advertised, out);
	of_port_features_print("supported", port->supported, out);
	of_port_features_print("peer", port->peer, out);
	buf_printf(out, " speed=%u/%u kbit/s", port->curr_speed, port->max_speed);
}

static int decode_status(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	(void)a;
	msg->port_status.reason = cursor_u8(body);
	cursor_take(body, 7);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	return of_port_decode(body, msg->version, &msg->port_status.port, err);
}

static void encode_status(const struct of_msg *msg, struct buf *out)
{
	buf_be8(out, msg->port_status.reason);
	buf_zeros(out, 7);
	of_port_encode(&msg->port_status.port, msg->version, out);
}

static void print_status(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "ADD", "DEL", "MOD" };

	of_print_reason("", msg->port_status.reason, names, ARRAY_LENGTH(names), out);
	buf_puts(out, ": ");
	of_port_print(&msg->port_status.port, out);
}

const struct of_codec of_codec_PORT_STATUS = {
	.decode = decode_status,
	.encode = encode_status,
	.print = print_status,
};

/* The port is named since 1.5. */
static int decode_request(struct cursor *body, struct arena *a, struct of_msg *msg,
			  struct of_error *err)
{
	(void)a;
	(void)err;
	msg->port_stats_request.port_no = OF_PORT_ANY;
	if (msg->version >= OF_VERSION_1_5) {
		msg->port_stats_request.port_no = cursor_be32(body);
		cursor_take(body, 4);
	}
	return 0;
}

static void encode_request(const struct of_msg *msg, struct buf *out)
{
	if (msg->version < OF_VERSION_1_5)
		return;
	buf_be32(out, msg->port_stats_request.port_no);
	buf_zeros(out, 4);
}

static void print_request(const struct of_msg *msg, struct buf *out)
{
	buf_puts(out, "port_no=");
	of_port_no_print(msg->port_stats_request.port_no, out);
}

const struct of_codec of_codec_PORT_DESC_REQUEST = {
	.decode = decode_request,
	.encode = encode_request,
	.print = print_request,
};

static int decode_descs(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_port_desc_reply *r = &msg->port_desc_reply;
	size_t min_size = msg->version == OF_VERSION_1_3 ? MIN_SIZE_1_3 : MIN_SIZE_1_4;

	r->ports = arena_alloc(a, (cursor_left(body) / min_size + 1) * sizeof(*r->ports));
	while (cursor_left(body)) {
		if (of_port_decode(body, msg->version, &r->ports[r->n], err) != 0)
			return -1;
		r->n++;
	}
	return 0;
}

static void encode_descs(const struct of_msg *msg, struct buf *out)
{
	for (unsigned i = 0; i < msg->port_desc_reply.n; i++)
		of_port_encode(&msg->port_desc_reply.ports[i], msg->version, out);
}

static void print_descs(const struct of_msg *msg, struct buf *out)
{
	const struct of_port_desc_reply *r = &msg->port_desc_reply;

	buf_printf(out, "%u ports%s", r->n, r->more ? ", more to come" : "");
	for (unsigned i = 0; i < r->n; i++) {
		buf_puts(out, "\n ");
		of_port_print(&r->ports[i], out);
	}
}

const struct of_codec of_codec_PORT_DESC_REPLY = {
	.is_array = true,
	.decode = decode_descs,
	.encode = encode_descs,
	.print = print_descs,
};
