#ifndef PROTO_OPENFLOW_MSG_PRIV_H
#define PROTO_OPENFLOW_MSG_PRIV_H

/* For the msg_*.c files: what each kind of message adds to the common code in msg.c. */

#include "lib/cursor.h"
#include "proto/openflow/msg.h"

#define OF_N_FORMS 3

/* How a kind looks on the wire is in messages.def; this is what follows the headers. */
struct of_codec {
	bool is_array;       /* multipart, with `more` first in its struct */
	bool is_any_version; /* HELLO, ERROR and ECHO come before a version is agreed */
	/* BODY is what follows the headers of its form; all of it must be consumed.  NULL: empty.
	 * A cursor that failed, or bytes left over, become OFPBRC_BAD_LEN. */
	int (*decode)(struct cursor *body, struct arena *a, struct of_msg *msg,
		      struct of_error *err);
	void (*encode)(const struct of_msg *msg, struct buf *out);
	/* In which FORM of messages.def to encode; NULL: 0. */
	unsigned (*form)(const struct of_msg *msg);
	/* What follows the kind's name; no line feed unless it is a list. */
	void (*print)(const struct of_msg *msg, struct buf *out);
};

#define OF_MSG(KIND) extern const struct of_codec of_codec_##KIND;
#include "proto/openflow/messages.def"

/* The rest of BODY, lent. */
const uint8_t *of_take_rest(struct cursor *body, size_t *size);
/* Text from a peer, in quotes, with '?' for what is no printable ASCII. */
void of_print_string(const char *s, struct buf *out);
void of_print_hex(const uint8_t *data, size_t size, struct buf *out);
/* Names of FLAGS' bits, lowest first, or "0": "a|b". */
void of_print_bits(uint32_t flags, const char *const *names, unsigned n_names, struct buf *out);

static inline int of_bad_request(struct of_error *err, uint16_t code)
{
	return of_error_set(err, OFPET_BAD_REQUEST, code);
}

/* ofp_port (OF 1.3.5 section 7.2.1), used by port-status and port-desc. */
#define OF_PORT_SIZE 64
void of_port_decode(struct cursor *c, struct of_port *port);
void of_port_encode(const struct of_port *port, struct buf *out);
void of_port_print(const struct of_port *port, struct buf *out);
/* The flags of flow-mods and flow statistics as ovs-ofctl writes them, SEPARATOR after each. */
void of_flow_flags_print(uint16_t flags, const char *separator, struct buf *out);

#endif
