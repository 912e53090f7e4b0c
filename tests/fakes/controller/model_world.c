#include "tests/fakes/controller/model_world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include "api/schema.h"
#include "api/transcode/json.h"

struct plugging {
	struct timer timer;
	struct model_world *world;
	plug_done_fn *done;
	void *arg;
	bool is_unplug;
	uint32_t of_port;
	char ifname[32], socket_path[64];
	uint32_t port_id;
};

static void plug_finished(struct timer *t, void *arg)
{
	struct plugging *p = arg;
	struct model_world *w = p->world;
	struct plug_result result = { .status = w->plug_failure,
				      .of_port = p->of_port,
				      .socket_path = p->socket_path,
				      .interface_name = p->ifname };
	bool is_up = !p->is_unplug && status_ok(&w->plug_failure);
	uint32_t port_id = p->port_id;

	(void)t;
	p->done(p->arg, &result);
	free(p);
	if (is_up && w->is_acknowledging) {
		loop_virtual_settle(w->loop);
		model_port_acknowledged(w->model, port_id, true, "");
	}
}

static void start(struct model_world *w, struct plugging *p, plug_done_fn *done, void *arg)
{
	p->world = w;
	p->done = done;
	p->arg = arg;
	timer_init(&p->timer, plug_finished, p);
	timer_arm(w->loop, &p->timer, w->plug_delay_ns);
}

static void plug(void *ctx, const struct plug_request *r, plug_done_fn *done, void *arg)
{
	struct model_world *w = ctx;
	struct plugging *p = xcalloc(1, sizeof(*p));

	buf_printf(&w->plugs, "plug %llx %s %s port=%u mac=%s mtu=%u",
		   (unsigned long long)r->datapath_id, r->switch_port, r->kind, r->of_port, r->mac,
		   r->mtu);
	for (size_t i = 0; i < r->n_options; i++)
		buf_printf(&w->plugs, " %s=%s", r->option_keys[i], r->option_values[i]);
	buf_puts(&w->plugs, "\n");
	p->of_port = r->of_port ? r->of_port : w->next_of_port++;
	p->port_id = port_id_of_switch_name(r->switch_port);
	if (strcmp(r->kind, "VHOST_USER") == 0)
		snprintf(p->socket_path, sizeof(p->socket_path), "/run/weft/%s.sock",
			 r->switch_port);
	else
		snprintf(p->ifname, sizeof(p->ifname), "eth0");
	start(w, p, done, arg);
}

static void unplug(void *ctx, uint64_t datapath_id, const char *switch_port, plug_done_fn *done,
		   void *arg)
{
	struct model_world *w = ctx;
	struct plugging *p = xcalloc(1, sizeof(*p));

	buf_printf(&w->plugs, "unplug %llx %s\n", (unsigned long long)datapath_id, switch_port);
	p->is_unplug = true;
	start(w, p, done, arg);
}

static void open_world(struct model_world *w)
{
	struct status st = STATUS_INIT;
	struct model_options options = { .loop = w->loop, .rng = &w->rng };

	w->store = store_open("mem:model-world", w->loop, NULL, &st);
	assert_non_null(w->store);
	w->engine = engine_create(w->loop);
	options.store = w->store;
	options.engine = w->engine;
	options.plugger = (struct plugger){ plug, unplug, w };
	w->model = model_create(&options, &st);
	if (!w->model)
		fail_msg("%s", st.message);
	w->dispatch = api_dispatch_create(w->loop, &weft_schema);
	model_serve(w->model, w->dispatch);
	loop_virtual_settle(w->loop);
}

static void close_world(struct model_world *w)
{
	store_close(w->store);
	model_destroy(w->model);
	api_dispatch_destroy(w->dispatch);
	engine_destroy(w->engine);
}

void model_world_init(struct model_world *w)
{
	*w = (struct model_world){ .next_of_port = 1, .is_acknowledging = true };
	w->loop = loop_virtual_create();
	rng_seed(&w->rng, 1);
	w->disk = store_mem_disk_create("model-world");
	open_world(w);
}

