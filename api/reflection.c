#include "api/reflection.h"

#include <google/protobuf/descriptor.pb-c.h>
#include <stdlib.h>
#include "api/transcode/field.h"
#include "proto/grpc/reflection.pb-c.h"

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Grpc__Reflection__V1__ServerReflectionRequest request_msg;
typedef Grpc__Reflection__V1__ServerReflectionResponse response_msg;

struct reflection {
	const struct api_schema *schema;
	file_proto **files; /* as in the schema */
};

/* "weft.v1.Network.State": is SYMBOL the name, or does it begin with it and a dot?  *REST is what
 * follows. */
static bool is_within(const char *symbol, const char *name, const char **rest)
{
	size_t n = strlen(name);

	if (strncmp(symbol, name, n) != 0 || (symbol[n] && symbol[n] != '.'))
		return false;
	*rest = symbol[n] ? symbol + n + 1 : symbol + n;
	return true;
}

static bool message_has(const message_proto *m, const char *symbol)
{
	const char *rest;

	if (!is_within(symbol, m->name, &rest))
		return false;
	if (!*rest)
		return true;
	for (size_t i = 0; i < m->n_field; i++) {
		if (strcmp(m->field[i]->name, rest) == 0)
			return true;
	}
	for (size_t i = 0; i < m->n_enum_type; i++) {
		if (strcmp(m->enum_type[i]->name, rest) == 0)
			return true;
	}
	for (size_t i = 0; i < m->n_nested_type; i++) {
		if (message_has(m->nested_type[i], rest))
			return true;
	}
	return false;
}

static bool service_has(const Google__Protobuf__ServiceDescriptorProto *s, const char *symbol)
{
	const char *rest;

	if (!is_within(symbol, s->name, &rest))
		return false;
	for (size_t i = 0; i < s->n_method; i++) {
		if (strcmp(s->method[i]->name, rest) == 0)
			return true;
	}
	return !*rest;
}

static bool file_has(const file_proto *f, const char *symbol)
{
	const char *rest;

	if (!is_within(symbol, f->package, &rest) || !*rest)
		return false;
	for (size_t i = 0; i < f->n_service; i++) {
		if (service_has(f->service[i], rest))
			return true;
	}
	for (size_t i = 0; i < f->n_message_type; i++) {
		if (message_has(f->message_type[i], rest))
			return true;
	}
	for (size_t i = 0; i < f->n_enum_type; i++) {
		if (strcmp(f->enum_type[i]->name, rest) == 0)
			return true;
	}
	for (size_t i = 0; i < f->n_extension; i++) {
		if (strcmp(f->extension[i]->name, rest) == 0)
			return true;
	}
	return false;
}

/* EXTENDEE stands in descriptors with a dot in front. */
static bool extends(const Google__Protobuf__FieldDescriptorProto *x, const char *type)
{
	return x->extendee && strcmp(x->extendee + 1, type) == 0;
}

static bool file_extends(const file_proto *f, const Grpc__Reflection__V1__ExtensionRequest *q)
{
	for (size_t i = 0; i < f->n_extension; i++) {
		if (extends(f->extension[i], q->containing_type) &&
		    f->extension[i]->number == q->extension_number)
			return true;
	}
	return false;
}

static bool is_asked_for(const file_proto *f, const request_msg *q)
{
	switch (q->message_request_case) {
	case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME:
		return strcmp(f->name, q->file_by_filename) == 0;
	case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
		return file_has(f, q->file_containing_symbol);
	case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION:
		return file_extends(f, q->file_containing_extension);
	default:
		return false;
	}
}

static void answer_error(response_msg *m, struct arena *a, enum status_code code, const char *why)
{
	Grpc__Reflection__V1__ErrorResponse *e = arena_alloc(a, sizeof(*e));

	grpc__reflection__v1__error_response__init(e);
	e->error_code = code;
	e->error_message = (char *)(uintptr_t)why;
	m->error_response = e;
	m->message_response_case =
		GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE;
}

/* File I and all it imports; the schema has those in front of it. */
static void mark_imports(const struct reflection *r, size_t i, bool *is_wanted)
{
	is_wanted[i] = true;
	for (size_t k = i + 1; k-- > 0;) {
		for (size_t n = 0; is_wanted[k] && n < r->files[k]->n_dependency; n++) {
			for (size_t j = 0; j < k; j++) {
				if (strcmp(r->files[j]->name, r->files[k]->dependency[n]) == 0)
					is_wanted[j] = true;
			}
		}
	}
}

static void answer_file(const struct reflection *r, const request_msg *q, response_msg *m,
			struct arena *a)
{
	Grpc__Reflection__V1__FileDescriptorResponse *f = arena_alloc(a, sizeof(*f));
	size_t n = r->schema->n_files, found = 0;
	bool *is_wanted = arena_alloc(a, n * sizeof(*is_wanted));

