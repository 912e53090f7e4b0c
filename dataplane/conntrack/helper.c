/* Application helpers (helper.h): which connections are read, and what becomes of announcements. */

#include "dataplane/conntrack/helper.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/helper_priv.h"
#include "lib/mix.h"

#define LOCK_TRIES   200
#define PORT_TRIES   16 /* for one that nobody else announced */
#define MAX_DATAGRAM 1024
#define PRIVILEGED   1024 /* no connection is expected at a port below */

struct helpers {
	uint64_t secret;
	struct expect_table *expected;
	uint32_t max;
	struct helped *pool;
	uint32_t lock; /* of what follows; atomic */
	uint32_t n_touched;
	struct helped *free;
};

const struct helper_class *helper_class_find(uint16_t port, uint8_t proto)
{
	REGISTRY_FOREACH (class, helper_class) {
		if ((*class)->port == port && (*class)->proto == proto)
			return *class;
	}
	return NULL;
}

static bool try_lock(uint32_t *lock)
{
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (!__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE))
			return true;
		__builtin_ia32_pause();
	}
	return false;
}

static void unlock(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/* --- which connections are read --- */

struct helpers *helpers_create(uint64_t seed, struct expect_table *t, uint32_t max)
{
	struct helpers *h = xcalloc(1, sizeof(*h));

	h->secret = mix_secret(seed);
	h->expected = t;
	h->max = max ? max : HELPERS_DEFAULT_MAX;
	h->pool = xcalloc(h->max, sizeof(*h->pool));
	return h;
}

void helpers_destroy(struct helpers *h)
{
	if (!h)
		return;
	free(h->pool);
	free(h);
}

static struct helped *take(struct helpers *h)
{
	struct helped *helped;

	if (!try_lock(&h->lock))
		return NULL;
	helped = h->free;
	if (helped)
		h->free = helped->next_free;
	else if (h->n_touched < h->max)
		helped = &h->pool[h->n_touched++];
	unlock(&h->lock);
	return helped;
}

void helpers_attach(struct helpers *h, struct connection *c, uint16_t alg)
{
	const struct helper_class *class = helper_class_find(alg, c->proto);
	struct helped *helped;

	if (!class || !(c->flags & CONNECTION_LARGE))
		return;
	helped = take(h);
	if (!helped)
		return;
	*helped = (struct helped){ .class = class };
	connection_large(c)->helped = helped;
	c->flags |= CONNECTION_HELPED;
}

void helpers_detach(struct helpers *h, struct connection *c)
{
	struct helped *helped;

	if (!(connection_flags(c) & CONNECTION_HELPED))
		return;
	helped = connection_large(c)->helped;
	for (uint32_t i = 0; i < MIN_OF(helped->n_expected, HELPED_EXPECTED); i++)
		expect_cancel(h->expected, helped->expected[i]);
	/* Others hold it for some cycles. */
	while (!try_lock(&h->lock))
		;
	helped->next_free = h->free;
	h->free = helped;
	unlock(&h->lock);
}

/* --- announcements --- */

/* An end speaks for itself alone, so nobody is made to connect to others (RFC 2577 section 3), and
 * not of ports where servers of its system may be. */
static bool is_allowed(const struct helper_announcement *a, const struct ct_tuple *in)
{
	if (a->family &&
	    (a->family != in->family || memcmp(&a->address, &in->src, sizeof(a->address)) != 0))
		return false;
	return !a->port || load_be16(&a->port) >= PRIVILEGED;
}

static int expect(struct helper_packet *p, struct ct_expectation *e)
{
	struct helped *helped = p->helped;
	uint32_t *id = &helped->expected[helped->n_expected % HELPED_EXPECTED];
	int err;

	if (helped->n_expected >= HELPED_EXPECTED)
		expect_cancel(p->h->expected, *id);
	err = expect_add(p->h->expected, e, p->now_ns);
	if (err < 0)
		return err;
	*id = e->id;
	helped->n_expected++;
	return 0;
}

/* If others announced the same from behind the same address, it is told by another port. */
static int expect_at_some_port(struct helper_packet *p, struct ct_expectation *e)
{
	uint64_t h = mix_word(e->original.dst_port, (uintptr_t)p->c, p->h->secret);
	int err = expect(p, e);

	for (unsigned i = 0; err == -EEXIST && i < PORT_TRIES; i++) {
		h = mix_word(h, i, p->h->secret);
		store_be16(&e->original.dst_port,
			   PRIVILEGED + ((h & 0xffffffff) * (65536 - PRIVILEGED) >> 32));
		err = expect(p, e);
	}
	return err;
}

static void inherit(const struct connection *c, struct ct_expectation *e)
{
	connection_tuple(c, false, &e->parent);
	e->mark = __atomic_load_n(&c->mark, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t word = __atomic_load_n(&c->label[i], __ATOMIC_RELAXED);

		memcpy(e->label + 8 * i, &word, 8);
	}
}

enum drop_reason helper_announced(struct helper_packet *p, const struct helper_announcement *a,
				  char *text, size_t *size)
{
	const struct helper_class *class = p->helped->class;
	struct ct_expectation e = { 0 };
	struct ct_tuple in, back; /* as its packets come in, and those of its peer */
	bool is_translated;
	int err;

	*size = 0;
	connection_tuple(p->c, p->is_reply, &in);
	connection_tuple(p->c, !p->is_reply, &back);
	is_translated = memcmp(&in.src, &back.dst, sizeof(in.src)) != 0;
	if (!is_allowed(a, &in) || (class->print && is_translated && !p->may_write))
		return DROP_NONE;
	inherit(p->c, &e);
	e.original = back;
	e.original.src_port = 0;
	e.reply = in;
	e.reply.dst_port = 0;
	if (a->port)
		e.reply.src_port = e.original.dst_port = a->port;
	err = class->print && is_translated ? expect_at_some_port(p, &e) : expect(p, &e);
	if (err == -EBUSY)
		return DROP_HELPER_BUSY;
	/* If there is no room the peer is told as it was said, and will answer that it cannot. */
	if (err == 0 && class->print && is_translated)
		*size = class->print(a, in.family, &back.dst, e.original.dst_port, text);
	return DROP_NONE;
}

/* --- packets --- */

static enum drop_reason read_datagram(struct helper_packet *p)
{
	uint8_t data[MAX_DATAGRAM];
	struct helper_announcement a;
	char text[HELPER_TEXT_MAX];
	size_t size;

	if (p->key->ip_frag || p->payload.size > sizeof(data))
		return DROP_NONE;
	payload_copy(p->m, p->payload.at, data, p->payload.size);
	if (!p->helped->class->parse(p->is_reply, data, p->payload.size, &a))
		return DROP_NONE;
	return helper_announced(p, &a, text, &size);
}

enum drop_reason helpers_run(struct helpers *h, struct connection *c, bool is_reply, bool may_write,
			     uint64_t now_ns, struct rte_mbuf *m, const struct flow_key *key,
			     const struct packet_layout *layout)
{
	struct helper_packet p = { .h = h,
				   .c = c,
				   .helped = connection_large(c)->helped,
				   .is_reply = is_reply,
				   .may_write = may_write,
				   .now_ns = now_ns,
				   .m = m,
				   .key = key,
				   .layout = layout };
	enum drop_reason why;

	if (!layout->l4 || key->ip_proto != c->proto || !payload_of(m, key, layout, &p.payload))
		return DROP_NONE;
	if (!try_lock(&p.helped->lock))
		return DROP_HELPER_BUSY;
	why = c->proto == IPPROTO_TCP ? helper_stream(&p) : read_datagram(&p);
	unlock(&p.helped->lock);
	return why;
}

uint32_t helped_ack(const struct connection *c, bool is_reply, uint32_t ack)
{
	const struct connection_large *l = (const struct connection_large *)c;

	if (!(connection_flags(c) & CONNECTION_HELPED) || !try_lock(&l->helped->lock))
		return ack;
	ack = helper_stream_ack(&l->helped->sides[!is_reply], ack);
	unlock(&l->helped->lock);
	return ack;
}
