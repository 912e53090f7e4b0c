#ifndef CONTROLLER_MODEL_RESOURCE_CLASS_H
#define CONTROLLER_MODEL_RESOURCE_CLASS_H

/* What makes a kind of resource: its names, its message, and what is special about it.
 *
 * Ids, times, etags, masks, paging, filters, idempotency and storage are written once, in crud.c,
 * for all.  A kind adds a file with a `struct resource_class` and REGISTRY_ADD; see
 * docs/howto/add-a-resource.md. */

#include "api/call.h"
#include "controller/model/resource.h"
#include "lib/registry.h"
#include "lib/status.h"

struct change;

/* What each resource of a class has from its beginning to its end, made and deleted in the same
 * changes, as a project has its default security group. */
struct companion {
	const struct resource_class *class;
	const char *id;
	ProtobufCMessage *(*make)(const char *name); /* given; what users could have set */
};

/* Where class->refs puts the names that a message refers to. */
struct ref_list {
	const char **names; /* lent from the message */
	size_t n, capacity;
};

void ref_list_add(struct ref_list *l, const char *name); /* again is no harm; "" is none */

struct resource_class {
	const char *type;	    /* "security_group": in field names */
	const char *noun;	    /* "security group": for people; NULL: the type */
	const char *collection;	    /* "security_groups": the repeated field of list responses */
	const char *plural;	    /* "Networks": in method names */
	const char *pattern;	    /* "projects/STAR/networks/STAR" with asterisks */
	const char *parent_pattern; /* of the parent; "" if there is none */
	bool is_parent_resource;    /* the parent has to exist and counts as referred to */
	size_t max_bytes;	    /* of a message; 0: 64 KiB */
	const ProtobufCMessageDescriptor *descriptor;
	const ProtobufCServiceDescriptor *service;

	/* Check AFTER, which is to replace BEFORE (NULL: creation), and complete it: normal forms,
	 * allocations, state.  Looks at heads.  -1 with ST naming the field, as "port.network". */
	int (*check)(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		     struct status *st);
	/* May it be deleted, apart from its users?  NULL: yes. */
	int (*check_delete)(struct model *m, const struct resource *r, struct status *st);
	/* Names MSG refers to, besides its parent.  NULL: none. */
	void (*refs)(const ProtobufCMessage *msg, struct ref_list *refs);
	/* The head of R has become MSG (is_added), or is no longer.  NULL: nothing to index. */
	void (*index)(struct model *m, struct resource *r, const ProtobufCMessage *msg,
		      bool is_added);
	/* Fill fields that are computed for each answer.  AT: the revision shown.  NULL: none. */
	void (*fill)(struct model *m, ProtobufCMessage *msg, int64_t at);
	/* NULL: nothing is made with it. */
	const struct companion *companion;
	/* Content of R outside of its message goes with it: keys to delete; memory in r->index;
	 * what the engine has seen.  NULL: none. */
	void (*delete_keys)(struct model *m, const struct resource *r, struct change *c);
	void (*destroy_index)(struct resource *r);
	void (*settle)(struct resource *r);
	/* Methods beyond the usual five.  Their ctx is the model. */
	const struct api_method_handler *methods;
	size_t n_methods;
};

REGISTRY_DECLARE(resource_class);

#endif