	while (found < n && !is_asked_for(r->files[found], q))
		found++;
	if (found == n) {
		answer_error(m, a, STATUS_NOT_FOUND, "no file has it");
		return;
	}
	mark_imports(r, found, is_wanted);
	grpc__reflection__v1__file_descriptor_response__init(f);
	f->file_descriptor_proto = arena_alloc(a, n * sizeof(*f->file_descriptor_proto));
	for (size_t i = n; i-- > 0;) {
		if (is_wanted[i])
			f->file_descriptor_proto[f->n_file_descriptor_proto++] =
				(ProtobufCBinaryData){
					.len = r->schema->files[i].size,
					.data = (uint8_t *)(uintptr_t)r->schema->files[i].data,
				};
	}
	m->file_descriptor_response = f;
	m->message_response_case =
		GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE;
}

static void answer_extensions(const struct reflection *r, const char *type, response_msg *m,
			      struct arena *a)
{
	Grpc__Reflection__V1__ExtensionNumberResponse *e = arena_alloc(a, sizeof(*e));

	grpc__reflection__v1__extension_number_response__init(e);
	e->base_type_name = arena_strdup(a, type);
	for (size_t i = 0; i < r->schema->n_files; i++) {
		for (size_t k = 0; k < r->files[i]->n_extension; k++) {
			if (extends(r->files[i]->extension[k], type))
				*(int32_t *)field_append(&e->base, &e->base.descriptor->fields[1],
							 a) = r->files[i]->extension[k]->number;
		}
	}
	m->all_extension_numbers_response = e;
	m->message_response_case =
		GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE;
}

static void answer_services(const struct reflection *r, response_msg *m, struct arena *a)
{
	Grpc__Reflection__V1__ListServiceResponse *list = arena_alloc(a, sizeof(*list));

	grpc__reflection__v1__list_service_response__init(list);
	list->service = arena_alloc(a, r->schema->n_services * sizeof(*list->service));
	for (size_t i = 0; i < r->schema->n_services; i++) {
		Grpc__Reflection__V1__ServiceResponse *s = arena_alloc(a, sizeof(*s));

		grpc__reflection__v1__service_response__init(s);
		s->name = (char *)(uintptr_t)r->schema->services[i].name;
		list->service[list->n_service++] = s;
	}
	m->list_services_response = list;
	m->message_response_case =
		GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE;
}

static void answer(const struct reflection *r, const request_msg *q, response_msg *m,
		   struct arena *a)
{
	switch (q->message_request_case) {
	case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST__NOT_SET:
		answer_error(m, a, STATUS_INVALID_ARGUMENT, "the request asks for nothing");
		break;
	case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES:
		answer_services(r, m, a);
		break;
	case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE:
		answer_extensions(r, q->all_extension_numbers_of_type, m, a);
		break;
	default:
		answer_file(r, q, m, a);
	}
}

static void on_request(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	response_msg m = GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
	struct status st = STATUS_INIT;

	if (!request) {
		api_finish(call);
		return;
	}
	m.original_request = (request_msg *)(uintptr_t)request;
	m.valid_host = m.original_request->host;
	answer(ctx, m.original_request, &m, api_arena(call));
	if (api_send(call, &m.base) == 0)
		return;
	status_set(&st, STATUS_RESOURCE_EXHAUSTED, NULL,
		   "questions come faster than answers are read");
	api_fail(call, &st);
}

#define METHOD(VERSION)                                                                            \
	{                                                                                          \
		.path = "/grpc.reflection." VERSION ".ServerReflection/ServerReflectionInfo",      \
		.service = "grpc.reflection." VERSION ".ServerReflection",                         \
		.name = "ServerReflectionInfo", .comment = "",                                     \
		.input = &grpc__reflection__v1__server_reflection_request__descriptor,             \
		.output = &grpc__reflection__v1__server_reflection_response__descriptor,           \
		.is_server_stream = true, .is_client_stream = true,                                \
	}

static const struct api_method methods[] = { METHOD("v1"), METHOD("v1alpha") };

struct reflection *reflection_create(struct api_dispatch *d)
{
	struct reflection *r = xcalloc(1, sizeof(*r));

	r->schema = api_dispatch_schema(d);
	r->files = xcalloc(r->schema->n_files, sizeof(*r->files));
	for (size_t i = 0; i < r->schema->n_files; i++) {
		r->files[i] = google__protobuf__file_descriptor_proto__unpack(
			NULL, r->schema->files[i].size, r->schema->files[i].data);
		if (!r->files[i])
			abort(); /* apigen packed it */
	}
	for (size_t i = 0; i < ARRAY_LENGTH(methods); i++)
		api_dispatch_add_method(d, &methods[i], on_request, r);
	return r;
}

void reflection_destroy(struct reflection *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->schema->n_files; i++)
		google__protobuf__file_descriptor_proto__free_unpacked(r->files[i], NULL);
	free(r->files);
	free(r);
}
