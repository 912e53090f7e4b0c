#include "lib/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"

#define MAX_FILE_BYTES (1u << 20)
#define MAX_VALUES 4096

struct value {
	const struct conf_option *option;
	char *text;
	bool is_from_file;
};

struct conf {
	const struct conf_option *options;
	struct value *values;
	size_t n_values;
	char **words;
	size_t n_words;
};

/* Options that every program has. */
static const struct conf_option common[] = {
	{ .key = "config", .value = "FILE", .letter = 'c', .help = "read options from FILE; those of the command line win" },
	{ .key = "help", .letter = 'h', .help = "print this and exit" },
	{ .key = "version", .help = "print the version and exit" },
	{ 0 },
};

static const struct conf_option *find_in(const struct conf_option *o, const char *key, size_t size)
{
	for (; o->key; o++) {
		if (strlen(o->key) == size && memcmp(o->key, key, size) == 0)
			return o;
	}
	return NULL;
}

static const struct conf_option *find_letter(const struct conf_option *o, char letter)
{
	for (; o->key; o++) {
		if (o->letter == letter)
			return o;
	}
	return NULL;
}

static int check_value(const struct conf_option *o, const char *text, struct status *st)
{
	char *end;
	long long n;

	if (!o->value) {
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return 0;
		return status_set(st, STATUS_INVALID_ARGUMENT, o->key,
				  "%s: '%s' is neither true nor false", o->key, text);
	}
	if (o->min == 0 && o->max == 0)
		return 0;
	errno = 0;
	n = strtoll(text, &end, 0);
	if (end == text || *end || errno || n < o->min || n > o->max)
		return status_set(st, STATUS_INVALID_ARGUMENT, o->key,
				  "%s: '%s' is not a number from %lld to %lld", o->key, text,
				  o->min, o->max);
	return 0;
}

/* TEXT is copied. */
static int add_value(struct conf *c, const struct conf_option *o, const char *text, size_t size,
		     bool is_from_file, struct status *st)
{
	char *copy = xmalloc(size + 1);

	memcpy(copy, text, size);
	copy[size] = '\0';
	if (c->n_values == MAX_VALUES)
		status_set(st, STATUS_RESOURCE_EXHAUSTED, o->key, "%s: more than %d values",
			   o->key, MAX_VALUES);
	else if (check_value(o, copy, st) == 0) {
		c->values = xrealloc(c->values, (c->n_values + 1) * sizeof(*c->values));
		c->values[c->n_values++] = (struct value){ o, copy, is_from_file };
		return 0;
	}
	free(copy);
	return -1;
}

static bool is_given(const struct conf *c, const struct conf_option *o, bool is_from_file)
{
	for (size_t i = 0; i < c->n_values; i++) {
		if (c->values[i].option == o && c->values[i].is_from_file == is_from_file)
			return true;
	}
	return false;
}

/* ---- the file ---- */

static void trim(const char **at, const char **end)
{
	while (*at < *end && isspace((unsigned char)**at))
		(*at)++;
	while (*end > *at && isspace((unsigned char)(*end)[-1]))
		(*end)--;
}

static int parse_line(struct conf *c, const char *at, const char *end, const char *name,
		      unsigned line, struct status *st)
{
	const struct conf_option *o;
	const char *equals, *key_end, *value;

	trim(&at, &end);
	if (at == end || *at == '#')
		return 0;
	if (memchr(at, '\0', end - at))
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "%s:%u: a NUL byte", name, line);
	equals = memchr(at, '=', end - at);
	if (!equals)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
				  "%s:%u: expected 'key = value'", name, line);
	key_end = equals;
	trim(&at, &key_end);
	value = equals + 1;
	trim(&value, &end);
	o = find_in(c->options, at, key_end - at);
	if (!o)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
				  "%s:%u: unknown key '%.*s'; --help lists the keys", name, line,
				  (int)MIN_OF(key_end - at, 64), at);
	if (!o->is_list && is_given(c, o, true))
		return status_set(st, STATUS_INVALID_ARGUMENT, o->key,
				  "%s:%u: '%s' is given twice", name, line, o->key);
	if (add_value(c, o, value, end - value, true, st) < 0) {
		char text[sizeof(st->message)];

		snprintf(text, sizeof(text), "%s", st->message);
		snprintf(st->message, sizeof(st->message), "%.200s:%u: %.700s", name, line, text);
		return -1;
	}
	return 0;
}

static int parse_text(struct conf *c, const char *text, size_t size, const char *name,
		      struct status *st)
{
	const char *end = text + size;

	for (unsigned line = 1; text < end; line++) {
		const char *nl = memchr(text, '\n', end - text);
		const char *stop = nl ? nl : end;

		if (parse_line(c, text, stop, name, line, st) < 0)
			return -1;
		text = nl ? nl + 1 : end;
	}
	return 0;
}

static int parse_file(struct conf *c, const char *path, struct status *st)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;
	int rc;

	if (!f)
		return status_set(st, STATUS_NOT_FOUND, "config", "config: cannot open %s: %s", path,
				  strerror(errno));
	text = xmalloc(MAX_FILE_BYTES + 1);
	n = fread(text, 1, MAX_FILE_BYTES + 1, f);
	if (ferror(f))
		rc = status_set(st, STATUS_INVALID_ARGUMENT, "config", "config: cannot read %s: %s",
				path, strerror(errno));
	else if (n > MAX_FILE_BYTES)
		rc = status_set(st, STATUS_INVALID_ARGUMENT, "config",
				"config: %s is larger than %u bytes", path, MAX_FILE_BYTES);
	else
		rc = parse_text(c, text, n, path, st);
	free(text);
	fclose(f);
	return rc;
}

