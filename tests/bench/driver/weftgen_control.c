/* The control file of a net_weftgen device: a thread of our own follows it, makes the traffic that
 * is asked for outside the threads that are measured, and frees what no queue uses any more. */

#include "tests/bench/driver/weftgen.h"

#include <errno.h>
#include <fcntl.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

static bool is_in_use(const struct weftgen_device *d, const struct traffic *t)
{
	for (unsigned q = 0; q < WEFTGEN_MAX_QUEUES; q++) {
		if (__atomic_load_n(&d->rx[q].in_use, __ATOMIC_SEQ_CST) == t)
			return true;
	}
	return false;
}

/* No queue begins with a traffic that is no longer published, so what is not in use now never will
 * be.  The queues then leave `known` alone until there is another. */
static void replace(struct weftgen_device *d, struct traffic *t)
{
	struct traffic *old = d->traffic;

	__atomic_store_n(&d->traffic, NULL, __ATOMIC_SEQ_CST);
	while (old && is_in_use(d, old))
		nap();
	for (unsigned q = 0; q < WEFTGEN_MAX_QUEUES; q++)
		d->rx[q].known = NULL;
	traffic_destroy(old);
	__atomic_store_n(&d->traffic, t, __ATOMIC_RELEASE);
}

static void apply(struct weftgen_device *d)
{
	struct weftgen_control *c = d->control;
	struct traffic_profile profile;
	struct status st = STATUS_INIT;
	struct traffic *t = NULL;
	char text[WEFTGEN_PROFILE_SIZE];

	snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 1, c->profile);
	traffic_profile_init(&profile);
	if (text[0] && traffic_profile_parse(&profile, text, &st) == 0)
		t = traffic_create(&profile, &st);
	replace(d, t);
	snprintf(c->error, sizeof(c->error), "%s%s%.300s", st.field, st.field[0] ? ": " : "",
		 st.message);
}

static void *follow(void *device)
{
	struct weftgen_device *d = device;
	struct weftgen_control *c = d->control;

	while (!__atomic_load_n(&d->is_closing, __ATOMIC_RELAXED)) {
		uint32_t wanted = __atomic_load_n(&c->wanted, __ATOMIC_ACQUIRE);

		if (wanted != c->applied) {
			apply(d);
			__atomic_store_n(&c->applied, wanted, __ATOMIC_RELEASE);
		}
		nap();
	}
	replace(d, NULL);
	return NULL;
}

static int map(struct weftgen_device *d)
{
	int fd, rc = 0;

	unlink(d->path); /* of an earlier run; whoever mapped it keeps its own */
	fd = open(d->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(*d->control)) < 0)
		rc = -errno;
	d->control =
		rc ? MAP_FAILED
		   : mmap(NULL, sizeof(*d->control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (d->control == MAP_FAILED)
		rc = rc ? rc : -errno;
	close(fd);
	return rc;
}

int weftgen_control_open(struct weftgen_device *d)
{
	int rc = map(d);

	if (rc < 0)
		return rc;
	rc = -pthread_create(&d->watcher, NULL, follow, d);
	if (rc < 0) {
		munmap(d->control, sizeof(*d->control));
		unlink(d->path);
		return rc;
	}
	d->control->tsc_hz = rte_get_tsc_hz();
	__atomic_store_n(&d->control->magic, WEFTGEN_MAGIC, __ATOMIC_RELEASE);
	return 0;
}

void weftgen_control_close(struct weftgen_device *d)
{
	__atomic_store_n(&d->is_closing, true, __ATOMIC_RELAXED);
	pthread_join(d->watcher, NULL);
	munmap(d->control, sizeof(*d->control));
	unlink(d->path);
}
