#ifndef PROTO_OPENFLOW_MSG_PRIV_H
#define PROTO_OPENFLOW_MSG_PRIV_H

/* For the msg_*.c files: what each kind of message adds to the common code in msg.c. */

#include "lib/cursor.h"
#include "proto/openflow/duration.h"
#include "proto/openflow/msg.h"
#include "proto/openflow/oxs.h"

#define OF_N_FORMS 3

/* How a kind looks on the wire is in messages.def; this is what follows the headers. */
struct of_codec {
	bool is_array;	     /* multipart, with `more` first in its struct */
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

/* A whole message inside another; hexadecimal if it does not decode, or has one inside itself. */
void of_print_inner(const uint8_t *data, size_t size, struct buf *out);
/* PREFIX and NAMES[REASON], or the number. */
void of_print_reason(const char *prefix, unsigned reason, const char *const *names,
		     unsigned n_names, struct buf *out);
/* "NAME=N", or "NAME=?" for UINT64_MAX: not counted (OF 1.3.5 section 7.3.5.6). */
void of_counter_print(const char *name, uint64_t n, struct buf *out);
void of_role_print(uint32_t role, struct buf *out);

/* How many entries of ENTRY_SIZE bytes the rest of BODY is.  -1 if not a whole number. */
int of_count_entries(const struct cursor *body, size_t entry_size, unsigned *n,
		     struct of_error *err);

/* ofp_port (OF 1.3.5 section 7.2.1, OF 1.4.1 section 7.2.1), used by port-status and port-desc.
 * -1 with ERR on failure. */
int of_port_decode(struct cursor *c, uint8_t version, struct of_port *port, struct of_error *err);
void of_port_encode(const struct of_port *port, uint8_t version, struct buf *out);
void of_port_print(const struct of_port *port, struct buf *out);
void of_port_config_print(uint32_t config, struct buf *out);
/* " NAME=10GB-FD|COPPER" */
void of_port_features_print(const char *name, uint32_t features, struct buf *out);
void of_hw_addr_print(const uint8_t *addr, struct buf *out);

/* Masks as properties, as set-async has them since 1.4.  -1 with ERR on failure. */
int of_async_decode(struct cursor *body, const struct of_msg *msg, struct of_async_config *ac,
		    struct of_error *err);
void of_async_encode(const struct of_async_config *ac, uint8_t version, struct buf *out);
void of_async_print(const struct of_async_config *ac, struct buf *out);

/* ofp_time of 1.5, 16 bytes. */
void of_time_decode(struct cursor *c, struct of_time *t);
void of_time_encode(const struct of_time *t, struct buf *out);

/* The flags of flow-mods and flow statistics as ovs-ofctl writes them, SEPARATOR after each. */
void of_flow_flags_print(uint16_t flags, const char *separator, struct buf *out);
/* What a flow must fulfil to be told of: 1.5's flow counts have the same request. */
int of_flow_request_decode(struct cursor *body, struct arena *a, struct of_msg *msg,
			   struct of_error *err);
void of_flow_request_encode(const struct of_msg *msg, struct buf *out);
void of_flow_request_print(const struct of_msg *msg, struct buf *out);
/* A switch that others program too has flows of which not everything is known here: whether a flow
 * with this error is one. */
bool of_flow_is_not_spoken(const struct of_error *err);
/* The statistics of a flow as 1.5 has them. */
struct of_oxs of_flow_stats_oxs(const struct of_flow_stats *fs);
void of_flow_stats_set_oxs(struct of_flow_stats *fs, const struct of_oxs *s);

#endif
