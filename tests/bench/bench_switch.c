/* A weft-dataplane for benchmarks: see bench_switch.h. */

#include "tests/bench/bench_switch.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <openflow/openflow-1.3.h>
#include "lib/arena.h"
#include "lib/buf.h"
#include "proto/openflow/msg.h"

#define START_MS 20000

struct bench_switch {
	pid_t pid;
	char dir[64], socket[96], openflow[96], log[96];
	struct ctl_client *ctl;
	int of_fd; /* -1 before the first flow */
	uint32_t xid;
};

static void nap(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000l }, NULL);
}

static void path_of_dataplane(char *path, size_t size)
{
	char self[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0)
		snprintf(path, size, "%s/weft-dataplane", dirname(self));
	if (n <= 0 || access(path, X_OK) < 0)
		snprintf(path, size, "weft-dataplane");
}

/* In the child: become the switch. */
static void become_switch(const struct bench_switch *s, const char *eal, const char *workers)
{
	char path[PATH_MAX + 32], listen[128];
	const char *argv[12] = { path,	 "--socket",	 s->socket, "--listen",
				 listen, "--controller", "none" };
	int n = 7, fd = open(s->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	path_of_dataplane(path, sizeof(path));
	snprintf(listen, sizeof(listen), "unix:%s", s->openflow);
	if (eal) {
		argv[n++] = "--eal";
		argv[n++] = eal;
	}
	if (workers) {
		argv[n++] = "--workers";
		argv[n++] = workers;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execvp(path, (char **)argv);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", path, strerror(errno));
	_exit(127);
}

/* The switch ended instead of answering: its last line tells why. */
static int tell_log(const struct bench_switch *s, struct status *st)
{
	char line[512] = "", last[512] = "it said nothing";
	FILE *f = fopen(s->log, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0])
			snprintf(last, sizeof(last), "%s", line);
	}
	if (f)
		fclose(f);
	return status_set(st, STATUS_UNAVAILABLE, NULL, "weft-dataplane did not start: %s", last);
}

static int wait_until_up(struct bench_switch *s, struct status *st)
{
	for (unsigned ms = 0; ms < START_MS; ms += 50) {
		struct status ignored = STATUS_INIT;
		int status;

		s->ctl = ctl_client_open(s->socket, &ignored);
		if (s->ctl)
			return 0;
		if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
			s->pid = 0;
			return tell_log(s, st);
		}
		nap(50);
	}
	return tell_log(s, st);
}

struct bench_switch *bench_switch_start(const char *eal, const char *workers, struct status *st)
{
	struct bench_switch *s = xcalloc(1, sizeof(*s));
	const char *tmp = getenv("TMPDIR");

	s->of_fd = -1;
	snprintf(s->dir, sizeof(s->dir), "%s/weft-bench.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(s->dir)) {
		status_set(st, STATUS_UNAVAILABLE, NULL, "cannot make a folder %s: %s", s->dir,
			   strerror(errno));
		free(s);
		return NULL;
	}
	snprintf(s->socket, sizeof(s->socket), "%s/dataplane.sock", s->dir);
	snprintf(s->openflow, sizeof(s->openflow), "%s/openflow.sock", s->dir);
	snprintf(s->log, sizeof(s->log), "%s/log", s->dir);
	s->pid = fork();
	if (s->pid == 0)
		become_switch(s, eal, workers);
	if (s->pid < 0 || wait_until_up(s, st) < 0) {
		bench_switch_stop(s);
		return NULL;
	}
	return s;
}

void bench_switch_stop(struct bench_switch *s)
{
	if (!s)
		return;
	ctl_client_close(s->ctl);
	if (s->of_fd >= 0)
		close(s->of_fd);
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		waitpid(s->pid, NULL, 0);
	}
	unlink(s->socket);
	unlink(s->openflow);
	unlink(s->log);
	rmdir(s->dir);
	free(s);
}

int bench_switch_pid(const struct bench_switch *s)
{
	return s->pid;
}

const char *bench_switch_openflow(const struct bench_switch *s)
{
	return s->openflow;
}

Weft__Switch__V1__Reply *bench_switch_call(struct bench_switch *s,
					   const Weft__Switch__V1__Request *request,
					   struct status *st)
{
	return ctl_client_call(s->ctl, request, st);
}

static int call_and_forget(struct bench_switch *s, const Weft__Switch__V1__Request *request,
			   struct status *st)
{
	Weft__Switch__V1__Reply *reply = bench_switch_call(s, request, st);

	if (!reply)
		return -1;
	weft__switch__v1__reply__free_unpacked(reply, NULL);
	return 0;
}

/* "KEY=VALUE,KEY=VALUE"; a value may hold commas if what follows them is no KEY=. */
static size_t parse_options(struct arena *a, char *text, Weft__Switch__V1__Option **options,
			    size_t max)
{
	size_t n = 0;

	while (text && *text && n < max) {
		char *equals = strchr(text, '='), *comma = equals ? strchr(equals, ',') : NULL;

		while (comma && !memchr(comma, '=', strcspn(comma + 1, ",") + 1))
			comma = strchr(comma + 1, ',');
		if (!equals)
			break;
		*equals = '\0';
		if (comma)
			*comma = '\0';
		options[n] = arena_alloc(a, sizeof(*options[n]));
		weft__switch__v1__option__init(options[n]);
		options[n]->key = text;
		options[n++]->value = equals + 1;
		text = comma ? comma + 1 : NULL;
	}
	return n;
}

