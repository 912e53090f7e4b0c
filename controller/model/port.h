#ifndef CONTROLLER_MODEL_PORT_H
#define CONTROLLER_MODEL_PORT_H

/* Ports for the other files of the model. */

#include "controller/model/model_priv.h"
#include "proto/weft/v1/port.pb-c.h"

/* How many addresses of SUBNET the committed port R has. */
unsigned port_addresses_in(const struct resource *r, const char *subnet);

extern const struct api_method_handler port_methods[2]; /* attach.c */

#endif
