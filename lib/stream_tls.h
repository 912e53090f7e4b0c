#ifndef LIB_STREAM_TLS_H
#define LIB_STREAM_TLS_H

/* TLS over any stream (1.2 and later, RFC 5246 and RFC 8446).  Both sides show a certificate, and
 * each takes only one that the CA certificate vouches for; names in it are not looked at, as
 * addresses are numeric.  So the CA is to be one of its own, for these daemons alone.
 *
 * Nothing here blocks, reads a file after tls_create(), or logs. */

#include "lib/stream.h"

struct tls;

struct tls_config { /* paths of PEM files; all three are needed */
	const char *certificate, *private_key, *ca_certificate;
};

/* NULL with ST naming the file and the remedy. */
struct tls *tls_create(const struct tls_config *config, struct status *st);
/* Streams made with it may live on.  NULL is allowed. */
void tls_destroy(struct tls *t);

/* A stream that speaks TLS over UNDER (given).  What is sent before the handshake is done waits;
 * a handshake that fails is told by the event `closed`.  IS_SERVER: the peer dialled. */
struct stream *stream_tls_wrap(struct tls *t, struct loop *loop, struct stream *under,
			       bool is_server);

#endif
