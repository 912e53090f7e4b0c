#include "dataplane/learn/learn.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/table/learned.h"

/* What packets do to the tables: learn and fin_timeout (Open vSwitch's ovs-actions manual). */

static void learn(struct datapath *dp, const struct pipeline_effect *e)
{
	if (learn_apply(dp->tables, e->op->owned, &e->key, loop_now_ns(dp->loop)))
		datapath_changed(dp);
	else
		datapath_budget_refused(dp, "learn");
	datapath_expiry_update(dp);
}

static void shorten(struct datapath *dp, const struct pipeline_effect *e)
{
	if (e->rule &&
	    tables_shorten(dp->tables, e->rule, e->op->fin_timeout.idle, e->op->fin_timeout.hard))
		datapath_expiry_update(dp);
}

void datapath_effect(struct datapath *dp, const struct pipeline_effect *e)
{
	switch ((enum pipeline_effect_kind)e->kind) {
	case PIPELINE_LEARN:
		learn(dp, e);
		break;
	case PIPELINE_FIN_TIMEOUT:
		shorten(dp, e);
		break;
	}
}
