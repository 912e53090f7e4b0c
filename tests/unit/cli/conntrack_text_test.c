/* Tracked connections as a table, and in the lines that other tools' users know. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "api/cli/args.h"
#include "api/cli/switch_conntrack.h"

typedef Weft__Switch__V1__TrackedTuple tuple;

struct sample {
	sw_connection c;
	tuple original, reply, parent;
};

static sw_connection *sample(struct sample *s, const char *protocol, unsigned number,
			     const char *state)
{
	weft__switch__v1__tracked_connection__init(&s->c);
	s->c.protocol = (char *)protocol;
	s->c.protocol_number = number;
	s->c.state = (char *)state;
	s->c.timeout_ms = 119500;
	s->c.original = &s->original;
	s->c.reply = &s->reply;
	return &s->c;
}

static tuple ends(const char *source, uint32_t source_port, const char *destination,
		  uint32_t destination_port)
{
	tuple t;

	weft__switch__v1__tracked_tuple__init(&t);
	t.source = (char *)source;
	t.destination = (char *)destination;
	t.source_port = source_port;
	t.destination_port = destination_port;
	return t;
}

static tuple query(const char *source, const char *destination, uint32_t type)
{
	tuple t = ends(source, 0, destination, 0);

	t.icmp_type = type;
	t.icmp_id = 77;
	return t;
}

static sw_connection *tcp(struct sample *s)
{
	s->original = ends("10.0.0.1", 1024, "10.0.0.2", 80);
	s->reply = ends("10.0.0.2", 80, "10.0.0.1", 1024);
	sample(s, "tcp", 6, "ESTABLISHED");
	s->c.has_reply = s->c.is_assured = true;
	s->c.zone = 5;
	s->c.mark = 21;
	s->c.label = (char *)"0x1f";
	return &s->c;
}

static sw_connection *udp_translated(struct sample *s)
{
	s->original = ends("fd00::1", 5000, "fd00::2", 53);
	s->reply = ends("fd00::9", 5353, "fd00::ffff", 6000);
	sample(s, "udp", 17, "UNANSWERED");
	s->c.is_snat = s->c.is_dnat = true;
	return &s->c;
}

static sw_connection *ping(struct sample *s)
{
	s->original = query("10.0.0.1", "10.0.0.2", 8);
	s->reply = query("10.0.0.2", "10.0.0.1", 0);
	sample(s, "icmp", 1, "");
	return &s->c;
}

static sw_connection *expected(struct sample *s)
{
	tcp(s);
	s->original = ends("10.0.0.2", 20, "10.0.0.1", 3000);
	s->reply = ends("10.0.0.1", 3000, "10.0.0.2", 20);
	s->parent = ends("10.0.0.1", 1024, "10.0.0.2", 21);
	s->c.parent = &s->parent;
	s->c.is_helped = true;
	return &s->c;
}

static sw_connection *gre(struct sample *s)
{
	s->original = ends("10.0.0.1", 0, "10.0.0.2", 0);
	s->reply = ends("10.0.0.2", 0, "192.0.2.1", 0);
	sample(s, "gre", 47, "");
	s->c.is_snat = true;
	return &s->c;
}

static void rows(void **state)
{
	static const char *const heads[] = SW_CONNECTION_HEADS;
	struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct cli_table table;
	struct sample s[5];

	(void)state;
	memset(s, 0, sizeof(s));
	cli_table_init(&table, &arena, heads);
	sw_connection_row(&table, tcp(&s[0]));
	sw_connection_row(&table, udp_translated(&s[1]));
	sw_connection_row(&table, ping(&s[2]));
	sw_connection_row(&table, expected(&s[3]));
	sw_connection_row(&table, gre(&s[4]));
	cli_table_format(&table, &out);
	assert_string_equal(
		buf_str(&out),
		"ZONE  PROTOCOL  STATE        FROM            TO             "
		"NAT                                       MARK   LEFT  NOTES\n"
		"   5  tcp       ESTABLISHED  10.0.0.1:1024   10.0.0.2:80    "
		"-                                           21  1m59s  assured, label 0x1f\n"
		"   0  udp       UNANSWERED   [fd00::1]:5000  [fd00::2]:53   "
		"from [fd00::ffff]:6000 to [fd00::9]:5353     0  1m59s  unanswered\n"
		"   0  icmp      -            10.0.0.1        10.0.0.2       "
		"-                                            0  1m59s  type 8 code 0 id 77, "
		"unanswered\n"
		"   5  tcp       ESTABLISHED  10.0.0.2:20     10.0.0.1:3000  "
		"-                                           21  1m59s  assured, helped, "
		"expected "
		"by 10.0.0.1:1024 to 10.0.0.2:21, label 0x1f\n"
		"   0  gre       -            10.0.0.1        10.0.0.2       "
		"from 192.0.2.1                               0  1m59s  unanswered\n");
	buf_fini(&out);
	arena_clear(&arena);
}

static void check_lines(void (*line)(const sw_connection *c, struct buf *out), const char *want)
{
	struct buf out = BUF_INIT;
	struct sample s[5];

	memset(s, 0, sizeof(s));
	line(tcp(&s[0]), &out);
	line(udp_translated(&s[1]), &out);
	line(ping(&s[2]), &out);
	line(expected(&s[3]), &out);
	line(gre(&s[4]), &out);
	assert_string_equal(buf_str(&out), want);
	buf_fini(&out);
}

static void lines_of_conntrack(void **state)
{
	(void)state;
	check_lines(sw_connection_as_conntrack,
		    "tcp      6 119 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1024 dport=80 "
		    "src=10.0.0.2 dst=10.0.0.1 sport=80 dport=1024 [ASSURED] mark=21 zone=5 "
		    "labels=0x1f\n"
		    "udp      17 119 src=fd00::1 dst=fd00::2 sport=5000 dport=53 [UNREPLIED] "
		    "src=fd00::9 dst=fd00::ffff sport=5353 dport=6000 mark=0\n"
		    "icmp     1 119 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 [UNREPLIED] "
		    "src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 mark=0\n"
		    "tcp      6 119 ESTABLISHED src=10.0.0.2 dst=10.0.0.1 sport=20 dport=3000 "
		    "src=10.0.0.1 dst=10.0.0.2 sport=3000 dport=20 [ASSURED] mark=21 zone=5 "
		    "labels=0x1f\n"
		    "gre      47 119 src=10.0.0.1 dst=10.0.0.2 [UNREPLIED] src=10.0.0.2 "
		    "dst=192.0.2.1 mark=0\n");
}

static void lines_of_ovs(void **state)
{
	(void)state;
	check_lines(sw_connection_as_ovs,
		    "tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1024,dport=80),"
		    "reply=(src=10.0.0.2,dst=10.0.0.1,sport=80,dport=1024),zone=5,mark=21,"
		    "labels=0x1f,protoinfo=(state=ESTABLISHED)\n"
		    "udp,orig=(src=fd00::1,dst=fd00::2,sport=5000,dport=53),"
		    "reply=(src=fd00::9,dst=fd00::ffff,sport=5353,dport=6000)\n"
		    "icmp,orig=(src=10.0.0.1,dst=10.0.0.2,id=77,type=8,code=0),"
		    "reply=(src=10.0.0.2,dst=10.0.0.1,id=77,type=0,code=0)\n"
		    "tcp,orig=(src=10.0.0.2,dst=10.0.0.1,sport=20,dport=3000),"
		    "reply=(src=10.0.0.1,dst=10.0.0.2,sport=3000,dport=20),zone=5,mark=21,"
		    "labels=0x1f,protoinfo=(state=ESTABLISHED),"
		    "parent=(src=10.0.0.1,dst=10.0.0.2,sport=1024,dport=21)\n"
		    "gre,orig=(src=10.0.0.1,dst=10.0.0.2,sport=0,dport=0),"
		    "reply=(src=10.0.0.2,dst=192.0.2.1,sport=0,dport=0)\n");
}

/* Later parts of a table have no heads, and stand under the columns of the first. */
static void a_table_in_parts(void **state)
{
	static const char *const heads[] = { ">N", "NAME", "X", NULL };
	struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct cli_table first, second;
	size_t widths[3] = { 0 };

	(void)state;
	cli_table_init(&first, &arena, heads);
	cli_table_row(&first, (const char *const[]){ "100", "abcdef", "x" });
	cli_table_format_part(&first, widths, &out);
	cli_table_init(&second, &arena, heads);
	cli_table_row(&second, (const char *const[]){ "1", "a", "x" });
	cli_table_row(&second, (const char *const[]){ "2", "abcdefgh", "x" });
	cli_table_format_part(&second, widths, &out);
	assert_string_equal(buf_str(&out), "  N  NAME    X\n"
					   "100  abcdef  x\n"
					   "  1  a         x\n"
					   "  2  abcdefgh  x\n");
	buf_fini(&out);
	arena_clear(&arena);
}

