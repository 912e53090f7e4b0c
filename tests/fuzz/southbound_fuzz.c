/* fuzz: component=controller */

/* Bytes from a bad switch: it is understood, answered with an error, or left; every request that
 * waits is answered once. */

#include <stdlib.h>

#include "controller/flows/flow_build.h"
#include "controller/flows/flow_set.h"
#include "controller/southbound/southbound.h"
#include "lib/log.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The switch of the corpus. */
#define SW 0x1000

static void ignore_data(void *arg, const uint8_t *data, size_t size)
{
	(void)arg, (void)data, (void)size;
}

static void note_closed(void *arg, const char *why)
{
	(void)why;
	*(bool *)arg = true;
}

static const struct stream_events switch_events = { .data = ignore_data, .closed = note_closed };

static void flows_read(void *arg, const struct southbound_flow *flows, size_t n,
		       const struct status *st)
{
	(void)flows, (void)n, (void)st;
	++*(int *)arg;
}

/* Something to send, so that its errors can be answered. */
static void desire_flows(struct flow_sets *sets, uint64_t datapath_id)
{
	struct flow_build b;

	flow_build_init(&b, APP_L2, 0);
	for (int i = 0; i < 3; i++) {
		flow(&b, TABLE_FORWARD, 100 + i, 0);
		when(&b, OF_FIELD_REG1, i);
		then_output(&b, i + 1);
	}
	flow_build_end(&b);
	flow_set_replace(flow_sets_get(sets, datapath_id), b.cookie & ~0xffull, b.flows, b.n_flows);
	b.n_flows = 0;
	flow_build_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loop *loop = loop_virtual_create();
	struct southbound_options options = {
		.loop = loop,
		.sets = flow_sets_create(),
		.switches = switches_create(),
		.timing = SOUTHBOUND_TIMING_DEFAULT,
		.role_generation = 1,
	};
	struct southbound *sb = southbound_create(&options);
	struct stream *ends[2];
	struct stream_pair *pair = stream_pair_create(loop, ends);
	bool is_closed = false;
	int n_asked = 0, n_answered = 0;

	log_set_level("error");
	desire_flows(options.sets, SW);
	stream_set_events(ends[1], &switch_events, &is_closed);
	southbound_accept(sb, ends[0]);
	for (size_t at = 0; at < size && !is_closed; at += 128) {
		stream_send(ends[1], data + at, MIN_OF(size - at, 128));
		loop_virtual_run_for(loop, NS_PER_MS);
		if (southbound_is_connected(sb, SW) && n_asked < 4) {
			southbound_read_flows(sb, SW, flows_read, &n_answered);
			n_asked++;
		}
	}
	stream_close(ends[1]);
	loop_virtual_run_for(loop, 60 * NS_PER_SEC);
	southbound_destroy(sb);
	if (n_asked != n_answered)
		abort();
	stream_pair_release(pair);
	loop_virtual_settle(loop);
	flow_sets_destroy(options.sets);
	switches_destroy(options.switches);
	loop_virtual_destroy(loop);
	return 0;
}
