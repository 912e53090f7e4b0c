#include "lib/stream_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"

#define PLAIN_BYTES 16384 /* the most that a TLS record holds */

struct tls {
	SSL_CTX *ctx;
};

struct stream_tls {
	struct stream stream;
	struct loop *loop;
	struct stream *under;
	SSL *ssl;
	struct buf waiting; /* sent before the handshake was done */
	struct timer later; /* go on reading, or tell of a failure */
	bool is_reading, is_closing, has_failed, has_told;
	unsigned depth; /* of events being told: not to be freed */
	char why[160];
};

/* --- the context --- */

/* A key with a passphrase must not make a daemon ask for it. */
static int no_passphrase(char *buf, int size, int is_encryption, void *arg)
{
	(void)buf, (void)size, (void)is_encryption, (void)arg;
	return 0;
}

static int fail_file(struct status *st, const char *field, const char *path, const char *remedy)
{
	FILE *f = fopen(path, "r");

	ERR_clear_error();
	if (!f)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s %s: %s; give a file that this user may read", field, path,
				  strerror(errno));
	fclose(f);
	return status_set(st, STATUS_INVALID_ARGUMENT, field, "%s %s: %s", field, path, remedy);
}

static int load(SSL_CTX *ctx, const struct tls_config *c, struct status *st)
{
	if (!c->certificate || !c->private_key || !c->ca_certificate)
		return status_set(st, STATUS_INVALID_ARGUMENT, "certificate",
				  "TLS needs certificate, private-key and ca-certificate: give all "
				  "three");
	if (SSL_CTX_use_certificate_chain_file(ctx, c->certificate) != 1)
		return fail_file(st, "certificate", c->certificate,
				 "is no certificate; give a PEM file");
	if (SSL_CTX_use_PrivateKey_file(ctx, c->private_key, SSL_FILETYPE_PEM) != 1)
		return fail_file(st, "private-key", c->private_key,
				 "is no key, has a passphrase, or is not the certificate's; give "
				 "the certificate's key as PEM without passphrase");
	if (SSL_CTX_check_private_key(ctx) != 1)
		return fail_file(st, "private-key", c->private_key,
				 "does not belong to the certificate; give the certificate's key");
	if (SSL_CTX_load_verify_locations(ctx, c->ca_certificate, NULL) != 1)
		return fail_file(st, "ca-certificate", c->ca_certificate,
				 "has no certificate; give the CA's as PEM");
	return 0;
}

struct tls *tls_create(const struct tls_config *config, struct status *st)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	t->ctx = SSL_CTX_new(TLS_method());
	if (!t->ctx) {
		free(t);
		status_set(st, STATUS_UNAVAILABLE, "certificate", "OpenSSL cannot start TLS");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx,
			    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(t->ctx, 0);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_default_passwd_cb(t->ctx, no_passphrase);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	if (load(t->ctx, config, st) < 0) {
		tls_destroy(t);
		return NULL;
	}
	return t;
}

