#ifndef PROTO_OPENFLOW_TOKENS_H
#define PROTO_OPENFLOW_TOKENS_H

/* Words of ovs-ofctl's flow syntax: "key" or "key=value", separated by commas or blanks. */

#include "lib/arena.h"
#include "lib/util.h"

struct token { /* lent from the text */
	const char *key;
	size_t key_size;
	const char *value; /* NULL without '=' */
	size_t value_size;
};

/* The next word of *AT, which moves on; false at the end. */
bool token_next(const char **at, struct token *t);
/* The key as a string, cut to SIZE. */
const char *token_key(const struct token *t, char *buf, size_t size);

/* Lists of actions: commas inside parentheses do not separate.  Gives the next item without
 * blanks around it; false at the end. */
bool token_next_item(const char **at, const char **item, size_t *size);
/* The next argument of an action, "KEY", "KEY=VALUE", "KEY:VALUE" or "KEY(VALUE)", as strings in
 * the arena, VALUE "" without one; false at the end. */
bool token_next_argument(const char **at, struct arena *a, char **key, char **value);

#endif