int bench_switch_add_port(struct bench_switch *s, const char *name, const char *spec,
			  uint32_t number, struct status *st)
{
	Weft__Switch__V1__PortAddRequest add = WEFT__SWITCH__V1__PORT_ADD_REQUEST__INIT;
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;
	Weft__Switch__V1__Option *options[16];
	struct arena arena = ARENA_INIT;
	char *type = arena_strdup(&arena, spec), *colon = strchr(type, ':');
	int rc;

	if (colon)
		*colon = '\0';
	add.name = (char *)name;
	add.type = type;
	add.number = number;
	add.options = options;
	add.n_options =
		parse_options(&arena, colon ? colon + 1 : NULL, options, ARRAY_LENGTH(options));
	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_ADD;
	request.port_add = &add;
	rc = call_and_forget(s, &request, st);
	arena_clear(&arena);
	return rc;
}

int bench_switch_del_port(struct bench_switch *s, const char *name, struct status *st)
{
	Weft__Switch__V1__PortDelRequest del = WEFT__SWITCH__V1__PORT_DEL_REQUEST__INIT;
	Weft__Switch__V1__Request request = WEFT__SWITCH__V1__REQUEST__INIT;

	del.name = (char *)name;
	request.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_PORT_DEL;
	request.port_del = &del;
	return call_and_forget(s, &request, st);
}

static int send_msg(struct bench_switch *s, const struct of_msg *msg, struct status *st)
{
	struct buf out = BUF_INIT;
	ssize_t n;

	of_msg_encode(msg, &out);
	n = send(s->of_fd, out.data, out.size, MSG_NOSIGNAL);
	n = n == (ssize_t)out.size ? 0 : -1;
	buf_fini(&out);
	return n < 0 ? status_set(st, STATUS_UNAVAILABLE, NULL, "OpenFlow: cannot send") : 0;
}

static int receive_all(int fd, uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = recv(fd, data, size, 0);

		if (n <= 0)
			return -1;
		data += n;
		size -= n;
	}
	return 0;
}

/* The next message, decoded. */
static int receive_msg(struct bench_switch *s, struct arena *a, struct of_msg *msg,
		       struct status *st)
{
	struct of_error err;
	uint8_t *data = arena_alloc(a, OF_MAX_MESSAGE);
	size_t size;

	if (receive_all(s->of_fd, data, 8) < 0)
		return status_set(st, STATUS_UNAVAILABLE, NULL, "OpenFlow: the switch is gone");
	size = load_be16(data + 2);
	if (size < 8 || receive_all(s->of_fd, data + 8, size - 8) < 0 ||
	    of_msg_decode(data, size, a, msg, &err) < 0)
		return status_set(st, STATUS_INTERNAL, NULL, "OpenFlow: a message that is none");
	return 0;
}

/* Until KIND comes; an error message is the end. */
static int wait_for_kind(struct bench_switch *s, enum of_kind kind, struct status *st)
{
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct of_msg msg;
	int rc;

	do {
		rc = receive_msg(s, &a, &msg, st);
		if (rc == 0 && msg.kind == OF_ERROR) {
			of_msg_print(&msg, &text);
			rc = status_set(st, STATUS_INVALID_ARGUMENT, NULL, "%s", buf_str(&text));
		}
	} while (rc == 0 && msg.kind != kind);
	arena_clear(&a);
	buf_fini(&text);
	return rc;
}

static int openflow_connect(struct bench_switch *s, struct status *st)
{
	struct of_msg hello = { .kind = OF_HELLO,
				.version = OF_VERSION_1_3,
				.hello = { .versions = 1u << OF_VERSION_1_3 } };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (s->of_fd >= 0)
		return 0;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", s->openflow);
	s->of_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->of_fd < 0 || connect(s->of_fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return status_set(st, STATUS_UNAVAILABLE, NULL, "OpenFlow: %s: %s", s->openflow,
				  strerror(errno));
	if (send_msg(s, &hello, st) < 0)
		return -1;
	return wait_for_kind(s, OF_HELLO, st);
}

int bench_switch_add_flow(struct bench_switch *s, const char *flow, struct status *st)
{
	struct of_msg mod = { .kind = OF_FLOW_MOD, .version = OF_VERSION_1_3, .xid = ++s->xid };
	struct of_msg barrier = { .kind = OF_BARRIER_REQUEST,
				  .version = OF_VERSION_1_3,
				  .xid = ++s->xid };
	struct arena a = ARENA_INIT;
	int rc = of_flow_mod_parse(flow, OFPFC_ADD, &a, &mod.flow_mod, st);

	if (rc == 0)
		rc = openflow_connect(s, st);
	if (rc == 0)
		rc = send_msg(s, &mod, st);
	if (rc == 0)
		rc = send_msg(s, &barrier, st);
	if (rc == 0)
		rc = wait_for_kind(s, OF_BARRIER_REPLY, st);
	arena_clear(&a);
	return rc;
}
