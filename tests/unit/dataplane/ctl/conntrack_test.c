#include "tests/fakes/dataplane/tracked.h"
#include "tests/unit/dataplane/ctl/ask.h"

/* Management requests about tracked connections. */

typedef Weft__Switch__V1__ConnectionFilter filter;
typedef Weft__Switch__V1__TrackedConnection connection;

#define ASK_LIST(W, ...)                                                                           \
	ASK(W, CONNTRACK_LIST, conntrack_list, WEFT__SWITCH__V1__CONNTRACK_LIST_REQUEST__INIT,     \
	    __VA_ARGS__)
#define ASK_FLUSH(W, ...)                                                                          \
	ASK(W, CONNTRACK_FLUSH, conntrack_flush, WEFT__SWITCH__V1__CONNTRACK_FLUSH_REQUEST__INIT,  \
	    __VA_ARGS__)
#define ASK_LIMITS(W, ...)                                                                         \
	ASK(W, CONNTRACK_LIMITS, conntrack_limits,                                                 \
	    WEFT__SWITCH__V1__CONNTRACK_LIMITS_REQUEST__INIT, __VA_ARGS__)
#define ASK_SET(W, ...)                                                                            \
	ASK(W, CONNTRACK_SET_LIMIT, conntrack_set_limit,                                           \
	    WEFT__SWITCH__V1__CONNTRACK_SET_LIMIT_REQUEST__INIT, __VA_ARGS__)
#define ASK_POLICY(W, ...)                                                                         \
	ASK(W, CONNTRACK_POLICY, conntrack_policy,                                                 \
	    WEFT__SWITCH__V1__CONNTRACK_POLICY_REQUEST__INIT, __VA_ARGS__)
#define ASK_STATS(W)                                                                               \
	ASK(W, CONNTRACK_STATS, conntrack_stats, WEFT__SWITCH__V1__CONNTRACK_STATS_REQUEST__INIT)

static struct conntrack *conntrack_of(struct of_world *w)
{
	return datapath_conntrack(mem_switch_datapath(w->sw));
}

static int track(struct of_world *w, struct tracked_packet p)
{
	return track_packet(conntrack_of(w), loop_now_ns(w->loop), &p);
}

/* One of each kind. */
static void fill(struct of_world *w)
{
	track(w, (struct tracked_packet){ 5, 6, "10.0.0.1", "10.0.0.2", 1000, 80, .mark = 0x15,
					  .label = 0x1f });
	track(w, (struct tracked_packet){ 5, 6, "10.0.0.2", "10.0.0.1", 80, 1000, .tcp_flags = 0x12,
					  .ack = 1 });
	track(w, (struct tracked_packet){ 5, 6, "10.0.0.1", "10.0.0.2", 1000, 80, .tcp_flags = 0x10,
					  .seq = 1, .ack = 1 });
	track(w, (struct tracked_packet){ 0, 17, "10.0.1.1", "10.0.0.2", 1000, 53 });
	track(w, (struct tracked_packet){ 5, 1, "10.0.0.1", "10.0.0.2", 8, 0 });
	track(w, (struct tracked_packet){ 9, 6, "fd00::1", "fd00::2", 1000, 22 });
	assert_int_equal(conntrack_stats(conntrack_of(w)).n_connections, 4);
}

/* The only one that F lets through, in the arena of *R. */
static const connection *only(struct of_world *w, filter f, reply **r)
{
	*r = ASK_LIST(w, it->filter = &f);
	assert_int_equal((*r)->reply_case, REPLY(CONNTRACK_LIST));
	assert_int_equal((*r)->conntrack_list->next, 0);
	assert_int_equal((*r)->conntrack_list->n_connections, 1);
	return (*r)->conntrack_list->connections[0];
}

static filter any(void)
{
	return (filter)WEFT__SWITCH__V1__CONNECTION_FILTER__INIT;
}

