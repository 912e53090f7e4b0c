#ifndef CONTROLLER_MODEL_SELECTOR_H
#define CONTROLLER_MODEL_SELECTOR_H

/* Which ports an admin policy means: the filter language of lists, restricted to what tells a port
 * apart without its state: labels, name and network.
 *
 *	labels.env = "prod" AND labels.role != "db" AND network = "projects/acme/networks/blue"
 */

#include "lib/status.h"
#include "proto/weft/v1/port.pb-c.h"

struct selector;

/* TEXT may be "": all ports.  NULL: ST tells what is wrong with FIELD. */
struct selector *selector_parse(const char *text, const char *field, struct status *st);
void selector_destroy(struct selector *s); /* NULL is allowed */
bool selector_matches(const struct selector *s, const Weft__V1__Port *port);

#endif
