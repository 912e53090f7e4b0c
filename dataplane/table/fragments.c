/* One setting of the whole switch (fragments.h). */

#include "dataplane/table/fragments.h"

#include "dataplane/table/tables_priv.h"

bool tables_drop_fragments(const struct tables *t)
{
	return t->drops_fragments;
}

void tables_set_drop_fragments(struct tables *t, bool is_wanted)
{
	t->drops_fragments = is_wanted;
}
