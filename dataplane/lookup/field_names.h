#ifndef DATAPLANE_LOOKUP_FIELD_NAMES_H
#define DATAPLANE_LOOKUP_FIELD_NAMES_H

/* What a person calls a place in the flow key, for the reasons of look-ups. */

#include <stddef.h>

/* OUT (SIZE bytes) gets ovs-ofctl's name of the field that has the bit BIT of the key, counted from
 * its first byte's highest; "the key" if none has. */
void field_name_at(unsigned bit, char *out, size_t size);

#endif
