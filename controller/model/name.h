#ifndef CONTROLLER_MODEL_NAME_H
#define CONTROLLER_MODEL_NAME_H

/* Resource names (AIP-122): "projects/acme/networks/blue". */

#include "lib/status.h"

struct resource_class;

#define NAME_MAX_SIZE 512

/* Lower-case letters, digits and hyphens, 1 to 63, a letter or digit at both ends.  -1: ST tells
 * FIELD. */
int id_check(const char *id, const char *field, struct status *st);
bool id_is_good(const char *id);
/* Whether NAME, with good ids, is of the form PATTERN: "projects/STAR/networks/STAR", with
 * asterisks for STAR. */
bool name_matches(const char *name, const char *pattern);
/* The class of resources that are named so, or NULL. */
const struct resource_class *name_class(const char *name);
/* What people call one of CLASS: "security group". */
const char *class_noun(const struct resource_class *class);
/* The segment of names before the last: "securityGroups", in a buffer of the caller's. */
#define COLLECTION_SIZE 64
const char *class_collection(const struct resource_class *class, char text[COLLECTION_SIZE]);
/* NAME must be one of CLASS's; -1: ST tells FIELD. */
int name_check(const char *name, const struct resource_class *class, const char *field,
	       struct status *st);
/* "projects/acme" of "projects/acme/networks/blue"; "" of "projects/acme". */
void name_parent(const char *name, char parent[NAME_MAX_SIZE]);
/* "projects/acme" of anything in it; "" of names outside of projects. */
void name_project(const char *name, char project[NAME_MAX_SIZE]);

#endif
