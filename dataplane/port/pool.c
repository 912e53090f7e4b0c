/* The two pools.  Frames come in by readv() over a small and a large buffer: an ordinary one ends
 * in the first, so the large one stays for the next frame. */

#include "dataplane/port/pool.h"

#include <rte_errno.h>
#include <rte_mempool.h>
#include "lib/util.h"

/* Headroom for a virtio_net_hdr, VLAN tags and tunnels; the same in both. */
enum { CACHE_SMALL = 256, CACHE_LARGE = 8 };

static struct rte_mempool *small, *large;
static uint64_t n_failed; /* any thread: rare */

static struct rte_mempool *create(const char *name, unsigned n, unsigned cache, unsigned size,
				  struct status *st)
{
	struct rte_mempool *pool;

	pool = rte_pktmbuf_pool_create(name, n, MIN_OF(cache, n / 4), 0,
				       size + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	if (!pool)
		status_set(st, STATUS_RESOURCE_EXHAUSTED, "memory",
			   "no memory for %u packet buffers of %u bytes (%s): give more memory", n,
			   size, rte_strerror(rte_errno));
	return pool;
}

int pool_start(unsigned n_small, unsigned n_large, struct status *st)
{
	small = create("weft_small", n_small, CACHE_SMALL, POOL_SMALL_SIZE, st);
	if (!small)
		return -1;
	/* a buffer's length is 16 bits, headroom included */
	large = create("weft_large", n_large, CACHE_LARGE, POOL_LARGE_SIZE, st);
	if (!large) {
		rte_mempool_free(small);
		small = NULL;
		return -1;
	}
	return 0;
}

void pool_stop(void)
{
	rte_mempool_free(small);
	rte_mempool_free(large);
	small = large = NULL;
}

struct rte_mempool *pool_small(void)
{
	return small;
}

struct rte_mempool *pool_large(void)
{
	return large;
}

void pool_count_failed(void)
{
	__atomic_fetch_add(&n_failed, 1, __ATOMIC_RELAXED);
}

/* An empty packet of one small buffer, and a large one behind it if SIZE needs it. */
static struct rte_mbuf *packet_for(size_t size)
{
	struct rte_mbuf *m;

	if (size > POOL_SMALL_SIZE + POOL_LARGE_SIZE)
		return NULL;
	m = rte_pktmbuf_alloc(small);
	if (m && size > POOL_SMALL_SIZE) {
		m->next = rte_pktmbuf_alloc(large);
		m->nb_segs = 2;
		if (!m->next) {
			m->nb_segs = 1;
			rte_pktmbuf_free(m);
			m = NULL;
		}
	}
	if (!m)
		pool_count_failed();
	return m;
}

static void set_sizes(struct rte_mbuf *m, size_t size)
{
	m->pkt_len = size;
	m->data_len = MIN_OF(size, (size_t)POOL_SMALL_SIZE);
	if (m->next)
		m->next->data_len = size - m->data_len;
}

struct rte_mbuf *pool_packet(const void *data, size_t size)
{
	struct rte_mbuf *m = packet_for(size);

	if (!m)
		return NULL;
	set_sizes(m, size);
	memcpy(rte_pktmbuf_mtod(m, void *), data, m->data_len);
	if (m->next)
		memcpy(rte_pktmbuf_mtod(m->next, void *), (const char *)data + m->data_len,
		       m->next->data_len);
	return m;
}

/* Copy SIZE bytes of FROM at AT into the segment TO, which has room for them. */
static void copy_part(struct rte_mbuf *to, const struct rte_mbuf *from, uint32_t at, uint32_t size)
{
	void *data = rte_pktmbuf_mtod(to, void *);
	const void *src = rte_pktmbuf_read(from, at, size, data);

	if (src != data)
		memcpy(data, src, size);
	to->data_len = size;
}

static void copy_request(struct rte_mbuf *to, const struct rte_mbuf *from)
{
	to->ol_flags = from->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
	to->tx_offload = from->tx_offload;
	to->port = from->port;
}

struct rte_mbuf *pool_copy(const struct rte_mbuf *from)
{
	struct rte_mbuf *m = packet_for(from->pkt_len);
	uint32_t at = 0;

	if (!m)
		return NULL;
	set_sizes(m, from->pkt_len);
	for (struct rte_mbuf *seg = m; seg; seg = seg->next) {
		copy_part(seg, from, at, seg->data_len);
		at += seg->data_len;
	}
	copy_request(m, from);
	return m;
}

struct rte_mbuf *pool_copy_small(const struct rte_mbuf *from)
{
	struct rte_mbuf *m = NULL, **next = &m;
	uint16_t n = 0;

	for (uint32_t at = 0; at < from->pkt_len; at += POOL_SMALL_SIZE) {
		*next = rte_pktmbuf_alloc(small);
		if (!*next) {
			pool_count_failed();
			rte_pktmbuf_free(m);
			return NULL;
		}
		copy_part(*next, from, at, MIN_OF(from->pkt_len - at, (uint32_t)POOL_SMALL_SIZE));
		next = &(*next)->next;
		m->nb_segs = ++n; /* so that freeing half of it frees it all */
	}
	if (!m)
		return NULL;
	m->pkt_len = from->pkt_len;
	copy_request(m, from);
	return m;
}

void pool_stats_get(struct pool_stats *s)
{
	*s = (struct pool_stats){
		.n_small = small ? small->size : 0,
		.n_small_used = small ? rte_mempool_in_use_count(small) : 0,
		.n_large = large ? large->size : 0,
		.n_large_used = large ? rte_mempool_in_use_count(large) : 0,
		.n_failed = __atomic_load_n(&n_failed, __ATOMIC_RELAXED),
	};
}