static void test_what_is_told(void **state)
{
	struct of_world *w = *state;
	const connection *c;
	filter f = any();
	reply *r;

	fill(w);
	f.destination_port = 80;
	c = only(w, f, &r);
	assert_int_equal(c->zone, 5);
	assert_string_equal(c->protocol, "tcp");
	assert_string_equal(c->state, "ESTABLISHED");
	assert_string_equal(c->original->source, "10.0.0.1");
	assert_string_equal(c->original->destination, "10.0.0.2");
	assert_int_equal(c->original->source_port, 1000);
	assert_int_equal(c->reply->source_port, 80);
	assert_string_equal(c->reply->destination, "10.0.0.1");
	assert_null(c->parent);
	assert_int_equal(c->mark, 0x15);
	assert_string_equal(c->label, "0x1f");
	assert_true(c->has_reply && c->is_assured && !c->is_snat && !c->is_dnat && !c->is_helped);
	assert_true(c->timeout_ms > 431990000 && c->timeout_ms <= 432000000);
	done(r);
	f = any();
	f.protocol = (char *)"icmp";
	c = only(w, f, &r);
	assert_int_equal(c->original->icmp_type, 8);
	assert_int_equal(c->reply->icmp_type, 0);
	assert_int_equal(c->original->source_port, 0);
	assert_false(c->has_reply);
	assert_string_equal(c->label, "");
	done(r);
	f.protocol = (char *)"TCP";
	f.source = (char *)"fd00::/16";
	c = only(w, f, &r);
	assert_string_equal(c->original->destination, "fd00::2");
	assert_string_equal(c->state, "SYN_SENT");
	done(r);
}

static void test_translated(void **state)
{
	struct of_world *w = *state;
	struct ct_nat nat = { .is_source = true,
			      .has_range = true,
			      .family = 4,
			      .min_address = { { 192, 0, 2, 1 } },
			      .max_address = { { 192, 0, 2, 1 } } };
	const connection *c;
	reply *r;

	track(w, (struct tracked_packet){ 0, 17, "10.0.0.1", "10.0.0.2", 1000, 53, .nat = &nat });
	c = only(w, any(), &r);
	assert_true(c->is_snat && !c->is_dnat);
	assert_string_equal(c->original->source, "10.0.0.1");
	assert_string_equal(c->reply->destination, "192.0.2.1");
	done(r);
}

#define N_OF(W, ...)                                                                               \
	({                                                                                         \
		filter f_ = any(), *in = &f_;                                                      \
		reply *r_;                                                                         \
		unsigned n_;                                                                       \
		__VA_ARGS__;                                                                       \
		r_ = ASK_LIST(W, it->filter = &f_);                                                \
		assert_int_equal(r_->reply_case, REPLY(CONNTRACK_LIST));                           \
		n_ = r_->conntrack_list->n_connections;                                            \
		done(r_);                                                                          \
		n_;                                                                                \
	})

static void test_filters(void **state)
{
	struct of_world *w = *state;

	fill(w);
	assert_int_equal(N_OF(w, (void)in), 4);
	assert_int_equal(N_OF(w, in->has_zone = true, in->zone = 5), 2);
	assert_int_equal(N_OF(w, in->has_zone = true), 1);
	assert_int_equal(N_OF(w, in->zone = 5), 4); /* not asked for */
	assert_int_equal(N_OF(w, in->protocol = (char *)"6"), 2);
	assert_int_equal(N_OF(w, in->protocol = (char *)"gre"), 0);
	assert_int_equal(N_OF(w, in->state = (char *)"established"), 1);
	assert_int_equal(N_OF(w, in->state = (char *)"ESTABLISHED"), 1);
	assert_int_equal(N_OF(w, in->state = (char *)"ESTABLISH"), 0);
	assert_int_equal(N_OF(w, in->source = (char *)"10.0.0.1"), 2);
	assert_int_equal(N_OF(w, in->source = (char *)"10.0.0.0/23"), 3);
	assert_int_equal(N_OF(w, in->source = (char *)"10.0.0.0/24"), 2);
	assert_int_equal(N_OF(w, in->source = (char *)"0.0.0.0/0"), 3); /* of IPv4 */
	assert_int_equal(N_OF(w, in->source = (char *)"::/0"), 1);
	assert_int_equal(N_OF(w, in->destination = (char *)"10.0.0.2", in->source_port = 1000), 2);
	assert_int_equal(N_OF(w, in->mark = (char *)"0x15"), 1);
	assert_int_equal(N_OF(w, in->mark = (char *)"21"), 1);
	assert_int_equal(N_OF(w, in->mark = (char *)"0x10/0xf0"), 1);
	assert_int_equal(N_OF(w, in->mark = (char *)"0"), 3);
	assert_int_equal(N_OF(w, in->label = (char *)"0x1f"), 1);
	assert_int_equal(N_OF(w, in->label = (char *)"31"), 1);
	assert_int_equal(N_OF(w, in->label = (char *)"0x1/0x1"), 1);
	assert_int_equal(N_OF(w, in->label = (char *)"0x80000000000000000000000000000000/"
						     "0x80000000000000000000000000000000"),
			 0);
}

