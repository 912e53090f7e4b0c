/* Groups and meters as text, both ways.
 *
 * tests/golden/groups.txt has them as people write them, with their bytes and what is printed;
 * with --write it is written anew; so is ofctl-state.txt, bytes that ovs-ofctl sent.  Random groups
 * are printed and read again; and what is wrong with a text is said with the word at fault. */

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/openflow/msg.h"
#include "tests/fakes/proto/of_samples.h"
#include "tests/unit/proto/openflow/hex.h"
#include "tests/unit/proto/openflow/state_text.h"

#define GROUPS	 "tests/golden/groups.txt"
#define SENT	 "tests/golden/ofctl-state.txt"
#define N_RANDOM 5000

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b = BUF_INIT;
	int c;

	while (f && (c = getc(f)) != EOF)
		buf_be8(&b, c);
	if (f)
		fclose(f);
	return buf_steal(&b);
}

static void encode_or_fail(const struct of_msg *msg, struct buf *out)
{
	assert_int_equal(of_msg_encode(msg, out), 0);
}

/* "hex:" and "text:" of MSG, which must be accepted as bytes, and give the same bytes again. */
static void add_block(struct buf *out, const struct of_msg *msg)
{
	struct buf bytes = BUF_INIT, again = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct of_msg decoded;
	struct of_error err;
	char name[96];

	encode_or_fail(msg, &bytes);
	if (of_msg_decode(bytes.data, bytes.size, &a, &decoded, &err) != 0)
		fail_msg("%s", of_error_name(&err, name, sizeof(name)));
	encode_or_fail(&decoded, &again);
	assert_int_equal(again.size, bytes.size);
	assert_memory_equal(again.data, bytes.data, bytes.size);
	buf_puts(out, "hex: ");
	for (size_t i = 0; i < bytes.size; i++)
		buf_printf(out, "%02x", bytes.data[i]);
	buf_puts(out, "\ntext: ");
	of_msg_print(&decoded, out);
	buf_puts(out, "\n");
	buf_fini(&bytes);
	buf_fini(&again);
	arena_clear(&a);
}

/* Between inputs only comments and empty lines are kept: texts of meters have several lines. */
static char *make_groups(const char *old)
{
	char *copy = xstrdup(old), *rest = copy, *line;
	struct buf out = BUF_INIT;

	while ((line = strsep(&rest, "\n")) != NULL) {
		struct arena a = ARENA_INIT;
		struct of_msg msg;

		if (state_text_is_input(line)) {
			state_text_parse(line, &a, &msg);
			buf_printf(&out, "%s\n", line);
			add_block(&out, &msg);
		} else if (*line == '#' || (!*line && rest)) {
			buf_printf(&out, "%s\n", line);
		}
		arena_clear(&a);
	}
	free(copy);
	return buf_steal(&out);
}

/* The text of what ovs-ofctl sent. */
static void add_sent(struct buf *out, const char *hex)
{
	struct buf bytes = BUF_INIT, again = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg msg;
	char name[96];

	add_hex(&bytes, hex);
	if (of_msg_decode(bytes.data, bytes.size, &a, &msg, &err) != 0)
		fail_msg("%s: %s", hex, of_error_name(&err, name, sizeof(name)));
	encode_or_fail(&msg, &again);
	assert_int_equal(again.size, bytes.size);
	assert_memory_equal(again.data, bytes.data, bytes.size);
	buf_puts(out, "text: ");
	of_msg_print(&msg, out);
	buf_puts(out, "\n");
	buf_fini(&bytes);
	buf_fini(&again);
	arena_clear(&a);
}

static char *make_sent(const char *old)
{
	char *copy = xstrdup(old), *rest = copy, *line;
	struct buf out = BUF_INIT;

	while ((line = strsep(&rest, "\n")) != NULL) {
		bool is_hex = strncmp(line, "hex: ", 5) == 0;

		if (is_hex || *line == '#' || (!*line && rest))
			buf_printf(&out, "%s\n", line);
		if (is_hex)
			add_sent(&out, line + 5);
	}
	free(copy);
	return buf_steal(&out);
}