static void reads_filters(void **state)
{
	const char *argv[] = { "weft",	  "switch",  "conntrack", "list",     "--zone",	 "7",
			       "--proto", "udp",     "--src",	  "10.0.0.1", "--dst",	 "::1",
			       "--sport", "1",	     "--dport",	  "65535",    "--state", "STREAM",
			       "--mark",  "0x1/0x1", "--label",	  "2",	      NULL };
	sw_connection_filter f;
	struct cli cli = { 0 };
	struct cli_parsed p;
	struct status st = STATUS_INIT;
	bool is_empty;

	(void)state;
	assert_int_equal(cli_parse(&cli, ARRAY_LENGTH(argv) - 1, (char **)argv, &p, &st), 0);
	assert_int_equal(sw_connection_filter_read(&p.args, &f, &is_empty, &st), 0);
	assert_false(is_empty);
	assert_true(f.has_zone);
	assert_int_equal(f.zone, 7);
	assert_string_equal(f.protocol, "udp");
	assert_string_equal(f.source, "10.0.0.1");
	assert_string_equal(f.destination, "::1");
	assert_int_equal(f.source_port, 1);
	assert_int_equal(f.destination_port, 65535);
	assert_string_equal(f.state, "STREAM");
	assert_string_equal(f.mark, "0x1/0x1");
	assert_string_equal(f.label, "2");
	argv[5] = "65536";
	assert_int_equal(cli_parse(&cli, ARRAY_LENGTH(argv) - 1, (char **)argv, &p, &st), 0);
	assert_int_equal(sw_connection_filter_read(&p.args, &f, &is_empty, &st), -1);
	assert_string_equal(st.field, "zone");
	st = STATUS_INIT;
	argv[4] = NULL;
	assert_int_equal(cli_parse(&cli, 4, (char **)argv, &p, &st), 0);
	assert_int_equal(sw_connection_filter_read(&p.args, &f, &is_empty, &st), 0);
	assert_true(is_empty);
	arena_clear(&cli.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),		 cmocka_unit_test(lines_of_conntrack),
		cmocka_unit_test(lines_of_ovs),	 cmocka_unit_test(a_table_in_parts),
		cmocka_unit_test(reads_filters),
	};

	return cmocka_run_group_tests_name("conntrack_text", tests, NULL, NULL);
}