#define REFUSED(W, FIELD, MEMBER, VALUE)                                                           \
	({                                                                                         \
		filter f_ = any();                                                                 \
		f_.MEMBER = VALUE;                                                                 \
		expect_error(ASK_LIST(W, it->filter = &f_), 3, FIELD);                             \
		expect_error(ASK_FLUSH(W, it->filter = &f_, it->all = true), 3, FIELD);            \
	})

static void test_bad_filters(void **state)
{
	static const char *const bad_addresses[] = {
		"x",	     "10.0.0",	   "10.0.0.1/33",
		"10.0.0.1/", "10.0.0.1/x", "fd00::/129",
		"1.2.3.4.5", "/8",	   "fd00:fd00:fd00:fd00:fd00:fd00:fd00:fd00:fd00:fd00",
	};
	static const char *const bad_numbers[] = { "x",	 "0x",		"-1",	      "1/", "/1",
						   "5 ", "0x123456789", "4294967296", "0xg" };
	struct of_world *w = *state;
	filter f = any();

	fill(w);
	REFUSED(w, "filter.zone", zone, 65536);
	REFUSED(w, "filter.source_port", source_port, 65536);
	REFUSED(w, "filter.destination_port", destination_port, 1u << 31);
	REFUSED(w, "filter.protocol", protocol, (char *)"256");
	REFUSED(w, "filter.protocol", protocol, (char *)"6x");
	REFUSED(w, "filter.protocol", protocol, (char *)"carrier-pigeon");
	for (size_t i = 0; i < ARRAY_LENGTH(bad_addresses); i++) {
		REFUSED(w, "filter.source", source, (char *)bad_addresses[i]);
		REFUSED(w, "filter.destination", destination, (char *)bad_addresses[i]);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(bad_numbers); i++)
		REFUSED(w, "filter.mark", mark, (char *)bad_numbers[i]);
	REFUSED(w, "filter.label", label, (char *)"340282366920938463463374607431768211456");
	f.source = (char *)"10.0.0.1";
	f.destination = (char *)"fd00::1";
	expect_error(ASK_LIST(w, it->filter = &f), 3, "filter.destination");
	expect_error(ASK_FLUSH(w, (void)it), 3, "filter");
	assert_int_equal(conntrack_stats(conntrack_of(w)).n_connections, 4);
}

static uint64_t flushed(reply *r)
{
	uint64_t n;

	assert_int_equal(r->reply_case, REPLY(CONNTRACK_FLUSH));
	n = r->conntrack_flush->n_flushed;
	done(r);
	return n;
}

static void test_flush(void **state)
{
	struct of_world *w = *state;
	filter f = any();

	fill(w);
	f.source = (char *)"10.0.0.0/8";
	f.has_zone = true;
	f.zone = 5;
	assert_int_equal(flushed(ASK_FLUSH(w, it->filter = &f)), 2);
	assert_int_equal(flushed(ASK_FLUSH(w, it->filter = &f)), 0);
	/* Answers of a forgotten connection are not known any more. */
	assert_true(
		track(w, (struct tracked_packet){ 5, 6, "10.0.0.2", "10.0.0.1", 80, 1000,
						  .tcp_flags = 0x12, .is_not_committed = true }) &
		CT_STATE_INV);
	assert_int_equal(flushed(ASK_FLUSH(w, it->all = true)), 2);
	assert_int_equal(conntrack_stats(conntrack_of(w)).n_connections, 0);
}

/* More than a page holds, and more than is looked at in one step. */
#define N_MANY 5000

