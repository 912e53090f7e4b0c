/* Address groups: what a change costs, what lists and watchers and apps see of it, and that a disk
 * that is full or a controller that dies loses nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "controller/model/address_group.h"
#include "controller/model/model_priv.h"
#include "tests/fakes/controller/quoted.h"

#define BAD  "projects/acme/addressGroups/bad"
#define ADD  "AddressGroupService/AddAddresses"
#define TAKE "AddressGroupService/RemoveAddresses"
#define LIST "AddressGroupService/ListAddresses"

static int setup(void **state)
{
	struct model_world *w = xcalloc(1, sizeof(*w));

	model_world_init(w);
	ok(w, "ProjectService/CreateProject", "{'projectId':'acme'}");
	ok(w, "AddressGroupService/CreateAddressGroup",
	   "{'parent':'projects/acme','addressGroupId':'bad'}");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	model_world_fini(*state);
	free(*state);
	return 0;
}

/* What the store writes, seen through a watch of all of it. */
struct writes {
	struct store_watch *watch;
	size_t n, bytes;
};

static void on_write(void *arg, const struct store_event *event)
{
	struct writes *s = arg;

	s->n++;
	s->bytes += strlen(event->kv.key);
	if (event->kind == STORE_EVENT_PUT)
		s->bytes += event->kv.size;
}

static void on_compacted(void *arg)
{
	((struct writes *)arg)->watch = NULL;
}

static void writes_begin(struct model_world *w, struct writes *s)
{
	static const struct store_watch_events events = { on_write, on_compacted };

	*s = (struct writes){ 0 };
	s->watch = store_watch(w->store, "", store_revision(w->store), &events, s);
}

static void writes_end(struct model_world *w, struct writes *s)
{
	loop_virtual_settle(w->loop);
	assert_non_null(s->watch);
	store_watch_cancel(s->watch);
}

static const char *add_range(struct model_world *w, const char *method, unsigned first, unsigned n)
{
	struct buf b = BUF_INIT;
	const char *answer;

	for (unsigned i = first; i < first + n; i++)
		buf_printf(&b, "%s'10.%u.%u.%u'", i > first ? "," : "", i >> 16, i >> 8 & 255,
			   i & 255);
	answer = ok(w, method, "{'name':'" BAD "','addresses':[%s]}", buf_str(&b));
	buf_fini(&b);
	return answer;
}

static size_t count(const struct model_world *w)
{
	return address_group_count(model_find(w->model, BAD));
}

/* The group's addresses by pages of N, each with a space behind it; they are counted. */
static size_t list(struct model_world *w, unsigned n, struct buf *out)
{
	char token[256] = "";
	size_t total = 0;

	do {
		const char *page =
			ok(w, LIST, "{'name':'" BAD "','pageSize':%u,'pageToken':'%s'}", n, token);

		for (const char *at = strstr(page, "[\""); at && *at != ']';) {
			size_t length = strcspn(at + 2, "\"");

			buf_add(out, at + 2, length);
			buf_puts(out, " ");
			total++;
			at += 2 + length + 1;
		}
		if (!strstr(page, "nextPageToken"))
			return total;
		snprintf(token, sizeof(token), "%s", answered(page, "nextPageToken"));
	} while (*token);
	return total;
}

static void test_normal_forms(void **state)
{
	struct model_world *w = *state;
	struct buf all = BUF_INIT;
	const char *g;

	g = ok(w, ADD,
	       "{'name':'" BAD "','addresses':['10.0.0.1','10.0.0.1/32','FD00::/8',"
	       "'0.0.0.0/0','::/0','fd00::1']}");
	assert_non_null(strstr(g, "\"addressCount\":5"));
	assert_int_equal(list(w, 2, &all), 5);
	assert_string_equal(buf_str(&all), "10.0.0.1/32 fd00::/8 0.0.0.0/0 ::/0 fd00::1/128 ");
	/* What is there or is not there already is no change. */
	g = ok(w, ADD, "{'name':'" BAD "','addresses':['10.0.0.1']}");
	g = ok(w, TAKE, "{'name':'" BAD "','addresses':['10.0.0.2','10.0.0.0/8']}");
	assert_non_null(strstr(g, "\"addressCount\":5"));
	g = ok(w, TAKE, "{'name':'" BAD "','addresses':['10.0.0.1','10.0.0.1','::/0']}");
	assert_non_null(strstr(g, "\"addressCount\":3"));
	g = ok(w, TAKE, "{'name':'" BAD "','addresses':['fd00::1'],'validateOnly':true}");
	assert_non_null(strstr(g, "\"addressCount\":2"));
	assert_int_equal(count(w), 3);
	buf_clear(&all);
	assert_int_equal(list(w, 0, &all), 3);
	buf_fini(&all);
}

