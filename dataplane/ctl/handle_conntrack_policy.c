#include "dataplane/ctl/conntrack_policy.h"
#include "dataplane/ctl/handler.h"

/* How long connections are remembered, and how TCP is judged. */

static const char *const descriptions[CT_N_TIMEOUTS] = {
#define CT_TIMEOUT(ID, NAME, SECONDS, SENTENCE) [CT_TIMEOUT_##ID] = SENTENCE,
#include "dataplane/conntrack/timeouts.def"
#undef CT_TIMEOUT
};

/* All is checked before anything is set. */
static int set_timeouts(struct ct_policy *p, const Weft__Switch__V1__ConntrackPolicyRequest *in,
			struct status *st)
{
	struct ct_policy defaults, wanted = *p;

	ct_policy_init(&defaults);
	for (size_t i = 0; i < in->n_timeouts; i++) {
		const Weft__Switch__V1__StateTimeout *t = in->timeouts[i];
		enum ct_timeout which = ct_timeout_find(t->state);
		uint32_t seconds = t->seconds;

		if (!seconds && which < CT_N_TIMEOUTS)
			seconds = defaults.seconds[which];
		if (conntrack_policy_set_timeout(&wanted, t->state, seconds, "timeouts", st) < 0)
			return -1;
	}
	for (unsigned i = 0; i < CT_N_TIMEOUTS; i++)
		__atomic_store_n(&p->seconds[i], wanted.seconds[i], __ATOMIC_RELAXED);
	return 0;
}

static void tell(struct arena *a, const struct ct_policy *p,
		 Weft__Switch__V1__ConntrackPolicyReply *out)
{
	struct ct_policy defaults;

	ct_policy_init(&defaults);
	out->is_strict = p->is_strict;
	out->is_liberal = p->is_liberal;
	out->n_timeouts = CT_N_TIMEOUTS;
	out->timeouts = arena_alloc(a, CT_N_TIMEOUTS * sizeof(*out->timeouts));
	for (unsigned i = 0; i < CT_N_TIMEOUTS; i++) {
		Weft__Switch__V1__StateTimeout *t = arena_alloc(a, sizeof(*t));

		weft__switch__v1__state_timeout__init(t);
		t->state = (char *)ct_timeout_name(i);
		t->seconds = p->seconds[i];
		t->default_seconds = defaults.seconds[i];
		t->description = (char *)descriptions[i];
		out->timeouts[i] = t;
	}
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__ConntrackPolicyReply out = WEFT__SWITCH__V1__CONNTRACK_POLICY_REPLY__INIT;
	const Weft__Switch__V1__ConntrackPolicyRequest *in = req->conntrack_policy;
	struct ct_policy *p = conntrack_policy(datapath_conntrack(call->ctl->config.datapath));
	struct status st = STATUS_INIT;

	if (set_timeouts(p, in, &st) < 0) {
		ctl_fail(call, &st);
		return;
	}
	if (in->set_strict)
		conntrack_policy_set_strict(p, in->is_strict);
	if (in->set_liberal)
		conntrack_policy_set_liberal(p, in->is_liberal);
	tell(&call->arena, p, &out);
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_CONNTRACK_POLICY, &out);
}

static const struct ctl_handler policy = { WEFT__SWITCH__V1__REQUEST__REQUEST_CONNTRACK_POLICY,
					   handle };
REGISTRY_ADD(ctl_handler, policy);