void model_world_fini(struct model_world *w)
{
	loop_virtual_run_for(w->loop, 30 * NS_PER_SEC);
	close_world(w);
	store_mem_disk_destroy(w->disk);
	loop_virtual_destroy(w->loop);
	buf_fini(&w->plugs);
}

void model_world_restart(struct model_world *w)
{
	loop_virtual_settle(w->loop);
	close_world(w);
	open_world(w);
}

static int take_response(void *arg, const ProtobufCMessage *m)
{
	struct test_call *c = arg;

	if (c->is_slow)
		return -ENOBUFS;
	json_write(&c->responses, m, JSON_ONE_LINE);
	buf_puts(&c->responses, "\n");
	c->n_responses++;
	return 0;
}

static void take_end(void *arg, const struct status *st)
{
	struct test_call *c = arg;

	c->status = *st;
	c->is_over = true;
}

static const struct api_door test_door = { take_response, take_end };

void call_begin(struct model_world *w, struct test_call *c, const char *method, const char *request)
{
	char path[128];
	const struct api_endpoint *e;
	struct status st = STATUS_INIT;
	ProtobufCMessage *msg;

	*c = (struct test_call){ 0 };
	snprintf(path, sizeof(path), "/weft.v1.%s", method);
	e = api_dispatch_find(w->dispatch, path);
	if (!e)
		fail_msg("no method %s", method);
	c->call = api_call_begin(w->dispatch, e, &test_door, c, 0, &st);
	msg = json_read(api_arena(c->call), api_endpoint_method(e)->input, request, strlen(request),
			NULL, &st);
	if (!msg)
		fail_msg("%s: %s", request, st.message);
	api_call_request(c->call, msg);
}

void call_fini(struct test_call *c)
{
	if (!c->is_over)
		api_call_cancel(c->call);
	buf_fini(&c->responses);
}

static bool is_over(void *arg)
{
	return ((struct test_call *)arg)->is_over;
}

static struct test_call finish(struct model_world *w, const char *method, const char *request)
{
	struct test_call c;

	call_begin(w, &c, method, request);
	assert_true(loop_virtual_run_until(w->loop, is_over, &c, 60 * NS_PER_SEC));
	/* The engine sees what was committed. */
	loop_virtual_settle(w->loop);
	return c;
}

const char *call_ok(struct model_world *w, const char *method, const char *request)
{
	static char text[1 << 20];
	struct test_call c = finish(w, method, request);

	if (!status_ok(&c.status))
		fail_msg("%s %s: %s", method, request, c.status.message);
	snprintf(text, sizeof(text), "%s", buf_str(&c.responses));
	call_fini(&c);
	return text;
}

void call_fails(struct model_world *w, const char *method, const char *request,
		enum status_code code, const char *field, const char *words)
{
	struct test_call c = finish(w, method, request);

	if (c.status.code != code || strcmp(c.status.field, field) != 0 ||
	    !strstr(c.status.message, words))
		fail_msg("%s %s: %s, field \"%s\": %s", method, request,
			 status_code_name(c.status.code), c.status.field, c.status.message);
	call_fini(&c);
}

const char *answered(const char *json, const char *key)
{
	static char value[512];
	char *quoted = xasprintf("\"%s\":\"", key);
	const char *at = strstr(json, quoted);

	if (!at)
		fail_msg("no %s in %s", key, json);
	at += strlen(quoted);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\""), at);
	free(quoted);
	return value;
}

void world_connect_host(struct model_world *w, uint64_t datapath_id, const char *name)
{
	struct host_report report = { .datapath_id = datapath_id,
				      .name = name,
				      .address = "tcp:127.0.0.1:1000",
				      .software = "Weft weft-dataplane 0",
				      .is_pluggable = true };

	model_host_connected(w->model, &report);
	model_host_synced(w->model, datapath_id, true);
	loop_virtual_settle(w->loop);
}
