#include "tests/fakes/controller/controller_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/schema.h"
#include "api/transcode/json.h"

#define DISK	  "controller-world"
#define REDIAL_NS (200 * NS_PER_MS)

struct call {
	struct list in_world;
	struct world_caller who;
	struct api_call *call;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	abort();
}

static void transmit(void *arg, uint32_t port, const uint8_t *data, size_t size)
{
	struct world_switch *s = arg;
	struct controller_world *w = s->world;
	struct world_received *r = &w->received[w->n_received];

	if (w->n_received == WORLD_RECEIVED || size > FRAME_MAX)
		die("transmit", "more than a test expects");
	r->sw = s->index;
	r->port_no = port;
	memcpy(r->frame.data, data, size);
	r->frame.size = size;
	w->n_received++;
}

static void start_switch(struct world_switch *s)
{
	char name[32];

	snprintf(name, sizeof(name), "host%u", s->index);
	s->sw = mem_switch_create(&(struct mem_switch_config){
		.loop = s->world->loop,
		.datapath_id = world_datapath_id(s->index),
		.host = name,
		.transmit = transmit,
		.arg = s,
	});
}

static void dial(struct world_switch *s)
{
	struct stream *ends[2];

	stream_pair_release(s->pair);
	s->pair = stream_pair_create(s->world->loop, ends);
	mem_switch_connect(s->sw, ends[0]);
	controller_accept(s->world->controller, ends[1]);
}

static void redial_if_closed(struct timer *t, void *arg)
{
	struct world_switch *s = arg;

	timer_arm(s->world->loop, t, REDIAL_NS);
	if (!s->pair || stream_pair_is_closed(s->pair))
		dial(s);
}

static void start_controller(struct controller_world *w)
{
	struct status st = STATUS_INIT;
	struct controller_options options = {
		.loop = w->loop,
		.rng = &w->rng,
		.store = store_open("mem:" DISK, w->loop, NULL, &st),
		.connection_log_rate = CONNLOG_DEFAULT_RATE,
		.timing = SOUTHBOUND_TIMING_DEFAULT,
	};

	if (!options.store)
		die("store", st.message);
	w->controller = controller_create(&options, &st);
	if (!w->controller)
		die("controller", st.message);
}

void world_init(struct controller_world *w, unsigned n_switches, uint64_t seed)
{
	*w = (struct controller_world){ .n_switches = n_switches };
	w->loop = loop_virtual_create();
	rng_seed(&w->rng, seed);
	list_init(&w->calls);
	w->disk = store_mem_disk_create(DISK);
	start_controller(w);
	for (unsigned i = 0; i < n_switches; i++) {
		struct world_switch *s = &w->switches[i];

		s->world = w;
		s->index = i;
		start_switch(s);
		timer_init(&s->redial, redial_if_closed, s);
		timer_arm(w->loop, &s->redial, i * NS_PER_MS);
	}
}

static void end_call(struct call *c, const struct status *st)
{
	list_remove(&c->in_world);
	if (c->who.done)
		c->who.done(&c->who, st);
	free(c);
}

static void stop_controller(struct controller_world *w)
{
	struct status gone = STATUS_INIT;

	controller_destroy(w->controller);
	status_set(&gone, STATUS_UNAVAILABLE, NULL, "the controller has died");
	while (!list_is_empty(&w->calls))
		end_call(container_of(w->calls.next, struct call, in_world), &gone);
}

void world_fini(struct controller_world *w)
{
	stop_controller(w);
	for (unsigned i = 0; i < w->n_switches; i++) {
		timer_cancel(w->loop, &w->switches[i].redial);
		mem_switch_destroy(w->switches[i].sw);
		stream_pair_release(w->switches[i].pair);
	}
	loop_virtual_settle(w->loop);
	store_mem_disk_destroy(w->disk);
	loop_virtual_destroy(w->loop);
}

static int take_response(void *arg, const ProtobufCMessage *m)
{
	(void)arg, (void)m;
	return 0;
}

static void take_end(void *arg, const struct status *st)
{
	end_call(arg, st);
}

static const struct api_door door = { take_response, take_end };

void world_call(struct controller_world *w, const char *method, const struct world_caller *who,
		const char *format, ...)
{
	struct api_dispatch *d = controller_dispatch(w->controller);
	struct call *c = xcalloc(1, sizeof(*c));
	struct status st = STATUS_INIT;
	const struct api_endpoint *e;
	char path[128], request[1024];
	ProtobufCMessage *msg;
	va_list args;

	va_start(args, format);
	vsnprintf(request, sizeof(request), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "/weft.v1.%s", method);
	e = api_dispatch_find(d, path);
	if (!e)
		die("no method", path);
	if (who)
		c->who = *who;
	list_insert(&w->calls, &c->in_world);
	c->call = api_call_begin(d, e, &door, c, 0, &st);
	if (!c->call)
		die(path, st.message);
	msg = json_read(api_arena(c->call), api_endpoint_method(e)->input, request, strlen(request),
			NULL, &st);
	if (!msg)
		die(request, st.message);
	api_call_request(c->call, msg);
}

void world_cut(struct controller_world *w, unsigned sw)
{
	struct world_switch *s = &w->switches[sw];

	if (s->pair && !stream_pair_is_closed(s->pair))
		stream_pair_break(s->pair, "cable cut");
}

void world_restart_switch(struct controller_world *w, unsigned sw)
{
	mem_switch_destroy(w->switches[sw].sw);
	start_switch(&w->switches[sw]);
}

void world_restart_controller(struct controller_world *w)
{
	stop_controller(w);
	start_controller(w);
}

static bool is_settled(void *arg)
{
	struct controller_world *w = arg;
	struct southbound *sb = controller_southbound(w->controller);

	if (!list_is_empty(&w->calls) || !engine_is_settled(controller_engine(w->controller)))
		return false;
	for (unsigned i = 0; i < w->n_switches; i++) {
		if (!southbound_is_connected(sb, world_datapath_id(i)))
			return false;
	}
	return southbound_is_idle(sb);
}

/* At rest is what stays at rest for a second: ports are plugged again after a switch came back. */
bool world_settle(struct controller_world *w)
{
	for (unsigned i = 0; i < 20; i++) {
		if (!loop_virtual_run_until(w->loop, is_settled, w, 120 * NS_PER_SEC))
			return false;
		loop_virtual_run_for(w->loop, NS_PER_SEC);
		if (is_settled(w))
			return true;
	}
	return false;
}

void world_send(struct controller_world *w, unsigned sw, uint32_t port_no, const struct frame *f)
{
	w->n_received = 0;
	mem_switch_receive(w->switches[sw].sw, port_no, f->data, f->size);
}

unsigned world_count(const struct controller_world *w, unsigned sw, uint32_t port_no)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->n_received; i++)
		n += w->received[i].sw == sw && w->received[i].port_no == port_no;
	return n;
}
