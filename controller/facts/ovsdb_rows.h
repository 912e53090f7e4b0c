#ifndef CONTROLLER_FACTS_OVSDB_ROWS_H
#define CONTROLLER_FACTS_OVSDB_ROWS_H

/* The rows of table Interface as a monitor tells them (RFC 7047 section 4.1.5 and 4.1.6): what
 * updates say is kept by row, and what changed is told by interface. */

#include <jansson.h>
#include "controller/facts/ovsdb.h"
#include "lib/hmap.h"

struct ovsdb_rows {
	struct hmap by_uuid;
};

#define OVSDB_ROWS_INIT ((struct ovsdb_rows){ 0 })

void ovsdb_rows_fini(struct ovsdb_rows *r);
/* UPDATES is a <table-updates> object.  IS_ALL: it is the monitor's first, so rows that it does not
 * have are gone.  0, or -1 when it is no such object or there are too many rows; what was
 * understood before has been told. */
int ovsdb_rows_update(struct ovsdb_rows *r, const json_t *updates, bool is_all,
		      const struct ovsdb_events *events, void *arg);

#endif
