#ifndef CONTROLLER_FLOWS_LAYOUT_H
#define CONTROLLER_FLOWS_LAYOUT_H

/* layout.def as enums and look-ups. */

#include "lib/util.h"

enum layout_app {
#define LAYOUT_APP(ID, NUMBER, NAME) APP_##ID = NUMBER,
#define LAYOUT_TABLE(ID, NUMBER, APP, SHAPE, SENTENCE)
#include "controller/flows/layout.def"
#undef LAYOUT_APP
#undef LAYOUT_TABLE
};

enum layout_table {
#define LAYOUT_APP(ID, NUMBER, NAME)
#define LAYOUT_TABLE(ID, NUMBER, APP, SHAPE, SENTENCE) TABLE_##ID = NUMBER,
#include "controller/flows/layout.def"
#undef LAYOUT_APP
#undef LAYOUT_TABLE
};

struct layout_table_info {
	uint8_t number;
	uint8_t app;
	const char *name, *shape, *sentence;
};

/* NULL if NUMBER is not a table of the layout. */
const struct layout_table_info *layout_table(uint8_t number);
/* NULL if no app has this number. */
const char *layout_app_name(uint8_t app);
/* The name of the table in lower case, or NULL. */
const char *layout_table_name(uint8_t number);
/* All tables, ascending; *N gets how many. */
const struct layout_table_info *layout_tables(size_t *n);

/* Whether the controller owns a flow that it finds in a switch: every flow in a table of the
 * layout, and any flow elsewhere whose cookie names one of the apps (an older layout's).  Others
 * are left alone. */
bool layout_owns(uint8_t table, uint64_t cookie);

#endif
