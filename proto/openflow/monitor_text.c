/* Flow monitors as text: requests both ways, in the syntax of ovs-ofctl's "monitor BRIDGE
 * watch:...", and updates as its ofp-print says them. */

#include <openflow/openflow-1.4.h>
#include <strings.h>

#include "proto/openflow/field_text.h"
#include "proto/openflow/group.h"
#include "proto/openflow/monitor.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/port_no.h"
#include "proto/openflow/tokens.h"

#define DEFAULT_FLAGS                                                                              \
	(OF_MONITOR_INITIAL | OF_MONITOR_ADD | OF_MONITOR_REMOVED | OF_MONITOR_MODIFY |            \
	 OF_MONITOR_INSTRUCTIONS | OF_MONITOR_NO_ABBREV)

/* In the older forms the sixth flag is "own": own changes in full. */
static const char *flag_name(unsigned i, uint8_t form)
{
	static const char *const names[] = { "initial", "add",	     "delete", "modify",
					     "actions", "no-abbrev", "own" };

	if (i == 5 && form != OF_MONITOR_STANDARD)
		return "own";
	return i < ARRAY_LENGTH(names) ? names[i] : NULL;
}

static void print_flags(const struct of_monitor *m, struct buf *out)
{
	const char *comma = "";

	if (!m->flags)
		buf_puts(out, "0");
	for (unsigned i = 0; i < 16; i++) {
		const char *name = flag_name(i, m->form);

		if (!(m->flags >> i & 1))
			continue;
		if (name)
			buf_printf(out, "%s%s", comma, name);
		else
			buf_printf(out, "%s0x%x", comma, 1u << i);
		comma = ",";
	}
}

void of_monitor_print(const struct of_monitor *m, struct buf *out)
{
	static const char *const commands[] = { "add", "modify", "delete" };

	buf_printf(out, "id=%u", m->monitor_id);
	if (m->command == OF_MONITOR_CMD_DELETE) {
		buf_puts(out, " command=delete");
		return;
	}
	buf_puts(out, " flags=");
	print_flags(m, out);
	if (m->command == OF_MONITOR_CMD_MODIFY)
		buf_printf(out, " command=%s", commands[m->command]);
	if (m->out_port != OF_PORT_ANY) {
		buf_puts(out, " out_port=");
		of_port_no_print(m->out_port, out);
	}
	if (m->out_group != OF_GROUP_ANY)
		buf_printf(out, " out_group=%u", m->out_group);
	if (m->table_id != OF_TABLE_ALL)
		buf_printf(out, " table=%u", m->table_id);
	if (m->match.n) {
		buf_puts(out, " ");
		of_match_print(&m->match, out);
	}
}

static void print_reason(uint8_t reason, struct buf *out)
{
	static const char *const names[] = {
		"idle", "hard", "delete", "group_delete", "meter_delete", "eviction",
	};

	if (reason < ARRAY_LENGTH(names))
		buf_puts(out, names[reason]);
	else
		buf_printf(out, "%u", reason);
}

void of_flow_update_print(const struct of_flow_update *u, struct buf *out)
{
	static const char *const events[] = { "INITIAL", "ADDED",  "DELETED reason=", "MODIFIED",
					      "ABBREV",	 "PAUSED", "RESUMED" };

	buf_printf(out, "event=%s", u->event < ARRAY_LENGTH(events) ? events[u->event] : "?");
	if (u->event == OF_UPDATE_ABBREV)
		buf_printf(out, " xid=0x%x", u->xid);
	if (u->event >= OF_UPDATE_ABBREV)
		return;
	if (u->event == OF_UPDATE_REMOVED)
		print_reason(u->reason, out);
	buf_printf(out, " table=%u", u->table_id);
	if (u->idle_timeout)
		buf_printf(out, " idle_timeout=%u", u->idle_timeout);
	if (u->hard_timeout)
		buf_printf(out, " hard_timeout=%u", u->hard_timeout);
	buf_printf(out, " cookie=%#llx", (unsigned long long)u->cookie);
	if (u->match.n) {
		buf_puts(out, " ");
		of_match_print(&u->match, out);
	}
	if (!of_instructions_equal(&u->instructions, &(struct of_instructions){ 0 })) {
		buf_puts(out, " actions=");
		of_instructions_print(&u->instructions, out);
	}
}

