/* The names and sentences of drop_reasons.def. */

#include "dataplane/packet/drop.h"

static const struct {
	const char *name, *text;
} reasons[DROP_N_REASONS] = {
	[DROP_NONE] = { "none", "The packet is not dropped." },
#define DROP(ID, NAME, TEXT) [DROP_##ID] = { NAME, TEXT },
#include "dataplane/packet/drop_reasons.def"
#undef DROP
};

const char *drop_reason_name(enum drop_reason reason)
{
	return reasons[reason].name;
}

const char *drop_reason_text(enum drop_reason reason)
{
	return reasons[reason].text;
}
