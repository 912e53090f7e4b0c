#ifndef DATAPLANE_TABLE_FRAGMENTS_H
#define DATAPLANE_TABLE_FRAGMENTS_H

/* Whether IP fragments that come in are dropped before the first table, OFPC_FRAG_DROP (OF 1.3.5
 * section 7.3.2).  Control thread. */

#include "lib/util.h"

struct tables;

bool tables_drop_fragments(const struct tables *t);
/* Takes effect with the next pipeline_compile(). */
void tables_set_drop_fragments(struct tables *t, bool is_wanted);

#endif
