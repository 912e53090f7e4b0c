#ifndef CONTROLLER_MODEL_HOST_H
#define CONTROLLER_MODEL_HOST_H

/* Hosts for the other files of the model. */

#include "controller/model/model_priv.h"
#include "proto/weft/v1/host.pb-c.h"

/* The host whose head has DATAPATH_ID, or NULL. */
struct resource *host_of_datapath(const struct model *m, uint64_t datapath_id);
/* 0: it has none yet. */
uint64_t host_datapath(const ProtobufCMessage *host);

#endif