static void compare(const char *path, char *(*make)(const char *old))
{
	char *old = read_file(path), *new = make(old);

	assert_true(strlen(old) > 1000);
	if (strcmp(old, new) != 0)
		print_error("%s is not what the codec makes: run `make golden`\n", path);
	assert_string_equal(old, new);
	free(old);
	free(new);
}

static void groups_are_as_written(void **state)
{
	(void)state;
	compare(GROUPS, make_groups);
}

static void what_ovs_ofctl_sent_is_understood(void **state)
{
	(void)state;
	compare(SENT, make_sent);
}

static void compare_bytes(const struct of_msg *x, const struct of_msg *y, const char *text)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	encode_or_fail(x, &a);
	encode_or_fail(y, &b);
	if (a.size != b.size || memcmp(a.data, b.data, a.size) != 0)
		fail_msg("%s: another one", text);
	buf_fini(&a);
	buf_fini(&b);
}

/* Behind "ADD " of what is printed. */
static const char *without_command(struct buf *text)
{
	return strchr(buf_str(text), ' ') + 1;
}

static void printed_groups_parse_again(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 20240302);
	for (unsigned i = 0; i < N_RANDOM; i++) {
		struct of_msg msg = { .kind = OF_GROUP_MOD, .version = OF_VERSION_1_5 };
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		struct buf text = BUF_INIT;
		struct of_msg again = msg;

		of_random_group_mod(&rng, &a, msg.version, &msg.group_mod);
		of_group_mod_print(&msg.group_mod, msg.version, &text);
		if (of_group_mod_parse(without_command(&text), msg.group_mod.command, &a,
				       &again.group_mod, &st) != 0)
			fail_msg("%s: %s", buf_str(&text), st.message);
		compare_bytes(&msg, &again, buf_str(&text));
		buf_fini(&text);
		arena_clear(&a);
	}
}

struct error_case {
	const char *text;
	const char *field; /* NULL: none */
	uint16_t command;
};

