/* The policy of connection tracking (timeouts.h): its defaults and the names of its timeouts. */

#include "dataplane/conntrack/timeouts.h"

static const struct {
	const char *name;
	uint32_t seconds;
} timeouts[CT_N_TIMEOUTS] = {
#define CT_TIMEOUT(ID, NAME, SECONDS, SENTENCE) [CT_TIMEOUT_##ID] = { NAME, SECONDS },
#include "dataplane/conntrack/timeouts.def"
#undef CT_TIMEOUT
};

void ct_policy_init(struct ct_policy *p)
{
	*p = (struct ct_policy){ 0 };
	for (unsigned i = 0; i < CT_N_TIMEOUTS; i++)
		p->seconds[i] = timeouts[i].seconds;
}

const char *ct_timeout_name(enum ct_timeout t)
{
	return t < CT_N_TIMEOUTS ? timeouts[t].name : NULL;
}

enum ct_timeout ct_timeout_find(const char *name)
{
	unsigned i = 0;

	while (i < CT_N_TIMEOUTS && strcmp(timeouts[i].name, name) != 0)
		i++;
	return i;
}
