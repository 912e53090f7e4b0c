#ifndef LIB_LOG_H
#define LIB_LOG_H

/* Logs are for people: event, object, cause, on standard error.  Each call site is limited
 * to LOG_BURST lines a second; what was left out is counted in its next line.  Never called
 * on the packet path, never with a secret. */

#include "lib/util.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_BURST 20

struct log_site {
	uint64_t second;
	unsigned n_lines;
	unsigned n_left_out;
};

/* "error", "warn", "info", "debug"; returns -1 for another word. */
int log_set_level(const char *name);
/* Print PROGRAM before each line; the default is the program's name. */
void log_set_program(const char *program);
void log_line(struct log_site *site, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define LOG_AT(LEVEL, ...)                                                                         \
	do {                                                                                       \
		static struct log_site log_site_;                                                  \
		log_line(&log_site_, LEVEL, __VA_ARGS__);                                          \
	} while (0)
#define log_error(...) LOG_AT(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_WARN, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_DEBUG, __VA_ARGS__)

#endif
