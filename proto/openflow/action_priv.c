/* What the codecs of actions share: refusing, and small pieces of text. */

#include "proto/openflow/action_priv.h"

#include <ctype.h>
#include <stdio.h>

#include "proto/openflow/field_text.h"

void *of_action_new(struct arena *a, const struct of_action_class *class, size_t size)
{
	struct of_action *act = arena_alloc(a, size);

	act->class = class;
	return act;
}

struct of_action *of_action_refuse(struct of_error *err, uint16_t code)
{
	of_error_set(err, OFPET_BAD_ACTION, code);
	return NULL;
}

struct of_action *of_action_refuse_text(struct status *st, const char *name, const char *args,
					const char *remedy)
{
	status_set(st, STATUS_INVALID_ARGUMENT, name, "%s: \"%.100s\": %s", name, args, remedy);
	return NULL;
}

int of_action_parse_number(const char *name, const char *args, uint64_t max, uint64_t *number,
			   struct status *st)
{
	if (of_number_parse(args, strlen(args), number) == 0 && *number <= max)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, name,
			  "%s: \"%.100s\": give a number from 0 to %llu", name, args,
			  (unsigned long long)max);
}

int of_action_parse_nothing(const char *name, const char *args, struct status *st)
{
	if (!*args)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, name, "%s: takes no argument", name);
}

int of_hex_parse(const char *text, uint8_t *to, size_t max_n)
{
	size_t n = 0;

	while (*text) {
		char pair[3] = { text[0], text[0] ? text[1] : '\0', '\0' };

		if (*text == '.' || isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]) ||
		    n == max_n || sscanf(pair, "%2hhx", &to[n]) != 1)
			return -1;
		n++;
		text += 2;
	}
	return n;
}

void of_hex_print(const uint8_t *bytes, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, i ? ".%02x" : "%02x", bytes[i]);
}

bool of_action_is_rest_zero(struct cursor *body)
{
	bool is_zero = true;

	while (cursor_left(body))
		is_zero &= cursor_u8(body) == 0;
	return is_zero;
}