/* ---- the command line ---- */

static void print_options(const struct conf_option *o)
{
	for (; o->key; o++) {
		struct buf left = BUF_INIT;

		buf_printf(&left, o->letter ? "-%c, " : "    ", o->letter);
		buf_printf(&left, "--%s%s%s", o->key, o->value ? " " : "", o->value ? o->value : "");
		printf("  %-34s %s", buf_str(&left), o->help);
		if (o->initial)
			printf(" (default %s)", o->initial);
		printf("%s\n", o->is_list ? "; may be repeated" : "");
		buf_fini(&left);
	}
}

static void print_help(const char *program, const char *summary, const struct conf_option *options)
{
	printf("%s: %s\n\nUsage: %s [OPTION]...\n\n", program, summary, program);
	print_options(options);
	print_options(common);
	printf("\nEach option is also a line 'key = value' of the configuration file.\n");
}

static const struct conf_option *find_option(const struct conf *c, const char *arg, size_t size)
{
	const struct conf_option *o = find_in(c->options, arg, size);

	return o ? o : find_in(common, arg, size);
}

/* One "--key", "--key=value" or "-k" at *I; moves *I over a value that follows. */
static int parse_arg(struct conf *c, int argc, char **argv, int *i, struct status *st)
{
	const char *arg = argv[*i], *value = NULL;
	const struct conf_option *o;

	if (arg[1] == '-') {
		const char *equals = strchr(arg, '=');

		o = find_option(c, arg + 2, equals ? (size_t)(equals - arg - 2) : strlen(arg + 2));
		value = equals ? equals + 1 : NULL;
	} else {
		o = find_letter(c->options, arg[1]);
		o = o ? o : find_letter(common, arg[1]);
		value = arg[2] ? arg + 2 : NULL;
	}
	if (!o)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
				  "unknown option '%s'; --help lists the options", arg);
	if (!o->value)
		return add_value(c, o, value ? value : "true", strlen(value ? value : "true"), false,
				 st);
	if (!value && *i + 1 < argc)
		value = argv[++*i];
	if (!value)
		return status_set(st, STATUS_INVALID_ARGUMENT, o->key, "--%s needs a value: %s",
				  o->key, o->value);
	return add_value(c, o, value, strlen(value), false, st);
}

static int parse_args(struct conf *c, int argc, char **argv, struct status *st)
{
	bool only_words = false;

	for (int i = 1; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1]) {
			if (parse_arg(c, argc, argv, &i, st) < 0)
				return -1;
		} else {
			c->words = xrealloc(c->words, (c->n_words + 1) * sizeof(*c->words));
			c->words[c->n_words++] = xstrdup(argv[i]);
		}
	}
	return 0;
}

static struct conf *conf_new(const struct conf_option *options)
{
	struct conf *c = xcalloc(1, sizeof(*c));

	c->options = options;
	return c;
}

struct conf *conf_parse(int argc, char **argv, const struct conf_option *options,
			const char *summary, struct status *st)
{
	struct conf *c = conf_new(options);
	const char *slash = strrchr(argv[0], '/');
	const char *program = slash ? slash + 1 : argv[0], *file;

	if (parse_args(c, argc, argv, st) < 0)
		goto fail;
	if (conf_flag(c, "help")) {
		print_help(program, summary, options);
		exit(0);
	}
	if (conf_flag(c, "version")) {
		printf("%s %s\n", program, WEFT_VERSION);
		exit(0);
	}
	file = conf_text(c, "config");
	if (file && parse_file(c, file, st) < 0)
		goto fail;
	return c;
fail:
	conf_destroy(c);
	return NULL;
}

struct conf *conf_parse_text(const char *text, size_t size, const char *name,
			     const struct conf_option *options, struct status *st)
{
	struct conf *c = conf_new(options);

	if (parse_text(c, text, size, name, st) == 0)
		return c;
	conf_destroy(c);
	return NULL;
}

void conf_destroy(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_values; i++)
		free(c->values[i].text);
	for (size_t i = 0; i < c->n_words; i++)
		free(c->words[i]);
	free(c->values);
	free(c->words);
	free(c);
}

/* ---- reading ---- */

size_t conf_count(const struct conf *c, const char *key)
{
	const struct conf_option *o = find_option(c, key, strlen(key));
	bool is_from_file = !is_given(c, o, false);
	size_t n = 0;

	for (size_t i = 0; i < c->n_values; i++)
		n += c->values[i].option == o && c->values[i].is_from_file == is_from_file;
	return n ? n : o->initial != NULL;
}

const char *conf_at(const struct conf *c, const char *key, size_t at)
{
	const struct conf_option *o = find_option(c, key, strlen(key));
	bool is_from_file = !is_given(c, o, false);
	size_t n = 0;

	for (size_t i = 0; i < c->n_values; i++) {
		const struct value *v = &c->values[i];

		if (v->option == o && v->is_from_file == is_from_file && n++ == at)
			return v->text;
	}
	return n == 0 && at == 0 ? o->initial : NULL;
}

const char *conf_text(const struct conf *c, const char *key)
{
	size_t n = conf_count(c, key);

	return n ? conf_at(c, key, n - 1) : NULL;
}

long long conf_number(const struct conf *c, const char *key)
{
	const char *text = conf_text(c, key);

	return text ? strtoll(text, NULL, 0) : 0;
}

bool conf_flag(const struct conf *c, const char *key)
{
	const char *text = conf_text(c, key);

	return text && strcmp(text, "true") == 0;
}

size_t conf_n_words(const struct conf *c)
{
	return c->n_words;
}

const char *conf_word(const struct conf *c, size_t i)
{
	return i < c->n_words ? c->words[i] : NULL;
}
