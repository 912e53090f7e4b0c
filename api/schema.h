#ifndef API_SCHEMA_H
#define API_SCHEMA_H

/* What protobuf-c's descriptors do not tell about an API: which methods stream, how they are
 * reached by REST, and what the comments in the .proto files say.
 *
 * api/gen/apigen writes these tables from the .proto files; they are constant and may be read
 * from any thread.  Dispatch, REST, OpenAPI and the command line are driven by them. */

#include <protobuf-c/protobuf-c.h>
#include "lib/util.h"

/* Beside each field of a message's descriptor, at the same index.  Comments are "" if there is
 * none; their lines are joined by '\n' and paragraphs parted by an empty line. */
struct api_field {
	const char *json_name; /* lowerCamelCase; the .proto's name is in the descriptor */
	const char *comment;
	/* google.api.field_behavior */
	bool is_required;
	bool is_output_only; /* set by the server; left out of what a person may give */
	bool is_immutable;   /* settable at creation only */
	bool is_map;	     /* repeated entries {key, value} */
};

struct api_message {
	const char *name; /* "weft.v1.Network" */
	const char *comment;
	const ProtobufCMessageDescriptor *descriptor;
	const struct api_field *fields; /* descriptor->n_fields */
};

struct api_enum {
	const char *name;
	const char *comment;
	const ProtobufCEnumDescriptor *descriptor;
	const char *const *value_comments; /* descriptor->n_values, in its order */
};

/* One way to call a method by REST. */
struct api_route {
	const char *verb; /* "GET" ... */
	const char *path; /* template of google.api.http: "/v1/{name=**}:merge" */
	const char *body; /* "*": the body is the request; a field's name; "": no body */
};

struct api_method {
	const char *path;    /* "/weft.v1.NetworkService/GetNetwork" */
	const char *service; /* "weft.v1.NetworkService" */
	const char *name;    /* "GetNetwork" */
	const char *comment;
	const ProtobufCMessageDescriptor *input, *output;
	const struct api_route *routes;
	size_t n_routes;
	bool is_server_stream;
	bool is_client_stream;
};

struct api_service {
	const char *name; /* "weft.v1.NetworkService" */
	const char *comment;
	const struct api_method *methods; /* in the order of the .proto file */
	size_t n_methods;
};

/* A packed google.protobuf.FileDescriptorProto without comments, for server reflection. */
struct api_file {
	const char *name; /* "proto/weft/v1/network.proto" */
	const uint8_t *data;
	size_t size;
};

struct api_schema {
	const struct api_service *services;
	size_t n_services;
	/* All that methods reach, sorted by name. */
	const struct api_message *messages;
	size_t n_messages;
	const struct api_enum *enums;
	size_t n_enums;
	const struct api_file *files; /* a file comes after those it imports */
	size_t n_files;
};

/* The API that the controller serves, made from proto/weft. */
extern const struct api_schema weft_schema;

/* NULL if there is none.  PATH "/weft.v1.NetworkService/GetNetwork"; the slash in front may be
 * left out. */
const struct api_method *api_schema_method(const struct api_schema *s, const char *path);
const struct api_service *api_schema_service(const struct api_schema *s, const char *name);
const struct api_message *api_schema_message(const struct api_schema *s,
					     const ProtobufCMessageDescriptor *descriptor);
const struct api_enum *api_schema_enum(const struct api_schema *s,
				       const ProtobufCEnumDescriptor *descriptor);

#endif
