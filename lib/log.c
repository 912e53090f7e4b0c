#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static enum log_level max_level = LOG_INFO;
static const char *program_name;
static const char *const level_names[] = { "error", "warn", "info", "debug" };

int log_set_level(const char *name)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(level_names); i++) {
		if (strcmp(level_names[i], name) == 0) {
			max_level = i;
			return 0;
		}
	}
	return -1;
}

void log_set_program(const char *program)
{
	program_name = program;
}

/* Returns whether a line may be printed now.  Races between threads cost a line, no more. */
static bool site_allows(struct log_site *site, uint64_t second, unsigned *n_left_out)
{
	if (site->second != second) {
		*n_left_out = site->n_left_out;
		*site = (struct log_site){ .second = second };
	}
	if (site->n_lines++ < LOG_BURST)
		return true;
	site->n_left_out++;
	return false;
}

void log_line(struct log_site *site, enum log_level level, const char *fmt, ...)
{
	int saved_errno = errno;
	unsigned n_left_out = 0;
	struct timespec now;
	char text[2048];
	struct tm tm;
	va_list args;

	if (level > max_level)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (site_allows(site, now.tv_sec, &n_left_out)) {
		va_start(args, fmt);
		vsnprintf(text, sizeof(text), fmt, args);
		va_end(args);
		gmtime_r(&now.tv_sec, &tm);
		dprintf(STDERR_FILENO, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s: %s\n",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			tm.tm_sec, now.tv_nsec / 1000000,
			program_name ? program_name : program_invocation_short_name,
			level_names[level], text);
		if (n_left_out)
			dprintf(STDERR_FILENO, "  (%u lines like this left out)\n", n_left_out);
	}
	errno = saved_errno;
}
