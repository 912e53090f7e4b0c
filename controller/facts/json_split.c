#include "controller/facts/json_split.h"

#define MAX_DEPTH 64

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void in_string(struct json_split *s, uint8_t c)
{
	if (s->is_escaped)
		s->is_escaped = false;
	else if (c == '\\')
		s->is_escaped = true;
	else if (c == '"')
		s->is_in_string = false;
}

long json_split(struct json_split *s, const uint8_t *data, size_t size, bool *is_end)
{
	*is_end = false;
	for (size_t i = 0; i < size; i++) {
		uint8_t c = data[i];

		if (s->is_in_string) {
			in_string(s, c);
			continue;
		}
		if (s->depth == 0 && c != '{') {
			if (!is_space(c))
				return -1;
			continue;
		}
		if (c == '"')
			s->is_in_string = true;
		else if ((c == '{' || c == '[') && ++s->depth > MAX_DEPTH)
			return -1;
		else if ((c == '}' || c == ']') && --s->depth == 0) {
			*is_end = true;
			return i + 1;
		}
	}
	return size;
}
