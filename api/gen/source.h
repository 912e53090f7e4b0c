#ifndef API_GEN_SOURCE_H
#define API_GEN_SOURCE_H

/* The .proto files as protoc describes them: look-ups by name, comments and options.
 * Everything lives until the program ends. */

#include <google/protobuf/descriptor.pb-c.h>
#include "lib/buf.h"
#include "proto/google/api/http.pb-c.h"

typedef Google__Protobuf__FileDescriptorSet file_set;
typedef Google__Protobuf__FileDescriptorProto file_desc;
typedef Google__Protobuf__DescriptorProto message_desc;
typedef Google__Protobuf__FieldDescriptorProto field_desc;
typedef Google__Protobuf__EnumDescriptorProto enum_desc;
typedef Google__Protobuf__ServiceDescriptorProto service_desc;
typedef Google__Protobuf__MethodDescriptorProto method_desc;

/* A message or enum, wherever it is nested. */
struct type {
	char *name;   /* "weft.v1.Network" */
	char *c_name; /* as protobuf-c has it: "weft__v1__network" */
	const file_desc *file;
	const message_desc *message; /* one of these two */
	const enum_desc *enumeration;
	int32_t path[16]; /* in SourceCodeInfo */
	unsigned n_path;
	enum { NOT_SEEN, IS_OPEN, IS_DONE } mark; /* walk of what methods reach */
};

struct source {
	file_set *set;
	struct type *types;
	size_t n_types;
};

/* Prints why and exits 1. */
void die(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

void source_load(struct source *s, const char *path);
/* NAME as descriptors have it, with a dot in front; dies if there is none. */
struct type *source_type(const struct source *s, const char *name);
/* The comment at PATH plus up to two further steps (-1: none), its lines joined by '\n'; "" if
 * there is none. */
const char *source_comment(const file_desc *file, const int32_t *path, unsigned n_path,
			   int32_t step, int32_t index);
/* The fields in the order of their numbers, as protobuf-c sorts them. */
const field_desc **fields_by_number(const message_desc *m);
bool is_map_field(const struct source *s, const field_desc *f);
/* google.api.field_behavior of F has BEHAVIOR. */
bool field_behaves(const field_desc *f, int behavior);
/* google.api.http of M; NULL if it has none. */
Google__Api__HttpRule *method_http_rule(const method_desc *m);
/* "weft.v1.NetworkService" to "weft__v1__network_service". */
char *c_name_of(const char *full_name);

/* Numbers of descriptor.proto, as they stand in SourceCodeInfo's paths. */
enum {
	PATH_FILE_MESSAGE = 4,
	PATH_FILE_ENUM = 5,
	PATH_FILE_SERVICE = 6,
	PATH_MESSAGE_FIELD = 2,
	PATH_MESSAGE_NESTED = 3,
	PATH_MESSAGE_ENUM = 4,
	PATH_ENUM_VALUE = 2,
	PATH_SERVICE_METHOD = 2,
};

#endif
