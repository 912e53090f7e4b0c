#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "lib/stream_tls.h"

/* TLS over a stream pair, with certificates that the test makes:
 *
 *	ca ----signs---- a, b		other ----signs---- stranger
 */

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

struct end {
	struct stream *stream;
	struct buf in;
	char why[160];
	bool is_closed, stops_reading, closes_itself;
};

struct world {
	char folder[64];
	struct loop *loop;
	struct stream_pair *pair;
	struct stream *ends[2];
	struct end end[2]; /* 0 listens, 1 dials */
};

static struct identity make_identity(const char *name, const struct identity *issuer)
{
	struct identity id = { EVP_EC_gen("P-256"), X509_new() };
	X509_NAME *subject = X509_get_subject_name(id.cert);

	assert_non_null(id.key);
	X509_set_version(id.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), 1 + (name[0] & 0x7f));
	X509_gmtime_adj(X509_getm_notBefore(id.cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(id.cert), 3600);
	X509_set_pubkey(id.cert, id.key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(id.cert, issuer ? X509_get_subject_name(issuer->cert) : subject);
	if (!issuer) {
		X509_EXTENSION *is_ca =
			X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");

		X509_add_ext(id.cert, is_ca, -1);
		X509_EXTENSION_free(is_ca);
	}
	assert_true(X509_sign(id.cert, issuer ? issuer->key : id.key, EVP_sha256()) > 0);
	return id;
}

static char *path_of(const struct world *w, const char *name, const char *what)
{
	return xasprintf("%s/%s.%s", w->folder, name, what);
}

static void save(const struct world *w, const char *name, const struct identity *id)
{
	char *key = path_of(w, name, "key"), *cert = path_of(w, name, "crt");
	FILE *f = fopen(key, "w");

	assert_non_null(f);
	assert_true(PEM_write_PrivateKey(f, id->key, NULL, NULL, 0, NULL, NULL));
	fclose(f);
	f = fopen(cert, "w");
	assert_true(PEM_write_X509(f, id->cert));
	fclose(f);
	free(key);
	free(cert);
}

static void make_files(const struct world *w)
{
	struct identity ca = make_identity("ca", NULL), other = make_identity("other", NULL);
	struct identity a = make_identity("a", &ca), b = make_identity("b", &ca);
	struct identity stranger = make_identity("stranger", &other);
	const struct {
		const char *name;
		struct identity *id;
	} all[] = { { "ca", &ca },
		    { "other", &other },
		    { "a", &a },
		    { "b", &b },
		    { "stranger", &stranger } };

	for (unsigned i = 0; i < ARRAY_LENGTH(all); i++) {
		save(w, all[i].name, all[i].id);
		EVP_PKEY_free(all[i].id->key);
		X509_free(all[i].id->cert);
	}
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	strcpy(w->folder, "/tmp/weft-tls.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	make_files(w);
	w->loop = loop_virtual_create();
	w->pair = stream_pair_create(w->loop, w->ends);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "ca", "other", "a", "b", "stranger", "locked" };
	struct world *w = *state;

	for (unsigned i = 0; i < 2; i++) {
		stream_close(w->end[i].stream ? w->end[i].stream : w->ends[i]);
		buf_fini(&w->end[i].in);
	}
	stream_pair_release(w->pair);
	loop_virtual_settle(w->loop);
	loop_virtual_destroy(w->loop);
	for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
		char *key = path_of(w, names[i], "key"), *cert = path_of(w, names[i], "crt");

		unlink(key);
		unlink(cert);
		free(key);
		free(cert);
	}
	assert_int_equal(rmdir(w->folder), 0);
	free(w);
	return 0;
}

static struct tls *try_tls(const struct world *w, const char *cert, const char *key, const char *ca,
			   struct status *st)
{
	char *cert_path = path_of(w, cert, "crt"), *key_path = path_of(w, key, "key");
	char *ca_path = path_of(w, ca, "crt");
	struct tls *t = tls_create(&(struct tls_config){ cert_path, key_path, ca_path }, st);

	free(cert_path);
	free(key_path);
	free(ca_path);
	return t;
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct end *e = arg;

