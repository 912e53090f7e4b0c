/* fuzz: component=api */

/* What a REST request makes of its lines: VERB, PATH, QUERY, and the rest as body.  The path is
 * tried as a template as well. */

#include <assert.h>
#include <stdlib.h>
#include "api/rest/router.h"
#include "lib/loop_virtual.h"
#include "tests/fakes/api/library.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct router *the_router(void)
{
	static struct router *router;

	if (!router)
		router = router_create(api_dispatch_create(loop_virtual_create(), &testing_schema));
	return router;
}

/* The text up to the line's end, which becomes its NUL. */
static char *take_line(char **text)
{
	char *line = *text;
	size_t n = strcspn(line, "\n");

	*text = line + n + (line[n] != '\0');
	line[n] = '\0';
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	char *text = arena_alloc(&a, size + 1), *verb, *path, *query;
	struct request_path split;
	struct path_template t;
	const struct route *route;
	const char *allowed;

	if (size)
		memcpy(text, data, size);
	verb = take_line(&text);
	path = take_line(&text);
	query = take_line(&text);
	route = router_find(the_router(), verb, path, &split, &a, &allowed, &st);
	assert(route || st.code != STATUS_OK);
	if (route && !route_request(route, &a, &split, query, text, strlen(text), &st))
		assert(st.code != STATUS_OK && *st.message);
	path_template_parse(&t, &a, path, &st);
	arena_clear(&a);
	return 0;
}
