#include "dataplane/ctl/ctl.h"

#include <stdlib.h>

#include "dataplane/ctl/handler.h"

/* protobuf-c's unpacking recurses as deep as the message says; these messages are not recursive, so
 * three levels are the most there is. */

struct ctl *ctl_create(const struct ctl_config *config)
{
	struct ctl *ctl = xcalloc(1, sizeof(*ctl));

	ctl->config = *config;
	ctl->costs = costs_create(&ctl->config);
	list_init(&ctl->flushes);
	return ctl;
}

void ctl_destroy(struct ctl *ctl)
{
	if (!ctl)
		return;
	ctl_flushes_end(ctl);
	costs_destroy(ctl->costs);
	free(ctl);
}

static void call_end(struct ctl_call *call, const Weft__Switch__V1__Reply *r)
{
	size_t size = weft__switch__v1__reply__get_packed_size(r);
	uint8_t *packed = xmalloc(size);

	weft__switch__v1__reply__pack(r, packed);
	call->reply(call->reply_arg, packed, size);
	free(packed);
	arena_clear(&call->arena);
	free(call);
}

void ctl_fail(struct ctl_call *call, const struct status *st)
{
	Weft__Switch__V1__Reply r = WEFT__SWITCH__V1__REPLY__INIT;
	Weft__Switch__V1__Error e = WEFT__SWITCH__V1__ERROR__INIT;

	e.code = st->code;
	e.message = (char *)st->message;
	e.field = (char *)st->field;
	e.resource = (char *)st->resource;
	r.reply_case = WEFT__SWITCH__V1__REPLY__REPLY_ERROR;
	r.error = &e;
	call_end(call, &r);
}

void ctl_reply(struct ctl_call *call, Weft__Switch__V1__Reply__ReplyCase which, void *body)
{
	Weft__Switch__V1__Reply r = WEFT__SWITCH__V1__REPLY__INIT;
	struct status st = STATUS_INIT;

	r.reply_case = which;
	r.error = body; /* the members of the union are all pointers */
	if (weft__switch__v1__reply__get_packed_size(&r) <= CTL_MAX_REPLY) {
		call_end(call, &r);
		return;
	}
	status_set(&st, STATUS_RESOURCE_EXHAUSTED, NULL,
		   "the answer is longer than %zu bytes: ask for less at once", CTL_MAX_REPLY);
	ctl_fail(call, &st);
}

bool ctl_page_add(struct ctl_page *page, const ProtobufCMessage *entry)
{
	size_t bytes = protobuf_c_message_get_packed_size(entry) + 4; /* tag and length */

	if (page->n && page->bytes + bytes > CTL_PAGE_BYTES)
		return false;
	if (page->n == page->capacity) {
		size_t capacity = MAX_OF(page->capacity * 2, 32);
		void **entries = arena_alloc(page->arena, capacity * sizeof(*entries));

		if (page->n)
			memcpy(entries, page->entries, page->n * sizeof(*entries));
		page->entries = entries;
		page->capacity = capacity;
	}
	page->entries[page->n++] = (void *)entry;
	page->bytes += bytes;
	return true;
}

static const struct ctl_handler *find(Weft__Switch__V1__Request__RequestCase which)
{
	REGISTRY_FOREACH (h, ctl_handler) {
		if ((*h)->which == which)
			return *h;
	}
	return NULL;
}

void ctl_request(struct ctl *ctl, const uint8_t *data, size_t size, datapath_reply_fn *reply,
		 void *arg)
{
	struct ctl_call *call = xcalloc(1, sizeof(*call));
	Weft__Switch__V1__Request *req = NULL;
	const struct ctl_handler *h = NULL;
	struct status st = STATUS_INIT;

	call->ctl = ctl;
	call->reply = reply;
	call->reply_arg = arg;
	if (size <= CTL_MAX_REQUEST)
		req = weft__switch__v1__request__unpack(NULL, size, data);
	if (req)
		h = find(req->request_case);
	if (!req)
		status_set(
			&st, STATUS_INVALID_ARGUMENT, NULL,
			"the request is no message of proto/switch/v1, or is longer than 64 KiB");
	else if (!h)
		status_set(&st, STATUS_UNIMPLEMENTED, NULL,
			   "this switch (version %s) does not know that request", WEFT_VERSION);
	if (h)
		h->handle(call, req);
	else
		ctl_fail(call, &st);
	if (req)
		weft__switch__v1__request__free_unpacked(req, NULL);
}
