#ifndef CONTROLLER_MODEL_PORT_SECURITY_H
#define CONTROLLER_MODEL_PORT_SECURITY_H

/* What guards a port: groups, port security, anti-spoofing, further addresses, limits. */

#include "controller/model/resource_class.h"
#include "proto/weft/v1/port.pb-c.h"

/* Check these fields of P, which is new if IS_NEW, and bring them to their normal form.  -1: ST
 * tells. */
int port_security_check(struct model *m, Weft__V1__Port *p, bool is_new, struct status *st);
void port_security_refs(const Weft__V1__Port *p, struct ref_list *list);
/* Give P, of a store from before there was any of this, what a new port has.  Returns whether it
 * was such a one. */
bool port_security_upgrade(Weft__V1__Port *p);

#endif