void tls_destroy(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

/* --- streams --- */

static struct stream_tls *tls_of(struct stream *s)
{
	return container_of(s, struct stream_tls, stream);
}

static void free_if_over(struct stream_tls *t)
{
	if (!t->is_closing || t->depth)
		return;
	SSL_free(t->ssl);
	buf_fini(&t->waiting);
	free(t);
}

static size_t tls_pending(const struct stream *s)
{
	const struct stream_tls *t = container_of(s, const struct stream_tls, stream);

	return t->waiting.size + (t->under ? stream_pending(t->under) : 0);
}

static void update_pending(struct stream_tls *t)
{
	t->stream.n_pending_bytes = tls_pending(&t->stream);
}

/* What OpenSSL has made for the peer. */
static void flush(struct stream_tls *t)
{
	BIO *out = SSL_get_wbio(t->ssl);
	char *data;
	long size = BIO_get_mem_data(out, &data);

	if (size > 0 && t->under)
		stream_send(t->under, data, size);
	(void)BIO_reset(out);
	update_pending(t);
}

static void tell_closed(struct stream_tls *t)
{
	if (t->has_told || t->is_closing)
		return;
	t->has_told = true;
	timer_cancel(t->loop, &t->later);
	t->depth++;
	if (t->stream.events)
		t->stream.events->closed(t->stream.arg, t->why);
	else
		stream_close(&t->stream);
	t->depth--;
}

/* Remember why, and tell it later: this may be within a call of the owner's. */
static void end(struct stream_tls *t, const char *why)
{
	if (t->has_failed)
		return;
	t->has_failed = true;
	snprintf(t->why, sizeof(t->why), "%s", why);
	ERR_clear_error();
	flush(t); /* an alert */
	timer_arm(t->loop, &t->later, 0);
}

static void fail(struct stream_tls *t)
{
	long verdict = SSL_get_verify_result(t->ssl);
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	char why[sizeof(t->why)];

	if (verdict != X509_V_OK)
		reason = X509_verify_cert_error_string(verdict);
	snprintf(why, sizeof(why), "TLS: %s", reason ? reason : "the peer broke it off");
	end(t, why);
}

/* Is RC of an SSL call the end?  Otherwise more bytes of the peer are needed. */
static bool is_fatal(struct stream_tls *t, int rc)
{
	int error = SSL_get_error(t->ssl, rc);

	return error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
}

static int encrypt(struct stream_tls *t, const void *data, size_t size)
{
	int rc;

	ERR_clear_error();
	rc = SSL_write(t->ssl, data, size); /* memory takes all of it */
	if (rc <= 0) {
		fail(t);
		return -EPIPE;
	}
	flush(t);
	return 0;
}

static void shake_hands(struct stream_tls *t)
{
	int rc;

	ERR_clear_error();
	rc = SSL_do_handshake(t->ssl);
	if (rc != 1 && is_fatal(t, rc)) {
		fail(t);
		return;
	}
	flush(t);
	if (rc == 1 && t->waiting.size) {
		encrypt(t, t->waiting.data, t->waiting.size);
		buf_fini(&t->waiting);
		t->waiting = BUF_INIT;
		update_pending(t);
	}
}

static void read_plain(struct stream_tls *t)
{
	uint8_t plain[PLAIN_BYTES];
	int n;

	t->depth++;
	while (!t->is_closing && !t->has_failed && t->is_reading && t->stream.events) {
		ERR_clear_error();
		n = SSL_read(t->ssl, plain, sizeof(plain));
		if (n <= 0) {
			if (SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN)
				end(t, "closed by the peer");
			else if (is_fatal(t, n))
				fail(t);
			break;
		}
		t->stream.events->data(t->stream.arg, plain, n);
	}
	if (!t->is_closing && !t->has_failed)
		flush(t); /* answers to key updates */
	t->depth--;
}

static void go_on(struct stream_tls *t)
{
	t->depth++;
	if (!t->has_failed && !SSL_is_init_finished(t->ssl))
		shake_hands(t);
	if (!t->has_failed && SSL_is_init_finished(t->ssl))
		read_plain(t);
	t->depth--;
}

static void on_later(struct timer *timer, void *arg)
{
	struct stream_tls *t = arg;

	(void)timer;
	t->depth++;
	if (t->has_failed)
		tell_closed(t);
	else
		go_on(t);
	t->depth--;
	free_if_over(t);
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct stream_tls *t = arg;

	if (t->has_failed)
		return;
	BIO_write(SSL_get_rbio(t->ssl), data, size);
	go_on(t);
	free_if_over(t);
}

static void on_closed(void *arg, const char *why)
{
	struct stream_tls *t = arg;

	if (!t->has_failed)
		snprintf(t->why, sizeof(t->why), "%s", why);
	t->has_failed = true;
	tell_closed(t);
	free_if_over(t);
}

static void on_drained(void *arg)
{
	struct stream_tls *t = arg;

	update_pending(t);
	if (t->has_failed || t->stream.n_pending_bytes)
		return;
	t->depth++;
	if (t->stream.events && t->stream.events->drained)
		t->stream.events->drained(t->stream.arg);
	t->depth--;
	free_if_over(t);
}

static const struct stream_events under_events = {
	.data = on_data,
	.closed = on_closed,
	.drained = on_drained,
};

static int tls_send(struct stream *s, const void *data, size_t size)
{
	struct stream_tls *t = tls_of(s);

	if (t->is_closing || t->has_failed)
		return -EPIPE;
	update_pending(t);
	if (s->n_pending_bytes && s->n_pending_bytes + size > s->max_pending_bytes)
		return -ENOBUFS;
	if (!size)
		return 0;
	if (SSL_is_init_finished(t->ssl))
		return encrypt(t, data, size);
	buf_add(&t->waiting, data, size);
	update_pending(t);
	return 0;
}

static void tls_close(struct stream *s)
{
	struct stream_tls *t = tls_of(s);

	if (t->is_closing)
		return;
	timer_cancel(t->loop, &t->later);
	if (!t->has_failed && SSL_is_init_finished(t->ssl)) {
		SSL_shutdown(t->ssl);
		flush(t);
	}
	ERR_clear_error();
	t->is_closing = true;
	s->events = NULL;
	stream_close(t->under);
	t->under = NULL;
	free_if_over(t);
}

/* What has been decrypted or not yet is told later, as after any resuming. */
static void tls_set_reading(struct stream *s, bool is_on)
{
	struct stream_tls *t = tls_of(s);

	if (t->is_closing || t->has_failed)
		return;
	t->is_reading = is_on;
	stream_set_reading(t->under, is_on);
	if (is_on)
		timer_arm(t->loop, &t->later, 0);
}

static const struct stream_class stream_tls_class = {
	.send = tls_send,
	.close = tls_close,
	.set_reading = tls_set_reading,
	.pending = tls_pending,
};

struct stream *stream_tls_wrap(struct tls *tls, struct loop *loop, struct stream *under,
			       bool is_server)
{
	struct stream_tls *t = xcalloc(1, sizeof(*t));

	t->stream.class = &stream_tls_class;
	t->stream.max_pending_bytes = STREAM_MAX_PENDING;
	snprintf(t->stream.peer, sizeof(t->stream.peer), "%s", under->peer);
	if (!strncmp(under->peer, "tcp:", 4))
		memcpy(t->stream.peer, "ssl:", 4);
	t->loop = loop;
	t->under = under;
	t->is_reading = true;
	timer_init(&t->later, on_later, t);
	t->ssl = SSL_new(tls->ctx);
	SSL_set_bio(t->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(t->ssl), -1);
	if (is_server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	under->max_pending_bytes = SIZE_MAX / 2; /* tls_send() looks at the bound itself */
	stream_set_events(under, &under_events, t);
	timer_arm(loop, &t->later, 0); /* a client begins */
	return &t->stream;
}
