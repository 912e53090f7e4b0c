#include "api/transcode/message.h"

int field_mask_check(const Google__Protobuf__FieldMask *mask, const message_desc *d,
		     const char *field, struct status *st)
{
	for (size_t i = 0; mask && i < mask->n_paths; i++) {
		const char *path = mask->paths[i];

		if (strcmp(path, "*") == 0 && mask->n_paths == 1)
			continue;
		if (!message_field(d, path))
			return status_set(st, STATUS_INVALID_ARGUMENT, field,
					  "%s: \"%s\" is no field that can be updated", field,
					  path);
	}
	return 0;
}

/* TO's F becomes FROM's F.  Both are of the same type; FROM lives as long as TO. */
static void take_field(ProtobufCMessage *to, const ProtobufCMessage *from, const field_desc *f)
{
	size_t size = field_value_size(f);

	if (field_is_repeated(f)) {
		*field_count(to, f) = *field_count(from, f);
		size = sizeof(void *);
	} else if (field_is_oneof(f)) {
		if (!field_is_set(from, f)) {
			field_clear(to, f);
			return;
		}
		*field_oneof_case(to, f) = f->id;
	}
	memcpy(field_at(to, f), field_at(from, f), size);
}

static ProtobufCMessage *child_of(const ProtobufCMessage *m, const field_desc *f)
{
	if (field_is_oneof(f) && *field_oneof_case(m, f) != f->id)
		return NULL;
	return *(ProtobufCMessage **)field_at(m, f);
}

static void take_path(ProtobufCMessage *to, const ProtobufCMessage *from, const char *path,
		      struct arena *a)
{
	for (;;) {
		size_t n = strcspn(path, ".");
		const field_desc *f = field_find(to->descriptor, path, n);
		ProtobufCMessage *to_child, *from_child;

		if (!f)
			return;
		if (!path[n] || !field_is_message(f) || field_is_repeated(f)) {
			take_field(to, from, f);
			return;
		}
		to_child = child_of(to, f);
		from_child = child_of(from, f);
		if (!to_child && !from_child)
			return;
		if (!to_child) {
			to_child = message_create(f->descriptor, a);
			if (field_is_oneof(f))
				*field_oneof_case(to, f) = f->id;
			*(ProtobufCMessage **)field_at(to, f) = to_child;
		}
		if (!from_child)
			from_child = message_create(f->descriptor, a);
		to = to_child;
		from = from_child;
		path += n + 1;
	}
}

void message_merge(ProtobufCMessage *to, const ProtobufCMessage *from,
		   const Google__Protobuf__FieldMask *mask, struct arena *a)
{
	bool is_all = mask && mask->n_paths == 1 && strcmp(mask->paths[0], "*") == 0;
	bool is_empty = !mask || mask->n_paths == 0;

	from = message_copy(a, from);
	for (unsigned i = 0; (is_all || is_empty) && i < to->descriptor->n_fields; i++) {
		const field_desc *f = &to->descriptor->fields[i];

		if (is_all || field_is_set(from, f))
			take_field(to, from, f);
	}
	for (size_t i = 0; !is_all && !is_empty && i < mask->n_paths; i++)
		take_path(to, from, mask->paths[i], a);
}