static void test_refused(void **state)
{
	struct model_world *w = *state;

	refused(w, ADD, STATUS_INVALID_ARGUMENT, "addresses", "1 to 10000", "{'name':'" BAD "'}");
	refused(w, ADD, STATUS_INVALID_ARGUMENT, "addresses[1]", "bits beyond",
		"{'name':'" BAD "','addresses':['10.0.0.0/8','10.0.0.1/8']}");
	refused(w, ADD, STATUS_INVALID_ARGUMENT, "addresses[0]", "IP address",
		"{'name':'" BAD "','addresses':['ten']}");
	refused(w, TAKE, STATUS_NOT_FOUND, "name", "there is no address group",
		"{'name':'projects/acme/addressGroups/none','addresses':['10.0.0.1']}");
	refused(w, TAKE, STATUS_ABORTED, "etag", "somebody else",
		"{'name':'" BAD "','addresses':['10.0.0.1'],'etag':'0'}");
	refused(w, LIST, STATUS_NOT_FOUND, "name", "there is no address group",
		"{'name':'projects/acme/addressGroups/none'}");
	refused(w, LIST, STATUS_INVALID_ARGUMENT, "page_size", "10000",
		"{'name':'" BAD "','pageSize':-1}");
	refused(w, LIST, STATUS_INVALID_ARGUMENT, "page_token", "none of this list",
		"{'name':'" BAD "','pageToken':'1.2.3'}");
}

/* 100,000 addresses, then one less: counted in keys and bytes that the store writes. */
static void test_cost(void **state)
{
	struct model_world *w = *state;
	struct writes s;
	struct buf all = BUF_INIT;

	writes_begin(w, &s);
	for (unsigned i = 0; i < 10; i++)
		add_range(w, ADD, i * 10000, 10000);
	writes_end(w, &s);
	assert_int_equal(count(w), 100000);
	print_message("100,000 added by 10 calls: %zu keys, %zu bytes\n", s.n, s.bytes);
	/* Each chunk once or twice, the group and its last change ten times. */
	assert_true(s.n <= 391 + 9 + 2 * 10);
	assert_true(s.bytes < 100000 * (6 + 18) + 64 * s.n + 10 * 1024);
	refused(w, ADD, STATUS_RESOURCE_EXHAUSTED, "addresses", "at most 100000",
		"{'name':'" BAD "','addresses':['fd00::1']}");

	writes_begin(w, &s);
	ok(w, TAKE, "{'name':'" BAD "','addresses':['10.0.200.7']}");
	writes_end(w, &s);
	print_message("one of 100,000 removed: %zu keys, %zu bytes\n", s.n, s.bytes);
	/* The chunk, the group, the last change. */
	assert_int_equal(s.n, 3);
	assert_true(s.bytes < 256 * 6 + 1024);
	assert_int_equal(count(w), 99999);

	/* The place that became free is taken first. */
	writes_begin(w, &s);
	ok(w, ADD, "{'name':'" BAD "','addresses':['10.0.200.7']}");
	writes_end(w, &s);
	assert_int_equal(s.n, 3);

	/* From all chunks at once is the most a call can touch. */
	writes_begin(w, &s);
	add_range(w, TAKE, 0, 10000);
	writes_end(w, &s);
	assert_true(s.n <= 391 + 2);
	assert_int_equal(list(w, 10000, &all), 90000);
	buf_fini(&all);
	model_world_restart(w);
	assert_int_equal(count(w), 90000);
	/* With the group all of it goes. */
	ok(w, "AddressGroupService/DeleteAddressGroup", "{'name':'" BAD "'}");
	model_world_restart(w);
	writes_begin(w, &s);
	ok(w, "AddressGroupService/CreateAddressGroup",
	   "{'parent':'projects/acme','addressGroupId':'bad'}");
	writes_end(w, &s);
	assert_int_equal(count(w), 0);
	assert_int_equal(list(w, 0, &all), 0);
}

/* Pages are of one revision, however much is written between them. */
static void test_pages_while_writing(void **state)
{
	struct model_world *w = *state;
	char *token;
	const char *page;

	add_range(w, ADD, 0, 600);
	page = ok(w, LIST, "{'name':'" BAD "','pageSize':300}");
	token = xstrdup(answered(page, "nextPageToken"));
	add_range(w, TAKE, 100, 500);
	page = ok(w, LIST, "{'name':'" BAD "','pageSize':300,'pageToken':'%s'}", token);
	assert_non_null(strstr(page, "10.0.1.44/32"));
	assert_non_null(strstr(page, "10.0.2.87/32"));
	assert_null(strstr(page, "nextPageToken"));
	store_compact(w->store, store_revision(w->store));
	refused(w, LIST, STATUS_INVALID_ARGUMENT, "page_token", "expired",
		"{'name':'" BAD "','pageSize':300,'pageToken':'%s'}", token);
	free(token);
}

