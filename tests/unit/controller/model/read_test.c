/* Reading: pages of one revision while others write, filters, watches and their continuation. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/fakes/controller/model_world.h"

#define LIST  "NetworkService/ListNetworks"
#define WATCH "WatchService/Watch"

static void network(struct model_world *w, const char *id, const char *fields)
{
	char *r = xasprintf("{\"parent\":\"projects/acme\",\"networkId\":\"%s\",\"network\":{%s}}",
			    id, fields);

	call_ok(w, "NetworkService/CreateNetwork", r);
	free(r);
}

static int setup(void **state)
{
	struct model_world *w = xcalloc(1, sizeof(*w));
	char id[16];

	model_world_init(w);
	call_ok(w, "ProjectService/CreateProject", "{\"projectId\":\"acme\"}");
	call_ok(w, "ProjectService/CreateProject", "{\"projectId\":\"globex\"}");
	for (unsigned i = 0; i < 5; i++) {
		snprintf(id, sizeof(id), "n%u", i);
		network(w, id,
			i % 2 ? "\"labels\":{\"env\":\"prod\",\"n\":\"odd\"}"
			      : "\"labels\":{\"env\":\"test\"},\"mtu\":9000");
	}
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	model_world_fini(*state);
	free(*state);
	return 0;
}

/* The short names in a list's answer, "n0 n1 ". */
static void names_in(const char *json, const char *collection, char *out, size_t size)
{
	char *mark = xasprintf("/%s/", collection);
	size_t n = 0;

	*out = '\0';
	while ((json = strstr(json, "\"name\":\"")) != NULL) {
		const char *end = strchr(json + 8, '"'), *at = strstr(json, mark);

		if (at && at < end)
			n += snprintf(out + n, size - n, "%.*s ", (int)(end - at - strlen(mark)),
				      at + strlen(mark));
		json = end;
	}
	free(mark);
}

static void assert_filter(struct model_world *w, const char *filter, const char *expected)
{
	char *r = xasprintf("{\"parent\":\"projects/acme\",\"filter\":\"%s\"}", filter);
	char names[256];

	names_in(call_ok(w, LIST, r), "networks", names, sizeof(names));
	assert_string_equal(names, expected);
	free(r);
}

static void test_filters(void **state)
{
	struct model_world *w = *state;

	assert_filter(w, "", "n0 n1 n2 n3 n4 ");
	assert_filter(w, "labels.env = \\\"prod\\\"", "n1 n3 ");
	assert_filter(w, "labels.env=prod AND name=projects/acme/networks/n1", "n1 ");
	assert_filter(w, "labels.env != prod", "n0 n2 n4 ");
	assert_filter(w, "labels:n", "n1 n3 ");
	assert_filter(w, "labels.n:*", "n1 n3 ");
	assert_filter(w, "mtu = 9000", "n0 n2 n4 ");
	assert_filter(w, "state = ACTIVE AND mtu != 9000", "n1 n3 ");
	assert_filter(w, "name:n2", "n2 ");
	assert_filter(w, "name = 'projects/acme/networks/n*'", "n0 n1 n2 n3 n4 ");
	assert_filter(w, "labels.none = x", "");
	assert_filter(w, "stateReason = x", "");
	assert_filter(w, "state:ACT", "n0 n1 n2 n3 n4 ");
}

static void test_bad_filters(void **state)
{
	static const char *const bad[] = {
		"speed = 1",	       "mtu",	   "mtu =",
		"mtu = \\\"9",	       "= 1",	   "mtu = 1 OR mtu = 2",
		"mtu = 1 AND",	       "mtu ~ 1",  "labels.env = prod AND AND",
		"create_time.x.y = 1", "(",	   "state = NOPE",
		"mtu = large",	       "mtu != ''"
	};
	struct model_world *w = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		char *r = xasprintf("{\"parent\":\"projects/acme\",\"filter\":\"%s\"}", bad[i]);

		call_fails(w, LIST, r, STATUS_INVALID_ARGUMENT, "filter", "filter:");
		free(r);
	}
}

/* While somebody reads page by page, others create, change and delete: every page shows the first
 * one's revision. */
