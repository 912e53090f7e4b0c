/* CPU lists as people write them, and who runs where. */

#include "dataplane/worker/worker.h"

#include <sched.h>
#include <stdio.h>

static bool is_in(const int *cpus, unsigned n, int cpu)
{
	for (unsigned i = 0; i < n; i++) {
		if (cpus[i] == cpu)
			return true;
	}
	return false;
}

/* The last CPU that this process may use. */
static int last_cpu(void)
{
	int last = -1;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set))
			last = cpu;
	}
	return last;
}

int cpus_parse(const char *text, int *cpus, unsigned max, struct status *st)
{
	unsigned n = 0;

	if (strcmp(text, "last") == 0 || strcmp(text, "any") == 0) {
		cpus[0] = text[0] == 'l' ? last_cpu() : -1;
		return 1;
	}
	for (const char *at = text; *at;) {
		int first, last, size = 0;

		if (sscanf(at, "%d-%d%n", &first, &last, &size) != 2 || !size) {
			size = 0;
			if (sscanf(at, "%d%n", &first, &size) != 1 || !size)
				goto refuse;
			last = first;
		}
		if (first < 0 || last < first || last >= CPU_SETSIZE)
			goto refuse;
		for (int cpu = first; cpu <= last; cpu++) {
			if (n == max)
				return status_set(st, STATUS_OUT_OF_RANGE, "workers",
						  "%s: give at most %u CPUs", text, max);
			if (is_in(cpus, n, cpu))
				return status_set(
					st, STATUS_INVALID_ARGUMENT, "workers",
					"--workers '%.64s': give CPU %d once; two workers on "
					"one CPU only wait for each other",
					text, cpu);
			cpus[n++] = cpu;
		}
		at += size;
		if (*at == ',' && at[1])
			at++;
		else if (*at)
			goto refuse;
	}
	if (n)
		return n;
refuse:
	return status_set(st, STATUS_INVALID_ARGUMENT, "workers",
			  "--workers '%.64s': give CPUs as in 1 or 0,2-3, or last, or any", text);
}

void cpus_leave(const int *cpus, unsigned n)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	for (unsigned i = 0; i < n; i++) {
		if (cpus[i] >= 0)
			CPU_CLR(cpus[i], &set);
	}
	if (CPU_COUNT(&set))
		sched_setaffinity(0, sizeof(set), &set);
}
