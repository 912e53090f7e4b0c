/* Flows of a long list, as ovs-ofctl sends them in OpenFlow 1.3, 1.4 and 1.5:
 *
 *	text --ovs-ofctl add-flows--> Unix socket --> the same bytes as of_msg_encode() makes?
 *	those bytes --ovs-ofctl ofp-parse--> the same text as of_flow_mod_print() makes?
 */

#include <stdarg.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/openflow/msg.h"
#include "proto/openflow/numbers.h"

#define FLOWS		 "tests/golden/ofctl-flows.txt"
#define MAX_FLOWS	 400
#define DEADLINE_SECONDS 250

static char folder[] = "/tmp/weft-ofctl-XXXXXX";
static char path_flows[64], path_socket[64], path_stream[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path_flows, sizeof(path_flows), "%s/flows", folder);
	snprintf(path_socket, sizeof(path_socket), "%s/socket", folder);
	snprintf(path_stream, sizeof(path_stream), "%s/stream", folder);
	alarm(DEADLINE_SECONDS);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_flows);
	unlink(path_socket);
	unlink(path_stream);
	return rmdir(folder);
}

/* The lines that are flows, also as a file of their own. */
static unsigned read_flows(struct arena *a, const char **flows)
{
	FILE *f = fopen(FLOWS, "r"), *out = fopen(path_flows, "w");
	char *line = NULL;
	size_t room = 0;
	unsigned n = 0;

	assert_non_null(f);
	assert_non_null(out);
	while (getline(&line, &room, f) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		assert_true(n < MAX_FLOWS);
		flows[n++] = arena_strdup(a, line);
		fprintf(out, "%s\n", line);
	}
	free(line);
	fclose(f);
	assert_int_equal(fclose(out), 0);
	assert_true(n > 100);
	return n;
}

static int listen_on_socket(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 100 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path_socket);
	unlink(path_socket);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static pid_t start_ovs_ofctl(const char *version)
{
	char *target = xasprintf("unix:%s", path_socket);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		execlp("ovs-ofctl", "ovs-ofctl", "-O", version, "--no-names", "add-flows", target,
		       path_flows, (char *)NULL);
		_exit(127);
	}
	free(target);
	return pid;
}

static void send_header(int fd, uint8_t version, uint8_t type, const uint8_t *xid)
{
	uint8_t header[8] = { version, type, 0, 8 };

	memcpy(header + 4, xid, 4);
	assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
}

/* A switch of VERSION that says yes to all, and keeps the flow-mods in STREAM, their transaction
 * ids zeroed. */
static void serve(int fd, uint8_t version, struct buf *stream)
{
	struct buf in = BUF_INIT;
	ssize_t n;

	send_header(fd, version, OFPT_HELLO, (const uint8_t[4]){ 0 });
	while ((n = read(fd, buf_grow(&in, 4096), 4096)) > 0) {
		long size;

		in.size -= 4096 - n;
		while ((size = of_msg_size(in.data, in.size)) > 0) {
			if (in.data[1] == OFPT_FLOW_MOD) {
				store_be32(in.data + 4, 0);
				buf_add(stream, in.data, size);
			} else if (in.data[1] == OFPT_BARRIER_REQUEST) {
				send_header(fd, version, OFPT_BARRIER_REPLY, in.data + 4);
			} else if (in.data[1] == OFPT_ECHO_REQUEST) {
				send_header(fd, version, OFPT_ECHO_REPLY, in.data + 4);
			}
			buf_pull(&in, size);
		}
	}
	buf_fini(&in);
}

static void receive_flows(const char *option, uint8_t version, struct buf *stream)
{
	int listener = listen_on_socket(), fd, status;
	pid_t pid = start_ovs_ofctl(option);

	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	serve(fd, version, stream);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	close(listener);
}

static void print_hex(const char *who, const uint8_t *data, size_t size)
{
	print_error("  %s ", who);
	for (size_t i = 0; i < size; i++)
		print_error("%02x", data[i]);
	print_error("\n");
}

