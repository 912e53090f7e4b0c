#ifndef LIB_CONF_H
#define LIB_CONF_H

/* Options of a program, told once and used three times: command line, configuration file
 * and --help.
 *
 * A configuration file has lines `key = value`, comments with '#', and repeats a key for a
 * list.  The command line wins: an option given there replaces the file's values. */

#include "lib/status.h"

struct conf_option {
	const char *key;      /* "listen": --listen VALUE, and `listen = VALUE` */
	const char *value;    /* what it takes, for --help: "ADDRESS"; NULL for a flag */
	const char *initial;  /* the default as text; NULL: none */
	const char *help;     /* one sentence; unit and range in it */
	char letter;          /* short form, or 0 */
	bool is_list;         /* may be repeated */
	long long min, max;   /* both 0: text; otherwise a number in this range */
};

struct conf;

/* Parse ARGV, and the file that -c or --config names.  OPTIONS ends with a NULL key and is lent
 * for the life of the result; -c, -h and --version are added.  Prints and exits 0 for --help
 * and --version.  NULL with ST filled: one line, with its remedy. */
struct conf *conf_parse(int argc, char **argv, const struct conf_option *options,
			const char *summary, struct status *st);
/* The part of it that reads a file's text, for tests and the fuzzer; NAME is for messages. */
struct conf *conf_parse_text(const char *text, size_t size, const char *name,
			     const struct conf_option *options, struct status *st);
void conf_destroy(struct conf *c);

/* The last value, the default, or NULL.  Lent. */
const char *conf_text(const struct conf *c, const char *key);
long long conf_number(const struct conf *c, const char *key);
bool conf_flag(const struct conf *c, const char *key);
/* Values of a list; the default counts as one value when none was given. */
size_t conf_count(const struct conf *c, const char *key);
const char *conf_at(const struct conf *c, const char *key, size_t i);
/* Words that are no options. */
size_t conf_n_words(const struct conf *c);
const char *conf_word(const struct conf *c, size_t i);

#endif
