#ifndef CONTROLLER_MODEL_BINDING_H
#define CONTROLLER_MODEL_BINDING_H

/* What an attachment asks for and what it answers: options by kind, arguments for QEMU, XML for
 * libvirt. */

#include "controller/model/plugger.h"
#include "controller/model/port.h"

/* Kind and options of REQUEST; -1: ST tells which. */
int binding_check(const Weft__V1__AttachPortRequest *request, struct status *st);
/* NULL if there is no such option. */
const char *binding_option(const Weft__V1__PortBinding *b, const char *key);
/* Whether REQUEST asks for what B is. */
bool binding_is_as_asked(const Weft__V1__PortBinding *b,
			 const Weft__V1__AttachPortRequest *request);
/* A new binding as REQUEST asks, on the heap. */
Weft__V1__PortBinding *binding_create(const Weft__V1__AttachPortRequest *request,
				      const char *switch_port);
/* Fill in P's binding what RESULT tells, for a network of MTU. */
void binding_fill(Weft__V1__Port *p, const struct plug_result *result, uint32_t mtu);

#endif
