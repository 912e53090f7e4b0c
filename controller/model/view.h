#ifndef CONTROLLER_MODEL_VIEW_H
#define CONTROLLER_MODEL_VIEW_H

/* A resource's two states, head and committed, and how changes move them.  For the model's own
 * files. */

#include "controller/model/model_priv.h"

#define ID_KEY "meta/next_id"

struct resource *resource_create(struct model *m, const struct resource_class *class,
				 const char *name, uint32_t id);
void resource_destroy(struct model *m, struct resource *r);
/* Nothing exists any more and nobody looks: free it. */
void resource_free_if_gone(struct model *m, struct resource *r);

/* Both states become MSG, given; refs follow by resource_link_loaded(), when all are loaded. */
void resource_load(struct resource *r, ProtobufCMessage *msg, int64_t revision);
void resource_link_loaded(struct model *m, struct resource *r);

/* The head becomes MSG: the committed message, one of a change in flight, or NULL. */
void resource_set_head(struct model *m, struct resource *r, ProtobufCMessage *msg);
/* The committed state becomes MSG, given (NULL: deleted), of REVISION; the engine hears of it. */
void resource_commit(struct model *m, struct resource *r, ProtobufCMessage *msg, int64_t revision);

/* The resource NAME that exists in the view at OFFSET, or NULL.  A deletion and a creation that are
 * both on their way are two objects of one name. */
struct resource *resource_find_view(const struct model *m, const char *name, size_t offset);

uint32_t resource_id_of(const ProtobufCMessage *msg);

#endif
