#ifndef TESTS_FAKES_API_LIBRARY_H
#define TESTS_FAKES_API_LIBRARY_H

/* The handlers of tests/unit/api/testing.proto: a working library of books in memory. */

#include "api/call.h"

extern const struct api_schema testing_schema;

struct library;

struct library *library_create(struct loop *loop);
void library_add_to(struct library *l, struct api_dispatch *d);
/* Streams and sleeps that nobody ended or cancelled. */
size_t library_n_waiting(const struct library *l);
void library_destroy(struct library *l);

#endif
