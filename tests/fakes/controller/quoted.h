#ifndef TESTS_FAKES_CONTROLLER_QUOTED_H
#define TESTS_FAKES_CONTROLLER_QUOTED_H

/* Calls of a model_world with requests that are easy to read in C: ' stands for ". */

#include "tests/fakes/controller/model_world.h"

/* FMT and its arguments with " for '; to be freed. */
char *quoted(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* As call_ok(). */
const char *ok(struct model_world *w, const char *method, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As call_fails(), and the store is as before. */
void refused(struct model_world *w, const char *method, enum status_code code, const char *field,
	     const char *words, const char *fmt, ...) PRINTF_LIKE(6, 7);

#endif
