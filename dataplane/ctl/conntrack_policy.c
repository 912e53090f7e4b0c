#include "dataplane/ctl/conntrack_policy.h"

int conntrack_policy_set_timeout(struct ct_policy *p, const char *name, uint64_t seconds,
				 const char *field, struct status *st)
{
	enum ct_timeout t = ct_timeout_find(name);

	if (t == CT_N_TIMEOUTS)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s: '%.40s' is no state with a timeout; `weft switch conntrack "
				  "timeouts` lists them",
				  field, name);
	if (seconds < 1 || seconds > CONNTRACK_MAX_SECONDS)
		return status_set(st, STATUS_INVALID_ARGUMENT, field, "%s: %s is 1 to %u seconds",
				  field, ct_timeout_name(t), CONNTRACK_MAX_SECONDS);
	__atomic_store_n(&p->seconds[t], seconds, __ATOMIC_RELAXED);
	return 0;
}

void conntrack_policy_set_strict(struct ct_policy *p, bool is_strict)
{
	__atomic_store_n(&p->is_strict, is_strict, __ATOMIC_RELAXED);
}

void conntrack_policy_set_liberal(struct ct_policy *p, bool is_liberal)
{
	__atomic_store_n(&p->is_liberal, is_liberal, __ATOMIC_RELAXED);
}
