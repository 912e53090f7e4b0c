#ifndef CONTROLLER_MODEL_ADDRESS_SET_H
#define CONTROLLER_MODEL_ADDRESS_SET_H

/* The content of one address group: up to 100,000 prefixes, changed at the cost of the change.
 *
 * In the store a group's prefixes lie in chunks of up to 256, each a key beside the group's own:
 *
 *	projects/acme/addressGroups/bad                    the group's message
 *	projects/acme/addressGroups/bad/chunks/0007        prefixes, binary
 *	projects/acme/addressGroups/bad/lastChange         what the last call added and removed
 *
 * A prefix stays in its chunk; a new one takes the first free place.  So a change writes the chunks
 * it touches, and the store's watch gets each change as the versions of lastChange.
 *
 * As resources do, a set has a head, which calls look at, and a committed state, which apps see;
 * lists are read from the store. */

#include "controller/model/ip.h"
#include "controller/store/store.h"
#include "lib/hmap.h"

#define ADDRESS_SET_MAX 100000

struct change;
struct resource;

/* What differs, in the order it happened. */
struct address_change {
	struct ip_range range;
	bool is_added;
};

struct address_set;

struct address_set *address_set_create(void);
void address_set_destroy(struct address_set *set); /* NULL is allowed */

/* Of the head. */
size_t address_set_count(const struct address_set *set);

/* A change on its way. */
struct address_delta;

/* What adding or removing RANGES does to the head of SET, R's: the prefixes that are new, or that
 * were there.  The head is as it was. */
struct address_delta *address_delta_create(struct store *store, struct resource *r,
					   struct address_set *set, const struct ip_range *ranges,
					   size_t n, bool is_added);
size_t address_delta_count(const struct address_delta *d);
/* Before it was put into a change. */
void address_delta_destroy(struct address_delta *d);
/* The head becomes what D, given, says; C gets the keys, and D as its part.  D is not empty. */
void address_delta_put(struct address_delta *d, struct change *c);

/* All keys of R's content, to be deleted with it. */
void address_set_delete_keys(struct address_set *set, struct store *store, const struct resource *r,
			     struct change *c);

/* A chunk of the group GROUP that the store had when the model was loaded; false: unreadable. */
bool address_set_load(struct address_set *set, unsigned chunk, const struct store_kv *kv);
/* Whether KEY is a group's chunk: its number, and the length of the group's name. */
bool address_chunk_of_key(const char *key, unsigned *chunk, size_t *name_length);
/* Whether KEY is a group's last change. */
bool address_is_change_key(const char *key);
/* The prefixes in a chunk's VALUE from number SKIP on, until EACH returns false; false: EACH did,
 * or the value is unreadable. */
typedef bool address_each_fn(void *arg, const struct ip_range *range);
bool address_chunk_each(const struct store_kv *kv, unsigned skip, address_each_fn *each, void *arg);

/* Of the committed state, until EACH returns false. */
void address_set_each(const struct address_set *set, address_each_fn *each, void *arg);
size_t address_set_committed(const struct address_set *set);
/* What became committed since address_set_settle(). */
const struct address_change *address_set_changes(const struct address_set *set, size_t *n);
void address_set_settle(struct address_set *set);

#endif