static void test_pages_while_writing(void **state)
{
	struct model_world *w = *state;
	char names[64], all[256] = "", *request;
	char token[600];
	const char *page = call_ok(w, LIST, "{\"parent\":\"projects/acme\",\"pageSize\":2}");
	unsigned n_pages = 1;

	assert_non_null(strstr(page, "\"revision\":\"7\"}\n"));
	names_in(page, "networks", names, sizeof(names));
	strcat(all, names);
	while (strstr(page, "nextPageToken")) {
		snprintf(token, sizeof(token), "%s", answered(page, "nextPageToken"));
		if (n_pages == 1) {
			network(w, "n2a", "");
			call_ok(w, "NetworkService/DeleteNetwork",
				"{\"name\":\"projects/acme/networks/n3\"}");
			call_ok(w, "NetworkService/UpdateNetwork",
				"{\"network\":{\"name\":\"projects/acme/networks/"
				"n2\",\"mtu\":1400}}");
		}
		request = xasprintf(
			"{\"parent\":\"projects/acme\",\"pageSize\":2,\"pageToken\":\"%s\"}",
			token);
		page = call_ok(w, LIST, request);
		free(request);
		assert_non_null(strstr(page, "\"revision\":\"7\"}\n"));
		assert_null(strstr(page, "1400"));
		names_in(page, "networks", names, sizeof(names));
		strcat(all, names);
		n_pages++;
	}
	assert_int_equal(n_pages, 3);
	assert_string_equal(all, "n0 n1 n2 n3 n4 ");
	assert_filter(w, "", "n0 n1 n2 n2a n4 ");
	/* the token belongs to this list */
	request = xasprintf("{\"parent\":\"projects/globex\",\"pageToken\":\"%s\"}", token);
	call_fails(w, LIST, request, STATUS_INVALID_ARGUMENT, "page_token", "none of this list");
	free(request);
	store_compact(w->store, store_revision(w->store));
	request = xasprintf("{\"parent\":\"projects/acme\",\"pageToken\":\"%s\"}", token);
	call_fails(w, LIST, request, STATUS_INVALID_ARGUMENT, "page_token", "has expired");
	free(request);
}

static void test_lists_refused(void **state)
{
	struct model_world *w = *state;

	call_fails(w, LIST, "{\"parent\":\"projects/none\"}", STATUS_NOT_FOUND, "parent",
		   "there is no");
	call_fails(w, LIST, "{\"parent\":\"acme\"}", STATUS_INVALID_ARGUMENT, "parent",
		   "projects/*");
	call_fails(w, LIST, "{\"parent\":\"projects/acme\",\"pageSize\":-1}",
		   STATUS_INVALID_ARGUMENT, "page_size", "1 to 1000");
	call_fails(w, LIST, "{\"parent\":\"projects/acme\",\"pageToken\":\"zzz\"}",
		   STATUS_INVALID_ARGUMENT, "page_token", "none of this list");
}

static void test_wildcard_parent(void **state)
{
	struct model_world *w = *state;
	char names[64];

	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/globex\",\"networkId\":\"red\"}");
	names_in(call_ok(w, LIST, "{\"parent\":\"projects/-\"}"), "networks", names, sizeof(names));
	assert_string_equal(names, "n0 n1 n2 n3 n4 red ");
	names_in(call_ok(w, LIST, "{\"parent\":\"projects/globex\"}"), "networks", names,
		 sizeof(names));
	assert_string_equal(names, "red ");
	call_ok(w, "SubnetService/ListSubnets", "{\"parent\":\"projects/-/networks/-\"}");
}

/* "A n0" for each event: what happened and to which network, or "-" for another resource. */
static void events_in(const struct test_call *c, char *out, size_t size)
{
	struct buf copy = BUF_INIT;
	size_t n = 0;
	char *line;

	*out = '\0';
	buf_add(&copy, c->responses.data, c->responses.size);
	line = strtok((char *)buf_str(&copy), "\n");
	for (; line; line = strtok(NULL, "\n")) {
		const char *name = strstr(line, "/networks/");

		n += snprintf(out + n, size - n, "%c%.*s ", *answered(line, "type"),
			      name ? (int)strcspn(name + 10, "\"") : 0, name ? name + 10 : "");
	}
	buf_fini(&copy);
}

static void test_watch(void **state)
{
	struct model_world *w = *state;
	struct test_call all, some, later;
	char events[256], *request;

	call_begin(w, &all, WATCH, "{\"parent\":\"projects/acme\"}");
	call_begin(w, &some, WATCH, "{\"fromRevision\":\"5\",\"types\":[\"network\"]}");
	loop_virtual_settle(w->loop);
	events_in(&all, events, sizeof(events));
	assert_string_equal(events, "A An0 An1 An2 An3 An4 A S ");
	events_in(&some, events, sizeof(events));
	assert_string_equal(events, "An3 An4 ");
	buf_clear(&all.responses);
	call_ok(w, "NetworkService/UpdateNetwork",
		"{\"network\":{\"name\":\"projects/acme/networks/n2\",\"mtu\":1400}}");
	call_ok(w, "NetworkService/DeleteNetwork", "{\"name\":\"projects/acme/networks/n3\"}");
	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/globex\",\"networkId\":\"red\"}");
	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"n3\"}");
	events_in(&all, events, sizeof(events));
	assert_string_equal(events, "Mn2 Dn3 An3 ");
	events_in(&some, events, sizeof(events));
	assert_string_equal(events, "An3 An4 Mn2 Dn3 Ared An3 ");
	assert_false(all.is_over);
	/* continued from where the first one was, after a restart of the controller */
	call_fini(&all);
	call_fini(&some);
	model_world_restart(w);
	request = xasprintf("{\"parent\":\"projects/acme\",\"fromRevision\":\"%d\"}", 8);
	call_begin(w, &later, WATCH, request);
	free(request);
	loop_virtual_settle(w->loop);
	events_in(&later, events, sizeof(events));
	assert_string_equal(events, "Dn3 An3 ");
	assert_string_equal(answered(buf_str(&later.responses), "revision"), "9");
	call_fini(&later);
}

