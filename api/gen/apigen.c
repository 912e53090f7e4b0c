/* apigen: writes the tables of api/schema.h from .proto files.
 *
 *	apigen DESCRIPTORS NAME OUTPUT [FILE.proto...]
 *
 * DESCRIPTORS is what `protoc --include_imports --include_source_info --descriptor_set_out`
 * wrote, NAME the struct api_schema to define in the C file OUTPUT; the services are those of the
 * FILEs.  Built and run by make; see api/api.mk. */

#include <stdio.h>
#include <stdlib.h>
#include "api/gen/check.h"
#include "api/gen/source.h"

static FILE *out;

static void emit_string(const char *text)
{
	putc('"', out);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '\n')
			fputs("\\n", out);
		else if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < 0x20 || *c >= 0x7f || *c == '?')
			fprintf(out, "\\%03o", *c);
		else
			putc(*c, out);
	}
	putc('"', out);
}

static void emit_member(const char *member, const char *text)
{
	if (!*text)
		text = "";
	fprintf(out, "\t\t.%s = ", member);
	emit_string(text);
	fputs(",\n", out);
}

static void emit_flag(const char *member, bool is_set)
{
	if (is_set)
		fprintf(out, "\t\t.%s = true,\n", member);
}

static void emit_fields(const struct source *s, const struct type *t)
{
	const field_desc **fields = fields_by_number(t->message);

	fprintf(out, "static const struct api_field fields_%s[] = {\n", t->c_name);
	for (size_t i = 0; i < t->message->n_field; i++) {
		const field_desc *f = fields[i];
		size_t k = 0;

		while (t->message->field[k] != f)
			k++;
		fputs("\t{\n", out);
		emit_member("json_name", f->json_name);
		emit_member("comment",
			    source_comment(t->file, t->path, t->n_path, PATH_MESSAGE_FIELD, k));
		emit_flag("is_required", field_behaves(f, 2));
		emit_flag("is_output_only", field_behaves(f, 3));
		emit_flag("is_immutable", field_behaves(f, 5));
		emit_flag("is_map", is_map_field(s, f));
		fputs("\t},\n", out);
	}
	fputs(t->message->n_field ? "};\n" : "\t{ 0 },\n};\n", out);
	free(fields);
}

static void emit_value_comments(const struct type *t)
{
	const enum_desc *e = t->enumeration;
	size_t n = e->n_value, *order = xcalloc(n, sizeof(*order));

	for (size_t i = 0; i < n; i++) {
		size_t k = i;

		/* protobuf-c sorts values by number */
		for (; k > 0 && e->value[order[k - 1]]->number > e->value[i]->number; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	fprintf(out, "static const char *const values_%s[] = {\n", t->c_name);
	for (size_t i = 0; i < n; i++) {
		putc('\t', out);
		emit_string(source_comment(t->file, t->path, t->n_path, PATH_ENUM_VALUE, order[i]));
		fputs(",\n", out);
	}
	fputs("};\n", out);
	free(order);
}

static size_t emit_messages(const struct source *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_types; i++) {
		if (s->types[i].mark == IS_DONE && s->types[i].message)
			emit_fields(s, &s->types[i]);
	}
	fputs("static const struct api_message messages[] = {\n", out);
	for (size_t i = 0; i < s->n_types; i++) {
		const struct type *t = &s->types[i];

		if (t->mark != IS_DONE || !t->message)
			continue;
		n++;
		fputs("\t{\n", out);
		emit_member("name", t->name);
		emit_member("comment", source_comment(t->file, t->path, t->n_path, -1, 0));
		fprintf(out, "\t\t.descriptor = &%s__descriptor,\n\t\t.fields = fields_%s,\n\t},\n",
			t->c_name, t->c_name);
	}
	fputs(n ? "};\n" : "\t{ 0 },\n};\n", out);
	return n;
}

static size_t emit_enums(const struct source *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_types; i++) {
		if (s->types[i].mark == IS_DONE && s->types[i].enumeration)
			emit_value_comments(&s->types[i]);
	}
	fputs("static const struct api_enum enums[] = {\n", out);
	for (size_t i = 0; i < s->n_types; i++) {
		const struct type *t = &s->types[i];

		if (t->mark != IS_DONE || !t->enumeration)
			continue;
		n++;
		fputs("\t{\n", out);
		emit_member("name", t->name);
		emit_member("comment", source_comment(t->file, t->path, t->n_path, -1, 0));
		fprintf(out,
			"\t\t.descriptor = &%s__descriptor,\n\t\t.value_comments = "
			"values_%s,\n\t},\n",
			t->c_name, t->c_name);
	}
	fputs(n ? "};\n" : "\t{ 0 },\n};\n", out);
	return n;
}

