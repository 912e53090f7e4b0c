#include "controller/model/name.h"

#include <stdio.h>
#include "controller/model/resource_class.h"

#define MAX_ID 63

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_id(const char *id, size_t length)
{
	if (length == 0 || length > MAX_ID || !is_alnum(id[0]) || !is_alnum(id[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_alnum(id[i]) && id[i] != '-')
			return false;
	return true;
}

bool id_is_good(const char *id)
{
	return is_id(id, strlen(id));
}

int id_check(const char *id, const char *field, struct status *st)
{
	if (id_is_good(id))
		return 0;
	return status_set(
		st, STATUS_INVALID_ARGUMENT, field,
		"%s: \"%.80s\" is no id: give 1 to %d lower-case letters, digits and hyphens, "
		"with a letter or digit at both ends",
		field, id, MAX_ID);
}

bool name_matches(const char *name, const char *pattern)
{
	for (;;) {
		size_t n = strcspn(name, "/"), p = strcspn(pattern, "/");
		bool is_good = pattern[0] == '*' ? is_id(name, n)
						 : n == p && memcmp(name, pattern, n) == 0;

		if (!is_good)
			return false;
		if (!name[n] || !pattern[p])
			return !name[n] && !pattern[p];
		name += n + 1;
		pattern += p + 1;
	}
}

const struct resource_class *name_class(const char *name)
{
	REGISTRY_FOREACH (class, resource_class)
		if (name_matches(name, (*class)->pattern))
			return *class;
	return NULL;
}

const char *class_noun(const struct resource_class *class)
{
	return class->noun ? class->noun : class->type;
}

const char *class_collection(const struct resource_class *class, char text[COLLECTION_SIZE])
{
	const char *end = strrchr(class->pattern, '/'), *begin = end;

	while (begin > class->pattern && begin[-1] != '/')
		begin--;
	snprintf(text, COLLECTION_SIZE, "%.*s", (int)(end - begin), begin);
	return text;
}

int name_check(const char *name, const struct resource_class *class, const char *field,
	       struct status *st)
{
	if (name_matches(name, class->pattern))
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, field,
			  "%s: \"%.200s\" names no %s: give %s", field, name, class_noun(class),
			  class->pattern);
}

void name_parent(const char *name, char parent[NAME_MAX_SIZE])
{
	char *slash;

	snprintf(parent, NAME_MAX_SIZE, "%s", name);
	for (int i = 0; i < 2; i++) {
		slash = strrchr(parent, '/');
		if (!slash)
			slash = parent;
		*slash = '\0';
	}
}

void name_project(const char *name, char project[NAME_MAX_SIZE])
{
	size_t n = strlen("projects/");

	*project = '\0';
	if (strncmp(name, "projects/", n) == 0)
		snprintf(project, NAME_MAX_SIZE, "%.*s", (int)(n + strcspn(name + n, "/")), name);
}

const char *resource_short_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}
