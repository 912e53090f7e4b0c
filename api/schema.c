#include "api/schema.h"

#include <stdlib.h>

const struct api_method *api_schema_method(const struct api_schema *s, const char *path)
{
	if (*path == '/')
		path++;
	for (size_t i = 0; i < s->n_services; i++) {
		const struct api_service *service = &s->services[i];

		for (size_t k = 0; k < service->n_methods; k++) {
			if (strcmp(service->methods[k].path + 1, path) == 0)
				return &service->methods[k];
		}
	}
	return NULL;
}

const struct api_service *api_schema_service(const struct api_schema *s, const char *name)
{
	for (size_t i = 0; i < s->n_services; i++) {
		if (strcmp(s->services[i].name, name) == 0)
			return &s->services[i];
	}
	return NULL;
}

static int message_cmp(const void *key, const void *message)
{
	return strcmp(key, ((const struct api_message *)message)->name);
}

const struct api_message *api_schema_message(const struct api_schema *s,
					     const ProtobufCMessageDescriptor *descriptor)
{
	return bsearch(descriptor->name, s->messages, s->n_messages, sizeof(*s->messages),
		       message_cmp);
}

static int enum_cmp(const void *key, const void *enumeration)
{
	return strcmp(key, ((const struct api_enum *)enumeration)->name);
}

const struct api_enum *api_schema_enum(const struct api_schema *s,
				       const ProtobufCEnumDescriptor *descriptor)
{
	return bsearch(descriptor->name, s->enums, s->n_enums, sizeof(*s->enums), enum_cmp);
}
