#include "dataplane/port/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

void netns_path(const char *text, char *path, size_t size)
{
	if (!*text || strchr(text, '/'))
		snprintf(path, size, "%s", text);
	else if (strspn(text, "0123456789") == strlen(text))
		snprintf(path, size, "/proc/%s/ns/net", text);
	else
		snprintf(path, size, "/run/netns/%s", text);
}

struct call {
	int fd;
	int (*fn)(void *arg);
	void *arg;
	int ret;
	int error;
};

static void *enter(void *arg)
{
	struct call *call = arg;

	if (setns(call->fd, CLONE_NEWNET) < 0)
		call->error = errno;
	else
		call->ret = call->fn(call->arg);
	return NULL;
}

int netns_call(const char *path, int (*fn)(void *arg), void *arg, struct status *st)
{
	struct call call = { .fn = fn, .arg = arg, .ret = -1 };
	pthread_t thread;

	if (!*path)
		return fn(arg);
	call.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (call.fd < 0)
		return status_set(st, STATUS_NOT_FOUND, "options.netns",
				  "cannot open network namespace %s: %s; give a path, a name of "
				  "`ip netns list` or a process id",
				  path, strerror(errno));
	call.error = pthread_create(&thread, NULL, enter, &call);
	if (!call.error)
		pthread_join(thread, NULL);
	close(call.fd);
	if (call.error)
		return status_set(st, STATUS_PERMISSION_DENIED, "options.netns",
				  "cannot enter network namespace %s: %s; the switch needs "
				  "CAP_SYS_ADMIN",
				  path, strerror(call.error));
	return call.ret;
}
