/* Against ovs-ofctl: what Weft encodes, Open vSwitch prints as Weft does; and what ovs-ofctl
 * makes of a text, alone and in a bundle, Weft decodes to what it makes of the text itself.
 *
 *	golden and random flows --of_msg_encode()--> file --ovs-ofctl ofp-parse--> text  = ours?
 *	golden flows' text --ovs-ofctl add-flows--> Unix socket --of_msg_decode()--> flow = ours?
 */

#include <errno.h>
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

#include "proto/openflow/action_vlan.h"
#include "tests/fakes/proto/of_samples.h"

#define FLOWS		 "tests/golden/flows.txt"
#define N_RANDOM	 20000
#define DEADLINE_SECONDS 250

static char folder[] = "/tmp/weft-foreign-XXXXXX";
static char path_flows[64], path_socket[64], path_stream[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path_flows, sizeof(path_flows), "%s/flows", folder);
	snprintf(path_socket, sizeof(path_socket), "%s/socket", folder);
	snprintf(path_stream, sizeof(path_stream), "%s/stream", folder);
	alarm(DEADLINE_SECONDS); /* nothing here waits for long */
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

/* The texts of the golden flows. */
static unsigned read_flows(struct arena *a, const char **flows, unsigned max_n)
{
	FILE *f = fopen(FLOWS, "r");
	char *line = NULL;
	size_t room = 0;
	unsigned n = 0;

	assert_non_null(f);
	while (n < max_n && getline(&line, &room, f) >= 0) {
		if (strncmp(line, "flow: ", 6) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		flows[n++] = arena_strdup(a, line + 6);
	}
	free(line);
	fclose(f);
	assert_true(n > 20);
	return n;
}

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* What stands after "(xid=0x0): " of OFPT_FLOW_MOD. */
static const char *flow_of_line(char *line)
{
	char *colon = strstr(line, "): ");

	line[strcspn(line, "\n")] = '\0';
	return colon && strncmp(line, "OFPT_FLOW_MOD ", 14) == 0 ? colon + 3 : NULL;
}

/* All of STREAM is flow-mods; their texts, as Weft prints them, are OURS. */
static void compare_prints(const struct buf *stream, const struct buf *ours, unsigned n)
{
	char *command = xasprintf("ovs-ofctl ofp-parse %s 2>/dev/null", path_stream);
	char *line = NULL, *rest = (char *)ours->data, *want;
	size_t room = 0;
	unsigned n_seen = 0;
	FILE *f;

	write_file(path_stream, stream->data, stream->size);
	f = popen(command, "r");
	assert_non_null(f);
	while (getline(&line, &room, f) >= 0) {
		const char *theirs = flow_of_line(line);

		want = strsep(&rest, "\n");
		if (!theirs || !want || strcmp(theirs, want) != 0)
			fail_msg("flow %u:\n  weft: %s\n  ovs:  %s", n_seen, want, line);
		n_seen++;
	}
	assert_int_equal(pclose(f), 0);
	assert_int_equal(n_seen, n);
	free(line);
	free(command);
}

static void add_flow(const struct of_flow_mod *fm, struct buf *stream, struct buf *texts)
{
	struct of_msg msg = { .kind = OF_FLOW_MOD, .flow_mod = *fm };

	of_msg_encode(&msg, stream);
	of_flow_mod_print(fm, texts);
	buf_puts(texts, "\n");
}

static void ovs_ofctl_prints_golden_flows_as_weft_does(void **state)
{
	struct buf stream = BUF_INIT, texts = BUF_INIT;
	struct arena a = ARENA_INIT;
	const char *flows[200];
	unsigned n = read_flows(&a, flows, ARRAY_LENGTH(flows));

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		struct status st = STATUS_INIT;
		struct of_flow_mod fm;

		assert_int_equal(of_flow_mod_parse(flows[i], 0, &a, &fm, &st), 0);
		add_flow(&fm, &stream, &texts);
	}
	buf_str(&texts);
	compare_prints(&stream, &texts, n);
	buf_fini(&stream);
	buf_fini(&texts);
	arena_clear(&a);
}

