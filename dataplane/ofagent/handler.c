#include "dataplane/ofagent/handler.h"

const struct of_handler *of_handler_find(enum of_kind kind)
{
	static const struct of_handler *by_kind[OF_N_KINDS];
	static bool is_filled;

	if (!is_filled) {
		REGISTRY_FOREACH (h, of_handler)
			by_kind[(*h)->kind] = *h;
		is_filled = true;
	}
	return (unsigned)kind < OF_N_KINDS ? by_kind[kind] : NULL;
}