static void test_watch(void **state)
{
	struct model_world *w = *state;
	struct test_call all, changes, later;
	char *text;

	ok(w, ADD, "{'name':'" BAD "','addresses':['10.0.0.1']}");
	call_begin(w, &all, "WatchService/Watch",
		   "{\"parent\":\"projects/acme/addressGroups/bad\"}");
	text = quoted("{'fromRevision':'%lld','types':['address_change']}",
		      (long long)store_revision(w->store));
	call_begin(w, &changes, "WatchService/Watch", text);
	free(text);
	loop_virtual_settle(w->loop);
	assert_int_equal(all.n_responses, 2); /* the group and SYNCED; no change of the past */
	assert_null(strstr(buf_str(&all.responses), "addressChange"));
	ok(w, ADD, "{'name':'" BAD "','addresses':['10.0.0.1','10.0.0.2']}");
	ok(w, TAKE, "{'name':'" BAD "','addresses':['10.0.0.1']}");
	loop_virtual_settle(w->loop);
	assert_int_equal(all.n_responses, 2 + 2 * 2);
	text = quoted("{'type':'MODIFIED','revision':'4','addressChange':{'addressGroup':'" BAD
		      "','added':['10.0.0.2/32']}}\n"
		      "{'type':'MODIFIED','revision':'5','addressChange':{'addressGroup':'" BAD
		      "','removed':['10.0.0.1/32']}}\n");
	assert_string_equal(buf_str(&changes.responses), text);
	free(text);
	ok(w, "AddressGroupService/DeleteAddressGroup", "{'name':'" BAD "'}");
	loop_virtual_settle(w->loop);
	assert_int_equal(changes.n_responses, 2);
	assert_int_equal(all.n_responses, 2 + 2 * 2 + 1);
	assert_string_equal(answered(strrchr(buf_str(&all.responses), '{') - 60, "name"), BAD);
	/* Who comes later is told the same. */
	text = quoted("{'fromRevision':'4','types':['address_change']}");
	call_begin(w, &later, "WatchService/Watch", text);
	free(text);
	loop_virtual_settle(w->loop);
	assert_int_equal(later.n_responses, 1);
	call_fini(&later);
	call_fini(&all);
	call_fini(&changes);
}

/* An app that follows the changes has what the group has. */
struct follower {
	struct engine_node node;
	struct buf text;
};

static bool print_range(void *arg, const struct ip_range *range)
{
	char text[IP_TEXT_SIZE + 4];

	ip_format_cidr(range, text);
	buf_printf(arg, "=%s ", text);
	return true;
}

static enum engine_result groups_changed(struct engine_node *self, struct engine_node *input)
{
	struct follower *f = container_of(self, struct follower, node);
	const struct address_change *deltas;
	const struct model_change *changes;
	size_t n, n_deltas;
	char text[IP_TEXT_SIZE + 4];

	changes = model_changes(input, &n);
	for (size_t i = 0; i < n; i++) {
		if (!changes[i].after) {
			buf_puts(&f->text, "gone ");
			continue;
		}
		if (!changes[i].before) {
			address_group_each(changes[i].r, print_range, &f->text);
			continue;
		}
		deltas = address_group_changes(changes[i].r, &n_deltas);
		for (size_t k = 0; k < n_deltas; k++) {
			ip_format_cidr(&deltas[k].range, text);
			buf_printf(&f->text, "%c%s ", deltas[k].is_added ? '+' : '-', text);
		}
	}
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
	struct follower f = { 0 };
	struct test_call calls[3];

	engine_add(w->engine, &f.node, &class, "follower");
	engine_connect(&f.node, model_node(w->model, &address_group_resource), groups_changed);
	engine_run(w->engine);
	ok(w, ADD, "{'name':'" BAD "','addresses':['10.0.0.1','10.0.0.2']}");
	ok(w, TAKE, "{'name':'" BAD "','addresses':['10.0.0.1']}");
	assert_string_equal(buf_str(&f.text), "+10.0.0.1/32 +10.0.0.2/32 -10.0.0.1/32 ");
	buf_clear(&f.text);
	/* Several of one millisecond come in their order. */
	call_begin(w, &calls[0], ADD, "{\"name\":\"" BAD "\",\"addresses\":[\"fd00::1\"]}");
	call_begin(w, &calls[1], TAKE, "{\"name\":\"" BAD "\",\"addresses\":[\"fd00::1\"]}");
	call_begin(w, &calls[2], ADD, "{\"name\":\"" BAD "\",\"addresses\":[\"fd00::1\"]}");
	loop_virtual_settle(w->loop);
	for (unsigned i = 0; i < ARRAY_LENGTH(calls); i++) {
		assert_true(calls[i].is_over && status_ok(&calls[i].status));
		call_fini(&calls[i]);
	}
	assert_string_equal(buf_str(&f.text), "+fd00::1/128 -fd00::1/128 +fd00::1/128 ");
	buf_clear(&f.text);
	ok(w, "AddressGroupService/DeleteAddressGroup", "{'name':'" BAD "'}");
	assert_string_equal(buf_str(&f.text), "gone ");
	buf_fini(&f.text);
}

