/* fuzz: component=proto */

/* A flow as text, of any bytes: an error that says why, or a flow that is printed so that the
 * same flow is read again, and that a peer accepts as bytes.  Behind "group 0 ", "meter 0 " (the
 * digit is the command), "monitor " and "tlv " the same for groups, meters and so on. */

#include <stdlib.h>

#include "proto/openflow/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct of_flow_mod *fm)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT;
	struct of_flow_mod again;

	buf_printf(&text, "table=%u,", fm->table_id);
	of_match_print(&fm->match, &text);
	buf_puts(&text, " actions=");
	of_instructions_print(&fm->instructions, &text);
	if (of_flow_mod_parse(buf_str(&text), fm->command, &a, &again, &st) != 0 ||
	    !of_match_equal(&again.match, &fm->match) ||
	    !of_instructions_equal(&again.instructions, &fm->instructions))
		abort();
	buf_fini(&text);
	arena_clear(&a);
}

static void check_bytes(const struct of_flow_mod *fm)
{
	struct of_msg msg = { .kind = OF_FLOW_MOD, .flow_mod = *fm }, again;
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct of_error err;

	if (of_msg_encode(&msg, &b) == 0 && b.size < OF_MAX_MESSAGE - 64 &&
	    (of_msg_decode(b.data, b.size, &a, &again, &err) != 0 ||
	     !of_match_equal(&again.flow_mod.match, &fm->match) ||
	     !of_instructions_equal(&again.flow_mod.instructions, &fm->instructions)))
		abort();
	buf_fini(&b);
	arena_clear(&a);
}

/* What a peer says of the bytes of MSG; a message that is too large is none. */
static void check_accepted(const struct of_msg *msg)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct of_error err;
	struct of_msg again;

	if (of_msg_encode(msg, &b) == 0 && b.size < OF_MAX_MESSAGE / 2 &&
	    of_msg_decode(b.data, b.size, &a, &again, &err) != 0)
		abort();
	buf_fini(&b);
	arena_clear(&a);
}

/* Printed, it parses to the same print. */
static void check_group_text(const struct of_group_mod *gm)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_group_mod again;

	if (gm->command == OF_GROUP_DELETE)
		return; /* it is printed with a type */
	of_group_mod_print(gm, OF_VERSION_1_5, &first);
	if (of_group_mod_parse(strchr(buf_str(&first), ' ') + 1, gm->command, &a, &again, &st))
		abort();
	of_group_mod_print(&again, OF_VERSION_1_5, &second);
	if (strcmp(buf_str(&first), buf_str(&second)) != 0)
		abort();
	buf_fini(&first);
	buf_fini(&second);
	arena_clear(&a);
}

static int parse_group(const char *text, uint16_t command, struct arena *a, struct status *st)
{
	struct of_msg msg = { .kind = OF_GROUP_MOD, .version = OF_VERSION_1_5 };

	if (of_group_mod_parse(text, command == 4 ? OF_GROUP_ADD : command, a, &msg.group_mod, st))
		return -1;
	check_group_text(&msg.group_mod);
	check_accepted(&msg);
	return 0;
}

static int parse_meter(const char *text, uint16_t command, struct arena *a, struct status *st)
{
	struct of_msg msg = { .kind = OF_METER_MOD };

	if (of_meter_mod_parse(text, command % 3, a, &msg.meter_mod, st) != 0)
		return -1;
	check_accepted(&msg);
	return 0;
}

static int parse_monitor(const char *text, uint16_t form, struct arena *a, struct status *st)
{
	struct of_monitor m;
	struct of_msg msg = {
		.kind = OF_MONITOR_REQUEST,
		.version = form == OF_MONITOR_STANDARD ? OF_VERSION_1_4 : OF_VERSION_1_3,
		.monitor_request = { 1, &m },
	};

	if (of_monitor_parse(text, form, a, &m, st) != 0)
		return -1;
	check_accepted(&msg);
	return 0;
}

static int parse_tlv(const char *text, uint16_t command, struct arena *a, struct status *st)
{
	struct of_msg msg = { .kind = OF_NX_TLV_TABLE_MOD };

	if (of_tlv_maps_parse(text, a, &msg.tlv_table, st) != 0)
		return -1;
	msg.tlv_table.command = command % 3;
	check_accepted(&msg);
	return 0;
}

/* 1: it is about something else. */
static int parse_other(const char *text, struct arena *a, struct status *st)
{
	static const struct {
		const char *word;
		int (*parse)(const char *text, uint16_t command, struct arena *a,
			     struct status *st);
	} kinds[] = {
		{ "group ", parse_group },
		{ "meter ", parse_meter },
		{ "monitor ", parse_monitor },
		{ "tlv ", parse_tlv },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		size_t size = strlen(kinds[i].word);

		if (strncmp(text, kinds[i].word, size) != 0 || !text[size] || !text[size + 1])
			continue;
		return kinds[i].parse(text + size + 2, (uint8_t)text[size] % 6, a, st);
	}
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	char *text = xmalloc(size + 1);
	int rc;

	memcpy(text, data, size);
	text[size] = '\0';
	rc = parse_other(text, &a, &st);
	if (rc == 1) {
		rc = of_flow_mod_parse(text, 0, &a, &fm, &st);
		if (rc == 0) {
			check_text(&fm);
			check_bytes(&fm);
		}
	}
	if (rc != 0 && status_ok(&st))
		abort(); /* a failure that says nothing */
	free(text);
	arena_clear(&a);
	return 0;
}
