#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/port/pool.h"
#include "tests/fakes/dataplane/eal_world.h"

/* Packets and their copies, of every size about the buffers' bounds. */

enum { MAX_SIZE = POOL_SMALL_SIZE + POOL_LARGE_SIZE };

static uint8_t bytes[MAX_SIZE + 1], read_back[MAX_SIZE];

static void check(const struct rte_mbuf *m, uint32_t size)
{
	rte_mbuf_sanity_check(m, 1);
	assert_int_equal(m->pkt_len, size);
	assert_memory_equal(rte_pktmbuf_read(m, 0, size, read_back), bytes, size);
	assert_true(m->data_len >= MIN_OF(size, 192u));
}

static void check_copies(uint32_t size)
{
	struct rte_mbuf *m = pool_packet(bytes, size), *copy, *chain;

	assert_non_null(m);
	check(m, size);
	m->ol_flags = RTE_MBUF_F_TX_TCP_SEG;
	m->tso_segsz = 1448;
	m->l2_len = 14;
	copy = pool_copy(m);
	chain = pool_copy_small(m);
	rte_pktmbuf_free(m);
	check(copy, size);
	check(chain, size);
	assert_int_equal(copy->tso_segsz, 1448);
	assert_int_equal(chain->l2_len, 14);
	assert_true(chain->ol_flags & RTE_MBUF_F_TX_TCP_SEG);
	for (const struct rte_mbuf *seg = chain; seg; seg = seg->next)
		assert_ptr_equal(seg->pool, pool_small());
	rte_pktmbuf_free(copy);
	rte_pktmbuf_free(chain);
}

static void test_copies(void **state)
{
	static const uint32_t sizes[] = { 1,
					  60,
					  191,
					  POOL_SMALL_SIZE - 1,
					  POOL_SMALL_SIZE,
					  POOL_SMALL_SIZE + 1,
					  2 * POOL_SMALL_SIZE,
					  65549,
					  MAX_SIZE };

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 13 + i / 256;
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
		check_copies(sizes[i]);
	assert_null(pool_packet(bytes, MAX_SIZE + 1));
}

/* A chain that cannot be finished gives back what it has. */
static void test_exhausted_chain(void **state)
{
	static struct rte_mbuf *taken[EAL_WORLD_N_SMALL];
	struct rte_mbuf *m = pool_packet(bytes, 65000);
	struct pool_stats before, after;
	unsigned n = 0;

	(void)state;
	while (n < ARRAY_LENGTH(taken) && (taken[n] = rte_pktmbuf_alloc(pool_small())))
		n++;
	rte_pktmbuf_free_bulk(taken, 5);
	pool_stats_get(&before);
	assert_null(pool_copy_small(m));
	pool_stats_get(&after);
	assert_int_equal(after.n_small_used, before.n_small_used);
	assert_int_equal(after.n_failed, before.n_failed + 1);
	rte_pktmbuf_free_bulk(taken + 5, n - 5);
	rte_pktmbuf_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_exhausted_chain),
	};

	return cmocka_run_group_tests(tests, eal_world_start, eal_world_stop);
}
