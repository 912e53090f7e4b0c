/* What traces tell of groups and meters. */

#include "dataplane/pipeline/pipeline_priv.h"

static const char *type_name(uint8_t type)
{
	static const char *const names[OF_N_GROUP_TYPES] = {
		[OF_GROUP_ALL_BUCKETS] = "all",
		[OF_GROUP_SELECT] = "select",
		[OF_GROUP_INDIRECT] = "indirect",
		[OF_GROUP_FAST_FAILOVER] = "fast failover",
	};

	return names[type];
}

static const char *reason_for(uint8_t type)
{
	switch (type) {
	case OF_GROUP_SELECT:
		return "by the hash of the flow";
	case OF_GROUP_FAST_FAILOVER:
		return "the first that is live";
	case OF_GROUP_INDIRECT:
		return "its only one";
	default:
		return "each gets a copy";
	}
}

void trace_group(struct pipeline_thread *t, const struct group_path *path, int bucket)
{
	struct buf text = BUF_INIT;
	struct pipeline_step step = {
		.kind = PIPELINE_STEP_GROUP,
		.group_id = path->group_id,
		.is_none = bucket < 0,
		.bucket = bucket < 0 ? 0 : path->version->configs[bucket].id,
	};

	if (bucket < 0)
		buf_printf(&text, "group %u (%s): none of its %u buckets can be taken",
			   path->group_id, type_name(path->type), path->n_buckets);
	else
		buf_printf(&text, "group %u (%s): bucket %u of %u, %s", path->group_id,
			   type_name(path->type), step.bucket, path->n_buckets,
			   reason_for(path->type));
	step.text = buf_str(&text);
	trace_say(t, &step);
	buf_fini(&text);
}

static void print_band(const struct policer *p, const struct policer_band *band, struct buf *out)
{
	buf_printf(out, ", above %u %s ", band->rate, p->is_by_packets ? "packets/s" : "kbit/s");
	if (band->remark_by)
		buf_printf(out, "its drop precedence rises by %u", band->remark_by);
	else
		buf_puts(out, "it is dropped");
}

void trace_meter(struct pipeline_thread *t, uint32_t meter_id, const struct policer *p)
{
	struct buf text = BUF_INIT;
	struct pipeline_step step = { .kind = PIPELINE_STEP_METER, .meter_id = meter_id };

	buf_printf(&text, "meter %u: ", meter_id);
	buf_puts(&text, p ? "this packet is not charged" : "there is no such meter, so it passes");
	for (unsigned i = 0; p && i < p->n_bands; i++)
		print_band(p, &p->bands[i], &text);
	step.text = buf_str(&text);
	trace_say(t, &step);
	buf_fini(&text);
}
