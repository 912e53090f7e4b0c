/* Tables changed by text (mods.h). */

#include "tests/fakes/dataplane/mods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>

static uint32_t code_of(int rc, const struct of_error *err)
{
	return rc < 0 ? (uint32_t)err->type << 16 | err->code : 0;
}

uint32_t mod_flow(struct tables *t, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct of_error err;
	uint32_t code;

	if (of_flow_mod_parse(text, OFPFC_ADD, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	code = code_of(tables_flow_mod(t, &fm, 0, &err), &err);
	arena_clear(&a);
	return code;
}

uint32_t mod_group(struct tables *t, uint16_t command, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_group_mod gm;
	struct of_error err;
	uint32_t code;

	if (of_group_mod_parse(text, command, &a, &gm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	gm.command = command;
	code = code_of(tables_group_mod(t, &gm, 0, &err), &err);
	arena_clear(&a);
	return code;
}

uint32_t mod_meter(struct tables *t, uint16_t command, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_meter_config mod;
	struct of_error err;
	uint32_t code;

	if (of_meter_mod_parse(text, command, &a, &mod, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	mod.command = command;
	code = code_of(tables_meter_mod(t, &mod, 0, &err), &err);
	arena_clear(&a);
	return code;
}