static void test_pages(void **state)
{
	struct of_world *w = *state;
	static bool seen[N_MANY];
	unsigned n = 0, n_pages = 0;
	uint64_t after = 0;
	filter none = any();

	for (unsigned i = 0; i < N_MANY; i++)
		track(w, (struct tracked_packet){ 1, 17, "10.0.0.1", "10.0.0.2", 1000 + i, 53 });
	do {
		reply *r = ASK_LIST(w, it->after = after, it->limit = n_pages ? 0 : 10);
		const Weft__Switch__V1__ConntrackListReply *l = r->conntrack_list;

		assert_int_equal(r->reply_case, REPLY(CONNTRACK_LIST));
		assert_true(n_pages || l->n_connections <= 10);
		for (size_t i = 0; i < l->n_connections; i++, n++) {
			unsigned port = l->connections[i]->original->source_port - 1000;

			assert_true(port < N_MANY && !seen[port]);
			seen[port] = true;
		}
		after = l->next;
		n_pages++;
		done(r);
	} while (after);
	assert_int_equal(n, N_MANY);
	assert_true(n_pages > 2);
	none.destination_port = 54;
	n_pages = 0;
	do {
		reply *r = ASK_LIST(w, it->after = after, it->filter = &none);

		assert_int_equal(r->conntrack_list->n_connections, 0);
		after = r->conntrack_list->next;
		n_pages++;
		done(r);
	} while (after);
	assert_true(n_pages > 1);
	/* Flushing takes several turns of the loop as well. */
	assert_int_equal(flushed(ASK_FLUSH(w, it->all = true)), N_MANY);
	/* A place that nobody was given is no way to crash it. */
	done(ASK_LIST(w, it->after = UINT64_MAX));
	done(ASK_LIST(w, it->after = 12345678901234));
}

static void test_stats(void **state)
{
	struct of_world *w = *state;
	reply *r;

	fill(w);
	r = ASK_STATS(w);
	assert_int_equal(r->reply_case, REPLY(CONNTRACK_STATS));
	assert_int_equal(r->conntrack_stats->n_connections, 4);
	assert_int_equal(r->conntrack_stats->max_connections, CT_DEFAULT_MAX);
	assert_int_equal(r->conntrack_stats->n_created, 4);
	assert_int_equal(r->conntrack_stats->n_flushed, 0);
	assert_true(r->conntrack_stats->memory_bytes > 0);
	done(r);
	r = ASK(w, INFO, info, WEFT__SWITCH__V1__INFO_REQUEST__INIT);
	assert_int_equal(r->info->n_tracked, 4);
	assert_int_equal(r->info->max_tracked, CT_DEFAULT_MAX);
	done(r);
}

static void set(reply *r)
{
	assert_int_equal(r->reply_case, REPLY(CONNTRACK_SET_LIMIT));
	done(r);
}

static void test_limits(void **state)
{
	struct of_world *w = *state;
	const Weft__Switch__V1__ConntrackLimitsReply *l;
	reply *r;

	fill(w);
	set(ASK_SET(w, it->limit = 100));
	set(ASK_SET(w, it->has_zone = true, it->zone = 5, it->limit = 2));
	set(ASK_SET(w, it->has_zone = true, it->zone = 65535, it->limit = 7));
	assert_int_equal(track(w, (struct tracked_packet){ 5, 17, "10.0.0.1", "10.0.0.2", 1, 2 }),
			 -1);
	r = ASK_LIMITS(w, (void)it);
	assert_int_equal(r->reply_case, REPLY(CONNTRACK_LIMITS));
	l = r->conntrack_limits;
	assert_int_equal(l->default_limit, 100);
	assert_int_equal(l->n_zones, 4);
	assert_int_equal(l->zones[0]->zone, 0);
	assert_false(l->zones[0]->has_limit);
	assert_int_equal(l->zones[0]->n_connections, 1);
	assert_int_equal(l->zones[1]->zone, 5);
	assert_true(l->zones[1]->has_limit);
	assert_int_equal(l->zones[1]->limit, 2);
	assert_int_equal(l->zones[1]->n_connections, 2);
	assert_int_equal(l->zones[1]->n_refused, 1);
	assert_int_equal(l->zones[3]->zone, 65535);
	assert_int_equal(l->zones[3]->n_connections, 0);
	done(r);
	set(ASK_SET(w, it->has_zone = true, it->zone = 5, it->is_deleted = true));
	assert_true(track(w, (struct tracked_packet){ 5, 17, "10.0.0.1", "10.0.0.2", 1, 2 }) > 0);
	expect_error(ASK_SET(w, it->has_zone = true, it->zone = 65536), 3, "zone");
	expect_error(ASK_SET(w, it->limit = UINT32_MAX), 3, "limit");
	expect_error(ASK_SET(w, it->is_deleted = true), 3, "zone");
}

