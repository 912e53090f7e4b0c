#ifndef TESTS_UNIT_PROTO_OPENFLOW_STATE_TEXT_H
#define TESTS_UNIT_PROTO_OPENFLOW_STATE_TEXT_H

/* The lines of tests/golden/groups.txt: "group 1.5 add: group_id=1,...", "meter 1.3 add: ...". */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/openflow/msg.h"

static inline bool state_text_is_input(const char *line)
{
	return strncmp(line, "group ", 6) == 0 || strncmp(line, "meter ", 6) == 0;
}

static inline uint16_t state_text_command(const char *name)
{
	static const struct {
		const char *name;
		uint16_t command;
	} commands[] = {
		{ "add", OF_GROUP_ADD },
		{ "modify", OF_GROUP_MODIFY },
		{ "delete", OF_GROUP_DELETE }, /* the same numbers for meters */
		{ "add_or_mod", OF_GROUP_ADD_OR_MODIFY },
		{ "insert_bucket", OF_GROUP_INSERT_BUCKET },
		{ "remove_bucket", OF_GROUP_REMOVE_BUCKET },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].command;
	}
	fail_msg("%s: no such command", name);
	return 0;
}

/* LINE's message; returns what stands behind the colon. */
static inline const char *state_text_parse(const char *line, struct arena *a, struct of_msg *msg)
{
	struct status st = STATUS_INIT;
	char what[8], command[16];
	unsigned minor;
	int end = 0, rc;

	assert_int_equal(sscanf(line, "%7s 1.%u %15[a-z_]:%n", what, &minor, command, &end), 3);
	while (line[end] == ' ')
		end++;
	*msg = (struct of_msg){ .version = OF_VERSION_1_3 + minor - 3, .xid = 1 };
	if (strcmp(what, "group") == 0) {
		msg->kind = OF_GROUP_MOD;
		rc = of_group_mod_parse(line + end, state_text_command(command), a, &msg->group_mod,
					&st);
	} else {
		msg->kind = OF_METER_MOD;
		rc = of_meter_mod_parse(line + end, state_text_command(command), a, &msg->meter_mod,
					&st);
	}
	if (rc != 0)
		fail_msg("%s: %s", line, st.message);
	return line + end;
}

#endif
