#ifndef API_H2RPC_SESSION_H
#define API_H2RPC_SESSION_H

/* An HTTP/2 session on a stream of bytes, for the server and the client.
 *
 * nghttp2 must not be asked to send from within its own callbacks, and sending may close streams
 * while somebody is in the middle of using one.  So callbacks only queue and mark; what is marked
 * is worked off when nghttp2 has returned to the loop, where nobody is in the middle of
 * anything. */

#include <nghttp2/nghttp2.h>
#include "lib/buf.h"
#include "lib/stream.h"

struct session {
	struct loop *loop;
	struct stream *stream;
	nghttp2_session *ng;
	/* The owner's marked work: when bytes have come, and in the loop's next turn after
	 * session_turn(). */
	void (*work)(struct session *s);
	/* The connection is over, WHY for a person; once, from the loop.  The owner calls
	 * session_fini(). */
	void (*over)(struct session *s, const char *why);
	struct timer turn;
	struct buf out;
	const char *why_over;
	uint64_t heard_ns; /* when the peer last sent something */
	bool is_busy;	   /* within nghttp2 */
	bool is_over;
};

#define SESSION_WINDOW (1 << 20) /* of a stream; twice that of the connection */

/* STREAM is given.  NG comes from nghttp2_session_server_new2() or client_new2(). */
void session_init(struct session *s, struct loop *loop, struct stream *stream, nghttp2_session *ng);
void session_fini(struct session *s); /* also closes the stream */
/* Send what was queued: now, or when nghttp2 has returned. */
void session_flush(struct session *s);
/* Call `work`, then flush, soon. */
void session_turn(struct session *s);
/* The options that both sides use.  Free with nghttp2_option_del(). */
nghttp2_option *session_options(void);

static inline nghttp2_nv session_header(const char *name, const char *value)
{
	return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
			     .value = (uint8_t *)(uintptr_t)value,
			     .namelen = strlen(name),
			     .valuelen = strlen(value) };
}

#endif
