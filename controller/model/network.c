#include <stdlib.h>
#include "controller/model/model_priv.h"
#include "proto/weft/v1/network.pb-c.h"

#define DEFAULT_MTU 1500
#define MIN_MTU	    576
#define MAX_MTU	    9216

static int check(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		 struct status *st)
{
	Weft__V1__Network *n = (Weft__V1__Network *)after;

	(void)m, (void)before;
	if (n->mtu == 0)
		n->mtu = DEFAULT_MTU;
	if (n->mtu < MIN_MTU || n->mtu > MAX_MTU)
		return status_set(st, STATUS_INVALID_ARGUMENT, "network.mtu",
				  "network.mtu: %u bytes: give %d to %d", n->mtu, MIN_MTU, MAX_MTU);
	n->state = WEFT__V1__NETWORK__STATE__ACTIVE;
	return 0;
}

static bool add_subnet(void *arg, const struct store_kv *kv)
{
	Weft__V1__Network *n = arg;

	texts_add(&n->subnets, &n->n_subnets, kv->key);
	return true;
}

static void fill(struct model *m, ProtobufCMessage *msg, int64_t at)
{
	char *prefix = xasprintf("%s/subnets/", ((Weft__V1__Network *)msg)->name);

	store_list(m->store, prefix, NULL, at, add_subnet, msg);
	free(prefix);
}

const struct resource_class network_resource = {
	.type = "network",
	.collection = "networks",
	.plural = "Networks",
	.pattern = "projects/*/networks/*",
	.parent_pattern = "projects/*",
	.is_parent_resource = true,
	.descriptor = &weft__v1__network__descriptor,
	.service = &weft__v1__network_service__descriptor,
	.check = check,
	.fill = fill,
};
REGISTRY_ADD(resource_class, network_resource);