/* Random calls, some of them at once and some on a full disk, against a plain set; after each round
 * the store, the model and a restarted model have what was acknowledged. */

#define N_ADDRESSES 2000
#define N_AT_ONCE   4

struct edit_call {
	struct test_call call;
	bool is_added;
	unsigned n, chosen[64];
};

static struct rng rng;

static void begin_edit(struct model_world *w, struct edit_call *c)
{
	struct buf b = BUF_INIT;

	c->is_added = rng_below(&rng, 3) != 0;
	c->n = 1 + rng_below(&rng, ARRAY_LENGTH(c->chosen));
	for (unsigned i = 0; i < c->n; i++) {
		c->chosen[i] = rng_below(&rng, N_ADDRESSES);
		buf_printf(&b, "%s\"fd00::%x\"", i ? "," : "", c->chosen[i]);
	}
	{
		char *request = xasprintf("{\"name\":\"" BAD "\",\"addresses\":[%s]}", buf_str(&b));

		call_begin(w, &c->call, c->is_added ? ADD : TAKE, request);
		free(request);
	}
	buf_fini(&b);
}

static void apply(bool has[N_ADDRESSES], const struct edit_call *c)
{
	for (unsigned i = 0; i < c->n; i++)
		has[c->chosen[i]] = c->is_added;
}

static void check(struct model_world *w, const bool has[N_ADDRESSES])
{
	bool is_listed[N_ADDRESSES] = { false };
	struct buf all = BUF_INIT;
	size_t n = 0, n_listed = list(w, 1 + rng_below(&rng, 700), &all);
	char wanted[32];

	for (char *at = strtok((char *)buf_str(&all), " "); at; at = strtok(NULL, " ")) {
		struct ip_range range;

		assert_null(ip_parse_prefix(&range, at));
		is_listed[load_be16(range.first.bytes + 14)] = true;
	}
	for (unsigned i = 0; i < N_ADDRESSES; i++) {
		n += has[i];
		assert_int_equal(is_listed[i], has[i]);
	}
	assert_int_equal(n_listed, n);
	assert_int_equal(count(w), n);
	snprintf(wanted, sizeof(wanted), "\"addressCount\":%zu", n);
	assert_true(
		n == 0 ||
		strstr(ok(w, "AddressGroupService/GetAddressGroup", "{'name':'" BAD "'}"), wanted));
	buf_fini(&all);
}

static void run_random(struct model_world *w, uint64_t seed)
{
	bool has[N_ADDRESSES] = { false };

	rng_seed(&rng, seed);
	for (unsigned round = 0; round < 60; round++) {
		struct edit_call calls[N_AT_ONCE];
		unsigned n = 1 + rng_below(&rng, N_AT_ONCE);

		store_mem_disk_set_full(w->disk, rng_below(&rng, 5) == 0);
		store_mem_disk_set_delay(w->disk, rng_below(&rng, 3) * NS_PER_MS);
		for (unsigned i = 0; i < n; i++) {
			begin_edit(w, &calls[i]);
			if (rng_below(&rng, 3) == 0)
				loop_virtual_run_for(w->loop, rng_below(&rng, 4) * NS_PER_MS);
		}
		loop_virtual_run_for(w->loop, NS_PER_SEC);
		store_mem_disk_set_full(w->disk, false);
		for (unsigned i = 0; i < n; i++) {
			assert_true(calls[i].call.is_over);
			if (status_ok(&calls[i].call.status))
				apply(has, &calls[i]);
			call_fini(&calls[i].call);
		}
		if (rng_below(&rng, 10) == 0)
			model_world_restart(w);
		if (round % 6 == 0)
			check(w, has);
	}
	model_world_restart(w);
	check(w, has);
	ok(w, "AddressGroupService/DeleteAddressGroup", "{'name':'" BAD "'}");
	ok(w, "AddressGroupService/CreateAddressGroup",
	   "{'parent':'projects/acme','addressGroupId':'bad'}");
}

static void test_random_calls(void **state)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
		run_random(*state, seed);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_normal_forms),	TEST(test_refused), TEST(test_cost),
		TEST(test_pages_while_writing), TEST(test_watch),   TEST(test_engine_hears),
		TEST(test_random_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
