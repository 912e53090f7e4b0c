#ifndef API_H2RPC_WIRE_H
#define API_H2RPC_WIRE_H

/* What gRPC puts on HTTP/2, without sockets or sessions: messages with their prefix, timeouts,
 * error headers.  Source: grpc/doc/PROTOCOL-HTTP2.md. */

#include <protobuf-c/protobuf-c.h>
#include "lib/buf.h"
#include "lib/status.h"

#define RPC_MAX_MESSAGE (4u << 20)
#define RPC_PREFIX_SIZE 5

/* Append M with its prefix. */
void rpc_write_message(struct buf *out, const ProtobufCMessage *m);

/* Look at the bytes collected so far: 1 if they begin with a whole message, *SIZE bytes after the
 * prefix; 0 if more is needed; -1 with ST filled if they cannot become one (too big, compressed).
 * HAS_ENCODING: the peer announced a compression in its headers. */
int rpc_peek_message(const struct buf *in, bool has_encoding, size_t *size, struct status *st);

/* "grpc-timeout": at most 8 digits and a unit.  -1 if TEXT is none; longer than a year is a year.
 */
int rpc_timeout_parse(const char *text, uint64_t *ns);
/* TEXT has room for RPC_TIMEOUT_SIZE; rounded up. */
#define RPC_TIMEOUT_SIZE 16
void rpc_timeout_format(char *text, uint64_t ns);

/* "grpc-message": percent-encoding of all but printable ASCII. */
void rpc_message_encode(struct buf *out, const char *message);
/* A wrong escape stays as it is; TO is NUL-terminated and cut to SIZE. */
void rpc_message_decode(char *to, size_t size, const void *text, size_t n);

/* The meaning of a response without grpc-status: of its HTTP code, or of RST_STREAM's. */
enum status_code rpc_code_of_http(int http_code);
enum status_code rpc_code_of_reset(uint32_t error_code);

#endif