static void emit_route(const struct source *s, const struct type *input, const char *method,
		       const Google__Api__HttpRule *r)
{
	const char *verb, *path;

	switch (r->pattern_case) {
	case GOOGLE__API__HTTP_RULE__PATTERN_GET:
		verb = "GET", path = r->get;
		break;
	case GOOGLE__API__HTTP_RULE__PATTERN_PUT:
		verb = "PUT", path = r->put;
		break;
	case GOOGLE__API__HTTP_RULE__PATTERN_POST:
		verb = "POST", path = r->post;
		break;
	case GOOGLE__API__HTTP_RULE__PATTERN_DELETE:
		verb = "DELETE", path = r->delete_;
		break;
	case GOOGLE__API__HTTP_RULE__PATTERN_PATCH:
		verb = "PATCH", path = r->patch;
		break;
	default:
		die("%s: google.api.http has no get, put, post, delete or patch", method);
	}
	if (*r->response_body)
		die("%s: response_body is not supported", method);
	check_route(s, input, method, verb, path, r->body);
	fputs("\t{\n", out);
	emit_member("verb", verb);
	emit_member("path", path);
	emit_member("body", r->body);
	fputs("\t},\n", out);
}

/* Returns how many. */
static size_t emit_routes(const struct source *s, const char *symbol, const struct type *input,
			  const method_desc *m)
{
	Google__Api__HttpRule *rule = method_http_rule(m);

	if (!rule)
		return 0;
	fprintf(out, "static const struct api_route routes_%s[] = {\n", symbol);
	emit_route(s, input, xasprintf("%s", m->name), rule);
	for (size_t i = 0; i < rule->n_additional_bindings; i++)
		emit_route(s, input, xasprintf("%s", m->name), rule->additional_bindings[i]);
	fputs("};\n", out);
	return 1 + rule->n_additional_bindings;
}

static void emit_method(const struct source *s, const file_desc *file, const char *service,
			size_t index, size_t k, size_t n_routes)
{
	const service_desc *sd = file->service[index];
	const method_desc *m = sd->method[k];
	int32_t path[] = {PATH_FILE_SERVICE, index};
	char *full = xasprintf("/%s/%s", service, m->name);

	fputs("\t{\n", out);
	emit_member("path", full);
	emit_member("service", service);
	emit_member("name", m->name);
	emit_member("comment", source_comment(file, path, 2, PATH_SERVICE_METHOD, k));
	fprintf(out, "\t\t.input = &%s__descriptor,\n\t\t.output = &%s__descriptor,\n",
		source_type(s, m->input_type)->c_name, source_type(s, m->output_type)->c_name);
	if (n_routes)
		fprintf(out, "\t\t.routes = routes_%s_%zu,\n\t\t.n_routes = %zu,\n",
			c_name_of(service), k, n_routes);
	emit_flag("is_server_stream", m->server_streaming);
	emit_flag("is_client_stream", m->client_streaming);
	fputs("\t},\n", out);
	free(full);
}

static void emit_service(const struct source *s, const file_desc *file, size_t index,
			 struct buf *table)
{
	const service_desc *sd = file->service[index];
	char *name = xasprintf("%s.%s", file->package, sd->name), *c_name = c_name_of(name);
	size_t *n_routes = xcalloc(sd->n_method, sizeof(*n_routes));
	int32_t path[] = {PATH_FILE_SERVICE, index};
	char symbol[512];

	for (size_t k = 0; k < sd->n_method; k++) {
		snprintf(symbol, sizeof(symbol), "%s_%zu", c_name, k);
		n_routes[k] = emit_routes(s, symbol, source_type(s, sd->method[k]->input_type),
					  sd->method[k]);
		if (n_routes[k] && sd->method[k]->client_streaming)
			die("%s.%s: a method whose client streams has no REST form", name,
			    sd->method[k]->name);
	}
	fprintf(out, "static const struct api_method methods_%s[] = {\n", c_name);
	for (size_t k = 0; k < sd->n_method; k++)
		emit_method(s, file, name, index, k, n_routes[k]);
	fputs(sd->n_method ? "};\n" : "\t{ 0 },\n};\n", out);
	fprintf(out, "static const char comment_%s[] = ", c_name);
	emit_string(source_comment(file, path, 2, -1, 0));
	fputs(";\n", out);
	buf_printf(table,
		   "\t{ .name = \"%s\", .comment = comment_%s, .methods = methods_%s, "
		   ".n_methods = %zu },\n",
		   name, c_name, c_name, sd->n_method);
	free(n_routes);
}

