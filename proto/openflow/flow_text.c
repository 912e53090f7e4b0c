/* Whole flows as text, in ovs-ofctl's syntax: flow-mods both ways, and lines of statistics. */

#include <openflow/openflow-1.3.h>
#include <stdio.h>
#include <strings.h>

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/msg.h"
#include "proto/openflow/msg_priv.h"
#include "proto/openflow/tokens.h"

#define DEFAULT_PRIORITY 32768

static const struct {
	const char *name;
	uint16_t flag;
} flags[] = {
	{ "send_flow_rem", OF_FLOW_SEND_REMOVED },
	{ "check_overlap", OF_FLOW_CHECK_OVERLAP },
	{ "reset_counts", OF_FLOW_RESET_COUNTS },
	{ "no_packet_counts", OF_FLOW_NO_PACKET_COUNTS },
	{ "no_byte_counts", OF_FLOW_NO_BYTE_COUNTS },
};

void of_flow_flags_print(uint16_t bits, const char *separator, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
		if (bits & flags[i].flag)
			buf_printf(out, "%s%s", flags[i].name, separator);
	}
}

static bool is_delete(uint8_t command)
{
	return command == OFPFC_DELETE || command == OFPFC_DELETE_STRICT;
}

/* "priority=10,tcp,tp_dst=80 ", nothing for a match of everything at the usual priority. */
static void print_rule(uint16_t priority, const struct of_match *match, struct buf *out)
{
	if (priority != DEFAULT_PRIORITY)
		buf_printf(out, "priority=%u%s", priority, match->n ? "," : " ");
	if (match->n) {
		of_match_print(match, out);
		buf_puts(out, " ");
	}
}

static void print_conditions(const struct of_flow_mod *fm, struct buf *out)
{
	if (fm->cookie_mask)
		buf_printf(out, "cookie:0x%llx/0x%llx ", (unsigned long long)fm->cookie,
			   (unsigned long long)fm->cookie_mask);
	else if (fm->cookie)
		buf_printf(out, "cookie:0x%llx ", (unsigned long long)fm->cookie);
	if (fm->idle_timeout)
		buf_printf(out, "idle:%u ", fm->idle_timeout);
	if (fm->hard_timeout)
		buf_printf(out, "hard:%u ", fm->hard_timeout);
	if (fm->importance)
		buf_printf(out, "importance:%u ", fm->importance);
	if (fm->buffer_id != OF_NO_BUFFER)
		buf_printf(out, "buf:0x%x ", fm->buffer_id);
	if (is_delete(fm->command) && fm->out_port != OF_PORT_ANY) {
		buf_puts(out, "out_port:");
		of_port_no_print(fm->out_port, out);
		buf_puts(out, " ");
	}
	if (is_delete(fm->command) && fm->out_group != OF_GROUP_ANY)
		buf_printf(out, "out_group:%u ", fm->out_group);
}

void of_flow_mod_print(const struct of_flow_mod *fm, struct buf *out)
{
	static const char *const commands[] = { "ADD", "MOD", "MOD_STRICT", "DEL", "DEL_STRICT" };

	buf_printf(out, "%s ", fm->command < ARRAY_LENGTH(commands) ? commands[fm->command] : "?");
	if (fm->table_id != 0 && fm->table_id != OF_TABLE_ALL)
		buf_printf(out, "table:%u ", fm->table_id);
	else if (fm->table_id == 0 && is_delete(fm->command))
		buf_puts(out, "table:0 ");
	print_rule(fm->priority, &fm->match, out);
	print_conditions(fm, out);
	of_flow_flags_print(fm->flags, " ", out);
	buf_puts(out, "actions=");
	of_instructions_print(&fm->instructions, out);
}

void of_flow_stats_print(const struct of_flow_stats *fs, struct buf *out)
{
	buf_printf(
		out, "cookie=0x%llx, duration=%u.%03us, table=%u, n_packets=%llu, n_bytes=%llu, ",
		(unsigned long long)fs->cookie, fs->duration_sec, fs->duration_nsec / 1000000,
		fs->table_id, (unsigned long long)fs->n_packets, (unsigned long long)fs->n_bytes);
	if (fs->idle_timeout)
		buf_printf(out, "idle_timeout=%u, ", fs->idle_timeout);
	if (fs->hard_timeout)
		buf_printf(out, "hard_timeout=%u, ", fs->hard_timeout);
	of_flow_flags_print(fs->flags, " ", out);
	if (fs->importance)
		buf_printf(out, "importance=%u, ", fs->importance);
	if (fs->idle_ns)
		buf_printf(out, "idle_age=%llu, ", (unsigned long long)(fs->idle_ns / NS_PER_SEC));
	print_rule(fs->priority, &fs->match, out);
	buf_puts(out, "actions=");
	of_instructions_print(&fs->instructions, out);
}

struct parser {
	struct of_flow_mod *fm;
	struct buf match; /* the words that are not about the flow itself */
	struct status *st;
};

