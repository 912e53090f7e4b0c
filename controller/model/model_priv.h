#ifndef CONTROLLER_MODEL_MODEL_PRIV_H
#define CONTROLLER_MODEL_MODEL_PRIV_H

/* Shared by the files of the model. */

#include "controller/model/model.h"
#include "controller/model/name.h"
#include "controller/model/reflect.h"
#include "controller/model/resource_class.h"

#define MAX_RESOURCE_BYTES (64u << 10)

/* One class's resources. */
struct class_set {
	struct model *model;
	const struct resource_class *class;
	struct engine_node node; /* content: the committed ones */
	struct list resources;	 /* by_class; of all that are committed or on their way */
	size_t n;
	struct resource **changed;
	size_t n_changed, changed_capacity;
	struct model_change *changes; /* of the run that is at work */
};

struct model {
	struct loop *loop;
	struct store *store;
	struct engine *engine;
	struct rng *rng;
	struct plugger plugger;
	bool is_stopping; /* the store is closed: no change can be committed */
	struct class_set *sets;
	size_t n_sets;
	struct hmap by_name, by_id;
	struct list in_flight; /* of struct change, in order */
	uint32_t next_id;
	uint32_t reserved_id, durable_reserved_id; /* ids below are given away or lost */
	struct hmap addresses; /* heads: MAC and IP addresses in each network, see address_book.h */
	struct hmap requests;  /* answered in the last hour, and being answered */
	size_t n_requests;
	struct timer request_timer;
	struct hmap attaches;	  /* calls and plugs at work, by port id */
	struct hmap acknowledged; /* what is known of ports' flows, by port id */
	struct hmap hosts;	  /* connected ones, by datapath id */
	struct timer state_timer; /* armed when the store could not take a state */
	struct list watchers;
};

struct request;

struct class_set *model_set(const struct model *m, const struct resource_class *class);
/* Whose head exists, or NULL. */
struct resource *model_find_head(const struct model *m, const char *name);

/* A change: some resources' next states, one transaction. */

typedef void change_done_fn(void *arg, const struct status *st);

struct change *change_begin(struct model *m);
/* NAME's next state is MSG, which is given, checked and complete; it is made if need be. */
struct resource *change_put(struct change *c, const struct resource_class *class, const char *name,
			    ProtobufCMessage *msg);
void change_delete(struct change *c, struct resource *r);
/* A key that is no resource. */
void change_put_key(struct change *c, const char *key, const void *value, size_t size);
void change_delete_key(struct change *c, const char *key);

/* State of the model's beside resources that is part of a change; one of the two is called, with
 * ARG.  Whoever adds it has made the change in its heads before the commit. */
struct change_part {
	/* It is durable, and the resources' committed states have followed. */
	void (*applied)(void *arg);
	/* It will never be; the resources' heads are the committed ones again. */
	void (*lost)(void *arg);
};
void change_set_part(struct change *c, const struct change_part *part, void *arg); /* once */
/* Heads are what the change says from here on.  DONE is called once, later. */
void change_commit(struct change *c, change_done_fn *done, void *arg);

/* complete.c: make AFTER complete, which is to replace BEFORE (NULL: new): what only the controller
 * sets, times, etag; then what holds for all classes, then the class's rules.  -1: ST tells. */
int resource_complete(struct model *m, const struct resource_class *class, const char *name,
		      const ProtobufCMessage *before, ProtobufCMessage *after, struct status *st);
/* For changes of states, which are the controller's own: update_time. */
void resource_touch(struct model *m, ProtobufCMessage *msg);
/* For changes by users: update_time and etag. */
void resource_renew(struct model *m, ProtobufCMessage *msg);
/* A number that no resource or rule has. */
uint32_t model_take_id(struct model *m);

/* Ends CALL, when what C writes is durable, with ANSWER, given (NULL: empty), about R. */
void call_commit(struct model *m, struct api_call *call, struct request *request, struct change *c,
		 struct resource *r, ProtobufCMessage *answer);
void call_fail(struct model *m, struct api_call *call, struct request *request,
	       const struct status *st);
/* R becomes AFTER, given and complete, unless it is only to be validated; ends CALL with it. */
void resource_update(struct model *m, struct api_call *call, struct request *request,
		     struct resource *r, ProtobufCMessage *after, bool validate_only);

/* The head of what was made with R, or NULL. */
struct resource *resource_companion(const struct model *m, const struct resource *r);
/* The complete companion of CLASS's NAME, to be put under the name TEXT; given. */
ProtobufCMessage *companion_create(struct model *m, const struct resource_class *class,
				   const char *name, char text[NAME_MAX_SIZE]);

/* The answer to a call about R, from its committed state: a copy, to be freed. */
ProtobufCMessage *resource_answer(struct model *m, const struct resource *r);
/* NAME's object to be read; NULL: ST tells that the name is wrong or there is none. */
const struct resource *resource_wanted(const struct model *m, const struct resource_class *class,
				       const char *name, struct status *st);
/* Its head, to be changed, with this ETAG if it is not "". */
struct resource *resource_to_change(const struct model *m, const struct resource_class *class,
				    const char *name, const char *etag, struct status *st);

/* The field of a request's resource, as "port.network", in a buffer of the caller's. */
#define FIELD_SIZE 128
const char *field_path(char path[FIELD_SIZE], const struct resource_class *class, const char *fmt,
		       ...) PRINTF_LIKE(3, 4);

void crud_serve(struct class_set *set, struct api_dispatch *d);
/* list.c */
void crud_list(struct api_call *call, const ProtobufCMessage *request, void *set);
void watch_serve(struct model *m, struct api_dispatch *d);
void watch_fini(struct model *m);
void requests_load(struct model *m);
void requests_fini(struct model *m);
void attach_fini(struct model *m);
void report_init(struct model *m); /* after loading */
void report_fini(struct model *m);

#endif
