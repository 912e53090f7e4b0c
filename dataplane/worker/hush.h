#ifndef DATAPLANE_WORKER_HUSH_H
#define DATAPLANE_WORKER_HUSH_H

/* What a library prints while it is called, kept back: pages of usage are no error message. */

#include "lib/util.h"

struct hush {
	int out, err; /* what standard output and error were; -1: nothing is kept back */
	int kept;
};

void hush_begin(struct hush *h);
/* Print again as before.  What was kept back goes to standard error if IS_TOLD; its first line is
 * copied to LINE, without the program's name before it. */
void hush_end(struct hush *h, bool is_told, char *line, size_t size);

#endif