static const struct error_case group_errors[] = {
	{ "type=all,bucket=output:1", "group_id", OF_GROUP_ADD },
	{ "group_id=1,bucket=output:1", "type", OF_GROUP_ADD },
	{ "group_id=1,type=none,bucket=output:1", "type", OF_GROUP_ADD },
	{ "group_id=x,type=all", "group_id", OF_GROUP_ADD },
	{ "group_id=4294967041,type=all", "group_id", OF_GROUP_ADD },
	{ "group_id=all,type=all", "group_id", OF_GROUP_ADD },
	{ "group_id=1,type=all,colour=red", "colour", OF_GROUP_ADD },
	{ "group_id=1,type=all,bucket=", "bucket", OF_GROUP_ADD },
	{ "group_id=1,type=all,bucket=weight:1", "bucket", OF_GROUP_ADD },
	{ "group_id=1,type=all,bucket=weight:1,output:1", "weight", OF_GROUP_ADD },
	{ "group_id=1,type=select,bucket=weight:65536,output:1", "weight", OF_GROUP_ADD },
	{ "group_id=1,type=all,bucket=watch_port:1,output:1", "watch_port", OF_GROUP_ADD },
	{ "group_id=1,type=ff,bucket=output:1", "bucket", OF_GROUP_ADD },
	{ "group_id=1,type=ff,bucket=watch_port:0,output:1", "watch_port", OF_GROUP_ADD },
	{ "group_id=1,type=ff,bucket=watch_port:IN_PORT,output:1", "watch_port", OF_GROUP_ADD },
	{ "group_id=1,type=ff,bucket=watch_group:ALL,output:1", "watch_group", OF_GROUP_ADD },
	{ "group_id=1,type=indirect", "bucket", OF_GROUP_ADD },
	{ "group_id=1,type=indirect,bucket=output:1,bucket=output:2", "bucket", OF_GROUP_ADD },
	{ "group_id=1,type=all,bucket=bucket_id:1,output:1,bucket=bucket_id:1,output:2",
	  "bucket_id", OF_GROUP_ADD },
	{ "group_id=1,type=all,bucket=bucket_id:4294967041,output:1", "bucket_id", OF_GROUP_ADD },
	{ "group_id=1,type=all,bucket=flood_it", "flood_it", OF_GROUP_ADD },
	{ "group_id=1,type=all,bucket=output:0", "output", OF_GROUP_ADD },
	{ "group_id=1,type=select,selection_method=best,bucket=output:1", "selection_method",
	  OF_GROUP_ADD },
	{ "group_id=1,type=all,selection_method=hash,bucket=output:1", "selection_method",
	  OF_GROUP_ADD },
	{ "group_id=1,type=select,selection_method_param=1,bucket=output:1",
	  "selection_method_param", OF_GROUP_ADD },
	{ "group_id=1,type=select,fields(ip_src),bucket=output:1", "fields", OF_GROUP_ADD },
	{ "group_id=1,type=select,selection_method=hash,fields(colour)", "colour", OF_GROUP_ADD },
	{ "group_id=1,type=select,selection_method=hash,fields(ip_src,ip_src)", "ip_src",
	  OF_GROUP_ADD },
	{ "group_id=1,type=select,selection_method=hash,fields(ip_src=0.0.0.0)", "ip_src",
	  OF_GROUP_ADD },
	{ "group_id=1,type=select,selection_method=hash,fields(ip_src=1.0.0.0/8)", "ip_src",
	  OF_GROUP_ADD },
	{ "group_id=1,type=select,selection_method=hash,fields(in_port=1)", "in_port",
	  OF_GROUP_ADD },
	{ "group_id=1,type=all,command_bucket_id=1", "command_bucket_id", OF_GROUP_ADD },
	{ "group_id=1,type=all", "type", OF_GROUP_DELETE },
	{ "group_id=1,bucket=output:1", "bucket", OF_GROUP_DELETE },
	{ "group_id=1,bucket=output:1", "command_bucket_id", OF_GROUP_INSERT_BUCKET },
	{ "group_id=1,command_bucket_id=all,bucket=output:1", "command_bucket_id",
	  OF_GROUP_INSERT_BUCKET },
	{ "group_id=1,command_bucket_id=4294967041", "command_bucket_id", OF_GROUP_REMOVE_BUCKET },
	{ "group_id=1,command_bucket_id=1,bucket=output:1", "bucket", OF_GROUP_REMOVE_BUCKET },
};

static const struct error_case meter_errors[] = {
	{ "kbps,bands=type=drop,rate=1", "meter", OF_METER_ADD },
	{ "meter=0,kbps,bands=type=drop,rate=1", "meter", OF_METER_ADD },
	{ "meter=4294901761,kbps,bands=type=drop,rate=1", "meter", OF_METER_ADD },
	{ "meter=all,kbps,bands=type=drop,rate=1", "meter", OF_METER_ADD },
	{ "meter=1,bands=type=drop,rate=1", "kbps", OF_METER_ADD },
	{ "meter=1,kbps,pktps,bands=type=drop,rate=1", "kbps", OF_METER_ADD },
	{ "meter=1,kbps", "bands", OF_METER_ADD },
	{ "meter=1,kbps,bands=", "bands", OF_METER_ADD },
	{ "meter=1,kbps,bands=rate=1", "rate", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=mark,rate=1", "type", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=drop", "rate", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=drop,rate=x", "rate", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=drop,rate=4294967296", "rate", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=drop,rate=1,colour=2", "colour", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=drop,rate=1,burst_size=2", "burst_size", OF_METER_ADD },
	{ "meter=1,kbps,burst,bands=type=drop,rate=1", "burst_size", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=drop,rate=1,prec_level=1", "prec_level", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=dscp_remark,rate=1", "prec_level", OF_METER_ADD },
	{ "meter=1,kbps,bands=type=dscp_remark,rate=1,prec_level=256", "prec_level",
	  OF_METER_MODIFY },
	{ "meter=1,mbps,bands=type=drop,rate=1", "mbps", OF_METER_ADD },
	{ "meter=1,kbps", "kbps", OF_METER_DELETE },
	{ "meter=1,bands=type=drop,rate=1", "bands", OF_METER_DELETE },
};

