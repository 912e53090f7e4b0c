#ifndef CONTROLLER_MODEL_SUBNET_H
#define CONTROLLER_MODEL_SUBNET_H

/* Subnets as ports need them: whose is this address, and which is free. */

#include "controller/model/ip.h"
#include "controller/model/model_priv.h"

/* The subnet of NETWORK's head that has IP, or NULL. */
struct resource *subnet_of_address(const struct resource *network, const struct ip *ip);
/* Whether a port may have IP: inside, and no address with a meaning of its own.  -1: ST tells
 * FIELD. */
int subnet_check_address(const struct resource *subnet, const struct ip *ip, const char *field,
			 struct status *st);
/* A free address of SUBNET, which is NETWORK's; nobody has it yet.  -1: ST tells that there is
 * none. */
int subnet_allocate(struct model *m, struct resource *subnet, uint32_t network, struct ip *ip,
		    const char *field, struct status *st);

#endif
