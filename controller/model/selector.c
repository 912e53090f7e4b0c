#include "controller/model/selector.h"

#include "controller/model/filter.h"

/* A selector is a filter; the type only keeps the two apart. */

static struct filter *filter_of(const struct selector *s)
{
	return (struct filter *)s;
}

struct selector *selector_parse(const char *text, const char *field, struct status *st)
{
	static const char *const fields[] = { "labels", "name", "network", NULL };

	return (struct selector *)filter_parse_some(text, &weft__v1__port__descriptor, field,
						    fields, st);
}

void selector_destroy(struct selector *s)
{
	filter_destroy(filter_of(s));
}

bool selector_matches(const struct selector *s, const Weft__V1__Port *port)
{
	return filter_matches(filter_of(s), &port->base);
}
