/* Port numbers as text (OF 1.3.5 section 7.2.1). */

#include "proto/openflow/port_no.h"

#include <strings.h>

#include "proto/openflow/field_text.h"
#include "proto/openflow/numbers.h"

#define PORT16_RESERVED 0xff00 /* from here on, OpenFlow 1.0's are reserved */

static const struct {
	const char *name;
	uint32_t port_no;
} reserved[] = {
	{ "IN_PORT", OF_PORT_IN_PORT }, { "TABLE", OF_PORT_TABLE },
	{ "NORMAL", OF_PORT_NORMAL },	{ "FLOOD", OF_PORT_FLOOD },
	{ "ALL", OF_PORT_ALL },		{ "CONTROLLER", OF_PORT_CONTROLLER },
	{ "LOCAL", OF_PORT_LOCAL },	{ "ANY", OF_PORT_ANY },
};

void of_port_no_print(uint32_t port_no, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++) {
		if (reserved[i].port_no == port_no) {
			buf_puts(out, reserved[i].name);
			return;
		}
	}
	buf_printf(out, "%u", port_no);
}

int of_port_no_parse(const char *text, size_t size, uint32_t *port_no)
{
	uint64_t number;

	for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++) {
		if (strlen(reserved[i].name) == size &&
		    strncasecmp(reserved[i].name, text, size) == 0) {
			*port_no = reserved[i].port_no;
			return 0;
		}
	}
	if (of_number_parse(text, size, &number) != 0 || number > UINT32_MAX)
		return -1;
	*port_no = number;
	return 0;
}

uint32_t of_port_no_from_16(uint16_t port_no)
{
	return port_no < PORT16_RESERVED ? port_no : 0xffff0000u | port_no;
}
