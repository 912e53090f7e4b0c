#ifndef TESTS_UNIT_DATAPLANE_CTL_ASK_H
#define TESTS_UNIT_DATAPLANE_CTL_ASK_H

/* A management request to the switch of a world, and its reply. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "proto/switch/v1/switch.pb-c.h"
#include "tests/fakes/dataplane/of_world.h"

typedef Weft__Switch__V1__Request request;
typedef Weft__Switch__V1__Reply reply;
#define REPLY(NAME) WEFT__SWITCH__V1__REPLY__REPLY_##NAME

static inline void on_reply(void *arg, const uint8_t *data, size_t size)
{
	reply **r = arg;

	assert_null(*r);
	assert_true(size <= CTL_MAX_REPLY);
	*r = weft__switch__v1__reply__unpack(NULL, size, data);
	assert_non_null(*r);
}

#define ASK(W, WHICH, MEMBER, TYPE_INIT, ...)                                                      \
	({                                                                                         \
		__typeof__(*((request *)0)->MEMBER) body_ = TYPE_INIT;                             \
		request req_ = WEFT__SWITCH__V1__REQUEST__INIT;                                    \
		__typeof__(body_) *it = &body_;                                                    \
		(void)it;                                                                          \
		__VA_ARGS__;                                                                       \
		req_.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_##WHICH;                    \
		req_.MEMBER = &body_;                                                              \
		ask(W, &req_);                                                                     \
	})

static inline reply *ask(struct of_world *w, const request *req)
{
	size_t size = weft__switch__v1__request__get_packed_size(req);
	uint8_t *packed = xmalloc(size);
	reply *r = NULL;

	weft__switch__v1__request__pack(req, packed);
	ctl_request(mem_switch_ctl(w->sw), packed, size, on_reply, &r);
	loop_virtual_settle(w->loop);
	assert_non_null(r);
	free(packed);
	return r;
}

static inline void done(reply *r)
{
	weft__switch__v1__reply__free_unpacked(r, NULL);
}

static inline void expect_error(reply *r, int code, const char *field)
{
	assert_int_equal(r->reply_case, REPLY(ERROR));
	assert_int_equal(r->error->code, code);
	assert_string_equal(r->error->field, field);
	assert_true(strlen(r->error->message) > 10);
	done(r);
}

#endif
