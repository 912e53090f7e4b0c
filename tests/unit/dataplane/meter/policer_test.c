/* Meters against a token bucket that is written down as it is defined, on virtual time. */

#include "dataplane/meter/policer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <pthread.h>
#include <cmocka.h>
#include "dataplane/meter/meter.h"
#include "lib/rng.h"

/* Tokens as an exact fraction: in parts of a byte or packet that a nanosecond of rate 1 brings. */
struct reference {
	unsigned __int128 tokens, depth;
	uint64_t rate, filled_ns;
};

static void reference_init(struct reference *r, uint32_t rate, uint32_t burst)
{
	*r = (struct reference){ .rate = rate, .depth = (unsigned __int128)burst * 1000000000 };
	r->tokens = r->depth;
}

static bool reference_take(struct reference *r, uint64_t now_ns, uint64_t cost)
{
	r->tokens += (unsigned __int128)r->rate * (now_ns - r->filled_ns);
	r->filled_ns = now_ns;
	if (r->tokens > r->depth)
		r->tokens = r->depth;
	if (r->tokens < cost)
		return false;
	r->tokens -= cost;
	return true;
}

/* Slots are not counted here. */
static int64_t take(void *ctx)
{
	(*(unsigned *)ctx)++;
	return 0;
}

static void give(void *ctx, uint32_t slot)
{
	(void)slot;
	(*(unsigned *)ctx)--;
}

static void sum(void *ctx, uint32_t slot, uint64_t *n_packets, uint64_t *n_bytes)
{
	(void)ctx;
	(void)slot;
	*n_packets = *n_bytes = 0;
}

static unsigned n_slots;
static const struct counting counting = { take, give, sum, &n_slots };

static struct policer *make(const struct of_meter_config *config)
{
	struct counted *counted = counted_create(&counting);
	struct policer *p = policer_create(config, counted, 0);

	counted_unref(counted);
	assert_non_null(p);
	return p;
}

/* One that was not given is a second's worth, and 2,000 bytes at least. */
static uint32_t reference_burst(const struct of_meter_config *c, const struct of_meter_band *band)
{
	if (c->flags & OF_METER_BURST && band->burst_size)
		return band->burst_size;
	if (c->flags & OF_METER_KBPS && band->rate > 0 && band->rate < 16)
		return 16;
	return band->rate;
}

static uint8_t reference_band(struct reference *refs, const struct of_meter_config *c,
			      uint64_t now_ns, uint32_t size)
{
	uint64_t cost = c->flags & OF_METER_PKTPS ? 1000000000ull : size * 8000000ull;
	uint8_t best = POLICER_PASSES;

	for (unsigned k = 0; k < c->n_bands; k++)
		if (!reference_take(&refs[k], now_ns, cost) &&
		    (best == POLICER_PASSES || c->bands[k].rate > c->bands[best].rate))
			best = k;
	return best;
}

static void random_config(struct rng *rng, struct of_meter_config *c, struct of_meter_band *bands)
{
	static const uint32_t rates[] = { 0, 1, 1000, 100000, 10000000, UINT32_MAX };

	*c = (struct of_meter_config){ .flags = rng_below(rng, 2) ? OF_METER_PKTPS : OF_METER_KBPS,
				       .meter_id = 1,
				       .n_bands = rng_below(rng, 5),
				       .bands = bands };
	if (rng_below(rng, 2))
		c->flags |= OF_METER_BURST;
	for (unsigned k = 0; k < c->n_bands; k++)
		bands[k] = (struct of_meter_band){
			.type = OF_BAND_DROP,
			.rate = rates[rng_below(rng, ARRAY_LENGTH(rates))] + rng_below(rng, 9),
			.burst_size = rng_below(rng, 3) ? rng_below(rng, 2000) : UINT32_MAX,
		};
	for (unsigned k = 0; k < c->n_bands; k++)
		if (bands[k].rate < 9 && rng_below(rng, 2))
			bands[k].rate = UINT32_MAX - bands[k].rate;
}

