#ifndef CONTROLLER_FACTS_EXTERNAL_H
#define CONTROLLER_FACTS_EXTERNAL_H

/* Ports that others plugged: a host's OVSDB tells which interface carries which iface-id, its
 * switch tells which OpenFlow port it is.  A port is found while both agree. */

#include "controller/facts/ovsdb.h"
#include "controller/facts/switches.h"

struct external;

/* OF_PORT 0: it is gone.  Texts are lent for the call. */
typedef void external_found_fn(void *arg, uint64_t datapath_id, const char *iface_id,
			       uint32_t of_port, const char *interface_name);

struct external *external_create(struct loop *loop, struct switches *switches,
				 const struct ovsdb_dialer *dialer, external_found_fn *found,
				 void *arg);
void external_destroy(struct external *e);
/* The host's database; ADDRESS "" or NULL: none any more, and its ports are gone.  -1 with ST when
 * ADDRESS cannot be understood. */
int external_set_host(struct external *e, uint64_t datapath_id, const char *address,
		      struct status *st);
/* Call FOUND for every port that is there now: when the listener has missed some, because it did
 * not know the port yet. */
void external_tell_all(struct external *e);

#endif
