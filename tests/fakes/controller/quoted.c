#include "tests/fakes/controller/quoted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static char *vquoted(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		abort();
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	return text;
}

char *quoted(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = vquoted(fmt, args);
	va_end(args);
	return text;
}

const char *ok(struct model_world *w, const char *method, const char *fmt, ...)
{
	const char *answer;
	va_list args;
	char *text;

	va_start(args, fmt);
	text = vquoted(fmt, args);
	va_end(args);
	answer = call_ok(w, method, text);
	free(text);
	return answer;
}

void refused(struct model_world *w, const char *method, enum status_code code, const char *field,
	     const char *words, const char *fmt, ...)
{
	int64_t before = store_revision(w->store);
	va_list args;
	char *text;

	va_start(args, fmt);
	text = vquoted(fmt, args);
	va_end(args);
	call_fails(w, method, text, code, field, words);
	assert_int_equal(store_revision(w->store), before);
	free(text);
}
