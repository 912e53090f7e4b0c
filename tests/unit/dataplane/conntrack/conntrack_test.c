/* What the ct action says of packets, one at a time. */

#include "dataplane/conntrack/conntrack.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "dataplane/conntrack/connection.h"
#include "tests/fakes/dataplane/tuple_packets.h"

#define NOW (1000 * NS_PER_SEC)

static const struct ct_request look = { 0 };
static const struct ct_request commit = { .is_commit = true };
static const struct ct_request peek = { .is_commit = true, .is_peek = true };

enum {
	NEW = CT_STATE_TRK | CT_STATE_NEW,
	EST = CT_STATE_TRK | CT_STATE_EST,
	RPL = CT_STATE_TRK | CT_STATE_EST | CT_STATE_RPL,
	INV = CT_STATE_TRK | CT_STATE_INV,
};

struct world {
	struct conntrack *ct;
	struct conntrack_thread *t;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct conntrack_config config = { .max_connections = 1000, .seed = 1 };

	w->ct = conntrack_create(&config);
	w->t = conntrack_thread_create(w->ct);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	conntrack_thread_destroy(w->t);
	conntrack_destroy(w->ct);
	free(w);
	return 0;
}

static void each_protocol_has_both_directions(void **state)
{
	struct world *w = *state;
	struct ct_tuple tuples[] = {
		tuple_of(5, IPPROTO_UDP, "10.0.0.1", "10.0.0.2", 1000, 53),
		tuple_of(5, IPPROTO_UDP, "2001:db8::1", "2001:db8::2", 1000, 53),
		tuple_of(5, IPPROTO_UDP, "10.0.0.1", "10.0.0.1", 7, 7000),
		tuple_of(5, IPPROTO_ICMP, "10.0.0.1", "10.0.0.2", 99, 8),
		tuple_of(5, IPPROTO_ICMPV6, "2001:db8::1", "2001:db8::2", 99, 128),
		tuple_of(5, IPPROTO_GRE, "10.0.0.1", "10.0.0.2", 0, 0),
	};

	for (unsigned i = 0; i < ARRAY_LENGTH(tuples); i++) {
		struct ct_tuple answer = ct_tuple_reverse(&tuples[i]);

		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &look), NEW);
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &peek), NEW);
		assert_int_equal(conntrack_stats(w->ct).n_connections, i);
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &commit), NEW);
		assert_int_equal(conntrack_stats(w->ct).n_connections, i + 1);
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &look), NEW);
		assert_int_equal(tuple_track(&answer, w->t, NOW, &look), RPL);
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &look), EST);
		answer.zone = tuples[i].zone = 6;
		assert_int_equal(tuple_track(&tuples[i], w->t, NOW, &look), NEW);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_protocol_has_both_directions, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
