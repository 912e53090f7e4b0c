/* The management socket's client against a peer that answers well, badly, or not at all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "api/cli/ctl_client.h"
#include "lib/buf.h"

/* Answers each request with the same bytes, whatever they are, then hangs up. */
struct peer {
	pthread_t thread;
	int fd;
	char path[64];
	struct buf answer;
};

static void *serve(void *arg)
{
	struct peer *p = arg;
	int fd = accept(p->fd, NULL, NULL);
	uint8_t head[4], body[256];

	if (fd >= 0 && recv(fd, head, 4, MSG_WAITALL) == 4 && load_be32(head) <= sizeof(body) &&
	    recv(fd, body, load_be32(head), MSG_WAITALL) == (ssize_t)load_be32(head) &&
	    p->answer.size)
		send(fd, p->answer.data, p->answer.size, MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static void peer_start(struct peer *p)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/weft-ctl-test.XXXXXX";

	assert_non_null(mkdtemp(dir));
	snprintf(p->path, sizeof(p->path), "%s/sock", dir);
	strcpy(sa.sun_path, p->path);
	p->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(p->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(p->fd, 1), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void peer_stop(struct peer *p)
{
	pthread_join(p->thread, NULL);
	close(p->fd);
	unlink(p->path);
	*strrchr(p->path, '/') = '\0';
	rmdir(p->path);
	buf_fini(&p->answer);
}

static void answer_with(struct peer *p, const Weft__Switch__V1__Reply *reply)
{
	size_t size = weft__switch__v1__reply__get_packed_size(reply);

	buf_be32(&p->answer, size);
	weft__switch__v1__reply__pack(reply, buf_grow(&p->answer, size));
}

static Weft__Switch__V1__Reply *ask(struct peer *p, struct status *st)
{
	Weft__Switch__V1__InfoRequest info = WEFT__SWITCH__V1__INFO_REQUEST__INIT;
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__Reply *reply;
	struct ctl_client *c;

	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_INFO;
	request.info = &info;
	peer_start(p);
	c = ctl_client_open(p->path, st);
	assert_non_null(c);
	reply = ctl_client_call(c, &request, st);
	ctl_client_close(c);
	peer_stop(p);
	return reply;
}

static void gets_an_answer(void **state)
{
	Weft__Switch__V1__InfoReply info = WEFT__SWITCH__V1__INFO_REPLY__INIT;
	Weft__Switch__V1__Reply reply = WEFT__SWITCH__V1__REPLY__INIT, *got;
	struct peer p = { 0 };
	struct status st = STATUS_INIT;

	(void)state;
	info.host = (char *)"node1";
	reply.reply_case = WEFT__SWITCH__V1__REPLY__REPLY_INFO;
	reply.info = &info;
	answer_with(&p, &reply);
	got = ask(&p, &st);
	assert_non_null(got);
	assert_string_equal(got->info->host, "node1");
	weft__switch__v1__reply__free_unpacked(got, NULL);
}

static void tells_the_switch_s_error(void **state)
{
	Weft__Switch__V1__Error error = WEFT__SWITCH__V1__ERROR__INIT;
	Weft__Switch__V1__Reply reply = WEFT__SWITCH__V1__REPLY__INIT;
	struct peer p = { 0 };
	struct status st = STATUS_INIT;

	(void)state;
	error.code = STATUS_NOT_FOUND;
	error.message = (char *)"no port 100% like that";
	error.field = (char *)"name";
	error.resource = (char *)"p9";
	reply.reply_case = WEFT__SWITCH__V1__REPLY__REPLY_ERROR;
	reply.error = &error;
	answer_with(&p, &reply);
	assert_null(ask(&p, &st));
	assert_int_equal(st.code, STATUS_NOT_FOUND);
	assert_string_equal(st.message, "no port 100% like that");
	assert_string_equal(st.field, "name");
	assert_string_equal(st.resource, "p9");
}

static void survives_nonsense(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} answers[] = {
		{ "", 0 },
		{ "\0\0", 2 },
		{ "\0\0\0\x10xx", 6 },
		{ "\0\0\0\x04\xff\xff\xff\xff", 8 },
		{ "HTTP/1.1 400 Bad Request\r\n", 26 },
		{ "\xff\xff\xff\xff", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
		struct peer p = { 0 };
		struct status st = STATUS_INIT;

		buf_add(&p.answer, answers[i].bytes, answers[i].size);
		assert_null(ask(&p, &st));
		assert_false(status_ok(&st));
	}
}

static void tells_how_to_reach_a_switch(void **state)
{
	struct status st = STATUS_INIT;
	char path[200];

	(void)state;
	assert_null(ctl_client_open("/nowhere/sock", &st));
	assert_int_equal(st.code, STATUS_UNAVAILABLE);
	assert_non_null(strstr(st.message, "/nowhere/sock"));
	assert_non_null(strstr(st.message, "Start weft-dataplane"));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	st = STATUS_INIT;
	assert_null(ctl_client_open(path, &st));
	assert_int_equal(st.code, STATUS_INVALID_ARGUMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gets_an_answer),
		cmocka_unit_test(tells_the_switch_s_error),
		cmocka_unit_test(survives_nonsense),
		cmocka_unit_test(tells_how_to_reach_a_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
