/* bench-cores CPU...: what several CPUs do at once, against the first of them alone: loops that
 * share nothing, one of arithmetic, one over 16 KiB of memory.  Two CPUs that are threads of one
 * core, or of a host that others use, give less than two; no switch can then give more.  Prints a
 * line for each loop: its name and the ratio, the median of some rounds.
 *
 * Each loop ends by itself, after a time, so that it may run with real-time priority. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "lib/util.h"

enum {
	MAX_CPUS = 16,
	ROUNDS = 3,
	WINDOW_US = 10000,
	START_US = 2000, /* until all threads are there */
	WORDS = 16 * 1024 / 8,
	STEPS = 1000,
};

struct runner {
	pthread_t thread;
	int cpu, error;
	uint64_t start_us;
	void (*loop)(struct runner *r);
	uint64_t n_loops;
	uint64_t words[WORDS];
} APART;

#define fail(...)                                                                                  \
	do {                                                                                       \
		fprintf(stderr, "bench-cores: " __VA_ARGS__);                                      \
		fputc('\n', stderr);                                                               \
		exit(1);                                                                           \
	} while (0)

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

/* Asleep, so that with real-time priority the other threads can be started meanwhile. */
static void sleep_until(uint64_t us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* Four chains that do not wait for each other. */
static void arithmetic(struct runner *r)
{
	uint64_t a = r->words[0], b = a + 1, c = a + 2, d = a + 3;

	for (int i = 0; i < STEPS; i++) {
		a = a * 3 + 1;
		b = (b ^ b >> 7) + 5;
		c = c * 5 + 3;
		d = (d << 1 ^ d >> 3) + 1;
	}
	r->words[0] = a ^ b ^ c ^ d;
}

static void memory(struct runner *r)
{
	for (unsigned i = 1; i < WORDS; i++)
		r->words[i] = (r->words[i] ^ r->words[i - 1]) + i;
}

static void *run(void *arg)
{
	struct runner *r = arg;
	uint64_t end_us = r->start_us + WINDOW_US;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(r->cpu, &set);
	r->error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	sleep_until(r->start_us);
	while (!r->error && now_us() < end_us) {
		r->loop(r);
		r->n_loops++;
	}
	return NULL;
}

/* How many loops N CPUs do in a window, together. */
static uint64_t count(void (*loop)(struct runner *), const int *cpus, unsigned n)
{
	struct runner *list = xcalloc_apart(n * sizeof(*list));
	uint64_t start_us = now_us() + START_US, n_loops = 0;

	for (unsigned i = 0; i < n; i++) {
		list[i].cpu = cpus[i];
		list[i].start_us = start_us;
		list[i].loop = loop;
		if (pthread_create(&list[i].thread, NULL, run, &list[i]) != 0)
			fail("cannot start a thread");
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(list[i].thread, NULL);
		if (list[i].error)
			fail("this process may not use CPU %d", list[i].cpu);
		n_loops += list[i].n_loops;
	}
	free(list);
	return n_loops;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double ratio(void (*loop)(struct runner *), const int *cpus, unsigned n)
{
	double found[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t alone = count(loop, cpus, 1);

		found[i] = (double)count(loop, cpus, n) / (alone ? alone : 1);
	}
	qsort(found, ROUNDS, sizeof(found[0]), compare);
	return found[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	int cpus[MAX_CPUS];
	unsigned n = 0;

	for (int i = 1; i < argc; i++) {
		char *end;
		long cpu = strtol(argv[i], &end, 10);

		if (n == MAX_CPUS || end == argv[i] || *end || cpu < 0 || cpu >= CPU_SETSIZE)
			fail("'%s': give up to %d numbers of CPUs", argv[i], MAX_CPUS);
		cpus[n++] = cpu;
	}
	if (!n)
		fail("give the numbers of some CPUs");
	printf("arithmetic %.2f\n", ratio(arithmetic, cpus, n));
	printf("memory %.2f\n", ratio(memory, cpus, n));
	return 0;
}
