#ifndef DATAPLANE_WORKER_EAL_H
#define DATAPLANE_WORKER_EAL_H

/* Starts DPDK's environment once per process, with huge pages if the machine has free ones and
 * without if not, leaving the calling thread on the CPUs it had. */

#include "lib/status.h"

struct eal_config {
	const char *program;
	const char
		*args; /* the user's, separated by blanks, as a shell would split them; or NULL */
	unsigned memory_mb; /* for packet buffers and drivers; 0: 160 */
};

/* 0, or -1 with ST filled.  On the control thread, before ports_create(). */
int eal_start(const struct eal_config *config, struct status *st);
void eal_stop(void);
bool eal_has_huge_pages(void);

#endif