/* Transactions also write records that nobody watches: of request ids, of ids given out. */
static void test_event_has_the_revision_of_its_change(void **state)
{
	struct model_world *w = *state;
	struct test_call all = { 0 };
	char *request;
	int64_t change;

	model_world_restart(w);
	request = xasprintf("{\"fromRevision\":\"%lld\"}", (long long)store_revision(w->store));
	call_begin(w, &all, WATCH, request);
	free(request);
	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"new\",\"requestId\":\"r-1\"}");
	change = store_revision(w->store);
	loop_virtual_settle(w->loop);
	assert_int_equal(atoll(answered(buf_str(&all.responses), "revision")), change);
	call_fini(&all);
}

static void test_watch_refused(void **state)
{
	struct model_world *w = *state;

	call_fails(w, WATCH, "{\"types\":[\"network\",\"router\"]}", STATUS_INVALID_ARGUMENT,
		   "types[1]", "router");
	call_fails(w, WATCH, "{\"fromRevision\":\"99\"}", STATUS_INVALID_ARGUMENT, "from_revision",
		   "has not been yet");
	call_fails(w, WATCH, "{\"parent\":\"acme\"}", STATUS_INVALID_ARGUMENT, "parent",
		   "no resource");
	store_compact(w->store, 5);
	call_fails(w, WATCH, "{\"fromRevision\":\"4\"}", STATUS_OUT_OF_RANGE, "from_revision",
		   "list again");
}

static void test_slow_reader(void **state)
{
	struct model_world *w = *state;
	struct test_call c;

	/* The snapshot waits for the reader and costs no memory meanwhile. */
	call_begin(w, &c, WATCH, "{}");
	c.is_slow = true;
	loop_virtual_settle(w->loop);
	assert_false(c.is_over);
	call_fini(&c);
	call_begin(w, &c, WATCH, "{}");
	loop_virtual_settle(w->loop);
	assert_int_equal(c.n_responses, 10);
	c.is_slow = true;
	network(w, "late", "");
	loop_virtual_settle(w->loop);
	assert_true(c.is_over);
	assert_int_equal(c.status.code, STATUS_RESOURCE_EXHAUSTED);
	call_fini(&c);
}

/* The engine is told of each change once, with what was before and after. */
struct seen {
	struct engine_node node;
	struct buf text;
};

static enum engine_result networks_changed(struct engine_node *self, struct engine_node *input)
{
	struct seen *s = container_of(self, struct seen, node);
	const struct model_change *changes;
	size_t n;

	changes = model_changes(input, &n);
	engine_work(self, n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&s->text, "%s%s%s ", changes[i].before ? "-" : "",
			   changes[i].after ? "+" : "", resource_short_name(changes[i].r->name));
	return ENGINE_UPDATED;
}

static bool recompute(struct engine_node *self)
{
	(void)self;
	return true;
}

static void test_engine_hears(void **state)
{
	static const struct engine_node_class class = { .recompute = recompute };
	struct model_world *w = *state;
	struct seen s = { 0 };
	uint64_t work;

	engine_add(w->engine, &s.node, &class, "seen");
	engine_connect(&s.node, model_node(w->model, &network_resource), networks_changed);
	engine_run(w->engine);
	assert_int_equal(s.text.size, 0);
	network(w, "x", "");
	call_ok(w, "NetworkService/UpdateNetwork",
		"{\"network\":{\"name\":\"projects/acme/networks/x\",\"mtu\":1400}}");
	call_ok(w, "NetworkService/DeleteNetwork", "{\"name\":\"projects/acme/networks/x\"}");
	assert_string_equal(buf_str(&s.text), "+x -+x -x ");
	assert_null(model_find(w->model, "projects/acme/networks/x"));
	/* one change costs one item, however many networks there are */
	work = s.node.counters.n_work;
	call_ok(w, "NetworkService/UpdateNetwork",
		"{\"network\":{\"name\":\"projects/acme/networks/n1\",\"mtu\":1400}}");
	assert_int_equal(s.node.counters.n_work - work, 1);
	assert_int_equal(s.node.counters.n_recomputed, 1);
	buf_fini(&s.text);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_filters),
		TEST(test_bad_filters),
		TEST(test_pages_while_writing),
		TEST(test_lists_refused),
		TEST(test_wildcard_parent),
		TEST(test_watch),
		TEST(test_event_has_the_revision_of_its_change),
		TEST(test_watch_refused),
		TEST(test_slow_reader),
		TEST(test_engine_hears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
