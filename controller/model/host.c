#include "controller/model/host.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "controller/model/attach.h"
#include "lib/addr.h"

uint64_t host_datapath(const ProtobufCMessage *host)
{
	return strtoull(((const Weft__V1__Host *)host)->datapath_id, NULL, 16);
}

struct resource *host_of_datapath(const struct model *m, uint64_t datapath_id)
{
	struct resource *r;

	LIST_FOREACH (r, &model_set(m, &host_resource)->resources, by_class)
		if (r->head.msg && host_datapath(r->head.msg) == datapath_id)
			return r;
	return NULL;
}

static bool is_hex(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return n >= 1 && n <= 16;
}

static int check_datapath(struct model *m, Weft__V1__Host *h, struct status *st)
{
	struct resource *other;
	char text[17];
	uint64_t id;

	if (!*h->datapath_id)
		return 0;
	id = is_hex(h->datapath_id) ? strtoull(h->datapath_id, NULL, 16) : 0;
	if (id == 0)
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "host.datapath_id",
			"host.datapath_id: \"%.40s\" is no datapath id: give 1 to 16 hexadecimal "
			"digits, not all 0",
			h->datapath_id);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)id);
	text_set(&h->datapath_id, text);
	other = host_of_datapath(m, id);
	if (other && strcmp(other->name, h->name) != 0)
		return status_set_resource(
			st, STATUS_ALREADY_EXISTS, "host.datapath_id", other->name,
			"host.datapath_id: %s is the one of %s: give another, or delete "
			"that host",
			text, other->name);
	return 0;
}

/* The switch that is connected would go on as a host of its own. */
static int check_same_switch(struct model *m, const ProtobufCMessage *before,
			     const Weft__V1__Host *after, struct status *st)
{
	uint64_t id = before ? host_datapath(before) : 0;

	if (id == 0 || id == host_datapath(&after->base) || !host_session_find(m, id))
		return 0;
	return status_set_resource(
		st, STATUS_FAILED_PRECONDITION, "host.datapath_id", after->name,
		"host.datapath_id: the switch of %s is connected under the one it has: "
		"stop that first",
		after->name);
}

static int check(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		 struct status *st)
{
	Weft__V1__Host *h = (Weft__V1__Host *)after;
	struct addr addr;

	if (check_datapath(m, h, st) != 0 || check_same_switch(m, before, h, st) != 0)
		return -1;
	if (*h->ovsdb && addr_parse(&addr, h->ovsdb, "host.ovsdb", st) != 0)
		return -1;
	if (!before) {
		h->state = WEFT__V1__HOST__STATE__DISCONNECTED;
		text_set(&h->state_reason, "its switch has not connected yet");
	}
	return 0;
}

static void fill(struct model *m, ProtobufCMessage *msg, int64_t at)
{
	Weft__V1__Host *h = (Weft__V1__Host *)msg;
	const struct resource *r = model_find(m, h->name);
	struct resource_ref *ref;

	(void)at;
	h->port_count = 0;
	if (!r)
		return;
	RESOURCE_FOREACH_USER (ref, r)
		h->port_count++;
}

const struct resource_class host_resource = {
	.type = "host",
	.collection = "hosts",
	.plural = "Hosts",
	.pattern = "infrastructure/hosts/*",
	.parent_pattern = "infrastructure",
	.descriptor = &weft__v1__host__descriptor,
	.service = &weft__v1__host_service__descriptor,
	.check = check,
	.fill = fill,
};
REGISTRY_ADD(resource_class, host_resource);
