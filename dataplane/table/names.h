#ifndef DATAPLANE_TABLE_NAMES_H
#define DATAPLANE_TABLE_NAMES_H

/* The groups and meters that programs name, each once: by group and meter actions, by controller
 * actions with a meter of their own, and by what clones do. */

#include "dataplane/action/program.h"

struct name {
	uint8_t kind; /* ACTION_GROUP, ACTION_METER */
	uint32_t id, slot;
};

struct names {
	unsigned n, room;
	struct name *list;
};

void names_add(struct names *names, const struct action_program *p); /* P NULL: none */
bool names_have(const struct names *names, enum action_kind kind, uint32_t id);
void names_fini(struct names *names);

#endif