static bool is_asked_for(const file_desc *f, char **names)
{
	for (; *names; names++) {
		if (strcmp(f->name, *names) == 0)
			return true;
	}
	return false;
}

static void mark_reached(const struct source *s, char **names)
{
	for (size_t i = 0; i < s->set->n_file; i++) {
		const file_desc *f = s->set->file[i];

		for (size_t k = 0; is_asked_for(f, names) && k < f->n_service; k++) {
			for (size_t m = 0; m < f->service[k]->n_method; m++) {
				check_reach(s,
					    source_type(s, f->service[k]->method[m]->input_type));
				check_reach(s,
					    source_type(s, f->service[k]->method[m]->output_type));
			}
		}
	}
}

static size_t emit_services(const struct source *s, char **names)
{
	struct buf table = BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < s->set->n_file; i++) {
		const file_desc *f = s->set->file[i];

		for (size_t k = 0; is_asked_for(f, names) && k < f->n_service; k++, n++)
			emit_service(s, f, k, &table);
	}
	fprintf(out, "static const struct api_service services[] = {\n%s};\n",
		n ? buf_str(&table) : "\t{ 0 },\n");
	buf_fini(&table);
	return n;
}

static void emit_bytes(size_t index, const uint8_t *data, size_t size)
{
	fprintf(out, "static const uint8_t file_%zu[] = {", index);
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%s%u,", i % 24 ? "" : "\n\t", data[i]);
	fputs("\n};\n", out);
}

static void emit_files(const struct source *s)
{
	size_t *sizes = xcalloc(s->set->n_file, sizeof(*sizes));

	for (size_t i = 0; i < s->set->n_file; i++) {
		file_desc *f = s->set->file[i];
		uint8_t *data;

		google__protobuf__source_code_info__free_unpacked(f->source_code_info, NULL);
		f->source_code_info = NULL;
		sizes[i] = google__protobuf__file_descriptor_proto__get_packed_size(f);
		data = xmalloc(sizes[i]);
		google__protobuf__file_descriptor_proto__pack(f, data);
		emit_bytes(i, data, sizes[i]);
		free(data);
	}
	fputs("static const struct api_file files[] = {\n", out);
	for (size_t i = 0; i < s->set->n_file; i++)
		fprintf(out, "\t{ .name = \"%s\", .data = file_%zu, .size = %zu },\n",
			s->set->file[i]->name, i, sizes[i]);
	fputs("};\n", out);
	free(sizes);
}

static void emit_includes(const struct source *s)
{
	fputs("/* Written by apigen. */\n#include \"api/schema.h\"\n", out);
	for (size_t i = 0; i < s->set->n_file; i++) {
		const char *name = s->set->file[i]->name;

		fprintf(out, "#include <%.*s.pb-c.h>\n", (int)(strlen(name) - strlen(".proto")),
			name);
	}
}

int main(int argc, char **argv)
{
	size_t n_services, n_messages, n_enums;
	struct source s;

	if (argc < 4)
		die("usage: apigen DESCRIPTORS NAME OUTPUT [FILE.proto...]");
	source_load(&s, argv[1]);
	mark_reached(&s, argv + 4);
	out = fopen(argv[3], "w");
	if (!out)
		die("cannot write %s: %m", argv[3]);
	emit_includes(&s);
	n_messages = emit_messages(&s);
	n_enums = emit_enums(&s);
	n_services = emit_services(&s, argv + 4);
	emit_files(&s);
	fprintf(out,
		"const struct api_schema %s = {\n"
		"\t.services = services, .n_services = %zu,\n"
		"\t.messages = messages, .n_messages = %zu,\n"
		"\t.enums = enums, .n_enums = %zu,\n"
		"\t.files = files, .n_files = %zu,\n};\n",
		argv[2], n_services, n_messages, n_enums, s.set->n_file);
	if (ferror(out) || fclose(out) != 0)
		die("cannot write %s: %m", argv[3]);
	return 0;
}
