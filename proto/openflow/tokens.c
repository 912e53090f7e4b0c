/* Words of ovs-ofctl's flow syntax. */

#include "proto/openflow/tokens.h"

#include <stdio.h>

#define BLANKS	   " \t\r\n"
#define SEPARATORS "," BLANKS

/* Separators within parentheses do not count. */
static size_t word_size(const char *start)
{
	size_t n = strcspn(start, SEPARATORS "("), rest;

	if (start[n] != '(')
		return n;
	rest = strcspn(start + n, ")");
	n += rest + (start[n + rest] == ')');
	return n + strcspn(start + n, SEPARATORS);
}

bool token_next(const char **at, struct token *t)
{
	const char *start = *at + strspn(*at, SEPARATORS);
	size_t size = word_size(start);
	const char *equals = memchr(start, '=', size);

	if (size == 0)
		return false;
	*at = start + size;
	t->key = start;
	t->key_size = equals ? (size_t)(equals - start) : size;
	t->value = equals ? equals + 1 : NULL;
	t->value_size = equals ? size - t->key_size - 1 : 0;
	return true;
}

const char *token_key(const struct token *t, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)MIN_OF(t->key_size, size), t->key);
	return buf;
}

bool token_next_item(const char **at, const char **item, size_t *size)
{
	const char *start = *at + strspn(*at, SEPARATORS), *end = start;
	int depth = 0;

	if (!*start)
		return false;
	for (; *end && (*end != ',' || depth > 0); end++)
		depth += (*end == '(') - (*end == ')');
	*at = end;
	while (end > start && strchr(BLANKS, end[-1]))
		end--;
	*item = start;
	*size = end - start;
	return true;
}

bool token_next_argument(const char **at, struct arena *a, char **key, char **value)
{
	const char *item;
	size_t size, n;

	if (!token_next_item(at, &item, &size))
		return false;
	for (n = 0; n < size && !strchr("=:(", item[n]);)
		n++;
	*key = arena_printf(a, "%.*s", (int)n, item);
	if (n == size)
		*value = arena_strdup(a, "");
	else if (item[n] == '(' && item[size - 1] == ')')
		*value = arena_printf(a, "%.*s", (int)(size - n - 2), item + n + 1);
	else
		*value = arena_printf(a, "%.*s", (int)(size - n - 1), item + n + 1);
	return true;
}
