/* Connections for people and programs, and which of them a filter means. */

#include "dataplane/conntrack/priv.h"
#include "dataplane/conntrack/proto.h"

#include <netinet/in.h>
#include <strings.h>

static uint64_t ms_left(const struct conntrack *ct, const struct connection *c, uint64_t now_ns)
{
	uint64_t allowed =
		(uint64_t)ct->policy.seconds[__atomic_load_n(&c->timeout, __ATOMIC_RELAXED)] *
		TICKS_PER_SEC;
	uint32_t idle = (uint32_t)(now_ns / TICK_NS) - __atomic_load_n(&c->used, __ATOMIC_RELAXED);

	if ((int32_t)idle < 0) /* a packet came just now, by another thread's clock */
		idle = 0;
	return idle < allowed ? (allowed - idle) * 1000 / TICKS_PER_SEC : 0;
}

void connection_describe(const struct conntrack *ct, struct connection *c, uint64_t now_ns,
			 struct conntrack_entry *out)
{
	uint8_t state = __atomic_load_n(&c->proto_state, __ATOMIC_RELAXED);

	*out = (struct conntrack_entry){
		.proto_state = state,
		.state_name = ct_proto_state_name(c->proto, state),
		.flags = __atomic_load_n(&c->flags, __ATOMIC_RELAXED),
		.mark = ntohl(__atomic_load_n(&c->mark, __ATOMIC_RELAXED)),
		.timeout_ms = ms_left(ct, c, now_ns),
	};
	connection_tuple(c, false, &out->original);
	connection_tuple(c, true, &out->reply);
	if (out->flags & CONNECTION_RELATED)
		out->parent = connection_large(c)->parent;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t half = __atomic_load_n(&c->label[i], __ATOMIC_RELAXED);

		memcpy(out->label + 8 * i, &half, 8);
	}
}

static bool tuple_matches(const struct ct_tuple *tuple, const struct ct_tuple *value,
			  const struct ct_tuple *mask)
{
	const uint8_t *t = (const uint8_t *)tuple, *v = (const uint8_t *)value;
	const uint8_t *m = (const uint8_t *)mask;
	uint8_t diff = 0;

	for (size_t i = 0; i < sizeof(*tuple); i++)
		diff |= (t[i] ^ v[i]) & m[i];
	return !diff;
}

bool conntrack_filter_matches(const struct conntrack_filter *f, const struct conntrack_entry *e)
{
	if (f->has_zone && e->original.zone != f->zone)
		return false;
	if (f->has_mark && (e->mark ^ f->mark) & f->mark_mask)
		return false;
	for (unsigned i = 0; i < sizeof(f->label); i++)
		if ((e->label[i] ^ f->label[i]) & f->label_mask[i])
			return false;
	if (f->state_name && strcasecmp(f->state_name, e->state_name) != 0)
		return false;
	return tuple_matches(&e->original, &f->original, &f->original_mask) &&
	       tuple_matches(&e->reply, &f->reply, &f->reply_mask);
}
