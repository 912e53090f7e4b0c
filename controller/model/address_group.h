#ifndef CONTROLLER_MODEL_ADDRESS_GROUP_H
#define CONTROLLER_MODEL_ADDRESS_GROUP_H

/* The addresses of address groups, for apps and the other files of the model.
 *
 *	for (each change of model_node(m, &address_group_resource)) {
 *		if (!change->after)       forget all of change->r;
 *		else if (!change->before) take address_group_each(change->r, ...);
 *		else                      take address_group_changes(change->r, &n);
 *	} */

#include "controller/model/address_set.h"
#include "controller/model/resource.h"

struct api_call;
struct status;

/* All committed prefixes of the group R, in no order, until EACH returns false. */
void address_group_each(const struct resource *r, address_each_fn *each, void *arg);
size_t address_group_count(const struct resource *r);
/* What of them is different from the last run of the engine, in the order it happened; lent until
 * this run's end. */
const struct address_change *address_group_changes(const struct resource *r, size_t *n);

/* Take KV if it is content of a group that was loaded before; -1 with ST if it cannot be read. */
int address_group_load(struct model *m, const struct store_kv *kv, struct status *st);

/* address_list.c */
void address_group_list(struct api_call *call, const ProtobufCMessage *request, void *model);

#endif
