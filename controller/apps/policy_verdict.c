/* What a flow of app policy decides, for the connection log. */

#include "controller/apps/policy_explain.h"

#include "controller/flows/cookie.h"
#include "controller/flows/layout.h"

bool app_verdict(const struct apps *a, uint64_t cookie, struct app_verdict *out)
{
	const struct rule_rec *rule;

	if (cookie_app(cookie) != APP_POLICY)
		return false;
	*out = (struct app_verdict){ .is_refusal = true };
	switch ((enum policy_purpose)cookie_purpose(cookie)) {
	case POLICY_RULE_OUT:
		out->is_egress = true;
		/* fall through */
	case POLICY_RULE_IN:
		rule = rule_find(a, cookie_resource(cookie));
		out->is_refusal = rule && rule->intent.action == RULE_DENY;
		return true;
	case POLICY_NO_RULE_OUT:
	case POLICY_INVALID_OUT:
		out->is_egress = true;
		return true;
	case POLICY_NO_RULE_IN:
	case POLICY_INVALID_IN:
		return true;
	default:
		return false;
	}
}

bool apps_log_refusals(const struct apps *a)
{
	HMAP_FOREACH (n, &a->rules)
		if (container_of(n, struct rule_rec, by_number)->intent.is_logged)
			return true;
	return false;
}
