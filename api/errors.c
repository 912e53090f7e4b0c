#include "api/errors.h"

#include <stdio.h>
#include <stdlib.h>
#include "api/transcode/json.h"
#include "proto/google/rpc/error_details.pb-c.h"

#define TYPE_URL "type.googleapis.com/"

int status_http_code(enum status_code code)
{
	switch (code) {
	case STATUS_OK:
		return 200;
	case STATUS_INVALID_ARGUMENT:
	case STATUS_FAILED_PRECONDITION:
	case STATUS_OUT_OF_RANGE:
		return 400;
	case STATUS_UNAUTHENTICATED:
		return 401;
	case STATUS_PERMISSION_DENIED:
		return 403;
	case STATUS_NOT_FOUND:
		return 404;
	case STATUS_ALREADY_EXISTS:
	case STATUS_ABORTED:
		return 409;
	case STATUS_RESOURCE_EXHAUSTED:
		return 429;
	case STATUS_CANCELLED:
		return 499;
	case STATUS_UNIMPLEMENTED:
		return 501;
	case STATUS_UNAVAILABLE:
		return 503;
	case STATUS_DEADLINE_EXCEEDED:
		return 504;
	default:
		return 500;
	}
}

/* The messages that explain ST; returns how many. */
static size_t details_of(const struct status *st, struct arena *a, ProtobufCMessage *details[2])
{
	size_t n = 0;

	if (*st->field) {
		Google__Rpc__BadRequest *bad = arena_alloc(a, sizeof(*bad));
		Google__Rpc__BadRequest__FieldViolation *v = arena_alloc(a, sizeof(*v));

		google__rpc__bad_request__init(bad);
		google__rpc__bad_request__field_violation__init(v);
		v->field = arena_strdup(a, st->field);
		v->description = arena_strdup(a, st->message);
		bad->field_violations = arena_dup(a, &v, sizeof(v));
		bad->n_field_violations = 1;
		details[n++] = &bad->base;
	}
	if (*st->resource) {
		Google__Rpc__ResourceInfo *info = arena_alloc(a, sizeof(*info));

		google__rpc__resource_info__init(info);
		info->resource_name = arena_strdup(a, st->resource);
		info->description = arena_strdup(a, st->message);
		details[n++] = &info->base;
	}
	return n;
}

static Google__Protobuf__Any *any_of(const ProtobufCMessage *m, struct arena *a)
{
	Google__Protobuf__Any *any = arena_alloc(a, sizeof(*any));

	google__protobuf__any__init(any);
	any->type_url = arena_printf(a, TYPE_URL "%s", m->descriptor->name);
	any->value.len = protobuf_c_message_get_packed_size(m);
	any->value.data = arena_alloc(a, any->value.len);
	protobuf_c_message_pack(m, any->value.data);
	return any;
}

Google__Rpc__Status *status_to_rpc(const struct status *st, struct arena *a)
{
	Google__Rpc__Status *rpc = arena_alloc(a, sizeof(*rpc));
	ProtobufCMessage *details[2];

	google__rpc__status__init(rpc);
	rpc->code = st->code;
	rpc->message = arena_strdup(a, st->message);
	rpc->n_details = details_of(st, a, details);
	rpc->details = arena_alloc(a, sizeof(details));
	for (size_t i = 0; i < rpc->n_details; i++)
		rpc->details[i] = any_of(details[i], a);
	return rpc;
}

void status_to_json(struct buf *out, const struct status *st)
{
	struct arena a = ARENA_INIT;
	ProtobufCMessage *details[2];
	size_t n = details_of(st, &a, details);
	Google__Rpc__Status *rpc = arena_alloc(&a, sizeof(*rpc));

	google__rpc__status__init(rpc);
	rpc->code = st->code;
	rpc->message = arena_strdup(&a, st->message);
	json_write(out, &rpc->base, JSON_ONE_LINE);
	out->size--; /* more members follow */
	buf_printf(out, ",\"status\":\"%s\",\"details\":[", status_code_name(st->code));
	for (size_t i = 0; i < n; i++) {
		struct buf fields = BUF_INIT;

		json_write(&fields, details[i], JSON_ONE_LINE);
		buf_printf(out, "%s{\"@type\":\"" TYPE_URL "%s\",%s", i ? "," : "",
			   details[i]->descriptor->name, buf_str(&fields) + 1);
		buf_fini(&fields);
	}
	buf_puts(out, "]}");
	arena_clear(&a);
}

static bool is_type(const Google__Protobuf__Any *any, const ProtobufCMessageDescriptor *d)
{
	const char *slash = strrchr(any->type_url, '/');

	return slash && strcmp(slash + 1, d->name) == 0;
}

static void take_detail(struct status *st, const Google__Protobuf__Any *any)
{
	if (is_type(any, &google__rpc__bad_request__descriptor)) {
		Google__Rpc__BadRequest *bad =
			google__rpc__bad_request__unpack(NULL, any->value.len, any->value.data);

		if (bad && bad->n_field_violations > 0)
			snprintf(st->field, sizeof(st->field), "%s",
				 bad->field_violations[0]->field);
		google__rpc__bad_request__free_unpacked(bad, NULL);
	} else if (is_type(any, &google__rpc__resource_info__descriptor)) {
		Google__Rpc__ResourceInfo *info =
			google__rpc__resource_info__unpack(NULL, any->value.len, any->value.data);

		if (info)
			snprintf(st->resource, sizeof(st->resource), "%s", info->resource_name);
		google__rpc__resource_info__free_unpacked(info, NULL);
	}
}

int status_from_rpc(struct status *st, const void *data, size_t size)
{
	Google__Rpc__Status *rpc = google__rpc__status__unpack(NULL, size, data);

	if (!rpc)
		return -1;
	*st = STATUS_INIT;
	status_set(st, rpc->code, NULL, "%s", rpc->message);
	for (size_t i = 0; i < rpc->n_details; i++)
		take_detail(st, rpc->details[i]);
	google__rpc__status__free_unpacked(rpc, NULL);
	return 0;
}