static void one_meter(struct rng *rng, unsigned *n_exceeding, unsigned *n_passing)
{
	struct of_meter_band bands[5];
	struct of_meter_config c;
	struct reference refs[5];
	struct policer *p;
	uint64_t now_ns = 0;

	random_config(rng, &c, bands);
	p = make(&c);
	for (unsigned k = 0; k < c.n_bands; k++)
		reference_init(&refs[k], bands[k].rate, reference_burst(&c, &bands[k]));
	for (unsigned burst = 0; burst < 200; burst++) {
		unsigned n = 1 + rng_below(rng, 64);
		uint32_t sizes[64];
		uint8_t got[64];

		now_ns += rng_below(rng, 3) ? rng_below(rng, 1000000) : rng_u64(rng) >> 20;
		for (unsigned i = 0; i < n; i++)
			sizes[i] = 60 + rng_below(rng, 65000);
		policer_charge(p, now_ns, sizes, n, got);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(got[i], reference_band(refs, &c, now_ns, sizes[i]));
			*n_exceeding += got[i] != POLICER_PASSES;
			*n_passing += got[i] == POLICER_PASSES;
		}
	}
	policer_unref(p);
}

static void equals_the_reference(void **state)
{
	unsigned n_exceeding = 0, n_passing = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 500; i++)
		one_meter(&rng, &n_exceeding, &n_passing);
	print_message("%u exceeding, %u passing\n", n_exceeding, n_passing);
	assert_true(n_exceeding > 100000);
	assert_true(n_passing > 100000);
	assert_int_equal(n_slots, 0);
}

/* Time that goes back, as between workers, brings nothing and takes nothing. */
static void an_old_time_fills_nothing(void **state)
{
	struct of_meter_band band = { .type = OF_BAND_DROP, .rate = 1000, .burst_size = 1 };
	struct of_meter_config c = { .flags = OF_METER_PKTPS | OF_METER_BURST,
				     .n_bands = 1,
				     .bands = &band };
	struct policer *p = make(&c);
	uint32_t size = 60;
	uint8_t got;

	(void)state;
	policer_charge(p, 5000000, &size, 1, &got);
	assert_int_equal(got, POLICER_PASSES);
	policer_charge(p, 4000000, &size, 1, &got);
	assert_int_equal(got, 0);
	policer_charge(p, 5999999, &size, 1, &got);
	assert_int_equal(got, 0);
	policer_charge(p, 6000000, &size, 1, &got);
	assert_int_equal(got, POLICER_PASSES);
	policer_unref(p);
}

struct charger {
	struct policer *policer;
	unsigned n_passed;
};

static void *charge_much(void *arg)
{
	struct charger *c = arg;

	for (uint64_t now_ns = 1; now_ns <= 20000; now_ns++) {
		uint32_t sizes[8] = { 60, 60, 60, 60, 60, 60, 60, 60 };
		uint8_t got[8];

		policer_charge(c->policer, now_ns * 1000, sizes, 8, got);
		for (unsigned i = 0; i < 8; i++)
			c->n_passed += got[i] == POLICER_PASSES;
	}
	return NULL;
}

/* Threads together pass what the rate allows, not one packet more or less. */
static void threads_share_it_exactly(void **state)
{
	struct of_meter_band band = { .type = OF_BAND_DROP, .rate = 1000000, .burst_size = 50 };
	struct of_meter_config c = { .flags = OF_METER_PKTPS | OF_METER_BURST,
				     .n_bands = 1,
				     .bands = &band };
	struct charger chargers[3] = { { 0 } };
	pthread_t threads[3];
	struct policer *p = make(&c);
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		chargers[i].policer = p;
		pthread_create(&threads[i], NULL, charge_much, &chargers[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		n += chargers[i].n_passed;
	}
	/* 20 ms at 1 per us; the bucket was full at first and may be left with some. */
	assert_true(n <= 20000 + 50);
	assert_true(n >= 20000);
	policer_unref(p);
}

static void drop_precedence_rises_within_its_class(void **state)
{
	static const struct {
		uint8_t from, steps, to;
	} cases[] = {
		{ 10, 1, 12 }, { 10, 2, 14 }, { 10, 3, 14 }, { 12, 1, 14 }, { 14, 1, 14 },
		{ 18, 1, 20 }, { 34, 2, 38 }, { 0, 1, 0 },   { 46, 1, 46 }, { 8, 1, 8 },
		{ 40, 1, 40 }, { 11, 1, 11 }, { 2, 1, 2 },   { 63, 3, 63 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_int_equal(policer_remark(cases[i].from, cases[i].steps), cases[i].to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_reference),
		cmocka_unit_test(an_old_time_fills_nothing),
		cmocka_unit_test(threads_share_it_exactly),
		cmocka_unit_test(drop_precedence_rises_within_its_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
