/* fuzz: component=proto */

/* A flow as text, of any bytes: an error that says why, or a flow that is printed so that the
 * same flow is read again, and that a peer accepts as bytes. */

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	char *text = xmalloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	if (of_flow_mod_parse(text, 0, &a, &fm, &st) == 0) {
		check_text(&fm);
		check_bytes(&fm);
	} else if (status_ok(&st)) {
		abort(); /* a failure that says nothing */
	}
	free(text);
	arena_clear(&a);
	return 0;
}