/* All zones have a limit: more than a page. */
static void test_all_zones(void **state)
{
	struct of_world *w = *state;
	unsigned n = 0, n_pages = 0;
	uint64_t after = 0;

	for (unsigned zone = 0; zone <= UINT16_MAX; zone++)
		conntrack_set_zone_limit(conntrack_of(w), zone, 1000 + zone);
	do {
		reply *r = ASK_LIMITS(w, it->after = after);
		const Weft__Switch__V1__ConntrackLimitsReply *l = r->conntrack_limits;

		for (size_t i = 0; i < l->n_zones; i++, n++) {
			assert_int_equal(l->zones[i]->zone, n);
			assert_int_equal(l->zones[i]->limit, 1000 + n);
		}
		after = l->next;
		n_pages++;
		done(r);
	} while (after);
	assert_int_equal(n, 65536);
	assert_true(n_pages > 2);
}

static const Weft__Switch__V1__StateTimeout *timeout_of(const reply *r, const char *name)
{
	for (size_t i = 0; i < r->conntrack_policy->n_timeouts; i++) {
		if (strcmp(r->conntrack_policy->timeouts[i]->state, name) == 0)
			return r->conntrack_policy->timeouts[i];
	}
	fail_msg("no timeout %s", name);
	return NULL;
}

static void test_policy(void **state)
{
	Weft__Switch__V1__StateTimeout t[2] = { WEFT__SWITCH__V1__STATE_TIMEOUT__INIT,
						WEFT__SWITCH__V1__STATE_TIMEOUT__INIT },
				       *timeouts[] = { &t[0], &t[1] };
	struct of_world *w = *state;
	const struct ct_policy *p = conntrack_policy(conntrack_of(w));
	reply *r;

	t[0].state = (char *)"udp";
	t[0].seconds = 3;
	t[1].state = (char *)"tcp-established";
	t[1].seconds = 31536000;
	r = ASK_POLICY(w, it->n_timeouts = 2, it->timeouts = timeouts, it->set_strict = true,
		       it->is_strict = true, it->is_liberal = true);
	assert_int_equal(r->reply_case, REPLY(CONNTRACK_POLICY));
	assert_int_equal(r->conntrack_policy->n_timeouts, CT_N_TIMEOUTS);
	assert_int_equal(timeout_of(r, "udp")->seconds, 3);
	assert_int_equal(timeout_of(r, "udp")->default_seconds, 30);
	assert_int_equal(timeout_of(r, "tcp-established")->seconds, 31536000);
	assert_true(strlen(timeout_of(r, "icmp")->description) > 3);
	assert_true(r->conntrack_policy->is_strict);
	assert_false(r->conntrack_policy->is_liberal); /* was not to be set */
	assert_true(p->is_strict && !p->is_liberal);
	done(r);
	/* It holds at once. */
	track(w, (struct tracked_packet){ 0, 17, "10.0.0.1", "10.0.0.2", 1000, 53 });
	loop_virtual_run_for(w->loop, 10 * NS_PER_SEC);
	assert_int_equal(conntrack_stats(conntrack_of(w)).n_connections, 0);
	t[0].seconds = 0;
	r = ASK_POLICY(w, it->n_timeouts = 1, it->timeouts = timeouts, it->set_strict = true);
	assert_int_equal(timeout_of(r, "udp")->seconds, 30);
	assert_false(r->conntrack_policy->is_strict);
	done(r);
	/* Nothing is set if one is wrong. */
	t[0].seconds = 5;
	t[1].seconds = 31536001;
	expect_error(ASK_POLICY(w, it->n_timeouts = 2, it->timeouts = timeouts), 3, "timeouts");
	t[1].state = (char *)"sleepy";
	expect_error(ASK_POLICY(w, it->n_timeouts = 2, it->timeouts = timeouts), 3, "timeouts");
	assert_int_equal(p->seconds[CT_TIMEOUT_UDP], 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(F) cmocka_unit_test_setup_teardown(F, of_world_setup, of_world_teardown)
		TEST(test_what_is_told), TEST(test_translated), TEST(test_filters),
		TEST(test_bad_filters),	 TEST(test_flush),	TEST(test_pages),
		TEST(test_stats),	 TEST(test_limits),	TEST(test_all_zones),
		TEST(test_policy),
	};

	return cmocka_run_group_tests_name("conntrack", tests, NULL, NULL);
}
