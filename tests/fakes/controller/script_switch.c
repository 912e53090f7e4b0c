#include "tests/fakes/controller/script_switch.h"

#include <openflow/openflow-1.3.h>
#include <openflow/openflow-1.4.h>
#include "proto/openflow/numbers.h"

void script_switch_send(struct script_switch *sw, struct of_msg m)
{
	struct buf out = BUF_INIT;

	m.version = OF_VERSION_1_3;
	of_msg_encode(&m, &out);
	stream_send(sw->stream, out.data, out.size);
	buf_fini(&out);
}

static void reply(struct script_switch *sw, const struct of_msg *to, struct of_msg m)
{
	m.xid = to->xid;
	script_switch_send(sw, m);
}

static void refuse(struct script_switch *sw, const struct of_msg *m, uint16_t type, uint16_t code)
{
	reply(sw, m,
	      (struct of_msg){ .kind = OF_ERROR, .error.error = { .type = type, .code = code } });
}

static void flow_mod(struct script_switch *sw, const struct of_msg *m, unsigned *n)
{
	if (m->flow_mod.priority == sw->refused_priority) {
		refuse(sw, m, OFPET_FLOW_MOD_FAILED, OFPFMFC_TABLE_FULL);
		sw->is_bundle_bad = true;
		return;
	}
	++*n;
}

static void bundle_add(struct script_switch *sw, const struct of_msg *m)
{
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg inner;

	if (of_msg_decode(m->bundle_add.inner, m->bundle_add.inner_size, &a, &inner, &err) == 0)
		flow_mod(sw, &inner, &sw->n_in_bundle);
	arena_clear(&a);
}

static void bundle_ctrl(struct script_switch *sw, const struct of_msg *m)
{
	bool is_commit = m->bundle_ctrl.type == OFPBCT_COMMIT_REQUEST;

	if (sw->has_no_bundles) {
		refuse(sw, m, OFPET_BAD_REQUEST, OFPBRC_BAD_EXPERIMENTER);
		return;
	}
	if (is_commit && sw->is_bundle_bad) {
		refuse(sw, m, OFPET_BAD_REQUEST, OFPBRC_BAD_TYPE);
		return;
	}
	if (is_commit)
		sw->n_flow_mods += sw->n_in_bundle;
	sw->n_in_bundle = 0;
	sw->is_bundle_bad = false;
	reply(sw, m,
	      (struct of_msg){ .kind = OF_BUNDLE_CTRL,
			       .bundle_ctrl = { .bundle_id = m->bundle_ctrl.bundle_id,
						.type = m->bundle_ctrl.type + 1 } });
}

static void handle(struct script_switch *sw, const struct of_msg *m)
{
	switch ((int)m->kind) {
	case OF_FEATURES_REQUEST:
		reply(sw, m,
		      (struct of_msg){ .kind = OF_FEATURES_REPLY,
				       .features_reply = { .datapath_id = sw->datapath_id,
							   .n_tables = 254 } });
		break;
	case OF_DESC_REQUEST:
		reply(sw, m,
		      (struct of_msg){ .kind = OF_DESC_REPLY,
				       .desc = { "script", "", "1", "", "script" } });
		break;
	case OF_ROLE_REQUEST:
		reply(sw, m, (struct of_msg){ .kind = OF_ROLE_REPLY, .role = m->role });
		break;
	case OF_PORT_DESC_REQUEST:
		reply(sw, m, (struct of_msg){ .kind = OF_PORT_DESC_REPLY });
		break;
	case OF_FLOW_STATS_REQUEST:
		reply(sw, m, (struct of_msg){ .kind = OF_FLOW_STATS_REPLY });
		break;
	case OF_WEFT_REQUEST:
		refuse(sw, m, OFPET_BAD_REQUEST, OFPBRC_BAD_EXPERIMENTER);
		break;
	case OF_BARRIER_REQUEST:
		reply(sw, m, (struct of_msg){ .kind = OF_BARRIER_REPLY });
		break;
	case OF_BUNDLE_CTRL:
		bundle_ctrl(sw, m);
		break;
	case OF_BUNDLE_ADD:
		if (!sw->has_no_bundles)
			bundle_add(sw, m);
		else
			refuse(sw, m, OFPET_BAD_REQUEST, OFPBRC_BAD_EXPERIMENTER);
		break;
	case OF_FLOW_MOD:
		flow_mod(sw, m, &sw->n_flow_mods);
		break;
	default:
		break;
	}
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct script_switch *sw = arg;
	long n;

	buf_add(&sw->in, data, size);
	while ((n = of_msg_size(sw->in.data, sw->in.size)) > 0) {
		struct arena a = ARENA_INIT;
		struct of_error err;
		struct of_msg m;

		if (of_msg_decode(sw->in.data, n, &a, &m, &err) == 0) {
			buf_printf(&sw->log, "%s\n", of_kind_name(m.kind));
			if (!sw->is_mute)
				handle(sw, &m);
		}
		arena_clear(&a);
		buf_pull(&sw->in, n);
	}
}

static void on_closed(void *arg, const char *why)
{
	struct script_switch *sw = arg;

	(void)why;
	sw->is_closed = true;
	stream_close(sw->stream);
	sw->stream = NULL;
}

static const struct stream_events events = { .data = on_data, .closed = on_closed };

void script_switch_init(struct script_switch *sw, struct stream *stream, uint64_t datapath_id)
{
	*sw = (struct script_switch){ .stream = stream, .datapath_id = datapath_id };
	stream_set_events(stream, &events, sw);
	script_switch_send(sw, (struct of_msg){ .kind = OF_HELLO,
						.hello = { .versions = 1u << OF_VERSION_1_3 } });
}

void script_switch_fini(struct script_switch *sw)
{
	stream_close(sw->stream);
	sw->stream = NULL;
	buf_fini(&sw->in);
	buf_fini(&sw->log);
}
