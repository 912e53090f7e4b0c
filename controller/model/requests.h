#ifndef CONTROLLER_MODEL_REQUESTS_H
#define CONTROLLER_MODEL_REQUESTS_H

/* Request ids: a call that is repeated with the same id is executed once (AIP-155).
 *
 * The answer is kept in the store, in the same transaction as what the call changed, and so is
 * there if and only if the change is. */

#include "api/call.h"
#include "controller/model/model_priv.h"

struct request;

/* Whether CALL is the first of its method with this id.
 * 1: no: it is answered, now or when the first one is; leave it alone.
 * 0: yes: *REQUEST is to be ended with request_answered() or request_failed(); NULL if the call
 *    has no id.
 * -1: ST tells: the id is bad, or was used for another call. */
int request_begin(struct model *m, struct api_call *call, const ProtobufCMessage *msg,
		  const ProtobufCMessageDescriptor *answer_type, struct request **request,
		  struct status *st);
/* Add the answer to what the change C writes; before its commit. */
void request_record(struct model *m, struct request *r, struct change *c,
		    const ProtobufCMessage *answer);
/* R's change is durable, at REVISION; or it has failed and R is forgotten.  NULL is allowed. */
void request_answered(struct model *m, struct request *r, int64_t revision);
void request_failed(struct model *m, struct request *r, const struct status *st);

#endif