static const struct error_case monitor_errors[] = {
	{ "", NULL, 0 },
	{ "in_port=1,table=3,out_port=2,out_group=7,!initial,!own,!actions", NULL, 0 },
	{ "table=256", "table", 0 },
	{ "out_group=4294967041", "out_group", 0 },
	{ "out_port=one", "out_port", 0 },
	{ "!add,!delete,!modify", "!add", 0 },
	{ "ip_src=10.0.0.1", "ip_src", 0 },
};

static const struct error_case tlv_errors[] = {
	{ "{class=0xffff,type=1,len=4}->tun_metadata0", NULL, 0 },
	{ "{class=1,type=2,len=4}->tun_metadata0,{class=1,type=3,len=124}->tun_metadata63", NULL,
	  0 },
	{ "{class=1,type=2,len=4}->tun_metadata64", "tun_metadata", 0 },
	{ "{class=65536,type=2,len=4}->tun_metadata0", "tun_metadata", 0 },
	{ "{class=1,type=256,len=4}->tun_metadata0", "tun_metadata", 0 },
	{ "{class=1,type=2,len=5}->tun_metadata0", "len", 0 },
	{ "{class=1,type=2,len=128}->tun_metadata0", "len", 0 },
	{ "{class=1,type=2,len=4}", "tun_metadata", 0 },
	{ "{class=1", "tun_metadata", 0 },
};

static int parse_group(const struct error_case *c, struct arena *a, struct status *st)
{
	struct of_group_mod gm;

	return of_group_mod_parse(c->text, c->command, a, &gm, st);
}

static int parse_meter(const struct error_case *c, struct arena *a, struct status *st)
{
	struct of_meter_config m;

	return of_meter_mod_parse(c->text, c->command, a, &m, st);
}

static int parse_monitor(const struct error_case *c, struct arena *a, struct status *st)
{
	struct of_monitor m;

	return of_monitor_parse(c->text, OF_MONITOR_STANDARD, a, &m, st);
}

static int parse_tlv(const struct error_case *c, struct arena *a, struct status *st)
{
	struct of_tlv_table t;

	return of_tlv_maps_parse(c->text, a, &t, st);
}

static void check_errors(const struct error_case *cases, size_t n,
			 int (*parse)(const struct error_case *, struct arena *, struct status *))
{
	for (size_t i = 0; i < n; i++) {
		struct arena a = ARENA_INIT;
		struct status st = STATUS_INIT;
		int rc = parse(&cases[i], &a, &st);

		if ((rc == 0) != !cases[i].field)
			fail_msg("\"%s\": %s", cases[i].text, rc ? st.message : "accepted");
		if (cases[i].field && strcmp(st.field, cases[i].field) != 0)
			fail_msg("\"%s\": %s, want %s: %s", cases[i].text, st.field, cases[i].field,
				 st.message);
		arena_clear(&a);
	}
}

static void errors_name_the_word(void **state)
{
	(void)state;
	check_errors(group_errors, ARRAY_LENGTH(group_errors), parse_group);
	check_errors(meter_errors, ARRAY_LENGTH(meter_errors), parse_meter);
	check_errors(monitor_errors, ARRAY_LENGTH(monitor_errors), parse_monitor);
	check_errors(tlv_errors, ARRAY_LENGTH(tlv_errors), parse_tlv);
}

static int write_golden(const char *path, char *(*make)(const char *old))
{
	char *old = read_file(path), *new = make(old);
	FILE *f = fopen(path, "w");

	if (!f || fputs(new, f) == EOF || fclose(f) == EOF) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	free(old);
	free(new);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_as_written),
		cmocka_unit_test(what_ovs_ofctl_sent_is_understood),
		cmocka_unit_test(printed_groups_parse_again),
		cmocka_unit_test(errors_name_the_word),
	};

	if (argc > 1 && strcmp(argv[1], "--write") == 0)
		return write_golden(GROUPS, make_groups) || write_golden(SENT, make_sent);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