/* Open vSwitch refuses more than two tags; golden flows push one or two. */
static bool pushes_tags(const struct of_actions *acts)
{
	for (unsigned i = 0; i < acts->n; i++) {
		if (acts->list[i]->class == &of_action_push_vlan_class)
			return true;
	}
	return false;
}

/* Fields that Open vSwitch does not have, and those that it does not print, or not as a match's. */
static bool is_known_to_ovs(const struct of_match *m)
{
	static const enum of_field_id unknown[] = {
		OF_FIELD_IN_PHY_PORT,	 OF_FIELD_PBB_ISID,	  OF_FIELD_PBB_UCA,
		OF_FIELD_IPV6_EXTHDR,	 OF_FIELD_RECIRC_ID,	  OF_FIELD_TUN_GBP_FLAGS,
		OF_FIELD_TUN_ERSPAN_VER, OF_FIELD_CT_TP_SRC,	  OF_FIELD_CT_TP_DST,
		OF_FIELD_TUN_ERSPAN_IDX, OF_FIELD_TUN_ERSPAN_DIR, OF_FIELD_TUN_ERSPAN_HWID
	};

	for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++) {
		if (of_match_find(m, unknown[i]))
			return false;
	}
	return true;
}

static void ovs_ofctl_prints_random_flows_as_weft_does(void **state)
{
	struct buf stream = BUF_INIT, texts = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 20240301);
	for (unsigned n = 0; n < N_RANDOM;) {
		struct of_flow_mod fm = {
			.table_id = 3,
			.priority = rng_u64(&rng),
			.buffer_id = OF_NO_BUFFER,
			.out_port = OF_PORT_ANY,
			.out_group = OF_GROUP_ANY,
			.cookie = rng_u64(&rng),
			.flags = rng_below(&rng, 32),
		};

		of_random_match(&rng, &a, &fm.match);
		of_random_instructions(&rng, &a, &fm.match, fm.table_id, &fm.instructions);
		if (!is_known_to_ovs(&fm.match) || pushes_tags(&fm.instructions.apply) ||
		    pushes_tags(&fm.instructions.write))
			continue;
		add_flow(&fm, &stream, &texts);
		n++;
	}
	buf_str(&texts);
	compare_prints(&stream, &texts, N_RANDOM);
	buf_fini(&stream);
	buf_fini(&texts);
	arena_clear(&a);
}

static int listen_on_socket(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 100 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path_socket);
	unlink(path_socket);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static pid_t start_ovs_ofctl(const char *option)
{
	char *target = xasprintf("unix:%s", path_socket);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		execlp("ovs-ofctl", "ovs-ofctl", "-O", "OpenFlow13", "--no-names", option,
		       "add-flows", target, path_flows, (char *)NULL);
		_exit(127);
	}
	free(target);
	return pid;
}

/* A switch that says yes to all, and keeps the flows. */
struct fake_switch {
	struct arena arena;
	struct of_flow_mod flows[200];
	unsigned n_flows, n_bundled;
};

static void keep_flow(struct fake_switch *sw, const uint8_t *data, size_t size)
{
	struct of_error err;
	struct of_msg msg;
	char name[96];

	if (of_msg_decode(arena_dup(&sw->arena, data, size), size, &sw->arena, &msg, &err) != 0)
		fail_msg("flow %u: %s", sw->n_flows, of_error_name(&err, name, sizeof(name)));
	assert_int_equal(msg.kind, OF_FLOW_MOD);
	assert_true(sw->n_flows < ARRAY_LENGTH(sw->flows));
	sw->flows[sw->n_flows++] = msg.flow_mod;
}

static void answer(int fd, struct of_msg *reply)
{
	struct buf out = BUF_INIT;

	of_msg_encode(reply, &out);
	assert_int_equal(write(fd, out.data, out.size), out.size);
	buf_fini(&out);
}