	buf_add(&e->in, data, size);
	if (e->stops_reading)
		stream_set_reading(e->stream, false);
	if (e->closes_itself) {
		stream_close(e->stream);
		e->stream = NULL;
		e->is_closed = true;
	}
}

static void on_closed(void *arg, const char *why)
{
	struct end *e = arg;

	e->is_closed = true;
	snprintf(e->why, sizeof(e->why), "%s", why);
	stream_close(e->stream);
	e->stream = NULL;
}

static const struct stream_events events = { .data = on_data, .closed = on_closed };

static void wrap(struct world *w, unsigned i, const char *name, const char *ca)
{
	struct status st = STATUS_INIT;
	struct tls *t = try_tls(w, name, name, ca, &st);

	assert_non_null(t);
	w->end[i].stream = stream_tls_wrap(t, w->loop, w->ends[i], i == 0);
	stream_set_events(w->end[i].stream, &events, &w->end[i]);
	tls_destroy(t);
}

static void send_text(struct world *w, unsigned i, const char *text)
{
	assert_int_equal(stream_send(w->end[i].stream, text, strlen(text)), 0);
}

static void test_both_ways(void **state)
{
	struct world *w = *state;

	wrap(w, 0, "a", "ca");
	wrap(w, 1, "b", "ca");
	send_text(w, 1, "hello "); /* before the handshake */
	send_text(w, 1, "there");
	loop_virtual_settle(w->loop);
	assert_string_equal(buf_str(&w->end[0].in), "hello there");
	send_text(w, 0, "hello yourself");
	loop_virtual_settle(w->loop);
	assert_string_equal(buf_str(&w->end[1].in), "hello yourself");
	stream_close(w->end[0].stream);
	w->end[0].stream = NULL;
	w->ends[0] = NULL;
	loop_virtual_settle(w->loop);
	assert_true(w->end[1].is_closed);
	assert_string_equal(w->end[1].why, "closed by the peer");
	w->ends[1] = NULL;
}

static void test_single_bytes(void **state)
{
	struct world *w = *state;
	uint8_t *block = xmalloc(100000);

	for (unsigned i = 0; i < 100000; i++)
		block[i] = i * 7;
	stream_pair_set_piece(w->pair, 1);
	wrap(w, 0, "a", "ca");
	wrap(w, 1, "b", "ca");
	send_text(w, 1, "x");
	loop_virtual_settle(w->loop);
	stream_pair_set_piece(w->pair, 0);
	assert_int_equal(stream_send(w->end[0].stream, block, 100000), 0);
	loop_virtual_settle(w->loop);
	assert_int_equal(w->end[1].in.size, 100000);
	assert_memory_equal(w->end[1].in.data, block, 100000);
	free(block);
}

/* Who is not vouched for is told so, whichever side finds out. */
static void test_strangers(void **state)
{
	struct world *w = *state;

	wrap(w, 0, "a", "ca");
	wrap(w, 1, "stranger", "ca");
	send_text(w, 1, "let me in");
	loop_virtual_settle(w->loop);
	assert_true(w->end[0].is_closed);
	assert_true(w->end[1].is_closed);
	assert_int_equal(w->end[0].in.size, 0);
	assert_non_null(strstr(w->end[0].why, "TLS: "));
	assert_non_null(strstr(w->end[0].why, "issuer certificate"));
	w->ends[0] = w->ends[1] = NULL;
}

static void test_dialler_checks_too(void **state)
{
	struct world *w = *state;

	wrap(w, 0, "stranger", "ca");
	wrap(w, 1, "b", "ca");
	loop_virtual_settle(w->loop);
	assert_true(w->end[1].is_closed);
	assert_non_null(strstr(w->end[1].why, "issuer certificate"));
	w->ends[1] = NULL;
	if (w->end[0].is_closed)
		w->ends[0] = NULL;
}