static bool is_word(const struct token *t, const char *word)
{
	return t->key_size == strlen(word) && strncasecmp(t->key, word, t->key_size) == 0;
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

static int parse_u16(struct parser *p, const struct token *t, uint16_t *to)
{
	uint64_t number;

	if (parse_number(p, t, UINT16_MAX, &number) != 0)
		return -1;
	*to = number;
	return 0;
}

static int parse_table(struct parser *p, const struct token *t)
{
	uint64_t number;

	if (parse_number(p, t, is_delete(p->fm->command) ? OF_TABLE_ALL : OF_TABLE_MAX, &number))
		return -1;
	p->fm->table_id = number;
	return 0;
}

/* "cookie=V" sets; "cookie=V/M" selects, for changes and deletions. */
static int parse_cookie(struct parser *p, const struct token *t)
{
	const char *slash = t->value ? memchr(t->value, '/', t->value_size) : NULL;
	struct token value = *t, mask = *t;

	if (slash) {
		value.value_size = slash - t->value;
		mask.value = slash + 1;
		mask.value_size = t->value + t->value_size - mask.value;
	}
	if (parse_number(p, &value, UINT64_MAX, &p->fm->cookie) != 0 ||
	    (slash && parse_number(p, &mask, UINT64_MAX, &p->fm->cookie_mask) != 0))
		return -1;
	if (slash && p->fm->command == OFPFC_ADD)
		return status_set(p->st, STATUS_INVALID_ARGUMENT, "cookie",
				  "cookie: a new flow has a whole cookie: leave the mask out");
	if (!slash && is_delete(p->fm->command))
		p->fm->cookie_mask = UINT64_MAX;
	return 0;
}

static int parse_out_port(struct parser *p, const struct token *t)
{
	if (!t->value || of_port_no_parse(t->value, t->value_size, &p->fm->out_port) != 0)
		return status_set(p->st, STATUS_INVALID_ARGUMENT, "out_port",
				  "out_port: give a port's number, LOCAL or CONTROLLER");
	return 0;
}

static int parse_out_group(struct parser *p, const struct token *t)
{
	uint64_t number;

	if (t->value_size == 3 && strncasecmp(t->value, "any", 3) == 0) {
		p->fm->out_group = OF_GROUP_ANY;
		return 0;
	}
	if (parse_number(p, t, UINT32_MAX, &number) != 0)
		return -1;
	p->fm->out_group = number;
	return 0;
}

static bool parse_flag(struct parser *p, const struct token *t)
{
	for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
		if (!t->value && is_word(t, flags[i].name)) {
			p->fm->flags |= flags[i].flag;
			return true;
		}
	}
	return false;
}

static int parse_word(struct parser *p, const struct token *t)
{
	struct of_flow_mod *fm = p->fm;

	if (is_word(t, "table"))
		return parse_table(p, t);
	if (is_word(t, "priority"))
		return parse_u16(p, t, &fm->priority);
	if (is_word(t, "idle_timeout"))
		return parse_u16(p, t, &fm->idle_timeout);
	if (is_word(t, "hard_timeout"))
		return parse_u16(p, t, &fm->hard_timeout);
	if (is_word(t, "importance"))
		return parse_u16(p, t, &fm->importance);
	if (is_word(t, "cookie"))
		return parse_cookie(p, t);
	if (is_word(t, "out_port"))
		return parse_out_port(p, t);
	if (is_word(t, "out_group"))
		return parse_out_group(p, t);
	if (parse_flag(p, t))
		return 0;
	buf_puts(&p->match, ",");
	buf_add(&p->match, t->key,
		t->value ? (size_t)(t->value + t->value_size - t->key) : t->key_size);
	return 0;
}

/* Where "actions=" begins as a word of its own, or NULL. */
static const char *find_actions(const char *text)
{
	const char *at = text;

	while ((at = strcasestr(at, "actions=")) != NULL) {
		if (at == text || strchr(", \t", at[-1]))
			return at;
		at++;
	}
	return NULL;
}

static int parse_instructions(const char *actions, struct arena *a, struct of_flow_mod *fm,
			      struct status *st)
{
	struct of_error err;
	char name[96];
	int rc;

	if (!actions && !is_delete(fm->command))
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "actions",
			"actions: missing: say what to do, \"actions=drop\" at the least");
	if (!actions)
		return 0;
	of_actions_parse_match = &fm->match;
	rc = of_instructions_parse(actions + strlen("actions="), a, &fm->instructions, st);
	of_actions_parse_match = NULL;
	if (rc != 0)
		return -1;
	if (fm->instructions.has_goto && fm->instructions.goto_table <= fm->table_id)
		return status_set(st, STATUS_INVALID_ARGUMENT, "goto_table",
				  "goto_table: %u: only tables above %u can follow",
				  fm->instructions.goto_table, fm->table_id);
	if (of_actions_check(&fm->instructions.apply, &fm->match, &err) != 0 ||
	    of_actions_check(&fm->instructions.write, &fm->match, &err) != 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "actions",
				  "actions: one of them does not fit the match (%s): match the "
				  "protocol whose fields it uses",
				  of_error_name(&err, name, sizeof(name)));
	return 0;
}

int of_flow_mod_parse(const char *text, uint8_t command, struct arena *a, struct of_flow_mod *fm,
		      struct status *st)
{
	struct parser p = { .fm = fm, .st = st };
	const char *actions = find_actions(text), *at;
	struct token t;
	int rc = 0;

	*fm = (struct of_flow_mod){
		.command = command,
		.table_id = is_delete(command) ? OF_TABLE_ALL : 0,
		.priority = DEFAULT_PRIORITY,
		.buffer_id = OF_NO_BUFFER,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
	};
	at = actions ? arena_printf(a, "%.*s", (int)(actions - text), text) : text;
	while (rc == 0 && token_next(&at, &t))
		rc = parse_word(&p, &t);
	if (rc == 0)
		rc = of_match_parse(buf_str(&p.match), a, &fm->match, st);
	buf_fini(&p.match);
	return rc == 0 ? parse_instructions(actions, a, fm, st) : -1;
}