static void handle(struct fake_switch *sw, int fd, const uint8_t *data, size_t size)
{
	struct of_error err;
	struct of_msg msg, reply;
	char name[96];

	if (of_msg_decode(data, size, &sw->arena, &msg, &err) != 0)
		fail_msg("type %u: %s", data[1], of_error_name(&err, name, sizeof(name)));
	reply = (struct of_msg){ .xid = msg.xid };
	switch (msg.kind) {
	case OF_HELLO:
		assert_true(msg.hello.versions & 1u << OF_VERSION_1_3);
		reply.hello.versions = 1u << OF_VERSION_1_3;
		break;
	case OF_ECHO_REQUEST:
		reply.kind = OF_ECHO_REPLY;
		break;
	case OF_BARRIER_REQUEST:
		reply.kind = OF_BARRIER_REPLY;
		break;
	case OF_BUNDLE_CTRL:
		reply.kind = OF_BUNDLE_CTRL;
		reply.bundle_ctrl = msg.bundle_ctrl;
		reply.bundle_ctrl.type++;
		break;
	case OF_BUNDLE_ADD:
		keep_flow(sw, msg.bundle_add.inner, msg.bundle_add.inner_size);
		sw->n_bundled++;
		return;
	case OF_FLOW_MOD:
		keep_flow(sw, data, size);
		return;
	default:
		fail_msg("unexpected %s", of_kind_name(msg.kind));
	}
	answer(fd, &reply);
}

/* Until ovs-ofctl closes. */
static void serve(struct fake_switch *sw, int fd)
{
	struct buf in = BUF_INIT;
	ssize_t n;

	while ((n = read(fd, buf_grow(&in, 4096), 4096)) > 0) {
		long size;

		in.size -= 4096 - n;
		while ((size = of_msg_size(in.data, in.size)) > 0) {
			handle(sw, fd, in.data, size);
			buf_pull(&in, size);
		}
		assert_int_equal(size, 0);
	}
	buf_fini(&in);
}

static void compare_flow(const char *text, const struct of_flow_mod *theirs)
{
	struct status st = STATUS_INIT;
	struct arena a = ARENA_INIT;
	struct of_flow_mod ours;
	struct buf x = BUF_INIT, y = BUF_INIT;

	assert_int_equal(of_flow_mod_parse(text, 0, &a, &ours, &st), 0);
	of_flow_mod_print(&ours, &x);
	of_flow_mod_print(theirs, &y);
	assert_string_equal(buf_str(&x), buf_str(&y));
	assert_true(of_match_equal(&ours.match, &theirs->match));
	assert_true(of_instructions_equal(&ours.instructions, &theirs->instructions));
	buf_fini(&x);
	buf_fini(&y);
	arena_clear(&a);
}

static void compare_what_ovs_ofctl_sends(const char *option, bool is_bundle)
{
	struct fake_switch *sw = xcalloc(1, sizeof(*sw));
	struct arena a = ARENA_INIT;
	struct buf file = BUF_INIT;
	const char *flows[200];
	unsigned n = read_flows(&a, flows, ARRAY_LENGTH(flows));
	int listener, fd, status;
	pid_t pid;

	for (unsigned i = 0; i < n; i++)
		buf_printf(&file, "%s\n", flows[i]);
	write_file(path_flows, file.data, file.size);
	listener = listen_on_socket();
	pid = start_ovs_ofctl(option);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	serve(sw, fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(sw->n_flows, n);
	assert_int_equal(sw->n_bundled, is_bundle ? n : 0);
	for (unsigned i = 0; i < n; i++)
		compare_flow(flows[i], &sw->flows[i]);
	close(fd);
	close(listener);
	arena_clear(&sw->arena);
	arena_clear(&a);
	buf_fini(&file);
	free(sw);
}

static void weft_reads_what_ovs_ofctl_sends(void **state)
{
	(void)state;
	compare_what_ovs_ofctl_sends("-vconsole:off", false);
}

static void weft_reads_what_ovs_ofctl_sends_in_a_bundle(void **state)
{
	(void)state;
	compare_what_ovs_ofctl_sends("--bundle", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ovs_ofctl_prints_golden_flows_as_weft_does),
		cmocka_unit_test(ovs_ofctl_prints_random_flows_as_weft_does),
		cmocka_unit_test(weft_reads_what_ovs_ofctl_sends),
		cmocka_unit_test(weft_reads_what_ovs_ofctl_sends_in_a_bundle),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