static void test_no_tls_at_the_other_end(void **state)
{
	struct world *w = *state;

	wrap(w, 0, "a", "ca");
	stream_set_events(w->ends[1], &events, &w->end[1]);
	w->end[1].stream = w->ends[1];
	send_text(w, 1, "\x04\x00\x00\x08\x00\x00\x00\x01 and more of this");
	send_text(w, 1, "GET / HTTP/1.0\r\n\r\n");
	loop_virtual_settle(w->loop);
	assert_true(w->end[0].is_closed);
	assert_int_equal(w->end[0].in.size, 0);
	w->ends[0] = NULL;
	if (w->end[1].is_closed)
		w->ends[1] = NULL;
}

/* Who stops reading gets no more until it goes on, and the sender's pending bytes tell of it. */
static void test_back_pressure(void **state)
{
	struct world *w = *state;
	uint8_t *block = xcalloc(1, 1 << 20);
	size_t had;

	wrap(w, 0, "a", "ca");
	wrap(w, 1, "b", "ca");
	loop_virtual_settle(w->loop);
	w->end[1].stops_reading = true;
	assert_int_equal(stream_send(w->end[0].stream, block, 1 << 20), 0);
	loop_virtual_settle(w->loop);
	had = w->end[1].in.size;
	assert_in_range(had, 1, 16384);
	w->end[1].stops_reading = false;
	stream_set_reading(w->end[1].stream, true);
	loop_virtual_settle(w->loop);
	assert_int_equal(w->end[1].in.size, 1 << 20);
	assert_int_equal(stream_pending(w->end[0].stream), 0);

	stream_pair_stall(w->pair, 1, true);
	w->end[0].stream->max_pending_bytes = 1 << 20;
	assert_int_equal(stream_send(w->end[0].stream, block, 1 << 20), 0);
	assert_true(stream_pending(w->end[0].stream) >= 1 << 20);
	assert_int_equal(stream_send(w->end[0].stream, block, 1 << 10), -ENOBUFS);
	free(block);
}

static void test_closing_in_an_event(void **state)
{
	struct world *w = *state;

	wrap(w, 0, "a", "ca");
	wrap(w, 1, "b", "ca");
	w->end[0].closes_itself = true;
	send_text(w, 1, "one");
	loop_virtual_settle(w->loop);
	assert_true(w->end[0].is_closed);
	assert_true(w->end[1].is_closed);
	w->ends[0] = w->ends[1] = NULL;
}

static void expect_refusal(const struct world *w, const char *cert, const char *key, const char *ca,
			   const char *field, const char *text)
{
	struct status st = STATUS_INIT;

	assert_null(try_tls(w, cert, key, ca, &st));
	assert_string_equal(st.field, field);
	if (!strstr(st.message, text))
		fail_msg("'%s' does not say '%s'", st.message, text);
}

static void test_files(void **state)
{
	struct world *w = *state;
	struct status st = STATUS_INIT;
	char *locked = path_of(w, "locked", "key"), *key = path_of(w, "a", "key");
	FILE *from = fopen(key, "r"), *to = fopen(locked, "w");
	EVP_PKEY *pkey = PEM_read_PrivateKey(from, NULL, NULL, NULL);

	PEM_write_PrivateKey(to, pkey, EVP_aes_128_cbc(), (const uint8_t *)"secret", 6, NULL, NULL);
	fclose(from);
	fclose(to);
	EVP_PKEY_free(pkey);
	free(locked);
	free(key);
	expect_refusal(w, "nowhere", "a", "ca", "certificate", "No such file");
	expect_refusal(w, "a", "nowhere", "ca", "private-key", "No such file");
	expect_refusal(w, "a", "a", "nowhere", "ca-certificate", "No such file");
	expect_refusal(w, "a", "b", "ca", "private-key", "b.key");
	expect_refusal(w, "a", "locked", "ca", "private-key", "passphrase");
	assert_null(tls_create(&(struct tls_config){ "x", NULL, "y" }, &st));
	assert_non_null(strstr(st.message, "all three"));
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_ways),
		TEST(test_single_bytes),
		TEST(test_strangers),
		TEST(test_dialler_checks_too),
		TEST(test_no_tls_at_the_other_end),
		TEST(test_back_pressure),
		TEST(test_closing_in_an_event),
		TEST(test_files),
	};

	return cmocka_run_group_tests_name("stream_tls", tests, NULL, NULL);
}
