#ifndef DATAPLANE_IDENTITY_H
#define DATAPLANE_IDENTITY_H

/* Who this switch is, when nobody says: the same after every start. */

#include "lib/status.h"

/* Made from the machine's id (/etc/machine-id), or from its name; never 0. */
uint64_t identity_datapath_id(void);
/* "0x1a2b" or "1a2b", not 0.  0, or -1 with ST filled. */
int identity_parse(const char *text, uint64_t *id, struct status *st);
/* The host's name. */
void identity_host(char *name, size_t size);

#endif
