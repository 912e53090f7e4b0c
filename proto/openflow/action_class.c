/* Finding an action's class, by its name or by its numbers on the wire.  Both are needed for every
 * action of every flow, so tables are made of the registry before main() runs. */

#include <openflow/nicira-ext.h>
#include <assert.h>
#include <ctype.h>
#include <strings.h>

#include "lib/hmap.h"
#include "proto/openflow/action.h"
#include "proto/openflow/numbers.h"

#define N_STANDARD  32
#define N_NICIRA    64
#define N_ONF	    1 /* the first one's number is ONF_FIRST */
#define ONF_FIRST   3200
#define NAME_SLOTS  256 /* a power of 2, some times the number of names */
#define EXPERIMENTER_ONF 0x4f4e4600u

static const struct of_action_class *standard[N_STANDARD], *nicira[N_NICIRA], *onf[N_ONF];
static const struct of_action_class *by_name[NAME_SLOTS];

/* Letters in any case. */
static unsigned name_slot(const char *name)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (uint8_t)tolower((unsigned char)*name)) * 16777619u;
	return (h ^ h >> 15) % NAME_SLOTS;
}

static const struct of_action_class **slot_of(uint16_t type, uint32_t vendor, uint16_t subtype)
{
	if (type != OFPAT_EXPERIMENTER)
		return type < N_STANDARD ? &standard[type] : NULL;
	if (vendor == OF_NICIRA_ID)
		return subtype < N_NICIRA ? &nicira[subtype] : NULL;
	if (vendor == EXPERIMENTER_ONF && subtype >= ONF_FIRST && subtype < ONF_FIRST + N_ONF)
		return &onf[subtype - ONF_FIRST];
	return NULL;
}

static void add_name(const struct of_action_class *class)
{
	unsigned slot = name_slot(class->name);

	while (by_name[slot]) {
		assert(strcasecmp(by_name[slot]->name, class->name) != 0);
		slot = (slot + 1) % NAME_SLOTS;
	}
	by_name[slot] = class;
}

__attribute__((constructor)) static void make_tables(void)
{
	REGISTRY_FOREACH (p, of_action_class) {
		const struct of_action_class **slot;

		if ((*p)->name)
			add_name(*p);
		if ((*p)->type == OF_ACTION_TEXT_ONLY)
			continue;
		slot = slot_of((*p)->type, (*p)->vendor, (*p)->subtype);
		assert(slot && !*slot);
		*slot = *p;
	}
}

const struct of_action_class *of_action_class_find(const char *name)
{
	unsigned slot = name_slot(name);

	for (; by_name[slot]; slot = (slot + 1) % NAME_SLOTS) {
		if (strcasecmp(by_name[slot]->name, name) == 0)
			return by_name[slot];
	}
	return NULL;
}

const struct of_action_class *of_action_class_of(uint16_t type, uint32_t vendor, uint16_t subtype,
						 uint8_t version)
{
	const struct of_action_class **slot = slot_of(type, vendor, subtype);

	return slot && *slot && version >= (*slot)->since ? *slot : NULL;
}

bool of_action_vendor_is_known(uint32_t vendor)
{
	return vendor == OF_NICIRA_ID || vendor == EXPERIMENTER_ONF;
}
