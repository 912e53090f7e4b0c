#ifndef TESTS_FAKES_DATAPLANE_MODS_H
#define TESTS_FAKES_DATAPLANE_MODS_H

/* Changing tables by text, as ovs-ofctl has it.  Each returns the error's type << 16 | code, or 0
 * if it was done; a text that does not parse ends the test. */

#include "dataplane/table/group_mod.h"
#include "dataplane/table/meter_mod.h"

uint32_t mod_flow(struct tables *t, const char *text);
uint32_t mod_group(struct tables *t, uint16_t command, const char *text);
uint32_t mod_meter(struct tables *t, uint16_t command, const char *text);

#endif
