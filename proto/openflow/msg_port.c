/* Ports: description, status and modification (OF 1.3.5 sections 7.2.1, 7.3.4.3, 7.3.5.7 and
 * 7.4.3). */

#include <openflow/openflow-1.3.h>

#include "proto/openflow/msg_priv.h"

static const char *const config_names[] = { "PORT_DOWN", NULL,	   "NO_RECV",	  NULL,
					    NULL,	 "NO_FWD", "NO_PACKET_IN" };
static const char *const state_names[] = { "LINK_DOWN", "BLOCKED", "LIVE" };

void of_port_decode(struct cursor *c, struct of_port *port)
{
	port->port_no = cursor_be32(c);
	cursor_take(c, 4);
	cursor_copy(c, port->hw_addr, sizeof(port->hw_addr));
	cursor_take(c, 2);
	cursor_copy(c, port->name, sizeof(port->name));
	/* A string: what stands behind its end does not count. */
	port->name[sizeof(port->name) - 1] = '\0';
	memset(port->name + strlen(port->name), 0, sizeof(port->name) - strlen(port->name));
	port->config = cursor_be32(c);
	port->state = cursor_be32(c);
	port->curr = cursor_be32(c);
	port->advertised = cursor_be32(c);
	port->supported = cursor_be32(c);
	port->peer = cursor_be32(c);
	port->curr_speed = cursor_be32(c);
	port->max_speed = cursor_be32(c);
}

void of_port_encode(const struct of_port *port, struct buf *out)
{
	buf_be32(out, port->port_no);
	buf_zeros(out, 4);
	buf_add(out, port->hw_addr, sizeof(port->hw_addr));
	buf_zeros(out, 2);
	buf_add(out, port->name, sizeof(port->name));
	buf_be32(out, port->config);
	buf_be32(out, port->state);
	buf_be32(out, port->curr);
	buf_be32(out, port->advertised);
	buf_be32(out, port->supported);
	buf_be32(out, port->peer);
	buf_be32(out, port->curr_speed);
	buf_be32(out, port->max_speed);
}

static void print_hw_addr(const uint8_t *a, struct buf *out)
{
	buf_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
}

void of_port_print(const struct of_port *port, struct buf *out)
{
	of_port_no_print(port->port_no, out);
	buf_puts(out, " ");
	of_print_string(port->name, out);
	buf_puts(out, " addr=");
	print_hw_addr(port->hw_addr, out);
	buf_puts(out, " config=");
	of_print_bits(port->config, config_names, ARRAY_LENGTH(config_names), out);
	buf_puts(out, " state=");
	of_print_bits(port->state, state_names, ARRAY_LENGTH(state_names), out);
	buf_printf(out, " curr=0x%x advertised=0x%x supported=0x%x peer=0x%x speed=%u/%u kbit/s",
		   port->curr, port->advertised, port->supported, port->peer, port->curr_speed,
		   port->max_speed);
}

static int decode_status(struct cursor *body, struct arena *a, struct of_msg *msg,
			 struct of_error *err)
{
	(void)a;
	(void)err;
	msg->port_status.reason = cursor_u8(body);
	cursor_take(body, 7);
	of_port_decode(body, &msg->port_status.port);
	return 0;
}

static void encode_status(const struct of_msg *msg, struct buf *out)
{
	buf_be8(out, msg->port_status.reason);
	buf_zeros(out, 7);
	of_port_encode(&msg->port_status.port, out);
}

static void print_status(const struct of_msg *msg, struct buf *out)
{
	static const char *const names[] = { "ADD", "DEL", "MOD" };
	uint8_t reason = msg->port_status.reason;

	if (reason < ARRAY_LENGTH(names))
		buf_puts(out, names[reason]);
	else
		buf_printf(out, "reason %u", reason);
	buf_puts(out, ": ");
	of_port_print(&msg->port_status.port, out);
}

const struct of_codec of_codec_PORT_STATUS = {
	.decode = decode_status,
	.encode = encode_status,
	.print = print_status,
};

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
	pm->advertise = cursor_be32(body);
	cursor_take(body, 4);
	if (cursor_ok(body) && (pm->config | pm->mask) & ~OFPPC11_ALL)
		return of_error_set(err, OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_CONFIG);
	return 0;
}

static void encode_mod(const struct of_msg *msg, struct buf *out)
{
	const struct of_port_mod *pm = &msg->port_mod;

	buf_be32(out, pm->port_no);
	buf_zeros(out, 4);
	buf_add(out, pm->hw_addr, sizeof(pm->hw_addr));
	buf_zeros(out, 2);
	buf_be32(out, pm->config);
	buf_be32(out, pm->mask);
	buf_be32(out, pm->advertise);
	buf_zeros(out, 4);
}

static void print_mod(const struct of_msg *msg, struct buf *out)
{
	const struct of_port_mod *pm = &msg->port_mod;

	buf_puts(out, "port=");
	of_port_no_print(pm->port_no, out);
	buf_puts(out, " addr=");
	print_hw_addr(pm->hw_addr, out);
	buf_puts(out, " config=");
	of_print_bits(pm->config, config_names, ARRAY_LENGTH(config_names), out);
	buf_puts(out, " mask=");
	of_print_bits(pm->mask, config_names, ARRAY_LENGTH(config_names), out);
	buf_printf(out, " advertise=0x%x", pm->advertise);
}

const struct of_codec of_codec_PORT_MOD = {
	.decode = decode_mod,
	.encode = encode_mod,
	.print = print_mod,
};