/* Whether the message at THEIRS is what the codec makes of TEXT. */
static bool is_encoded_alike(const char *text, uint8_t version, const uint8_t *theirs, size_t size)
{
	struct of_msg msg = { .kind = OF_FLOW_MOD, .version = version };
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	struct buf ours = BUF_INIT;
	bool is_alike;

	if (of_flow_mod_parse(text, 0, &a, &msg.flow_mod, &st) != 0) {
		print_error("%s: %s\n", text, st.message);
		arena_clear(&a);
		return false;
	}
	of_msg_encode(&msg, &ours);
	is_alike = ours.size == size && memcmp(ours.data, theirs, size) == 0;
	if (!is_alike) {
		print_error("%s, OpenFlow of version %u:\n", text, version);
		print_hex("weft", ours.data, ours.size);
		print_hex("ovs ", theirs, size);
	}
	buf_fini(&ours);
	arena_clear(&a);
	return is_alike;
}

static unsigned compare_bytes(const char **flows, unsigned n, uint8_t version,
			      const struct buf *stream)
{
	const uint8_t *at = stream->data, *end = at + stream->size;
	unsigned n_different = 0;

	for (unsigned i = 0; i < n; i++) {
		long size = of_msg_size(at, end - at);

		assert_true(size > 0);
		n_different += !is_encoded_alike(flows[i], version, at, size);
		at += size;
	}
	assert_ptr_equal(at, end);
	return n_different;
}

/* The message's text as the codec prints it, without what stands before the flow. */
static void print_flow(const uint8_t *data, size_t size, struct buf *text)
{
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg msg;
	char name[96];

	text->size = 0;
	if (of_msg_decode(data, size, &a, &msg, &err) != 0)
		buf_puts(text, of_error_name(&err, name, sizeof(name)));
	else
		of_flow_mod_print(&msg.flow_mod, text);
	buf_str(text);
	arena_clear(&a);
}

static unsigned compare_texts(const struct buf *stream)
{
	char *command = xasprintf("ovs-ofctl ofp-parse %s 2>/dev/null", path_stream);
	const uint8_t *at = stream->data;
	char *line = NULL;
	size_t room = 0, left = stream->size;
	unsigned n_different = 0;
	struct buf ours = BUF_INIT;
	FILE *f = fopen(path_stream, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(stream->data, 1, stream->size, f), stream->size);
	assert_int_equal(fclose(f), 0);
	f = popen(command, "r");
	assert_non_null(f);
	while (getline(&line, &room, f) >= 0) {
		const char *theirs = strstr(line, "): ADD ");
		long size = of_msg_size(at, left);

		line[strcspn(line, "\n")] = '\0';
		if (!theirs && !strstr(line, "OFPT_FLOW_MOD"))
			continue;
		assert_true(size > 0);
		theirs = strstr(line, "xid=0x0): ");
		assert_non_null(theirs);
		print_flow(at, size, &ours);
		if (strcmp(theirs + strlen("xid=0x0): "), buf_str(&ours)) != 0) {
			print_error("weft %s\novs  %s\n", buf_str(&ours), line);
			n_different++;
		}
		at += size;
		left -= size;
	}
	assert_int_equal(pclose(f), 0);
	assert_int_equal(left, 0);
	buf_fini(&ours);
	free(line);
	free(command);
	return n_different;
}

static void compare_version(const char *option, uint8_t version)
{
	struct arena a = ARENA_INIT;
	struct buf stream = BUF_INIT;
	const char *flows[MAX_FLOWS];
	unsigned n = read_flows(&a, flows), n_bytes, n_texts;

	receive_flows(option, version, &stream);
	n_bytes = compare_bytes(flows, n, version, &stream);
	n_texts = compare_texts(&stream);
	print_message("%s: %u flows, %u sent otherwise, %u printed otherwise\n", option, n, n_bytes,
		      n_texts);
	assert_int_equal(n_bytes, 0);
	assert_int_equal(n_texts, 0);
	buf_fini(&stream);
	arena_clear(&a);
}

static void openflow_1_3(void **state)
{
	(void)state;
	compare_version("OpenFlow13", OF_VERSION_1_3);
}

static void openflow_1_4(void **state)
{
	(void)state;
	compare_version("OpenFlow14", OF_VERSION_1_4);
}

static void openflow_1_5(void **state)
{
	(void)state;
	compare_version("OpenFlow15", OF_VERSION_1_5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openflow_1_3),
		cmocka_unit_test(openflow_1_4),
		cmocka_unit_test(openflow_1_5),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
