#ifndef PROTO_OPENFLOW_NX_PRIV_H
#define PROTO_OPENFLOW_NX_PRIV_H

/* For the msg_nx_*.c files. */

#include "lib/cursor.h"
#include "proto/openflow/error.h"

/* Six bytes that must be zero, and a number: the body of several of Nicira's messages.  -1 with
 * ERR (OFPBRC_BAD_LEN, NXBRC_MUST_BE_ZERO). */
int of_zeros_and_u16_decode(struct cursor *body, uint16_t *number, struct of_error *err);

#endif