struct parser {
	struct of_monitor *m;
	struct buf match; /* the words that are about fields */
	struct status *st;
};

static bool is_word(const struct token *t, const char *word)
{
	return t->key_size == strlen(word) && strncasecmp(t->key, word, t->key_size) == 0;
}

/* "!initial" ...; true if it was one. */
static bool parse_flag(struct parser *p, const struct token *t)
{
	static const struct {
		const char *word;
		uint16_t clear, set;
	} flags[] = {
		{ "!initial", OF_MONITOR_INITIAL, 0 },	    { "!add", OF_MONITOR_ADD, 0 },
		{ "!delete", OF_MONITOR_REMOVED, 0 },	    { "!modify", OF_MONITOR_MODIFY, 0 },
		{ "!actions", OF_MONITOR_INSTRUCTIONS, 0 }, { "!abbrev", OF_MONITOR_NO_ABBREV, 0 },
		{ "only_own", 0, OF_MONITOR_ONLY_OWN },
	};

	if (t->value)
		return false;
	if (is_word(t, "!own")) {
		p->m->flags &= ~(p->m->form == OF_MONITOR_STANDARD ? OF_MONITOR_ONLY_OWN
								   : OF_MONITOR_NO_ABBREV);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
		if (is_word(t, flags[i].word)) {
			p->m->flags = (p->m->flags & ~flags[i].clear) | flags[i].set;
			return true;
		}
	}
	return false;
}

static int parse_number(struct parser *p, const struct token *t, uint64_t max, uint64_t *number)
{
	char key[64];

	if (t->value && of_number_parse(t->value, t->value_size, number) == 0 && *number <= max)
		return 0;
	token_key(t, key, sizeof(key));
	return status_set(p->st, STATUS_INVALID_ARGUMENT, key, "%s: give a number from 0 to %llu",
			  key, (unsigned long long)max);
}

static int parse_word(struct parser *p, const struct token *t)
{
	uint64_t number;

	if (parse_flag(p, t))
		return 0;
	if (is_word(t, "out_port")) {
		if (!t->value || of_port_no_parse(t->value, t->value_size, &p->m->out_port) != 0)
			return status_set(p->st, STATUS_INVALID_ARGUMENT, "out_port",
					  "out_port: give a port's number, LOCAL or CONTROLLER");
	} else if (is_word(t, "out_group")) {
		if (parse_number(p, t, OF_GROUP_MAX, &number) != 0)
			return -1;
		p->m->out_group = number;
	} else if (is_word(t, "table")) {
		if (parse_number(p, t, OF_TABLE_ALL, &number) != 0)
			return -1;
		p->m->table_id = number;
	} else {
		buf_puts(&p->match, ",");
		buf_add(&p->match, t->key,
			t->value ? (size_t)(t->value + t->value_size - t->key) : t->key_size);
	}
	return 0;
}

static int check(struct parser *p)
{
	if (p->m->flags & (OF_MONITOR_ADD | OF_MONITOR_REMOVED | OF_MONITOR_MODIFY))
		return 0;
	return status_set(p->st, STATUS_INVALID_ARGUMENT, "!add",
			  "!add: nothing is left to be told of: leave one of !add, !delete and "
			  "!modify out");
}

int of_monitor_parse(const char *text, uint8_t form, struct arena *a, struct of_monitor *m,
		     struct status *st)
{
	struct parser p = { .m = m, .st = st };
	struct token t;
	int rc = 0;

	*m = (struct of_monitor){
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
		.flags = DEFAULT_FLAGS,
		.table_id = OF_TABLE_ALL,
		.form = form,
	};
	while (rc == 0 && token_next(&text, &t))
		rc = parse_word(&p, &t);
	if (rc == 0)
		rc = of_match_parse(buf_str(&p.match), a, &m->match, st);
	buf_fini(&p.match);
	return rc == 0 ? check(&p) : -1;
}
